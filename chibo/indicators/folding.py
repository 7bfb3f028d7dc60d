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
from chibo.indicators.stored import LISTED, NOT_NOTHING, SUMMED, TOGETHER, each
from chibo.indicators.tables import sql_of

BATCH = 100_000  # marks taken in one transaction
FEW = 5_000  # marked units that are folded for themselves; where more are, and most of all, everything is summed anew
MANY = 2_000  # rows of own sums that differ from which on, if a tenth of all, the planner is told anew what is kept at
# once: the next page asks for it; less is left to the database's own time
MEMORY = "128MB"  # for sums of millions of rows, which would be sorted on the disk otherwise
ABOVE = "substring({} from '(.*/)[0-9]+/$')"  # the path of the unit above
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

# Rows of a unit, indicator and year from here on, each with its twelve months.
OF_YEARS = f"select indicator_id, unit_id, year, path, {TOGETHER} from fresh group by 1, 2, 3, 4"
DELTA = f"""
create temporary table delta on commit drop as
select indicator_id, unit_id, year, path, {each("nullif(sum({name}), 0)::bigint as {name}")}
from (
    {OF_YEARS}
    union all
    select o.indicator_id, o.unit_id, o.year, p.path, {{kept}}
    from indicators_ownsum o join indicators_path p on p.unit_id = o.unit_id and p.place = o.place {{batch}}
) d
group by 1, 2, 3, 4 having {NOT_NOTHING};
insert into indicators_path (unit_id, place, path)
select d.unit_id, row_number() over (partition by d.unit_id order by d.path)
           + coalesce((select max(p.place) from indicators_path p where p.unit_id = d.unit_id), -1), d.path
from (select distinct unit_id, path from delta) d
where not exists (select from indicators_path p where p.unit_id = d.unit_id and p.path = d.path)
"""
OF_ALL = {"batch": "", "kept": each("-o.{name}")}
OF_BATCH = {
    "batch": "join (select indicator_id, unit_id, extract(year from month)::smallint as year,"
    " bit_or(1 << extract(month from month)::int) as months from batch group by 1, 2, 3) b"
    " on b.indicator_id = o.indicator_id and b.unit_id = o.unit_id and b.year = o.year",
    "kept": each("case when b.months & (1 << {month}) <> 0 then -o.{name} end"),
}
DIFFERS = """
select count(*) > greatest(%(many)s, (select reltuples from pg_class where oid = 'indicators_ownsum'::regclass) / 10)
from delta
"""
OWN = "select d.*, p.place from delta d join indicators_path p on p.unit_id = d.unit_id and p.path = d.path"

# Own sums that today are counted elsewhere than on the path they went up: taken from the units above there, added to
# those above here. What moved together goes together. A unit's own share stays its own, so only what is above counts.
SHIFTED = f"""
create temporary table shifted on commit drop as
select side.path, m.year, m.indicator_id, {each("side.sign * m.{name} as {name}")}
from (
    select {ABOVE.format("was")} as was, {ABOVE.format("now")} as now, year, indicator_id, {SUMMED}
    from ({{moved}}) each group by 1, 2, 3, 4
) m, lateral (values (m.was, -1), (m.now, 1)) side(path, sign)
where side.path is not null
"""
FROM_PATHS = f"""
select d.path as was, s.path as now, d.year, d.indicator_id, {LISTED}
from delta d join indicators_standing s on s.unit_id = d.unit_id and s.path <> d.path
"""
FROM_STANDING = f"""
select m.was, m.path as now, o.year, o.indicator_id, {LISTED}
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
  and not exists (select from indicators_ownsum o where o.unit_id = s.unit_id);
delete from indicators_path p using taken t
where t.unit_id = p.unit_id and not exists (select from organizations_unit u where u.id = p.unit_id)
  and not exists (select from indicators_ownsum o where o.unit_id = p.unit_id)
"""

# What goes up from paths whose last step is the unit above.
UP = f"""
select p.id::bigint as unit_id, d.year, d.indicator_id, {SUMMED}
from ({{source}}) d, unnest(string_to_array(rtrim(d.path, '/'), '/')) p(id)
group by 1, 2, 3 having {NOT_NOTHING}
"""
FROM_DELTA = f"select {ABOVE.format('path')} as path, year, indicator_id, {SUMMED} from delta group by 1, 2, 3"
ADDED = "nullif(coalesce(s.{name}, 0) + coalesce(d.{name}, 0), 0)"
MERGE = f"""
merge into {{target}} s using ({{source}}) d
on s.unit_id = d.unit_id and s.year = d.year and s.indicator_id = d.indicator_id {{and_place}}
when matched and num_nonnulls({each(ADDED)}) = 0 then delete
when matched then update set at = %(at)s, {each("{name} = " + ADDED)}
when not matched then insert (unit_id, year, indicator_id {{place}}, at, {LISTED})
    values (d.unit_id, d.year, d.indicator_id {{d_place}}, %(at)s, {each("nullif(d.{name}, 0)")})
"""
NO_PLACE = {"and_place": "", "place": "", "d_place": ""}
PLACE = {"and_place": "and s.place = d.place", "place": ", place", "d_place": ", d.place"}
INTO_OWN = MERGE.format(target="indicators_ownsum", source=OWN, **PLACE)
INTO_SUM = MERGE.format(target="indicators_sum", source=UP.format(source=FROM_DELTA), **NO_PLACE)
INTO_SHIFT = MERGE.format(target="indicators_shift", source=UP.format(source="select * from shifted"), **NO_PLACE)

REPLACE_ALL = f"""
create temporary table delta on commit drop as
select * from ({OF_YEARS}) f where num_nonnulls({LISTED}) > 0;
delete from indicators_path;
insert into indicators_path (unit_id, place, path)
select unit_id, row_number() over (partition by unit_id order by path) - 1, path
from (select distinct unit_id, path from delta) d;
delete from indicators_ownsum;
insert into indicators_ownsum (unit_id, year, indicator_id, place, at, {LISTED})
select unit_id, year, indicator_id, place, %(at)s, {LISTED} from ({OWN}) d order by 1, 2, 3, 4;
delete from indicators_sum;
insert into indicators_sum (unit_id, year, indicator_id, at, {LISTED})
select unit_id, year, indicator_id, %(at)s, {each("nullif({name}, 0)")} from ({UP.format(source=FROM_DELTA)}) d;
delete from indicators_standing;
insert into indicators_standing (unit_id, path) select id, path from organizations_unit;
{SHIFTED.format(moved=FROM_PATHS)};
delete from indicators_shift;
insert into indicators_shift (unit_id, year, indicator_id, at, {LISTED})
select unit_id, year, indicator_id, %(at)s, {each("nullif({name}, 0)")}
from ({UP.format(source="select * from shifted")}) d
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
        _run(cursor, DELTA.format(**OF_ALL if most else OF_BATCH), {})
        for merge in (INTO_OWN, INTO_SUM):
            cursor.execute(merge, {"at": at})
        _run(cursor, STAND.format(shifted=SHIFTED.format(moved=f"{FROM_PATHS} union all {FROM_STANDING}")), {})
        cursor.execute(INTO_SHIFT, {"at": at})
        cursor.execute(DIFFERS, {"many": MANY})
        if cursor.fetchone()[0]:
            cursor.execute("analyze indicators_path, indicators_ownsum, indicators_sum, indicators_shift")
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
        _run(cursor, REPLACE_ALL, {"at": at})
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


def _sum_facts(cursor: Any, code: str, only: str, parameters: dict[str, Any]) -> None:
    """Add the own sums of one indicator, as its facts are now, to the table `fresh`."""
    cursor.execute(SUM_FACTS.format(facts=sql_of(code), only=only), parameters)


def _run(cursor: Any, script: str, parameters: dict[str, Any]) -> None:
    """Execute statements one by one: with parameters the driver takes only one at a time."""
    for statement in script.split(";\n"):
        cursor.execute(statement, parameters)
