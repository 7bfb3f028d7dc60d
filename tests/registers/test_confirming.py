"""A quarter is confirmed with what the roll says then; what changes afterwards shows, is explained and settled."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone

import pytest
from django.db import Error

from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.duplicates.actions import merge
from chibo.indicators import folding, queries
from chibo.members.actions import restay
from chibo.members.models import Departure, Membership, Person, Transfer
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.registers import actions
from chibo.registers.differences import as_now, explained, newest, since_confirmed, with_below
from chibo.registers.models import Against, Confirmation, Page, RegisterReminder, Settlement
from chibo.registers.roll import sheets_of
from tests import reference_registers
from tests.organizations.test_two_at_once import meanwhile, told
from tests.world import AT, TODAY

Q4 = Period.parse("2023-Q4")
D = date
LATER = AT + timedelta(days=2)


@action("tests.left")
def leave(*, code, on, reason="resigned", by, at):
    spell = Membership.objects.get(person__code=code)
    Departure.objects.create(membership=spell, on=on, reason=reason)
    restay([spell.pk])


@action("tests.born_twice")
def born_twice(*, code, by, at):
    known = Person.objects.get(code=code)
    return Person.objects.create(
        code="ANEW", full_name=known.full_name, sex=known.sex, born_on=known.born_on, ethnicity=known.ethnicity
    )


@action("tests.amended")
def amend(*, code, reason, by, at):
    Departure.objects.filter(membership__person__code=code).update(reason=reason)


@action("tests.went")
def go(*, code, cell, on, by, at):
    spell = Membership.objects.get(person__code=code)
    Transfer.objects.create(membership=spell, to_cell=cell, on=on, kind="official")
    restay([spell.pk])


def confirm(world, unit="cell_a", by="ana", quarter=Q4, at=AT, seen=0):
    return actions.confirm(
        unit=getattr(world, unit), quarter=quarter, seen=seen, by=getattr(world, by) if by else None, at=at
    )


def test_a_secretary_confirms_the_quarter_that_is_over_and_it_is_kept_by_which_right(world):
    made = confirm(world)
    assert made.numbers == {"before": 3, "member": 3, "probationary": 3, "away": 1}
    assert (made.role, made.role_unit, made.days, made.number) == ("secretary", world.cell_a, 10, 1)
    page = Page.objects.get(confirmation=made)
    assert set(page.roll) == {"M1", "M2", "M3"}
    assert page.moves == {"M2": "away"}
    with pytest.raises(Denied, match="Nothing has changed"):
        confirm(world, seen=1)
    with pytest.raises(Denied, match="Nguyễn Thị An confirmed it on 10 January 2024"):
        confirm(world, by="chi")


def test_what_can_not_be_confirmed(world):
    with pytest.raises(Denied, match="is not over"):
        confirm(world, quarter=Period.parse("2024-Q1"))
    with pytest.raises(Denied, match="Only quarters"):
        confirm(world, quarter=Period.parse("2023"))
    with pytest.raises(Denied, match="secretary or officer"):
        confirm(world, unit="cell_b")
    with pytest.raises(Denied, match="secretary or officer"):
        confirm(world, by="flo")
    with pytest.raises(Denied, match="was not open"):
        confirm(world, quarter=Period.parse("1999-Q4"))
    assert confirm(world, by="chi").role_unit == world.north


def test_what_is_confirmed_stays_as_it_was(world):
    made = confirm(world)
    made.numbers = {}
    with pytest.raises(Error):
        made.save()


def test_a_late_entry_shows_member_by_member_with_who_recorded_it_until_it_is_settled(world):
    made = confirm(world)
    leave(code="M3", on=D(2023, 12, 20), by=world.chi, at=LATER)
    (found,) = since_confirmed(world.cell_a, made)
    assert (found.code, found.here, found.there) == ("M3", "before member probationary", "before resigned")
    change = explained([found], made.at)[found.cell, "M3"]
    assert (change.action, change.user, change.at) == ("tests.left", world.chi.pk, LATER)
    seals = [found.seal]
    with pytest.raises(Denied, match="Say why"):
        actions.settle(unit=world.cell_a, quarter=Q4, against="now", seals=seals, reason="", by=world.ana, at=LATER)
    actions.settle(
        unit=world.cell_a, quarter=Q4, against="now", seals=seals, reason="Đơn nộp muộn", by=world.ana, at=LATER
    )
    (found,) = since_confirmed(world.cell_a, made)
    assert (found.settled.reason, found.settled.by) == ("Đơn nộp muộn", world.ana)
    with pytest.raises(Denied, match="open any more"):
        actions.settle(unit=world.cell_a, quarter=Q4, against="now", seals=seals, reason="x", by=world.ana, at=LATER)
    leave(code="M2", on=D(2023, 11, 2), by=world.chi, at=LATER)
    assert [(each.code, each.settled is None) for each in since_confirmed(world.cell_a, made)] == [
        ("M2", True), ("M3", False),
    ]  # fmt: skip
    again = confirm(world, at=LATER, seen=1)
    assert again.number == 2
    assert newest(world.cell_a, Q4) == again
    assert since_confirmed(world.cell_a, again) == []


def test_a_reason_never_lands_on_a_difference_that_is_another_one_by_now(world):
    made = confirm(world)
    leave(code="M3", on=D(2023, 12, 20), by=None, at=LATER)
    leave(code="M2", on=D(2023, 12, 20), by=None, at=LATER)
    seals = [each.seal for each in since_confirmed(world.cell_a, made)]
    amend(code="M3", reason="deceased", by=None, at=LATER)
    given = {"unit": world.cell_a, "quarter": Q4, "against": "now", "by": world.ana, "at": LATER}
    with pytest.raises(Denied, match="has changed since this page was shown"):
        actions.settle(**given, seals=seals, reason="Đơn nộp muộn")
    assert not Settlement.objects.exists()
    again = [each.seal for each in since_confirmed(world.cell_a, made)]
    assert set(seals) & set(again) == {again[0]}  # of M2, about whom nothing has changed
    assert len(actions.settle(**given, seals=again, reason="Đơn nộp muộn")) == 2


def test_who_moved_has_two_rows_and_each_is_settled_by_itself(world):
    made = confirm(world, unit="upland", by="chi")
    go(code="M1", cell=world.cell_b, on=D(2023, 12, 5), by=None, at=LATER)
    left, came = sorted(since_confirmed(world.upland, made), key=lambda each: each.cell != world.cell_a.pk)
    assert (left.code, came.code, came.cell) == ("M1", "M1", world.cell_b.pk)
    (said,) = actions.settle(
        unit=world.upland, quarter=Q4, against="now", seals=[left.seal], reason="Chuyển muộn", by=world.chi, at=LATER
    )
    assert said.cell == world.cell_a
    assert {each.cell: each.settled is None for each in since_confirmed(world.upland, made)} == {
        world.cell_a.pk: False, world.cell_b.pk: True,
    }  # fmt: skip


def test_what_was_confirmed_of_a_record_that_is_one_with_another_since_is_the_others(world):
    made = confirm(world, unit="upland", by="chi")
    cell_b = confirm(world, unit="cell_b", by="chi")
    other = born_twice(code="M4", by=None, at=LATER)
    merge(kept=other.pk, gone=Person.objects.get(code="M4").pk, by=None, at=LATER)
    assert list(sheets_of(world.cell_b, Q4)[world.cell_b.pk].roll) == ["ANEW", "M5"]
    assert since_confirmed(world.upland, made) == since_confirmed(world.cell_b, cell_b) == []
    with pytest.raises(Denied, match="Nothing has changed"):
        confirm(world, unit="cell_b", by="chi", at=LATER, seen=1)
    leave(code="ANEW", on=D(2023, 12, 20), by=None, at=LATER)
    confirm(world, unit="cell_b", by="chi", at=LATER, seen=1)
    assert [each.code for each in with_below(world.upland, made)] == ["ANEW"]


def test_who_was_confirmed_twice_as_two_records_that_are_one_since_still_differs():
    called = {"M4": "ANEW"}
    twice = {"M4": "member", "ANEW": "member"}
    assert as_now(twice, called) == twice
    assert as_now({"M4": "member"}, called) == {"ANEW": "member"}
    assert as_now({"M4": "member"}, called, {"M4": "member here", "ANEW": "here"}) == {"M4": "member"}


def test_a_cell_moved_in_the_past_is_explained_by_the_act_that_moved_it(world):
    made = confirm(world, unit="lowland", by="dan")
    organizations.move(unit=world.cell_b, to=world.lowland, on=D(2023, 12, 1), decision="", by=None, at=LATER)
    found = since_confirmed(world.lowland, made)
    assert {(each.code, each.there) for each in found} == {
        ("M4", "moved_in member probationary"), ("M2", "here"),
    }  # fmt: skip
    assert {change.action for change in explained(found, made.at).values()} == {"organizations.moved"}


def test_sides_differ_where_one_confirmed_before_a_change_and_the_other_after(world):
    for unit in ("cell_a", "cell_b"):
        confirm(world, unit=unit, by="chi")
    upland = confirm(world, unit="upland", by="chi")
    assert with_below(world.upland, upland) == []
    leave(code="M4", on=D(2023, 12, 20), reason="deceased", by=world.chi, at=LATER)
    confirm(world, unit="cell_b", by="chi", at=LATER, seen=1)
    (found,) = with_below(world.upland, upland)
    assert (found.code, found.here, found.there) == ("M4", "before member probationary", "before deceased")
    actions.settle(
        unit=world.upland, quarter=Q4, against=Against.BELOW, seals=[found.seal], reason="Báo tử muộn", by=world.chi,
        at=LATER,
    )  # fmt: skip
    assert Settlement.objects.get().against == "below"
    confirm(world, unit="upland", by="chi", at=LATER, seen=1)
    assert with_below(world.upland, newest(world.upland, Q4)) == []


def test_who_moves_between_two_units_below_makes_no_difference_above(world):
    go(code="M1", cell=world.cell_b, on=D(2023, 11, 5), by=None, at=AT)
    go(code="M4", cell=world.cell_c, on=D(2023, 12, 5), by=None, at=AT)
    for unit in ("cell_a", "cell_b", "cell_c", "upland", "lowland", "cell_d", "north", "south", "province"):
        confirm(world, unit=unit, by=None)
    for unit in (world.upland, world.lowland, world.north, world.south, world.province):
        assert with_below(unit, newest(unit, Q4)) == []
    assert Confirmation.objects.get(unit=world.province).numbers.get("moved_in") is None


def test_units_below_that_have_not_confirmed_say_nothing(world):
    confirm(world, unit="cell_a", by="chi")
    made = confirm(world, unit="upland", by="chi")
    assert with_below(world.upland, made) == []


def test_units_below_are_reminded_once_a_day_unless_they_have_confirmed(world):
    confirm(world)
    given = {"unit": world.upland, "quarter": Q4, "by": world.chi, "at": AT}
    assert [each.unit for each in actions.remind(**given)] == [world.cell_b]
    assert actions.remind(**given) == []
    assert len(actions.remind(**given | {"at": AT + timedelta(days=1)})) == 1
    with pytest.raises(Denied, match="not over"):
        actions.remind(**given | {"quarter": Period.parse("2024-Q1")})
    with pytest.raises(Denied, match="secretary or officer"):
        actions.remind(**given | {"by": world.flo})
    assert RegisterReminder.objects.count() == 2


def test_two_who_confirm_at_once_confirm_once(committed_world):
    world = committed_world
    given = {"unit": world.cell_a, "quarter": Q4, "at": AT}
    refused = meanwhile(actions.confirm, given | {"by": world.ana}, given | {"by": world.chi})
    assert isinstance(refused, Denied)
    assert "Nguyễn Thị An" in str(refused)
    assert Confirmation.objects.count() == 1


def test_two_who_settle_at_once_settle_once(committed_world):
    world = committed_world
    made = confirm(world)
    leave(code="M3", on=D(2023, 12, 20), by=None, at=LATER)
    (found,) = since_confirmed(world.cell_a, made)
    given = {"unit": world.cell_a, "quarter": Q4, "against": "now", "seals": [found.seal], "at": LATER}
    refused = meanwhile(
        actions.settle, given | {"by": world.ana, "reason": "a"}, given | {"by": world.chi, "reason": "b"}
    )
    assert isinstance(refused, Denied)
    assert Settlement.objects.get().reason == "a"
    assert told(actions.settle, **given, by=None, reason="c") is not None


def test_the_figure_counts_units_that_confirmed_in_time_of_all_due(world):
    confirm(world)  # before any days are laid down: nobody is due
    folding.fold_all(by=None, at=AT)

    def figure(unit, period):
        found = queries.figures_in([unit.pk], [Period.parse(period)], ["registers.confirmed"])
        shown = found[Period.parse(period)][unit.pk].get("registers.confirmed")
        return (shown.numerator, shown.denominator) if shown else None

    assert figure(world.province, "2023") is None
    actions.set_days(days=10, from_on=D(2023, 10, 1), by=world.eva, at=AT)
    with pytest.raises(Denied, match="choose a day after"):
        actions.set_days(days=5, from_on=D(2023, 10, 1), by=world.eva, at=AT)
    with pytest.raises(Denied, match="administrator"):
        actions.set_days(days=5, from_on=D(2025, 10, 1), by=world.chi, at=AT)
    confirm(world, unit="cell_b", by="chi", at=LATER)  # the 12th: late
    confirm(world, unit="cell_d", by="dan", at=AT)
    folding.fold(by=None, at=LATER)
    units = [each for each in vars(world).values() if isinstance(each, Unit)]

    def is_counted_twice(today):
        for period in ("2023-Q3", "2023-Q4", "2023"):
            again = reference_registers.figures(period, today)
            assert {each.code: figure(each, period) for each in units} == {
                each.code: again.get(each.code) for each in units
            }

    is_counted_twice(TODAY)
    assert figure(world.cell_a, "2023-Q4") == (1, 1)
    assert figure(world.cell_b, "2023") == (0, 1)
    assert figure(world.cell_c, "2023-Q4") is None  # it may still confirm
    assert figure(world.upland, "2023-Q4") == (1, 2)
    actions.count_over(by=None, at=AT)  # the tenth day still runs
    folding.fold(by=None, at=AT)
    assert figure(world.upland, "2023-Q4") == (1, 2)
    actions.count_over(by=None, at=LATER)
    folding.fold(by=None, at=LATER)
    is_counted_twice(TODAY + timedelta(days=2))
    assert figure(world.upland, "2023-Q4") == (1, 3)
    assert figure(world.province, "2023-Q4") == (2, 9)
    assert figure(world.province, "2023-Q3") is None
    actions.set_days(days=30, from_on=D(2023, 11, 1), by=world.eva, at=LATER)
    folding.fold(by=None, at=LATER)
    is_counted_twice(TODAY + timedelta(days=2))
    assert figure(world.province, "2023-Q4") == (3, 3)  # the days run again: who has not confirmed still may
    counted = Counter(each.unit_id for each in Confirmation.objects.all())
    assert set(counted.values()) == {1}


def test_days_are_counted_on_our_clock(world):
    at = datetime(2024, 1, 10, 18, 0, tzinfo=timezone.utc)  # noqa: UP017 - 1 o'clock of the 11th with us
    assert confirm(world, at=at).days == 11
    assert D(2024, 1, 10) == TODAY
