"""Heads of villages and residential groups who are no members: reviewed, and won for the list or given other work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.admissions import actions, policies
from chibo.admissions.models import Group, GroupCode, HeadReview, Source
from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.members.models import Person, Post
from chibo.organizations.models import Unit


@action("admissions.head_reviewed")
def review_head(
    *,
    post: Post,
    on: date,
    conditions: bool,
    standards: bool,
    health: bool,
    reviewed_by: str = "",
    work: str = "",
    by: Any,
    at: datetime,
) -> HeadReview:
    """Record whether a head meets conditions, standards and health; `work` is what suits who does not.

    A second review of that day stands in place of the first; who is on the list by the first stays so, and who has
    left it may come to it by the second.
    Denied: a unit that is not `by`'s, a day to come or out of post, a head who is a member; that who is on the list by
    this review is not qualified.
    """
    today = timezone.localdate(at)
    post = Post.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=post.pk)
    policies.check_manages(by, post.unit, today)
    policies.check_head(post, on, today)
    qualified = conditions and standards and health
    first = HeadReview.objects.select_related("source").filter(post=post, on=on).first()
    listed = first.source if first is not None and first.source is not None and first.source.is_listed else None
    policies.check_stays_qualified(listed, qualified)
    made, _is_new = HeadReview.objects.update_or_create(
        post=post,
        on=on,
        defaults={
            "conditions": conditions, "standards": standards, "health": health, "reviewed_by": reviewed_by,
            "work": "" if qualified else work, "source": listed,
        },
    )  # fmt: skip
    return made


@action("admissions.head_listed")
def list_head(*, review: HeadReview, person: Person, cell: Unit, on: date, by: Any, at: datetime) -> Source:
    """Put a head who was found qualified on a cell's list of sources.

    Denied: who was not found qualified or is on a list by this review already, and what `list_source` denies.
    """
    review = HeadReview.objects.select_for_update(of=("self",)).select_related("post__unit").get(pk=review.pk)
    policies.check_manages(by, review.post.unit, timezone.localdate(at))
    if not review.is_qualified:
        raise Denied(_("The review did not find them qualified."))
    if review.source_id is not None:
        raise Denied(_("They are on the list by this review already."))
    if review.post.person_id is not None and review.post.person_id != person.pk:
        raise Denied(_("Someone else holds this post."))
    policies.check_since(on, review.on, timezone.localdate(at))
    groups = list(Group.objects.filter(holding(on), code=GroupCode.HEADS).order_by("pk"))
    source = actions.list_source(person=person, cell=cell, on=on, groups=groups, by=by, at=at)
    review.source = source
    review.save(update_fields=["source"])
    return source
