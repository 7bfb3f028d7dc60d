"""Evidence: the facts behind a figure, not added up, filtered and paged; with the filter off they add up to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from chibo.core.periods import Period
from chibo.core.text import search_key
from chibo.indicators.queries import PLACES, days_of
from chibo.indicators.registry import Indicator
from chibo.indicators.tables import sql_of
from chibo.organizations.models import Lineage, Unit
from chibo.organizations.scope import Scope
from chibo.organizations.trees import Tree

PAGE = 50
STREAM = 2000  # rows fetched at a time where all are wanted


@dataclass(frozen=True)
class Row:
    """A fact: its record, the unit it is credited to, its day and what it adds.

    `label` is None where the unit lies outside the scope of the asker: it still adds up, without a name.
    """

    record: str
    label: str | None
    unit_id: int
    unit_code: str
    unit_name: str | None
    day: date
    numerator: int
    denominator: int | None
    sort_key: str = ""

    @property
    def key(self) -> list[Any]:
        """Where the row stands in the order of evidence."""
        return [self.sort_key, self.unit_id, self.day.isoformat(), self.record]


@dataclass(frozen=True)
class Filter:
    """Which of the facts to show: only those that count or were missed, only those with these words."""

    which: str = ""  # "counted", "missed" or all
    words: str = ""


@dataclass(frozen=True)
class Totals:
    rows: int
    numerator: int
    denominator: int | None


# A unit's facts are those of units that on the day of each stood under it, or stand under it today.
FROM = """
from ({facts}) f
{places}
join organizations_unit u on u.id = f.unit
where f.day between %(first)s and %(last)s
  and {below}
"""
# What the unit of a fact was called that day, or is called today.
NAMES = {
    Tree.THEN: "(select n.name from organizations_unitname n where n.unit_id = f.unit and n.from_on <= f.day"
    " and (n.to_on is null or n.to_on > f.day))",
    Tree.NOW: "u.name",
}
BELOW = "l.path like any(%(paths)s)"
COLUMNS = "f.record, {label}, f.unit, u.code, {name}, f.day, f.numerator, f.denominator, u.sort_key"
ORDER = "order by u.sort_key, f.unit, f.day, f.record"


class Evidence:
    """The facts behind one figure, as far as a scope may see names. Without a scope: all names."""

    def __init__(
        self,
        indicator: Indicator,
        unit: Unit,
        period: Period,
        scope: Scope | None = None,
        only: Filter = Filter(),
        tree: Tree = Tree.THEN,
    ) -> None:
        first, last = days_of(indicator, period)
        self.parameters: dict[str, Any] = {"unit": unit.pk, "first": first, "last": last}
        label, name = "f.label", NAMES[tree]
        called = name
        if scope is not None:
            seen, parameters = scope.sql("u.path")
            label, name = f"case when {seen} then f.label end", f"case when {seen} then {called} end"
            self.parameters |= parameters
        self.columns = COLUMNS.format(label=label, name=name)
        paths = [unit.path] if tree is Tree.NOW else list(unit.lineages.values_list("path", flat=True))
        self.parameters["paths"] = [path + "%" for path in paths]
        below = BELOW
        if unit.is_cell:  # under it stand, if any, only cells that were merged into it
            below += " and f.unit = any(%(units)s)"
            self.parameters["units"] = list(_ever_under(paths))
        source = FROM.replace("{facts}", sql_of(indicator.code)).replace("{places}", PLACES[tree])
        self.source = source.replace("{below}", below) + self._filter(only, label, name)

    def _filter(self, only: Filter, label: str, name: str) -> str:
        condition = {
            "counted": " and f.numerator > 0",
            "missed": " and f.numerator < coalesce(f.denominator, f.numerator)",
        }.get(only.which, "")
        for n, word in enumerate(search_key(only.words).split()[:8]):
            self.parameters[f"word{n}"] = f"%{word.replace('%', '').replace('_', '')}%"
            text = f"coalesce({label}, '') || ' ' || coalesce({name}, '') || ' ' || f.record || ' ' || u.code"
            condition += f" and chibo_plain({text}) like %(word{n})s"
        return condition

    def totals(self) -> Totals:
        """How many facts there are and what they add up to. One query."""
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*), coalesce(sum(f.numerator), 0), sum(f.denominator)" + self.source, self.parameters
            )
            rows, numerator, denominator = cursor.fetchone()
        return Totals(rows, int(numerator), None if denominator is None else int(denominator))

    def page(self, after: list[Any] | None = None, size: int = PAGE) -> list[Row]:
        """The facts that follow a row's key, in order; one more than `size` says that there are more. One query."""
        beyond, parameters = "", dict(self.parameters)
        if after is not None:
            beyond = " and (u.sort_key, f.unit, f.day, f.record) > (%(a0)s, %(a1)s, %(a2)s::date, %(a3)s)"
            parameters |= {f"a{n}": value for n, value in enumerate(after)}
        with connection.cursor() as cursor:
            cursor.execute(
                f"select {self.columns} {self.source} {beyond} {ORDER} limit %(size)s", parameters | {"size": size + 1}
            )
            return [Row(*row) for row in cursor.fetchall()]

    def all(self) -> Iterator[Row]:
        """Every fact, in order, a bounded number at a time."""
        after: list[Any] | None = None
        while True:
            rows = self.page(after, STREAM)
            yield from rows[:STREAM]
            if len(rows) <= STREAM:
                return
            after = rows[STREAM - 1].key


def _ever_under(paths: Iterable[str]) -> Iterable[int]:
    """The units that at some time stood on one of some paths or below it. One query."""
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    return Lineage.objects.filter(below).order_by().values_list("unit", flat=True).distinct()
