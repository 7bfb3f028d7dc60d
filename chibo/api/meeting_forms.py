"""A meeting as it is told and as it is sent: what each part holds, and what it says as a `Content`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from chibo.api.paging import Id, Page
from chibo.api.point_forms import PointsIn, points_in
from chibo.api.problems import Refused
from chibo.api.texts import Code, Line, Lines, MonthText, OurDay, period_in
from chibo.core.periods import Period
from chibo.meetings.content import Content
from chibo.meetings.lookup import Lookup
from chibo.meetings.models import Kind, Meeting, Mode, Scorer, State
from chibo.meetings.queries import Attendee

MOST = 5000  # marks of a meeting


class MarkOut(Schema):
    """Someone was marked at a meeting."""

    member: int
    member_code: str
    state: State
    reason: str = Field(description="Why excused.")
    spoke: bool


class ScoreOut(Schema):
    """The points of a meeting, out of 100, by the cell itself or by the committee above."""

    by: Scorer
    on: date
    groups: list[float]
    total: float
    band: str = Field(description="By the sheet it was given by; empty where it follows from the points.")


class MeetingOut(Schema):
    """A meeting as it is recorded."""

    id: int
    code: str
    unit: int
    kind: Kind
    held_on: date
    period: str = Field(description="The month it belongs to.")
    topic: str
    mode: str
    duration_min: float | None
    conclusions: str
    version: int = Field(description="Grows with every correction.")
    withdrawn: bool = Field(description="It counts no more.")
    attendance: list[MarkOut]
    scores: list[ScoreOut]


class Meetings(Page):
    """A page of meetings."""

    items: list[MeetingOut]


class MarkIn(Schema):
    """Someone was present, excused or absent."""

    member: Code = Field(description="The member's code.")
    state: State
    reason: Line = Field("", description="Why excused; needed of who is.")

    model_config = {"extra": "forbid"}


class _Said(Schema):
    """What a meeting was."""

    kind: Kind
    held_on: OurDay
    period: MonthText = Field(description="The month it belongs to: 2024-01.")
    topic: Line = ""
    mode: Mode | Literal[""] = ""
    duration_min: Annotated[Decimal, Field(gt=0, le=1440, max_digits=6, decimal_places=2)] | None = None
    conclusions: Lines = ""
    attendance: list[MarkIn] = Field(max_length=MOST)
    another: bool = Field(False, description="True if two regular meetings of the month were held.")

    score: PointsIn | None = Field(None, description="The cell's own points; without them a correction leaves them.")

    model_config = {"extra": "forbid"}


class MeetingIn(_Said):
    """A meeting that was held, of a cell."""

    unit: Id = Field(description="The id of the cell.")


class CorrectionIn(_Said):
    """What a meeting was, said anew; and why."""

    reason: Code = Field(description="What was wrong.")


def told(meeting: Meeting) -> MeetingOut:
    """A meeting as it is told; attendance by the members' codes."""
    marks = sorted(meeting.attendance.all(), key=lambda each: each.person_id)
    scores = sorted(meeting.scores.all(), key=lambda each: each.scored_by)
    return MeetingOut(
        id=meeting.pk,
        code=meeting.code,
        unit=meeting.unit_id,
        kind=Kind(meeting.kind),
        held_on=meeting.held_on,
        period=str(Period.month_of(meeting.month)),
        topic=meeting.topic,
        mode=meeting.mode,
        duration_min=None if meeting.duration_min is None else float(meeting.duration_min),
        conclusions=meeting.conclusions,
        version=meeting.version,
        withdrawn=getattr(meeting, "withdrawal", None) is not None,
        attendance=[
            MarkOut(
                member=each.person_id,
                member_code=each.person.code,
                state=State(each.state),
                reason=each.reason,
                spoke=each.spoke,
            )
            for each in marks
        ],
        scores=[
            ScoreOut(
                by=Scorer(each.scored_by),
                on=each.scored_on,
                groups=[float(getattr(each, f"c{n}")) for n in range(1, 9)],
                total=float(each.total),
                band=each.band,
            )
            for each in scores
        ],
    )


def content_in(said: _Said, lookup: Lookup, before: Content | None = None) -> Content:
    """What a meeting says as it was sent; what is not told of it stays as it was before."""
    roll = lookup.roll(said.held_on, said.kind)
    attendance = _marks(said, roll, before)
    if said.mode == Mode.BY_GROUP and not any(each.group for each in roll):
        raise Refused(422, faults=[("body.mode", _("This cell has no Party groups."))])
    facts = {
        "kind": str(said.kind),
        "held_on": said.held_on,
        "month": period_in(said.period).first_day,
        "topic": said.topic,
        "mode": str(said.mode),
        "duration_min": said.duration_min,
        "conclusions": said.conclusions,
        "attendance": attendance,
    }
    if before is not None:
        facts |= {name: getattr(before, name) for name in ("points", "scored_on", "sheet", "answers", "course")}
    if said.score is not None:
        facts |= points_in(said.score, said.held_on)
    return Content(**facts)  # type: ignore[arg-type]


def _marks(said: _Said, roll: list[Attendee], before: Content | None) -> dict[int, tuple[str, str]]:
    """The marks by person; refused where someone is marked twice, belongs elsewhere, or is not marked who must be."""
    known = {each.code: each for each in roll}
    marks: dict[int, tuple[str, str]] = {}
    faults = []
    for n, mark in enumerate(said.attendance):
        who, where = known.get(mark.member), f"body.attendance.{n}"
        if who is None:
            faults.append((f"{where}.member", _("No member of the cell on that day has this code.")))
        elif who.person in marks:
            faults.append((f"{where}.member", _("This member is marked twice.")))
        elif mark.state == State.EXCUSED and not mark.reason:
            faults.append((f"{where}.reason", _("Say why they are excused.")))
        else:
            marks[who.person] = (str(mark.state), mark.reason if mark.state == State.EXCUSED else "")
    left = [
        each.code for each in roll
        if each.must and each.person not in marks and (before is None or each.person in before.attendance)
    ]  # fmt: skip
    if left and not faults:
        faults = [("body.attendance", _("Not marked: %(codes)s") % {"codes": ", ".join(left[:50])})]
    if faults:
        raise Refused(422, faults=faults)
    return marks
