"""Who may manage which users and their roles: those whose roles all lie where one is administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core.actions import Denied
from chibo.organizations import brought
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import NEVER_LENT, ROLES, Reach, RoleCode
from chibo.organizations.scope import Rights, Scope, in_force

Roles = tuple[list[Any], list[Grant]]  # what was granted a user, and what the records bring them


def seen_by(rights: Rights) -> Q:
    """Users whom an administrator sees: those with a role in scope, now or ever; from the root down, everyone."""
    if rights.over_all(P.USER_MANAGE):
        return Q()
    return with_role(rights.scope(P.USER_MANAGE))


def with_role(scope: Scope) -> Q:
    """Condition on users: they hold a role in scope, or ever did."""
    return Q(Exists(Grant.objects.filter(scope.q(), user=OuterRef("pk")))) | brought.here(scope.q, None)


def roles_of(user: Any, today: date) -> Roles:
    """All grants a user ever held, the newest first, with `is_counting`; what the records bring. Two queries."""
    ever: Any = brought.marked(Grant.objects.filter(user=user)).select_related("unit", "acting_for__user")
    return list(ever.order_by("-from_on", "-pk")), brought.as_grants(today, users=[user.pk])


def check_manages(rights: Rights, user: Any, today: date, *, new: bool = False, roles: Roles | None = None) -> None:
    """Denied unless all roles the user holds, or is to hold, lie in scope, and at least one ever did.

    `new`: also someone who never held any, as whoever was invited this moment. `roles`: those of `roles_of`, if known.
    """
    if rights.over_all(P.USER_MANAGE):
        return
    inside = rights.scope(P.USER_MANAGE)
    ever, by_record = roles or roles_of(user, today)
    held = [*ever, *by_record]
    if any(not inside.covers(g.unit) for g in by_record):
        raise Denied(_("This user is a member of a cell outside your units. Only an administrator above may do this."))
    if any(not inside.holds(g.unit, g.reach) for g in ever if g.is_counting and g.may_be_held(today)):
        raise Denied(_("This user also holds a role outside your units. Only an administrator above may do this."))
    if not any(inside.covers(g.unit) for g in held) and not (new and not held):
        raise Denied(_("This user holds no role in your units."))


def check_gives(rights: Rights, unit: Unit, reach: str) -> None:
    """Denied unless roles at a unit that reach so far are theirs to give and end."""
    if not rights.scope(P.USER_MANAGE).covers(unit):
        raise Denied(_("You give roles only at the units you are administrator of."))
    if not rights.scope(P.USER_MANAGE).holds(unit, reach):
        raise Denied(_("You are administrator of this unit alone, not of those under it: give the role at it alone."))


def check_reach(role: str, reach: str) -> None:
    """Denied if a role would reach further than it does by its nature."""
    if reach != Reach.UNIT and ROLES[role].reach == Reach.UNIT:
        raise Denied(_("This role is held at one unit alone: it does not reach those under it."))


def check_lends(by: Any, owner: Any, to: Any) -> None:
    """Denied if someone would act for themself, or make themself act for another, or can't sign in."""
    if owner.pk == to.pk:
        raise Denied(_("Nobody acts for themself: choose someone else."))
    if by is not None and by.pk == to.pk:
        raise Denied(_("Nobody makes themself act for another: the one who is away does, or another administrator."))
    if not to.is_active:
        raise Denied(_("This user is blocked and can't sign in."))


def near_to(unit: Unit) -> brought.Line:
    """The condition on units to be a unit, above it or under it, for the field that leads to them."""

    def line(field: str) -> Q:
        near = Q(**{f"{field}__in": [*unit.ancestor_ids, unit.pk]})
        return near | Q(**{f"{field}__path__startswith": unit.path}) if unit.path else near

    return line


def working(line: brought.Line, today: date, **kind: Any) -> Q:
    """Condition on users: they hold a role on a line of units that day, by a grant of a kind or by the records."""
    granted = in_force(today).filter(line("unit"), user=OuterRef("pk"), **kind)
    return Q(Exists(granted)) | brought.here(line, today)


def check_given(user: Any, role: str, unit: Unit) -> None:
    """Denied if it follows from the records whether the user holds such a role there. One query at most."""
    if brought.decides(user, role, unit):
        raise Denied(
            _(
                "This user signs in as a member: they have this role where they are a member, for as long as they are,"
                " and nobody gives it."
            )
        )


def check_near(grant: Grant, to: Any, today: date) -> None:
    """Denied unless someone works in the line of a role's unit by a role of their own: at it, above it or under it.

    So nobody is taken out of the hands of their administrator by a role lent from elsewhere.
    """
    if not User.objects.filter(working(near_to(grant.unit), today, acting_for=None), pk=to.pk).exists():
        raise Denied(
            _("This user works neither at this unit nor above or under it: an administrator can name them instead.")
        )


def check_lent(grant: Grant, from_on: date, today: date) -> None:
    """Denied unless a role is the holder's own, still held when the days begin, and not one that is never lent."""
    if grant.source == Source.ACTING:
        raise Denied(_("What you hold for someone else is not yours to pass on."))
    if grant.role in NEVER_LENT:
        raise Denied(_("An administrator's role is not passed on: another administrator gives it to someone."))
    if not grant.may_be_held(max(from_on, today)) or grant.from_on > from_on:
        raise Denied(_("This role is not held on the day on which the other is to begin."))


def check_days(from_on: date, to_on: date, most: int, today: date) -> None:
    """Denied unless the days for which someone acts begin today or later, and are some, and not too many."""
    if from_on < today:
        raise Denied(_("These days begin today or on a day to come."))
    if to_on <= from_on:
        raise Denied(_("The last day is before the first."))
    if (to_on - from_on).days > most:
        raise Denied(_("At most %(n)s days: for longer, an administrator gives the role itself.") % {"n": most})


def check_held_back(grant: Grant) -> None:
    """Denied unless a role comes by a post and is held back."""
    if grant.source != Source.POST or grant.withheld_on is None:
        raise Denied(_("This role is not held back."))


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


def check_reviewed(grant: Grant, today: date) -> None:
    """Denied unless a role is held today, and not only for another."""
    if not grant.is_held(today):
        raise Denied(_("This role is not held any more."))
    if grant.source == Source.ACTING:
        raise Denied(_("Who acts for another does so for some days: that needs no review."))


def check_rules(rights: Rights | None) -> None:
    """Denied unless the rules of the whole tree are theirs to change; the system, None, may."""
    if rights is not None and not rights.over_all(P.USER_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes these rules."))


def check_from(from_on: date, today: date) -> None:
    """Denied if a rule would change days gone by."""
    if from_on < today:
        raise Denied(_("Choose today or a later day: days gone by keep the rule they had."))
