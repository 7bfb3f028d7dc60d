"""Adding up, written once in Ibis: own sums from facts, all units above, what today's tree shifts.

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
from chibo.indicators.stored import MONTHS, NAMES, SIDES
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
Numbers = dict[str, int]  # under which the sums of each indicator are kept
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


def paths() -> Table:
    """The paths on which own sums of a unit went up, each with its place among them."""
    each = OWN.select("unit_id", "path").distinct()
    place = ibis.row_number().over(group_by=each.unit_id, order_by=each.path)
    return each.mutate(place=place.cast("int64"))


def own_kept(numbers: Numbers) -> Table:
    """What each unit's own facts come to, a row for a year."""
    each = paths()
    rows = OWN.join(each, (OWN.unit_id == each.unit_id) & (OWN.path == each.path)).select(OWN, each.place)
    return _numbered(_of_years(rows, "unit_id", "indicator", "place"), numbers)


def all_sums(numbers: Numbers) -> Table:
    """What came from below each unit; those on one path go up it together."""
    beside = OWN.select("month", "indicator", *SUMS, path=_above(OWN.path, OWN.unit_id))
    return _numbered(_up(_of_years(beside.filter(beside.path != ""), "path", "indicator")), numbers)


def shifts(db: Tables, numbers: Numbers) -> Table:
    """What today's tree makes of own sums: taken from the units above on the path then, added to those above now."""
    u = db[Unit].select("id", now="path")
    moved = OWN.join(u, (OWN.unit_id == u.id) & (OWN.path != u.now))
    was = moved.select("month", "indicator", *SUMS, path=_above(moved.path, moved.unit_id))
    now = moved.select("month", "indicator", *SUMS, path=_above(moved.now, moved.unit_id))
    minus = was.mutate(numerator=-was.numerator, denominator=-was.denominator)
    both = ibis.union(minus, now, distinct=False)
    return _numbered(_up(_of_years(both.filter(both.path != ""), "path", "indicator")), numbers)


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


def _of_years(rows: Table, *by: str) -> Table:
    """Sums of months by these columns, made rows of a year, each with its twelve months."""
    rows = rows.mutate(year=rows.month.year().cast("int64"), m=rows.month.month())
    sums = {
        f"{side}{month}": rows[column].sum(where=rows.m == month) for side, column in SIDES.items() for month in MONTHS
    }
    return _something(rows.group_by(*by, "year").agg(**sums))


def _up(rows: Table) -> Table:
    """What these come to for each unit on their paths."""
    steps = rows.mutate(step=rows.path.split("/").unnest())
    steps = steps.filter(steps.step != "").drop("path")
    steps = steps.mutate(unit_id=steps.step.cast("int64"))
    by = ["unit_id", "indicator", "year"]
    return _something(steps.group_by(*by).agg(**{name: steps[name].sum() for name in NAMES}))


def _something(rows: Table) -> Table:
    """Rows of years without those that come to nothing; null is nothing."""
    rows = rows.mutate(**{name: rows[name].cast("int64").nullif(0) for name in NAMES})
    return rows.filter(functools.reduce(operator.or_, (rows[name].notnull() for name in NAMES)))


def _numbered(rows: Table, numbers: Numbers) -> Table:
    """Rows with the number of their indicator in place of its code."""
    number = rows.indicator.cases(*sorted(numbers.items())).cast("int64")
    return rows.mutate(indicator_id=number).drop("indicator")


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
