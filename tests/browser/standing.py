"""What stands in the world of the browser beside what all tests share: something on every page there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from chibo.agendas import actions as agendas
from chibo.core.actions import action
from chibo.guidance import actions as guidance
from chibo.guidance.models import SupportPlan
from chibo.meetings import actions as meetings
from chibo.members.models import Membership, Person
from chibo.modes import actions as modes
from chibo.modes.queries import counted_on
from chibo.resolutions import actions as minutes
from chibo.restructurings import drafting
from chibo.restructurings.models import Restructuring
from chibo.scoring import actions as scoring
from chibo.scoring.models import SheetVersion
from tests.agendas.saying import content as notice
from tests.meetings.judging import by_sheet, give_back
from tests.resolutions.saying import issue, lock, save, task
from tests.world import AT, TODAY, World

OTHER = UUID("1a9c3c1e-5f0e-4d27-8a39-0d6f0c7f4b23")
UID = UUID("1a9c3c1e-5f0e-4d27-8a39-0d6f0c7f4b22")


def stand(world: World) -> dict[str, Any]:
    """A draft, a support plan, a notice, a meeting whose score waits, its minutes, a resolution and its task."""
    _official(codes=["M1", "M2"], by=None, at=AT)
    people = {each.code: each for each in Person.objects.filter(code__in=["M1", "M2", "M3"])}
    marks = {people["M1"].pk: ("present", ""), people["M2"].pk: ("present", ""), people["M3"].pk: ("absent", "")}
    thematic = {"kind": "thematic", "held_on": date(2023, 8, 21), "month": date(2023, 8, 1), "topic": "Học tập"}
    said = replace(by_sheet(), attendance=marks, scored_on=date(2023, 8, 21), **thematic)
    held = meetings.record(unit=world.cell_a, uid=UID, content=said, by=world.ana, at=AT)
    back = thematic | {"held_on": date(2023, 7, 21), "month": date(2023, 7, 1)}
    other = replace(by_sheet(), attendance=marks, scored_on=date(2023, 7, 21), **back)
    returned = meetings.record(unit=world.cell_a, uid=OTHER, content=other, by=world.ana, at=AT)
    give_back(returned, world.chi)
    sheet = SheetVersion.objects.get(code="hundred", number=1)
    scoring.draft(
        code="hundred", name=sheet.name, basis=sheet.basis, told=sheet.definition, by=world.eva, at=AT
    )  # fmt: skip
    begun = minutes.begin(meeting=held, chair=people["M1"], secretary=people["M2"], by=world.ana, at=AT)
    save(begun, by=world.ana)
    lock(world, begun)
    issued = issue(held, world.ana, task(people["M2"], what="Trồng cây đầu xuân", due_on=date(2024, 2, 28)))
    return {
        "drafted": _drafted(world),
        "plan": guidance.name_weak(
            plan=SupportPlan(
                unit=world.upland, cell=world.cell_b, why="Bỏ họp 9 tháng", measures="Cử tổ công tác", who="Tổ 1",
                until=date(2024, 6, 30),
            ),
            by=world.chi, at=AT,
        ),
        "notice": agendas.save(
            unit=world.cell_a, uid=UID, seen=0, give=True, by=world.ana, at=AT,
            content=notice(kind="extraordinary", month=date(2024, 2, 1), on=date(2024, 2, 20)),
        ),
        "scored": held,
        "returned": returned,
        "asked": modes.ask(
            unit=world.cell_b, ground="dispersed", why="Đi làm xa", by=None, at=AT, from_on=TODAY,
            to_on=date(2024, 4, 1), people=[each.pk for each in counted_on(world.cell_b, TODAY)],
        ),
        "resolution": issued,
        "task": issued.tasks.get(),
    }  # fmt: skip


@action("tests.made_official_there")
def _official(*, codes: list[str], by: Any, at: Any) -> None:
    """An and Bền vote at the meetings of their cell."""
    Membership.objects.filter(person__code__in=codes).update(official_on=date(2020, 2, 3))


def _drafted(world: World) -> Restructuring:
    begun = drafting.begin_here(
        name="Sắp xếp các chi bộ", unit=world.north, on=TODAY, decision="3-NQ/HU", language="en", by=world.chi, at=AT
    )
    rows = [
        {"act": "merge", "unit_code": "A", "into_code": "B"},
        {"act": "rename", "unit_code": "T-N-1", "name": "Đảng ủy xã Lâm Thượng"},
    ]
    drafting.add(restructuring=begun, rows=rows, by=world.chi, at=AT)
    return begun
