"""A scoring sheet tried on meetings that were scored by another one: which band each would have had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chibo.meetings.content import band_of
from chibo.meetings.models import MAXIMA, Score, Scorer
from chibo.organizations.scope import Scope
from chibo.scoring.sheet import Points, Sheet

MOST = 200


@dataclass(frozen=True)
class Tried:
    """A meeting with its points as scored, and by another sheet; where that can't be told, what is missing."""

    score: Score
    band: str
    then: Points | None
    missing: tuple[str, ...] = ()  # criteria nobody answered


def of_month(sheet: Sheet, month: date, scope: Scope) -> list[Tried]:
    """The meetings of a month that their cells scored, so many at most, each by another sheet too. One query."""
    found = Score.objects.filter(
        scope.q("meeting__unit"), meeting__month=month, meeting__withdrawal=None, scored_by=Scorer.SELF
    )
    listed = found.select_related("sheet", "meeting__unit").order_by("meeting__unit__sort_key", "meeting_id")[:MOST]
    return [_tried(sheet, score) for score in listed]


def _tried(sheet: Sheet, score: Score) -> Tried:
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


def _by_group(sheet: Sheet, score: Score) -> tuple[Points | None, tuple[str, ...]]:
    """Points by group are points of a sheet with the same groups, if no band asks for more than points."""
    groups = tuple(getattr(score, f"c{n}") for n in range(1, 9))
    if [group.full for group in sheet.groups] != [Decimal(most) for most in MAXIMA]:
        return None, tuple(each.code for each in sheet.criteria)
    band = sheet.band_of(score.total)
    if band.needs:
        return None, band.needs
    return Points(groups, Decimal(100), score.total, band.code), ()


def counts(tried: list[Tried]) -> dict[str, tuple[int, int]]:
    """By band how many meetings there were, and would be, of those that can be told."""
    told = [each for each in tried if each.then is not None]
    before = Counter(each.band for each in told)
    after = Counter(each.then.band for each in told if each.then is not None)
    return {band: (before[band], after[band]) for band in ("good", "fair", "average", "poor")}
