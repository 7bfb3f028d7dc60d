"""The history of a unit: dated acts, and what was corrected in the records, by whom and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import day, moment
from chibo.members.models import PostKind
from chibo.organizations.held_roles import makers
from chibo.organizations.kinds import ActKind, Kind, Setting
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope


@dataclass(frozen=True)
class Act:
    """Something that happened to a unit on a day."""

    day: date
    what: str  # founded, closed, placed (under another unit), named, kind, took, left (a post)
    pk: int
    first: str  # the unit's code, or the post
    second: str  # the unit's name, or the place
    who: str
    path: str
    decision: str
    act: int | None  # by which it happened, if it is one of the program

    @property
    def key(self) -> list[Any]:
        return [self.day.isoformat(), self.what, self.pk]


BY = """(select r.act_id from organizations_actrow r join organizations_act x on x.id = r.act_id
    where r.table = 'organizations_{table}' and r.row = {row} and x.status = 'done' and {which}
    order by r.id desc limit 1)"""
# Places that an act gave a unit of which the act itself tells: it went into another unit, or opened again.
TOLD = """x.kind in ('merge', 'reopen') and (r.before is null or r.after ->> 'parent_id' is not null) and exists (
    select from organizations_actunit a
    where a.act_id = x.id and a.unit_id = l.unit_id and a.part in ('from', 'subject'))"""
# A holder by name; one who is a member outside the reader's units by code alone.
WHO = """case when h.id is null then o.holder_name when (
    select {seen} from members_membership m join members_stay s on s.membership_id = m.id
    join organizations_unit c on c.id = s.cell_id where m.person_id = h.id order by s.from_on desc limit 1
  ) then h.full_name else h.code end"""
ACTS = f"""
select acts.* from (
  select u.founded_on as day, 'founded' as what, u.id as pk, coalesce(p.code, ''), coalesce(p.name, ''), '',
    coalesce(p.path, ''), u.decision, {BY.format(table="unit", row="u.id", which="r.before is null")}
  from organizations_unit u
  left join organizations_parentlink l on l.unit_id = u.id and l.prev_to is null
  left join organizations_unit p on p.id = l.parent_id
  where u.id = %(unit)s
  union all
  select u.closed_on, 'closed', u.id, '', '', '', '', '', null
  from organizations_unit u
  where u.id = %(unit)s and u.closed_on is not null
    and {BY.format(table="unit", row="u.id", which="r.after ->> 'closed_on' is not null")} is null
    and not exists (
      select from organizations_parentlink w where w.unit_id = u.id and w.from_on = u.closed_on)
  union all
  select l.from_on, case when l.from_on = u.closed_on then 'went' else 'placed' end, l.id, p.code, p.name, '', p.path,
    l.decision, {BY.format(table="parentlink", row="l.id", which="true")}
  from organizations_parentlink l join organizations_unit p on p.id = l.parent_id
  join organizations_unit u on u.id = l.unit_id
  where l.unit_id = %(unit)s and l.prev_to is not null
    and {BY.format(table="parentlink", row="l.id", which=TOLD)} is null
  union all
  select n.from_on, 'named', n.id, '', n.name, '', '', n.decision,
    {BY.format(table="unitname", row="n.id", which="true")}
  from organizations_unitname n where n.unit_id = %(unit)s and n.prev_to is not null
  union all
  select k.from_on, 'kind', k.id, k.kind, '', '', '', k.decision,
    {BY.format(table="unitkind", row="k.id", which="true")}
  from organizations_unitkind k where k.unit_id = %(unit)s and k.prev_to is not null
    and {BY.format(table="unitkind", row="k.id", which="x.kind = 'reopen' and r.before is null")} is null
  union all
  select x.on, 'act', x.id, x.kind, '', '', '', x.decision, x.id
  from organizations_act x
  where x.status = 'done' and exists (
    select from organizations_actunit a where a.act_id = x.id and a.unit_id = %(unit)s
      and ((a.part = 'into' and x.kind in ('merge', 'dissolve')) or (a.part = 'from' and x.kind = 'split')))
  union all
  select x.on, case when x.kind = 'reopen' then 'reopened' when p.id is null then 'closed' else 'went' end, -x.id,
    coalesce(p.code, ''), coalesce(p.name, ''), '', coalesce(p.path, ''), x.decision, x.id
  from organizations_act x
  join organizations_actunit a on a.act_id = x.id and a.unit_id = %(unit)s and (
    (x.kind in ('dissolve', 'reopen') and a.part = 'subject') or (x.kind = 'merge' and a.part = 'from')
    or (x.kind = 'split' and a.part = 'from' and x.given ->> 'closes' = 'true'))
  left join organizations_actunit i on i.act_id = x.id
    and i.part = case x.kind when 'merge' then 'into' when 'reopen' then 'parent' end
  left join organizations_unit p on p.id = i.unit_id
  where x.status = 'done'
  union all
  select o.from_on, 'took', o.id, o.post, o.place, {WHO}, '', '', null
  from members_post o left join members_person h on h.id = o.person_id where o.unit_id = %(unit)s
  union all
  select o.to_on, 'left', o.id, o.post, o.place, {WHO}, '', '', null
  from members_post o left join members_person h on h.id = o.person_id
  where o.unit_id = %(unit)s and o.to_on is not null
) acts
where {{beyond}} order by day desc, what, pk limit %(size)s
"""
BEYOND = "day < %(a0)s::date or (day = %(a0)s::date and (what, pk) > (%(a1)s, %(a2)s))"


TOOK_PART: dict[str, Any] = {
    ActKind.MERGE: gettext_lazy("Other units went into it"),
    ActKind.SPLIT: gettext_lazy("New units were founded out of it"),
    ActKind.DISSOLVE: gettext_lazy("Members of a dissolved cell came to it"),
}


def acts_of(unit: Unit, after: list[Any] | None, size: int, scope: Scope) -> list[Act]:
    """What happened to a unit, the newest first, after a key; holders by name as the scope allows. One query."""
    seen, scoped = scope.sql("c.path")
    parameters: dict[str, Any] = {"unit": unit.pk, "size": size} | scoped
    if after is not None:
        parameters |= {f"a{n}": value for n, value in enumerate(after)}
    with connection.cursor() as cursor:
        cursor.execute(ACTS.format(beyond=BEYOND if after is not None else "true", seen=seen), parameters)
        return [Act(*row) for row in cursor.fetchall()]


def acts_table(acts: Iterable[Act], rights: Rights, unit: Unit, above: set[int]) -> Table:
    """Acts in plain words; names of holders only for those who may see members."""
    names, seen = rights.scope(P.MEMBER_VIEW).covers(unit), rights.scope(P.UNIT_VIEW)
    rows = []
    for act in acts:
        what = _words(act, names)
        if act.path:
            other = Unit(path=act.path)
            known = seen.covers(other) or int(act.path.split("/")[-2]) in above
            what %= {"unit": act.second if known else act.first}
        url = reverse("act", args=[act.act]) if act.act else ""
        rows.append([Cell(text=day(act.day)), Cell(text=what, url=url), Cell(text=act.decision or "–")])
    heads = [_("Day"), _("What happened"), _("Decision")]
    return Table(
        caption=_("What happened"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=rows,
        empty=_("Nothing is recorded."),
    )


def _words(act: Act, names: bool) -> str:
    """What an act was; with a unit beside it, a place for its name."""
    if act.what == "founded":
        return _("Founded under %(unit)s") if act.path else _("Founded")
    if act.what == "closed":
        return _("Closed")
    if act.what == "placed":
        return _("Put under %(unit)s")
    if act.what == "went":
        return _("Went into %(unit)s")
    if act.what == "reopened":
        return _("Opened again under %(unit)s")
    if act.what == "named":
        return _("Called %(name)s from then on") % {"name": act.second}
    if act.what == "kind":
        return _("From then on: %(kind)s") % {"kind": Kind(act.first).label} if act.first else _("Closed for a time")
    if act.what == "act":
        return str(TOOK_PART[act.first])
    said = str(PostKind(act.first).label)
    if act.second:
        said = _("%(post)s, %(place)s") % {"post": said, "place": act.second}
    if act.what == "took":
        return (
            _("%(post)s: %(who)s took the post") % {"post": said, "who": act.who}
            if names
            else _("%(post)s: a new holder took the post") % {"post": said}
        )
    return (
        _("%(post)s: %(who)s left the post") % {"post": said, "who": act.who}
        if names
        else _("%(post)s: the holder left the post") % {"post": said}
    )


@dataclass(frozen=True)
class Correction:
    """A field of a unit's record was changed."""

    at: datetime
    who: str
    field: str
    before: str
    after: str


FIELDS = ("code", "name", "kind", "setting", "founded_on", "closed_on", "decision")
EVENTS = f"""
select (c.metadata ->> 'at')::timestamptz, (c.metadata ->> 'user')::bigint, c.id in (
    select unnest(array[x.context, x.reversed_context]) from organizations_act x
    join organizations_actunit a on a.act_id = x.id where a.unit_id = %(unit)s
  ),
  {", ".join(f"e.{field}, lag(e.{field}) over (order by e.pgh_id)" for field in FIELDS)}
from organizations_unitevent e join pghistory_context c on c.id = e.pgh_context_id
where e.pgh_obj_id = %(unit)s order by e.pgh_id desc
"""


def corrections_of(unit: Unit, most: int, scope: Scope, reader: Any) -> tuple[list[Correction], bool]:
    """The newest changes of what is recorded of a unit, and whether there are more; makers by name only in scope.

    Two queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(EVENTS + " limit 1000", {"unit": unit.pk})
        rows = cursor.fetchall()
    rows = [(at, user, *rest) for at, user, is_act, *rest in rows if not is_act]  # acts are told apart
    names = makers({user for _at, user, *_rest in rows if user}, scope, reader)
    found = []
    for at, user, *values in rows:
        pairs = list(zip(FIELDS, values[::2], values[1::2], strict=True))
        if all(before is None for _field, _now, before in pairs):
            continue  # the first event of all: nothing was before
        who = names[user] if user else _("the system")
        found += [
            Correction(at, who, field, _said(field, before), _said(field, now))
            for field, now, before in pairs
            if now != before
        ]
    return found[:most], len(found) > most


def _said(field: str, value: Any) -> str:
    """A value as people read it."""
    if value in (None, ""):
        return "–"
    if field == "kind":
        return str(Kind(value).label)
    if field == "setting":
        return str(Setting(value).label)
    return day(value) if isinstance(value, date) else str(value)


def corrections_table(corrections: Iterable[Correction]) -> Table:
    """What was corrected: when, what, from what to what, by whom."""
    fields = {
        "code": _("Code"),
        "name": pgettext("unit", "Name"),
        "kind": _("Kind"),
        "setting": _("Setting"),
        "founded_on": _("Founded on"),
        "closed_on": _("Closed on"),
        "decision": _("Decision"),
    }
    heads = [_("When"), _("What"), _("Was"), _("Is now"), _("By")]
    return Table(
        caption=_("Corrections of the record"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=[
            [
                Cell(text=moment(c.at)),
                Cell(text=fields[c.field]),
                Cell(text=c.before),
                Cell(text=c.after),
                Cell(text=c.who),
            ]
            for c in corrections
        ],
        empty=_("Name, code, kind and days of the unit stand as they were first entered."),
    )
