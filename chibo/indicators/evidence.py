"""Evidence: the facts behind a figure, not added up, filtered and paged; with the filter off they add up to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q

from chibo.classifications.models import Value
from chibo.classifications.queries import of_value
from chibo.core.periods import Period
from chibo.core.text import search_key
from chibo.indicators.marks import of_grain
from chibo.indicators.queries import PLACES, days_of
from chibo.indicators.registry import Indicator
from chibo.indicators.stored import NOW, OWN, THEN, by_month
from chibo.indicators.tables import sql_of
from chibo.organizations.models import Lineage, Unit
from chibo.organizations.scope import Scope
from chibo.organizations.trees import Tree, holds_much

PAGE = 50
MANY = 20_000  # a figure that adds up to more is not counted record by record for a page
MARKS = 10_000  # looked at; where there are more, so are records that changed
CHANGED = 500  # of so many units whose changes are not folded yet the records are asked beside the sums kept
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
    """Which of the facts to show: only those that count or were missed, with these words, of units of a value."""

    which: str = ""  # "counted", "missed" or all
    words: str = ""
    value: Value | None = None


@dataclass(frozen=True)
class Totals:
    """What facts add up to; `rows` is None where they are many and the sums kept of them were asked instead."""

    rows: int | None
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
ADDED_UP = "select count(*), coalesce(sum(f.numerator), 0), sum(f.denominator)"
BELOW = "l.path like any(%(paths)s)"
# The sums kept of a figure, and the units of which something isn't folded yet, with what these are counted with: of
# them the records are asked. No row where its year isn't kept.
SUMS = {Tree.THEN: THEN, Tree.NOW: NOW}
KEPT = """
with changed as materialized (
  select m.unit_id from indicators_mark m join organizations_unit u on u.id = m.unit_id {standing}
  where m.subject = any(%(subjects)s) and {changed} limit %(most)s
)
select coalesce(sum(s.numerator), 0), coalesce(sum(s.denominator), 0), array(select unit_id from changed),
  (select array[coalesce(sum(o.numerator), 0), coalesce(sum(o.denominator), 0)]
   from {own} o join organizations_unit u on u.id = o.unit_id {standing}
   where o.unit_id = any(array(select unit_id from changed)) and o.indicator = %(code)s and {counted})
from {sums} s
where s.unit_id = %(unit)s and s.indicator = %(code)s
having exists (select from indicators_keptyear where year = extract(year from %(last)s::date))
"""
IN_TIME = "m.from_on <= %(last)s and (m.to_on is null or m.to_on > %(first_month)s)"
STEPS = "%(unit)s::text = any(string_to_array({path}, '/'))"  # a path leads through the unit, wherever that stood
# Which units changed, and with which of their own sums a figure counts them still: by where they stood, or stand today.
STANDING = {
    Tree.THEN: {
        "standing": "", "counted": STEPS.format(path="o.path"),
        "changed": f"{IN_TIME} and (exists (select from organizations_lineage l where l.unit_id = m.unit_id"
        " and l.path like any(%(paths)s)) or exists (select from indicators_path p where p.unit_id = m.unit_id"
        f" and {STEPS.format(path='p.path')}))",
    },
    Tree.NOW: {
        "standing": "left join indicators_standing st on st.unit_id = u.id",
        "counted": STEPS.format(path="coalesce(st.path, u.path)"),
        "changed": f"({IN_TIME} or st.path <> u.path) and (u.path like any(%(paths)s)"
        f" or {STEPS.format(path='st.path')})",
    },
}  # fmt: skip
SPAN = ("%(first_month)s", "%(last)s")
# Units in the order of evidence of which the sums kept say that each has a record to show, one in each month that has a
# sum: enough for a page; and those of which something isn't folded yet. The unit gone on after may have none left.
FIRST_UNITS = """
(select id from (
  select id, sum(case when {is_shown} then 0 else months end) over (
    order by sort_key, id rows between unbounded preceding and 1 preceding) as before
  from (
    select u.id, u.sort_key, u.path from organizations_unit u
    where u.id <> all(%(changed)s::bigint[]) and {has} {beyond}
    order by u.sort_key, u.id limit %(units)s
  ) u cross join lateral (select count(distinct o.month) as months {sums}) m
) first where coalesce(before, 0) < %(size)s)
union all select unnest(%(changed)s::bigint[])
"""
OF_UNIT = """from {own} o
  where o.unit_id = u.id and o.indicator = %(code)s and {path} like any(%(paths)s) {only}"""
# What lies deep is found by the index of paths, by the same said so. Of much each is asked by itself, by one process as
# what is volatile: to start two more takes longer than all of it.
NEAR = "exists (select {sums} and {path} ~>=~ %(lowest)s and {path} ~<~ %(highest)s)"
WIDE = "(select count(*) {sums}) > 0 and random() < 2"
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
        self.only, self.tree, self.has_denominator = only, tree, indicator.has_denominator
        self.is_wide, self.is_near = not unit.is_cell, not holds_much(unit.path)
        self.parts = indicator.parts
        each = (indicator.subject, *indicator.follows)
        self.subjects = ["", *each, *(of_grain(subject, indicator.grain) for subject in each)]
        self.parameters: dict[str, Any] = {
            "unit": unit.pk, "first": first, "last": last, "code": indicator.code, "first_month": first.replace(day=1)
        }  # fmt: skip
        label, name = "f.label", NAMES[tree]
        called = name
        if scope is not None:
            seen, parameters = scope.sql("u.path")
            label, name = f"case when {seen} then f.label end", f"case when {seen} then {called} end"
            self.parameters |= parameters
        self.columns = COLUMNS.format(label=label, name=name)
        paths = [unit.path] if tree is Tree.NOW else list(unit.lineages.values_list("path", flat=True))
        self.parameters["paths"] = [path + "%" for path in paths]
        self.parameters["lowest"] = min(paths, default="")
        self.parameters["highest"] = max(paths, default="")[:-1] + "0"  # it follows "/"
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
        if only.value is not None:
            month_end = "(date_trunc('month', f.day) + interval '1 month')::date - 1"
            of_it, parameters = of_value(only.value, "l.path", month_end)
            condition += f" and {of_it}"
            self.parameters |= parameters
        for n, word in enumerate(search_key(only.words).split()[:8]):
            self.parameters[f"word{n}"] = f"%{word.replace('%', '').replace('_', '')}%"
            text = f"coalesce({label}, '') || ' ' || coalesce({name}, '') || ' ' || f.record || ' ' || u.code"
            condition += f" and chibo_plain({text}) like %(word{n})s"
        return condition

    @cached_property
    def _kept(self) -> tuple[Totals, list[int]] | None:
        """What many facts add up to by the sums kept, and the units that changed since; None where all are to be asked.

        One query; one more where some changed, of which the facts are asked.
        """
        if self.only.words or self.only.value is not None or not self.is_wide:
            return None
        if self.only.which and self.parts > 1:  # of these some take away: a sum does not say whether one counts
            return None
        sums = by_month(SUMS[self.tree], *SPAN, codes="array[%(code)s]")
        with connection.cursor() as cursor:
            cursor.execute(
                KEPT.format(sums=sums, own=by_month(OWN, *SPAN, ", s.path"), **STANDING[self.tree]),
                self.parameters | {"subjects": self.subjects, "most": MARKS},
            )
            kept = cursor.fetchone()
            if kept is None or kept[0] + kept[1] <= MANY * self.parts:
                return None
            numerator, denominator, marked, (away, of) = kept
            changed = sorted(set(marked))
            if len(marked) == MARKS or len(changed) > CHANGED:
                return None
            if changed:
                of_them = self.parameters | {"units": changed}
                cursor.execute(f"{ADDED_UP} {self.source} and f.unit = any(%(units)s)", of_them)
                _rows, there, of_there = cursor.fetchone()
                numerator, denominator = numerator - away + there, denominator - of + (of_there or 0)
        return Totals(None, int(numerator), int(denominator) if self.has_denominator else None), changed

    def totals(self) -> Totals | None:
        """What the facts add up to; None where they are many and only some are asked for. One query and one kept."""
        if self._kept is not None:
            return None if self.only.which else self._kept[0]
        with connection.cursor() as cursor:
            cursor.execute(f"{ADDED_UP} {self.source}", self.parameters)
            rows, numerator, denominator = cursor.fetchone()
        return Totals(rows, int(numerator), None if denominator is None else int(denominator))

    def page(self, after: list[Any] | None = None, size: int = PAGE) -> list[Row]:
        """The facts that follow a row's key, in order; one more than `size` says that there are more. One query.

        Of many facts only those of as many units are asked as the page can show; that is one query more.
        """
        beyond, parameters = "", self.parameters | {"size": size + 1}
        if after is not None:
            beyond = " and (u.sort_key, f.unit, f.day, f.record) > (%(a0)s, %(a1)s, %(a2)s::date, %(a3)s)"
            parameters |= {f"a{n}": value for n, value in enumerate(after)}
        if self._kept is not None:
            parameters["units"] = self._first_units(after, parameters | {"changed": self._kept[1]})
            beyond += " and f.unit = any(%(units)s)"
        with connection.cursor() as cursor:
            cursor.execute(f"select {self.columns} {self.source} {beyond} {ORDER} limit %(size)s", parameters)
            return [_row(row) for row in cursor.fetchall()]

    def _first_units(self, after: list[Any] | None, parameters: dict[str, Any]) -> list[int]:
        """Units that fill a page: each has a fact, the one gone on after perhaps no more. One query."""
        path = "u.path" if self.tree is Tree.NOW else "o.path"
        only = {"counted": "and o.numerator > 0", "missed": "and o.numerator < o.denominator"}.get(self.only.which, "")
        sums = OF_UNIT.format(own=by_month(OWN, *SPAN, ", s.path"), path=path, only=only)
        statement = FIRST_UNITS.format(
            sums=sums,
            has=(NEAR if self.is_near else WIDE).format(sums=sums, path=path),
            beyond="" if after is None else "and (u.sort_key, u.id) >= (%(a0)s, %(a1)s)",
            is_shown="false" if after is None else "id = %(a1)s",
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters | {"units": parameters["size"] + 1})
            return [pk for (pk,) in cursor.fetchall()]

    def all(self) -> Iterator[Row]:
        """Every fact, in order, a bounded number at a time."""
        after: list[Any] | None = None
        while True:
            rows = self.page(after, STREAM)
            yield from rows[:STREAM]
            if len(rows) <= STREAM:
                return
            after = rows[STREAM - 1].key


def _row(row: tuple[Any, ...]) -> Row:
    """A fact as it is told: what was added up in the database comes as another kind of number."""
    facts, (numerator, denominator, sort_key) = row[:6], row[6:]
    told: tuple[Any, ...] = (int(numerator), None if denominator is None else int(denominator), sort_key)
    return Row(*facts, *told)


def _ever_under(paths: Iterable[str]) -> Iterable[int]:
    """The units that at some time stood on one of some paths or below it. One query."""
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    return Lineage.objects.filter(below).order_by().values_list("unit", flat=True).distinct()
