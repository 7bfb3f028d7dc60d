"""Names and kinds of units hold one after the other without gap or overlap, whoever writes."""

from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction

from chibo.core.actions import action
from chibo.core.spans import EVER, holding
from chibo.organizations.models import Unit, UnitKind, UnitName
from tests.organizations.test_two_at_once import meanwhile
from tests.world import AT, TODAY

DAY = timedelta(days=1)
BEGIN, END = date(2022, 1, 1), date(2022, 6, 1)
CHAINS = ["name", "kind"]


def chain(of, world):
    """A model, the rows of one chain of it, and how to make another row of that chain."""
    return (UnitName, {"unit": world.cell_a}, {"name": "Tên"}) if of == "name" else (
        UnitKind, {"unit": world.cell_a}, {"kind": "grassroots_cell"},
    )  # fmt: skip


@action("tests.spanned")
def write(*, model, rows=(), ends=None, change=None, gone=None, of=None, by, at):
    """Rows of a chain written past every check but the database's own."""
    chain_rows = model.objects.filter(**of)
    if ends is not None:
        chain_rows.filter(to_on=None).update(to_on=ends)
    if change is not None:
        was, on = change
        chain_rows.filter(to_on=was).update(to_on=on)
        chain_rows.filter(from_on=was).update(from_on=on, prev_to=on)
    if gone is not None:
        chain_rows.filter(from_on=gone).delete()
    for row in rows:
        model.objects.create(**of, **row)
    connection.check_constraints()


def held(model, of, day):
    return model.objects.get(holding(day), **of)


@pytest.mark.parametrize("of", CHAINS)
def test_a_row_goes_into_the_middle_and_its_day_can_be_corrected(world, of):
    model, of, said = chain(of, world)
    first = {f: getattr(held(model, of, TODAY), f) for f in said}
    rows = [
        {"from_on": END, "prev_to": END, **first},
        {"from_on": BEGIN, "to_on": END, "prev_to": BEGIN, **said},
    ]  # fmt: skip
    write(model=model, of=of, ends=BEGIN, rows=rows, by=None, at=AT)
    seen = [[getattr(held(model, of, day), f) for f in said] for day in (EVER, BEGIN - DAY, BEGIN, END - DAY, END)]
    assert seen == [[*first.values()], [*first.values()], [*said.values()], [*said.values()], [*first.values()]]
    write(model=model, of=of, change=(END, END + DAY), by=None, at=AT)
    assert [getattr(held(model, of, END), f) for f in said] == [*said.values()]


@pytest.mark.parametrize("of", CHAINS)
def test_what_overlaps_or_leaves_a_gap_is_refused_by_the_database(world, of):
    model, of, said = chain(of, world)
    for change, rows in [
        ({}, [{"from_on": BEGIN, "prev_to": BEGIN}]),  # two that hold still
        ({}, [{"from_on": EVER, "prev_to": None, "to_on": BEGIN}]),  # two that begin it
        ({"ends": BEGIN}, [{"from_on": END, "prev_to": END}]),  # a gap
        ({"ends": END}, [{"from_on": BEGIN, "prev_to": END}]),  # an overlap
        ({"ends": BEGIN}, [{"from_on": BEGIN, "prev_to": BEGIN, "to_on": BEGIN}]),  # no day at all
        ({"change": (None, EVER)}, []),
    ]:
        with pytest.raises(Error), transaction.atomic():
            write(model=model, of=of, rows=[row | said for row in rows], by=None, at=AT, **change)
    assert model.objects.filter(**of).count() == 1


@pytest.mark.parametrize("of", CHAINS)
def test_a_middle_row_can_not_just_vanish(world, of):
    model, of, said = chain(of, world)
    rows = [{"from_on": END, "prev_to": END}, {"from_on": BEGIN, "to_on": END, "prev_to": BEGIN}]
    write(model=model, of=of, ends=BEGIN, rows=[row | said for row in rows], by=None, at=AT)
    with pytest.raises(Error, match="_chain"), transaction.atomic():
        write(model=model, of=of, gone=BEGIN, by=None, at=AT)


@pytest.mark.parametrize("of", CHAINS)
def test_of_two_who_go_on_with_one_chain_at_once_one_is_refused(committed_world, of):
    model, of, said = chain(of, committed_world)
    given = {"model": model, "of": of, "by": None, "at": AT}
    on = {"ends": BEGIN, "rows": [{"from_on": BEGIN, "prev_to": BEGIN, **said}]}
    later = {"ends": END, "rows": [{"from_on": END, "prev_to": END, **said}]}
    assert isinstance(meanwhile(write, given | on, given | later), Error)
    assert model.objects.filter(**of).count() == 2


# The unit and the spans that hold still say the same


def test_a_new_unit_has_its_first_name_and_kind_and_a_corrected_one_corrects_them(world):
    unit = world.cell_a
    assert [(s.name, s.from_on, s.to_on) for s in unit.names.order_by("from_on")] == [(unit.name, EVER, None)]

    @action("tests.renamed")
    def correct(*, by, at):
        Unit.objects.filter(pk=unit.pk).update(name="Chi bộ thôn Nhất", kind="grassroots_cell")

    correct(by=None, at=AT)
    assert [s.name for s in unit.names.order_by("from_on")] == ["Chi bộ thôn Nhất"]
    assert [s.kind for s in unit.kinds.order_by("from_on")] == ["grassroots_cell"]
