"""Acts on minutes and resolutions as tests put them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

from chibo.agendas.models import Notice
from chibo.core.actions import action
from chibo.meetings import actions as meetings
from chibo.meetings.course import Course, Duty, Line, Visitor
from chibo.meetings.models import Meeting
from chibo.members.models import Person
from chibo.resolutions import actions, resolving
from chibo.resolutions.models import Minutes, Part, Resolution, Revision
from tests.meetings.saying import content
from tests.world import AT, World

BODY = "<h2>Thảo luận</h2><p>Đồng chí Bền nêu ý kiến về <strong>thủy lợi</strong>.</p>"


@action("tests.told")
def tell(*, meeting, by, at):
    """The notice of a meeting told its hour and place, and it took an hour and a half."""
    Notice.objects.create(
        unit=meeting.unit, kind=meeting.kind, month=meeting.month, on=meeting.held_on, mode="in_person", status="given",
        at_time=time(19, 30), place="Nhà văn hóa thôn 1", given_at=at, given_on=meeting.held_on, prepared_at=at,
    )  # fmt: skip
    meeting.duration_min = Decimal(90)
    meeting.save()


def newest(minutes: Minutes) -> Revision:
    return minutes.revisions.order_by("-number")[0]


def save(minutes: Minutes, html: str = BODY, **more: Any) -> Revision:
    minutes = Minutes.objects.get(pk=minutes.pk)
    given = {"seen": newest(minutes).number, "chair": minutes.chair, "secretary": minutes.secretary, "at": AT} | more
    return actions.save(minutes=minutes, html=html, **given)


def lock(world: World, minutes: Minutes) -> Revision:
    """The meeting adopts the newest text, and both sign."""
    now = newest(minutes)
    if not now.reason:
        actions.adopt(
            minutes=minutes, seen=now.number, votes_for=2, votes_against=0, by_hands=True, leaves_open=True,
            by=world.ana, at=AT,
        )  # fmt: skip
    for part, by in ((Part.CHAIR, world.ana), (Part.SECRETARY, world.ben)):
        actions.sign(minutes=minutes, seen=now.number, part=part, leaves_open=True, by=by, at=AT)
    return now


def task(*people: Person, what: str = "Nạo vét mương", due_on: date = date(2023, 9, 30), **more: Any) -> Any:
    return resolving.Given(what=what, measure="200 m", due_on=due_on, people=people, **more)


def issue(meeting: Meeting, by: Any, *tasks: Any, **more: Any) -> Resolution:
    said: dict[str, Any] = {
        "title": "Về nhiệm vụ tháng 9", "html": "<p>Làm thủy lợi.</p>", "votes_for": 2, "votes_against": 0,
        "after": meeting.resolutions.count(), "at": AT,
    } | more  # fmt: skip
    return resolving.issue(meeting=meeting, tasks=tasks, by=by, **said)


def with_course(world: World) -> Meeting:
    """December's meeting of cell A, with items, votes, who spoke, guests and tasks."""
    an = Person.objects.get(code="M1").pk
    said = Course(
        items=(
            Line(text="Kết quả tháng trước", kind="report", outcome="Đạt 9 trên 10 việc"),
            Line(text="Văn bản mới", kind="report", is_done=False),
            Line(
                text="Kết luận", kind="vote", code="conclusion", how="hands",
                votes_for=0, votes_against=0, votes_other=0,
            ),
        ),
        speakers=frozenset({an}),
        guests=(Visitor(person=Person.objects.get(code="M4").pk), Visitor(name="Lò Văn Khách", what="Trưởng thôn")),
        tasks=(Duty(what="Nạo vét mương", due_on=date(2024, 1, 31), person=an),
               Duty(what="Báo cáo", due_on=date(2024, 1, 31))),
    )  # fmt: skip
    return meetings.record(
        unit=world.cell_a, uid=uuid4(), content=content(course=said, conclusions="Làm thủy lợi."), by=world.ana, at=AT
    )
