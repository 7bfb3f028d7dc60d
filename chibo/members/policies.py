"""What follows from posts, and who may lay that down: rules of the whole tree, and nothing for oneself."""

from __future__ import annotations

from datetime import date

from django.db.models import F, Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.members.models import Person, Post, PostRule
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights


def check_new_rule(rule: PostRule) -> None:
    """Denied if the same is laid down already for some of these days."""
    same = PostRule.objects.filter(post=rule.post, unit_kind=rule.unit_kind, role=rule.role).exclude(to_on=F("from_on"))
    if rule.to_on is not None:
        same = same.filter(from_on__lt=rule.to_on)
    if same.filter(Q(to_on=None) | Q(to_on__gt=rule.from_on)).exists():
        raise Denied(_("This post brings this role already on some of these days."))


def check_rule_ends(rule: PostRule, on: date) -> None:
    """Denied if a rule has ended by that day, or has not begun."""
    if on < rule.from_on:
        raise Denied(_("The rule has not begun by then: end it on the day it begins, and it never holds."))
    if rule.to_on is not None and rule.to_on <= on:
        raise Denied(_("The rule ends before that day already."))


def check_posts_inside(rights: Rights, person: Person, today: date) -> None:
    """Denied if this person holds, or is to hold, a post that brings a role outside the units of who acts.

    Who links a user to a person gives that user what follows from the person's posts.
    """
    scope = rights.scope(P.USER_MANAGE)
    posts = Post.objects.filter(Q(to_on=None) | Q(to_on__gt=today), person=person).select_related("unit").order_by("pk")
    rules = PostRule.objects.filter(Q(to_on=None) | Q(to_on__gt=today)).order_by("pk")
    reach = {(rule.post, rule.unit_kind, rule.reach) for rule in rules}
    for post in posts:
        if any(
            (post.post, post.unit.kind, far) in reach and not scope.holds(post.unit, far) for far in ("unit", "subtree")
        ):
            raise Denied(
                _(
                    "This member holds a post outside your units that brings a role there. Only an administrator"
                    " above may do this."
                )
            )
