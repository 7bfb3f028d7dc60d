"""Posts that a workbook brings bring roles; undone with it, they take them along, and nothing stands in the way."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.accounts.models import User
from chibo.exchange.undoing import undo
from chibo.members.actions import link_user
from chibo.members.models import Person
from chibo.organizations.models import Grant, GrantReview, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from tests.exchange.small import AT, ROLL, add, load_roll, roll

TODAY = AT.date()


@pytest.fixture
def users(tmp_path, db):
    """The small roll, in which B is secretary of C1; B and A sign in."""
    assert load_roll(roll(), tmp_path).faults == []
    users = {}
    for code in "AB":
        users[code] = User.objects.create(username=code)
        link_user(person=Person.objects.get(code=code), user=users[code], by=None, at=AT)
    return users


def records(user):
    return rights_of(user, TODAY).scope(P.MEETING_RECORD).covers(Unit.objects.get(code="C1"))


def handed_over(tmp_path):
    of = {"posts": [ROLL["posts"][0][:]]}
    add(
        of,
        "posts",
        unit_code="C1",
        post="secretary",
        member_code="B",
        **{"from": date(2022, 6, 1)},
        to=date(2024, 1, 1),
    )
    add(of, "posts", unit_code="C1", post="secretary", member_code="A", **{"from": date(2024, 1, 1)})
    done = load_roll(of, tmp_path)
    assert done.faults == []
    return done


def test_a_workbook_hands_over_a_post_with_its_rights_and_undone_gives_them_back(users, tmp_path):
    assert (records(users["A"]), records(users["B"])) == (False, True)
    before = Grant.objects.get(user=users["B"])
    done = handed_over(tmp_path)
    assert (records(users["A"]), records(users["B"])) == (True, False)
    undo(load=done, reason="Wrong file", by=None, at=AT)
    assert (records(users["A"]), records(users["B"])) == (False, True)
    after = Grant.objects.get(user=users["B"])
    assert (after.pk, after.from_on, after.to_on) == (before.pk, before.from_on, None)
    assert Grant.objects.get(user=users["A"]).to_on == TODAY, "what was held until now stays seen"


def test_a_role_looked_at_since_does_not_stand_in_the_way_of_undoing(users, tmp_path):
    done = handed_over(tmp_path)
    GrantReview.objects.create(grant=Grant.objects.get(user=users["A"]), verdict="keep", on=TODAY, by=None, at=AT)
    undo(load=done, reason="Wrong file", by=None, at=AT)
    assert not records(users["A"])


def test_the_same_workbook_again_changes_no_role(users, tmp_path):
    handed_over(tmp_path)
    before = list(Grant.objects.order_by("pk").values())
    handed_over(tmp_path)
    assert before == list(Grant.objects.order_by("pk").values())
