"""What a fold makes of own sums that differ: they go up every path at once, and into what is kept.

A fold touches one or a few months; its statements tell of these alone. With all twelve of both sides, adding up and
comparing what did not change took most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chibo.indicators.stored import LISTED, MONTHS, NAMES, each, listed, together

ABOVE = "substring({} from '(.*/)[0-9]+/$')"  # the path of the unit above
# Of the units that differ, found by the index: there are a few hundred of them, and as many places as units.
OF_DELTA = "(select * from {table} where unit_id = any(array(select distinct unit_id from delta)))"
OWN = (
    f"select d.*, p.place from delta d join {OF_DELTA.format(table='indicators_path')} p"
    " on p.unit_id = d.unit_id and p.path = d.path"
)

DELTA = """
create temporary table delta on commit drop as
select indicator_id, unit_id, year, path, {added}
from (
    {of_years}
    union all
    select o.indicator_id, o.unit_id, o.year, p.path, {kept}
    from indicators_ownsum o join indicators_path p on p.unit_id = o.unit_id and p.place = o.place {batch}
) d
group by 1, 2, 3, 4 having {is_something};
insert into indicators_path (unit_id, place, path)
select d.unit_id, row_number() over (partition by d.unit_id order by d.path)
           + coalesce((select max(p.place) from indicators_path p where p.unit_id = d.unit_id), -1), d.path
from (select distinct unit_id, path from delta) d
where not exists (select from indicators_path p where p.unit_id = d.unit_id and p.path = d.path)
"""
BATCH = (
    "join (select indicator_id, unit_id, extract(year from month)::smallint as year,"
    " bit_or(1 << extract(month from month)::int) as months from batch group by 1, 2, 3) b"
    " on b.indicator_id = o.indicator_id and b.unit_id = o.unit_id and b.year = o.year"
)
KEPT_OF_BATCH = "case when b.months & (1 << {month}) <> 0 then -o.{name} end"
DIFFERS = """
select count(*) > greatest(%(many)s, (select reltuples from pg_class where oid = 'indicators_ownsum'::regclass) / 10)
from delta
"""

# Own sums that today are counted elsewhere than on the path they went up: taken from the units above there, added to
# those above here. What moved together goes together. A unit's own share stays its own, so only what is above counts.
SHIFTED = """
create temporary table shifted on commit drop as
select side.path, m.year, m.indicator_id, {sides}
from (
    select {was} as was, {now} as now, year, indicator_id, {summed}
    from ({moved}) each group by 1, 2, 3, 4
) m, lateral (values (m.was, -1), (m.now, 1)) side(path, sign)
where side.path is not null
"""
FROM_PATHS = """
select d.path as was, s.path as now, d.year, d.indicator_id, {listed}
from delta d join {standing} s on s.unit_id = d.unit_id and s.path <> d.path
"""
FROM_STANDING = """
select m.was, m.path as now, o.year, o.indicator_id, {listed}
from indicators_ownsum o join moved m on m.unit_id = o.unit_id
"""
# A unit never met before has its place of today at once; one met before goes from the place it was counted at.
MOVED = """
analyze taken;
create temporary table moved on commit drop as
select s.unit_id, s.path as was, u.path
from (select distinct unit_id from taken) t join indicators_standing s on s.unit_id = t.unit_id
join organizations_unit u on u.id = s.unit_id and u.path <> s.path
"""
STAND = """
insert into indicators_standing (unit_id, path)
select distinct u.id, u.path from taken t join organizations_unit u on u.id = t.unit_id on conflict do nothing;
{shifted};
update indicators_standing s set path = m.path from moved m where m.unit_id = s.unit_id;
create temporary table gone on commit drop as
select t.unit_id from unnest(array(select distinct unit_id from taken)) t(unit_id)
where not exists (select from organizations_unit u where u.id = t.unit_id)
  and not exists (select from indicators_ownsum o where o.unit_id = t.unit_id);
delete from indicators_standing where unit_id = any(array(select unit_id from gone));
delete from indicators_path where unit_id = any(array(select unit_id from gone))
"""

# What goes up from paths whose last step is the unit above.
UP = """
select p.id::bigint as unit_id, d.year, d.indicator_id, {summed}
from ({source}) d, unnest(string_to_array(rtrim(d.path, '/'), '/')) p(id)
group by 1, 2, 3 having {is_something}
"""
FROM_DELTA = """
select left(path, -1 - length(unit_id::text)) as path, year, indicator_id, {summed} from delta group by 1, 2, 3
"""
ADDED = "nullif(coalesce(s.{name}, 0) + coalesce(d.{name}, 0), 0)"
MERGE = """
merge into {target} s using ({source}) d
on s.unit_id = d.unit_id and s.year = d.year and s.indicator_id = d.indicator_id {and_place}
when matched and num_nonnulls({then}) = 0 then delete
when matched then update set at = %(at)s, {changed}
when not matched then insert (unit_id, year, indicator_id {place}, at, {listed})
    values (d.unit_id, d.year, d.indicator_id {d_place}, %(at)s, {fresh})
"""
NO_PLACE = {"and_place": "", "place": "", "d_place": ""}
PLACE = {"and_place": "and s.place = d.place", "place": ", place", "d_place": ", d.place"}


@dataclass(frozen=True)
class Merging:
    """The statements by which what differs is found and kept; those of several are apart by a line's end."""

    differences: str  # of what is in `batch`
    all_differences: str
    into_own: str
    into_sum: str
    stand: str
    into_shift: str


@cache
def merging(months: tuple[int, ...]) -> Merging:
    """The statements of a fold that touches some months. If a unit moved, they have to be all twelve."""
    moved = f"{_from_paths(months)} union all {FROM_STANDING.format(listed=listed(months))}"
    return Merging(
        _delta(months, BATCH, KEPT_OF_BATCH),
        _delta(months, "", "-o.{name}"),
        _merge("indicators_ownsum", OWN, months, PLACE),
        _merge("indicators_sum", _up(_from_delta(months), months), months, NO_PLACE),
        STAND.format(shifted=_shifted(moved, months)),
        _merge("indicators_shift", _up("select * from shifted", months), months, NO_PLACE),
    )


def _summed(months: Sequence[int]) -> str:
    return each("sum({name}) as {name}", months=months)


def _is_something(months: Sequence[int]) -> str:
    return "num_nonnulls(" + each("nullif(sum({name}), 0)", months=months) + ") > 0"


def _of_years(months: Sequence[int]) -> str:
    """The facts of a unit, indicator and year as a row."""
    return f"select indicator_id, unit_id, year, path, {together(months)} from fresh group by 1, 2, 3, 4"


def _delta(months: Sequence[int], batch: str, kept: str) -> str:
    return DELTA.format(
        added=each("nullif(sum({name}), 0)::bigint as {name}", months=months),
        of_years=_of_years(months),
        kept=each(kept, months=months),
        batch=batch,
        is_something=_is_something(months),
    )


def _from_delta(months: Sequence[int]) -> str:
    return FROM_DELTA.format(summed=_summed(months))


def _from_paths(months: Sequence[int]) -> str:
    return FROM_PATHS.format(listed=listed(months), standing=OF_DELTA.format(table="indicators_standing"))


def _shifted(moved: str, months: Sequence[int]) -> str:
    return SHIFTED.format(
        sides=each("side.sign * m.{name} as {name}", months=months),
        was=ABOVE.format("was"),
        now=ABOVE.format("now"),
        summed=_summed(months),
        moved=moved,
    )


def _up(source: str, months: Sequence[int]) -> str:
    return UP.format(source=source, summed=_summed(months), is_something=_is_something(months))


def _merge(target: str, source: str, months: Sequence[int], place: dict[str, str]) -> str:
    changed = set(listed(months).split(", "))
    return MERGE.format(
        target=target,
        source=source,
        then=", ".join(ADDED.format(name=name) if name in changed else f"s.{name}" for name in NAMES),
        changed=each("{name} = " + ADDED, months=months),
        listed=listed(months),
        fresh=each("nullif(d.{name}, 0)", months=months),
        **place,
    )


REPLACE_ALL = f"""
create temporary table delta on commit drop as
select * from ({_of_years(MONTHS)}) f where num_nonnulls({LISTED}) > 0;
delete from indicators_path;
insert into indicators_path (unit_id, place, path)
select unit_id, row_number() over (partition by unit_id order by path) - 1, path
from (select distinct unit_id, path from delta) d;
delete from indicators_ownsum;
insert into indicators_ownsum (unit_id, year, indicator_id, place, at, {LISTED})
select unit_id, year, indicator_id, place, %(at)s, {LISTED} from ({OWN}) d order by 1, 2, 3, 4;
delete from indicators_sum;
insert into indicators_sum (unit_id, year, indicator_id, at, {LISTED})
select unit_id, year, indicator_id, %(at)s, {each("nullif({name}, 0)")} from ({_up(_from_delta(MONTHS), MONTHS)}) d;
delete from indicators_standing;
insert into indicators_standing (unit_id, path) select id, path from organizations_unit;
{_shifted(_from_paths(MONTHS), MONTHS)};
delete from indicators_shift;
insert into indicators_shift (unit_id, year, indicator_id, at, {LISTED})
select unit_id, year, indicator_id, %(at)s, {each("nullif({name}, 0)")}
from ({_up("select * from shifted", MONTHS)}) d
"""
