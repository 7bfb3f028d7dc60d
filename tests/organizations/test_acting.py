"""Someone acts for someone who is away: what that one holds, for the days named, never more; and no way around it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import Error, transaction

from chibo.core.actions import Denied, action
from chibo.organizations import actions
from chibo.organizations.models import Grant, Source
from chibo.organizations.permissions import CONFIDENTIAL, P
from chibo.organizations.roles import Reach
from chibo.organizations.scope import rights_of, scope_of
from tests.world import AT, TODAY

DAY = timedelta(days=1)
WEEK = TODAY + 7 * DAY


def held(user):
    return Grant.objects.filter(user=user).exclude(source=Source.ACTING).order_by("pk")


def lend(owner, to, *, by=None, grants=None, from_on=TODAY, to_on=WEEK, reason="on leave", system=False):
    return actions.lend(
        grants=list(held(owner)) if grants is None else grants,
        to=to,
        from_on=from_on,
        to_on=to_on,
        reason=reason,
        by=None if system else (by or owner),
        at=AT,
    )


def records(user, unit, day=TODAY):
    return scope_of(user, P.MEETING_RECORD, day).covers(unit)


def test_who_is_away_lets_another_act_for_the_days_named_and_no_longer(world):
    lend(world.ana, world.ben, from_on=TODAY + DAY, to_on=WEEK)
    assert [records(world.ben, world.cell_a, day) for day in (TODAY, TODAY + DAY, WEEK - DAY, WEEK)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert records(world.ana, world.cell_a), "who is away keeps what they hold"
    assert not scope_of(world.ben, P.MEETING_RECORD, TODAY + DAY).covers(world.cell_b)


def test_it_ends_with_the_role_of_the_one_who_is_away(world):
    lend(world.ana, world.ben)
    actions.end_grant(grant=held(world.ana).get(), on=TODAY + DAY, by=world.eva, at=AT)
    assert records(world.ben, world.cell_a, TODAY)
    assert not records(world.ben, world.cell_a, TODAY + DAY)


def test_it_rests_while_the_one_who_is_away_is_blocked(world):
    lend(world.ana, world.ben)
    world.ana.is_active = False
    world.ana.save()
    assert not records(world.ben, world.cell_a)


def test_what_is_lent_reaches_no_further_than_what_it_was_lent_from(world):
    own = actions.grant(
        user=world.hoa, role="officer", unit=world.upland, reach="unit", from_on=TODAY, by=world.eva, at=AT
    )
    lend(world.hoa, world.chi, grants=[own])
    scope = scope_of(world.hoa, P.MEMBER_VIEW, TODAY)
    assert scope.covers(world.upland)
    assert not scope.covers(world.cell_a)

    @action("tests.widened")
    def widen(*, by, at):
        Grant.objects.filter(acting_for=own).update(reach=Reach.SUBTREE)

    widen(by=None, at=AT)
    ways = [each.reach for each in rights_of(world.chi, TODAY).held if each.unit_id == world.upland.pk]
    assert ways == ["unit"], "not even by a hand in the database"


def test_either_of_the_two_ends_it_and_an_administrator_does(world):
    for who in (world.ana, world.ben, world.eva):
        (lent,) = lend(world.ana, world.ben)
        actions.end_grant(grant=lent, on=TODAY, by=who, at=AT)
        assert not records(world.ben, world.cell_a)
    (lent,) = lend(world.ana, world.ben)
    with pytest.raises(Denied):
        actions.end_grant(grant=lent, on=TODAY, by=world.chi, at=AT)


def test_days_are_named_begin_today_at_the_earliest_and_are_not_too_many(world):
    for days in ((TODAY - DAY, WEEK), (WEEK, WEEK), (WEEK, TODAY), (TODAY, TODAY + 367 * DAY)):
        with pytest.raises(Denied):
            lend(world.ana, world.ben, from_on=days[0], to_on=days[1])
    actions.set_terms(from_on=TODAY, review_months=12, acting_days=5, by=world.eva, at=AT)
    with pytest.raises(Denied, match="At most 5 days"):
        lend(world.ana, world.ben)
    lend(world.ana, world.ben, to_on=TODAY + 5 * DAY)
    with pytest.raises(Denied, match="already"):
        lend(world.ana, world.ben, to_on=TODAY + 2 * DAY)


# No way around


def test_what_is_held_for_another_is_not_passed_on(world):
    (lent,) = lend(world.ana, world.ben)
    with pytest.raises(Denied, match="not yours to pass on"):
        lend(world.ben, world.chi, grants=[lent])
    with pytest.raises(Denied, match="not yours to pass on"):
        lend(world.ben, world.chi, grants=[lent], by=world.eva)

    @action("tests.passed_on")
    def pass_on(*, by, at):
        Grant.objects.create(
            user=world.hoa, role=lent.role, unit=lent.unit, reach=lent.reach, from_on=TODAY, to_on=WEEK,
            source=Source.ACTING, acting_for=lent, reason="x",
        )  # fmt: skip

    pass_on(by=None, at=AT)
    assert not records(world.hoa, world.cell_a), "not even by a hand in the database"


def test_a_row_that_says_more_than_what_it_was_lent_from_gives_nothing(world):
    own = held(world.ana).get()

    @action("tests.forged")
    def forge(*, by, at):
        for more in ({"role": "leader", "reach": "subtree"}, {"unit": world.cell_b}):
            Grant.objects.create(
                **({"user": world.hoa, "role": own.role, "unit": own.unit, "reach": "unit"} | more),
                from_on=TODAY, to_on=WEEK, source=Source.ACTING, acting_for=own, reason="x",
            )  # fmt: skip

    forge(by=None, at=AT)
    assert not rights_of(world.hoa, TODAY).held


def test_nobody_takes_what_is_anothers(world):
    theirs = held(world.flo).get()
    for who in (world.ben, world.ana, world.chi):
        with pytest.raises(Denied):
            actions.lend(grants=[theirs], to=world.dan, from_on=TODAY, to_on=WEEK, reason="x", by=who, at=AT)
        with pytest.raises(Denied):
            actions.lend(grants=[theirs], to=who, from_on=TODAY, to_on=WEEK, reason="x", by=who, at=AT)


def test_nobody_makes_themself_act_for_another_not_even_an_administrator(world):
    with pytest.raises(Denied, match="Nobody makes themself act"):
        lend(world.ana, world.eva, by=world.eva)
    with pytest.raises(Denied, match="Nobody acts for themself"):
        lend(world.ana, world.ana)
    with pytest.raises(Denied, match="Nobody acts for themself"):
        lend(world.ana, world.ana, by=world.eva)


def test_two_who_act_for_each_other_hold_the_roles_of_both_and_no_more(world):
    own = actions.grant(user=world.hoa, role="file_keeper", unit=world.cell_a, from_on=TODAY, by=None, at=AT)
    lend(world.ana, world.hoa)
    lend(world.hoa, world.ana, grants=[own])
    for user in (world.ana, world.hoa):
        granted = [each for each in rights_of(user, TODAY).held if each.grant_id]
        assert {each.role for each in granted} == {"secretary", "file_keeper"}
        assert {each.unit_id for each in granted} == {world.cell_a.pk}
    actions.end_grant(grant=own, on=TODAY, by=world.eva, at=AT)
    for user in (world.ana, world.hoa):
        assert {each.role for each in rights_of(user, TODAY).held if each.grant_id} == {"secretary"}


def test_an_administrators_role_is_not_passed_on(world):
    with pytest.raises(Denied, match="not passed on"):
        lend(world.eva, world.chi)
    own = held(world.eva).get()
    with pytest.raises(Error, match="grant_acting"), transaction.atomic():

        @action("tests.lent")
        def force(*, by, at):
            Grant.objects.create(
                user=world.chi, role="administrator", unit=own.unit, reach="subtree", from_on=TODAY, to_on=WEEK,
                source=Source.ACTING, acting_for=own, reason="x",
            )  # fmt: skip

        force(by=None, at=AT)


def test_an_administrator_names_who_acts_for_users_and_units_of_their_own_alone(world):
    actions.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    lend(world.ana, world.ben, by=world.hoa)
    assert records(world.ben, world.cell_a)
    for owner, to in ((world.dan, world.chi), (world.ana, world.dan), (world.flo, world.chi)):
        with pytest.raises(Denied):
            lend(owner, to, by=world.hoa)
    with pytest.raises(Denied):
        lend(world.ana, world.ben, by=world.flo, from_on=WEEK, to_on=WEEK + DAY)


def test_acting_for_someone_with_more_rights_elsewhere_gives_only_what_was_lent(world):
    more = actions.grant(user=world.chi, role="leader", unit=world.south, from_on=TODAY, by=world.eva, at=AT)
    here = held(world.chi).exclude(pk=more.pk).get()
    lend(world.chi, world.ana, grants=[here])
    scope = scope_of(world.ana, P.MEMBER_VIEW, TODAY)
    assert scope.covers(world.cell_b)
    assert not scope.covers(world.south)


def test_who_acts_for_someone_above_is_not_in_the_hands_of_the_administrator_below(world):
    """Who could give them a new password could act with what was lent."""
    actions.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    lend(world.flo, world.chi)
    with pytest.raises(Denied, match="outside your units"):
        actions.grant(user=world.chi, role="secretary", unit=world.cell_a, from_on=TODAY, by=world.hoa, at=AT)


def test_nobody_is_lent_a_role_from_elsewhere_to_escape_their_administrator(world):
    with pytest.raises(Denied, match="neither at this unit"):
        lend(world.dan, world.chi)
    lend(world.dan, world.chi, by=world.eva)


def test_who_is_blocked_acts_for_nobody(world):
    with pytest.raises(Denied, match="blocked"):
        lend(world.chi, world.gus)


# Reach


def test_a_role_may_reach_less_far_than_it_could_and_never_further(world):
    given = {"user": world.hoa, "unit": world.north, "from_on": TODAY, "by": world.eva, "at": AT}
    actions.grant(role="officer", reach="unit", **given)
    scope = scope_of(world.hoa, P.MEMBER_VIEW, TODAY)
    assert scope.covers(world.north)
    assert not scope.covers(world.upland)
    with pytest.raises(Denied, match="one unit alone"):
        actions.grant(role="secretary", reach="subtree", **given)
    with pytest.raises(Error, match="grant_reach"), transaction.atomic():

        @action("tests.far")
        def far(*, by, at):
            Grant.objects.create(user=world.hoa, role="member", unit=world.north, reach="subtree", from_on=TODAY)

        far(by=None, at=AT)


def test_an_administrator_of_one_unit_alone_gives_nothing_that_reaches_below_it(world):
    actions.grant(
        user=world.hoa, role="administrator", unit=world.north, reach="unit", from_on=TODAY, by=world.eva, at=AT
    )
    with pytest.raises(Denied, match="this unit alone"):
        actions.end_grant(grant=held(world.chi).get(), on=TODAY, by=world.hoa, at=AT)
    actions.invite(
        username="kim", full_name="Kim", role="officer", unit=world.north, reach="unit", from_on=TODAY, by=world.hoa,
        at=AT,
    )  # fmt: skip
    with pytest.raises(Denied, match="this unit alone"):
        actions.invite(
            username="kam", full_name="Kam", role="officer", unit=world.north, from_on=TODAY, by=world.hoa, at=AT
        )


def test_what_is_confidential_is_held_at_the_very_unit_and_never_from_above(world, monkeypatch):
    assert isinstance(CONFIDENTIAL, frozenset)
    monkeypatch.setattr("chibo.organizations.scope.CONFIDENTIAL", frozenset({P.MEETING_VIEW}))
    scope = scope_of(world.flo, P.MEETING_VIEW, TODAY)
    assert scope.covers(world.province)
    assert not scope.covers(world.north)
    assert scope_of(world.flo, P.MEMBER_VIEW, TODAY).covers(world.north)
