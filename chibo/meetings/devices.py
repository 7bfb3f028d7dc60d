"""What a device's own clock says of a record: when it was finished, when it was sent, how far the clock is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core import clock
from chibo.core.formats import moment
from chibo.meetings.models import Meeting

WRONG = timedelta(minutes=5)  # a clock that is further off is said to be wrong
AGES = timedelta(days=365 * 200)  # further off than any clock


@dataclass(frozen=True)
class Told:
    """Two moments by a device's own clock: when someone finished recording, and when it was sent."""

    device_at: datetime
    sent_at: datetime


def told_in(data: Mapping[str, Any]) -> Told | None:
    """What a device told of the time with a record; None where it told nothing, or nonsense."""
    found = [_moment(str(data.get(name, ""))) for name in ("device_at", "sent_at")]
    return Told(found[0], found[1]) if found[0] and found[1] else None


def facts_of(meeting: Meeting) -> list[tuple[str, str]]:
    """When a meeting was recorded on its device and when it arrived, if that differs; how wrong the clock was."""
    arrived, device_at, sent_at = meeting.recorded_at, meeting.device_at, meeting.sent_at
    if arrived is None or device_at is None or sent_at is None:
        return []
    if device_at - sent_at > WRONG:  # when it was finished is not known: the clock was put back before it was sent
        said = {"said": moment(device_at), "sent": moment(sent_at)}
        return [
            (_("Clock of the device"), _("it said %(said)s when it was finished, %(sent)s when it was sent") % said)
        ]
    ahead = sent_at - arrived
    is_wrong = abs(ahead) > WRONG
    finished = arrived - max(sent_at - device_at, timedelta())  # by our clock, whatever the device's says
    facts = []
    if is_wrong or moment(finished) != moment(arrived):
        said = {"when": moment(finished), "arrived": moment(arrived)}
        facts.append((_("On the device"), _("recorded on %(when)s, arrived on %(arrived)s") % said))
    if is_wrong:
        said = {"span": _span(abs(ahead)), "said": moment(device_at)}
        fast = _("%(span)s fast: it said %(said)s") % said
        facts.append((_("Clock of the device"), fast if ahead > WRONG else _("%(span)s slow: it said %(said)s") % said))
    return facts


def _moment(text: str) -> datetime | None:
    """A moment as a device writes it, with its zone, that can be meant; None if it is none."""
    try:
        found = parse_datetime(text[:40])
        if found is None or found.tzinfo is None:
            return None
        found = clock.as_here(found)
        return found if abs(found - clock.now()) < AGES else None
    except (ValueError, OverflowError):
        return None


def _span(span: timedelta) -> str:
    """A span of time in days, hours and minutes, its largest two."""
    minutes = round(span.total_seconds() / 60)
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else "",
        ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)s minute", "%(n)s minutes", left) % {"n": left} if left else "",
    ]
    return " ".join([part for part in parts if part][:2])
