"""What has to hold of figures and checks whatever was done to the tree: asked of the program, and of plain SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chibo.indicators.stored import LISTED, NOW, OWN, by_month

YEARS = (2023, 2024)
BLOCK = 500  # units whose figures are held at once
Key = tuple[int, str, str]  # unit, period, indicator
Pair = tuple[int, int]  # numerator, denominator

# Every row of figures kept, whatever its place among others and the moment it was computed.
KEPT = {
    "indicators_sum": (f"unit_id, year, indicator_id, {LISTED}", "indicators_sum"),
    "indicators_ownsum": (f"unit_id, year, indicator_id, path, {LISTED}", f"{OWN} o"),
    "indicators_shift": (f"unit_id, year, indicator_id, {LISTED}", "indicators_shift"),
    "indicators_standing": ("unit_id, path", "indicators_standing"),
}

DIGEST = "select count(*), coalesce(sum(hashtextextended(row({})::text, 0)::numeric), 0)"

# The facts of the records themselves, each counted for every unit that stands above its own today.
FROM_RECORDS = """
insert into expected
select f.unit, date_trunc('month', f.day)::date, %(code)s, sum(f.numerator), coalesce(sum(f.denominator), 0)
from ({facts}) f where f.day between %(first)s and %(last)s group by 1, 2
"""
OVER_TODAY = """
create temporary table expected_now as
select a.id::bigint as unit_id, e.month, e.indicator, sum(e.numerator) as numerator, sum(e.denominator) as denominator
from expected e join organizations_unit u on u.id = e.unit_id,
unnest(string_to_array(rtrim(u.path, '/'), '/')) a(id)
group by 1, 2, 3 having sum(e.numerator) <> 0 or sum(e.denominator) <> 0;
create index on expected_now (unit_id);
analyze expected_now
"""
DIFFERING = f"""
select coalesce(k.unit_id, e.unit_id), coalesce(k.month, e.month), coalesce(k.indicator, e.indicator),
       k.numerator, k.denominator, e.numerator, e.denominator
from (
    select unit_id, month, indicator, sum(numerator) as numerator, sum(denominator) as denominator from (
        select unit_id, month, indicator, numerator, denominator
        from {by_month(NOW, "%(first)s", "%(last)s")} n
    ) s group by 1, 2, 3 having sum(numerator) <> 0 or sum(denominator) <> 0
) k full join expected_now e on e.unit_id = k.unit_id and e.month = k.month and e.indicator = k.indicator
where (k.numerator, k.denominator) is distinct from (e.numerator, e.denominator) limit 5
"""


def asked(query: str, *parameters: Any, **named: Any) -> list[tuple[Any, ...]]:
    """The rows of a question."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, named or parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def kept() -> dict[str, Any]:
    """How many rows of figures are kept, as then and as now, and what they say to the digit."""
    found = {name: asked(f"{DIGEST.format(columns)} from {rows}") for name, (columns, rows) in KEPT.items()}
    of_years = f"{DIGEST.format(KEPT['indicators_sum'][0])} from indicators_sum where year between %s and %s"
    return found | {"indicators_sum of 2023 and 2024": asked(of_years, YEARS[0], YEARS[-1])}


def periods(*, months: bool) -> list[Any]:
    """The years of the proof, and each of their months."""
    from chibo.core.periods import Period

    years = [Period.parse(str(year)) for year in YEARS]
    return [*years, *(month for year in years for month in year.months)] if months else years


def blocks(*, months: bool) -> Iterator[tuple[list[int], list[Any]]]:
    """Every unit there is, some at a time, with periods: the years, and with `months` those of committees.

    What is said of a cell in a month is the sum kept of it, which `kept` and `as_now` compare for every unit.
    """
    for kinds, found in (("not in", periods(months=months)), ("in", periods(months=False))):
        units = asked(f"select id from organizations_unit where kind {kinds} ('cell', 'grassroots_cell') order by id")
        ids = [pk for (pk,) in units]
        for at in range(0, len(ids), BLOCK):
            yield ids[at : at + BLOCK], found


def told(units: list[int], found: list[Any], tree: Any) -> dict[Key, Pair]:
    """Figures as pages and reports get them."""
    from chibo.indicators.queries import figures_in

    return {
        (unit, str(period), code): (figure.numerator, figure.denominator or 0)
        for period, of_units in figures_in(units, found, tree=tree).items()
        for unit, figures in of_units.items()
        for code, figure in figures.items()
    }


def digests(tree: Any, *, months: bool) -> dict[tuple[int, str], int]:
    """Every figure of every unit as the program gives it: a number for each unit and period that has some."""
    found: dict[tuple[int, str], int] = {}
    for units, asked_of in blocks(months=months):
        for (unit, period, code), pair in told(units, asked_of, tree).items():
            found[unit, period] = found.get((unit, period), 0) + hash((code, *pair))
    return found


def years_of(found: dict[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    """Those of whole years."""
    return {key: number for key, number in found.items() if len(key[1]) == 4}


def as_now() -> int:
    """How many figures as now were compared: each is the sum of the records of all that stands there today.

    For every unit, indicator and month in what is kept; and again as the program gives them, years beside months.
    AssertionError with the first that differ.
    """
    from chibo.organizations.trees import Tree

    expect()
    given = {"first": f"{YEARS[0]}-01-01", "last": f"{YEARS[-1]}-12-31"}
    assert not (wrong := asked(DIFFERING, **given)), wrong
    ((number,),) = asked("select count(*) from expected_now")
    for units, found in blocks(months=True):
        given, said = expected_of(units, found), told(units, found, Tree.NOW)
        assert said == given, [(key, said.get(key), given.get(key)) for key in {*said, *given}
                               if said.get(key) != given.get(key)][:5]  # fmt: skip
    asked("drop table expected, expected_now")
    return int(number)


def expect() -> None:
    """Count the facts of the records on today's tree, apart from all that is kept."""
    from chibo.indicators import registry
    from chibo.indicators.tables import sql_of

    asked("drop table if exists expected, expected_now")
    asked("create temporary table expected"
          " (unit_id bigint, month date, indicator text, numerator bigint, denominator bigint)")  # fmt: skip
    for code in registry.codes():
        for year in YEARS:
            asked(FROM_RECORDS.format(facts=sql_of(code)), code=code, first=f"{year}-01-01", last=f"{year}-12-31")
    asked("analyze expected")
    for statement in OVER_TODAY.split(";\n"):
        asked(statement)


def expected_of(units: list[int], found: list[Any]) -> dict[Key, Pair]:
    """The same of some units and periods, added up here: months to years, or the last month standing for the year."""
    from chibo.indicators import registry
    from chibo.indicators.registry import LAST

    indicators = {each.code: each for each in registry.every()}
    by_month = {str(month): [month.first_day.year, str(month)] for month in periods(months=True) if month.length == 1}
    wanted = {str(period): period for period in found}
    sums: dict[Key, Pair] = {}
    rows = asked("select unit_id, to_char(month, 'YYYY-MM'), indicator, numerator, denominator from expected_now"
                 " where unit_id = any(%s)", units)  # fmt: skip
    for unit, month, code, numerator, denominator in rows:
        of_year = indicators[code].over_time is not LAST or month.endswith("-12")
        for name in by_month[month] if of_year else by_month[month][1:]:
            if (period := wanted.get(str(name))) and indicators[code].said_of(period):
                n, d = sums.get((unit, str(name), code), (0, 0))
                sums[unit, str(name), code] = n + int(numerator), d + int(denominator)
    return {key: pair for key, pair in sums.items() if any(pair)}


def findings() -> dict[str, set[tuple[str, str]]]:
    """What each check finds, as (code of the unit, code of the record), once counted as every night and once asked."""
    from bench.reform import moment
    from chibo.integrity import actions, registry
    from chibo.integrity.models import CheckRun
    from chibo.integrity.queries import counts_of, parameters_of, question_of
    from chibo.organizations.models import Threshold, Unit

    root, at = Unit.objects.get(code="TW"), moment()
    run = CheckRun.objects.create(unit=root, asked_at=at, told_at=at)
    found = {}
    for check in registry.every():
        actions.count(check=check, run=run, by=None, at=at)
        sql, more = question_of(check)
        given = parameters_of(at.date(), Threshold.objects.on(at.date())) | more
        rows = asked(
            f"select u.code, f.code, f.pk from ({sql}) f join organizations_unit u on u.id = f.unit_id", **given
        )
        found[check.code] = {(unit, code) for unit, code, _pk in rows}
        assert counts_of(root, whole=True).get(check.code, 0) == len(rows), check.code
    actions.end(run=run, by=None, at=at)
    return {code: records for code, records in found.items() if records}


def check_explained(found: dict[str, set[tuple[str, str]]], explained: dict[str, Iterable[tuple[str, str]]],
                    say: Callable[[str], None]) -> None:  # fmt: skip
    """What checks find is exactly what was to be expected; say how many of each and why is known."""
    for code in sorted({*found, *explained}):
        told, expected = found.get(code, set()), set(explained.get(code, ()))
        assert told == expected, (code, sorted(told - expected)[:5], sorted(expected - told)[:5])
        say(f"    {code}: {len(told):,}, all of them expected")
