"""Questions about roles held: the terms of a day, which are due for their review, who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core.spans import holding
from chibo.organizations import brought
from chibo.organizations.models import Grant, GrantReview, GrantTerms, Source
from chibo.organizations.policies import with_role
from chibo.organizations.scope import Rights, Scope

# Until when a role has to have been looked at, by the terms laid down for a day.
SINCE = (
    "(%s::date - make_interval(months => coalesce((select t.review_months from organizations_grantterms t"
    " where t.from_on <= %s order by t.from_on desc limit 1), 12)))::date"
)


def terms_on(day: date) -> GrantTerms:
    """How often roles are reviewed, and how long one acts for another, as laid down for that day. One query."""
    return GrantTerms.objects.filter(from_on__lte=day).order_by("-from_on").first() or GrantTerms(from_on=day)


def months_before(day: date, months: int) -> date:
    """The day so many months before; the last of its month, where that has no such day."""
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def to_review(scope: Scope, by: Any, today: date) -> QuerySet[Grant]:
    """Roles held today in scope that someone else than their holder has to look at once a term.

    Who acts for another is left out: that ends by itself; so is what gives nothing, as the records decide.
    """
    held = Grant.objects.filter(scope.q(), holding(today), brought.counts())
    return held.exclude(Q(source=Source.ACTING) | Q(user=by))


def overdue(scope: Scope, by: Any, today: date, months: int | None = None) -> QuerySet[Grant]:
    """Those of them that nobody looked at for so many months; by the terms of the day if none are said."""
    since: Any = months_before(today, months) if months else RawSQL(SINCE, [today, today], DateField())
    seen = GrantReview.objects.filter(grant=OuterRef("pk"), on__gt=since)
    return to_review(scope, by, today).filter(~Exists(seen), from_on__lte=since)


def held_back(scope: Scope, by: Any) -> QuerySet[Grant]:
    """Roles by a post in scope that are held back, until another than their holder lets them hold."""
    return Grant.objects.filter(scope.q(), source=Source.POST, withheld_on__isnull=False).exclude(user=by)


def acting_of(user: Any, rights: Rights, today: date) -> tuple[list[Grant], list[Grant]]:
    """What someone holds today for others, and what others hold for them today or will. One query."""
    held = {each.grant_id for each in rights.held}
    either = Q(user=user) | Q(acting_for__user=user)
    lent = Grant.objects.filter(either, acting_for__isnull=False, to_on__gt=today)
    found = list(lent.select_related("unit", "user", "acting_for__user").order_by("from_on", "pk"))
    theirs = [each for each in found if each.user_id != user.pk and each.may_be_held(today)]
    return (
        [each for each in found if each.pk in held],
        [each for each in theirs if each.acting_for and each.acting_for.may_be_held(today)],
    )


def makers(users: Iterable[int], scope: Scope, reader: Any) -> dict[int, str]:
    """What the makers of changes are called: the reader, and who ever held a role in scope, by name. One query.

    To who has no units all others are those who keep the records.
    """
    another = _("someone outside your units") if scope else _("those who keep the records")
    named = dict.fromkeys(users, str(another))
    named |= {user.pk: str(user) for user in User.objects.filter(with_role(scope), pk__in=list(named))}
    return named | {reader.pk: str(reader)}
