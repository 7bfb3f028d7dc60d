"""The course of a meeting as its page shows it: items with outcomes and votes, who spoke, guests, tasks noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, day
from chibo.meetings.content import speakers_of
from chibo.meetings.course import Course, course_of
from chibo.meetings.models import Attendance, How, Item, State
from chibo.members.models import Person
from chibo.procedures.registry import case_of_item

Named = Callable[[Iterable[int]], set[int]]


@dataclass(frozen=True)
class Shown:
    """The course of a meeting as somebody reads it; what was not said is empty."""

    course: Course
    items: Table | None
    spoke: str
    guests: list[str]
    tasks: Table | None


def shown(
    told: Mapping[str, Sequence[Any]],
    rows: Sequence[Attendance],
    named: Named | None,
    user: Any,
    *,
    is_own: bool,
    opens_cases: bool = False,
) -> Shown:
    """What a reader sees of a meeting's course, whose rows are `told`. No query but those of `named`.

    People are told by name who are among those `named`, oneself, and to whom the meeting `is_own` its guests; others by
    code. To whom nobody is named reads how many spoke, and of guests nothing. An item that is the vote on a case leads
    there whom it `opens_cases`.
    """
    course = course_of(told, speakers_of(rows))
    people = {row.person_id: row.person for row in rows} | {each.pk: each for each in told["people"]}
    seen = named(people) if named is not None else set()

    def who(person: int, *, open_to: bool = False) -> str:
        each: Person = people[person]
        return each.full_name if open_to or person in seen or each.user_id == user.pk else each.code

    guests = []
    for each in course.guests if named is not None else ():
        if each.person is not None:
            guests.append(f"{who(each.person, open_to=is_own)}, {_('in charge of the cell')}")
        else:
            guests.append(f"{each.name}, {each.what}" if each.what else each.name)
    return Shown(
        course,
        _items(told["items"], opens_cases) if course.items else None,
        _spoke(course, rows, who if named is not None else None),
        guests,
        _tasks(course, who) if course.tasks else None,
    )


def votes_said(item: Item) -> str:
    """The votes on an item in words; empty where none were recorded."""
    if not item.how:
        return ""
    words = _("%(n)s for, %(against)s against, %(other)s abstained or invalid, of %(voters)s who may vote")
    said = words % {
        "n": count(item.votes_for or 0), "against": count(item.votes_against or 0),
        "other": count(item.votes_other or 0), "voters": count(item.voters or 0),
    }  # fmt: skip
    return f"{said}; {str(How(item.how).label).lower()}"


def _case_url(code: str) -> str:
    case = case_of_item(code)
    return reverse("case", args=[case]) if case is not None else ""


def _items(items: Sequence[Item], opens_cases: bool) -> Table:
    is_voted = any(each.how for each in items)
    return Table(
        caption=_("Agenda"),
        caption_hidden=True,
        stacks=True,
        columns=[
            Column(label=_("Item"), wide=True), Column(label=_("How far")),
            *([Column(label=_("Votes"))] if is_voted else []),
        ],
        rows=[
            [
                Cell(
                    text=each.text, note=each.outcome, lang="vi", url=_case_url(each.code) if opens_cases else ""
                ),
                Cell(
                    text=_("dealt with") if each.is_done else _("left out"),
                    mark=Mark.MET if each.is_done else Mark.NONE, mark_word=None,
                ),
                *([Cell(text=votes_said(each))] if is_voted else []),
            ]
            for each in items
        ],
    )  # fmt: skip


def _spoke(course: Course, rows: Sequence[Attendance], who: Callable[[int], str] | None) -> str:
    if not course.speakers:
        return ""
    there = sum(row.state == State.PRESENT for row in rows)
    said = _("%(n)s of %(all)s present spoke") % {"n": count(len(course.speakers)), "all": count(there)}
    if who is None:
        return said
    return f"{said}: " + ", ".join(who(row.person_id) for row in rows if row.person_id in course.speakers)


def _tasks(course: Course, who: Callable[[int], str]) -> Table:
    return Table(
        caption=_("Tasks noted"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=_("What is to be done"), wide=True), Column(label=_("Who does it")),
                 Column(label=_("Until"))],
        rows=[
            [
                Cell(text=each.what, lang="vi"),
                Cell(text=_("The committee of the cell") if each.person is None else who(each.person), lang="vi"),
                Cell(text=day(each.due_on)),
            ]
            for each in course.tasks
        ],
    )  # fmt: skip
