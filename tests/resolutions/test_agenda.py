"""Tasks go on: into the agenda of the next meeting, and into what a cell that closes leaves to settle."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.agendas.policies import ITEMS
from chibo.agendas.prefilling import proposed
from chibo.resolutions import agenda, resolving
from chibo.resolutions.models import Task
from tests.organizations.acting import preview
from tests.resolutions.saying import issue, task
from tests.world import AT, TODAY

FEBRUARY = date(2024, 2, 1)


def items(world, kind="regular"):
    return [row.text for row in proposed(world.cell_a, kind, FEBRUARY, TODAY, []).content.items]


def test_the_next_agenda_begins_with_what_became_of_the_tasks(world, held, an, ben_person):
    issue(
        held, world.ana, task(an, what="Nạo vét mương"), task(ben_person, what="Sửa nhà văn hóa"),
        task(an, what="Trồng cây", due_on=date(2024, 3, 1)), task(an, what="Bỏ đi"),
    )  # fmt: skip
    resolving.say_done(task=Task.objects.get(what="Sửa nhà văn hóa"), note="Xong", by=world.ben, at=AT)
    resolving.drop(task=Task.objects.get(what="Bỏ đi"), note="Thôi", by=world.ana, at=AT)
    report = items(world).index("What became of last month's resolution")
    assert items(world)[report + 1 : report + 3] == [
        "Tasks of earlier resolutions that are due: 2, done: 1",
        "Not done yet: Nạo vét mương (resolution 01-NQ/CB, due 30 September 2023)",
    ]
    assert not any("Trồng cây" in text or "Bỏ đi" in text for text in items(world))
    assert any("Nạo vét mương" in text for text in items(world, "committee"))
    assert not any("Nạo vét mương" in text for text in items(world, "thematic"))


def test_of_many_tasks_some_are_named_and_all_counted_in_one_query(world, held, an):
    issue(held, world.ana, *(task(an, what=f"Việc {n}") for n in range(agenda.NAMED + 2)))
    with CaptureQueriesContext(connection) as asked:
        rows = agenda.tasks_due(world.cell_a, "regular", FEBRUARY, FEBRUARY)
    assert len(asked) == 1
    assert (len(rows), rows[-1].text) == (agenda.NAMED + 2, "Not done yet: 2 more tasks")
    assert len(items(world)) <= ITEMS
    assert agenda.tasks_due(world.cell_b, "regular", FEBRUARY, FEBRUARY) == []


def test_what_a_cell_that_closes_has_not_done_is_left_to_settle(world, held, an):
    issued = issue(held, world.ana, task(an), task(an, what="Trồng cây"))
    assert issued.code == "01-NQ/CB"
    resolving.drop(task=Task.objects.get(what="Trồng cây"), note="Thôi", by=world.ana, at=AT)
    plan = preview("merge", date(2024, 1, 20), units=["A"], into="B")
    told = {matter.code: matter for matter in plan.matters}["tasks"]
    assert (told.count, told.blocks) == (1, False)
    assert told.records == ("Chi bộ thôn 1 Thượng Lâm, 01-NQ/CB: Nạo vét mương, 30 September 2023",)
    other = preview("merge", date(2024, 1, 20), units=["B"], into="A")
    assert "tasks" not in {matter.code for matter in other.matters}
