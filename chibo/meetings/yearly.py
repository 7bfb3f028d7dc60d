"""The band of a cell's year by the rule of its sheet, line by line: what is asked, what was, by which meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.formats import count
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.core.together import together
from chibo.meetings.models import Kind, Meeting, Score, Scorer
from chibo.organizations.models import Lineage, Unit
from chibo.procedures.flow import said
from chibo.scoring.models import SheetVersion
from chibo.scoring.queries import holding_for, nearest
from chibo.scoring.sheet import Share, Sheet


@dataclass(frozen=True)
class Held:
    """A regular meeting of the year: its band by the sheet of the year; none where it has no points."""

    pk: int
    held_on: date
    band: str
    word: str


@dataclass(frozen=True)
class Asked:
    """One thing that a band of the year asks for: whether it was so, and the meetings that say it."""

    text: str
    is_met: bool
    was: str
    meetings: tuple[Held, ...]  # that fall short, or that count


@dataclass(frozen=True)
class Line:
    """A band of the year with all it asks for."""

    band: str
    is_met: bool
    asks: tuple[Asked, ...]


@dataclass(frozen=True)
class Year:
    """The band of a cell's year, and how it came about."""

    sheet: SheetVersion
    band: str
    held: int
    lines: tuple[Line, ...]


def year_of(unit: Unit, period: Period, today: date) -> Year | None:
    """The band of a cell's year, as far as it has gone; None without a sheet that says how, or a meeting. One query."""
    day = min(period.last_day, today)
    rules = holding_for(Kind.REGULAR, day)
    held = Meeting.objects.filter(
        unit=unit, kind=Kind.REGULAR, withdrawal=None, month__range=(period.first_day, period.last_month)
    )
    found = together(
        {
            "line": Lineage.objects.filter(holding(day), unit=unit).order_by("pk"),
            "rules": rules,
            "versions": SheetVersion.objects.filter(pk__in=rules.order_by().values("version")).order_by("pk"),
            "meetings": held.order_by("held_on", "pk"),
            "scores": Score.objects.filter(meeting__in=held.order_by().values("pk")).order_by("pk"),
        }
    )
    rule = nearest(found["rules"], found["line"][0].path) if found["line"] else None
    version = next((each for each in found["versions"] if rule is not None and each.pk == rule.version_id), None)
    if version is None or not version.sheet.year or not found["meetings"]:
        return None
    return told(version, found["meetings"], found["scores"])


def told(version: SheetVersion, meetings: Sequence[Meeting], scores: Sequence[Score]) -> Year:
    """The band of a year of these meetings, the superior's points before the cell's own. No query."""
    sheet = version.sheet
    by_meeting: dict[int, Score] = {}
    for score in sorted(scores, key=lambda each: each.scored_by == Scorer.SUPERIOR):
        by_meeting[score.meeting_id] = score
    held = [_held(sheet, each, by_meeting.get(each.pk)) for each in meetings]
    band, _rule = sheet.year_of([each.band for each in held])
    lines = tuple(_line(sheet, share, held) for share in sheet.year)
    return Year(version, said(sheet.band(band).name), len(held), lines)


def _held(sheet: Sheet, meeting: Meeting, score: Score | None) -> Held:
    if score is None:
        return Held(meeting.pk, meeting.held_on, "", _("no points"))
    known = {band.code for band in sheet.bands}
    band = sheet.band(score.band) if score.band in known else sheet.band_of(score.total)
    return Held(meeting.pk, meeting.held_on, band.code, said(band.name))


def _line(sheet: Sheet, share: Share, held: Sequence[Held]) -> Line:
    rank = {band.code: n for n, band in enumerate(sheet.bands)}
    names = {band.code: said(band.name) for band in sheet.bands}
    short = tuple(each for each in held if rank.get(each.band, len(rank)) > rank[share.all])
    reached = len(held) - len(short)
    asks = [
        Asked(
            _("Every regular meeting at least %(band)s") % {"band": names[share.all]},
            not short,
            _("%(n)s of %(all)s") % {"n": count(reached), "all": count(len(held))},
            short,
        )
    ]
    if share.many:
        best = tuple(each for each in held if rank.get(each.band, len(rank)) <= rank[share.best])
        text = ngettext(
            "At least %(n)s of them %(band)s", "At least %(n)s of them %(band)s", share.many
        ) % {"n": count(share.many), "band": names[share.best]}  # fmt: skip
        asks.append(Asked(text, len(best) >= share.many, count(len(best)), best))
    return Line(names[share.band], all(each.is_met for each in asks), tuple(asks))
