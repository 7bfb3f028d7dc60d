"""A restructuring is many acts at once: each on what those before it leave, written whole, at a price per table."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import Denied
from chibo.organizations import acts
from chibo.organizations.models import Act, Lineage, Unit
from chibo.organizations.overlay import Tree
from chibo.organizations.planning import plan_all
from tests.organizations.acting import asked, records
from tests.world import AT, TODAY

ON = date(2024, 1, 1)


REFORM = [  # the level of districts goes: their units stand under the province, communes merge, cells with them
    asked("move", ON, unit="T-N-1", to="T"),
    asked("move", ON, unit="T-S-1", to="T"),
    asked("move", ON, unit="D", to="T"),
    asked("dissolve", ON, unit="T-N"),
    asked("dissolve", ON, unit="T-S"),
    asked("merge", ON, units=["T-N-1", "T-S-1"], new={
        "code": "T-1", "name": "Đảng ủy xã Lâm", "kind": "grassroots_committee", "parent": "T", "setting": "commune"}),
    asked("rename", ON, unit="A", name="Chi bộ thôn 1 xã Lâm"),
]  # fmt: skip


def test_a_level_of_the_tree_is_abolished_in_one_go_and_given_back(world):
    before = records()
    plans = plan_all(REFORM, Tree(TODAY))
    assert not [reason for plan in plans for reason in plan.reasons]
    done = acts.do_all(asked=REFORM, by=None, at=AT)
    connection.check_constraints()
    new = Unit.objects.get(code="T-1")
    assert new.path == f"{world.province.pk}/{new.pk}/"
    for cell in (world.cell_a, world.cell_b, world.cell_c):
        cell.refresh_from_db()
        assert cell.path == f"{new.path}{cell.pk}/"
    assert {unit.code for unit in Unit.objects.open_on(TODAY)} == {"T", "T-1", "A", "B", "C", "D"}
    assert len({act.context for act in done}) == 1
    with pytest.raises(Denied):
        acts.reverse(act=done[0], by=None, at=AT)
    acts.reverse_all(acts=done, by=None, at=AT)
    connection.check_constraints()
    assert records() == before


def test_the_first_act_that_can_not_be_done_is_named_and_none_is_done(world):
    before = records()
    with pytest.raises(Denied, match="Act 3: "):
        acts.do_all(asked=[*REFORM[:2], asked("dissolve", ON, unit="T-S"), *REFORM[2:]], by=None, at=AT)
    assert records() == before
    assert not Act.objects.filter(on=ON).exists()


def test_the_price_of_many_acts_is_that_of_tables_not_of_acts(world):
    counts = []
    for count, mark in ((2, "T-N-1"), (60, "T-S-1")):
        few = [
            asked("found", ON, code=f"{mark}{n}", name=f"Chi bộ {n}", kind="cell", parent=mark) for n in range(count)
        ]
        few += [asked("rename", ON, unit=f"{mark}{n}", name=f"Tên {n}") for n in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as asked_of:
            acts.do_all(asked=few, by=None, at=AT)
        counts.append(len(asked_of))
    assert counts[1] <= counts[0] + 3
    assert Lineage.objects.filter(unit__code__startswith="T-S-1").count() == 61
