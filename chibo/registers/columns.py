"""Columns of the register whose facts lie outside the roll: functions from person ids and a day to texts.

What nobody fills stays empty: the form has its column all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum


class Place(StrEnum):
    """The columns of Form 7-HSĐV whose facts lie outside the roll."""

    HOME = "home"
    CARDS = "cards"  # numbers of card, CV and badge
    SERVICE = "service"  # army, police, retired
    REASON = "reason"  # why someone died or left
    NOTE = "note"


Filling = Callable[[list[int], date], Mapping[Place, Mapping[int, str]]]
_filled: list[Filling] = []


def fills(function: Filling) -> Filling:
    """Have a function say, for people by id, what stood in some columns on a day. It asks one query for all."""
    _filled.append(function)
    return function


def texts(people: Iterable[int], day: date) -> dict[Place, dict[int, str]]:
    """What is said of these people in each column on a day. As many queries as functions are declared."""
    ids = list(people)
    said: dict[Place, dict[int, str]] = {place: {} for place in Place}
    for function in _filled:
        for place, found in function(ids, day).items():
            for pk, text in found.items():
                if text:
                    said[place][pk] = "; ".join(filter(None, [said[place].get(pk, ""), text]))
    return said
