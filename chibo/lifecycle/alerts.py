"""Grounds on which members' names may be removed, as the records tell them: who is under which, since when.

Five grounds: months absent or without dues, the card, help that came to nothing, two years not qualified, standards.
What a removal once looked at is not told again: only what came after the case was over counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from chibo.exchange.sheets import ask
from chibo.lifecycle.models import Ground
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.registers.owing import MONTHS_OWED, owed

REMOVAL = "removal"
NAME = re.compile(r"%\((\w+)\)s")
NEVER = 10**6  # a limit that was not laid down is never reached
VALID = "valid_from <= %(today)s and (valid_to is null or valid_to > %(today)s)"
# What the rules say; who is there; until when a removal looked at each; the months missed; then what is found, by sort
# and ground.
FOUND = """
with said as (
  select coalesce((select value from organizations_threshold where code = %(absent)s and {valid}), %(never)s) as absent,
    greatest(1, coalesce((select value from organizations_threshold where code = %(running)s and {valid}), %(never)s))
      as running,
    coalesce((select floor(number) from registers_duesrule where code = %(owed)s and from_on <= %(today)s
      and (to_on is null or to_on > %(today)s)), %(never)s) as owed
), people as (
  select m.person_id as person, s.cell_id as cell, m.exempt_from
  from members_stay s
  join members_membership m on m.id = s.membership_id
  join organizations_unit u on u.id = s.cell_id and u.path like %(below)s and {scope}
  where s.from_on <= %(today)s and (s.to_on is null or s.to_on > %(today)s)
), removal as (
  select a.person_id as person, c.id, c.ended_on
  from people x
  join lifecycle_membercase a on a.person_id = x.person
  join procedures_case c on c.id = a.case_id
  join procedures_version v on v.id = c.version_id
  join procedures_procedure p on p.id = v.procedure_id and p.code = %(removal)s
  where c.status <> 'withdrawn'
), heard as (
  select person, max(ended_on) as until from removal where ended_on is not null group by person
), missed as (
  select distinct p.person, x.month
  from people p
  left join heard h on h.person = p.person
  join meetings_attendance a on a.person_id = p.person and a.state = 'absent'
  join meetings_meeting x on x.id = a.meeting_id and x.kind = 'regular'
  where x.month >= %(year)s::date - make_interval(months => (select least(running - 1, 120)::int from said))
    and x.held_on <= %(today)s
    and (h.until is null or x.held_on > h.until)
    and (p.exempt_from is null or x.held_on < p.exempt_from)
    and not exists (select from meetings_withdrawal w where w.meeting_id = x.id)
    and not exists (
      select from lifecycle_abroad g join members_membership m on m.id = g.membership_id
      where m.person_id = p.person and g.from_on <= x.held_on and (g.to_on is null or g.to_on > x.held_on)
    ) and not exists (
      select from meetings_attendance b join meetings_meeting y on y.id = b.meeting_id
      where b.person_id = p.person and b.state <> 'absent' and y.month = x.month and y.kind = 'regular'
        and not exists (select from meetings_withdrawal w where w.meeting_id = y.id)
    )
), numbered as (
  select person, month, extract(year from month)::int as year,
    (extract(year from month) * 12 + extract(month from month))::int
      - row_number() over (partition by person order by month) as run
  from missed
), absent as (
  select person from numbered where year = any(%(years)s) group by person, year
  having count(*) >= (select absent from said)
  union
  select person from numbered group by person, run
  having count(*) >= (select running from said) and extract(year from max(month))::int = any(%(years)s)
), unpaid as (
  select o.person_id as person, o.month
  from registers_payment o
  join people p on p.person = o.person_id
  left join heard h on h.person = o.person_id
  where o.id in ({owed}) and o.reason = '' and extract(year from o.month)::int = any(%(years)s)
    and (h.until is null or o.month > h.until)
), owing as (
  select distinct person from unpaid group by person, extract(year from month)
  having count(*) >= (select owed from said)
), screened as (
  select distinct on (x.person_id) x.person_id as person, x.id, x.state, x.until_on, s."on"
  from people p
  join admissions_screened x on x.person_id = p.person
  join admissions_screening s on s.id = x.screening_id
  order by x.person_id, s."on" desc, x.id desc
), found as (
  select n.person, 'absent' as sort, 'absent' as ground, min(n.month) as "on",
    array_agg(n.month order by n.month) as months, null::bigint as record, '' as text
  from numbered n join absent using (person) group by n.person
  union all
  select n.person, 'owing', 'absent', min(n.month), array_agg(n.month order by n.month), null, ''
  from unpaid n join owing using (person) group by n.person
  union all
  select x.person, x.state, 'will', coalesce(x.until_on, x."on"), null, x.id, ''
  from screened x left join heard h on h.person = x.person
  where (x.state = 'removal' or (x.state = 'help' and x.until_on < %(today)s))
    and (h.until is null or coalesce(x.until_on, x."on") > h.until)
  union all
  select n.person_id, 'note', n.ground, n."on", null, n.id, n.text
  from people p
  left join heard h on h.person = p.person
  join lifecycle_note n on n.person_id = p.person and n.struck_because = ''
  where h.until is null or n."on" > h.until
)
"""
PAGE = """
select q.id, q.code, q.full_name, q.sort_key, u.id, u.path, u.name, u.code,
  (select max(r.id) from removal r where r.person = q.id and r.ended_on is null),
  array_agg(row_to_json(f) order by f."on", f.sort, f.record)
from found f
join people p on p.person = f.person
join members_person q on q.id = f.person
join organizations_unit u on u.id = p.cell
where %(after)s::text is null or (q.sort_key, q.id) > (%(after)s::text, %(after_pk)s::bigint)
group by q.id, u.id
order by q.sort_key, q.id
limit %(most)s
"""


@dataclass(frozen=True)
class Told:
    """One thing the records tell of a member: of which sort, under which ground."""

    sort: str  # absent, owing, help, removal, note
    ground: Ground
    on: date
    months: tuple[date, ...]
    record: int | None  # the line of the screening
    text: str


@dataclass(frozen=True)
class Alert:
    """A member under one ground or several, where they are, and the removal that is under way already."""

    person: int
    code: str
    name: str
    sort_key: str
    cell: Unit
    case: int | None
    told: tuple[Told, ...]


def years_of(today: date) -> list[int]:
    """The years that are looked at: the running one, in January the one before too."""
    return [today.year - 1, today.year] if today.month == 1 else [today.year]


def alerts(
    unit: Unit, scope: Scope, today: date, most: int, after: Sequence[Any] | None = None
) -> list[Alert]:  # fmt: skip
    """The members of a unit and those under it whom the records put under a ground, by name after a key. One query."""
    sql, given = _found(unit, scope, today)
    key, pk = after or (None, None)
    return [
        Alert(
            person, code, name, sort_key, Unit(pk=cell, path=path, name=cell_name, code=cell_code), case,
            tuple(map(_told, told)),
        )
        for person, code, name, sort_key, cell, path, cell_name, cell_code, case, told in ask(
            sql + PAGE, **given, after=key, after_pk=pk, most=most
        )
    ]  # fmt: skip


def _told(row: dict[str, Any]) -> Told:
    months = tuple(date.fromisoformat(month) for month in row["months"] or ())
    on = date.fromisoformat(row["on"])
    return Told(row["sort"], Ground(row["ground"]), on, months, row["record"], row["text"])


def waiting_of(unit: Unit, scope: Scope, today: date) -> QuerySet[Unit, Any]:
    """("grounds", how many, "") of those under a ground and no removal, for one union with others. No query yet."""
    sql, given = _found(unit, scope, today)
    free = "select 1 from removal r where r.person = f.person and r.ended_on is null"
    sql += f"select count(distinct f.person) from found f where not exists ({free})"
    order = NAME.findall(sql)
    n: Any = Cast(RawSQL(NAME.sub("%s", sql), [given[name] for name in order]), CharField())
    found = Unit.objects.filter(pk=unit.pk).order_by()
    return found.annotate(
        tag=Value("grounds", CharField()), one=n, two=Value("", CharField())
    ).values_list("tag", "one", "two")  # fmt: skip


def _found(unit: Unit, scope: Scope, today: date) -> tuple[str, dict[str, Any]]:
    """What finds them, and its parameters. No query."""
    years = years_of(today)
    dues, given = owed().order_by().values("pk").query.sql_with_params()
    names = {f"p{n}": value for n, value in enumerate(given)}
    for name in names:
        dues = dues.replace("%s", f"%({name})s", 1)
    where, mine = scope.sql("u.path")
    return FOUND.replace("{owed}", dues).replace("{scope}", where).replace("{valid}", VALID), {
        **names,
        **mine,
        "below": unit.path + "%",
        "today": today,
        "removal": REMOVAL,
        "years": years,
        "year": date(years[0], 1, 1),
        "absent": str(Limit.MONTHS_ABSENT),
        "running": str(Limit.MONTHS_ABSENT_RUNNING),
        "owed": MONTHS_OWED,
        "never": NEVER,
    }
