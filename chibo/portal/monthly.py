"""Meetings of many cells month by month: when each was held, its points, how many were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from chibo.core.periods import Period
from chibo.exchange.sheets import ask
from chibo.portal.queries import POINTS


@dataclass(frozen=True)
class MonthHeld:
    """A meeting in a square: what more is known of one joins here."""

    pk: int
    month: date
    held_on: date
    points: Decimal | None  # the superior's first
    present: int
    marked: int
    settled: str = ""  # how far its points are confirmed; empty where nobody is waited for

    @property
    def is_on_time(self) -> bool:
        """Whether it was held in the month it belongs to."""
        return (self.held_on.year, self.held_on.month) == (self.month.year, self.month.month)

    @property
    def attendance(self) -> Fraction | None:
        return Fraction(self.present, self.marked) if self.marked else None


Held = dict[tuple[int, date], list[MonthHeld]]  # by cell and month, the best first

HELD = f"""
select k.unit_id, k.id, k.month, k.held_on, {POINTS} as points, coalesce(a.present, 0), coalesce(a.marked, 0),
  coalesce(c.state, '')
from meetings_meeting k
left join meetings_confirmation c on c.meeting_id = k.id and c.state <> 'void'
left join lateral (
  select count(*) filter (where a.state = 'present') as present, count(*) as marked
  from meetings_attendance a where a.meeting_id = k.id
) a on true
where k.unit_id = any(%(cells)s) and k.month between %(first)s and %(last)s and k.kind = %(kind)s
  and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
order by points desc nulls last, k.held_on, k.id
"""


def held_in(cells: Sequence[int], period: Period, kind: str) -> Held:
    """Meetings of a kind that count, by cell and month, the best first. One query."""
    found: Held = {}
    given = {"cells": list(cells), "first": period.first_day, "last": period.last_month, "kind": kind}
    for unit, *row in ask(HELD, **given):
        meeting = MonthHeld(*row)
        found.setdefault((unit, meeting.month), []).append(meeting)
    return found
