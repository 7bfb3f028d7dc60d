"""Months missed and attendance of cells are those counted by hand, whole and page by page."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.indicators import folding
from chibo.indicators.models import KeptYear, OwnSum
from chibo.indicators.stored import MONTHS
from chibo.meetings.models import KeptCellYear, Meeting, NoMeeting, Reminder, Withdrawal
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.organizations.trees import Tree
from chibo.portal import cell_months, queries
from chibo.targets.models import Target
from tests.indicators.comparing import undone
from tests.indicators.writing import changes, put
from tests.reference import CELLS, Reference, Roll, first_day, last_day, months_of, periods_of
from tests.rolls import rolls, years_of
from tests.world import AT, TODAY

EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "10"))
LATER = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
Y2023 = Period.parse("2023")


def counted_by_hand(roll: Roll, unit: str, period: str, today: date) -> dict[str, tuple[list[str], int, int, int]]:
    """For each cell below: the months missed, months due and over, present, marked."""
    reference, found = Reference(roll), {}
    present: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for fact in reference.evidence("meetings.attendance", unit, period):
        present[fact.unit][0] += fact.numerator
        present[fact.unit][1] += fact.denominator or 0
    due, missed = defaultdict(int), defaultdict(list)
    for fact in reference.evidence("meetings.regular_held", unit, period):
        if fact.day < today:
            due[fact.unit] += 1
            if not fact.numerator:
                missed[fact.unit].append(fact.record.split("@")[1])
    for code, row in reference.units.items():
        there = False
        for month in months_of(period):
            below = unit in reference.line(code, last_day(month))
            closed = row.get("closed_on") or date.max
            lived = row["founded_on"] <= last_day(month) and closed > first_day(month)
            met = any(m["unit_code"] == code for m in reference.meetings_of_cells[month])
            there = there or (below and (lived or met))
        if row["kind"] in CELLS and there:
            found[code] = (sorted(missed[code]), due[code], *present[code])
    return found


@pytest.mark.django_db
@settings(max_examples=EXAMPLES)
@given(roll=rolls(), data=st.data())
def test_cells_are_as_counted_by_hand_and_so_are_those_late(roll: Roll, data: st.DataObject) -> None:
    with undone():
        put(rows=changes(roll), by=None, at=LATER)
        folding.fold_all(by=None, at=LATER)
        year = data.draw(st.sampled_from(years_of(roll)[1:-1]))
        period = data.draw(st.sampled_from(periods_of(year)))
        today = date(year, 1, 1) + timedelta(days=data.draw(st.integers(0, 500)))
        if data.draw(st.booleans()):
            KeptYear.objects.all().delete()
        limit = queries.Limit(
            data.draw(st.sampled_from([Fraction(1, 2), Fraction(85, 100), Fraction(1)])), year % 2 > 0
        )
        for code in {roll["units"][0]["code"], data.draw(st.sampled_from(roll["units"]))["code"]}:
            expected = counted_by_hand(roll, code, period, today)
            unit, span = Unit.objects.get(code=code), Period.parse(period)
            for order in queries.ORDERS:
                got = [
                    (c.code, ([f"{m:%Y-%m}" for m in c.missed], c.due, c.present, c.marked))
                    for c in queries.cell_years(unit, span, today, limit, order=order, size=99)
                ]
                assert dict(got) == expected, (code, period, order)
                assert len(got) == len(expected)
            late = {c for c, (missed, _, n, d) in expected.items() if missed or not limit.is_met(n, d)}
            found = queries.cell_years(unit, span, today, limit, which="late", order="worst", size=99)
            assert {c.code for c in found} == late
            assert {c.among for c in found} <= {len(late)}
            ranks = [(-len(c.missed), 2 if c.attendance is None else c.attendance) for c in found]
            assert ranks == sorted(ranks)


@pytest.mark.parametrize("period", ["2023", "2023-H2", "2023-08", "2024"])
@pytest.mark.parametrize("which", ["missed", "weak", "late"])
@pytest.mark.parametrize("code", ["north", "south", "province"])
def test_what_the_sums_kept_leave_out_is_what_the_records_leave_out(world, code, which, period):
    def asked(is_kept):  # one cell stood in the north until July, in the south from then on
        return [
            queries.cell_years(
                getattr(world, code), Period.parse(period), TODAY, queries.Limit(Fraction(3, 4)), which=which,
                order=order, size=9, tree=tree, is_kept=is_kept,
            )
            for order in queries.ORDERS for tree in Tree
        ]  # fmt: skip

    assert asked(True) == asked(False)
    for order in queries.ORDERS:  # and how many there are does not hang on how many are shown
        first = queries.cell_years(world.province, Y2023, TODAY, queries.Limit(1), which=which, order=order, size=1)
        assert {cell.among for cell in first} == {4}


@pytest.mark.parametrize("which", ["", "late"])
@pytest.mark.parametrize("order", sorted(queries.ORDERS))
def test_page_after_page_shows_every_cell_once(world, order, which):
    limit = queries.Limit(Fraction(3, 4))
    whole = queries.cell_years(world.province, Y2023, TODAY, limit, which=which, order=order, size=99)
    assert len(whole) == 4
    paged, after = [], None
    while page := queries.cell_years(
        world.province, Y2023, TODAY, limit, which=which, order=order, after=after, size=1
    ):
        paged += page
        after = page[-1].key
    assert paged == whole


def test_only_cells_that_lie_in_the_scope_today_where_one_is_given(world):
    limit = queries.DEFAULT_LIMIT
    scope = rights_of(world.chi, TODAY).scope(P.MEETING_VIEW)
    seen = queries.cell_years(world.north, Y2023, TODAY, limit, size=99, scope=scope)
    every = queries.cell_years(world.north, Y2023, TODAY, limit, size=99)
    assert {c.code for c in every} - {c.code for c in seen} == {"D"}  # it stood there until July


@action("tests.renamed")
def rename(*, unit, name, by, at):
    unit.name = name
    unit.save()


def test_a_cell_renamed_takes_its_new_place_among_those_that_did_as_well(world):
    def listed(order):
        found = queries.cell_years(world.province, Y2023, TODAY, queries.Limit(1), order=order, size=9)
        return [cell.name for cell in found]

    first, *others = listed("")
    rename(unit=Unit.objects.get(name=first), name="Zz", by=world.chi, at=AT)
    folding.fold_all(by=None, at=LATER)
    assert listed("") == [*others, "Zz"]
    ranks = {c.name: c.key for c in queries.cell_years(world.province, Y2023, TODAY, queries.Limit(1), size=9)}
    assert KeptCellYear.objects.get(unit__name="Zz", year=2023).sort_key == ranks["Zz"][1]


def test_a_cell_has_a_row_for_each_year_kept_that_says_what_its_own_sums_say(world):
    for row in KeptCellYear.objects.select_related("unit"):
        held, marks = (
            OwnSum.objects.filter(unit=row.unit_id, year=row.year, indicator__code=code)
            for code in (queries.HELD, queries.ATTENDANCE)
        )
        missing = {m for m in MONTHS for s in held if (getattr(s, f"d{m}") or 0) > (getattr(s, f"n{m}") or 0)}
        assert row.missed == sum(1 << m for m in missing)
        assert row.present == sum(getattr(s, f"n{m}") or 0 for m in MONTHS for s in marks)
        assert row.marked == sum(getattr(s, f"d{m}") or 0 for m in MONTHS for s in marks)
    years = set(KeptYear.objects.values_list("year", flat=True))
    assert set(KeptCellYear.objects.filter(unit=world.cell_a).values_list("year", flat=True)) == years
    (moved,) = KeptCellYear.objects.filter(unit__code="D", year=2023)
    assert world.province.path == moved.was != moved.path  # it stood in the north until July
    assert not KeptCellYear.objects.filter(unit=world.north).exists()


@pytest.mark.parametrize("order", ["", "worst"])
@pytest.mark.parametrize("tree", Tree)
def test_what_is_not_folded_yet_is_reckoned_from_the_records(world, order, tree):
    def listed(unit, period="2024", size=9):
        asked = {"order": order, "tree": tree, "size": size}
        return [c.code for c in queries.cell_years(unit, Period.parse(period), TODAY, queries.Limit(1), **asked)]

    new = Unit(code="NEW", name="Chi bộ mới", kind="cell", setting="village", founded_on=date(2023, 5, 1))
    organizations.found(unit=new, parent=world.upland, by=world.eva, at=AT)
    assert set(listed(world.upland)) == {"A", "B", "NEW"}
    organizations.move(
        unit=world.cell_a, to=world.lowland, on=date(2024, 1, 2), decision="1", by=world.eva, at=AT
    )  # fmt: skip
    seen = {size: [listed(unit, size=size) for unit in (world.upland, world.lowland)] for size in (1, 2, 9)}
    assert [set(codes) for codes in seen[9]] == [{"B", "NEW"}, {"A", "C"}]
    assert [[codes[:size] for codes in seen[9]] for size in (1, 2)] == [seen[1], seen[2]]  # no page is short
    folding.fold_all(by=None, at=LATER)
    assert [listed(unit) for unit in (world.upland, world.lowland)] == seen[9]


def test_the_key_of_a_cell_without_any_attendance_is_one_to_go_on_after(world):
    cells = queries.cell_years(
        world.province, Period.parse("2023-09"), TODAY, queries.Limit(1), order="attendance", size=9
    )
    assert all(queries.key_in(cell.key) == cell.key for cell in cells)
    row = (1, "A", "A", "cell", "1/", 1, (), 0, 9, 3, (), (), Decimal("0.000000000"), "a", "1/", 1)
    assert queries.key_in(queries._cell_year(row).key) == ["0.000000000", "a", 1]


@action("tests.withdrawn")
def withdraw(*, meeting, by, at):
    Withdrawal.objects.create(meeting=meeting, reason="Entered twice", by=by, at=at)


def test_a_meeting_withdrawn_leaves_its_month_missed(world):
    def missed():
        return queries.cell_years(world.cell_a, Y2023, TODAY, queries.DEFAULT_LIMIT, size=9)[0].missed

    before = missed()
    withdraw(meeting=Meeting.objects.get(code="A-1"), by=world.chi, at=AT)
    assert set(missed()) - set(before) == {date(2023, 1, 1)}


def test_the_limit_is_the_units_own_target_or_the_default(world):
    assert queries.limit_of(world.north, Y2023) == queries.Limit(Fraction(85, 100), True)
    assert queries.limit_of(world.north, Period.parse("2023-04")) == queries.Limit(Fraction(85, 100), True)
    assert queries.limit_of(world.south, Y2023) == queries.DEFAULT_LIMIT
    aim(unit=world.south, value="0.6", by=None, at=AT)
    assert queries.limit_of(world.south, Y2023) == queries.Limit(Fraction(3, 5))


@action("tests.aimed")
def aim(*, unit, value, by, at):
    Target.objects.create(unit=unit, indicator="meetings.attendance", period="2023", comparator=">=", value=value)


def test_a_limit_that_is_not_to_be_reached_but_passed():
    assert queries.Limit(Fraction(85, 100)).is_met(85, 100)
    assert not queries.Limit(Fraction(85, 100), strict=True).is_met(85, 100)
    assert queries.Limit(Fraction(85, 100)).is_met(0, 0)


def test_the_worst_of_the_late_come_first(world, django_assert_num_queries):
    limit = queries.limit_of(world.province, Y2023)
    with django_assert_num_queries(2):
        late = queries.cell_years(world.province, Y2023, TODAY, limit, which="late", order="worst", size=100)
    assert len(late) == 4
    order = [(-len(cell.missed), cell.attendance) for cell in late]
    assert order == sorted(order)


@action("tests.said")
def say(*, cell, by, at):
    NoMeeting.objects.create(unit=cell, month=date(2023, 4, 1), reason="Floods", by=by, at=at)
    for hours in (0, 5):
        Reminder.objects.create(unit=cell, month=date(2023, 5, 1), by=by, at=at + timedelta(hours=hours))


def test_what_waits_of_a_cell_is_each_month_due_without_a_regular_meeting(world, django_assert_num_queries):
    say(cell=world.cell_a, by=world.chi, at=AT)
    with django_assert_num_queries(1):
        waits = cell_months.waiting_of(world.cell_a, TODAY)
    assert [str(w.month) for w in waits] == [
        "2023-12", "2023-11", "2023-10", "2023-08", "2023-07", "2023-06", "2023-05", "2023-04", "2023-03",
    ]  # fmt: skip  # of March there is a thematic meeting only
    assert not any(w.is_running for w in waits)
    april, may = waits[-2], waits[-3]
    assert april.why == "Floods"
    assert april.reminder is None
    assert may.reminder.at == AT + timedelta(hours=5)
    assert may.reminder.by == str(world.chi)


def test_the_running_month_waits_until_its_last_day(world):
    waits = cell_months.waiting_of(world.cell_a, date(2024, 2, 10))
    assert str(waits[0].month) == "2024-02"
    assert waits[0].is_running
    assert waits[0].due_on == date(2024, 2, 29)
    assert len(waits) == 10  # of twelve since March 2023; of September and January there is one


def test_nothing_waits_of_a_cell_that_was_closed_or_is_of_this_month(world):
    found = Unit(code="N", name="N", kind="cell", founded_on=date(2024, 1, 5))
    assert not cell_months.is_due(found, Period.parse("2024-01"))
    closed = Unit(code="N", name="N", kind="cell", founded_on=date(2020, 1, 5), closed_on=date(2024, 1, 31))
    assert not cell_months.is_due(closed, Period.parse("2024-01"))
    assert cell_months.is_due(closed, Period.parse("2023-12"))
