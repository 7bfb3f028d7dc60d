"""What a meeting's page asks of its course, row by row: items with votes, guests, tasks; all of it may stay empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from chibo.agendas.kinds import ItemKind
from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.meetings import policies
from chibo.meetings.content import Content
from chibo.meetings.course import GUESTS, ITEMS, TASKS, Course, Duty, Line, Visitor, numbered
from chibo.meetings.fields import Words, day_of
from chibo.meetings.models import How
from chibo.meetings.queries import Agenda, Attendee

ROW = re.compile(r"([igt])([1-9]\d?)_[a-z]{2,7}")
NAMES = r"agenda|i\d{1,2}_(?:text|kind|code|done|outcome|how|for|against|other)|g\d{1,2}_(?:name|what)|g_\d{1,18}"
NAMES += r"|t\d{1,2}_(?:what|who|due)"
COMMITTEE = "committee"  # to whom a task is given, beside members by their keys
VOTED = (ItemKind.VOTE, ItemKind.SCORE)
OWN = "own"  # the code of an item that was typed beside those of the agenda
BLANK_TASKS, BLANK_GUESTS = 2, 1
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass
class Asked:
    """A row as it stands in the form; what is wrong with it by the end of the field's name."""

    n: int
    wrong: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, text: str) -> str:
        """A line of text as it is kept; what is wrong with it is noted."""
        try:
            return Words(required=False).clean(text)
        except forms.ValidationError as wrong:
            self.wrong[name] = " ".join(wrong.messages)
            return ""

    @property
    def key(self) -> str:
        """What its fields are called by."""
        return str(self.n)

    @property
    def error(self) -> str:
        return " ".join(self.wrong.values())


@dataclass
class AskedItem(Asked):
    """An item: what it is, whether it was dealt with, what came of it, how it was voted."""

    text: str = ""
    kind: str = ItemKind.DISCUSSION.value
    code: str = ""
    done: str = "1"
    outcome: str = ""
    how: str = ""
    votes_for: str = ""
    votes_against: str = ""
    votes_other: str = ""

    @property
    def is_vote(self) -> bool:
        return self.kind in VOTED

    @property
    def is_open(self) -> bool:
        """Whether something was said of it that lies beneath its line."""
        return any((self.outcome, self.how, self.votes_for, self.votes_against, self.votes_other, self.wrong))

    def clean(self, voters: int) -> Line | None:
        """The item as it went; None where it says nothing."""
        text, outcome = self.read("text", self.text), self.read("outcome", self.outcome)
        counts = [self._count("for", self.votes_for), self._count("against", self.votes_against)]
        counts.append(self._count("other", self.votes_other))
        how = self.how if self.how in How.values else ""
        if not how and any(each is not None for each in counts):
            how = How.HANDS.value
        if not text:
            if (outcome or how) and not self.wrong:
                self.wrong["text"] = _("Say what it was about.")
            return None
        kind = self.kind if self.kind in ItemKind.values else ItemKind.OTHER.value
        if how and kind not in VOTED:
            kind = ItemKind.VOTE.value
        code = self.code if CODE.fullmatch(self.code) and self.code != OWN else ""
        line = Line(text=text, kind=kind, code=code, is_done=bool(self.done), outcome=outcome)
        if not how or self.wrong:
            return line
        votes_for, against, other = counts
        rest = voters - (against or 0) - (other or 0)
        counted = Line(
            **vars(line) | {
                "how": how, "votes_for": max(0, rest) if votes_for is None else votes_for,
                "votes_against": against or 0, "votes_other": other or 0,
            }
        )  # fmt: skip
        try:
            policies.check_vote(counted, voters)
        except Denied as reason:
            self.wrong["for"] = str(reason)
        return counted

    def _count(self, name: str, text: str) -> int | None:
        said = text.strip()
        if not said:
            return None
        if not re.fullmatch(r"\d{1,4}", said, re.ASCII):
            self.wrong[name] = _("Write a whole number.")
            return None
        return int(said)


@dataclass
class AskedGuest(Asked):
    """A guest: their name and what they are."""

    name: str = ""
    what: str = ""

    def clean(self) -> Visitor | None:
        """The guest; None where nobody is named."""
        name, what = self.read("name", self.name), self.read("what", self.what)
        if what and not name and not self.wrong:
            self.wrong["name"] = _("Say the name of the guest.")
        return Visitor(name=name, what=what) if name else None


@dataclass
class AskedTask(Asked):
    """A task: what, who, until when."""

    what: str = ""
    who: str = COMMITTEE
    due: str = ""

    def clean(self, held_on: date | None, people: set[int]) -> Duty | None:
        """The task; None where nothing is to be done."""
        what = self.read("what", self.what)
        if not what:
            return None
        person = None if self.who in (COMMITTEE, "") else int(self.who) if re.fullmatch(r"\d{1,18}", self.who) else 0
        if person is not None and person not in people:
            self.wrong["who"] = _("Choose who has to do it: a member of the cell on that day, or its committee.")
        due_on = day_of(self.due)
        if due_on is None:
            self.wrong["due"] = _("Say until when.") if not self.due else _(
                "There is no such day. Write it like 2024-01-31."
            )  # fmt: skip
            return None
        if held_on is not None:
            try:
                policies.check_due(due_on, held_on)
            except Denied as reason:
                self.wrong["due"] = str(reason)
        return Duty(what=what, due_on=due_on, person=person)


@dataclass
class Came:
    """Somebody who is or was in charge of the cell, to be ticked if they came."""

    person: int
    name: str
    is_there: bool


class CourseForm:
    """The course of a meeting as typed; else as recorded; else what the agenda has, all of it dealt with."""

    def __init__(
        self,
        *,
        typed: Mapping[str, Any] | None,
        recorded: Content | None,
        held_on: date,
        agenda: Agenda | None,
        in_charge: Callable[[set[int]], Mapping[int, str]],
    ) -> None:
        """`agenda` is what is offered instead of the items typed; `in_charge` names people to be ticked, asked late.

        A form kept from before this was asked says nothing of it: then what is recorded stays.
        """
        self.recorded = recorded.course if recorded else Course()
        self.is_asked = typed is None or "agenda" in typed
        said = typed if typed is not None and self.is_asked else None
        self.due, self._in_charge = _month_later(held_on).isoformat(), in_charge
        rows = _rows(said) if said is not None else _recorded_rows(self.recorded)
        self.key = str(said.get("agenda", "")) if said is not None else agenda.key if agenda else "-"
        self.items: list[AskedItem] = [AskedItem(n, **given) for n, given in rows["i"]]
        self.guests: list[AskedGuest] = [AskedGuest(n, **given) for n, given in rows["g"]]
        self.tasks: list[AskedTask] = [AskedTask(n, **given) for n, given in rows["t"]]
        names = said if said is not None else {f"g_{each.person}": "1" for each in self.recorded.guests if each.person}
        self.ticked = {int(name[2:]) for name in names if re.fullmatch(r"g_\d{1,18}", name) and names[name]}
        self.strange = ""  # what is wrong with the ticks
        if agenda is not None:
            self.offer(agenda)

    def offer(self, agenda: Agenda) -> None:
        """Let it have the items of an agenda; of those typed stay what was said of the same, and what is beside."""
        if said := dict(numbered((each.text, each) for each in self.items)):
            lines = numbered((line.text, line) for line in agenda.items)
            fresh = [said.pop(key) if key in said else _asked_item(0, line) for key, line in lines]
            self.items = [*fresh, *(each for each in said.values() if each.code == OWN or each.is_open)]
        else:
            self.items = [_asked_item(0, line) for line in agenda.items]
        for n, each in enumerate(self.items, 1):
            each.n = n
        self.key = agenda.key

    def clean(self, roll: Iterable[Attendee], present: set[int], speakers: set[int], held_on: date | None) -> Course:
        """What was said; what is wrong stands in the rows. No query, unless who is in charge is ticked."""
        if not self.is_asked:
            return self.recorded
        who = list(roll)
        voters = sum(each.votes and each.person in present for each in who)
        people = {each.person for each in who if not each.guest}
        items = [each.clean(voters) for each in self.items]
        guests = [each.clean() for each in self.guests]
        tasks = [each.clean(held_on, people) for each in self.tasks]
        for rows, said, most in ((self.items, items, ITEMS), (self.guests, guests, GUESTS), (self.tasks, tasks, TASKS)):
            if len([each for each in said if each is not None]) > most:
                rows[-1].wrong["text"] = _("There are more lines than a meeting has room for.")
        if self.ticked and self.ticked - set(self.named):
            self.strange = _("Someone is ticked as a guest who was not in charge of the cell on that day.")
        came = [Visitor(person=each) for each in sorted(self.ticked)]
        return Course(
            items=tuple(each for each in items if each is not None),
            speakers=frozenset(speakers),
            guests=(*came, *(each for each in guests if each is not None)),
            tasks=tuple(each for each in tasks if each is not None),
        )

    @cached_property
    def named(self) -> Mapping[int, str]:
        """Who can be ticked as in charge: who is, and who was ticked when it was recorded. Two queries at most."""
        return self._in_charge({each.person for each in self.recorded.guests if each.person})

    @property
    def came(self) -> list[Came]:
        """Those who look after the cell, with whether they came."""
        return [Came(person, name, person in self.ticked) for person, name in self.named.items()]

    @property
    def done(self) -> list[bool]:
        """Of each item whether it was dealt with."""
        return [bool(each.done) for each in self.items]

    @property
    def has_guests(self) -> bool:
        return bool(self.ticked or self.guests)

    @property
    def blank_item(self) -> AskedItem:
        """Room for an item more."""
        return AskedItem(_next(self.items), code=OWN)

    @property
    def guest_rows(self) -> list[AskedGuest]:
        """The guests, with room for more."""
        return [*self.guests, *(AskedGuest(_next(self.guests) + n) for n in range(BLANK_GUESTS))]

    @property
    def task_rows(self) -> list[AskedTask]:
        """The tasks, with room for more; each until about the next meeting, which hears of it."""
        return [*self.tasks, *(AskedTask(_next(self.tasks) + n, due=self.due) for n in range(BLANK_TASKS))]

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """Each fault with the id of its field, what it is of, and what is wrong."""
        found = [("guests", str(_("Guests")), self.strange)] if self.strange else []
        kinds: tuple[tuple[str, str, list[Any]], ...] = (
            ("g", _("Guests"), self.guests), ("i", _("Agenda"), self.items), ("t", _("Tasks"), self.tasks),
        )  # fmt: skip
        for letter, label, rows in kinds:
            for row in rows:
                found += [(f"{letter}{row.n}_{name}", label, text) for name, text in row.wrong.items()]
        return found


def _month_later(on: date) -> date:
    """The same day of the next month, or its last."""
    last = Period.month_of(Period.month_of(on).last_day + timedelta(1)).last_day
    return last.replace(day=min(on.day, last.day))


def _next(rows: list[Any]) -> int:
    return max((each.n for each in rows), default=0) + 1


FIELDS = {
    "i": {"text": "text", "kind": "kind", "code": "code", "done": "done", "outcome": "outcome", "how": "how",
          "for": "votes_for", "against": "votes_against", "other": "votes_other"},
    "g": {"name": "name", "what": "what"},
    "t": {"what": "what", "who": "who", "due": "due"},
}  # fmt: skip
SAYS = {"i": ("text", "outcome", "how", "votes_for", "votes_against", "votes_other"), "g": ("name", "what"),
        "t": ("what",)}  # fmt: skip


def _rows(typed: Mapping[str, Any]) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """The rows that say something, by the letter of their names, in order."""
    found: dict[str, dict[int, dict[str, str]]] = {"i": {}, "g": {}, "t": {}}
    for name in typed:
        if (row := ROW.fullmatch(name)) and (said := FIELDS[row[1]].get(name.partition("_")[2])):
            found[row[1]].setdefault(int(row[2]), {})[said] = str(typed[name] or "")
    for each in found["i"].values():
        each.setdefault("done", "")
    return {
        letter: [
            (n, each) for n, each in sorted(rows.items()) if any(each.get(name, "").strip() for name in SAYS[letter])
        ]
        for letter, rows in found.items()
    }


def _recorded_rows(course: Course) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    named = [each for each in course.guests if each.person is None]
    tasks = [
        {"what": each.what, "who": str(each.person or COMMITTEE), "due": each.due_on.isoformat()}
        for each in course.tasks
    ]
    return {
        "i": [(n, _item_said(each)) for n, each in enumerate(course.items, 1)],
        "g": [(n, {"name": each.name, "what": each.what}) for n, each in enumerate(named, 1)],
        "t": list(enumerate(tasks, 1)),
    }


def _item_said(line: Line) -> dict[str, Any]:
    said = {name: "" if value is None else str(value) for name, value in vars(line).items() if name != "is_done"}
    return said | {"done": "1" if line.is_done else ""}


def _asked_item(n: int, line: Line) -> AskedItem:
    return AskedItem(n, **_item_said(line))
