"""Questions over the meetings of many cells: which months are missed, how many attended, what still waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection

from chibo.classifications.models import Value
from chibo.classifications.queries import of_value
from chibo.core.periods import Period
from chibo.indicators.models import KeptYear
from chibo.indicators.stored import by_month
from chibo.indicators.tables import sql_of
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.organizations.trees import Tree, parent_id
from chibo.portal.first_ones import LINE, NAMED, OF_LINE, ORDERS, WHICH, first_ones_of
from chibo.targets.models import Comparator, Target

ATTENDANCE, HELD, MEMBERS = "meetings.attendance", "meetings.regular_held", "members.total"
MEETINGS = 500  # of one cell in a year, more than any holds


@dataclass(frozen=True)
class Limit:
    """The attendance a cell needs: `strict` where it has to be more than the value."""

    value: Fraction
    strict: bool = False

    def is_met(self, present: int, marked: int) -> bool:
        """Whether so many present of those marked are enough; of nobody marked, yes."""
        return marked == 0 or (present > self.value * marked if self.strict else present >= self.value * marked)

    @property
    def sql(self) -> str:
        """The attendance of `{present}` of `{marked}` is too low, as a condition; `{sooner}` goes before it."""
        v = self.value
        sign = "<=" if self.strict else "<"
        return f"{{sooner}}{{marked}} > 0 and {{present}} * {v.denominator} {sign} {v.numerator} * {{marked}}"


DEFAULT_LIMIT = Limit(Fraction(85, 100))  # 12-HD/BTCTW, 2018, and the Hà Tĩnh resolution on cells


def limit_of(unit: Unit, period: Period) -> Limit:
    """The attendance aimed at in a unit: its target of the period or else of the year, or the default. One query."""
    named = {str(period), str(period.year)}
    return limit_in(Target.objects.filter(unit=unit, indicator=ATTENDANCE, period__in=named).order_by())


def limit_in(targets: Iterable[Target]) -> Limit:
    """The attendance aimed at by targets of one unit, that of the shorter period first; the default without any."""
    for target in sorted(targets, key=lambda target: target.period, reverse=True):
        if target.indicator == ATTENDANCE and target.comparator in (Comparator.AT_LEAST, Comparator.OVER):
            return Limit(Fraction(target.value), target.comparator == Comparator.OVER)
    return DEFAULT_LIMIT


@dataclass(frozen=True)
class CellYear:
    """A cell as it did in a period: months due and over, those missed, attendance, members on the last day."""

    unit_id: int
    code: str
    name: str
    kind: str
    path: str
    above: int | None  # the unit directly above it when it last stood below, or today
    due: int
    missed: tuple[date, ...]
    present: int
    marked: int
    members: int
    under: tuple[date, ...]  # months at whose end it stood below
    open: tuple[date, ...]  # those of them in which a meeting is due
    key: list[Any]  # where it stands in the order asked for
    among: int  # how many cells are late, those not shown too; 0 where it was not asked which are

    @property
    def attendance(self) -> Fraction | None:
        return Fraction(self.present, self.marked) if self.marked else None


CELL_YEARS = """
with months as (select * from unnest(%(firsts)s::date[], %(lasts)s::date[]) m(first, last)),
{first_ones}
below as materialized ({below}),
cells as materialized (
  select u.* from {units} u
  where {seen} and {these} and {valued} and exists (
    select from organizations_unitkind k where k.unit_id = u.id and k.kind = any(%(cells)s)
      and k.from_on <= %(end)s and (k.to_on is null or k.to_on > %(first)s)
  ) and u.id in (
    select v.id from below b join organizations_unit v on v.id = b.unit_id
    cross join lateral (
      select date_trunc('month', greatest(b.from_on, v.founded_on, %(first)s))::date as first
    ) m  -- the first month it can have stood below; if it did not in that one, it did in none
    cross join lateral (select (m.first + interval '1 month')::date - 1 as last) e
    where v.id = any(array(select unit_id from below)) and (
      e.last <= %(end)s and (b.to_on is null or b.to_on > e.last)
        and (v.closed_on is null or v.closed_on > m.first)
      or exists (
        select from meetings_meeting k join months o on o.first = k.month
        where k.unit_id = v.id and b.from_on <= o.last and (b.to_on is null or b.to_on > o.last))))
  {page}
),
under as (
  select c.id, m.first, m.last, c.founded_on <= m.first and (c.closed_on is null or c.closed_on > m.last)
    and not exists (select from organizations_unitkind k where k.unit_id = c.id and not k.kind = any(%(cells)s)
                      and k.from_on <= m.last and (k.to_on is null or k.to_on > m.first)) as due
  from cells c join below b on b.unit_id = c.id
  join months m on b.from_on <= m.last and (b.to_on is null or b.to_on > m.last)
),
told as (  -- brought together by adding up, not by joining: no guess of the planner's can make that slow
  select id, first as month, due, 0 as held, 0 as numerator, 0 as denominator, true as stood from under
  union all
  select k.unit_id, k.month, false, 1, 0, 0, false from meetings_meeting k
  where k.unit_id = any(array(select id from cells)) and k.kind = 'regular' and k.month between %(first)s and %(last)s
    and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
  union all
  {attended}
),
by_month as (
  select id, month, bool_or(due) as due, sum(held) as held, sum(numerator) as numerator,
    sum(denominator) as denominator, (month + interval '1 month')::date <= %(today)s as is_over
  from told group by id, month having bool_or(stood)
),
stood as ({members}),
years as (
  select id, count(*) filter (where due and is_over) as due,
    coalesce(array_agg(month order by month) filter (where due and is_over and held = 0), '{{}}') as missed,
    sum(numerator) as present, sum(denominator) as marked,
    coalesce(array_agg(month order by month) filter (where due), '{{}}') as open,
    array_agg(month order by month) as under
  from by_month group by id
),
rated as (
  select c.id, c.code, c.name, c.kind, c.path, c.sort_key, y.due, y.missed, y.present, y.marked, y.open, y.under,
    coalesce(s.numerator, 0) as members, cardinality(y.missed) as misses,
    round(y.present / nullif(y.marked, 0), 9) as share
  from cells c join years y on y.id = c.id left join stood s on s.id = c.id
),
ranked as (select k.*, ({order})::numeric as rank from rated k where {which})
select id, code, {name}, kind, path, due, missed, present, marked, members, under, open, rank, sort_key, {place},
  {among}
from ranked where {after} order by rank, sort_key, id limit %(size)s
"""
# By name the first ones are asked whether they stood below: not all of thousands, to leave most of them out.
IN_ORDER = """(
    select c.* from organizations_unit c where c.id = any(array(select unit_id from below))
    order by c.sort_key, c.id offset 0)"""
NAMES = {
    Tree.THEN: "(select n.name from organizations_unitname n where n.unit_id = ranked.id and n.from_on <= least("
    "under[cardinality(under)] + interval '1 month -1 day', %(today)s) order by n.from_on desc limit 1)",
    Tree.NOW: "name",
}
# Its path on the last day of the last month in which it stood below.
PLACES = {
    Tree.THEN: "(select l.path from organizations_lineage l where l.unit_id = ranked.id and l.from_on <"
    " under[cardinality(under)] + interval '1 month' order by l.from_on desc limit 1)",
    Tree.NOW: "path",
}
# What stood below, on which path, from when to when; on today's tree as if it had always stood so.
BELOW = {
    Tree.THEN: "select l.unit_id, l.path, l.from_on, l.to_on from organizations_lineage l"
    " join (" + LINE[Tree.THEN] + ") a"
    " on {of_line} where {these}",
    Tree.NOW: "select l.id as unit_id, l.path, date '0001-01-01' as from_on, null::date as to_on"
    " from organizations_unit l where l.path like %(path)s and {these}",
}
THESE = {
    Tree.THEN: "l.unit_id = any(array(select unit_id from first_ones))",
    Tree.NOW: "l.id = any(array(select unit_id from first_ones))",
}
# How many cells there are of those asked for, whatever is shown of them.
AMONG_FIRST_ONES = "(select count(*) from chosen) + (select count(*) from ranked r where r.id in (select * from rest))"
AMONG_RANKED = "(select count(*) from ranked)"
OF_ONE = by_month("indicators_ownsum", "{first}", "%(last)s", codes="array['{code}']")
KEPT = f"select s.unit_id as id, {{shown}} from {OF_ONE} s where s.unit_id = any(array(select id from cells))"
RECKONED = (
    "select f.unit as id, {shown} from (select unit, date_trunc('month', day)::date as month, sum(numerator) as"
    " numerator, sum(denominator) as denominator from ({facts}) each where day between {from_day} and %(end)s"
    " group by 1, 2) f where f.unit = any(array(select id from cells))"
)
ATTENDED = "month, false, 0, numerator, denominator, false"
RANK = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?")


def cell_years(
    unit: Unit,
    period: Period,
    today: date,
    limit: Limit,
    *,
    which: str = "",
    order: str = "",
    after: list[Any] | None = None,
    size: int,
    scope: Scope | None = None,
    ids: Sequence[int] | None = None,
    value: Value | None = None,
    tree: Tree = Tree.THEN,
    is_kept: bool | None = None,
    kind: str = "regular",
) -> list[CellYear]:
    """The cells below a unit (itself, if it is one) in a period, as the tree stood each month or stands today.

    Two queries, one where it is known whether the year's sums `is_kept`.

    `which` leaves only those with months "missed", "weak" ones under the limit, those "late": either, or those with a
    meeting of a `kind` "unscored". With a `scope` only cells that lie in it today; with `ids` only these; with a
    `value` only those that count as it on the last day.
    """
    parameters: dict[str, Any] = {
        "unit": unit.pk, "path": unit.path + "%", "cells": [kind.value for kind in CELLS], "today": today, "size": size,
        "first": period.first_day, "last": period.last_month, "end": period.last_day,
        "firsts": [month.first_day for month in period.months], "lasts": [month.last_day for month in period.months],
        "year": period.year, "kind": kind,
    }  # fmt: skip
    seen, beyond = "true", "true"
    if scope is not None:
        seen, more = scope.sql("u.path")
        parameters |= more
    if ids is not None:
        parameters["ids"] = list(ids)
    valued = "true"
    if value is not None:
        of_it, more = of_value(value, "g.path", "%(end)s::date")
        valued = "exists (select from organizations_lineage g where g.unit_id = u.id and g.from_on <= %(end)s"
        valued += f" and (g.to_on is null or g.to_on > %(end)s) and {of_it})"
        parameters |= more
    if after is not None:
        beyond = "(rank, sort_key, id) > (%(a0)s::numeric, %(a1)s, %(a2)s)"
        parameters |= {f"a{n}": value for n, value in enumerate(after)}
    page, units, these, chosen = "", "organizations_unit", "true", WHICH[which].replace("{weak}", limit.sql)
    among = AMONG_RANKED
    if order == "" and which == "":  # by name alone: no more cells need to be reckoned than are shown
        page, units, among = "order by u.sort_key, u.id limit %(size)s", IN_ORDER, "0"
        if after is not None:
            page = f"and (u.sort_key, u.id) > (%(a1)s, %(a2)s) {page}"
    if is_kept is None:
        is_kept = KeptYear.objects.filter(year=period.year).exists()
    source, first_ones, below = KEPT if is_kept else RECKONED, "", "true"
    if ids is not None:
        these = "u.id = any(%(ids)s)"
    elif is_kept:
        below, page, units = THESE[tree], "", "organizations_unit"
        among = AMONG_FIRST_ONES if which else "0"
        is_root = unit.path.count("/") == 1
        first_ones = first_ones_of(period, tree, seen, valued, order, chosen, beyond, is_root=is_root)
        over = [1 << each.first_day.month for each in period.months if each.last_day < today]
        parameters |= {"over": sum(over), "latest": max(over, default=0), "nearly": float(limit.value) + 1e-9}
    starts, ends = "%(first)s", "%(last)s"
    attended = source.format(shown=ATTENDED, code=ATTENDANCE, facts=sql_of(ATTENDANCE), first=starts, from_day=starts)
    members = source.format(shown="numerator", code=MEMBERS, facts=sql_of(MEMBERS), first=ends, from_day="%(end)s")
    statement = CELL_YEARS.format(
        units=units, seen=seen, these=these, valued=valued, page=page, attended=attended, members=members,
        order=ORDERS[order].format(one="1"), which=chosen.format(**NAMED), after=beyond,
        name=NAMES[tree], place=PLACES[tree], first_ones=first_ones,
        below=BELOW[tree].format(these=below, of_line=OF_LINE.format(path="l.path")), among=among,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [_cell_year(row) for row in cursor.fetchall()]


def _cell_year(row: Sequence[Any]) -> CellYear:
    pk, code, name, kind, path, due, missed, present, marked, members, under, is_open, rank, sort_key, stood, among = (
        row
    )
    return CellYear(
        pk, code, name, kind, path, parent_id(stood), due, tuple(missed), int(present), int(marked), int(members),
        tuple(under), tuple(is_open), [format(Decimal(rank), "f"), sort_key, pk], among,
    )  # fmt: skip


def key_in(asked: list[Any] | None) -> list[Any] | None:
    """The key of a cell to go on after, if it is one: a number, a name's sort key, an id."""
    return asked if asked and RANK.fullmatch(asked[0]) else None


POINTS = (
    "(select coalesce(max(s.total) filter (where s.scored_by = 'superior'), max(s.total))"
    " from meetings_score s where s.meeting_id = k.id)"
)


@dataclass(frozen=True)
class Held:
    """A meeting as a list shows it; the superior's points go first."""

    pk: int
    unit_id: int
    month: date
    held_on: date
    kind: str
    topic: str
    points: Decimal | None
    present: int
    marked: int
    is_withdrawn: bool
    is_corrected: bool


def meetings_in(cell: Unit, period: Period) -> list[Held]:
    """Every meeting of a cell that belongs to a period, also those withdrawn, the newest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select k.id, k.unit_id, k.month, k.held_on, k.kind, k.topic, {POINTS},"
            " (select count(*) from meetings_attendance a where a.meeting_id = k.id and a.state = 'present'),"
            " (select count(*) from meetings_attendance a where a.meeting_id = k.id),"
            " exists (select from meetings_withdrawal w where w.meeting_id = k.id), k.version > 1"
            " from meetings_meeting k where k.unit_id = %s and k.month between %s and %s"
            " order by k.held_on desc, k.id desc limit %s",
            [cell.pk, period.first_day, period.last_month, MEETINGS],
        )
        return [Held(*row) for row in cursor.fetchall()]
