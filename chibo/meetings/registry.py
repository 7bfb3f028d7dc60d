"""What apps above have to tell of a meeting: ways to what came before it and what came of it, whose hands are in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet

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


Hands = Callable[[Collection[int]], Iterable[QuerySet[Any, Any]]]
_hands: list[Hands] = []


def hands(function: Hands) -> Hands:
    """Let an app say in which meetings users had a hand: querysets of one column, the keys of these."""
    _hands.append(function)
    return function


def with_hands(people: Collection[int], field: str) -> Q:
    """Condition: one of some users had a hand in the meeting `field` leads to, beside recording it."""
    condition = Q(pk__in=[])
    for each in _hands:
        for found in each(people):
            condition |= Q(**{f"{field}__in": found})
    return condition
