"""How charges follow acts on units: they end with the committee, and with the unit that was looked after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.members import identity
from chibo.members.followers import PERSON, holds
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Counted, Matter, Plan
from chibo.organizations.rows import Row
from chibo.organizations.standing import Back, names_of

CHARGE, VISIT, TERM = "committees_charge", "committees_visit", "committees_term"
SIDES = ("unit_id", "over_unit_id")  # the committee, the unit looked after


@following.follower
class Charges(following.Follower):
    """Who looks after a unit that closes, or after others for a committee that closes, does so until that day."""

    order = 25
    names: ClassVar = {
        CHARGE: (
            gettext_lazy("People in charge"),
            f"select p.code from {CHARGE} t join {PERSON} p on p.id = t.person_id",
        ),
        VISIT: (gettext_lazy("Visits"), f"select to_char(t.on, 'DD/MM/YYYY') from {VISIT} t"),
        TERM: (gettext_lazy("Terms"), f"select u.name from {TERM} t join {UNIT} u on u.id = t.unit_id"),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        for side in SIDES:
            tree.read(CHARGE, side, closing)
        charges = [row for side in SIDES for unit in closing for row in tree.find(CHARGE, side, unit)]
        tree.read(VISIT, "charge_id", [row["id"] for row in charges])
        tree.read(PERSON, "id", [row["person_id"] for row in charges])

    def follow(self, tree: Tree, plan: Plan) -> None:
        ended = [row for row in self._of(tree, plan.closing) if holds(row, plan.on)]
        visited = []
        for row in ended:
            late = [each for each in tree.find(VISIT, "charge_id", row["id"]) if each["on"] >= plan.on]
            visited += [
                worded("%(who)s, %(day)s") % {"who": self._named(tree, row), "day": each["on"]} for each in late
            ]
            if row["from_on"] < plan.on:
                tree.change(CHARGE, row["id"], to_on=plan.on)
            elif not late:  # it never begins
                tree.take(CHARGE, row["id"])
        if visited:
            said = _("Visits were made there on that day or after it.")
            plan.settle(
                "visits", said, visited, todo=_("Choose a later day, or take these visits back first."), blocks=True
            )
        if ended:
            said = _("Who looks after units that close, or sits in their committees, is in charge there no more.")
            todo = _("Put people in charge where the work goes on.")
            plan.settle("charges", said, [self._named(tree, row) for row in ended], todo=todo)

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        number = sum(change.table == CHARGE for change in plan.changes)
        yield Counted("charges", _("Charges that end"), number)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """People in charge at a unit, or of one, that would close again."""
        found = sorted(row["id"] for pk, on in back.closing.items() for row in self._of(tree, [pk]) if holds(row, on))
        if found:
            text = _("People are in charge at a unit that would be closed: %(count)s.") % {"count": len(found)}
            yield Matter("charged", text, len(found), tuple(names_of(CHARGE, found)), _("End them first."), blocks=True)

    def _of(self, tree: Tree, units: Iterable[int]) -> list[Row]:
        """The charges of these committees and over these units, each once."""
        rows = {row["id"]: row for unit in units for side in SIDES for row in tree.find(CHARGE, side, unit)}
        return list(rows.values())

    def _named(self, tree: Tree, row: Row) -> str:
        """Who is in charge, by code: they may belong to units that the reader does not see."""
        return f"{tree.get(PERSON, row['person_id'])['code']}, {tree.get(UNIT, row['unit_id'])['name']}"


CHARGES = gettext_lazy("Charges of committees")
SPAN = ("from_on", "to_on")
identity.follow(
    "committees_charge", "person_id", CHARGES, once=("unit_id", "over_unit_id", "over_person_id"), span=SPAN
)
identity.follow("committees_charge", "over_person_id", CHARGES, once=("unit_id", "person_id"), span=SPAN)
identity.follow("committees_visit", "charge_id", gettext_lazy("Visits"), once=("on",))
