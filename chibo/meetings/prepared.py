"""Beside a committee's meeting in a cell: the regular meeting of that month, which it prepared."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.asking import address
from chibo.core.components import Item
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.meetings import queries
from chibo.meetings.models import Kind, Meeting
from chibo.meetings.registry import beside
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights


@beside(50)
def prepared(rights: Rights, user: Any, unit: Unit, meeting: Meeting) -> list[Item]:
    """The way to the regular meeting that a committee prepared, or to record it. One query, of such a meeting only."""
    if not unit.is_cell or meeting.kind != Kind.COMMITTEE or getattr(meeting, "withdrawal", None):
        return []
    month = {"month": period_name(Period.month_of(meeting.month))}
    found = next(iter(queries.others_standing(unit, meeting.month, None)), None)
    if found is not None:
        title = _("The regular meeting of %(month)s") % month
        return [Item(title=title, url=reverse("meeting", args=[unit.pk, found.pk]), text=day(found.held_on))]
    if not rights.scope(P.MEETING_RECORD).covers(unit):
        return []
    url = address(reverse("meeting_record", args=[unit.pk]), month=Period.month_of(meeting.month))
    return [Item(title=_("The regular meeting of %(month)s is to be recorded") % month, url=url, act=_("Record it"))]
