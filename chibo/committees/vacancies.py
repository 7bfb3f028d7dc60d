"""Posts that are vacant: approved or asked for, and not held; since when, by who left last.

A vacancy is filled oldest first: of three who left while one came, the two who left last are still missed. A vacant
seat is told once: a missing deputy is not missing once more in the standing committee and in the committee.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from chibo.members.models import ON_COMMITTEE, PostKind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

# Who counts where: a secretary has a seat in the standing committee, and all of them one in the committee.
COUNTS = [
    (PostKind.SECRETARY, PostKind.SECRETARY),
    (PostKind.DEPUTY_SECRETARY, PostKind.DEPUTY_SECRETARY),
    *((PostKind.STANDING_MEMBER, post) for post in ON_COMMITTEE[:3]),
    *((PostKind.COMMITTEE_MEMBER, post) for post in ON_COMMITTEE),
]
VACANT = """
with units as materialized (
    select u.id, u.kind, u.founded_on from organizations_unit u
    where {where} and u.founded_on <= %(day)s and (u.closed_on is null or u.closed_on > %(day)s)
), term as (
    select t.* from committees_term t join units u on u.id = t.unit_id
    where t.from_on <= %(day)s and (t.to_on is null or t.to_on > %(day)s)
), due as (
    select u.id as unit_id, 'secretary' as what, n.number::int as number,
           coalesce(t.from_on, u.founded_on) as since, t.id is not null as by_term
    from units u join committees_norm n on n.kind = u.kind and n.what = 'secretary' and n.number > 0
     and n.from_on <= %(day)s and (n.to_on is null or n.to_on > %(day)s)
    left join term t on t.unit_id = u.id
  union all
    select t.unit_id, w.what, w.number, t.from_on, true
    from term t cross join lateral (values ('deputy_secretary', t.deputies), ('standing_member', t.standing),
        ('committee_member', t.seats)) w(what, number)
    where w.number > 0
), counts as (
    select what collate "C" as what, post from unnest(%(whats)s::text[], %(posts)s::text[]) c(what, post)
), held as materialized (
    select p.unit_id, c.what, p.post, p.from_on, p.to_on,
           coalesce(p.person_id, -abs(hashtextextended(p.holder_name, 0) / 2)) as who
    from members_post p join units u on u.id = p.unit_id join counts c on c.post = p.post
    where p.from_on <= %(day)s
), now as (
    select unit_id, what, count(distinct who) as n from held where to_on is null or to_on > %(day)s group by 1, 2
), gross as (
    select d.*, greatest(d.number - coalesce(n.n, 0), 0) as missing
    from due d left join now n using (unit_id, what)
), missed as (
    select unit_id, coalesce(sum(missing) filter (where what in ('secretary', 'deputy_secretary')), 0) as heads,
           coalesce(max(missing) filter (where what = 'standing_member'), 0) as standing
    from gross group by 1
), lacking as (
    select * from (
        select g.unit_id, g.what, g.number, g.since, g.by_term, case g.what
            when 'standing_member' then g.missing - l.heads
            when 'committee_member' then g.missing - greatest(l.heads, l.standing)
            else g.missing end as missing
        from gross g join missed l using (unit_id)) net
    where missing > 0
), gone as (
    select l.unit_id, l.what, h.to_on from lacking l join held h using (unit_id, what)
    where h.to_on <= %(day)s and h.to_on > l.since and not exists (
        select from held o where o.unit_id = h.unit_id and o.what = h.what and o.who = h.who
        and o.from_on <= h.to_on and (o.to_on is null or o.to_on > h.to_on))
    and not exists (
        select from lacking x where x.unit_id = l.unit_id and x.what <> l.what and x.what = h.post)
), together as (  -- one beside the other rather than joined: how many are gone the planner can't know
    select unit_id, what, number, missing, since, by_term, null::date as to_on from lacking
    union all select unit_id, what, null, null, null, null, to_on from gone
), vacant as (
    select unit_id, what, number, missing, coalesce(left_on, since) as since,
           case when left_on is not null then 'left' when by_term then 'term' else 'founded' end as how
    from (
        select unit_id, what, max(number) as number, max(missing)::int as missing, max(since) as since,
               bool_or(by_term) as by_term,
               (array_agg(to_on order by to_on desc) filter (where to_on is not null))[max(missing)::int] as left_on
        from together group by unit_id, what) one
)
"""


class Vacancy(NamedTuple):
    """A post of a unit that fewer hold than were approved; since when the longest vacant."""

    unit_id: int
    path: str
    code: str
    name: str
    kind: str
    what: str
    number: int
    missing: int
    since: date
    how: str  # why since that day: left, term, founded

    def age(self, today: date) -> int:
        """Days it has been vacant."""
        return (today - self.since).days

    @property
    def key(self) -> list[Any]:
        return [self.since.isoformat(), self.unit_id, self.what]


def key_in(asked: list[Any] | None) -> list[Any] | None:
    """The key of a vacancy to go on after, if it is one."""
    return asked if asked and asked[2] in ON_COMMITTEE else None


def _given(day: date) -> dict[str, Any]:
    return {"day": day, "whats": [str(w) for w, _post in COUNTS], "posts": [str(post) for _what, post in COUNTS]}


def _ask(
    where: str, given: dict[str, Any], what: str = "", after: Sequence[Any] | None = None, size: int = 1000
) -> Any:
    conditions = ["v.what = %(what)s"] if what else []
    if after:
        conditions.append("(v.since, v.unit_id, v.what) > (%(since)s::date, %(after)s, %(after_what)s)")
        given = given | {"since": after[0], "after": after[1], "after_what": after[2]}
    only = "where " + " and ".join(conditions) if conditions else ""
    query = (
        VACANT.format(where=where)
        + "select v.unit_id, u.path, u.code, u.name, u.kind, v.what, v.number, v.missing, v.since, v.how"
        + f" from vacant v join organizations_unit u on u.id = v.unit_id {only}"
        + " order by v.since, v.unit_id, v.what limit %(size)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, given | {"what": what, "size": size})
        return [Vacancy(*row) for row in cursor.fetchall()]


def at_units(units: Iterable[int], day: date, size: int = 1000) -> list[Vacancy]:
    """What is vacant at these units, the longest first. One query."""
    found: list[Vacancy] = _ask("u.id = any(%(ids)s)", _given(day) | {"ids": list(units)}, size=size)
    return found


def below(
    unit: Unit, scope: Scope, day: date, *, what: str = "", after: Sequence[Any] | None = None, size: int
) -> list[Vacancy]:
    """What is vacant at a unit and all under it, as far as in scope, the longest first, after a key. One query."""
    condition, given = scope.sql("u.path")
    given = _given(day) | given | {"under": unit.path + "%"}
    found: list[Vacancy] = _ask(f"u.path like %(under)s and {condition}", given, what, after, size)
    return found
