"""Who may manage which users and their roles: those whose roles all lie where one is administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Rights


def seen_by(rights: Rights) -> Q:
    """Users whom an administrator sees: those with a role in scope, now or ever; from the root down, everyone."""
    if rights.over_all(P.USER_MANAGE):
        return Q()
    return Q(Exists(Grant.objects.filter(rights.scope(P.USER_MANAGE).q(), user=OuterRef("pk"))))


def check_manages(rights: Rights, user: Any, today: date, *, new: bool = False) -> None:
    """Denied unless all roles the user holds, or is to hold, lie in scope, and at least one ever did.

    `new`: also someone who never held any, as whoever was invited this moment.
    """
    if rights.over_all(P.USER_MANAGE):
        return
    inside = rights.scope(P.USER_MANAGE)
    held = list(Grant.objects.filter(user=user).select_related("unit").order_by("pk"))
    still = [g for g in held if (g.to_on is None or g.to_on > today) and g.to_on != g.from_on]
    if any(not inside.covers(g.unit) for g in still):
        raise Denied(_("This user also holds a role outside your units. Only an administrator above may do this."))
    if not any(inside.covers(g.unit) for g in held) and not (new and not held):
        raise Denied(_("This user holds no role in your units."))


def check_gives(rights: Rights, unit: Unit) -> None:
    """Denied unless roles at a unit are theirs to give and end."""
    if not rights.scope(P.USER_MANAGE).covers(unit):
        raise Denied(_("You give roles only at the units you are administrator of."))


def check_stays_administrator(by: Any, grant: Grant, today: date) -> None:
    """Denied if it is one's own last role of administrator that would end."""
    if by.pk != grant.user_id or grant.role != RoleCode.ADMINISTRATOR:
        return
    others = Grant.objects.filter(user=by, role=RoleCode.ADMINISTRATOR, to_on=None, from_on__lte=today)
    if not others.exclude(pk=grant.pk).exists():
        raise Denied(_("This is your last role of administrator: another administrator has to end it."))


def check_end(grant: Grant, on: date, today: date) -> None:
    """Denied unless the role can end on that day without changing days gone by."""
    if on < today:
        raise Denied(_("A role ends today or on a day to come: what was held until now stays as it was."))
    if on < grant.from_on:
        raise Denied(_("The role has not begun by then: end it on the day it begins, and it is never held."))
    if grant.to_on is not None and grant.to_on <= on:
        raise Denied(_("The role ends before that day already."))
