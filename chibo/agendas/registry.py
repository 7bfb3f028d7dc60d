"""What apps above declare of meetings to come: more items of an agenda, what a notice needs, ways one can't meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


Outcome = Callable[["Notice"], "Link | None"]
_outcomes: list[Outcome] = []


def outcome(function: Outcome) -> Outcome:
    """Let a function say what is recorded of the meeting of a notice. One query."""
    _outcomes.append(function)
    return function


def outcome_of(notice: Notice) -> Link | None:
    """Where what is recorded of the meeting of a notice is read, if anything is."""
    return next((link for each in _outcomes if (link := each(notice)) is not None), None)
