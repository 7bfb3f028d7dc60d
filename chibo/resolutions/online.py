"""In the minutes of a meeting held online: under which approval it was."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.meetings.approvals import asks
from chibo.modes.models import Deed
from chibo.modes.queries import approval_on
from chibo.resolutions.composing import Held, line, part
from chibo.resolutions.writing import Block


@part(101)
def approval(held: Held) -> list[Block]:
    """Which committee approved on which day that the cell meets online, and until when; or that none did."""
    if not asks(held.meeting):
        return []
    found = approval_on(held.unit, held.meeting.held_on, details=True)
    if found is None:
        return [line(_("Online, without an approval in force that day"))]
    given = max((each for each in found.deeds.all() if each.deed == Deed.APPROVED), key=lambda each: each.pk)
    said = {
        "unit": given.role_unit.name if given.role_unit else "–",
        "day": day(timezone.localdate(given.at)),
        "from": day(found.from_on),
        "to": day(found.until),
    }
    return [line(_("Online with the approval of %(unit)s of %(day)s, for %(from)s to %(to)s") % said)]
