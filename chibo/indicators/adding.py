"""Adding up, written once in Ibis: own sums from facts, then years, all units above, and what today's tree shifts.

The same text runs on every engine; what PostgreSQL does itself, in folding, comes to the same numbers.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis

from chibo.indicators import registry
from chibo.indicators.tables import Tables, held_on
from chibo.organizations.models import Lineage, Unit

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

    from chibo.indicators.registry import Indicator

OWN = ibis.table(
    {"indicator": "string", "unit_id": "int64", "month": "date", "path": "string", "numerator": "int64",
     "denominator": "int64"}, name="own",
)  # fmt: skip
SUMS = ["numerator", "denominator"]
WORDS = {"int64": "bigint", "string": "string", "date": "date"}  # types, as every engine calls them


def own_sums(indicator: Indicator, years: Sequence[int], db: Tables) -> Table:
    """What each unit's own facts of these years come to, by month and by the path it had on the day of each."""
    f, l = indicator.facts(db), db[Lineage]  # noqa: E741
    spans = [f.day.between(date(first, 1, 1), date(last, 12, 31)) for first, last in _runs(years)]
    f = (
        f.filter(functools.reduce(operator.or_, spans, ibis.literal(False)))
        .group_by(f.unit, f.day)
        .agg(n=f.numerator.sum(), d=f.denominator.sum())
    )
    rows = f.join(l, [f.unit == l.unit_id, held_on(l.from_on, l.to_on, f.day)])
    rows = rows.select(
        rows.n, rows.d, rows.path, indicator=ibis.literal(indicator.code), unit_id=rows.unit,
        month=rows.day.truncate("M").cast("date"),
    )  # fmt: skip
    return _summed(rows.rename(numerator="n", denominator="d"), "indicator", "unit_id", "month", "path")


def years() -> Table:
    """Own sums of whole years, of what adds up over months."""
    own = OWN.filter(OWN.indicator.isin(registry.adding()))
    rows = own.select("unit_id", "indicator", *SUMS, year=own.month.year().cast("int64"))
    return _summed(rows, "unit_id", "year", "indicator")


def all_sums() -> Table:
    """What units and all under each come to; those on one path go up it together."""
    own = OWN.select("unit_id", "month", "indicator", *SUMS)
    beside = OWN.select("month", "indicator", *SUMS, path=_above(OWN.path, OWN.unit_id))
    together = _summed(beside.filter(beside.path != ""), "path", "month", "indicator")
    return _summed(ibis.union(own, _up(together), distinct=False), "unit_id", "month", "indicator")


def shifts(db: Tables) -> Table:
    """What today's tree makes of own sums: taken from the units above on the path then, added to those above now."""
    u = db[Unit].select("id", now="path")
    moved = OWN.join(u, (OWN.unit_id == u.id) & (OWN.path != u.now))
    was = moved.select("month", "indicator", *SUMS, path=_above(moved.path, moved.unit_id))
    now = moved.select("month", "indicator", *SUMS, path=_above(moved.now, moved.unit_id))
    minus = was.mutate(numerator=-was.numerator, denominator=-was.denominator)
    both = ibis.union(minus, now, distinct=False)
    both = _summed(both.filter(both.path != ""), "path", "month", "indicator")
    return _summed(_up(both), "unit_id", "month", "indicator")


def standings(db: Tables) -> Table:
    """Where each unit stands today."""
    u = db[Unit]
    return u.select(unit_id=u.id, path=u.path)


def _runs(years: Sequence[int]) -> list[tuple[int, int]]:
    """The first and last of each run of years that follow each other."""
    firsts = sorted(year for year in set(years) if year - 1 not in years)
    lasts = sorted(year for year in set(years) if year + 1 not in years)
    return list(zip(firsts, lasts, strict=True))


def _above(path: Value, unit: Value) -> Value:
    """The path of the unit above; empty for the root."""
    above: Value = path.left(path.length() - unit.cast("string").length() - 1)
    return above


def _up(rows: Table) -> Table:
    """A row for each unit on the path of a row."""
    steps = rows.mutate(step=rows.path.split("/").unnest())
    steps = steps.filter(steps.step != "")
    return steps.select("month", "indicator", *SUMS, unit_id=steps.step.cast("int64")).select(
        "unit_id", "month", "indicator", *SUMS
    )


def _summed(rows: Table, *by: str) -> Table:
    """Sums of whole numbers by these columns, without those that come to nothing."""
    added = rows.group_by(*by).agg(
        numerator=rows.numerator.sum().cast("int64"),
        denominator=ibis.coalesce(rows.denominator.sum().cast("int64"), 0),
    )
    return added.filter((added.numerator != 0) | (added.denominator != 0))


@functools.cache
def own_questions(dialect: str, years: tuple[int, ...]) -> list[str]:
    """The own sums of all indicators in these years, a question each, in the words of an engine."""
    return [str(ibis.to_sql(own_sums(each, years, Tables()), dialect=dialect)) for each in registry.every()]


def question(dialect: str, asked: Table) -> str:
    """A question in the words of an engine; each column is of the very type it is known to have here.

    An engine may add whole numbers up to a wider type, and Ibis leaves out a cast to what it takes to be the type.
    """
    columns = ", ".join(f"cast({name} as {WORDS[str(kind).lstrip('!')]}) as {name}" for name, kind in _types(asked))
    return f"select {columns} from ({ibis.to_sql(asked, dialect=dialect)}) asked"


def _types(asked: Table) -> list[tuple[str, object]]:
    return list(asked.schema().items())
