"""Two who do the same thing at the same moment: one of them is told no, in words."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep

from django.db import Error, connection, transaction

from chibo.accounts.actions import invite
from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.members.actions import link_user
from chibo.members.models import Person, Post
from chibo.organizations.actions import grant, move
from chibo.organizations.models import Grant, Lineage, ParentLink
from chibo.portal.actions import link_member
from tests.world import AT, TODAY

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def told(function, **given):
    """What is said to who does this: nothing, a reason, or an error of the database."""
    try:
        function(**given)
    except (Denied, Error) as error:
        return error
    finally:
        connection.close()
    return None


def meanwhile(function, first, second, then=None):
    """What is said to who does the second while the first is not yet written; the first is, once the second waits.

    The second is the same act, or `then`.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            function(**first)
            other, until = pool.submit(told, then or function, **second), monotonic() + 30
            while not other.done() and monotonic() < until:
                with connection.cursor() as cursor:
                    cursor.execute("select pg_stat_clear_snapshot()")  # or who waits is what it was at the first look
                    cursor.execute(WAITING)
                    if cursor.fetchone()[0]:
                        break
                sleep(0.02)
        return other.result(30)


def test_two_moves_of_one_unit_at_once_leave_it_one_parent(committed_world):
    world, both = committed_world, Barrier(2, timeout=60)

    def go(to):
        both.wait()
        return told(move, unit=world.cell_d, to=to, on=TODAY, decision="", by=None, at=AT)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, [world.north, world.province]))
    assert sum(answer is None for answer in answers) == 1
    assert ParentLink.objects.filter(holding(TODAY), unit=world.cell_d).count() == 1
    assert Lineage.objects.filter(holding(TODAY), unit=world.cell_d).count() == 1


def test_a_role_given_by_a_double_click_is_given_once(committed_world):
    world = committed_world
    given = {"user": world.ben, "role": "officer", "unit": world.upland, "from_on": TODAY, "by": world.eva, "at": AT}
    assert "holds this role there already" in str(meanwhile(grant, given, given))
    assert Grant.objects.filter(user=world.ben, role="officer").count() == 1


def test_one_user_name_taken_twice_at_once_is_taken_once(committed_world):
    given = {"username": "kim", "full_name": "Kim", "by": committed_world.eva, "at": AT}
    answer = meanwhile(invite, given, given | {"full_name": "Kim Thị"})
    assert isinstance(answer, Denied)
    assert "is taken" in str(answer)
    assert User.objects.get(username="kim").full_name == "Kim"


def test_one_user_name_in_other_capitals_taken_at_once_is_taken_once(committed_world):
    given = {"username": "Kim", "full_name": "Kim", "by": committed_world.eva, "at": AT}
    answer = meanwhile(invite, given, given | {"username": "kim", "full_name": "Kim Thị"})
    assert isinstance(answer, Denied)
    assert "is taken" in str(answer)
    assert User.objects.get(username__iexact="kim").full_name == "Kim"


def test_a_post_and_the_account_of_its_holder_written_at_once_bring_the_role(committed_world):
    world = committed_world
    holder = Person.objects.get(code="M4")

    @action("tests.appointed")
    def appoint(*, by, at):
        Post.objects.create(unit=world.cell_b, post="secretary", person=holder, from_on=TODAY)

    linked = {"person": holder, "user": world.hoa, "by": None, "at": AT}
    assert meanwhile(link_user, linked, {"by": None, "at": AT}, then=appoint) is None
    assert Grant.objects.filter(user=world.hoa, source="post", unit=world.cell_b).count() == 1


def test_one_user_linked_to_two_members_at_once_is_linked_to_one(committed_world):
    world = committed_world
    one, other = (Person.objects.get(code=code) for code in ("M3", "M4"))
    given = {"user": world.chi, "by": world.eva, "at": AT}
    answer = meanwhile(link_user, given | {"person": one}, given | {"person": other})
    assert isinstance(answer, Denied)
    assert "linked to the record of another member" in str(answer)
    assert Person.objects.get(user=world.chi) == one


def test_one_member_linked_to_two_users_at_once_is_linked_to_one(committed_world):
    world = committed_world
    given = {"person": Person.objects.get(code="M3"), "by": world.eva, "at": AT}
    answer = meanwhile(link_member, given | {"user": world.chi}, given | {"user": world.flo})
    assert isinstance(answer, Denied)
    assert "linked to another user" in str(answer)
    assert Person.objects.get(code="M3").user == world.chi
