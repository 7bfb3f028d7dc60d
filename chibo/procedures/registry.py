"""What procedures can name: places, guards, effects, electorates, subjects. A closed list, in code; data chooses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from chibo.organizations.models import Unit
    from chibo.organizations.scope import Rights
    from chibo.procedures.flow import Flow, Outcome, Step
    from chibo.procedures.models import Case, Stage, Vote

Text = str | Promise
ITEM_CODE = re.compile(r"case_([0-9]{1,18})_([0-9]{1,9})")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where a case stands when somebody acts: what guards and effects are told."""

    case: Case
    stage: Stage
    flow: Flow
    step: Step
    today: date
    vote: Vote | None
    outcome: Outcome | None = None


Guard = Callable[[Moment], Text | None]  # why not; None if it holds
Effect = Callable[[Moment, Any, datetime], None]  # told who acts and when; Denied refuses the whole step
Electorate = Callable[["Unit", date], int | None]


@dataclass(frozen=True)
class Named:
    """A thing in code that data may name."""

    code: str
    label: Text
    function: Callable[..., Any]
    complement: str = ""  # of a guard: the one that holds where it does not
    comes: bool = False  # of a guard: it holds some day by itself
    lasts: bool = False  # of an effect: the case can't be withdrawn after it
    most: Callable[..., int] | None = None  # of an electorate: how many it could be at most, where that is known


def _nobody(case: Case) -> Sequence[int]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What cases of a kind are about, declared by the app that knows it."""

    code: str
    label: Text
    concerned: Callable[[Case], Sequence[int]] = _nobody  # users who never decide on it: it is about them
    of_user: Callable[[Any], QuerySet[Case]] | None = None  # the same from the other side: cases about a user
    values: Callable[[Case, date], Mapping[str, str]] | None = None  # what its papers may say
    url: Callable[[Case, Rights, date], str] | None = None  # the page of what it is about, if a reader opens it
    facts: Callable[[Case], Sequence[tuple[str, str]]] | None = None  # what is known beside what was told, in words
    hints: Callable[[Case, date], Mapping[str, str]] | None = None  # what is known beside an answer, by its question
    faults: Callable[[Case, Mapping[str, Any], date], Mapping[str, str]] | None = None  # answers that can't be, too
    again: Callable[[Case], str] | None = None  # where whom it is about asks for the same once more
    place: Callable[[Case, date], Unit | None] | None = None  # where that is found on a day
    strays: Callable[[date], QuerySet[Case]] | None = None  # under way, and perhaps elsewhere or for others by now
    lapsed: Callable[[date], Iterable[tuple[Case, str]]] | None = None  # under way about nothing, each with why
    undo: Callable[[Case, datetime], None] | None = None  # what a case had begun in the records comes to nothing


@dataclass(frozen=True, kw_only=True)
class Count:
    """A vote on a step that was recorded elsewhere than with its case, and where; None where it was not counted."""

    label: Text
    url: str  # empty for who may not open it
    held_on: date
    present: int | None = None
    votes_for: int | None = None
    against: int | None = None
    invalid: int | None = None


class Counts(Protocol):
    """What another app knows of votes on stages of a case: rows to be asked with the case's own, and what they say."""

    @staticmethod
    def asks(case: Case, codes: Sequence[str]) -> Mapping[str, QuerySet[Any]]:
        """Rows by a name of their own, as `core.together` asks them; of the stages that items of these codes are of."""

    @staticmethod
    def tells(
        case: Case, numbers: Mapping[str, int], found: Mapping[str, Sequence[Any]], rights: Rights
    ) -> Mapping[int, Count]:
        """The votes by the numbers of stages, given by code, as far as a reader may open them. No query."""


_counts: list[type[Counts]] = []
guards: dict[str, Named] = {}
effects: dict[str, Named] = {}
electorates: dict[str, Named] = {}
subjects: dict[str, Subject] = {}
days: dict[str, Text] = {}  # that a subject tells at the beginning: what each is called


def guard(code: str, *, label: Text, complement: str = "", comes: bool = False) -> Callable[[Guard], Guard]:
    """Let procedures name a predicate: it says why an outcome can't be, or None."""

    def add(function: Guard) -> Guard:
        guards[code] = Named(code, label, function, complement, comes)
        return function

    return add


def effect(code: str, *, label: Text, lasts: bool = False) -> Callable[[Effect], Effect]:
    """Let procedures name what follows in the records from an outcome; what lasts, withdrawing the case can't undo."""

    def add(function: Effect) -> Effect:
        effects[code] = Named(code, label, function, lasts=lasts)
        return function

    return add


def electorate(
    code: str, *, label: Text, most: Callable[[Unit, date], int] | None = None
) -> Callable[[Electorate], Electorate]:
    """Let procedures name who votes: how many they are at a unit on a day, and how many they could be at most."""

    def add(function: Electorate) -> Electorate:
        electorates[code] = Named(code, label, function, most=most)
        return function

    return add


def subject(each: Subject) -> Subject:
    """Let procedures be about such a thing."""
    subjects[each.code] = each
    return each


Declared = TypeVar("Declared", bound=type[Counts])


def counts(declared: Declared) -> Declared:
    """Let an app tell the votes that were recorded elsewhere than with a case."""
    _counts.append(declared)
    return declared


def counted_rows(case: Case, numbers: Iterable[int]) -> dict[str, QuerySet[Any]]:
    """What is asked to tell of votes recorded elsewhere on these stages of a case."""
    codes = [item_code(case.pk, number) for number in numbers]
    return {name: rows for each in _counts for name, rows in each.asks(case, codes).items()} if codes else {}


def counted(case: Case, numbers: Iterable[int], found: Mapping[str, Sequence[Any]], rights: Rights) -> dict[int, Count]:
    """The votes recorded elsewhere on stages of a case, by their numbers. No query."""
    asked = {item_code(case.pk, number): number for number in numbers}
    told = (each.tells(case, asked, found, rights) for each in _counts)
    return {number: count for each in told for number, count in each.items()} if asked else {}


def item_code(case: int, number: int) -> str:
    """The code under which an agenda has the vote at a stage of a case."""
    return f"case_{case}_{number}"


def case_of_item(code: str) -> int | None:
    """The case whose vote an item of an agenda is, by its code; None if it is of none."""
    found = ITEM_CODE.fullmatch(code)
    return int(found[1]) if found else None
