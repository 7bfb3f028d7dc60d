"""What a meeting that comes is checked against: asked once, for the form and for the act alike."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any

from chibo.meetings.evidence import Known, around
from chibo.meetings.queries import Attendee, roll_on
from chibo.organizations.models import Unit
from chibo.scoring.models import SheetVersion


class Lookup:
    """Who may attend in a cell and what records say around its meeting, as they stand while this lives.

    Made once the cell's row is held, it is true to the end of the act.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._known: dict[Hashable, Any] = {}

    def roll(self, day: date, kind: str) -> list[Attendee]:
        """Everyone who may attend that day. One query the first time."""
        key = (day, kind)
        if key not in self._known:
            self._known[key] = roll_on(self.unit, day, kind)
        found: list[Attendee] = self._known[key]
        return found

    def around(
        self, held_on: date, kind: str, month: date, *, topic: str, must: frozenset[int]
    ) -> tuple[SheetVersion | None, Known]:
        """By which sheet a meeting that is not recorded yet is scored, and what is known around it; as `roll`."""
        key = (held_on, kind, month, topic, must)
        if key not in self._known:
            self._known[key] = around(self.unit, held_on, kind, month, topic=topic, must=must)
        found: tuple[SheetVersion | None, Known] = self._known[key]
        return found
