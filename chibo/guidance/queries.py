"""Questions of a committee on its cells: which are weak and why, whose plans end, guides, who is often absent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast, JSONObject

from chibo.core.periods import Period
from chibo.exchange.sheets import ask
from chibo.guidance.models import GuideYear, Of, SupportPlan, What
from chibo.indicators.stored import by_month
from chibo.members.models import Person
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

POOR = 50  # points under which a meeting is poor (42-HD/BTCTW, 2025)
BACK = 12  # whole months looked back on
SOON = timedelta(days=7)  # before the end of a plan the desk names it
SHOWN = 5


@dataclass(frozen=True)
class Weak:
    """A cell that the records propose as weak, and by what: in the last twelve whole months."""

    unit_id: int
    code: str
    name: str
    sort_key: str
    above: str
    missed: int
    present: int
    marked: int
    poor: int

    @property
    def attendance(self) -> Fraction | None:
        return Fraction(self.present, self.marked) if self.marked else None


SAID = "array['meetings.regular_held', 'meetings.attendance']"
# Months missed and attendance are those of the figures kept; of months before the cell was founded nothing is due.
WEAK = """
with cells as materialized (
  select u.id, u.code, u.name, u.sort_key, u.path from organizations_unit u
  where u.path like %(path)s and {scope}
    and u.kind = any(%(cells)s) and (u.closed_on is null or u.closed_on > %(today)s)
    and not exists (select from guidance_supportplan p where p.cell_id = u.id and p.closed_on is null)
), sums as (
  select s.unit_id,
    coalesce(sum(s.denominator - s.numerator) filter (where s.indicator = 'meetings.regular_held'), 0) as missed,
    coalesce(sum(s.numerator) filter (where s.indicator = 'meetings.attendance'), 0) as present,
    coalesce(sum(s.denominator) filter (where s.indicator = 'meetings.attendance'), 0) as marked
  from {sums} s where s.unit_id = any(array(select id from cells))
  group by s.unit_id
), points as (
  select k.unit_id, coalesce(max(s.total) filter (where s.scored_by = 'superior'), max(s.total)) as points
  from meetings_meeting k join meetings_score s on s.meeting_id = k.id
  where k.unit_id = any(array(select id from cells)) and k.kind = 'regular' and k.month between %(first)s and %(last)s
    and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
  group by k.unit_id, k.id
), poor as (select unit_id, count(*) as n from points where points < %(poor)s group by unit_id)
select c.id, c.code, c.name, c.sort_key,
  coalesce((select a.name from organizations_unit a where a.path = regexp_replace(c.path, '[0-9]+/$', '')), ''),
  coalesce(s.missed, 0)::int, coalesce(s.present, 0)::int, coalesce(s.marked, 0)::int, coalesce(p.n, 0)::int
from cells c left join sums s on s.unit_id = c.id left join poor p on p.unit_id = c.id
where (coalesce(s.missed, 0) >= %(weak_missed)s or coalesce(p.n, 0) >= %(weak_poor)s
    or s.marked > 0 and s.present * 100 < s.marked * %(weak_attendance)s)
  and (c.sort_key, c.id) > (%(after_key)s, %(after_id)s)
order by c.sort_key, c.id limit %(size)s
""".replace("{sums}", by_month("indicators_ownsum", "%(first)s", "%(last)s", codes=SAID))
NEVER = 32_767  # of a number that is not asked: nothing reaches it


def back_from(today: date) -> list[Period]:
    """The last twelve whole months, the newest first."""
    months = [Period.month_of(today).before]
    while len(months) < BACK:
        months.append(months[-1].before)
    return months


def weak_cells(
    unit: Unit,
    norms: dict[str, int],
    today: date,
    scope: Scope,
    *,
    after: list[Any] | None = None,
    size: int,
    cell: int | None = None,
) -> list[Weak]:
    """The cells below and in scope that the records propose as weak and that have no plan open, by name. One query."""
    months, (key, pk) = back_from(today), after or ["", 0]
    condition, within = scope.sql("u.path")
    statement = WEAK.replace("{scope}", condition if cell is None else f"{condition} and u.id = %(cell)s")
    given = within | {
        "path": unit.path + "%", "cells": [kind.value for kind in CELLS], "today": today, "poor": POOR, "size": size,
        "first": months[-1].first_day, "last": months[0].first_day, "after_key": key, "after_id": pk, "cell": cell,
        "weak_missed": norms.get(What.WEAK_MISSED, NEVER), "weak_poor": norms.get(What.WEAK_POOR, NEVER),
        "weak_attendance": norms.get(What.WEAK_ATTENDANCE, 0),
    }  # fmt: skip
    return [Weak(*row) for row in ask(statement, **given)]


def plans_under(unit: Unit, *, is_open: bool) -> QuerySet[SupportPlan]:
    """The support plans of cells below a committee, or of the cell itself."""
    found = SupportPlan.objects.filter(cell__path__startswith=unit.path, closed_on__isnull=is_open)
    return found.select_related("cell", "unit")


ENDING, SUPPORTING = "support", "supporting"  # the tags of what waits on a desk


def ending(unit: Unit, today: date) -> QuerySet[SupportPlan, Any]:
    """Plans of a committee that ended or soon do and are not closed, as (tag, key, JSON) to be asked with others.

    Those of a cell that stands elsewhere by now are told to the committee directly above it, and to the one above it
    of the kind that named it: they close them.
    """
    near = Q(unit__kind=unit.kind) | Q(cell__path__regex=f"^{unit.path}[0-9]+/$")
    theirs = Q(unit=unit) | (near & ~Q(cell__path__startswith=F("unit__path")))
    found = SupportPlan.objects.filter(theirs, cell__path__startswith=unit.path, closed_on=None)
    found = found.filter(until__lte=today + SOON).order_by("until", "pk")
    two = JSONObject(name=F("cell__name"), until=F("until"))
    told = found.annotate(tag=Value(ENDING, CharField()), one=Cast("pk", CharField()), two=Cast(two, CharField()))
    return told.values_list("tag", "one", "two")[:SHOWN]


def supporting(user: Any, today: date) -> QuerySet[SupportPlan, Any]:
    """Open plans of weak cells that a user supports, as (tag, key, JSON) to be asked with others."""
    person: Any = Person.objects.filter(user=user.pk).values("pk")[:1]
    found = SupportPlan.objects.filter(person=person, closed_on=None).order_by("until", "pk")
    two = JSONObject(name=F("cell__name"), until=F("until"))
    told = found.annotate(tag=Value(SUPPORTING, CharField()), one=Cast("pk", CharField()), two=Cast(two, CharField()))
    return told.values_list("tag", "one", "two")[:SHOWN]


@dataclass(frozen=True)
class Share:
    """How many guide cells a committee chose for a year, of how many cells, and how many are asked for."""

    of: Of
    chosen: int
    cells: int
    least: int | None  # of a hundred
    most: int | None

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.chosen, self.cells) if self.cells else None

    @property
    def is_few(self) -> bool:
        return self.least is not None and self.chosen < self.asked[0]

    @property
    def is_many(self) -> bool:
        return self.most is not None and self.chosen > self.asked[1]

    @property
    def asked(self) -> tuple[int, int]:
        """How many cells that is: the fewest and the most.

        Where no whole number of cells lies between the two shares, those next to them: of fifteen, 3 to 5 % is one.
        """
        least, most = (self.least or 0) * self.cells, (100 if self.most is None else self.most) * self.cells
        low, high = -(-least // 100), most // 100
        return (low, high) if low <= high else (max(1, least // 100), -(-most // 100))


LIMITS = {
    Of.REGULAR: (What.GUIDE_REGULAR_LEAST, What.GUIDE_REGULAR_MOST),
    Of.THEMATIC: (What.GUIDE_THEMATIC_LEAST, What.GUIDE_THEMATIC_MOST),
}


def shares_of(unit: Unit, year: int, norms: dict[str, int], day: date) -> list[Share]:
    """The guide cells a committee chose for a year beside what is asked. Two queries."""
    cells = Unit.objects.cells().filter(path__startswith=unit.path).open_on(day).count()
    years = GuideYear.objects.filter(unit=unit, year=year).order_by("of").annotate(n=Count("chosen"))
    chosen = dict(years.values_list("of", "n"))
    return [Share(of, chosen.get(of, 0), cells, *(norms.get(what) for what in LIMITS[of])) for of in Of]


@dataclass(frozen=True)
class Absent:
    """A member who was often absent without excuse in a cell in a year."""

    person_id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    times: int
    running: int  # at most
    months: int

    @property
    def key(self) -> list[Any]:
        """Where the next page begins after it: without the name, as it goes into an address."""
        return [self.running, self.months, self.times, self.person_id, self.unit_id]


ABSENT = """
with held as materialized (
  select k.id, k.unit_id, k.month, k.held_on from meetings_meeting k join organizations_unit u on u.id = k.unit_id
  where u.path like %(path)s and {scope}
    and k.kind in ('regular', 'thematic') and k.month between %(first)s and %(last)s
    and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
), often as materialized (
  select h.unit_id, a.person_id, count(*) as times, count(distinct h.month) as months
  from held h join meetings_attendance a on a.meeting_id = h.id where a.state = 'absent'
  group by h.unit_id, a.person_id having count(*) >= least(%(running)s, %(months)s)
), marked as (
  select h.unit_id, a.person_id, a.state,
    row_number() over (partition by h.unit_id, a.person_id order by h.held_on, h.id)
    - row_number() over (partition by h.unit_id, a.person_id, a.state order by h.held_on, h.id) as run
  from held h join meetings_attendance a on a.meeting_id = h.id
  where (h.unit_id, a.person_id) in (select unit_id, person_id from often)
), runs as (
  select unit_id, person_id, max(n) as running from (
    select unit_id, person_id, count(*) as n from marked where state = 'absent' group by unit_id, person_id, run
  ) r group by unit_id, person_id
)
select p.id, p.code, p.full_name, u.id, u.name, o.times, r.running, o.months
from often o join runs r using (unit_id, person_id) join members_person p on p.id = o.person_id
join organizations_unit u on u.id = o.unit_id
where (r.running >= %(running)s or o.months >= %(months)s)
  and (-r.running, -o.months, -o.times, p.sort_key, p.id, u.id) > (
    -%(after_running)s::bigint, -%(after_months)s::bigint, -%(after_times)s::bigint,
    coalesce((select a.sort_key from members_person a where a.id = %(after_person)s), ''),
    %(after_person)s, %(after_unit)s)
order by r.running desc, o.months desc, o.times desc, p.sort_key, p.id, u.id limit %(size)s
"""


def often_absent(
    unit: Unit, year: int, norms: dict[str, int], scope: Scope, *, after: list[Any] | None = None, size: int
) -> list[Absent]:
    """Members absent without excuse several times running or in several months of a year, in cells below and in scope.

    At every meeting that counts, also those that came with a workbook; the worst first. One query.
    """
    running, months, times, person, cell = after or [NEVER, NEVER, NEVER, 0, 0]
    condition, within = scope.sql("u.path")
    given = within | {
        "path": unit.path + "%", "first": date(year, 1, 1), "last": date(year, 12, 1), "size": size,
        "running": norms.get(What.RUNNING, NEVER), "months": norms.get(What.MONTHS, NEVER),
        "after_running": running, "after_months": months, "after_times": times, "after_person": person,
        "after_unit": cell,
    }  # fmt: skip
    return [Absent(*row) for row in ask(ABSENT.replace("{scope}", condition), **given)]
