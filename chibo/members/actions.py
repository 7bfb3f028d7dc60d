"""Acts in the life of a member that other apps and sheets call; posts; which roles follow from posts."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.accounts.policies import check_other
from chibo.core.actions import Denied, action
from chibo.members import policies, post_roles, stays
from chibo.members.models import Person, Post, PostMark, PostRole, PostRule
from chibo.organizations import policies as organizations
from chibo.organizations.brought import counts
from chibo.organizations.models import Grant, Unit
from chibo.organizations.scope import rights_of


def restay(membership_ids: Iterable[int] | str) -> None:
    """Derive the stays of these memberships from admission, transfers and departure; part of an action."""
    stays.restay(membership_ids)


@action("members.user_linked")
def link_user(*, person: Person, user: Any, by: Any, at: datetime) -> Person:
    """Let a user see this person's own record, or with None nobody any more.

    Who is linked no more keeps nothing of a member: what had been given to them before ends that day.
    Denied: the user is linked to someone else already, or someone else to this person.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    if user is None and person.user_id is not None:
        _end_given(person.user_id, localdate(at))
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


def _end_given(user_id: int, today: date) -> None:
    """End what a user holds as a member by a grant, which gave nothing while they were linked to a record."""
    given = Grant.objects.filter(Q(to_on=None) | Q(to_on__gt=today), ~counts(), user=user_id)
    for grant in given.select_for_update(of=("self",)).order_by("pk"):
        grant.to_on = max(grant.from_on, today)
        grant.save(update_fields=["to_on"])


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


@action("members.appointed")
def appoint(
    *,
    unit: Unit,
    post: str,
    place: str = "",
    person: Person | None,
    holder_name: str = "",
    from_on: date,
    to_on: date | None = None,
    decision: str = "",
    by: Any,
    at: datetime,
) -> Post:
    """Let someone hold a post at a unit from a day on.

    Denied: a unit that is not `by`'s, one's own post, a unit not open that day, someone else in a post of one holder.
    """
    today = timezone.localdate(at)
    unit = _hold(unit)
    policies.check_may(by, unit, today, person)
    made = Post(
        unit=unit, post=post, place=place, person=person, holder_name="" if person else holder_name, from_on=from_on,
        to_on=to_on, decision=decision,
    )  # fmt: skip
    policies.check_begins(unit, from_on, today)
    policies.check_ends(made, to_on, today)
    policies.check_someone(made)
    policies.check_free(made)
    made.save()
    _settle()
    return made


@action("members.post_ended")
def end_post(*, post: Post, on: date, decision: str = "", by: Any, at: datetime) -> Post:
    """End a post on a day, the first on which it is no longer held; what was held before stays as it was.

    Denied: a unit that is not `by`'s, one's own post, a post that ends earlier, a day on or before it begins.
    """
    today = timezone.localdate(at)
    post = _held(post)
    policies.check_may(by, post.unit, today, post.person)
    policies.check_ends(post, on, today)
    if post.to_on is not None and post.to_on <= on:
        raise Denied(_("The post ends before that day already."))
    post.to_on, post.end_decision = on, decision
    post.save(update_fields=["to_on", "end_decision"])
    _settle()
    return post


@action("members.handed_over")
def hand_over(
    *, post: Post, person: Person | None, holder_name: str = "", on: date, decision: str = "", by: Any, at: datetime
) -> Post:
    """End a post on a day and let someone else hold it from that day on, by one decision.

    Denied: what `end_post` and `appoint` deny.
    """
    ended = end_post(post=post, on=on, decision=decision, by=by, at=at)
    return appoint(
        unit=ended.unit, post=ended.post, place=ended.place, person=person, holder_name=holder_name, from_on=on,
        decision=decision, by=by, at=at,
    )  # fmt: skip


@action("members.post_corrected")
def correct_post(
    *,
    post: Post,
    person: Person | None,
    holder_name: str = "",
    place: str = "",
    from_on: date,
    to_on: date | None,
    decision: str = "",
    end_decision: str = "",
    by: Any,
    at: datetime,
) -> Post:
    """Put the record of a post right, as if it had always said so; what it said before is kept in its history.

    Denied: what `appoint` denies, of who held it as recorded and of who holds it now.
    """
    today = timezone.localdate(at)
    post = _held(post)
    policies.check_may(by, post.unit, today, post.person, person)
    post.person, post.holder_name, post.place = person, "" if person else holder_name, place
    post.from_on, post.to_on, post.decision, post.end_decision = from_on, to_on, decision, end_decision
    policies.check_begins(post.unit, from_on, today)
    policies.check_ends(post, to_on, today)
    policies.check_someone(post)
    policies.check_free(post)
    post.save()
    _settle()
    return post


def _hold(unit: Unit) -> Unit:
    """The unit as it stands; who else records posts there waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def _held(post: Post) -> Post:
    """The post as it stands, its unit held first, so that none waits in a ring."""
    unit = _hold(post.unit)
    found = Post.objects.select_for_update(of=("self",)).select_related("person").get(pk=post.pk)
    found.unit = unit
    return found


def _settle() -> None:
    """The one place after every act on posts: what follows from them is derived here.

    Denied if a load or another act has put someone else into the post at this very moment.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set constraints post_one_holder immediate")
    except (IntegrityError, OperationalError):  # refused, or each waited for the other
        raise Denied(_("Someone else was put into this post at this moment. Look again.")) from None
    with connection.cursor() as cursor:
        cursor.execute("set constraints post_one_holder deferred")
