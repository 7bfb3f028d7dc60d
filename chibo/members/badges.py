"""Badges of Party age: which grades there are, on which days they are awarded, and who is due for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from chibo.core.formats import count
from chibo.core.formats import day as written
from chibo.members.life_models import valid
from chibo.members.models import AwardDay, BadgeGrade, Membership, Reason, Suspension, Way
from chibo.members.party_age import COUNTED, Age, after_years, party_age, spells_of, taken_off


class Due(NamedTuple):
    """Someone who is due for a badge: since when or from when their years are full."""

    pk: int
    code: str
    full_name: str
    sort_key: str
    cell_pk: int
    cell_name: str
    cell_path: str
    years: int
    full_on: date


def award_days(day: date, number: int = 4) -> list[date]:
    """The next days on which badges are awarded, that day among them. One query."""
    return award_days_by(AwardDay.objects.order_by("month", "day"), day, number)


def award_days_by(days: Iterable[AwardDay], day: date, number: int) -> list[date]:
    """The same by the days laid down. No query if they are known."""
    found: list[date] = []
    rules = list(days)
    for year in range(day.year, day.year + number + 1):
        for rule in rules:
            on = date(year, rule.month, rule.day)
            if on >= day and rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to):
                found.append(on)
    return sorted(found)[:number]


def award_day_before(day: date) -> date | None:
    """The last day before a day on which badges were awarded. One query."""
    days = [on for on in award_days(day.replace(year=day.year - 1, day=min(day.day, 28)), 12) if on < day]
    return max(days, default=None)


# Of those under %(path)s the highest grade that was full {until}, or within some months of it, unless they have it or a
# higher one. A day is compared with the day so many years before: so the years of 29 February are full on 1 March.
DUE = """
with people as materialized (
  select m.person_id, s.cell_id from members_stay s join members_membership m on m.id = s.membership_id
  join organizations_unit u on u.id = s.cell_id
  where {there} and u.path like %(path)s and m.official_on <= %(day)s
), counted as ({counted}),
full_by as (
  select distinct on (c.person_id) c.person_id, g.years, c.counts_from
  from counted c join members_badgegrade g on g.valid_from <= %(day)s and (g.valid_to is null or g.valid_to > %(day)s)
    and c.counts_from <= {until} + make_interval(months => {months}) - make_interval(years => g.years)
  order by c.person_id, g.years desc
)
select p.id, p.code, p.full_name, p.sort_key, u.id, u.name, u.path, f.years, f.counts_from
from full_by f join people k on k.person_id = f.person_id join members_person p on p.id = f.person_id
join organizations_unit u on u.id = k.cell_id
where not exists (select from members_badge b where b.person_id = f.person_id and b.years >= f.years)
  and (%(since)s::date is null or f.counts_from > %(since)s::date - make_interval(years => f.years))
  and (p.sort_key, p.id) > (%(sort_key)s, %(pk)s)
order by p.sort_key, p.id limit %(size)s
"""
HERE = "s.from_on <= %(day)s and (s.to_on is null or s.to_on > %(day)s)"
DIED = f"""s.to_on <= %(day)s and s.to_on > %(day)s - interval '2 years' and exists (
  select from members_departure d where d.membership_id = m.id and d.on = s.to_on
    and d.reason = '{Reason.DECEASED.value}')"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who is looked for, and the part of the list that is wanted."""

    path: str  # of the unit
    day: date
    below: bool = True  # also of units under it
    after: Sequence[Any] | None = None
    size: int = 50

    def due(self, until: date, since: date | None = None) -> list[Due]:
        """Members whose years are full after `since` (None: ever) until a day, and who have no badge for them."""
        return self._found(HERE, "%(until)s::date", "0", until=until, since=since)

    def early(self) -> list[Due]:
        """Members who may have their next badge now if they are gravely ill, by the months of its grade."""
        return self._found(HERE, "%(day)s::date", "g.early_months", since=self.day)

    def posthumous(self) -> list[Due]:
        """Members who died within two years and had the years of a badge, or nearly: their families may be given it."""
        return self._found(DIED, "c.ends_on", "g.posthumous_months")

    def _found(self, there: str, ends: str, months: str, **given: Any) -> list[Due]:
        which = "and m.person_id in (select person_id from people)"
        sql = DUE.format(there=there, counted=COUNTED.format(which=which), months=months, until=ends)
        key = self.after or ["", 0]
        asked = {
            "path": f"{self.path}%" if self.below else self.path,
            "day": self.day,
            "size": self.size,
            "sort_key": key[0],
            "pk": key[1],
        }
        with connection.cursor() as cursor:
            cursor.execute(sql, {"since": None, "until": None} | asked | given)
            return [Due._make((*row[:-1], after_years(row[-1], row[-2]))) for row in cursor.fetchall()]


def age_on(person: int, day: date) -> Age | None:
    """Someone's Party age on a day, interruptions taken off; None before their first recognition. Two queries."""
    spells = list(Membership.objects.filter(person=person).select_related("departure").order_by("joined_on"))
    off = Suspension.objects.filter(membership__in=[each.pk for each in spells]).order_by("from_on")
    return party_age(spells_of(spells), taken_off(off), day)


def needed(grade: BadgeGrade, way: str) -> Age:
    """The Party age for a badge: its years, less by the months of its grade where it comes early or after death."""
    less = {Way.EARLY.value: grade.early_months, Way.POSTHUMOUS.value: grade.posthumous_months}.get(way, 0)
    return Age(*divmod(grade.years * 12 - less, 12))


def too_young(grade: BadgeGrade, way: str, age: Age | None, on: date) -> str:
    """Why a Party age is not enough for a badge on a day: what it is, and what the badge needs."""
    words = {
        "years": count(grade.years), "needed": needed(grade, way).said, "day": written(on),
        "age": age.said if age is not None else _("none yet"),
    }  # fmt: skip
    said = _(
        "The badge of %(years)s years, awarded in this way, needs a Party age of %(needed)s. On %(day)s it is: %(age)s."
    )
    return said % words


def grades(day: date) -> list[BadgeGrade]:
    """The grades there are on a day, the lowest first. One query."""
    return list(BadgeGrade.objects.filter(valid(day)).order_by("years"))
