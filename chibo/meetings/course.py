"""The course of a meeting as a value: items with what came of them and votes, who spoke, guests, tasks noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from chibo.core.together import together
from chibo.meetings.course_models import Guest, Item, Noted
from chibo.members.models import Person

CONCLUSION = "conclusion"  # the code of the item by which the conclusion is adopted
MINUTES = "minutes"  # and of the one by which the minutes are
ITEMS, GUESTS, TASKS = 60, 20, 12  # of one meeting


@dataclass(frozen=True, kw_only=True)
class Line:
    """An item of the agenda as it went; with votes where `how` says how they were counted."""

    text: str
    kind: str
    code: str = ""
    is_done: bool = True
    outcome: str = ""
    how: str = ""
    votes_for: int | None = None
    votes_against: int | None = None
    votes_other: int | None = None

    @property
    def votes(self) -> int:
        """How many votes were counted."""
        return (self.votes_for or 0) + (self.votes_against or 0) + (self.votes_other or 0)

    def as_json(self) -> dict[str, Any]:
        """The same in words that JSON has, without what it does not say."""
        said = {name: value for name, value in self.__dict__.items() if value not in ("", None)}
        return {name: value for name, value in said.items() if name != "is_done" or not value}


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A guest: a person who is in charge of the cell, or a name and what they are."""

    person: int | None = None
    name: str = ""
    what: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same in words that JSON has, without what it does not say."""
        return {name: value for name, value in self.__dict__.items() if value not in ("", None)}


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A task noted at the meeting: for a person, or for the committee of the cell."""

    what: str
    due_on: date
    person: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The same in words that JSON has."""
        told: dict[str, Any] = {"what": self.what, "due_on": self.due_on.isoformat()}
        return told if self.person is None else told | {"person": self.person}


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a meeting went beside who came and what was concluded; nothing of it has to be said."""

    items: tuple[Line, ...] = ()
    speakers: frozenset[int] = frozenset()
    guests: tuple[Visitor, ...] = ()
    tasks: tuple[Duty, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What it says, in words that JSON has; nothing where it says nothing."""
        said: dict[str, list[Any]] = {
            "items": [each.as_json() for each in self.items],
            "speakers": sorted(self.speakers),
            "guests": [each.as_json() for each in self.guests],
            "tasks": [each.as_json() for each in self.tasks],
        }
        return {name: each for name, each in said.items() if each}

    @property
    def people(self) -> set[int]:
        """Everyone it names but those who spoke."""
        named = [each.person for each in self.guests] + [each.person for each in self.tasks]
        return {each for each in named if each is not None}


Each = TypeVar("Each")


def numbered(named: Iterable[tuple[str, Each]]) -> list[tuple[tuple[str, int], Each]]:
    """Each with its name and its place among those of the same name: two items may be called alike."""
    seen: Counter[str] = Counter()
    found = []
    for name, each in named:
        seen[name] += 1
        found.append(((name, seen[name]), each))
    return found


def asks(meeting: int) -> dict[str, QuerySet[Any]]:
    """The rows of a meeting's course by name, in order, and the people they name, as `core.together` asks them."""
    guests, noted = Guest.objects.filter(meeting=meeting), Noted.objects.filter(meeting=meeting)
    people = guests.values("person").union(noted.values("person"))  # of two lists, all people would be read
    return {
        "items": Item.objects.filter(meeting=meeting).order_by("place"),
        "guests": guests.order_by("place"),
        "noted": noted.order_by("place"),
        "people": Person.objects.filter(pk__in=people).order_by("pk"),
    }


def rows_of(meeting: int) -> Mapping[str, Sequence[Any]]:
    """The rows of a meeting's course, by name, in order, and the people they name. One query."""
    return together(asks(meeting))


def course_of(rows: Mapping[str, Sequence[Any]], speakers: frozenset[int]) -> Course:
    """What rows of `rows_of` say, with those who spoke. No query."""
    names = ("text", "kind", "code", "is_done", "outcome", "how", "votes_for", "votes_against", "votes_other")
    return Course(
        items=tuple(Line(**{name: getattr(each, name) for name in names}) for each in rows["items"]),
        speakers=speakers,
        guests=tuple(Visitor(person=each.person_id, name=each.name, what=each.what) for each in rows["guests"]),
        tasks=tuple(Duty(what=each.what, due_on=each.due_on, person=each.person_id) for each in rows["noted"]),
    )


def bring(meeting: int, before: Course, after: Course, voters: int, *, recounted: bool = False) -> None:
    """Bring the rows of a meeting's course to what it says now, within an action; no query for what does not differ.

    `voters` is how many may vote among those present: it is kept beside the votes, anew where those were recounted.
    """
    of_items = [_counted(each, voters) for each in after.items]
    known = [None if recounted and each.how else each for each in before.items]
    _replace(Item, meeting, known, after.items, of_items)
    of_guests = [{"person_id": each.person, "name": each.name, "what": each.what} for each in after.guests]
    _replace(Guest, meeting, before.guests, after.guests, of_guests)
    of_tasks = [{"person_id": each.person, "what": each.what, "due_on": each.due_on} for each in after.tasks]
    _replace(Noted, meeting, before.tasks, after.tasks, of_tasks)


def _counted(line: Line, voters: int) -> dict[str, Any]:
    return vars(line) | {"voters": voters if line.how else None}


def _replace(
    table: type[Model], meeting: int, before: Sequence[Any], after: Sequence[Any], rows: Sequence[dict[str, Any]]
) -> None:
    """Rows of a table by their places: those that differ go and come anew."""
    known = dict(enumerate(before, 1))
    fresh = [n for n, each in enumerate(after, 1) if known.get(n) != each]
    gone = [n for n in known if n in fresh or n > len(after)]
    manager: Any = table._default_manager
    if known and (fresh or gone):
        places = manager.filter(meeting=meeting).order_by("place").values_list("place", flat=True)
        if list(places) != list(known):  # a row in between went with a person whose records became one
            manager.filter(meeting=meeting).delete()
            fresh, gone = list(range(1, len(after) + 1)), []
    if gone:
        manager.filter(meeting=meeting, place__in=gone).delete()
    if fresh:
        manager.bulk_create([table(meeting_id=meeting, place=n, **rows[n - 1]) for n in fresh])
