"""Beside a meeting held online: the approval under which it was, or that none was in force."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Item
from chibo.core.formats import day
from chibo.meetings.models import Kind, Meeting, Mode
from chibo.meetings.registry import beside
from chibo.modes.models import rule_on
from chibo.modes.queries import approval_on
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights


def asks(meeting: Meeting) -> bool:
    """Whether a meeting was held in a way that needs an approval."""
    return meeting.mode == Mode.ONLINE and meeting.kind != Kind.COMMITTEE


@beside(100)
def approval(rights: Rights, user: Any, unit: Unit, meeting: Meeting) -> list[Item]:
    """The approval of a meeting held online; that there is none, where a rule asks for it. At most two queries more."""
    if not unit.is_cell or not asks(meeting):
        return []
    found = approval_on(unit, meeting.held_on)
    opens = rights.scope(P.MEETING_VIEW).covers(unit)
    if found is not None:
        url = reverse("online_request", args=[found.pk]) if opens else ""
        text = _("until %(day)s") % {"day": day(found.until)}
        return [Item(title=_("Held online with the approval of the committee above"), url=url, text=text)]
    if rule_on(meeting.held_on) is None:
        return []
    url = reverse("unit_online", args=[unit.pk]) if opens else ""
    return [
        Item(
            title=_("Held online without an approval in force that day"),
            url=url,
            text=_("It counts; for the meetings to come, ask the committee above."),
            late=True,
        )
    ]
