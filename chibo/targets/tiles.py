"""Figures beside their targets, as tiles and table cells of a page say them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chibo.core.components import Cell, Mark, Tile
from chibo.core.formats import change_in_points, count, day, percent, period_name, signed
from chibo.core.periods import Period
from chibo.indicators.figures import Figure
from chibo.indicators.registry import LAST, Indicator
from chibo.targets.models import Comparator, Target
from chibo.targets.queries import Judgement, judge


def value_of(indicator: Indicator, figure: Figure | None) -> str:
    """A figure as said in a page: `93.1 %`, `185`; a dash where there is nothing to count of."""
    if figure is None:
        return "–" if indicator.has_denominator else count(0)
    exact = figure.exact
    if exact is None:
        return "–"
    return percent(exact) if indicator.has_denominator else count(exact)


def goal_of(indicator: Indicator, target: Target) -> str:
    """A target as said in a page: `≥ 185`, `> 90 %`."""
    value = Fraction(target.value)
    places = 0 if (value * 100).denominator == 1 else 1
    said = percent(value, places) if indicator.has_denominator else count(value)
    return f"{Comparator(target.comparator).label} {said}"


def is_known(before: Figure) -> bool:
    """Whether there are records to compare with: a flow of which nothing was recorded says nothing of before."""
    return before.indicator.over_time is LAST or before.numerator > 0


def difference_of(figure: Figure | None, before: Figure | None) -> str:
    """How much more or less than before, in points or a number; empty if either is unknown."""
    if figure is None or figure.exact is None or before is None or before.exact is None or not is_known(before):
        return ""
    if figure.indicator.has_denominator:
        return change_in_points(figure.exact, before.exact)
    return signed(figure.exact - before.exact)


def change_of(figure: Figure | None, before: Figure | None, period: Period) -> str:
    """The change against before: a stock since the period began, a flow on the period before; empty if unknown."""
    said = difference_of(figure, before)
    if figure is None or not said:
        return ""
    if figure.indicator.over_time is LAST:
        return _("%(change)s since %(day)s") % {"change": said, "day": day(period.first_day)}
    return _("%(change)s on %(period)s") % {"change": said, "period": period_name(period.before)}


def mark_of(judgement: Judgement | None) -> Mark:
    """Met, not met yet, missed, or without a target."""
    if judgement is None or judgement.is_met is None:
        return Mark.NONE
    if judgement.is_met:
        return Mark.MET
    return Mark.MISSED if judgement.is_over else Mark.NEAR


def status_of(indicator: Indicator, judgement: Judgement | None) -> str:
    """How it stands to the target, in words."""
    if judgement is None:
        return ""
    return _status(mark_of(judgement), goal_of(indicator, judgement.target), get_language() or "")


@lru_cache(maxsize=4_000)  # many units have the same target
def _status(mark: Mark, goal: str, language: str) -> str:
    """How it stands to a goal, in words of the language now spoken."""
    said = {"goal": goal}
    match mark:
        case Mark.MET:
            return _("target %(goal)s met") % said
        case Mark.NEAR:
            return _("target %(goal)s not met yet") % said
        case Mark.MISSED:
            return _("target %(goal)s missed") % said
    return _("target %(goal)s") % said


def tile_of(
    indicator: Indicator,
    figure: Figure | None,
    before: Figure | None,
    target: Target | None,
    period: Period,
    today: date,
    url: str,
) -> Tile:
    """A figure as a tile: value, what it is of, its target, its change, its evidence."""
    judgement = judge(target, figure, period, today) if target else None
    notes, of = [], ""
    if figure is not None and figure.denominator is not None:
        notes.append(
            _("%(n)s of %(d)s") % {"n": indicator.told(figure.numerator), "d": indicator.told(figure.denominator)}
        )
    elif target is not None and not indicator.has_denominator:
        of = _("of %(goal)s") % {"goal": count(Fraction(target.value))}
    if indicator.over_time is LAST or period.is_over(today):  # part of a period says nothing beside a whole one
        notes += [change] if (change := change_of(figure, before, period)) else []
    share = figure.exact if figure and indicator.has_denominator else judgement.share if judgement else None
    return Tile(
        label=indicator.label,
        value=value_of(indicator, figure),
        of=of,
        mark=mark_of(judgement),
        status=status_of(indicator, judgement),
        share=share,
        target=Fraction(target.value) if target and indicator.has_denominator else None,
        note=", ".join(notes),
        url=url,
        definition=indicator.definition,
        source=indicator.source,
        computed=figure.at if figure else None,
    )


def cell_of(indicator: Indicator, figure: Figure | None, judgement: Judgement | None, url: str) -> Cell:
    """A figure as a cell of a table, with its target's mark where it has one."""
    note = goal_of(indicator, judgement.target) if judgement else ""
    return Cell(
        text=value_of(indicator, figure),
        url=url if figure else "",
        note=note,
        mark=mark_of(judgement) if judgement else "",
        mark_word=status_of(indicator, judgement),
    )
