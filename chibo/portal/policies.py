"""Who may remind a cell, and of what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
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
