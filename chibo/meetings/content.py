"""What a meeting says, as a value: the same typed, recorded and remembered, so that two can be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from chibo.meetings.course import Course, course_of, rows_of
from chibo.meetings.models import MAXIMA, Attendance, Meeting, Scorer, State

GROUPS = (  # of the 100-point sheet, in the order of their maxima
    _("Duration"),
    _("Attendance"),
    _("Preparation"),
    _("Conduct"),
    _("Chairing"),
    _("Party principles"),
    _("Result of last month's resolution"),
    _("Closing"),
)
BANDS = ((90, "good", _("Good")), (70, "fair", _("Fair")), (50, "average", _("Average")), (0, "poor", _("Poor")))
NOTHING_SAID = Course()


def band_of(total: Decimal) -> tuple[str, Any]:
    """The band of a total: its code and its word."""
    return next((code, word) for least, code, word in BANDS if total >= least)


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything a cell says of a meeting it held."""

    kind: str
    held_on: date
    month: date
    topic: str = ""
    mode: str = ""
    duration_min: Decimal | None = None
    conclusions: str = ""
    attendance: dict[int, tuple[str, str]] = field(default_factory=dict)  # person: state, why excused
    points: tuple[Decimal, ...] | None = None  # of eight groups, by the cell itself; a sheet may have fewer
    scored_on: date | None = None
    sheet: int | None = None  # by which sheet, with the answers to its criteria
    answers: dict[str, str] | None = None
    course: Course = NOTHING_SAID

    def as_json(self) -> dict[str, Any]:
        """The same in words that JSON has; of the course of the meeting only what was said."""
        return (
            by_sheet(self.sheet, self.answers)
            | self.course.as_json()
            | {
                "kind": self.kind,
                "held_on": self.held_on.isoformat(),
                "month": self.month.isoformat(),
                "topic": self.topic,
                "mode": self.mode,
                "duration_min": None if self.duration_min is None else plain(self.duration_min),
                "conclusions": self.conclusions,
                "attendance": {str(person): list(mark) for person, mark in sorted(self.attendance.items())},
                "points": None if self.points is None else [plain(each) for each in self.points],
                "scored_on": self.scored_on.isoformat() if self.scored_on else None,
            }
        )

    def seal(self, version: int) -> int:
        """A number that differs where the content or the version does: what someone saw when they began to correct.

        Not only corrections change a meeting: workbooks and their undoing do too, and leave the version as it is.
        """
        return seal_of(version, self.as_json())

    @property
    def voting(self) -> tuple[str, date, dict[int, str]]:
        """What decides who of those present may vote."""
        return self.kind, self.held_on, {person: state for person, (state, _reason) in self.attendance.items()}

    @property
    def marks(self) -> dict[str, int]:
        """How many were present, excused, absent."""
        states = [state for state, _reason in self.attendance.values()]
        return {state: states.count(state) for state in ("present", "excused", "absent")}


def padded(groups: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """Points by group as they are kept: of eight groups, those that a sheet has not with nothing."""
    return groups + (Decimal(0),) * (len(MAXIMA) - len(groups))


def by_sheet(sheet: int | None, answers: dict[str, str] | None) -> dict[str, Any]:
    """By which sheet points were given, as JSON; nothing where they were given by group alone."""
    return {} if answers is None else {"sheet": sheet, "answers": dict(sorted(answers.items()))}


def seal_of(version: int, said: dict[str, Any]) -> int:
    """The seal of a content that was kept as JSON."""
    text = json.dumps([version, said], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % (2**31 - 1)


def plain(value: Decimal) -> str:
    """A number without needless noughts: 4.5, 90."""
    return format(value.normalize(), "f")


def content_of(meeting: Meeting) -> Content:
    """What is recorded of a meeting now. Three queries."""
    score = meeting.scores.filter(scored_by=Scorer.SELF).order_by("pk").first()
    rows = list(meeting.attendance.order_by("pk"))
    return Content(
        kind=meeting.kind,
        held_on=meeting.held_on,
        month=meeting.month,
        topic=meeting.topic,
        mode=meeting.mode,
        duration_min=meeting.duration_min,
        conclusions=meeting.conclusions,
        attendance={row.person_id: (row.state, row.reason) for row in rows},
        points=tuple(getattr(score, f"c{n}") for n in range(1, 9)) if score else None,
        scored_on=score.scored_on if score else None,
        sheet=score.sheet_id if score else None,
        answers=score.answers if score else None,
        course=course_of(rows_of(meeting.pk), speakers_of(rows)),
    )


def speakers_of(rows: Iterable[Attendance]) -> frozenset[int]:
    """Who spoke, of those present."""
    return frozenset(row.person_id for row in rows if row.spoke and row.state == State.PRESENT)
