"""Folding: the facts of marked units and months are summed again, and the difference goes up every path at once.

A unit's own sums are kept beside the figures they went into, on the path they went up. What is folded is always the
difference between the facts as they are and the own sums as they were, so any order of writes, a moved unit included,
comes to the same figures as a rebuild. What today's tree makes of the same own sums is kept beside as shifts: only what
differs, so nothing where nobody moved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from chibo.core.actions import action
from chibo.indicators import beside, registry
from chibo.indicators.marks import of_grain
from chibo.indicators.merging import DIFFERS, MOVED, REPLACE_ALL, merging
from chibo.indicators.models import Fold, Mark
from chibo.indicators.stored import MONTHS
from chibo.indicators.tables import sql_of

BATCH = 100_000  # marks taken in one transaction
FEW = 5_000  # marked units that are folded for themselves; where more are, and most of all, everything is summed anew
MANY = 2_000  # rows of own sums that differ from which on, if a tenth of all, the planner is told anew what is kept at
# once: the next page asks for it; less is left to the database's own time
MEMORY = "128MB"  # for sums of millions of rows, which would be sorted on the disk otherwise
ONE_FOLDER = 7_301_001  # key of the advisory lock: one folder at a time, writers never wait

MOST = """
select count(*) > %(few)s and 2 * count(*) > (select count(*) from organizations_unit)
from (select distinct unit_id from indicators_mark) marked
"""
TAKE = """
create temporary table taken (unit_id bigint, from_on date, to_on date, subject text) on commit drop;
with gone as (
    delete from indicators_mark where id in (select id from indicators_mark order by id limit %(batch)s) returning *
)
insert into taken select unit_id, from_on, to_on, subject from gone
"""

TOLD = "insert into indicators_fold (at, way, marks) select %(at)s, %(way)s, count(*) from taken"

NUMBER = """
insert into indicators_numbered (number, code)
select (select coalesce(max(number), 0) from indicators_numbered) + row_number() over (order by c.at), c.code
from unnest(%s::text[]) with ordinality c(code, at)
where not exists (select from indicators_numbered n where n.code = c.code)
"""

# A year is kept from the first record of a month in it on, with the year before to compare with, and the running one.
KEEP = """
with asked as (
    select distinct extract(year from from_on)::int - back as year
    from taken, (values (0), (1)) b(back) where subject = 'meetings' and to_on is not null
    union values (%(year)s), (%(year)s - 1)
), kept as (
    insert into indicators_keptyear select distinct year from indicators_month join asked using (year)
    on conflict do nothing returning year
)
insert into taken select u.id, make_date(k.year, 1, 1), make_date(k.year + 1, 1, 1), ''
from kept k, organizations_unit u
"""

# Marks without end are many after a load and one a unit is enough: together they say "from the earliest on".
SPREAD = """
create temporary table batch on commit drop as
with months as (
    select m.first_day, m.last_day,
           array['month'] || case when ends_quarter then array['quarter'] else '{}' end
                          || case when ends_year then array['half', 'year'] else '{}' end as ends
    from indicators_month m join indicators_keptyear k on k.year = m.year
), spans as (
    select unit_id, subject, min(from_on) as from_on, null::date as to_on
    from taken where to_on is null group by unit_id, subject
    union
    select unit_id, subject, from_on, to_on from taken where to_on > (select min(first_day) from months)
), touched as (
    select distinct t.unit_id, t.subject, m.first_day as month, m.ends
    from spans t join months m on m.last_day >= t.from_on and (t.to_on is null or m.first_day < t.to_on)
)
select distinct t.unit_id, t.month, c.indicator_id
from touched t
join unnest(%(subjects)s::text[], %(numbers)s::smallint[], %(grains)s::text[]) c(subject, indicator_id, grain)
  on t.subject in ('', c.subject) and c.grain = any(t.ends);
create unique index on batch (indicator_id, unit_id, month);
analyze batch
"""
FRESH = """
create temporary table fresh (indicator_id smallint, unit_id bigint, year smallint, m smallint, path text,
    numerator bigint, denominator bigint) on commit drop
"""

SUM_FACTS = """
insert into fresh
select %(number)s, unit, extract(year from month), extract(month from month), path, n, d
from (
    select f.unit, date_trunc('month', f.day)::date as month, l.path, sum(f.numerator) as n,
           coalesce(sum(f.denominator), 0) as d
    from ({facts}) f
    join organizations_lineage l on l.unit_id = f.unit and l.from_on <= f.day and (l.to_on is null or l.to_on > f.day)
    where f.day between %(first)s and %(last)s {only}
    group by 1, 2, 3
) s
"""
ONLY_BATCH = """
and f.unit = any(%(units)s)
and (f.unit, date_trunc('month', f.day)::date) in (select unit_id, month from batch where indicator_id = %(number)s)
"""


@action("indicators.folded")
def fold(*, by: Any, at: datetime) -> bool:
    """Fold the oldest marks into the figures; say whether marks are left.

    Where most units of a large tree are marked, as after a restructuring, all marks are taken, all own sums compared.
    """
    with connection.cursor() as cursor:
        cursor.execute(MOST, {"few": FEW})
        (most,) = cursor.fetchone()
        begin(cursor, Fold.Way.WORKER, None if most else BATCH, at)
        if most:
            _sum_all(cursor)
        else:
            _sum_batch(cursor)
        _run(cursor, MOVED, {})
        merge = merging(tuple(MONTHS) if most else _months(cursor))
        _run(cursor, merge.all_differences if most else merge.differences, {})
        for statement in (merge.into_own, merge.into_sum):
            cursor.execute(statement, {"at": at})
        _run(cursor, merge.stand, {})
        cursor.execute(merge.into_shift, {"at": at})
        (beside.keep_all if most else beside.keep_batch)(cursor)
        cursor.execute(DIFFERS, {"many": MANY})
        if cursor.fetchone()[0]:
            cursor.execute("analyze indicators_path, indicators_ownsum, indicators_sum, indicators_shift")
        cursor.execute("drop table taken, fresh, delta, moved, shifted, gone" + ("" if most else ", batch"))
    return Mark.objects.exists()


def fold_all(*, by: Any, at: datetime) -> None:
    """Fold until no mark is left; each batch is a transaction of its own."""
    while fold(by=by, at=at):
        pass


@action("indicators.rebuilt")
def rebuild(*, by: Any, at: datetime) -> None:
    """Compute every figure kept from the records anew and put the result in place of the old ones, at once."""
    with connection.cursor() as cursor:
        begin(cursor, Fold.Way.POSTGRES, None, at)
        _sum_all(cursor)
        _run(cursor, REPLACE_ALL, {"at": at})
        beside.keep_all(cursor)
        cursor.execute("drop table taken, fresh, delta, shifted")


def alone(cursor: Any) -> None:
    """Be the one folder until the transaction ends."""
    cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_FOLDER])


def begin(cursor: Any, way: Fold.Way, batch: int | None, at: datetime) -> None:
    """Be the one folder, take marks (all where `batch` is None), say so, and see to the years kept."""
    alone(cursor)
    _run(cursor, TAKE, {"batch": batch})
    cursor.execute(TOLD, {"at": at, "way": way})
    _run(cursor, KEEP, {"year": at.year})
    cursor.execute(FRESH)


def numbers(cursor: Any) -> dict[str, int]:
    """The number under which the sums of each indicator are kept; a new one is given the next. Only a folder asks."""
    cursor.execute(NUMBER, [registry.codes()])
    cursor.execute("select code, number from indicators_numbered where code = any(%s)", [registry.codes()])
    return dict(cursor.fetchall())


def _sum_all(cursor: Any) -> None:
    """Add the own sums of all units and indicators, in all years kept, to the table `fresh`."""
    cursor.execute(f"set local work_mem = '{MEMORY}'")
    cursor.execute("select make_date(year, 1, 1), make_date(year, 12, 31) from indicators_keptyear order by year")
    years = cursor.fetchall()
    for code, number in numbers(cursor).items():
        for first, last in years:
            _sum_facts(cursor, code, "", {"number": number, "first": first, "last": last})
    cursor.execute("analyze fresh")


def _sum_batch(cursor: Any) -> None:
    """Add the own sums of what the marks taken concern to the table `fresh`; the table `batch` says what that is."""
    known = numbers(cursor)
    heard = [
        (subject, known[i.code], i.grain)
        for i in registry.every()
        for each in (i.subject, *i.follows)
        for subject in {each, of_grain(each, i.grain)}
    ]
    subjects, listed, grains = map(list, zip(*heard, strict=True))
    _run(cursor, SPREAD, {"subjects": subjects, "numbers": listed, "grains": grains})
    cursor.execute(
        "select indicator_id, array_agg(distinct unit_id), min(month), (max(month) + interval '1 month')::date - 1"
        " from batch group by indicator_id"
    )
    codes = {number: code for code, number in known.items()}
    for number, units, first, last in cursor.fetchall():
        _sum_facts(
            cursor, codes[number], ONLY_BATCH, {"number": number, "units": units, "first": first, "last": last}
        )  # fmt: skip


def _months(cursor: Any) -> tuple[int, ...]:
    """The months of a year that a batch touches, or one; all where a unit moved, and its sums with it."""
    cursor.execute(
        "select exists (select from moved), array(select distinct extract(month from month)::int from batch)"
    )
    moved, months = cursor.fetchone()
    return tuple(MONTHS) if moved else tuple(sorted(months)) or (1,)


def _sum_facts(cursor: Any, code: str, only: str, parameters: dict[str, Any]) -> None:
    """Add the own sums of one indicator, as its facts are now, to the table `fresh`."""
    cursor.execute(SUM_FACTS.format(facts=sql_of(code), only=only), parameters)


def _run(cursor: Any, script: str, parameters: dict[str, Any]) -> None:
    """Execute statements one by one: with parameters the driver takes only one at a time."""
    for statement in script.split(";\n"):
        cursor.execute(statement, parameters)
