"""Who may note that a member came under a ground for the removal of their name."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.lifecycle.queries import place_of
from chibo.members.models import Person
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of


def check_notes(by: Any, person: Person, today: date) -> None:
    """Denied unless `by`, or the system, acts on cases of the cell where someone is, and it is not about `by`."""
    if by is None:
        return
    place = place_of(person, today)
    if place is None or not rights_of(by, today).scope(P.CASE_ACT).covers(place):
        raise Denied(_("You note this only of members of your own units."))
    if person.user_id == by.pk:
        raise Denied(_("This is about you: another person has to note it."))
