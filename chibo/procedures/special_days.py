"""Days on which one works or not otherwise than the week says: public holidays, Saturdays worked instead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.organizations import policies as organizations
from chibo.organizations.scope import rights_of
from chibo.procedures.models import SpecialDay


@action("procedures.special_day_added")
def add(*, day: date, is_working: bool, name: str, decision: str = "", by: Any, at: datetime) -> SpecialDay:
    """Lay down that one works on a day, or does not; limits reckoned from now on go by it.

    Denied: who is not administrator of the whole tree; a day laid down already, or one the week has so anyway.
    """
    _check(by, at)
    if is_working == (day.weekday() < 5):
        raise Denied(
            _("One works on this day anyway: it is no weekend.")
            if is_working
            else _("Nobody works on this day anyway: it is a weekend.")
        )
    given = {"is_working": is_working, "name": name, "decision": decision}
    added, is_new = SpecialDay.objects.get_or_create(day=day, defaults=given)
    if not is_new:
        raise Denied(_("This day is laid down already. Remove it first."))
    return added


@action("procedures.special_day_removed")
def remove(*, day: SpecialDay, by: Any, at: datetime) -> None:
    """Let a day be again as the week says. Denied: who is not administrator of the whole tree; a day gone by."""
    _check(by, at)
    if by is not None and day.day < localdate(at):
        raise Denied(_("This day has gone by: limits were reckoned with it."))
    day.delete()


def _check(by: Any, at: datetime) -> None:
    organizations.check_rules(rights_of(by, localdate(at)) if by else None)
