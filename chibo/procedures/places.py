"""Places named from where a case stands: its cell, the grassroots committee, the committee directly above."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chibo.organizations.kinds import GRASSROOTS, Kind
from chibo.organizations.models import Unit
from chibo.organizations.queries import successor
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import in_force
from chibo.procedures import registry
from chibo.procedures.flow import Party
from chibo.procedures.models import Case

Line = list[Unit]  # a unit and all above it, itself first
RECEIVING = "receiving_"
COMMITTEE = (str(RoleCode.OFFICER), str(RoleCode.LEADER))  # who acts for a committee in the stead of others


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


CONCERNED = _("whom it is about")  # who acts at no place, for themself
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


def _side(place: str) -> str:
    return RECEIVING if place.startswith(RECEIVING) else ""


class Lines:
    """The units a case stands between and all above them, as the tree is today. One query a unit asked for.

    Where the unit it began at is closed, those it is about may be found at another one: that stands in its stead. In
    that of a closed receiving unit stands the one that came of it. Where nobody but those it is about holds the roles
    that are asked, the next committee above acts in their stead.
    """

    def __init__(self, case: Case, today: date) -> None:
        self.case, self.today = case, today
        self._lines: dict[str, Line] = {}
        self._held: dict[str, list[tuple[int, str, set[int]]]] = {}

    @cached_property
    def concerned(self) -> set[int]:
        """Users whom the case is about."""
        return set(registry.subjects[self.case.version.procedure.subject].concerned(self.case))

    @cached_property
    def began(self) -> Unit:
        """The unit a case began at, or the one that stands in its stead."""
        unit = self.case.unit
        place = registry.subjects[self.case.version.procedure.subject].place if unit.closed_on else None
        found = place(self.case, self.today) if place else None
        return found if found is not None and found.closed_on is None else unit

    @cached_property
    def receiving(self) -> Unit | None:
        """The unit a case goes to, as it stands."""
        unit = self.case.to_unit
        if unit is None or unit.closed_on is None or unit.closed_on > self.today:
            return unit
        return successor(unit, self.today) or unit

    def find(self, place: str) -> Unit | None:
        """The unit at a place; None where there is none."""
        return PLACES[place][1](self._line(_side(place)))

    def acting(self, party: Party) -> tuple[Unit, tuple[str, ...]] | None:
        """The unit and the roles there that act for a party; None where there is no such unit."""
        unit = self.find(party.at)
        if unit is None or not self._is_only_theirs(party.at, unit, party.roles):
            return (unit, party.roles) if unit is not None else None
        line = self._line(_side(party.at))
        for above in line[line.index(unit) + 1 :]:
            if self._holders(party.at, above, COMMITTEE) - self.concerned:
                return above, COMMITTEE
        return unit, party.roles

    def asked(self, party: Party) -> list[tuple[Unit, tuple[str, ...]]]:
        """Who acts for a party, and in whose stead if it is in another's: they are told why they don't."""
        unit, acting = self.find(party.at), self.acting(party)
        own = (unit, party.roles) if unit is not None else None
        return [each for each in dict.fromkeys((own, acting)) if each is not None]

    def _is_only_theirs(self, place: str, unit: Unit, roles: Iterable[str]) -> bool:
        """Whether those a case is about hold these roles at a unit, and nobody else does who does not act for them."""
        if not self.concerned:
            return False
        holders = self._holders(place, unit, roles)
        return bool(holders) and holders <= self.concerned

    def _holders(self, place: str, unit: Unit, roles: Iterable[str]) -> set[int]:
        """Who holds one of these roles at a unit; who acts for one of those the case is about counts as them."""
        side = _side(place)
        if side not in self._held:
            units = [each.pk for each in self._line(side)]
            found = in_force(self.today).filter(unit__in=units).order_by()
            self._held[side] = [
                (at, role, {pk for pk in (user, lender) if pk is not None})
                for at, role, user, lender in found.values_list("unit_id", "role", "user_id", "acting_for__user_id")
            ]
        found_here = [people for at, role, people in self._held[side] if at == unit.pk and role in roles]
        return {pk for people in found_here for pk in (people & self.concerned or people)}

    def _line(self, side: str) -> Line:
        if side not in self._lines:
            root = self.receiving if side else self.began
            above = Unit.objects.in_bulk(root.ancestor_ids) if root else {}
            self._lines[side] = [root, *(above[pk] for pk in reversed(root.ancestor_ids))] if root else []
        return self._lines[side]
