"""Questions about reports that were made: which there are, and what differs from today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.organizations.models import Unit
from chibo.reports.models import Snapshot
from chibo.reports.report import BELOW, Report

PAGE = 50


@dataclass(frozen=True)
class Changed:
    """A figure that is no longer what the report says: of a unit and a period, was and is."""

    unit: Unit
    period: Period
    code: str
    was: Figure | None
    now: Figure | None


def made_of(unit: Unit, after: Sequence[Any] | None = None) -> list[Snapshot]:
    """The reports of a unit, the newest first; one more than a page says that there are more. One query."""
    found = Snapshot.objects.filter(unit=unit).select_related("by").defer("content")
    if after is not None:
        made_at, pk = after
        found = found.filter(Q(made_at__lt=made_at) | Q(made_at=made_at, pk__lt=pk))
    return list(found.order_by("-made_at", "-pk")[: PAGE + 1])


def changed_since(report: Report) -> list[Changed]:
    """The figures of a report that come to something else today: of its unit, of the period before, of those below.

    Two queries.
    """
    periods = [report.period, report.period.before]
    unit, found = report.unit, []
    now = queries.figures_in([unit.pk, *(child.pk for child in report.children)], periods, tree=report.tree)

    def compare(of: Unit, period: Period, codes: Sequence[str], was: queries.Figures) -> None:
        for code in codes:
            pair = was.get(code), now[period][of.pk].get(code)
            if _numbers(pair[0]) != _numbers(pair[1]):
                found.append(Changed(of, period, code, *pair))

    compare(unit, report.period, registry.codes(), report.figures)
    compare(unit, report.period.before, registry.codes(), report.before)
    for child in report.children:
        compare(child, report.period, BELOW, report.below[child.pk])
    return found


def _numbers(figure: Figure | None) -> tuple[int, int]:
    return (0, 0) if figure is None else (figure.numerator, figure.denominator or 0)
