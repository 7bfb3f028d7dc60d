"""Acts on units: previewed, done whole, taken back as if they had never been."""

from datetime import date, timedelta

import pytest
from django.db import connection

from chibo.core.actions import Denied
from chibo.members.models import Stay
from chibo.organizations import acts
from chibo.organizations.models import Act, ActRow, Lineage, Unit, UnitName
from tests.organizations.acting import do, preview, records, reverse
from tests.world import AT, TODAY

DAY = timedelta(days=1)
ON = date(2024, 1, 8)


def path(*units):
    return "".join(f"{unit.pk}/" for unit in units)


def fresh(unit):
    return Unit.objects.get(pk=unit.pk)


def people_of(cell):
    stays = Stay.objects.filter(cell=cell, to_on=None)
    return set(stays.values_list("membership__person__code", flat=True))


def names(unit):
    return list(UnitName.objects.filter(unit=unit).order_by("from_on").values_list("name", "from_on", "to_on"))


ACTS = {
    "found": {"code": "N", "name": "Chi bộ thôn 3", "kind": "cell", "setting": "village", "parent": "T-N-1"},
    "rename": {"unit": "A", "name": "Chi bộ thôn Một"},
    "move": {"unit": "A", "to": "T-S-1"},
    "merge": {"units": ["A"], "into": "B"},
    "dissolve": {"unit": "A", "members_to": "B"},
}


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_does_what_its_preview_shows_and_reversed_leaves_nothing(world, kind):
    before = records()
    plan = preview(kind, ON, **ACTS[kind])
    assert not plan.reasons
    act = do(kind, ON, **ACTS[kind])
    connection.check_constraints()
    assert act.status == Act.Status.DONE
    assert ActRow.objects.filter(act=act).count() == len(plan.changes) > 0
    assert records() != before
    reverse(act)
    connection.check_constraints()
    assert records() == before


def test_cells_that_merge_bring_their_members(world):
    act = do("merge", ON, units=["A"], into="B")
    assert fresh(world.cell_a).closed_on == ON
    assert fresh(world.cell_a).path == path(world.province, world.north, world.upland, world.cell_b, world.cell_a)
    assert Lineage.objects.filter(unit=world.cell_a).count() == 2
    assert people_of(world.cell_b) == {"M1", "M2", "M3", "M4"}
    assert [(part.part, part.code) for part in act.parts.order_by("part")] == [("from", "A"), ("into", "B")]


def test_committees_that_merge_bring_their_cells_and_their_people_stay_where_they_are(world):
    do("merge", ON, units=["T-N-1"], into="T-S-1")
    assert fresh(world.upland).closed_on == ON
    assert fresh(world.cell_a).path == path(world.province, world.south, world.lowland, world.cell_a)
    assert Stay.objects.filter(cell=world.cell_a, to_on=None).count() == 3


def test_a_new_name_holds_from_its_day_and_the_old_one_is_kept(world):
    do("rename", ON, unit="A", name="Chi bộ thôn Một")
    assert [row[0] for row in names(world.cell_a)] == ["Chi bộ thôn 1 Thượng Lâm", "Chi bộ thôn Một"]
    assert fresh(world.cell_a).name == "Chi bộ thôn Một"


def test_what_changed_since_stands_in_the_way(world):
    act = do("merge", ON, units=["A"], into="B")
    do("rename", TODAY, unit="B", name="Chi bộ thôn Mười")
    do("move", TODAY, unit="B", to="T-S-1")
    reverse(act)  # nothing of it was touched
    act = do("merge", ON, units=["A"], into="C")
    later = do("merge", TODAY, units=["C"], into="B")
    with pytest.raises(Denied, match="Transfers since"):
        reverse(act)
    reverse(later)
    reverse(act)


def test_a_preview_that_no_longer_holds_is_not_done(world):
    plan = preview("merge", ON, units=["A"], into="B")
    do("merge", ON, units=["C"], into="A")
    with pytest.raises(Denied, match="meanwhile"):
        acts.do(asked=plan.asked, seal=plan.seal, by=None, at=AT)
