"""What the engine answers, in the form of the reference, and both compared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

from django.db import connection, transaction

from chibo.core.periods import Period
from chibo.indicators import queries, registry, stored
from chibo.indicators.evidence import MANY, Evidence
from chibo.indicators.models import KeptYear, Standing
from chibo.meetings.models import KeptCellYear
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from tests.reference import Fact, Figures, Reference, periods_of

EVER, EVER_AFTER = "date '1900-01-01'", "date '2199-12-01'"
# On which day the reference looks at the tree: on each fact's own, or after every move.
ON = {Tree.THEN: None, Tree.NOW: date.max}


def engine_figures(periods: Iterable[str], tree: Tree = Tree.THEN) -> dict[str, Figures]:
    """The figures of every unit in each period, units with none left out."""
    codes = dict(Unit.objects.values_list("pk", "code"))
    return {
        str(period): {
            codes[unit]: {code: [figure.numerator, figure.denominator] for code, figure in figures.items()}
            for unit, figures in found.items()
            if figures
        }
        for period, found in queries.figures_in(
            list(codes), [Period.parse(text) for text in periods], tree=tree
        ).items()
    }


def figures_from_facts(periods: Iterable[str], tree: Tree = Tree.THEN) -> dict[str, Figures]:
    """The same by the way taken for years that are not kept."""
    with transaction.atomic():
        KeptYear.objects.all().delete()
        figures = engine_figures(periods, tree)
        transaction.set_rollback(True)
    return figures


def engine_evidence(indicator: str, unit: str, period: str, tree: Tree = Tree.THEN) -> list[Fact]:
    """The facts behind a figure as the evidence names them, by record and day."""
    evidence = Evidence(registry.get(indicator), Unit.objects.get(code=unit), Period.parse(period), tree=tree)
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
    """Every figure of every unit in the nineteen periods of these years is the reference's, as then and as now."""
    periods = [period for year in years for period in periods_of(year)]
    for tree in Tree:
        for period, figures in engine_figures(periods, tree).items():
            wrong = differences(figures, reference.figures(period, ON[tree]))
            assert not wrong, (tree, period, wrong)


def kept() -> tuple[set[Any], ...]:
    """What the engine keeps by what it is of: own sums, those from below, shifts; standings, years of cells."""
    own, standings = rows(stored.OWN, ", s.path"), set(Standing.objects.values_list("unit", "path"))
    years = set(KeptCellYear.objects.values_list())
    return own, rows("indicators_sum"), rows("indicators_shift"), standings, years


def rows(source: str, columns: str = "") -> set[Any]:
    """Every sum kept in a source, of its unit, indicator and month; each once."""
    listed = ", ".join(["unit_id", "month", "indicator", "numerator", "denominator", *columns.split(", s.")[1:]])
    with connection.cursor() as cursor:
        cursor.execute(f"select {listed} from {stored.by_month(source, EVER, EVER_AFTER, columns)} s")
        found = cursor.fetchall()
    assert len(set(found)) == len(found)
    assert all(n or d for _unit, _month, _code, n, d, *_path in found)
    return set(found)


def figures_kept() -> set[Any]:
    """Every figure of a unit and month as then: its own sums and those from below together."""
    listed = "unit_id, month, indicator, sum(numerator), sum(denominator)"
    with connection.cursor() as cursor:
        source = stored.by_month(stored.THEN, EVER, EVER_AFTER)
        cursor.execute(f"select {listed} from {source} s group by 1, 2, 3 having sum(numerator) <> 0"
                       " or sum(denominator) <> 0")  # fmt: skip
        return set(cursor.fetchall())


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
