"""Posts: who holds which from when to when, one holder at a time, whoever writes it and in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from time import sleep

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from chibo.core.actions import Denied, action
from chibo.exchange.undoing import undo
from chibo.members import actions
from chibo.members.models import Person, Post, PostKind
from chibo.organizations import actions as organizations
from chibo.organizations.roles import RoleCode
from tests.exchange.small import ROLL, load_roll, put, roll
from tests.organizations.test_two_at_once import WAITING, meanwhile, told
from tests.world import AT, TODAY

HEAD = PostKind.VILLAGE_HEAD


def someone(code: str) -> Person:
    return Person.objects.get(code=code)


def appoint(world, unit="cell_b", post=PostKind.SECRETARY, who="M4", from_on=TODAY, by="chi", **more):
    """A post as the officer of the north records it."""
    return actions.appoint(
        unit=getattr(world, unit), post=post, person=someone(who) if who else None, from_on=from_on,
        by=getattr(world, by) if by else None, at=AT, **more,
    )  # fmt: skip


def at_once() -> bool:
    """Whether the database takes what stands now."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
    except IntegrityError:
        return False
    return True


def test_a_post_is_held_from_a_day_on_by_a_decision(world):
    post = appoint(world, decision="3-QĐ/HU")
    post.refresh_from_db()
    assert (post.from_on, post.to_on, post.decision) == (TODAY, None, "3-QĐ/HU")


def test_nobody_is_put_into_a_post_that_someone_holds(world):
    appoint(world)
    with pytest.raises(Denied, match="Someone holds this post since 10 January 2024"):
        appoint(world, who="M1", from_on=date(2024, 2, 1))
    with pytest.raises(Denied, match="holds this post"):
        appoint(world, who="M1", from_on=date(2023, 1, 1))  # it would not have ended by then
    appoint(world, who="M1", from_on=date(2023, 1, 1), to_on=TODAY)
    assert at_once()


def test_a_head_holds_the_post_of_one_place_only(world):
    appoint(world, post=HEAD, place="Thôn 11", who="M4")
    appoint(world, post=HEAD, place="Thôn 12", who=None, holder_name="Lò Văn Tư")
    with pytest.raises(Denied, match="holds this post"):
        appoint(world, post=HEAD, place="Thôn 11", who="M1")
    assert at_once()


def test_many_sit_in_a_committee_but_nobody_twice(world):
    appoint(world, post=PostKind.COMMITTEE_MEMBER, who="M4")
    appoint(world, post=PostKind.COMMITTEE_MEMBER, who="M3")
    with pytest.raises(Denied, match="holds this post"):
        appoint(world, post=PostKind.COMMITTEE_MEMBER, who="M4", from_on=date(2024, 3, 1))


def test_days_lie_within_the_life_of_the_unit_and_near_to_now(world):
    with pytest.raises(Denied, match="founded on 3 February 2000"):
        appoint(world, from_on=date(1999, 1, 1))
    with pytest.raises(Denied, match="two years ahead"):
        appoint(world, from_on=date(2027, 1, 1))
    with pytest.raises(Denied, match="ends after that day"):
        appoint(world, to_on=TODAY)
    assert appoint(world, from_on=date(2024, 6, 1)).from_on > TODAY


def test_posts_are_recorded_by_officers_above_and_never_ones_own(world):
    with pytest.raises(Denied, match="your own units"):
        appoint(world, unit="cell_c", by="chi")
    for by in ("ana", "ben", "eva", "flo", "dan", "hoa", "gus"):
        with pytest.raises(Denied, match="your own units"):
            appoint(world, by=by)
    organizations.grant(
        user=world.ana, role=RoleCode.OFFICER, unit=world.upland, from_on=TODAY, by=world.eva, at=AT
    )  # fmt: skip
    with pytest.raises(Denied, match="your own post"):
        appoint(world, who="M1", by="ana")
    assert appoint(world, who="M3", by="ana").pk


def test_who_leaves_and_who_comes_are_one_act(world):
    first = appoint(world, from_on=date(2023, 1, 1))
    second = actions.hand_over(
        post=first, person=someone("M3"), on=TODAY, decision="4-QĐ/HU", by=world.chi, at=AT
    )  # fmt: skip
    first.refresh_from_db()
    assert (first.to_on, first.end_decision) == (TODAY, "4-QĐ/HU")
    assert (second.from_on, second.decision, second.person) == (TODAY, "4-QĐ/HU", someone("M3"))
    assert at_once()


def test_a_hand_over_to_who_may_not_leaves_the_post_as_it_was(world):
    first = appoint(world, from_on=date(2023, 1, 1))
    appoint(world, who="M5", from_on=date(2022, 1, 1), to_on=date(2022, 6, 1))
    with pytest.raises(Denied), transaction.atomic():
        actions.hand_over(post=first, person=None, on=TODAY, by=world.chi, at=AT)
    first.refresh_from_db()
    assert first.to_on is None


def test_a_post_in_the_middle_a_correction_and_an_end_stay_apart(world):
    first = appoint(world, from_on=date(2020, 1, 1), to_on=date(2021, 1, 1))
    last = appoint(world, who="M3", from_on=date(2023, 1, 1))
    middle = appoint(world, who="M1", from_on=date(2021, 1, 1), to_on=date(2023, 1, 1))
    said = {"person": someone("M1"), "decision": "", "by": world.chi, "at": AT}
    with pytest.raises(Denied, match="Someone holds this post since 1 January 2023"):
        actions.correct_post(post=middle, from_on=date(2021, 1, 1), to_on=date(2023, 1, 2), **said)
    actions.end_post(post=middle, on=date(2022, 1, 1), by=world.chi, at=AT)
    with pytest.raises(Denied, match="ends before that day"):
        actions.end_post(post=middle, on=date(2022, 6, 1), by=world.chi, at=AT)
    actions.correct_post(post=middle, from_on=date(2021, 6, 1), to_on=date(2022, 6, 1), **said)
    assert [post.pk for post in Post.objects.filter(unit=world.cell_b, post="secretary").order_by("from_on")] == [
        first.pk, middle.pk, last.pk,
    ]  # fmt: skip
    assert at_once()


def test_two_who_change_neighbours_may_pass_through_what_can_not_stay(world):
    """Within one act the days may overlap for a moment, in either order; what is left in the end must not."""
    first = appoint(world, from_on=date(2020, 1, 1), to_on=date(2021, 1, 1))
    second = appoint(world, who="M3", from_on=date(2021, 1, 1))

    @action("tests.neighbours")
    def shift(*, on, by, at):
        first.to_on = second.from_on = on
        first.save()  # when it is later, both hold the post until the next line
        second.save()

    for on in (date(2021, 6, 1), date(2020, 6, 1)):
        shift(on=on, by=None, at=AT)
        assert at_once()


def test_the_database_itself_refuses_two_holders(world):
    @action("tests.two_holders")
    def two(*, by, at):
        for code in ("M3", "M4"):
            Post.objects.create(unit=world.cell_b, post="secretary", person=someone(code), from_on=TODAY)

    with pytest.raises(IntegrityError, match="post_one_holder"), transaction.atomic():
        two(by=None, at=AT)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")


def test_of_two_who_fill_a_post_at_once_one_is_told_no(committed_world):
    world = committed_world
    given = {
        "unit": world.cell_b, "post": "secretary", "person": someone("M3"), "from_on": TODAY, "by": world.chi, "at": AT,
    }  # fmt: skip
    answer = meanwhile(actions.appoint, given, given | {"person": someone("M4"), "by": None})
    assert isinstance(answer, Denied)
    assert "holds this post" in str(answer)
    assert Post.objects.filter(unit=world.cell_b, post="secretary").count() == 1


def test_many_at_once_leave_one_holder(committed_world):
    world, ready = committed_world, Barrier(4, timeout=60)

    def go(code):
        ready.wait()
        return told(
            actions.appoint, unit=world.cell_b, post="secretary", person=someone(code), from_on=TODAY, by=None, at=AT
        )  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, ["M1", "M3", "M4", "M5"]))
    assert [type(answer) for answer in answers if answer] == [Denied] * 3
    assert Post.objects.filter(unit=world.cell_b, post="secretary").count() == 1


def test_one_who_writes_past_the_actions_at_the_same_moment_is_refused(committed_world):
    """A load does not hold the unit: the second waits where roles follow from posts, and is refused when it is done."""
    world = committed_world

    @action("tests.load")
    def write(*, code, by, at):
        Post.objects.create(unit=world.cell_b, post="secretary", person=someone(code), from_on=TODAY)

    both = Barrier(2, timeout=60)

    def go(code):
        try:
            both.wait(30)
            write(code=code, by=None, at=AT)
        except (IntegrityError, OperationalError):  # the latter where each waits for the other: the database ends one
            return "refused"
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, ["M3", "M4"])) == ["refused", "written"]
    assert Post.objects.filter(unit=world.cell_b, post="secretary").count() == 1


def test_an_officer_who_comes_second_to_a_load_is_told_no(committed_world):
    """The load has written and not yet come to its end; the officer waits for it, and then hears of it."""
    world = committed_world

    @action("tests.slow_load")
    def write(*, by, at):
        Post.objects.create(unit=world.cell_b, post="secretary", person=someone("M3"), from_on=TODAY)

    given = {"unit": world.cell_b, "post": "secretary", "from_on": TODAY, "by": world.chi, "at": AT}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write(by=None, at=AT)
            other = pool.submit(told, actions.appoint, person=someone("M4"), **given)
            while not _waits() and not other.done():
                sleep(0.02)
        answer = other.result(30)
    assert isinstance(answer, Denied)
    assert "at this moment" in str(answer)
    assert Post.objects.get(unit=world.cell_b, post="secretary").person.code == "M3"


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # within a transaction it would see what it saw first
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_load_with_two_holders_has_its_verdict_in_words(tmp_path):
    two = roll()
    two["posts"].append(["C1", "secretary", None, "A", None, date(2023, 1, 1), None])
    done = load_roll(two, tmp_path)
    assert done.outcome == "refused"
    assert [(f["sheet"], f["row"], f["column"]) for f in done.faults] == [("posts", 6, "from")]
    assert "someone else holds this post" in done.faults[0]["reason"]


@pytest.mark.django_db
def test_a_load_may_shift_two_neighbours_whatever_their_order(tmp_path):
    assert load_roll(ROLL, tmp_path).outcome == "done"
    shifted = put(roll(), "posts", 3, "to", date(2023, 6, 1))
    assert load_roll({"posts": shifted["posts"]}, tmp_path).outcome == "done"
    assert at_once()


@pytest.mark.django_db
def test_a_load_is_not_undone_into_two_holders(tmp_path):
    """It ended a post; since then someone else took it. To undo would let both hold it."""
    assert load_roll(ROLL, tmp_path).outcome == "done"
    ended = load_roll({"posts": put(roll(), "posts", 2, "to", date(2023, 8, 1))["posts"]}, tmp_path)
    assert ended.outcome == "done"
    post = Post.objects.get(unit__code="C1", post="secretary")
    actions.appoint(unit=post.unit, post="secretary", person=someone("A"), from_on=date(2023, 9, 1), by=None, at=AT)
    with pytest.raises(Denied, match="someone else holds this post"):
        undo(load=ended, reason="Wrong file", by=None, at=AT)


def test_history_says_who_ended_a_post(world):
    post = appoint(world)
    actions.end_post(post=post, on=date(2024, 2, 1), decision="5-QĐ/HU", by=world.chi, at=AT)
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.pgh_label, c.metadata->>'action', (c.metadata->>'user')::int from members_postevent e"
            " join pghistory_context c on c.id = e.pgh_context_id where e.pgh_obj_id = %s order by e.pgh_id",
            [post.pk],
        )
        assert cursor.fetchall() == [
            ("insert", "members.appointed", world.chi.pk), ("update", "members.post_ended", world.chi.pk),
        ]  # fmt: skip
