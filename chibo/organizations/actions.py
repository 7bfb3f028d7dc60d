"""Acts on the tree and on grants."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.spans import EVER
from chibo.organizations import lineage
from chibo.organizations.kinds import MAY_STAND_UNDER
from chibo.organizations.models import Grant, Lineage, ParentLink, Unit


def relineage(unit_ids: Iterable[int]) -> None:
    """Derive the dated paths of these units and of all under them; part of an action."""
    lineage.relineage(unit_ids)


@action("organizations.founded")
def found(*, unit: Unit, parent: Unit | None, by: Any, at: datetime) -> Unit:
    """Enter a unit into the tree under its first parent, or as the root."""
    lineage.hold_tree()
    if (parent.kind if parent else None) not in MAY_STAND_UNDER[unit.kind]:
        raise Denied(_("A unit of this kind can't stand there."))
    if parent is None and Unit.objects.exists():
        raise Denied(_("The tree has its root already."))
    unit.save()
    if parent:
        ParentLink.objects.create(unit=unit, parent=parent, from_on=EVER, decision=unit.decision)
    lineage.relineage([unit.pk])
    unit.refresh_from_db(fields=["path"])
    return unit


@action("organizations.moved")
def move(*, unit: Unit, to: Unit, on: date, decision: str, by: Any, at: datetime) -> ParentLink:
    """Put a unit with all under it under another parent from a day on; what was before that day stays as it stood.

    Denied: a day to come, a day on or before the last move, a closed unit, a parent of the wrong kind or not open,
    a parent under the unit itself.
    """
    lineage.hold_tree()
    list(Unit.objects.select_for_update().filter(pk__in=[unit.pk, to.pk]).order_by("pk"))
    last = ParentLink.objects.select_for_update().filter(unit=unit, to_on=None).first()
    if last is None:
        raise Denied(_("The root of the tree can't be moved."))
    if on > at.date() or on <= last.from_on:
        raise Denied(_("A move takes effect after the unit's last move and not later than today."))
    if to.kind not in MAY_STAND_UNDER[unit.kind]:
        raise Denied(_("A unit of this kind can't stand there."))
    if not Unit.objects.open_on(on).filter(pk__in=[unit.pk, to.pk]).count() == len({unit.pk, to.pk}):
        raise Denied(_("Both units must be open on the day of the move."))
    if to.closed_on is not None and (unit.closed_on is None or unit.closed_on > to.closed_on):
        raise Denied(_("The new parent closes before the unit does."))
    if Lineage.objects.filter(Q(to_on=None) | Q(to_on__gt=on), unit=to, path__contains=f"/{unit.pk}/").exists():
        raise Denied(_("A unit can't stand under itself."))
    last.to_on = on
    last.save(update_fields=["to_on"])
    link = ParentLink.objects.create(unit=unit, parent=to, from_on=on, prev_to=on, decision=decision)
    lineage.relineage([unit.pk])
    return link


@action("organizations.granted")
def grant(
    *, user: Any, role: str, unit: Unit, from_on: date, to_on: date | None = None, by: Any, at: datetime
) -> Grant:
    """Give a user a role at a unit from a day on."""
    return Grant.objects.create(user=user, role=role, unit=unit, from_on=from_on, to_on=to_on)
