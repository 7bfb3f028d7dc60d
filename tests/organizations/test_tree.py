"""The tree: one parent at a time, dated; moves; the paths derived from them."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.db import Error, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.actions import Denied, action
from chibo.core.spans import EVER, holding
from chibo.organizations.actions import found, move, relineage
from chibo.organizations.kinds import MAY_STAND_UNDER, Kind
from chibo.organizations.models import Lineage, ParentLink, Unit
from tests.world import AT, FOUNDED, MOVED_ON, TODAY

DAY = timedelta(days=1)


def path_on(unit: Unit, day: date) -> str:
    """The path of a unit as the tree stood on a day."""
    return Lineage.objects.get(holding(day), unit=unit).path


def path(*units: Unit) -> str:
    return "".join(f"{unit.pk}/" for unit in units)


@action("tests.linked")
def link(*, by, at, **fields):
    """A parent link written past every check but the database's own."""
    made = ParentLink.objects.create(**fields)
    connection.check_constraints()
    return made


# Founding


@pytest.mark.parametrize(("kind", "parent"), [*product(Kind, [None, *Kind])])
def test_a_unit_stands_only_where_its_kind_may(world, kind, parent):
    above = Unit(code="above", name="above", kind=parent, founded_on=FOUNDED) if parent else None
    if above:
        with transaction.atomic():
            founding(above)
    unit = Unit(code="new", name="Chi bộ mới", kind=kind, founded_on=FOUNDED)
    if parent and parent in MAY_STAND_UNDER[kind]:
        found(unit=unit, parent=above, by=None, at=AT)
        assert unit.path == path(above, unit)
        assert path_on(unit, EVER) == path_on(unit, TODAY) == unit.path
    else:
        with pytest.raises(Denied):
            found(unit=unit, parent=above, by=None, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Kind)
def test_a_tree_has_one_root(kind):
    first = Unit(code="first", name="first", kind=kind, founded_on=FOUNDED)
    if None not in MAY_STAND_UNDER[kind]:
        with pytest.raises(Denied, match="kind"):
            found(unit=first, parent=None, by=None, at=AT)
        return
    found(unit=first, parent=None, by=None, at=AT)
    with pytest.raises(Denied, match="root"):
        found(unit=Unit(code="next", name="next", kind=kind, founded_on=FOUNDED), parent=None, by=None, at=AT)


def founding(unit):
    @action("tests.put")
    def put(*, by, at):
        unit.save()
        relineage([unit.pk])

    put(by=None, at=AT)


# Moving


def test_a_move_holds_from_its_day_on(world):
    assert path_on(world.cell_d, MOVED_ON - DAY) == path(world.province, world.north, world.cell_d)
    assert path_on(world.cell_d, MOVED_ON) == path(world.province, world.south, world.cell_d)
    assert Unit.objects.under(world.north, MOVED_ON - DAY).filter(code="D").exists()
    assert not Unit.objects.under(world.north, MOVED_ON).filter(code="D").exists()


def test_all_under_a_moved_unit_go_with_it(world):
    on = date(2023, 12, 1)
    move(unit=world.upland, to=world.south, on=on, decision="1-QĐ/TU", by=None, at=AT)
    assert path_on(world.cell_a, on - DAY) == path(world.province, world.north, world.upland, world.cell_a)
    assert path_on(world.cell_a, on) == path(world.province, world.south, world.upland, world.cell_a)
    world.cell_a.refresh_from_db()
    assert world.cell_a.path == path_on(world.cell_a, TODAY)
    assert ParentLink.objects.filter(unit=world.cell_a).count() == 1


def test_a_unit_moved_there_and_back_stood_where_it_stood(world):
    there, back = date(2023, 10, 1), date(2023, 11, 1)
    move(unit=world.cell_b, to=world.lowland, on=there, decision="", by=None, at=AT)
    move(unit=world.cell_b, to=world.upland, on=back, decision="", by=None, at=AT)
    home = path(world.province, world.north, world.upland, world.cell_b)
    assert [path_on(world.cell_b, day) for day in (there - DAY, back - DAY, back)] == [
        home,
        path(world.province, world.south, world.lowland, world.cell_b),
        home,
    ]
    assert Lineage.objects.filter(unit=world.cell_b).count() == 3


def test_moves_that_are_none_are_denied(world):
    def denied(unit, to, on, reason):
        with pytest.raises(Denied, match=reason):
            move(unit=unit, to=to, on=on, decision="", by=None, at=AT)

    denied(world.province, world.north, TODAY, "root")
    denied(world.cell_a, world.lowland, TODAY + DAY, "not later than today")
    denied(world.cell_d, world.north, MOVED_ON, "after the unit's last move")
    denied(world.cell_d, world.north, MOVED_ON - DAY, "after the unit's last move")
    denied(world.cell_a, world.north, TODAY, "kind")
    denied(world.north, world.upland, TODAY, "kind")
    denied(world.cell_a, world.cell_b, TODAY, "kind")
    denied(world.upland, world.upland, TODAY, "kind")


@action("tests.closed")
def close(*, unit, on, by, at):
    Unit.objects.filter(pk=unit.pk).update(closed_on=on)


@pytest.mark.parametrize("closed", ["cell_b", "lowland"])
def test_a_closed_unit_is_neither_moved_nor_moved_to(world, closed):
    close(unit=getattr(world, closed), on=date(2023, 6, 1), by=None, at=AT)
    with pytest.raises(Denied, match="open"):
        move(unit=world.cell_b, to=world.lowland, on=date(2023, 6, 1), decision="", by=None, at=AT)


def test_a_unit_that_closes_can_be_moved_until_then_but_nothing_to_it_that_stays_open(world):
    close(unit=world.cell_b, on=date(2023, 6, 1), by=None, at=AT)
    move(unit=world.cell_b, to=world.lowland, on=date(2023, 5, 31), decision="", by=None, at=AT)
    close(unit=world.upland, on=date(2023, 6, 1), by=None, at=AT)
    with pytest.raises(Denied, match="closes before"):
        move(unit=world.cell_c, to=world.upland, on=date(2023, 5, 31), decision="", by=None, at=AT)


# No two parents at once, whoever writes


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"from_on": date(2020, 1, 1), "prev_to": None, "to_on": date(2021, 1, 1)}, "parent_link_one_begin"),
        ({"from_on": MOVED_ON, "prev_to": MOVED_ON}, "parent_link_one_end"),
        ({"from_on": TODAY, "prev_to": TODAY}, "parent_link_one_end"),
        ({"from_on": MOVED_ON, "prev_to": MOVED_ON, "to_on": TODAY}, "parent_link_one_begin"),
        ({"from_on": date(2022, 1, 1), "prev_to": date(2022, 1, 1), "to_on": MOVED_ON}, "parent_link_one_end"),
        ({"from_on": date(2022, 1, 1), "prev_to": date(2022, 1, 1), "to_on": TODAY}, "parentlink_chain"),
        ({"from_on": date(2022, 1, 2), "prev_to": MOVED_ON, "to_on": TODAY}, "parent_link_no_gap|one_begin"),
        ({"from_on": TODAY, "prev_to": date(2022, 1, 1), "to_on": date(2025, 1, 1)}, "parent_link_no_gap"),
        ({"from_on": TODAY, "prev_to": TODAY, "to_on": TODAY}, "parent_link_some_day|one_end"),
    ],
)
def test_a_link_that_overlaps_or_leaves_a_gap_is_refused_by_the_database(world, fields, constraint):
    with pytest.raises(Error, match=constraint), transaction.atomic():
        link(unit=world.cell_d, parent=world.north, by=None, at=AT, **fields)


def test_a_unit_does_not_stand_under_itself(world):
    with pytest.raises(Error, match="parent_link_other"), transaction.atomic():
        link(unit=world.province, parent=world.province, from_on=EVER, by=None, at=AT)


@action("tests.corrected")
def correct(*, unit, was, on, by, at):
    """Say that a move took place on another day."""
    ParentLink.objects.filter(unit=unit, to_on=was).update(to_on=on)
    ParentLink.objects.filter(unit=unit, from_on=was).update(from_on=on, prev_to=on)
    connection.check_constraints()
    relineage([unit.pk])


@pytest.mark.parametrize("on", [date(2023, 1, 1), date(2023, 12, 31)])
def test_the_day_of_a_move_can_be_corrected(world, on):
    correct(unit=world.cell_d, was=MOVED_ON, on=on, by=None, at=AT)
    assert path_on(world.cell_d, on - DAY) == path(world.province, world.north, world.cell_d)
    assert path_on(world.cell_d, on) == path(world.province, world.south, world.cell_d)


@action("tests.inserted")
def insert(*, unit, parent, from_on, to_on, by, at):
    """Say that a unit stood elsewhere for a while within one of its links."""
    around = ParentLink.objects.get(holding(from_on), unit=unit)
    rest, around.to_on = around.to_on, from_on
    after = ParentLink.objects.filter(unit=unit, prev_to=rest) if rest else ParentLink.objects.none()
    assert after.count() <= 1
    around.save()
    ParentLink.objects.create(unit=unit, parent=around.parent, from_on=to_on, to_on=rest, prev_to=to_on)
    ParentLink.objects.create(unit=unit, parent=parent, from_on=from_on, to_on=to_on, prev_to=from_on)
    connection.check_constraints()
    relineage([unit.pk])


def test_a_row_can_be_put_into_the_middle_of_a_chain(world):
    begin, end = date(2022, 1, 1), date(2022, 6, 1)
    insert(unit=world.cell_d, parent=world.south, from_on=begin, to_on=end, by=None, at=AT)
    north, south = (path(world.province, district, world.cell_d) for district in (world.north, world.south))
    days = [begin - DAY, begin, end - DAY, end, MOVED_ON - DAY, MOVED_ON]
    assert [path_on(world.cell_d, day) for day in days] == [north, south, south, north, north, south]


def test_a_middle_row_can_not_just_vanish(world):
    begin, end = date(2022, 1, 1), date(2022, 6, 1)
    insert(unit=world.cell_d, parent=world.south, from_on=begin, to_on=end, by=None, at=AT)

    @action("tests.removed")
    def remove(*, by, at):
        ParentLink.objects.filter(unit=world.cell_d, from_on=begin).delete()
        connection.check_constraints()

    with pytest.raises(Error, match="parentlink_chain"), transaction.atomic():
        remove(by=None, at=AT)


# Paths, against a count by hand

BEGIN = date(2020, 1, 1)
offsets = st.lists(st.integers(1, 8), unique=True, max_size=3).map(sorted)


@st.composite
def forests(draw):
    """For each unit but the first: offsets of the days on which it moved, and its parents, all before it."""
    chains = []
    for n in range(1, draw(st.integers(2, 6))):
        moves = draw(offsets)
        chains.append((moves, [draw(st.integers(0, n - 1)) for _ in range(len(moves) + 1)]))
    return chains


def by_hand(chains, unit: int, offset: int) -> list[int]:
    """Indexes of the units from the root to one, as the tree stood an offset of days after its begin."""
    line = [unit]
    while line[0]:
        moves, parents = chains[line[0] - 1]
        line.insert(0, parents[sum(day <= offset for day in moves)])
    return line


@action("tests.planted")
def plant(*, units, chains, by, at):
    """Write the links of some chains in place of those there were."""
    ParentLink.objects.filter(unit__in=units).delete()
    for n, (moves, parents) in enumerate(chains, 1):
        days = [EVER, *(BEGIN + DAY * offset for offset in moves)]
        for begin, end, parent in zip(days, [*days[1:], None], parents, strict=True):
            ParentLink.objects.create(
                unit=units[n], parent=units[parent], from_on=begin, to_on=end, prev_to=begin if begin > EVER else None
            )
    connection.check_constraints()
    relineage([unit.pk for unit in units])


@action("tests.founded")
def make_units(*, count, by, at):
    return [Unit.objects.create(code=f"U{n}", name=f"U{n}", kind="cell", founded_on=BEGIN) for n in range(count)]


@pytest.mark.django_db
@settings(max_examples=25)
@given(forests(), forests())
def test_paths_are_those_counted_by_hand_also_after_everything_changed(before, after):
    after = after[: len(before)] + before[len(after) :]
    with transaction.atomic():
        units = make_units(count=len(before) + 1, by=None, at=AT)
        for chains in (before, after):
            plant(units=units, chains=chains, by=None, at=AT)
            for n, offset in product(range(len(units)), range(10)):
                line = [units[i] for i in by_hand(chains, n, offset)]
                assert path_on(units[n], BEGIN + DAY * offset) == path(*line)
            for n, unit in enumerate(units):
                unit.refresh_from_db()
                assert unit.path == path(*(units[i] for i in by_hand(chains, n, 100)))
        connection.check_constraints()
        transaction.set_rollback(True)
