"""Acts in the life of a member that other apps and sheets call; which roles follow from posts."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.accounts.policies import check_other
from chibo.core.actions import Denied, action
from chibo.members import policies, post_roles, stays
from chibo.members.models import Person, PostMark, PostRole, PostRule
from chibo.organizations import policies as organizations
from chibo.organizations.models import Grant
from chibo.organizations.scope import rights_of


def restay(membership_ids: Iterable[int]) -> None:
    """Derive the stays of these memberships from admission, transfers and departure; part of an action."""
    stays.restay(membership_ids)


@action("members.user_linked")
def link_user(*, person: Person, user: Any, by: Any, at: datetime) -> Person:
    """Let a user see this person's own record, or with None nobody any more.

    Denied: the user is linked to someone else already, or someone else to this person.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    elsewhere = Denied(_("This user is linked to the record of another member."))
    if user is not None and Person.objects.filter(user=user).exclude(pk=person.pk).exists():
        raise elsewhere
    if user is not None and person.user_id not in (None, user.pk):
        raise Denied(_("The record of this member is linked to another user."))
    person.user = user
    try:
        with transaction.atomic():
            person.save(update_fields=["user"])
    except IntegrityError:  # linked to another at this moment
        raise elsewhere from None
    return person


@action("members.post_rule_set")
def set_rule(
    *,
    post: str,
    unit_kind: str,
    role: str,
    reach: str,
    from_on: date,
    to_on: date | None = None,
    by: Any,
    at: datetime,
) -> PostRule:
    """Have a role follow from a post at units of a kind, from a day on; who holds such a post has it at once.

    Denied: who is not administrator of the whole tree; a day gone by, days the wrong way round, a reach beyond the
    role's, what is laid down already.
    """
    post_roles.hold()
    organizations.check_rules(rights_of(by, localdate(at)) if by else None)
    organizations.check_from(from_on, localdate(at))
    organizations.check_reach(role, reach)
    if to_on is not None and to_on <= from_on:
        raise Denied(_("The rule has to end after the day it begins."))
    rule = PostRule(post=post, unit_kind=unit_kind, role=role, reach=reach, from_on=from_on, to_on=to_on)
    policies.check_new_rule(rule)
    rule.save()
    return rule


@action("members.post_rule_ended")
def end_rule(*, rule: PostRule, on: date, by: Any, at: datetime) -> PostRule:
    """Let a role follow from a post no longer, from a day on; who has it by that loses it that day.

    Denied: who is not administrator of the whole tree; a day gone by; a rule that ends before.
    """
    post_roles.hold()
    organizations.check_rules(rights_of(by, localdate(at)) if by else None)
    organizations.check_from(on, localdate(at))
    rule = PostRule.objects.select_for_update().get(pk=rule.pk)
    policies.check_rule_ends(rule, on)
    rule.to_on = on
    rule.save(update_fields=["to_on"])
    return rule


@action("members.post_role_let")
def let_hold(*, grant: Grant, by: Any, at: datetime) -> Grant:
    """Let a role by a post that was held back hold for the days of the post.

    Denied: one's own; a user or unit that is not `by`'s to manage; a role that is not held back.
    """
    post_roles.hold()
    grant = Grant.objects.select_for_update(of=("self",)).select_related("unit", "user").get(pk=grant.pk)
    check_other(grant.user, by)
    if by is not None:
        rights = rights_of(by, localdate(at))
        organizations.check_gives(rights, grant.unit, grant.reach)
        organizations.check_manages(rights, grant.user, localdate(at))
    organizations.check_held_back(grant)
    grant.withheld_on = None
    grant.save(update_fields=["withheld_on"])
    post = PostRole.objects.values_list("post_id", flat=True).get(grant=grant)
    PostMark.objects.create(subject="post", number=post)
    return grant
