"""A scoring sheet tried on meetings that were scored by another one: which band each would have had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db.models import Count, Q, QuerySet

from chibo.meetings.content import band_of
from chibo.meetings.models import MAXIMA, Score, Scorer
from chibo.organizations.scope import Scope
from chibo.scoring.sheet import Points, Sheet

ROWS = 100
TOLD_BY = ("sheet", "answers", "band", *(f"c{n}" for n in range(1, 9)))


@dataclass(frozen=True)
class Tried:
    """A meeting with its points as scored, and by another sheet; where that can't be told, what is missing."""

    score: Any
    band: str
    then: Points | None
    missing: tuple[str, ...] = ()  # criteria nobody answered


@dataclass(frozen=True)
class Counts:
    """All meetings of a month that were scored: by band as scored and by another sheet; how many that can't tell."""

    before: Counter[str]
    after: Counter[str]
    untold: int

    @property
    def all(self) -> int:
        return self.before.total()


NOTHING = Counts(Counter(), Counter(), 0)


def _scored(month: date, scope: Scope) -> QuerySet[Score]:
    """The scores that the cells of a part of the tree gave their meetings of a month."""
    return Score.objects.filter(
        scope.q("meeting__unit"), meeting__month=month, meeting__withdrawal=None, scored_by=Scorer.SELF
    )


def counts(sheet: Sheet, month: date, scope: Scope) -> Counts:
    """All meetings of a month by their bands. One query, a row for each score that differs from the others."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    untold = 0
    for row in _scored(month, scope).order_by().values(*TOLD_BY, "total").annotate(n=Count("pk")):
        n = row.pop("n")
        each = _tried(sheet, SimpleNamespace(**row))
        before[each.band] += n
        if each.then is None:
            untold += n
        else:
            after[each.then.band] += n
    return Counts(before, after, untold)


def of_month(sheet: Sheet, month: date, scope: Scope, after: list[Any] | None) -> tuple[list[Tried], bool]:
    """Meetings of a month that their cells scored, by the name of the cell, each by another sheet too; if more follow.

    They begin after the key of one: the sorting of its cell's name and its own key. One query.
    """
    found = _scored(month, scope)
    if after is not None:
        name, pk = after
        found = found.filter(Q(meeting__unit__sort_key__gt=name) | Q(meeting__unit__sort_key=name, meeting__gt=pk))
    listed = found.select_related("sheet", "meeting__unit").order_by("meeting__unit__sort_key", "meeting_id")
    rows = list(listed[: ROWS + 1])
    return [_tried(sheet, score) for score in rows[:ROWS]], len(rows) > ROWS


def _tried(sheet: Sheet, score: Any) -> Tried:
    band = score.band or band_of(score.total)[0]
    if score.answers is None:
        return Tried(score, band, *_by_group(sheet, score))
    answers = dict(score.answers)
    missing = []
    for each in sheet.criteria:
        try:
            each.worth(answers.get(each.code, ""))
        except ValueError:
            missing.append(each.code)
    return Tried(score, band, None if missing else sheet.points(answers), tuple(missing))


def _by_group(sheet: Sheet, score: Any) -> tuple[Points | None, tuple[str, ...]]:
    """Points by group are points of a sheet with the same groups, if no band asks for more than points."""
    groups = tuple(getattr(score, f"c{n}") for n in range(1, 9))
    if [group.full for group in sheet.groups] != [Decimal(most) for most in MAXIMA]:
        return None, tuple(each.code for each in sheet.criteria)
    band = sheet.band_of(score.total)
    if band.needs:
        return None, band.needs
    return Points(groups, Decimal(100), score.total, band.code), ()
