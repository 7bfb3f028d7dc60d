"""Party age: from the day of the decision to admit, once recognised official, interruptions taken off.

All of it comes down to one day, from which whole years and months are counted as if nothing had interrupted them: the
day the running spell began, moved back by the days counted before it and on by those that don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.formats import count
from chibo.members.models import Membership, Suspension


class Spell(NamedTuple):
    """A spell of membership as far as Party age goes by it: its first day that counts, and that of leaving."""

    begun_on: date  # of the decision to admit, or where that isn't known of joining
    official_on: date | None
    left_on: date | None


class Age(NamedTuple):
    """Whole years, and whole months beyond them."""

    years: int
    months: int

    @property
    def said(self) -> str:
        """In words: 30 years 2 months."""
        years = ngettext("%(n)s year", "%(n)s years", self.years) % {"n": count(self.years)}
        months = ngettext("%(n)s month", "%(n)s months", self.months) % {"n": count(self.months)}
        if not self.months:
            return years
        return _("%(years)s %(months)s") % {"years": years, "months": months} if self.years else months


class Counted(NamedTuple):
    """The day from which Party age is counted as if without gap, and that until which: of who left, of leaving."""

    from_on: date
    until: date


def counted(spells: Iterable[Spell], off: Iterable[tuple[date, date | None]], day: date) -> Counted | None:
    """From when until when Party age is counted on a day; None before the first recognition.

    `off` are the spans within spells that don't count. A spell counts once it is recognised official, then from its
    beginning; one that is not recognised yet adds nothing to those before.
    """
    found, last, total = None, date.min, timedelta(0)
    spans = [(first, min(until or day, day)) for first, until in off]
    for spell in sorted(spells, key=lambda each: (each.begun_on, each.left_on or date.max)):
        if spell.official_on is None or spell.official_on > day or spell.begun_on > day:
            continue
        begun, ends = max(spell.begun_on, last), min(spell.left_on or day, day)
        if ends < begun:
            continue
        pauses = (max(min(until, ends) - max(first, begun), timedelta(0)) for first, until in spans)
        total += ends - begun - sum(pauses, timedelta(0))
        found, last = Counted(ends - total, ends), ends
    return found


def between(first: date, day: date) -> Age:
    """Whole years and months from a day to another; what no month has, the 30 of February, is the 1st of the next."""
    months = (day.year - first.year) * 12 + day.month - first.month - (day.day < first.day)
    return Age(*divmod(max(months, 0), 12))


def after_years(first: date, years: int) -> date:
    """The day on which so many years are full; of 29 February in other years 1 March."""
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return date(first.year + years, 3, 1)


def party_age(spells: Sequence[Spell], off: Iterable[tuple[date, date | None]], day: date) -> Age | None:
    """Someone's Party age on a day; None of who was never recognised official by then."""
    found = counted(spells, off, day)
    return between(*found) if found is not None else None


def spells_of(memberships: Iterable[Membership]) -> list[Spell]:
    """The spells that memberships of one person are, as far as Party age goes by them."""
    return [Spell(each.decided_on or each.joined_on, each.official_on, _left(each)) for each in memberships]


def _left(spell: Membership) -> date | None:
    departure = getattr(spell, "departure", None)
    return departure.on if departure else None


def taken_off(suspensions: Iterable[Suspension]) -> list[tuple[date, date | None]]:
    """The spans that don't count, of some suspensions of one person."""
    return [(each.from_on, each.to_on) for each in suspensions if each.is_taken_off]


# The same in SQL: by person the day from which Party age is counted, and that until which it is, on %(day)s.
COUNTED = """
select person_id, max(ends) - sum(ends - begun - pause)::int as counts_from, max(ends) as ends_on
from (
  select b.person_id, b.begun, b.ends, coalesce((
    select sum(greatest(least(coalesce(x.to_on, %(day)s), %(day)s, b.ends) - greatest(x.from_on, b.begun), 0))
    from members_suspension x join members_membership o on o.id = x.membership_id
    where o.person_id = b.person_id and x.is_taken_off), 0) as pause
  from (
    select m.person_id, least(coalesce(d.on, %(day)s), %(day)s) as ends,
      greatest(coalesce(m.decided_on, m.joined_on), lag(d.on) over (partition by m.person_id order by m.number))
        as begun
    from members_membership m left join members_departure d on d.membership_id = m.id
    where m.official_on <= %(day)s and coalesce(m.decided_on, m.joined_on) <= %(day)s {which}
  ) b where b.ends >= b.begun
) s group by person_id
"""
