"""Who may remind a cell, and of what; who may manage a user, and link them to whose record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.spans import holding
from chibo.members.models import Person, Stay
from chibo.members.queries import place_on
from chibo.organizations import policies as organizations
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights


def check_reminds(rights: Rights, cells: Iterable[Unit]) -> None:
    """Every one is a cell that the user may remind."""
    scope = rights.scope(P.MEETING_REMIND)
    for cell in cells:
        if not scope.covers(cell):
            raise Denied(_("You can remind only cells under your own committee."))
        if not cell.is_cell:
            raise Denied(_("Only cells are reminded of their meetings."))


def check_some_left(waiting: set[tuple[int, date]], today: set[tuple[int, date]]) -> None:
    """Of the months that wait, some were not reminded of today."""
    if not waiting:
        raise Denied(
            _("Nobody had to be reminded: every meeting that was due is recorded, or the cell said why there was none.")
        )
    if waiting <= today:
        raise Denied(_("A reminder went out today already. Once a day is enough: try again tomorrow."))


def check_manages(rights: Rights, user: Any, today: date) -> None:
    """Denied unless the user's roles lie in scope, and also the cell, today's or the last, of the member they are."""
    organizations.check_manages(rights, user, today)
    if rights.over_all(P.USER_MANAGE):
        return
    of = Stay.objects.filter(membership__person__user=user).select_related("cell").order_by("from_on")
    stays = list(of)
    if stays and not rights.scope(P.USER_MANAGE).covers(place_on(stays, today).cell):
        raise Denied(_("This user is a member of a cell outside your units. Only an administrator above may do this."))


def linked_by(rights: Rights, today: date) -> Q:
    """Members to whose records an administrator links users: those of a cell in scope today; from the root, all."""
    if rights.over_all(P.USER_MANAGE):
        return Q()
    inside = rights.scope(P.USER_MANAGE).q("membership__stays__cell")
    return inside & holding(today, "membership__stays__")


def check_links(rights: Rights, person: Person, today: date) -> None:
    """Denied unless the record of this member is theirs to link a user to."""
    if not Person.objects.filter(linked_by(rights, today), pk=person.pk).exists():
        raise Denied(_("No member of your units has this code."))
