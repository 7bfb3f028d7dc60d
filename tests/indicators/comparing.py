"""What the engine answers, in the form of the reference, and both compared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import connection, transaction

from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.evidence import MANY, Evidence
from chibo.indicators.models import KeptYear, OwnSum, Sum
from chibo.organizations.models import Unit
from tests.reference import Fact, Figures, Reference, periods_of


def engine_figures(periods: Iterable[str]) -> dict[str, Figures]:
    """The figures of every unit in each period, units with none left out."""
    codes = dict(Unit.objects.values_list("pk", "code"))
    return {
        str(period): {
            codes[unit]: {code: [figure.numerator, figure.denominator] for code, figure in figures.items()}
            for unit, figures in found.items()
            if figures
        }
        for period, found in queries.figures_in(list(codes), [Period.parse(text) for text in periods]).items()
    }


def figures_from_facts(periods: Iterable[str]) -> dict[str, Figures]:
    """The same by the way taken for years that are not kept."""
    with transaction.atomic():
        KeptYear.objects.all().delete()
        figures = engine_figures(periods)
        transaction.set_rollback(True)
    return figures


def engine_evidence(indicator: str, unit: str, period: str) -> list[Fact]:
    """The facts behind a figure as the evidence names them, by record and day."""
    evidence = Evidence(registry.get(indicator), Unit.objects.get(code=unit), Period.parse(period))
    rows = [Fact(row.record, row.unit_code, row.day, row.numerator, row.denominator) for row in evidence.all()]
    totals = evidence.totals()
    assert totals is not None and totals.numerator == sum(row.numerator for row in rows)
    counted = totals.numerator + (totals.denominator or 0) <= MANY or Unit.objects.get(code=unit).is_cell
    assert totals.rows == (len(rows) if counted else None)
    assert (totals.denominator or 0) == sum(row.denominator or 0 for row in rows)
    return in_order(rows)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.unit, fact.day, fact.record))


def differences(left: Figures, right: Figures) -> list[tuple[str, str, Any, Any]]:
    """(unit, indicator, left, right) where figures differ."""
    return [
        (unit, code, left.get(unit, {}).get(code), right.get(unit, {}).get(code))
        for unit in sorted({*left, *right})
        for code in sorted({*left.get(unit, {}), *right.get(unit, {})})
        if left.get(unit, {}).get(code) != right.get(unit, {}).get(code)
    ]


def check_figures(reference: Reference, years: Iterable[int]) -> None:
    """Every figure of every unit in the nineteen periods of these years is the reference's."""
    for period, figures in engine_figures([period for year in years for period in periods_of(year)]).items():
        wrong = differences(figures, reference.figures(period))
        assert not wrong, (period, wrong)


def kept() -> tuple[set[Any], set[Any]]:
    """The own sums and the figures kept, by what they are of."""
    own = OwnSum.objects.values_list("unit", "month", "indicator", "path", "numerator", "denominator")
    return set(own), set(Sum.objects.values_list("unit", "month", "indicator", "numerator", "denominator"))


@contextmanager
def _undone() -> Any:
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


def undone() -> AbstractContextManager[None]:
    """A transaction whose deferred constraints are checked at the end, and that is then rolled back."""
    return _undone()
