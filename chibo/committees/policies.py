"""Who may record terms, charges, visits and norms, and what has to hold of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.committees.models import Charge, Term, Visit
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.members.models import ON_COMMITTEE, Post
from chibo.members.policies import check_day
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of


def check_manages(by: Any, unit: Unit, today: date) -> None:
    """Denied unless terms and charges at a unit are `by`'s, or the system's, to record."""
    if by is not None and not rights_of(by, today).scope(P.POST_MANAGE).covers(unit):
        raise Denied(_("You record this only at your own units."))


def check_term_days(term: Term, today: date) -> None:
    """Denied unless a term begins while its unit is open, ends after that, and its regulation was issued in it."""
    check_day(term.from_on, today)
    if term.from_on < term.unit.founded_on:
        raise Denied(_("The unit was founded on %(day)s: its terms begin then or later.") % _said(term.unit.founded_on))
    if term.to_on is not None and term.to_on <= term.from_on:
        raise Denied(_("The term has to end after the day it begins."))
    others = Term.objects.filter(Q(to_on=None) | Q(to_on__gt=term.from_on), unit=term.unit).exclude(pk=term.pk)
    if term.to_on is not None:
        others = others.filter(from_on__lt=term.to_on)
    other = others.order_by("from_on").first()
    if other is not None:
        raise Denied(_("Another term runs at these days, from %(day)s: end that one first.") % _said(other.from_on))


def check_term_numbers(term: Term) -> None:
    """Denied if more were approved for a part than for the whole."""
    if term.seats is not None and max(term.standing or 0, term.deputies or 0) > term.seats:
        raise Denied(
            _("More are approved for the standing committee or as deputies than for the committee as a whole.")
        )


def check_regulation(term: Term, today: date) -> None:
    """Denied if the working regulation was issued before its term, or is still to come."""
    if term.regulation_on is None:
        return
    if term.regulation_on < term.from_on:
        raise Denied(
            _("The term began on %(day)s: its working regulation was issued then or later.") % _said(term.from_on)
        )
    if term.regulation_on > today:
        raise Denied(_("A working regulation is recorded once it is issued, not before."))


def _said(on: date) -> dict[str, str]:
    return {"day": day(on)}


def check_on_committee(charge: Charge) -> None:
    """Denied unless someone sits in the committee on the day they are put in charge."""
    seats = Post.objects.filter(holding(charge.from_on), unit=charge.unit, person=charge.person, post__in=ON_COMMITTEE)
    if not seats.exists():
        raise Denied(_("This member does not sit in this committee on that day."))


def check_charge_below(charge: Charge) -> None:
    """Denied unless whom it is about stands under the committee, and is open that day."""
    over = charge.over_unit
    if over is None:
        return
    if over.pk == charge.unit_id or not over.path.startswith(charge.unit.path):
        raise Denied(_("Members of a committee look after units under it."))
    if over.founded_on > charge.from_on or (over.closed_on is not None and over.closed_on <= charge.from_on):
        raise Denied(_("This unit is not open on that day."))


def check_not_in_charge(charge: Charge) -> None:
    """Denied if the same person looks after the same already on some of these days."""
    same = Charge.objects.filter(
        Q(to_on=None) | Q(to_on__gt=charge.from_on), unit=charge.unit, person=charge.person,
        over_unit=charge.over_unit, over_person=charge.over_person,
    )  # fmt: skip
    if charge.to_on is not None:
        same = same.filter(from_on__lt=charge.to_on)
    if same.exclude(pk=charge.pk).exists():
        raise Denied(_("This member is in charge there already."))


def may_record_visits(rights: Rights, charge: Charge, user: Any) -> bool:
    """Whether visits of a charge are someone's to record: their own, or at their own units."""
    return charge.person.user_id == user.pk or rights.scope(P.POST_MANAGE).covers(charge.unit)


def check_visit(by: Any, charge: Charge, on: date, today: date) -> None:
    """Denied unless a visit is `by`'s to record, was made by today, and while in charge."""
    if by is not None and not may_record_visits(rights_of(by, today), charge, by):
        raise Denied(_("Visits are recorded by who made them, or by an officer above."))
    if on > today:
        raise Denied(_("A visit is recorded once it was made."))
    if not charge.holds_on(on):
        raise Denied(_("This member was not in charge on that day."))


def check_first_visit(charge: Charge, on: date) -> None:
    """Denied if a visit of that day is recorded."""
    if Visit.objects.filter(charge=charge, on=on).exists():
        raise Denied(_("A visit of that day is recorded already."))


def check_norms(by: Any, today: date) -> None:
    """Denied unless `by` is administrator of the whole tree."""
    if by is not None and not rights_of(by, today).over_all(P.NORM_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes what the rules ask for."))
