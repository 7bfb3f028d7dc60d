"""What follows if a post is begun, ended, handed over or corrected: said before it is done, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.committees.actions import charges_ended_by
from chibo.committees.models import Charge
from chibo.committees.queries import committee_of, posts_on, term_on
from chibo.core.components import Mark, Text
from chibo.core.formats import count, day
from chibo.core.spans import holding
from chibo.members.models import ON_COMMITTEE, Person, Post, Stay
from chibo.organizations.scope import Scope

Name = Callable[[Post], str]  # a holder as the reader may know them


class Line(NamedTuple):
    """One thing that follows; a warning carries a mark."""

    text: Text
    mark: str = ""


def of_appointment(post: Post, name: Name, scope: Scope, ended: Post | None = None) -> list[Line]:
    """What follows from a post that begins, perhaps in the place of one that ends. Six queries at most."""
    words = {"name": name(post), "post": post.title, "unit": post.unit.name, "day": day(post.from_on)}
    lines = [Line(_("%(name)s: %(post)s at %(unit)s from %(day)s on.") % words)]
    if post.to_on is not None:
        lines.append(Line(_("The post ends on %(day)s.") % {"day": day(post.to_on)}))
    if post.person is not None:
        lines += _of_member(post.person, post, scope)
    return [*lines, *_of_seats(post, ended, post.from_on)]


def _of_member(person: Person, post: Post, scope: Scope) -> list[Line]:
    """Where someone is a member, whether fully, and what else they hold. Two queries."""
    lines: list[Line] = []
    stays = Stay.objects.filter(holding(post.from_on), membership__person=person).select_related("cell", "membership")
    stay = stays.first()
    if stay is None:
        lines.append(Line(_("%(name)s is not a member on that day.") % {"name": person.full_name}, Mark.NEAR))
    else:
        if not stay.cell.path.startswith(post.unit.path):
            cell = stay.cell.name if scope.covers(stay.cell) else stay.cell.code
            lines.append(Line(_("A member of %(cell)s, which is not under this unit.") % {"cell": cell}, Mark.NEAR))
        official = stay.membership.official_on
        if official is None or official > post.from_on:
            lines.append(Line(_("A probationary member on that day."), Mark.NEAR))
    others = Post.objects.filter(holding(post.from_on), person=person).exclude(pk=post.pk).select_related("unit")
    for other in others.order_by("from_on", "pk")[:10]:
        place = other.unit.name if scope.covers(other.unit) else other.unit.code
        lines.append(Line(_("Also holds: %(post)s, %(unit)s.") % {"post": other.title, "unit": place}))
    return lines


def _of_seats(begun: Post | None, ended: Post | None, on: date) -> list[Line]:
    """How many of the committee's seats are held then. Two queries at most."""
    one = begun or ended
    if one is None or one.post not in ON_COMMITTEE:
        return []
    term = term_on(one.unit, on)
    if term is None or not term.seats:
        return []
    gone = {each.pk for each in (begun, ended) if each is not None and each.pk}
    held = [post for post in posts_on(one.unit, on) if post.pk not in gone]
    seats = len(committee_of([*held, begun] if begun is not None else held))
    words = _("Of %(all)s committee members approved there are then %(n)s.")
    over = Mark.NEAR if seats > term.seats else ""
    return [Line(words % {"all": count(term.seats), "n": count(seats)}, over)]


def of_end(post: Post, on: date, name: Name, *, vacant: bool = True) -> list[Line]:
    """What follows from a post that ends. Six queries at most."""
    words = {"name": name(post), "post": post.title, "unit": post.unit.name, "day": day(on)}
    lines = [Line(_("%(name)s: no longer %(post)s at %(unit)s from %(day)s on.") % words)]
    if vacant and post.has_one_holder:
        lines.append(Line(_("The post is vacant from then on, until someone is appointed."), Mark.NEAR))
    lines += _of_charges(charges_ended_by(post, on))
    return [*lines, *_of_seats(None, post, on)] if vacant else lines


def _of_charges(ended: list[Charge]) -> list[Line]:
    if not ended:
        return []
    said = ngettext(
        "Leaves the committee, and so no longer looks after the %(n)s unit or member in their charge.",
        "Leaves the committee, and so no longer looks after the %(n)s units and members in their charge.",
        len(ended),
    )
    return [Line(said % {"n": count(len(ended))}, Mark.NEAR)]


def of_hand_over(post: Post, begun: Post, name: Name, scope: Scope) -> list[Line]:
    """What follows when a post goes from one to another on a day."""
    return [*of_end(post, begun.from_on, name, vacant=False), *of_appointment(begun, name, scope, post)]


def of_correction(before: Post, after: Post, name: Name, scope: Scope) -> list[Line]:
    """What the record says, and what it is to say; then what else is to be known of who it names."""
    pairs = [
        (_("Holder"), name(before), name(after)),
        (_("Place"), before.place, after.place),
        (_("From"), day(before.from_on), day(after.from_on)),
        (_("To"), _day_or(before.to_on), _day_or(after.to_on)),
        (_("Decision"), before.decision, after.decision),
        (_("Decision by which it ended"), before.end_decision, after.end_decision),
    ]
    changed = [
        Line(
            _("%(field)s: “%(before)s” becomes “%(after)s”.") % {"field": field, "before": a or "–", "after": b or "–"}
        )
        for field, a, b in pairs
        if a != b
    ]
    if not changed:
        return [Line(_("Nothing changes: the record says this already."), Mark.NEAR)]
    if after.person is not None and after.person != before.person:
        changed += _of_member(after.person, after, scope)
    return changed


def _day_or(on: date | None) -> str:
    return day(on) if on else ""
