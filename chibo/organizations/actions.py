"""Acts on the tree and on grants."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.accounts import actions as accounts
from chibo.accounts.models import User
from chibo.accounts.policies import check_other
from chibo.core.actions import Denied, action
from chibo.core.formats import day
from chibo.core.spans import EVER
from chibo.organizations import acts, lineage, policies
from chibo.organizations.kinds import MAY_STAND_UNDER, ActKind
from chibo.organizations.models import Grant, ParentLink, Rule, Unit
from chibo.organizations.planning import Asked
from chibo.organizations.scope import rights_of


def relineage(unit_ids: Iterable[int]) -> None:
    """Derive the dated paths of these units and of all under them; part of an action."""
    lineage.relineage(unit_ids)


@action("organizations.founded")
def found(*, unit: Unit, parent: Unit | None, by: Any, at: datetime) -> Unit:
    """Enter a unit as a roll knows it, under its first parent since ever, or as the root; no act founds it."""
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
    if on > localdate(at):
        raise Denied(_("A move takes effect after the unit's last move and not later than today."))
    acts.do(asked=Asked(ActKind.MOVE, on, decision, {"unit": unit.code, "to": to.code}), by=by, at=at)
    return ParentLink.objects.get(unit=unit, from_on=on)


@action("organizations.rule_set")
def set_rule(*, code: str, value: int, on: date, decision: str, by: Any, at: datetime) -> Rule:
    """Have a rule of organization ask for another number from a day on; what it asked for before is kept.

    Denied: a rule nobody knows, a number out of reason, a day on or before its last change.
    """
    last = Rule.objects.select_for_update().filter(code=code, to_on=None).first()
    if last is None or not 0 < value < 1_000_000:
        raise Denied(_("Choose a rule and a number above zero."))
    if on <= last.from_on:
        raise Denied(_("The rule was changed on %(day)s: choose a later day.") % {"day": day(last.from_on)})
    last.to_on = on
    last.save(update_fields=["to_on"])
    return Rule.objects.create(code=code, value=value, from_on=on, prev_to=on, decision=decision)


@action("organizations.granted")
def grant(
    *, user: Any, role: str, unit: Unit, from_on: date, to_on: date | None = None, by: Any, at: datetime
) -> Grant:
    """Give a user a role at a unit from a day on; the system, `by` None, may give any.

    Denied: for oneself, a unit or user that is not `by`'s to manage, days the wrong way round, a role held at those
    days already.
    """
    check_other(user, by)
    list(User.objects.select_for_update().filter(pk=user.pk))
    if by is not None:
        rights = rights_of(by, localdate(at))
        policies.check_gives(rights, unit)
        policies.check_manages(rights, user, localdate(at), new=True)
    if to_on is not None and to_on <= from_on:
        raise Denied(_("The role has to end after the day it begins."))
    held = Grant.objects.filter(user=user, role=role, unit=unit).filter(Q(to_on=None) | Q(to_on__gt=from_on))
    if to_on is not None:
        held = held.filter(from_on__lt=to_on)
    if held.exclude(to_on=F("from_on")).exists():
        raise Denied(_("This user holds this role there already on some of these days."))
    return Grant.objects.create(user=user, role=role, unit=unit, from_on=from_on, to_on=to_on)


@action("organizations.grant_ended")
def end_grant(*, grant: Grant, on: date, by: Any, at: datetime) -> Grant:
    """End a role on a day, the first on which it is no longer held; what was held before stays as it was.

    Denied: a user who is not `by`'s to manage, a day gone by or before the role begins, a role that ends before,
    one's own last role of administrator.
    """
    list(User.objects.select_for_update().filter(pk=grant.user_id))
    grant = Grant.objects.select_related("unit", "user").get(pk=grant.pk)
    if by is not None:
        rights = rights_of(by, localdate(at))
        policies.check_gives(rights, grant.unit)
        policies.check_manages(rights, grant.user, localdate(at))
        policies.check_stays_administrator(by, grant, localdate(at))
    policies.check_end(grant, on, localdate(at))
    grant.to_on = on
    grant.save(update_fields=["to_on"])
    return grant


@action("organizations.user_invited")
def invite(
    *,
    username: str,
    full_name: str,
    role: str,
    unit: Unit,
    from_on: date,
    to_on: date | None = None,
    by: Any,
    at: datetime,
) -> tuple[User, str]:
    """Make a user with a role at a unit, and the code by which they choose their password.

    Denied: what `accounts.actions.invite` and `grant` deny.
    """
    user, code = accounts.invite(username=username, full_name=full_name, by=by, at=at)
    grant(user=user, role=role, unit=unit, from_on=from_on, to_on=to_on, by=by, at=at)
    return user, code
