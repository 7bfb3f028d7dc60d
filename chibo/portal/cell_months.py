"""Months of cells: which wait for their meeting, what was said of one without, who was reminded of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from chibo.core.periods import Period
from chibo.exchange.sheets import ask
from chibo.meetings.models import NoMeeting, Reminder
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit

WAITING = 12  # months a cell is asked for, the running one the last of them


class Reminded(NamedTuple):
    """Who reminded a cell last, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """A month of which a cell has no regular meeting recorded, with what was said of it."""

    month: Period
    is_running: bool
    due_on: date  # the month's last day
    why: str | None  # as the cell says why there was none
    reminder: Reminded | None  # the newest


MISSING = """
select m.first_day, n.reason, coalesce(nullif(u.full_name, ''), u.username), r.at from indicators_month m
left join meetings_nomeeting n on n.unit_id = %(unit)s and n.month = m.first_day
left join lateral (
  select k.at, k.by_id from meetings_reminder k where k.unit_id = %(unit)s and k.month = m.first_day
  order by k.at desc, k.id desc limit 1
) r on true
left join accounts_user u on u.id = r.by_id
where m.first_day between %(first)s and %(last)s and m.first_day not in (select month from ({held}) h)
order by m.first_day desc
"""


def waiting_of(cell: Unit, today: date) -> list[Waiting]:
    """Months due of the last twelve, the running one first, without a regular meeting. One query."""
    last = Period.month_of(today)
    first = (last.first_day.replace(day=1) - timedelta(days=31 * (WAITING - 1) - 15)).replace(day=1)
    kinds = [kind.value for kind in CELLS]
    given = {"unit": cell.pk, "units": [cell.pk], "first": first, "last": last.first_day, "cells": kinds}
    found = []
    for on, why, by, at in ask(MISSING.replace("{held}", HELD + NO_CELL), **given):
        month = Period.month_of(on)
        if is_due(cell, month):
            reminder = Reminded(by, at) if at is not None else None
            found.append(Waiting(month, not month.is_over(today), month.last_day, why, reminder))
    return found


def is_due(cell: Unit, month: Period) -> bool:
    """Whether a cell has to meet in a month: open from its first day through its last."""
    return cell.founded_on <= month.first_day and (cell.closed_on is None or cell.closed_on > month.last_day)


LOWEST = """
select u.id from organizations_unit u
join indicators_month m on u.founded_on <= m.first_day and (u.closed_on is null or u.closed_on > m.last_day)
where u.id = any(%(units)s) and u.kind = any(%(cells)s) and m.first_day between %(first)s and %(last)s
and not exists (
  select from meetings_meeting k where k.unit_id = u.id and k.kind = 'regular' and k.month = m.first_day
  and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
)
and not exists (select from meetings_nomeeting n where n.unit_id = u.id and n.month = m.first_day)
and not exists (
  select from organizations_unitkind k where k.unit_id = u.id and not k.kind = any(%(cells)s)
  and k.from_on <= m.last_day and (k.to_on is null or k.to_on > m.first_day)
)
order by array_length(string_to_array(u.path, '/'), 1) desc, u.id limit 1
"""


def lowest_waiting(cells: Iterable[int], today: date) -> int | None:
    """Of these cells the deepest in the tree of which a month waits for its meeting. One query."""
    months = [Period.month_of(today)]
    while len(months) < WAITING:
        months.append(months[-1].before)
    kinds = [kind.value for kind in CELLS]
    found = ask(LOWEST, units=list(cells), cells=kinds, first=months[-1].first_day, last=today)
    return found[0][0] if found else None


HELD = """
select unit_id, month from meetings_meeting k
where unit_id = any(%(units)s) and kind = 'regular' and month between %(first)s and %(last)s
  and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
union
"""
NO_CELL = """
select k.unit_id, m.first_day from organizations_unitkind k
join indicators_month m on k.from_on <= m.last_day and (k.to_on is null or k.to_on > m.first_day)
where k.unit_id = any(%(units)s) and not k.kind = any(%(cells)s) and m.first_day between %(first)s and %(last)s
"""


def held_months(cells: Iterable[int], first: date, last: date) -> list[tuple[int, date]]:
    """(cell, first day of month) pairs with a regular meeting that counts, or in which it was no cell. One query."""
    kinds = [kind.value for kind in CELLS]
    return ask(HELD + NO_CELL, units=list(cells), first=first, last=last, cells=kinds)


def no_cell_months(cell: int, first: date, last: date) -> list[date]:
    """First days of months in which a unit was not a cell all the time. One query."""
    kinds = [kind.value for kind in CELLS]
    return [month for _unit, month in ask(NO_CELL, units=[cell], first=first, last=last, cells=kinds)]


def no_meetings(cells: Iterable[int], months: Iterable[date]) -> Iterable[NoMeeting]:
    """What cells said of months without a meeting, with who said it. One query."""
    return NoMeeting.objects.filter(unit_id__in=cells, month__in=months).select_related("by").order_by("pk")


def newest_reminders(cells: Iterable[int], months: Iterable[date]) -> dict[tuple[int, date], Reminder]:
    """The newest reminder of each (cell, first day of month), with who gave it. One query."""
    found = Reminder.objects.filter(unit_id__in=cells, month__in=months).select_related("by")
    newest = found.order_by("unit_id", "month", "-at", "-pk").distinct("unit_id", "month")
    return {(reminder.unit_id, reminder.month): reminder for reminder in newest}
