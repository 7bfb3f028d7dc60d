"""The points of a meeting as its page shows them: what was said beside what records say, with what differs marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day
from chibo.meetings.content import GROUPS, band_of
from chibo.meetings.models import MAXIMA, Score, Scorer
from chibo.meetings.point_forms import answer_said, short, told
from chibo.procedures.flow import said
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import Answers, Criterion, Group, Measures, Sheet


@dataclass(frozen=True)
class Shown:
    """The points of one who scored: whose, when, the table, why the band is a lower one."""

    title: str
    when: str
    sheet: SheetVersion | None
    table: Table
    lacks: str = ""


@dataclass(frozen=True)
class Beside:
    """What records propose beside points: by which sheet, by which measures."""

    sheet: Sheet | None
    measures: Measures


def shown(scores: Iterable[Score], beside: Beside) -> list[Shown]:
    """Points as they are shown. No query, where scores bring their sheets along."""
    return [_shown(each, beside) for each in scores]


def _shown(score: Score, beside: Beside) -> Shown:
    title = _("By the superior") if score.scored_by == Scorer.SUPERIOR else _("By the cell itself")
    if score.sheet is None or score.answers is None:
        return Shown(title, day(score.scored_on), None, _by_group(score, beside))
    sheet = score.sheet.sheet
    points = sheet.points(score.answers)
    band = said(sheet.band(score.band).name)
    lacks = ""
    if points.lacks:
        named = [said(each.name) for code in points.lacks if (each := sheet.criterion(code)) is not None]
        better = said(sheet.band_of(points.total).name)
        words = _("%(band)s instead of %(better)s: not all points for %(criteria)s.")
        lacks = words % {"band": band, "better": better, "criteria": ", ".join(named)}
    table = _by_sheet(sheet, score.answers, beside.measures, band, score.total)
    return Shown(title, day(score.scored_on), score.sheet, table, lacks)


def _by_sheet(sheet: Sheet, answers: Answers, measures: Measures, band: str, total: Decimal) -> Table:
    rows = []
    for group in sheet.groups:
        for each in group.criteria:
            answer = answers.get(each.code, "")
            name = said(each.name) if len(group.criteria) > 1 else said(group.name)
            rows.append(
                [
                    Cell(text=name, note=said(group.name) if len(group.criteria) > 1 else ""),
                    Cell(text=answer_said(each, answer)),
                    Cell(text=_of(each.worth(answer), each.full)),
                    _records(each, each.worth(answer), measures),
                ]
            )
    return _table([_("Criterion"), _("Answer")], rows, band, total)


def _by_group(score: Score, beside: Beside) -> Table:
    """Points by the eight groups; records speak where they answer every criterion of a group."""
    groups: Mapping[int, Group] = dict(enumerate(beside.sheet.groups)) if beside.sheet is not None else {}
    rows = []
    for n, (label, most) in enumerate(zip(GROUPS, MAXIMA, strict=True)):
        given: Decimal = getattr(score, f"c{n + 1}")
        group = groups.get(n)
        fits = group is not None and group.full == most
        cell = _records_of(group, given, beside.measures) if group is not None and fits else Cell(text="")
        rows.append([Cell(text=str(label)), Cell(text=_of(given, Decimal(most))), cell])
    return _table([_("Group")], rows, str(band_of(score.total)[1]), score.total)


def _records_of(group: Group, given: Decimal, measures: Measures) -> Cell:
    """What records say of a whole group."""
    options = {each.code: each.proposed(measures) for each in group.criteria}
    known = [f"{what}: {how}" for each in group.criteria for what, how in told(each, measures)]
    if not all(options.values()):
        lacks = any(each.evidence and not options[each.code] for each in group.criteria)
        return _no_record("; ".join(known)) if lacks else Cell(text="; ".join(known))
    worth = sum((each.worth(options[each.code]) for each in group.criteria), Decimal(0))
    return _beside("; ".join(known), given, worth)


def _records(each: Criterion, given: Decimal, measures: Measures) -> Cell:
    """What records say of a criterion."""
    known = "; ".join(f"{what}: {how}" for what, how in told(each, measures))
    option = each.proposed(measures)
    if option:
        return _beside(known, given, each.worth(option))
    return _no_record(known) if each.evidence else Cell(text=known)


def _no_record(known: str) -> Cell:
    """Records could answer for these points, and there are none."""
    return Cell(text=_("no record"), note=known, mark=Mark.NONE)


def _beside(known: str, given: Decimal, worth: Decimal) -> Cell:
    """Whether points that were given are those that records propose."""
    if given == worth:
        return Cell(text=short(worth), note=known, mark=Mark.MET, mark_word=_("as said"))
    mark, word = (Mark.MISSED, _("less than said")) if worth < given else (Mark.NEAR, _("more than said"))
    return Cell(text=f"{short(worth)}: {word}", note=known, mark=mark, mark_word=None)


def _of(given: Decimal, most: Decimal) -> str:
    return _("%(n)s of %(most)s") % {"n": short(given), "most": short(most)}


def _table(heads: list[str], rows: list[list[Cell]], band: str, total: Decimal) -> Table:
    return Table(
        caption=_("Points"),
        caption_hidden=True,
        columns=[
            *(Column(label=head, wide=n == 0) for n, head in enumerate(heads)),
            Column(label=_("Points"), number=True, nowrap=True),
            Column(label=_("Records")),
        ],
        rows=rows,
        foot=[
            Cell(text=_("Together: %(band)s") % {"band": band}),
            *([Cell(text="")] * (len(heads) - 1)),
            Cell(text=_of(total, Decimal(100))),
            Cell(text=""),
        ],
        stacks=True,
    )
