"""Roles that follow from posts: who holds a post has what the rules give it, for the days of both, and no longer.

Derived at the end of every action that touched a post, the member who holds it, the user they are, their departure, a
rule or the kind of a unit; triggers mark the posts, so it does not matter how it was written. Nobody gives themself a
role so: what follows for the very user who acts is held back until an administrator other than they lets it hold.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils.timezone import localdate

from chibo.core.actions import at_end
from chibo.core.prepared import Prepared

ONE_AT_A_TIME = 7_401_337  # who derives waits for the one before: each sees what the other wrote
TAKE = Prepared("delete from members_postmark returning subject, number")
POSTS = """
select unnest(%(post)s::bigint[]) union
select id from members_post where person_id = any(%(person)s::bigint[]) union
select id from members_post where unit_id = any(%(unit)s::bigint[]) union
select p.id from members_postrule r join organizations_unit u on u.kind = r.unit_kind
join members_post p on p.unit_id = u.id and p.post = r.post
where r.id = any(%(rule)s::bigint[])
"""
# What follows from these posts, with the grant that says so already, if one does. A role ends with the membership
# begun last when the post began, or begun first after it; who is admitted again needs a new post for it.
WANTED = """
create temporary table wanted on commit drop as
with following as (
  select p.id as post_id, r.id as rule_id, q.user_id, r.role, p.unit_id, r.reach,
    greatest(p.from_on, r.from_on) as from_on, least(p.to_on, r.to_on, d.on) as to_on
  from members_post p
  join members_person q on q.id = p.person_id and q.user_id is not null
  join organizations_unit u on u.id = p.unit_id
  join members_postrule r on r.post = p.post and r.unit_kind = u.kind
  left join lateral (
    select id from members_membership where person_id = q.id
    order by joined_on > p.from_on, abs(joined_on - p.from_on) limit 1
  ) m on true
  left join members_departure d on d.membership_id = m.id
  where p.id = any(%(posts)s)
)
select f.*, l.grant_id, coalesce(l.ceased_on, 'infinity') as ceased_on, f.user_id = %(by)s as is_own
from following f left join lateral (
  select l.grant_id, l.ceased_on from members_postrole l join organizations_grant g on g.id = l.grant_id
  where l.post_id = f.post_id and l.rule_id = f.rule_id and g.user_id = f.user_id and g.unit_id = f.unit_id
  order by l.ceased_on desc nulls first, l.id desc limit 1
) l on true
where f.from_on < coalesce(f.to_on, 'infinity')
"""
# One that ceased on this day holds again as if nothing had been; one that ceased before stays what it was.
AGAIN = "update wanted set grant_id = null where ceased_on < %(today)s"
CEASE = """
with gone as (
  update members_postrole l set ceased_on = %(today)s
  where l.post_id = any(%(posts)s) and l.ceased_on is null
    and not exists (select from wanted w where w.grant_id = l.grant_id)
  returning l.grant_id
)
update organizations_grant g set to_on = least(g.to_on, greatest(g.from_on, %(today)s::date)) from gone
where g.id = gone.grant_id
"""
# Whoever acts neither lengthens their own role nor lets it begin before its day.
KEEP = """
with back as (
  update members_postrole l set ceased_on = null from wanted w
  where l.grant_id = w.grant_id and l.ceased_on is not null
),
days as (
  select w.grant_id, g.withheld_on,
    case when w.is_own then greatest(w.from_on, g.from_on) else w.from_on end as from_on, w.to_on,
    case when w.is_own and coalesce(w.to_on, 'infinity') > coalesce(g.to_on, 'infinity') then g.to_on end as own_until
  from wanted w join organizations_grant g on g.id = w.grant_id
),
capped as (
  select grant_id, from_on, to_on, least(withheld_on, own_until) as withheld_on from days
),
new as (
  select grant_id, from_on, withheld_on, greatest(from_on, least(to_on, withheld_on)) as to_on_capped, to_on,
    withheld_on is not null as is_capped
  from capped
)
update organizations_grant g
set from_on = new.from_on, withheld_on = new.withheld_on,
  to_on = case when new.to_on is null and not is_capped then null else to_on_capped end
from new
where g.id = new.grant_id and (g.from_on, g.to_on, g.withheld_on) is distinct from
  (new.from_on, case when new.to_on is null and not is_capped then null else to_on_capped end, new.withheld_on)
"""
MAKE = """
with fresh as (
  select w.*, nextval(pg_get_serial_sequence('organizations_grant', 'id')) as new_id,
    case when w.ceased_on < %(today)s then greatest(w.from_on, %(today)s::date) else w.from_on end as begins
  from wanted w where w.grant_id is null
),
made as (
  insert into organizations_grant
    (id, user_id, role, unit_id, reach, from_on, to_on, source, acting_for_id, reason, withheld_on)
  select new_id, user_id, role, unit_id, reach, begins, case when is_own then begins else to_on end, 'post', null, '',
    case when is_own then begins end
  from fresh where begins < coalesce(to_on, 'infinity')
  returning id
)
insert into members_postrole (grant_id, post_id, rule_id, ceased_on)
select new_id, post_id, rule_id, null from fresh where new_id in (select id from made)
"""


@at_end
def derive_marked(by: Any, at: datetime) -> None:
    """Derive the roles of the posts that the action touched; one statement, if it touched nothing of the kind."""
    marked: dict[str, list[int]] = {"post": [], "person": [], "unit": [], "rule": []}
    for subject, number in TAKE.rows():
        marked[subject].append(number)
    if any(marked.values()):
        derive(marked, by, localdate(at))


def hold() -> None:
    """Wait until nobody else derives roles from posts; none does until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def derive(marked: dict[str, list[int]], by: Any, today: date) -> None:
    """Derive the roles of these posts anew; where nothing changed, nothing is written. Call it in an action."""
    hold()
    with connection.cursor() as cursor:
        cursor.execute(POSTS, {name: sorted(set(numbers)) for name, numbers in marked.items()})
        given = {"posts": [pk for (pk,) in cursor.fetchall()], "by": by.pk if by else None, "today": today}
        if given["posts"]:
            for statement in (WANTED, AGAIN, CEASE, KEEP, MAKE, "drop table wanted"):
                cursor.execute(statement, given)
