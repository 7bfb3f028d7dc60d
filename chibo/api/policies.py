"""What a token may name, who may make one, and what it allows beside what its owner holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.utils.translation import gettext as _

from chibo.api.models import LONGEST
from chibo.core.actions import Denied
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

# The rights that the API asks for; no token has another, whatever its owner holds.
NAMED = (
    P.UNIT_VIEW,
    P.MEMBER_VIEW,
    P.MEETING_VIEW,
    P.MEETING_RECORD,
    P.EVIDENCE_VIEW,
    P.ROLL_LOAD,
    P.CASE_VIEW,
    P.POST_VIEW,
    P.POST_MANAGE,
    P.FILE_KEEP,
)
MOST = 20  # good tokens of one user at once


def may_name(rights: Rights) -> list[P]:
    """The permissions a token of someone may name: those of the API that they hold somewhere."""
    return [each for each in NAMED if rights.scope(each)]


def check_can_make(
    rights: Rights, permissions: Collection[str], unit: Unit | None, until: date, today: date, good: int
) -> None:
    """Denied unless someone may make such a token, having so many good ones."""
    if not permissions or set(permissions) - set(may_name(rights)):
        raise Denied(_("A token has no right that you don’t hold yourself."), "permissions")
    if unit is not None and not rights.scope(P.UNIT_VIEW).covers(unit):
        raise Denied(_("No unit that you may see has this code."), "unit")
    if not today < until <= today + timedelta(LONGEST):
        raise Denied(_("A token is good for a year at most."), "days")
    if good >= MOST:
        raise Denied(_("You have %(n)s good tokens: revoke one that is no longer needed.") % {"n": good})
