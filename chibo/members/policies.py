"""Posts: who may record them and what has to hold of one; what follows from them, and who may lay that down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.members import badges
from chibo.members.models import (
    ONE_AT_A_PLACE,
    ONE_AT_A_UNIT,
    AwardDay,
    Badge,
    BadgeGrade,
    Departure,
    Membership,
    Person,
    Post,
    PostRule,
    Reason,
    Stay,
    TemporaryStay,
    Transfer,
    Way,
)
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit, UnitKind
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of

AHEAD = timedelta(days=2 * 366)  # how far ahead a day may lie


def check_records(rights: Rights, unit: Unit) -> None:
    """Denied unless posts at a unit are theirs to record."""
    if not rights.scope(P.POST_MANAGE).covers(unit):
        raise Denied(_("You record posts only at your own units."))


def check_not_own(by: Any, *people: Person | None) -> None:
    """Denied if it is one's own post, as rights follow from posts; the system may do everything."""
    if by is not None and any(person is not None and person.user_id == by.pk for person in people):
        raise Denied(_("This is your own post: someone else has to record it."))


def check_may(by: Any, unit: Unit, today: date, *people: Person | None) -> None:
    """Denied unless `by`, or the system, may record a post of these people at a unit."""
    if by is not None:
        check_records(rights_of(by, today), unit)
        check_not_own(by, *people)


def check_day(on: date, today: date) -> None:
    """Denied if a day lies too far ahead."""
    if on > today + AHEAD:
        raise Denied(_("This day is more than two years ahead: record it nearer to the time."))


def check_begins(unit: Unit, from_on: date, today: date) -> None:
    """Denied unless the unit is open on the day a post begins."""
    check_day(from_on, today)
    if from_on < unit.founded_on:
        raise Denied(_("The unit was founded on %(day)s: a post begins then or later.") % {"day": day(unit.founded_on)})
    if unit.closed_on is not None and from_on >= unit.closed_on:
        raise Denied(_("The unit is closed since %(day)s: a post begins before.") % {"day": day(unit.closed_on)})


def check_ends(post: Post, to_on: date | None, today: date) -> None:
    """Denied unless a post ends after it begins, and not too far ahead."""
    if to_on is None:
        return
    check_day(to_on, today)
    if to_on <= post.from_on:
        raise Denied(_("The post began on %(day)s: it ends after that day.") % {"day": day(post.from_on)})


def check_someone(post: Post) -> None:
    """Denied unless a member holds it, or someone by name where others may."""
    if post.person is None and not post.holder_name:
        raise Denied(_("Say who holds the post."))


def at_once(post: Post) -> QuerySet[Post]:
    """The records of the same post, at the same place of the same unit, on some of the same days."""
    found = Post.objects.filter(Q(to_on=None) | Q(to_on__gt=post.from_on), unit=post.unit, post=post.post)
    if post.to_on is not None:
        found = found.filter(from_on__lt=post.to_on)
    if post.post not in ONE_AT_A_UNIT:
        found = found.filter(place=post.place)
    return found.exclude(pk=post.pk).order_by("from_on", "pk")


def check_free(post: Post) -> None:
    """Denied if someone else holds a post of one holder on some of these days, or the same person holds it then."""
    for other in at_once(post):
        same = other.person_id == post.person_id if post.person_id else other.holder_name == post.holder_name
        if post.post not in (*ONE_AT_A_UNIT, *ONE_AT_A_PLACE) and not same:
            continue
        words = {"first": day(other.from_on), "last": day(other.to_on) if other.to_on else ""}
        if other.to_on is None:  # without a name: it may be nobody whom the reader sees
            raise Denied(_("Someone holds this post since %(first)s.") % words)
        raise Denied(_("Someone holds this post from %(first)s to %(last)s.") % words)


def check_new_rule(rule: PostRule) -> None:
    """Denied if the same is laid down already for some of these days."""
    same = PostRule.objects.filter(post=rule.post, unit_kind=rule.unit_kind, role=rule.role).exclude(to_on=F("from_on"))
    if rule.to_on is not None:
        same = same.filter(from_on__lt=rule.to_on)
    if same.filter(Q(to_on=None) | Q(to_on__gt=rule.from_on)).exists():
        raise Denied(_("This post brings this role already on some of these days."))


def check_badge_rules(by: Any, today: date) -> None:
    """Denied to others than administrators of the whole tree; the system may."""
    if by is not None and not rights_of(by, today).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes the rules."))


def check_unawarded(rule: BadgeGrade | AwardDay) -> None:
    """Denied if a badge was awarded by a rule, or on a day that it names."""
    awarded = Badge.objects.filter(awarded_on__gte=rule.valid_from)
    if rule.valid_to is not None:
        awarded = awarded.filter(awarded_on__lt=rule.valid_to)
    if isinstance(rule, BadgeGrade):
        awarded = awarded.filter(years=rule.years)
    else:
        awarded = awarded.filter(awarded_on__month=rule.month, awarded_on__day=rule.day)
    if awarded.exists():
        raise Denied(
            _("Badges were awarded by it already, so it stays as it is: let another begin, or end it, on a later day.")
        )


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
    for away in TemporaryStay.objects.filter(holding(today), membership__person=person).select_related("cell"):
        if not scope.covers(away.cell):
            raise Denied(
                _("This member attends a cell outside your units for a time. Only an administrator above may do this.")
            )


def check_other_person(by: Any, person: Person) -> None:
    """Denied to the very person: who sees what follows from where they are a member."""
    if by is not None and person.user_id == by.pk:
        raise Denied(_("This is about yourself: someone else has to record it."))


# The life of a member


def check_records_lives(by: Any, unit: Unit, today: date) -> None:
    """Denied unless `by`, or the system, may act on what befalls the members of a cell."""
    if by is not None and not rights_of(by, today).scope(P.CASE_ACT).covers(unit):
        raise Denied(_("You record what befalls members only in your own units."))


def check_done(on: date, today: date) -> None:
    """Denied if a day is still to come: what befalls a member is recorded once it is so."""
    if on > today:
        raise Denied(_("This day is still to come: record it on the day."))


def check_takes_members(cell: Unit, on: date) -> None:
    """Denied unless a unit is a cell on a day, and open. One query."""
    kind = UnitKind.objects.filter(holding(on), unit=cell).values_list("kind", flat=True).first() or cell.kind
    if kind not in CELLS:
        raise Denied(_("%(unit)s is no cell on that day.") % {"unit": cell.name})
    if on < cell.founded_on or (cell.closed_on is not None and on >= cell.closed_on):
        raise Denied(_("%(unit)s is not open on that day.") % {"unit": cell.name})


def check_admitted(person: Person, last: Membership | None, joined_on: date, decided_on: date | None) -> None:
    """Denied unless someone is no member on the day of joining, nor on that of the decision."""
    if joined_on <= person.born_on:
        raise Denied(_("The person was born on %(day)s.") % {"day": day(person.born_on)})
    if decided_on is not None and decided_on > joined_on:
        raise Denied(_("The decision comes before the admission ceremony."))
    if last is None:
        return
    left = Departure.objects.filter(membership=last).values_list("on", flat=True).first()
    if left is None:
        raise Denied(_("This person is a member since %(day)s.") % {"day": day(last.joined_on)})
    if joined_on < left or (decided_on is not None and decided_on < left):
        raise Denied(_("This person was a member until %(day)s.") % {"day": day(left)})


def check_still(membership: Membership, on: date) -> None:
    """Denied unless the membership had begun before a day and has not ended. One query."""
    if on <= membership.joined_on:
        raise Denied(_("The member joined on %(day)s: this comes later.") % {"day": day(membership.joined_on)})
    left = Departure.objects.filter(membership=membership).values_list("on", flat=True).first()
    if left is not None:
        raise Denied(_("This person is no longer a member since %(day)s.") % {"day": day(left)})


def check_not_left(membership: Membership, on: date) -> None:
    """Denied if the member has left by a day: nobody comes back from anywhere after that. One query."""
    left = Departure.objects.filter(membership=membership, on__lte=on).values_list("on", flat=True).first()
    if left is not None:
        raise Denied(_("This person is no longer a member since %(day)s.") % {"day": day(left)})


def check_last(membership: Membership, on: date) -> None:
    """Denied if a transfer is recorded of that day or later: acts are recorded in their order. One query."""
    last = Transfer.objects.filter(membership=membership, on__gte=on).order_by("-on").first()
    if last is not None:
        raise Denied(_("A transfer on %(day)s is recorded already: this comes after it.") % {"day": day(last.on)})


def check_way(person: Person, way: str, on: date) -> None:
    """Denied unless a badge is of a member on that day, and posthumous only of who died as one. Two queries at most."""
    is_member = Stay.objects.filter(holding(on), membership__person=person).exists()
    if is_member and way != Way.POSTHUMOUS:
        return
    left = Departure.objects.filter(membership__person=person, on__lte=on).order_by("-on")
    last = None if is_member else left.first()
    died = last is not None and last.reason == Reason.DECEASED
    if way == Way.POSTHUMOUS:
        if died:
            return
        raise Denied(_("A badge is posthumous for who died as a member, and for nobody else."), "way")
    if last is not None and died:
        raise Denied(_("They died on %(day)s: a badge after that is posthumous.") % {"day": day(last.on)}, "way")
    raise Denied(_("This is no member on that day."), "awarded_on")


def check_party_age(person: Person, grade: BadgeGrade, way: str, on: date) -> None:
    """Denied unless someone's Party age is enough for a badge on a day. Two queries."""
    age = badges.age_on(person.pk, on)
    if age is None or age < badges.needed(grade, way):
        raise Denied(badges.too_young(grade, way, age, on), "years")
