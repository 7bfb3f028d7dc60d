"""What apps above have to tell of a meeting: ways to what came before it and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chibo.core.components import Item
from chibo.meetings.models import Meeting
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights

Ways = Callable[[Rights, Any, Unit, Meeting], list[Item]]
_ways: list[tuple[int, Ways]] = []


def beside(at: int) -> Callable[[Ways], Ways]:
    """Have the page of a meeting lead further: what a function tells a reader, at its place among the others."""

    def add(function: Ways) -> Ways:
        _ways.append((at, function))
        _ways.sort(key=lambda each: each[0])
        return function

    return add


def ways_of(rights: Rights, user: Any, unit: Unit, meeting: Meeting) -> list[Item]:
    """Where the page of a meeting leads its reader, in order."""
    return [item for _at, tell in _ways for item in tell(rights, user, unit, meeting)]
