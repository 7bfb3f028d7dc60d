"""Figures of units and periods: from the sums kept, or from the facts where a year isn't kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, Subquery
from django.db.models.functions import Greatest, JSONObject

from chibo.core.periods import Period
from chibo.indicators import registry
from chibo.indicators.figures import Figure
from chibo.indicators.models import Fold, KeptYear, Mark, Month, OwnSum, Sum
from chibo.indicators.registry import LAST, Indicator
from chibo.indicators.stored import LISTED, NOW, THEN, numbers_of
from chibo.indicators.tables import sql_of
from chibo.organizations.trees import Tree

OF_FOLD = {"at": "at", "way": "way", "marks": "marks"}
Figures = dict[str, Figure]  # by indicator code; one left out has nothing to count

FROM_STORE = f"""
select s.unit_id, (select jsonb_object_agg(number, code) from indicators_numbered) ->> s.indicator_id::text, s.year,
    s.at::text, {LISTED}
from {{sums}} s
where s.unit_id = any(%(units)s) and s.year = any(%(years)s) and s.indicator_id = {numbers_of("%(codes)s")}
"""
SUMS = {Tree.THEN: THEN, Tree.NOW: NOW}

FROM_FACTS = """
select p.name, a.id::bigint, %(code_{n})s, sum(f.numerator), coalesce(sum(f.denominator), 0), null::timestamptz
from ({facts}) f
join unnest(%(periods)s::text[], %({firsts})s::date[], %(lasts)s::date[]) p(name, first, last)
  on f.day between p.first and p.last
{places},
unnest(string_to_array(rtrim(l.path, '/'), '/')) a(id)
where f.day between %(first)s and %(last)s and a.id::bigint = any(%(units)s) {few}
group by 1, 2
"""
FEW = 2_000  # units whose facts are asked for by their keys; of more all are
# What ever stood below, or what stands there today: all that begins with a path ("0" comes after "/").
BELOW = """
select distinct l.{unit} from {source} l
join (select distinct path from {source} where {unit} = any(%s)) a
  on l.path ~>=~ a.path and l.path ~<~ (left(a.path, -1) || '0')
limit %s
"""
UNDER = {
    Tree.THEN: BELOW.format(source="organizations_lineage", unit="unit_id"),
    Tree.NOW: BELOW.format(source="organizations_unit", unit="id"),
}
# Where a fact counts: under the units above its own on its day, or under those above it today.
PLACES = {
    Tree.THEN: "join organizations_lineage l"
    " on l.unit_id = f.unit and l.from_on <= f.day and (l.to_on is null or l.to_on > f.day)",
    Tree.NOW: "join organizations_unit l on l.id = f.unit",
}


def figures(
    unit_ids: Sequence[int], period: Period, codes: Sequence[str] | None = None, tree: Tree = Tree.THEN
) -> dict[int, Figures]:
    """The figures of units in a period, each unit with an entry; see `figures_in`."""
    return figures_in(unit_ids, [period], codes, tree)[period]


def figures_in(
    unit_ids: Sequence[int],
    periods: Sequence[Period],
    codes: Sequence[str] | None = None,
    tree: Tree = Tree.THEN,
    kept: Set[int] | None = None,
    *,
    beside: Period | None = None,
) -> dict[Period, dict[int, Figures]]:
    """The figures of units in each of some periods, and `beside` them; two queries, four where a year is missing.

    They are as the tree stood on the day of each fact, or as it stands today. What has numerator 0 and denominator 0 or
    none is left out, as is what isn't said of periods that short. With the years `kept` by `standing`, one query less.
    The period `beside` is merely to compare with: it has figures only if its year is kept.
    """
    wanted = [i for i in registry.every() if codes is None or i.code in codes]
    every = [*periods, *([beside] if beside and beside not in periods else [])]
    if kept is None:
        kept = set(KeptYear.objects.filter(year__in=[p.year for p in every]).values_list("year", flat=True))
    sums = _from_store(list(unit_ids), [p for p in every if p.year in kept], wanted, tree)
    for name, unit, code, *sum_and_moment in _from_facts(
        list(unit_ids), [p for p in periods if p.year not in kept], wanted, tree
    ):
        sums[code, name][unit] = sum_and_moment
    figures: dict[Period, dict[int, Figures]] = {period: {unit: {} for unit in unit_ids} for period in every}
    for indicator in wanted:
        code, has_whole = indicator.code, indicator.has_denominator
        for period in every:
            found = sums.get((code, str(period)))
            if not found or not indicator.said_of(period):
                continue
            of_units = figures[period]
            for unit, (numerator, denominator, at) in found.items():
                if numerator or denominator:
                    whole = int(denominator) if has_whole else None
                    of_units[unit][code] = Figure(indicator, int(numerator), whole, at)
    return figures


Sums = dict[tuple[str, str], dict[int, Sequence[Any]]]  # by code and period's name: of units numerator, denominator, at


def _from_store(unit_ids: list[int], periods: list[Period], wanted: list[Indicator], tree: Tree) -> Sums:
    sums = defaultdict[tuple[str, str], dict[int, Sequence[Any]]](dict)
    if not periods:
        return sums
    is_last = {i.code: i.over_time is LAST for i in wanted}
    of_year = defaultdict[int, list[tuple[str, int, int]]](list)  # their names, the first and the last month
    for period in periods:
        of_year[period.year].append((str(period), period.first_day.month, period.last_month.month))
    given: dict[str, Any] = {"units": unit_ids, "years": list(of_year), "codes": list(is_last)}
    with connection.cursor() as cursor:
        cursor.execute(FROM_STORE.format(sums=SUMS[tree]), given)
        rows = cursor.fetchall()
    for row in rows:
        unit, code, year, said = row[:4]
        at = _moment(said)
        for name, first, last in of_year[year]:
            begins = 3 + (last if is_last[code] else first)
            numerator = sum(filter(None, row[begins : 4 + last]))
            denominator = sum(filter(None, row[12 + begins : 16 + last]))
            if numerator or denominator:
                of_units = sums[code, name]
                before = of_units.get(unit)
                of_units[unit] = (
                    (numerator, denominator, at)
                    if before is None
                    else (before[0] + numerator, before[1] + denominator, max(at, before[2]))
                )
    return sums


@lru_cache(maxsize=4096)  # sums folded together have one moment; the driver would make it of each anew
def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _from_facts(unit_ids: list[int], periods: list[Period], wanted: list[Indicator], tree: Tree) -> list[Any]:
    if not periods or not wanted:
        return []
    parameters: dict[str, Any] = {f"code_{n}": i.code for n, i in enumerate(wanted)} | {
        "units": unit_ids,
        "periods": [str(p) for p in periods],
        "firsts": [p.first_day for p in periods],
        "lasts": [p.last_day for p in periods],
        "first": min(p.first_day for p in periods),
        "last": max(p.last_day for p in periods),
    }
    with connection.cursor() as cursor:
        cursor.execute(UNDER[tree], [unit_ids, FEW + 1])
        parameters["under"] = [pk for (pk,) in cursor.fetchall()]
        few = "and f.unit = any(%(under)s)" if len(parameters["under"]) <= FEW else ""
        queries = [
            FROM_FACTS.format(
                n=n, facts=sql_of(i.code), firsts="lasts" if i.over_time is LAST else "firsts", places=PLACES[tree],
                few=few,
            )
            for n, i in enumerate(wanted)
        ]  # fmt: skip
        cursor.execute(" union all ".join(queries), parameters)
        return list(cursor.fetchall())


def days_of(indicator: Indicator, period: Period) -> tuple[date, date]:
    """The first and last day whose facts make an indicator's figure of a period."""
    return (period.last_day if indicator.over_time is LAST else period.first_day), period.last_day


def changed_below(path: str) -> Exists:
    """The same as a condition within another question."""
    return Exists(Mark.objects.filter(unit__path__startswith=path))


def kept_and_origin(unit: int, code: str, periods: Sequence[Period]) -> tuple[set[int], Fold | None]:
    """Which years of these periods are kept, and how a unit's figure of the first came about. One query."""
    first = periods[0]
    own, below = (
        Subquery(
            table.objects.filter(unit=unit, indicator__code=code, year=first.year).order_by("-at").values("at")[:1]
        )
        for table in (OwnSum, Sum)
    )
    years = KeptYear.objects.filter(year__in=[period.year for period in periods]).values("year")
    (row,) = Month.objects.filter(pk=first.first_day).values_list(
        ArraySubquery(years),
        Subquery(Fold.objects.filter(at=Greatest(own, below)).order_by("-pk").values(said=JSONObject(**OF_FOLD))[:1]),
    )
    return set(row[0]), Fold(**row[1] | {"at": datetime.fromisoformat(row[1]["at"])}) if row[1] else None


def is_updating(path: str) -> bool:
    """Whether records of a unit or of one under it changed that its figures don't show yet. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from indicators_mark m join organizations_unit u on u.id = m.unit_id"
            " where u.path like %s)",
            [path + "%"],
        )
        return bool(cursor.fetchone()[0])


def standing(path: str, periods: Iterable[Period]) -> tuple[set[int], bool]:
    """Which years of these periods are kept, and whether figures of a unit are still updating. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select array(select year from indicators_keptyear where year = any(%s)), exists (select from"
            " indicators_mark m join organizations_unit u on u.id = m.unit_id where u.path like %s)",
            [[period.year for period in periods], path + "%"],
        )
        kept, updating = cursor.fetchone()
    return set(kept), bool(updating)
