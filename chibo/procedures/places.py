"""Places named from where a case stands: its cell, the grassroots committee, the committee directly above."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chibo.organizations.kinds import GRASSROOTS, Kind
from chibo.organizations.models import Unit
from chibo.procedures import registry
from chibo.procedures.models import Case

Line = list[Unit]  # a unit and all above it, itself first
RECEIVING = "receiving_"


def _cell(line: Line) -> Unit | None:
    return line[0] if line else None


def _above(line: Line) -> Unit | None:
    return line[1] if len(line) > 1 else None


def _grassroots(line: Line) -> Unit | None:
    return next((unit for unit in line if unit.kind in GRASSROOTS), None)


def _above_grassroots(line: Line) -> Unit | None:
    found = _grassroots(line)
    return _above(line[line.index(found) :]) if found else None


def _province(line: Line) -> Unit | None:
    return next((unit for unit in line if unit.kind == Kind.PROVINCE), None)


def _top(line: Line) -> Unit | None:
    return line[-1] if line else None


PLACES: dict[str, tuple[str | Promise, Callable[[Line], Unit | None]]] = {
    "cell": (_("the cell"), _cell),
    "committee_above": (_("the committee directly above"), _above),
    "grassroots": (_("its grassroots committee"), _grassroots),
    "above_grassroots": (_("the committee directly above the grassroots"), _above_grassroots),
    "province": (_("the provincial committee"), _province),
    "top": (_("the highest committee"), _top),
    "receiving_cell": (_("the receiving cell"), _cell),
    "receiving_grassroots": (_("the receiving grassroots committee"), _grassroots),
    "receiving_above_grassroots": (_("the committee directly above the receiving grassroots"), _above_grassroots),
    "receiving_province": (_("the receiving provincial committee"), _province),
}


class Lines:
    """The units a case stands between and all above them, as the tree is today. One query a unit asked for.

    Where the unit it began at is closed, those it is about may be found at another one: that stands in its stead.
    """

    def __init__(self, case: Case, today: date) -> None:
        self.case, self.today = case, today
        self._lines: dict[str, Line] = {}

    def find(self, place: str) -> Unit | None:
        """The unit at a place; None where there is none."""
        side = RECEIVING if place.startswith(RECEIVING) else ""
        return PLACES[place][1](self._line(side))

    def _line(self, side: str) -> Line:
        if side not in self._lines:
            root = self.case.to_unit if side else self._began()
            above = Unit.objects.in_bulk(root.ancestor_ids) if root else {}
            self._lines[side] = [root, *(above[pk] for pk in reversed(root.ancestor_ids))] if root else []
        return self._lines[side]

    def _began(self) -> Unit:
        unit = self.case.unit
        place = registry.subjects[self.case.version.procedure.subject].place if unit.closed_on else None
        found = place(self.case, self.today) if place else None
        return found if found is not None and found.closed_on is None else unit
