"""The dated paths of units, derived from the parent links: what "as the tree stood then" reads."""

from collections.abc import Iterable

from django.db import connection

from chibo.exchange.sheets import MANY

ONE_TREE = 7_301_003  # key of the advisory lock

# Down from the parents above these units: their paths are known. Where spans of link and path meet, a path holds.
FRESH = """
with recursive line (unit_id, path, from_on, to_on) as (
    select u.id, coalesce(p.path, '') || u.id || '/',
           greatest(coalesce(l.from_on, date '0001-01-01'), coalesce(p.from_on, date '0001-01-01')),
           least(l.to_on, p.to_on)
    from organizations_unit u
    left join organizations_parentlink l on l.unit_id = u.id
    left join organizations_lineage p on p.unit_id = l.parent_id
         and p.from_on < coalesce(l.to_on, 'infinity') and coalesce(p.to_on, 'infinity') > l.from_on
    where u.id = any(%(units)s) and (l.id is null or p.id is not null and l.parent_id <> all(%(units)s))
  union all
    select l.unit_id, p.path || l.unit_id || '/', greatest(l.from_on, p.from_on), least(l.to_on, p.to_on)
    from line p
    join organizations_parentlink l on l.parent_id = p.unit_id
         and p.from_on < coalesce(l.to_on, 'infinity') and coalesce(p.to_on, 'infinity') > l.from_on
),
-- neighbours with one path are one span: what moved above them left them where they were
numbered as (
    select *, sum(case when path = before then 0 else 1 end) over (partition by unit_id order by from_on) as run
    from (select *, lag(path) over (partition by unit_id order by from_on) as before from line) l
)
select unit_id, path, min(from_on) as from_on, nullif(max(coalesce(to_on, 'infinity')), 'infinity') as to_on
from numbered group by unit_id, path, run
"""

REPLACE = """
create temporary table fresh on commit drop as {fresh};
delete from organizations_lineage l using (select distinct unit_id from fresh) f
 where l.unit_id = f.unit_id
   and not exists (select from fresh n where n.unit_id = l.unit_id and n.path = l.path and n.from_on = l.from_on
                                       and n.to_on is not distinct from l.to_on);
insert into organizations_lineage (unit_id, path, from_on, to_on, prev_to)
select f.unit_id, f.path, f.from_on, f.to_on, nullif(f.from_on, date '0001-01-01')
from fresh f
where not exists (select from organizations_lineage l where l.unit_id = f.unit_id and l.from_on = f.from_on);
update organizations_unit u set path = f.path from fresh f
 where f.unit_id = u.id and f.to_on is null and u.path <> f.path;
drop table fresh
"""


BELOW = """
with recursive below (unit_id) as (
    select unnest(%(ids)s::bigint[])
  union
    select l.unit_id from below b join organizations_parentlink l on l.parent_id = b.unit_id
)
select unit_id from below
"""


def hold_tree() -> None:
    """Let no one else change the tree until this transaction ends: two moves at once could close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_TREE])


def relineage(unit_ids: Iterable[int]) -> None:
    """Derive the paths of these units and of all that ever stood under them anew; what is the same is not written.

    The units may be new or moved, and hang together in any order and depth. Call it inside an action.
    """
    with connection.cursor() as cursor:
        cursor.execute(BELOW, {"ids": list(unit_ids)})
        units = [row[0] for row in cursor.fetchall()]
        for statement in REPLACE.replace("{fresh}", FRESH).split(";\n"):
            cursor.execute(statement, {"units": units} if "%(units)s" in statement else None)
        if len(units) > MANY:
            cursor.execute("analyze organizations_lineage")
