"""Who prepares meetings, and what has to hold of a notice, a day of meeting, a topic, a rule; each with its reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from chibo.agendas.content import Content
from chibo.agendas.models import Notice, Status
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

AHEAD = timedelta(days=366)  # so far a meeting can be told
BESIDE = timedelta(days=15)  # so far outside its month a meeting may be held
ITEMS = 40
HOURS = 24 * 60


def check_prepares(by: Any, unit: Unit, today: date) -> None:
    """Denied unless `by`, or the system, prepares the meetings of a unit, and it is a cell that is open."""
    if by is not None and not rights_of(by, today).scope(P.MEETING_RECORD).covers(unit):
        raise Denied(_("You prepare meetings only of your own cell."))
    if not unit.is_cell:
        raise Denied(_("Only cells prepare their meetings here."))
    if unit.closed_on is not None and unit.closed_on <= today:
        raise Denied(_("The cell is closed since %(day)s.") % {"day": day(unit.closed_on)})


def check_day(unit: Unit, content: Content, today: date) -> None:
    """Denied unless the meeting is to come, while the cell is open, in or near its month."""
    on = content.on
    if on < today:
        raise Denied(_("This day is past. A notice is of a meeting to come."), "on")
    if on > today + AHEAD:
        raise Denied(_("This day is more than a year ahead."), "on")
    if unit.closed_on is not None and on >= unit.closed_on:
        raise Denied(_("The cell is closed since %(day)s.") % {"day": day(unit.closed_on)}, "on")
    month = Period.month_of(content.month)
    if not month.first_day - BESIDE <= on <= month.last_day + BESIDE:
        raise Denied(_("This day is too far from the month the meeting belongs to."), "on")


def check_items(content: Content) -> None:
    """Denied if there are more items, or longer ones, than a meeting can have."""
    if len(content.items) > ITEMS:
        raise Denied(_("An agenda has at most %(n)s items.") % {"n": ITEMS})
    if any(row.minutes is not None and not 0 < row.minutes < HOURS for row in content.items):
        raise Denied(_("An item takes at least one minute, and less than a day."))


def check_can_be_given(content: Content) -> None:
    """Denied unless a notice says at what time, where, and about what."""
    if content.at_time is None:
        raise Denied(_("Say at what time the meeting begins."), "at_time")
    if not content.place:
        raise Denied(_("Say where the cell meets; of an online meeting, how one joins."), "place")
    if not content.items:
        raise Denied(_("The agenda has no item yet."))


def check_stands(notice: Notice, today: date) -> None:
    """Denied if a meeting was cancelled, or its day is past."""
    if notice.status == Status.CANCELLED:
        raise Denied(_("This meeting is cancelled. Prepare another one."))
    if notice.on < today:
        raise Denied(_("This meeting was on %(day)s: its notice stays as it is.") % {"day": day(notice.on)})


def check_hands_down(by: Any, unit: Unit, today: date) -> None:
    """Denied unless `by`, or the system, hands topics down for a committee."""
    if by is not None and not rights_of(by, today).scope(P.TOPIC_HAND_DOWN).covers(unit):
        raise Denied(_("You hand down topics only at your own units."))
    if unit.is_cell:
        raise Denied(_("A cell has no cells below it."))


def check_quarter(quarter: date, today: date) -> None:
    """Denied if a topic is handed down for a quarter that is over, or far ahead."""
    if Period.parse(f"{quarter.year}-Q{(quarter.month + 2) // 3}").is_over(today):
        raise Denied(_("This quarter is over."), "quarter")
    if quarter.year > today.year + 1:
        raise Denied(_("This quarter is too far ahead."), "quarter")


def check_year(year: int, today: date) -> None:
    """Denied if a plan is not of the running year or the next."""
    if not today.year <= year <= today.year + 1:
        raise Denied(_("The plan of this year stays as it is."))


def check_rules(by: Any, today: date) -> None:
    """Denied unless `by`, or the system, is administrator of the whole tree."""
    if by is not None and not rights_of(by, today).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes agendas and rules of notice."))


def check_from(from_on: date, today: date) -> None:
    """Denied if a rule is laid down from a day that is past: notices were prepared and given since by what held."""
    if from_on < today:
        raise Denied(_("This holds from today or from a day to come."), "from_on")
