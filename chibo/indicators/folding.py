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
from chibo.indicators import registry
from chibo.indicators.marks import of_grain
from chibo.indicators.models import Fold, Mark
from chibo.indicators.tables import sql_of

BATCH = 100_000  # marks taken in one transaction
FEW = 5_000  # marked units that are folded for themselves; where more are, and most of all, everything is summed anew
MANY = 10_000  # own sums that differ from which on, if a tenth of all, the planner is told anew what is kept at once:
# the next page asks for it; less is left to the database's own time
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
select distinct t.unit_id, t.month, c.indicator
from touched t
join unnest(%(subjects)s::text[], %(codes)s::text[], %(grains)s::text[]) c(subject, indicator, grain)
  on t.subject in ('', c.subject) and c.grain = any(t.ends);
create unique index on batch (indicator, unit_id, month);
analyze batch
"""
FRESH = """
create temporary table fresh
    (indicator text, unit_id bigint, month date, path text, numerator bigint, denominator bigint) on commit drop
"""

SUM_FACTS = """
insert into fresh
select %(code)s, f.unit, date_trunc('month', f.day)::date, l.path, sum(f.numerator), coalesce(sum(f.denominator), 0)
from ({facts}) f
join organizations_lineage l on l.unit_id = f.unit and l.from_on <= f.day and (l.to_on is null or l.to_on > f.day)
where f.day between %(first)s and %(last)s {only}
group by 2, 3, 4
"""
ONLY_BATCH = """
and f.unit = any(%(units)s)
and (f.unit, date_trunc('month', f.day)::date) in (select unit_id, month from batch where indicator = %(code)s)
"""

DELTA = """
create temporary table delta on commit drop as
select indicator, unit_id, month, path, sum(numerator) as numerator, sum(denominator) as denominator
from (
    select * from fresh
    union all
    select indicator, unit_id, month, path, -numerator, -denominator
    from indicators_ownsum {batch}
) d
group by 1, 2, 3, 4 having sum(numerator) <> 0 or sum(denominator) <> 0;
merge into indicators_ownsum o using delta d
on o.unit_id = d.unit_id and o.month = d.month and o.indicator = d.indicator and o.path = d.path
when matched and o.numerator + d.numerator = 0 and o.denominator + d.denominator = 0 then delete
when matched then update set numerator = o.numerator + d.numerator, denominator = o.denominator + d.denominator
when not matched then insert (indicator, unit_id, month, path, numerator, denominator)
    values (d.indicator, d.unit_id, d.month, d.path, d.numerator, d.denominator)
"""
DIFFERS = """
select count(*) > greatest(%(many)s, (select reltuples from pg_class where oid = 'indicators_ownsum'::regclass) / 10)
from delta
"""
OF_BATCH = "join batch using (unit_id, month, indicator)"

# The same of a year, of what adds up over months.
OF_YEARS = """
select unit_id, extract(year from month)::int as year, indicator, sum(numerator) as numerator,
       sum(denominator) as denominator
from {source} where indicator = any(%(adding)s) group by 1, 2, 3 having sum(numerator) <> 0 or sum(denominator) <> 0
"""
YEARS = """
merge into indicators_ownyear o using ({of_years}) d
on o.unit_id = d.unit_id and o.year = d.year and o.indicator = d.indicator
when matched and o.numerator + d.numerator = 0 and o.denominator + d.denominator = 0 then delete
when matched then update set numerator = o.numerator + d.numerator, denominator = o.denominator + d.denominator
when not matched then insert (unit_id, year, indicator, numerator, denominator)
    values (d.unit_id, d.year, d.indicator, d.numerator, d.denominator)
"""

# Own sums that today are counted elsewhere than on the path they went up: taken from the units above there, added to
# those above here. What moved together goes together. A unit's own share stays its own, so only what is above counts.
SHIFTED = """
create temporary table shifted on commit drop as
select side.path, m.month, m.indicator, side.sign * m.numerator as numerator, side.sign * m.denominator as denominator
from (
    select substring(was from '(.*/)[0-9]+/$') as was, substring(now from '(.*/)[0-9]+/$') as now, month, indicator,
           sum(numerator) as numerator, sum(denominator) as denominator
    from ({moved}) each group by 1, 2, 3, 4
) m, lateral (values (m.was, -1), (m.now, 1)) side(path, sign)
where side.path is not null
"""
FROM_PATHS = """
select d.path as was, s.path as now, d.month, d.indicator, d.numerator, d.denominator
from {source} d join indicators_standing s on s.unit_id = d.unit_id and s.path <> d.path
"""
FROM_STANDING = """
select m.was, m.path as now, o.month, o.indicator, o.numerator, o.denominator
from indicators_ownsum o join moved m on m.unit_id = o.unit_id
"""
# A unit never met before has its place of today at once; one met before goes from the place it was counted at.
STAND = """
analyze taken;
insert into indicators_standing (unit_id, path)
select distinct u.id, u.path from taken t join organizations_unit u on u.id = t.unit_id on conflict do nothing;
create temporary table moved on commit drop as
select s.unit_id, s.path as was, u.path
from (select distinct unit_id from taken) t join indicators_standing s on s.unit_id = t.unit_id
join organizations_unit u on u.id = s.unit_id and u.path <> s.path;
{shifted};
update indicators_standing s set path = m.path from moved m where m.unit_id = s.unit_id;
delete from indicators_standing s using taken t
where t.unit_id = s.unit_id and not exists (select from organizations_unit u where u.id = s.unit_id)
  and not exists (select from indicators_ownsum o where o.unit_id = s.unit_id)
"""

UP = """
select p.id::bigint as unit_id, d.month, d.indicator,
       sum(d.numerator) as numerator, sum(d.denominator) as denominator
from {source} d, unnest(string_to_array(rtrim(d.path, '/'), '/')) p(id)
group by 1, 2, 3
"""
FOLD_UP = """
merge into {target} s using ({up} having sum(d.numerator) <> 0 or sum(d.denominator) <> 0) d
on s.unit_id = d.unit_id and s.month = d.month and s.indicator = d.indicator
when matched and s.numerator + d.numerator = 0 and s.denominator + d.denominator = 0 then delete
when matched then update set numerator = s.numerator + d.numerator, denominator = s.denominator + d.denominator,
    at = %(at)s
when not matched then insert (unit_id, month, indicator, numerator, denominator, at)
    values (d.unit_id, d.month, d.indicator, d.numerator, d.denominator, %(at)s)
"""

REPLACE_ALL = """
delete from indicators_ownsum;
insert into indicators_ownsum (indicator, unit_id, month, path, numerator, denominator)
select * from fresh where numerator <> 0 or denominator <> 0;
delete from indicators_ownyear;
insert into indicators_ownyear (unit_id, year, indicator, numerator, denominator) {of_years};
delete from indicators_sum;
insert into indicators_sum (unit_id, month, indicator, numerator, denominator, at)
select u.*, %(at)s::timestamptz from ({up}) u where u.numerator <> 0 or u.denominator <> 0;
delete from indicators_standing;
insert into indicators_standing (unit_id, path) select id, path from organizations_unit;
{shifted};
delete from indicators_shift;
insert into indicators_shift (unit_id, month, indicator, numerator, denominator, at)
select u.*, %(at)s::timestamptz from ({shifted_up}) u where u.numerator <> 0 or u.denominator <> 0
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
        _run(cursor, DELTA.format(batch="" if most else OF_BATCH), {})
        cursor.execute(YEARS.format(of_years=OF_YEARS.format(source="delta")), {"adding": registry.adding()})
        cursor.execute(FOLD_UP.format(target="indicators_sum", up=UP.format(source="delta")), {"at": at})
        shifted = SHIFTED.format(moved=f"{FROM_PATHS.format(source='delta')} union all {FROM_STANDING}")
        _run(cursor, STAND.format(shifted=shifted), {})
        cursor.execute(FOLD_UP.format(target="indicators_shift", up=UP.format(source="shifted")), {"at": at})
        cursor.execute(DIFFERS, {"many": MANY})
        if cursor.fetchone()[0]:
            cursor.execute("analyze indicators_ownsum, indicators_ownyear, indicators_sum, indicators_shift")
        cursor.execute("drop table taken, fresh, delta, moved, shifted" + ("" if most else ", batch"))
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
        shifted = SHIFTED.format(moved=FROM_PATHS.format(source="fresh"))
        up, shifted_up = UP.format(source="fresh"), UP.format(source="shifted")
        script = REPLACE_ALL.format(
            of_years=OF_YEARS.format(source="fresh"), up=up, shifted_up=shifted_up, shifted=shifted
        )
        _run(cursor, script, {"at": at, "adding": registry.adding()})
        cursor.execute("drop table taken, fresh, shifted")


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


def _sum_all(cursor: Any) -> None:
    """Add the own sums of all units and indicators, in all years kept, to the table `fresh`."""
    cursor.execute(f"set local work_mem = '{MEMORY}'")
    cursor.execute("select make_date(year, 1, 1), make_date(year, 12, 31) from indicators_keptyear order by year")
    years = cursor.fetchall()
    for code in registry.codes():
        for first, last in years:
            _sum_facts(cursor, code, "", {"first": first, "last": last})
    cursor.execute("analyze fresh")


def _sum_batch(cursor: Any) -> None:
    """Add the own sums of what the marks taken concern to the table `fresh`; the table `batch` says what that is."""
    heard = [
        (subject, i.code, i.grain)
        for i in registry.every()
        for each in (i.subject, *i.follows)
        for subject in {each, of_grain(each, i.grain)}
    ]
    subjects, codes, grains = map(list, zip(*heard, strict=True))
    _run(cursor, SPREAD, {"subjects": subjects, "codes": codes, "grains": grains})
    cursor.execute(
        "select indicator, array_agg(distinct unit_id), min(month), (max(month) + interval '1 month')::date - 1"
        " from batch group by indicator"
    )
    for code, units, first, last in cursor.fetchall():
        _sum_facts(cursor, code, ONLY_BATCH, {"units": units, "first": first, "last": last})


def _sum_facts(cursor: Any, code: str, only: str, parameters: dict[str, Any]) -> None:
    """Add the own sums of one indicator, as its facts are now, to the table `fresh`."""
    cursor.execute(SUM_FACTS.format(facts=sql_of(code), only=only), parameters | {"code": code})


def _run(cursor: Any, script: str, parameters: dict[str, Any]) -> None:
    """Execute statements one by one: with parameters the driver takes only one at a time."""
    for statement in script.split(";\n"):
        cursor.execute(statement, parameters)
