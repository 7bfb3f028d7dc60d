"""Targets of units in a period, and how a figure stands to one."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from chibo.core.periods import Period
from chibo.indicators import registry
from chibo.indicators.figures import Figure
from chibo.targets.models import Comparator, Target

COMPARE = {
    Comparator.AT_LEAST: operator.ge,
    Comparator.OVER: operator.gt,
    Comparator.EQUAL: operator.eq,
    Comparator.AT_MOST: operator.le,
    Comparator.UNDER: operator.lt,
}


@dataclass(frozen=True)
class Judgement:
    """How a figure stands to its target; `is_met` is None where nothing can be compared."""

    target: Target
    is_met: bool | None
    is_over: bool  # the period is over: what is not met now is missed
    share: Fraction | None  # of the target's value reached


def targets_of(unit_ids: Sequence[int], period: Period) -> dict[tuple[int, str], Target]:
    """The targets of units in a period by (unit id, indicator code). One query."""
    found = Target.objects.filter(unit_id__in=unit_ids, period=str(period))
    return {(target.unit_id, target.indicator): target for target in found}


def judge(target: Target, figure: Figure | None, period: Period, today: date) -> Judgement:
    """Hold a figure against a target, exactly; a count without a record counts as 0."""
    goal = Fraction(target.value)
    if figure is not None:
        value = figure.exact
    else:
        value = None if registry.get(target.indicator).has_denominator else Fraction(0)
    met = None if value is None else bool(COMPARE[Comparator(target.comparator)](value, goal))
    share = value / goal if value is not None and goal > 0 else None
    return Judgement(target, met, period.is_over(today), share)
