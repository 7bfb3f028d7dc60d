"""What apps above declare of meetings to come: more items of an agenda, what a notice needs, ways one can't meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Exists, QuerySet

    from chibo.agendas.content import Content, Row
    from chibo.agendas.models import Notice
    from chibo.core.components import Link
    from chibo.organizations.models import Unit

# A cell, the kind of meeting, its month's first day, its own day. One query.
Source = Callable[["Unit", str, date, date], Sequence["Row"]]
sources: list[Source] = []


def source(function: Source) -> Source:
    """Let the agenda of a cell's meeting of a kind in a month be proposed with these items too."""
    sources.append(function)
    return function


Guard = Callable[["Unit", "Content"], None]
guards: list[Guard] = []


def guard(function: Guard) -> Guard:
    """Let a function refuse, by Denied, the notice of a cell's meeting before it is given."""
    guards.append(function)
    return function


Way = Callable[["Unit", str], "Link | None"]
_ways: list[Way] = []


def way(function: Way) -> Way:
    """Let a function say where what a way of meeting needs is to be had."""
    _ways.append(function)
    return function


def way_of(unit: Unit, mode: str) -> Link | None:
    """Where what a way of meeting needs is to be had, if an app above knows."""
    return next((link for each in _ways if (link := each(unit, mode)) is not None), None)


Missing = Callable[["Unit", date], set[str]]
_missing: list[Missing] = []


def missing(function: Missing) -> Missing:
    """Let a function say in which ways a cell can't meet on a day. One query."""
    _missing.append(function)
    return function


def missing_on(unit: Unit, day: date) -> set[str]:
    """The ways in which a cell can't meet on a day."""
    return {mode for each in _missing for mode in each(unit, day)}


@dataclass(frozen=True)
class Held:
    """The meeting of a notice as it is recorded: where it is read, and on which day it was."""

    url: str
    on: date


Outcome = Callable[["Notice"], Held | None]
_outcomes: list[Outcome] = []


def outcome(function: Outcome) -> Outcome:
    """Let a function say what is recorded of the meeting of a notice. Two queries."""
    _outcomes.append(function)
    return function


def outcome_of(notice: Notice) -> Held | None:
    """Where what is recorded of the meeting of a notice is read, if anything is."""
    return next((found for each in _outcomes if (found := each(notice)) is not None), None)


HeldOnes = Callable[..., "Exists"]
_held: list[HeldOnes] = []


def held(function: HeldOnes) -> HeldOnes:
    """Let a condition say of which notices the meeting is recorded; with `elsewhen` as held on another day."""
    _held.append(function)
    return function


def still_called(notices: QuerySet[Notice], *, elsewhen: bool = False) -> QuerySet[Notice]:
    """Of notices those whose meeting is not recorded yet; with `elsewhen` those not recorded as of another day."""
    for each in _held:
        notices = notices.filter(~each(elsewhen=elsewhen))
    return notices


HeldMonths = Callable[["Unit", date], "QuerySet[Any, Any]"]
_months: list[HeldMonths] = []


def held_months(function: HeldMonths) -> HeldMonths:
    """Let a question tell a desk the months of which a cell has recorded the regular meeting."""
    _months.append(function)
    return function


def months_held(unit: Unit, since: date) -> list[QuerySet[Any, Any]]:
    """What tells a desk the months from one on of which the regular meeting is recorded: their first days."""
    return [each(unit, since) for each in _months]
