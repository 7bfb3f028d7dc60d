"""Acts on the tree and on grants."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.accounts import actions as accounts
from chibo.accounts.models import User
from chibo.accounts.policies import check_other
from chibo.core.actions import Denied, action
from chibo.core.spans import EVER
from chibo.organizations import acts, held_roles, lineage, policies
from chibo.organizations.kinds import MAY_STAND_UNDER, ActKind
from chibo.organizations.models import Grant, GrantReview, GrantTerms, ParentLink, Source, Unit, Verdict
from chibo.organizations.planning import Asked
from chibo.organizations.roles import ROLES, Reach
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


@action("organizations.granted")
def grant(
    *,
    user: Any,
    role: str,
    unit: Unit,
    from_on: date,
    to_on: date | None = None,
    reach: str = "",
    by: Any,
    at: datetime,
) -> Grant:
    """Give a user a role at a unit from a day on, reaching as far as the role does or less; `by` None may give any.

    Denied: for oneself, a unit or user that is not `by`'s to manage, days the wrong way round, a role held at those
    days already, a reach beyond the role's.
    """
    check_other(user, by)
    reach = reach or (ROLES[role].reach if role in ROLES else Reach.UNIT)
    list(User.objects.select_for_update().filter(pk=user.pk))
    if by is not None:
        rights = rights_of(by, localdate(at))
        policies.check_gives(rights, unit, reach)
        policies.check_manages(rights, user, localdate(at), new=True)
    if role in ROLES:
        policies.check_reach(role, reach)
    policies.check_given(user, role, unit)
    if to_on is not None and to_on <= from_on:
        raise Denied(_("The role has to end after the day it begins."))
    given = Grant.objects.filter(user=user, role=role, unit=unit, source=Source.GIVEN)
    held = given.filter(Q(to_on=None) | Q(to_on__gt=from_on))
    if to_on is not None:
        held = held.filter(from_on__lt=to_on)
    if held.exclude(to_on=F("from_on")).exists():
        raise Denied(_("This user holds this role there already on some of these days."))
    return Grant.objects.create(user=user, role=role, unit=unit, reach=reach, from_on=from_on, to_on=to_on)


@action("organizations.grant_ended")
def end_grant(*, grant: Grant, on: date, by: Any, at: datetime) -> Grant:
    """End a role on a day, the first on which it is no longer held; what was held before stays as it was.

    One by a post is held back from that day on, whatever becomes of the post. Who lent a role, and who acts by it,
    may end that too. Denied: a user who is not `by`'s to manage, a day gone by or before the role begins, a role that
    ends before, one's own last role of administrator.
    """
    list(User.objects.select_for_update().filter(pk=grant.user_id))
    grant = Grant.objects.select_related("unit", "user", "acting_for").get(pk=grant.pk)
    lent = grant.acting_for
    own = lent is not None and by is not None and by.pk in (grant.user_id, lent.user_id)
    if by is not None and not own:
        rights = rights_of(by, localdate(at))
        policies.check_gives(rights, grant.unit, grant.reach)
        policies.check_manages(rights, grant.user, localdate(at))
        policies.check_stays_administrator(by, grant, localdate(at))
    policies.check_end(grant, on, localdate(at))
    grant.to_on = on
    if grant.source == Source.POST:
        grant.withheld_on = on
    grant.save(update_fields=["to_on", "withheld_on"])
    return grant


@action("organizations.lent")
def lend(
    *, grants: Sequence[Grant], to: Any, from_on: date, to_on: date, reason: str, by: Any, at: datetime
) -> list[Grant]:
    """Let someone act for the holder of roles for some days, until the day before `to_on`.

    The holder does it, or an administrator whose the unit and both users are to manage. Denied: to oneself; a role
    that is only held for another, or an administrator's; too many days; what is lent to the same person already.
    """
    today = localdate(at)
    held = list(Grant.objects.select_related("unit", "user").filter(pk__in=[g.pk for g in grants]).order_by("pk"))
    if len({grant.user_id for grant in held}) != 1:
        raise Denied(_("Choose at least one role."))
    owner = held[0].user
    list(User.objects.select_for_update().filter(pk__in=[owner.pk, to.pk]).order_by("pk"))
    to = User.objects.get(pk=to.pk)
    policies.check_lends(by, owner, to)
    policies.check_days(from_on, to_on, held_roles.terms_on(today).acting_days, today)
    if by is not None and by.pk != owner.pk:
        rights = rights_of(by, today)
        for grant in held:
            policies.check_gives(rights, grant.unit, grant.reach)
        policies.check_manages(rights, owner, today)
        policies.check_manages(rights, to, today, new=True)
    lent = []
    for grant in held:
        policies.check_lent(grant, from_on, today)
        if by is not None and by.pk == owner.pk:
            policies.check_near(grant, to, today)
        same = Grant.objects.filter(acting_for=grant, user=to, from_on__lt=to_on, to_on__gt=from_on)
        if same.exclude(to_on=F("from_on")).exists():
            raise Denied(_("This user acts for them there already on some of these days."))
        lent.append(
            Grant.objects.create(
                user=to,
                role=grant.role,
                unit=grant.unit,
                reach=grant.reach,
                from_on=from_on,
                to_on=to_on,
                source=Source.ACTING,
                acting_for=grant,
                reason=reason,
            )
        )
    return lent


@action("organizations.grant_reviewed")
def review(*, grant: Grant, verdict: str, by: Any, at: datetime) -> GrantReview:
    """Say of a role that someone else holds that it stays, or ends today.

    Denied: one's own role, one that is not `by`'s to give, one not held today; to end it, what `end_grant` denies.
    """
    list(User.objects.select_for_update().filter(pk=grant.user_id))
    grant = Grant.objects.select_related("unit", "user").get(pk=grant.pk)
    check_other(grant.user, by)
    if by is not None:
        policies.check_gives(rights_of(by, localdate(at)), grant.unit, grant.reach)
    policies.check_reviewed(grant, localdate(at))
    if verdict == Verdict.END:
        end_grant(grant=grant, on=localdate(at), by=by, at=at)
    return GrantReview.objects.create(grant=grant, verdict=verdict, on=localdate(at), by=by, at=at)


@action("organizations.terms_set")
def set_terms(*, from_on: date, review_months: int, acting_days: int, by: Any, at: datetime) -> GrantTerms:
    """Lay down from a day on how often roles are reviewed and how long one acts for another; that day's anew.

    Denied: a day gone by, who is not administrator from the root of the tree down.
    """
    policies.check_rules(rights_of(by, localdate(at)) if by else None)
    policies.check_from(from_on, localdate(at))
    terms, _made = GrantTerms.objects.update_or_create(
        from_on=from_on, defaults={"review_months": review_months, "acting_days": acting_days}
    )
    return terms


@action("organizations.user_invited")
def invite(
    *,
    username: str,
    full_name: str,
    role: str,
    unit: Unit,
    from_on: date,
    to_on: date | None = None,
    reach: str = "",
    by: Any,
    at: datetime,
) -> tuple[User, str]:
    """Make a user with a role at a unit, and the code by which they choose their password.

    Denied: what `accounts.actions.invite` and `grant` deny.
    """
    user, code = accounts.invite(username=username, full_name=full_name, by=by, at=at)
    grant(user=user, role=role, unit=unit, from_on=from_on, to_on=to_on, reach=reach, by=by, at=at)
    return user, code
