"""What a cell claims beside what records say: of those criteria alone for which the records answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from chibo.meetings.content import Content, plain
from chibo.meetings.course_models import Item
from chibo.meetings.evidence import Around, Known, around
from chibo.meetings.models import MAXIMA, Attendance, Meeting, Score, Scorer
from chibo.organizations.models import Unit
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import NOT_HELD, Answers, Measures, Sheet


@dataclass(frozen=True)
class Line:
    """A criterion, or a group of them, for which records answer: points claimed and proposed, and the measures."""

    code: str
    claimed: Decimal
    proposed: Decimal
    most: Decimal
    records: Mapping[str, str]  # by measure: its value, as 7/8

    @property
    def differs(self) -> bool:
        return self.claimed != self.proposed


@dataclass(frozen=True)
class Unanswered:
    """A criterion, or a group, of which records could answer but do not, and more than the least is claimed for it."""

    code: str
    claimed: Decimal
    most: Decimal


@dataclass(frozen=True)
class Claim:
    """The points of a meeting for which records answer, as the cell claims them and as the records propose them.

    Beside them, apart and in no sum, what is claimed where records could answer and there are none.
    """

    sheet: int | None = None  # by whose criteria the records speak
    lines: tuple[Line, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()

    @property
    def claimed(self) -> Decimal:
        """Points claimed, of those for which records answer."""
        return sum((each.claimed for each in self.lines), Decimal(0))

    @property
    def proposed(self) -> Decimal:
        """Points that records propose."""
        return sum((each.proposed for each in self.lines), Decimal(0))

    @property
    def most(self) -> Decimal:
        """The most points there are for what records answer."""
        return sum((each.most for each in self.lines), Decimal(0))

    @property
    def agrees(self) -> bool:
        """Whether records answer wherever they could, and nothing is claimed otherwise than they propose."""
        return bool(self.lines) and not self.unanswered and not any(each.differs for each in self.lines)

    def as_json(self) -> list[dict[str, Any]]:
        """Its lines as they are kept."""
        return [
            {
                "code": each.code,
                "claimed": plain(each.claimed),
                "proposed": plain(each.proposed),
                "most": plain(each.most),
                "records": dict(each.records),
            }
            for each in self.lines
        ] + [
            {"code": each.code, "claimed": plain(each.claimed), "proposed": None, "most": plain(each.most)}
            for each in self.unanswered
        ]


def kept_claim(told: list[dict[str, Any]]) -> Claim:
    """The claim whose lines were kept as JSON."""
    lines, unanswered = [], []
    for each in told:
        code, claimed, most = each["code"], Decimal(each["claimed"]), Decimal(each["most"])
        if each["proposed"] is None:
            unanswered.append(Unanswered(code, claimed, most))
        else:
            lines.append(Line(code, claimed, Decimal(each["proposed"]), most, each["records"]))
    return Claim(None, tuple(lines), tuple(unanswered))


def per_hundred(claimed: Decimal, proposed: Decimal, most: Decimal) -> Fraction | None:
    """How many points of each hundred were claimed beyond the records; None where these answer for nothing."""
    return Fraction(claimed - proposed) * 100 / Fraction(most) if most else None


def claim_of(score: Score, beside: Sheet | None, key: int | None, measures: Measures) -> Claim:
    """What a score claims beside what measures propose.

    By the sheet of the score; points by group alone by the sheet `beside`, whose `key` it is, where its groups fit.
    """
    if score.sheet is not None and score.answers is not None:
        return _claim(score.sheet_id, _by_sheet(score.sheet.sheet, score.answers, measures))
    return _claim(key, _by_group(score, beside, measures)) if beside is not None else Claim()


def _claim(sheet: int | None, told: Iterator[Line | Unanswered]) -> Claim:
    found = list(told)
    lines = tuple(each for each in found if isinstance(each, Line))
    return Claim(sheet, lines, tuple(each for each in found if isinstance(each, Unanswered)))


def _by_sheet(sheet: Sheet, answers: Answers, measures: Measures) -> Iterator[Line | Unanswered]:
    for each in sheet.criteria:
        option, answer = each.proposed(measures), answers.get(each.code, "")
        if not option:
            if each.evidence and each.worth(answer) > each.least:
                yield Unanswered(each.code, each.worth(answer), each.full)
            continue
        if option == answer == NOT_HELD:  # what neither says was held has no points to differ in
            continue
        known = {name: str(measures[name]) for name in each.measures if name in measures}
        yield Line(each.code, each.worth(answer), each.worth(option), each.full, known)


def _by_group(score: Score, sheet: Sheet, measures: Measures) -> Iterator[Line | Unanswered]:
    """Groups of which records answer every criterion, and those of which they could answer one and do not."""
    for n, (group, most) in enumerate(zip(sheet.groups, MAXIMA, strict=False), 1):
        options = {each.code: each.proposed(measures) for each in group.criteria}
        if group.full != most:
            continue
        given = getattr(score, f"c{n}")
        if not all(options.values()):
            lacks = any(each.evidence and not options[each.code] for each in group.criteria)
            if lacks and given > sum((each.least for each in group.criteria), Decimal(0)):
                yield Unanswered(f"c{n}", given, Decimal(most))
            continue
        worth = sum((each.worth(options[each.code]) for each in group.criteria), Decimal(0))
        names = [name for each in group.criteria for name in each.measures if name in measures]
        known = {name: str(measures[name]) for name in dict.fromkeys(names)}
        yield Line(f"c{n}", given, worth, Decimal(most), known)


def claim_now(unit: Unit, meeting: Meeting, today: date) -> tuple[Score | None, Claim]:
    """What a cell's own score of a meeting claims now beside what the records say now, judged today. One query.

    Nothing where the cell has given no points.
    """
    version, known = around(
        unit, meeting.held_on, meeting.kind, meeting.month, topic=meeting.topic, meeting=meeting, also=_claimed
    )
    score: Score | None = next(iter(known.also["scores"]), None)
    if score is None:
        return None, Claim()
    score.sheet = next((each for each in known.also["sheets"] if each.pk == score.sheet_id), None)
    marks = {row.person_id: row.state for row in known.also["marks"]}
    spoke = [row.person_id for row in known.also["marks"] if row.spoke]
    items = [each.is_done for each in known.also["items"]]
    measures = known.measures(marks, meeting.duration_min, spoke, items, today)
    return score, claim_of(score, version.sheet if version else None, version.pk if version else None, measures)


def claim_in(score: Score, content: Content, version: SheetVersion | None, known: Known, today: date) -> Claim:
    """What the points of a content claim beside what the records say of it. No query, if the score's sheet is at hand.

    As `claim_now` will tell of it once it is recorded.
    """
    marks = {person: state for person, (state, _reason) in content.attendance.items()}
    items = [each.is_done for each in content.course.items]
    measures = known.measures(marks, content.duration_min, content.course.speakers, items, today)
    return claim_of(score, version.sheet if version else None, version.pk if version else None, measures)


def _claimed(it: Around) -> dict[str, QuerySet[Any]]:
    """The points a cell gave itself, by which sheet, and who was there."""
    mine = Score.objects.filter(meeting=it.meeting)
    return {
        "scores": mine.filter(scored_by=Scorer.SELF).order_by("pk"),
        "sheets": SheetVersion.objects.filter(pk__in=mine.values("sheet")).order_by("pk"),
        "marks": Attendance.objects.filter(meeting=it.meeting).order_by("pk"),
        "items": Item.objects.filter(meeting=it.meeting).order_by("place"),
    }
