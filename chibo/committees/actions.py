"""Acts on committees: a term, its working regulation, whom its members look after, visits, and the rules' numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.committees import policies
from chibo.committees.models import Charge, Norm, Term, Visit
from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.members import actions as members
from chibo.members.models import ON_COMMITTEE, Person, Post
from chibo.members.policies import check_day
from chibo.organizations.models import Unit


@action("committees.term_recorded")
def record_term(*, term: Term, by: Any, at: datetime) -> Term:
    """Record a term of a committee, or put the record of one right.

    Denied: a unit that is not `by`'s, days out of order or of another term, more for a part than for the whole.
    """
    today = timezone.localdate(at)
    term.unit = _hold(term.unit)
    if term.pk:
        Term.objects.select_for_update().get(pk=term.pk, unit=term.unit)
    policies.check_manages(by, term.unit, today)
    policies.check_term_days(term, today)
    policies.check_term_numbers(term)
    policies.check_regulation(term, today)
    term.save()
    return term


@action("committees.post_ended")
def end_post(*, post: Post, on: date, decision: str = "", by: Any, at: datetime) -> Post:
    """End a post; who leaves the committee with it no longer looks after anyone for it.

    Denied: what `members.end_post` denies.
    """
    post = members.end_post(post=post, on=on, decision=decision, by=by, at=at)
    end_charges(post=post, by=by, at=at)
    return post


@action("committees.handed_over")
def hand_over(
    *, post: Post, person: Person | None, holder_name: str = "", on: date, decision: str = "", by: Any, at: datetime
) -> Post:
    """Hand a post over; who leaves the committee with it no longer looks after anyone for it.

    Denied: what `members.hand_over` denies.
    """
    begun = members.hand_over(
        post=post, person=person, holder_name=holder_name, on=on, decision=decision, by=by, at=at
    )  # fmt: skip
    end_charges(post=Post.objects.get(pk=post.pk), by=by, at=at)
    return begun


@action("committees.post_corrected")
def correct_post(*, post: Post, by: Any, at: datetime, **said: Any) -> Post:
    """Put the record of a post right; who is no longer in the committee by it looks after no one for it.

    Denied: what `members.correct_post` denies.
    """
    corrected = members.correct_post(post=post, **said, by=by, at=at)
    end_charges(post=corrected, by=by, at=at)
    return corrected


def charges_ended_by(post: Post, on: date) -> list[Charge]:
    """The charges that end when a post ends on a day: all, if it was the holder's last seat in the committee."""
    if post.post not in ON_COMMITTEE or post.person_id is None:
        return []
    seats = Post.objects.filter(holding(on), unit_id=post.unit_id, person=post.person_id, post__in=ON_COMMITTEE)
    if seats.exclude(pk=post.pk).exists():
        return []
    found = Charge.objects.filter(Q(to_on=None) | Q(to_on__gt=on), unit_id=post.unit_id, person=post.person_id)
    return list(found.filter(from_on__lt=on).order_by("pk"))


@action("committees.charges_ended")
def end_charges(*, post: Post, by: Any, at: datetime) -> int:
    """End what the holder of a post that has ended looked after for the committee; how many that were."""
    if post.to_on is None:
        return 0
    ended = charges_ended_by(post, post.to_on)
    for charge in ended:
        charge.to_on = post.to_on
        charge.save(update_fields=["to_on"])
    return len(ended)


@action("committees.put_in_charge")
def put_in_charge(*, charge: Charge, by: Any, at: datetime) -> Charge:
    """Let a member of a committee look after a unit under it, or after a member, from a day on.

    Denied: a unit that is not `by`'s, someone who does not sit in the committee, who is in charge there already.
    """
    today = timezone.localdate(at)
    held = {pk for pk in (charge.unit_id, charge.over_unit_id) if pk is not None}  # acts on them wait
    units = {unit.pk: unit for unit in Unit.objects.select_for_update(no_key=True).filter(pk__in=held).order_by("pk")}
    charge.unit, charge.over_unit = units[charge.unit_id], units.get(charge.over_unit_id or 0)
    policies.check_manages(by, charge.unit, today)
    check_day(charge.from_on, today)
    policies.check_on_committee(charge)
    policies.check_charge_below(charge)
    policies.check_not_in_charge(charge)
    charge.save()
    return charge


@action("committees.charge_ended")
def end_charge(*, charge: Charge, on: date, by: Any, at: datetime) -> Charge:
    """End a charge on a day, the first on which the person is no longer in charge.

    Denied: a unit that is not `by`'s, a day on or before it begins, one that ends earlier, visits after that day.
    """
    today = timezone.localdate(at)
    charge = _held(charge)
    policies.check_manages(by, charge.unit, today)
    check_day(on, today)
    if on <= charge.from_on:
        raise Denied(_("It ends after the day it begins."))
    if charge.to_on is not None and charge.to_on <= on:
        raise Denied(_("It ends before that day already."))
    if Visit.objects.filter(charge=charge, on__gte=on).exists():
        raise Denied(_("A visit is recorded of that day or later."))
    charge.to_on = on
    charge.save(update_fields=["to_on"])
    return charge


@action("committees.visited")
def record_visit(*, charge: Charge, on: date, note: str, by: Any, at: datetime) -> Visit:
    """Record that someone in charge went there on a day.

    Denied: to others than themselves and officers above, a day to come or out of charge, a second visit of a day.
    """
    charge = _held(charge)
    policies.check_visit(by, charge, on, timezone.localdate(at))
    policies.check_first_visit(charge, on)
    return Visit.objects.create(charge=charge, on=on, note=note)


@action("committees.visit_taken_back")
def take_back_visit(*, visit: Visit, by: Any, at: datetime) -> None:
    """Take back a visit that was recorded by mistake; its history keeps it.

    Denied: to others than themselves and officers above.
    """
    charge = _held(visit.charge)
    policies.check_visit(by, charge, visit.on, timezone.localdate(at))
    Visit.objects.filter(pk=visit.pk).delete()


@action("committees.norm_set")
def set_norm(*, kind: str, what: str, number: int, from_on: date, source: str, by: Any, at: datetime) -> Norm:
    """Let the rules name another number for committees of a kind from a day on; before, what they named stays.

    Denied: to others than administrators of the whole tree, a day by which a later number is known.
    """
    policies.check_norms(by, timezone.localdate(at))
    list(
        Norm.objects.select_for_update().order_by("pk").values_list("pk")
    )  # one after the other, also the first of all
    found = Norm.objects.filter(kind=kind, what=what)
    if found.filter(from_on__gte=from_on).exists():
        raise Denied(_("A number is known from that day or a later one: choose a day after it."))
    for norm in found.filter(holding(from_on)):
        norm.to_on = from_on
        norm.save(update_fields=["to_on"])
    return Norm.objects.create(kind=kind, what=what, number=number, from_on=from_on, source=source)


def _hold(unit: Unit) -> Unit:
    """The unit as it stands; who else records there waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def _held(charge: Charge) -> Charge:
    """The charge as it stands, with its person and its committee."""
    found = Charge.objects.select_for_update(of=("self",)).select_related("person", "unit", "over_unit", "over_person")
    return found.get(pk=charge.pk)
