"""Acts on units: previewed, done whole, taken back as if they had never been."""

from datetime import date, timedelta

import pytest
from django.db import connection

from chibo.core.actions import Denied
from chibo.core.spans import EVER
from chibo.core.wording import shown
from chibo.members.models import Stay
from chibo.organizations import acts, standing
from chibo.organizations.models import Act, ActRow, Lineage, Unit, UnitName
from chibo.portal.records import later_acts
from tests.organizations.acting import do, on, preview, records, reverse
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
    "change_kind": {"unit": "D", "kind": "grassroots_committee", "cells": [
        {"code": "D1", "name": "Chi bộ 1", "members": ["M8"]}, {"code": "D2", "name": "Chi bộ 2"}]},
    "split": {"unit": "A", "closes": True, "parts": [
        {"code": "A1", "name": "Chi bộ thôn 1a"}, {"code": "A2", "name": "Chi bộ thôn 1b", "members": ["M2"]}]},
}  # fmt: skip


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


def test_a_closed_unit_opens_again_and_what_was_between_stays(world):
    do("merge", ON, units=["A"], into="B")
    before = records()
    act = do("reopen", TODAY, unit="A", to="T-S-1", members=["M1", "M3"])
    connection.check_constraints()
    unit = fresh(world.cell_a)
    assert unit.closed_on is None
    assert unit.path == path(world.province, world.south, world.lowland, world.cell_a)
    assert [(span.kind, span.from_on) for span in unit.kinds.order_by("from_on")] == [
        ("cell", EVER), ("", ON), ("cell", TODAY),
    ]  # fmt: skip
    assert [Unit.objects.open_on(day).filter(code="A").exists() for day in (ON - DAY, ON, TODAY - DAY, TODAY)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert people_of(unit) == {"M1", "M3"}
    reverse(act)
    assert records() == before


def test_a_cell_that_is_split_and_goes_on_keeps_those_not_named(world):
    before = records()
    act = do("split", ON, unit="A", parts=[{"code": "A1", "name": "Chi bộ thôn 1a", "members": ["M2"]}])
    assert people_of(world.cell_a) == {"M1", "M3"}
    assert people_of(Unit.objects.get(code="A1")) == {"M2"}
    reverse(act)
    assert records() == before


def test_a_committee_is_split_with_its_cells(world):
    do("split", ON, unit="T-N-1", closes=True, parts=[
        {"code": "X", "name": "Đảng ủy xã Thượng Lâm Một", "setting": "commune"},
        {"code": "Y", "name": "Đảng ủy xã Thượng Lâm Hai", "units": ["B"]},
    ])  # fmt: skip
    one, two = (Unit.objects.get(code=code) for code in "XY")
    assert fresh(world.cell_a).path == path(world.province, world.north, one, world.cell_a)
    assert fresh(world.cell_b).path == path(world.province, world.north, two, world.cell_b)
    assert fresh(world.upland).path == path(world.province, world.north, world.upland)


def test_a_cell_that_becomes_a_committee_was_a_cell_until_then(world):
    do("change_kind", ON, **ACTS["change_kind"])
    unit = fresh(world.cell_d)
    assert unit.kind == "grassroots_committee"
    assert [(span.kind, span.from_on) for span in unit.kinds.order_by("from_on")] == [
        ("grassroots_cell", EVER), ("grassroots_committee", ON),
    ]  # fmt: skip
    assert people_of(Unit.objects.get(code="D1")) == {"M8"}


def test_an_act_of_a_day_to_come_is_done_on_its_day_or_says_why_not(world):
    before = records()
    other = do("rename", TODAY + 2 * DAY, unit="A", name="Chi bộ cũ")
    act = do("merge", TODAY + DAY, units=["A"], into="B")
    with pytest.raises(Denied, match="is not open"):
        do("rename", TODAY + 3 * DAY, unit="A", name="Chi bộ cũ hơn")
    assert act.status == other.status == "planned"
    acts.do_due(at=AT)
    assert records() == before
    done = acts.do_due(at=on(TODAY + 3 * DAY))
    assert [(each.pk, each.status) for each in done] == [(act.pk, "done"), (other.pk, "failed")]
    assert "is not open" in shown(Act.objects.get(pk=other.pk).reasons[0]["text"])
    for each in done:
        reverse(each, at=on(TODAY + 3 * DAY))
    assert records() == before
    assert acts.do_due(at=on(TODAY + 9 * DAY)) == []


def test_what_was_done_last_is_taken_back_first_also_where_it_was_kept_for_its_day(world):
    before, later = records(), on(TODAY + 3 * DAY)
    kept = do("rename", TODAY + 3 * DAY, unit="A", name="Chi bộ thôn Thượng")
    early = do("rename", TODAY + 2 * DAY, unit="A", name="Chi bộ thôn Trung")
    done = do("rename", ON, unit="A", name="Chi bộ thôn Hạ")
    assert [each.pk for each in acts.do_due(at=later)] == [early.pk, kept.pk]  # at one and the same moment
    for act in (done, early):
        (matter,) = standing.in_the_way([act], TODAY + 3 * DAY)[-1:]
        assert matter.todo == "Take back the later acts on them first."
        assert later_acts(act, [matter])[-1] == (early if act == done else kept)
    assert standing.in_the_way([kept], TODAY + 3 * DAY) == []
    acts.reverse_all(acts=[kept, early, done], by=None, at=later)
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
    with pytest.raises(Denied, match="changed since"):
        reverse(act)
    reverse(later)
    reverse(act)


def test_a_preview_that_no_longer_holds_is_not_done(world):
    plan = preview("merge", ON, units=["A"], into="B")
    do("merge", ON, units=["C"], into="A")
    with pytest.raises(Denied, match="meanwhile"):
        acts.do(asked=plan.asked, seal=plan.seal, by=None, at=AT)


NONSENSE = {
    "found": {"code": "\0", "name": "x" * 501, "kind": "?", "parent": 7},
    "rename": {"unit": "A", "name": "a\u202eb"},
    "change_kind": {"unit": "D", "kind": None, "cells": [{}]},
    "move": {"unit": "\0"},
    "merge": {"units": ["A", "\0"], "into": None, "new": None},
    "split": {"unit": "A", "parts": [{"code": "x", "name": "y", "kind": "cell", "members": ["\0", "?"]}]},
    "dissolve": {},
    "reopen": {"unit": "A" * 600},
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_told_as_a_matter(world, kind):
    assert preview(kind, ON, **NONSENSE[kind]).reasons
    assert preview(kind, date(1, 1, 1), **NONSENSE[kind]).reasons
    assert preview(kind, ON, decision="x" * 501, **NONSENSE[kind]).reasons
