"""Time limits: so many days, months or working days after a day, by the holidays laid down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from chibo.procedures.models import SpecialDay

DAYS, MONTHS, WORKING_DAYS = "days", "months", "working_days"
Special = Mapping[date, bool]  # days laid down otherwise than the week says: whether one works


def is_working(day: date, special: Special) -> bool:
    """Whether one works that day: Monday to Friday but for holidays, and the Saturdays worked instead."""
    return special.get(day, day.weekday() < 5)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of that month where it has no such day."""
    month = day.year * 12 + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def last_day(since: date, n: int, unit: str, special: Special) -> date:
    """The last day of a limit that runs from a day, which is not counted itself; ValueError for an unknown unit."""
    if unit == DAYS:
        return since + timedelta(n)
    if unit == MONTHS:
        return months_after(since, n)
    if unit != WORKING_DAYS:
        raise ValueError(unit)
    day = since
    while n > 0:
        day += timedelta(1)
        n -= is_working(day, special)
    return day


def postponed(due: date, from_on: date, to_on: date, unit: str, special: Special) -> date:
    """The last day of a limit that did not run from a day to a day."""
    if unit != WORKING_DAYS:
        return due + (to_on - from_on)
    stood = sum(is_working(from_on + timedelta(n), special) for n in range((to_on - from_on).days))
    return last_day(due, stood, WORKING_DAYS, special)


def resumed(due: date, from_on: date, to_on: date, unit: str) -> date:
    """The same by the holidays laid down. At most one query."""
    far = max(due, to_on) + 2 * (to_on - from_on) + timedelta(60)
    return postponed(due, from_on, to_on, unit, special_days(min(due, from_on), far) if unit == WORKING_DAYS else {})


def special_days(since: date, until: date) -> dict[date, bool]:
    """The days laid down from a day until a day. One query."""
    found = SpecialDay.objects.filter(day__range=(since, until)).order_by()
    return dict(found.values_list("day", "is_working"))


def due_on(since: date, n: int, unit: str) -> date:
    """The last day of a limit that runs from a day, by the holidays laid down. At most one query."""
    far = since + timedelta(n * 2 + 60)
    return last_day(since, n, unit, special_days(since, far) if unit == WORKING_DAYS else {})
