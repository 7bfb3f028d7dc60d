"""What was changed of a meeting: from what to what; by whom, when and why, or by a load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.formats import day, moment, number, period_name
from chibo.core.periods import Period
from chibo.meetings.content import GROUPS, by_sheet, plain
from chibo.meetings.course import Course, numbered
from chibo.meetings.models import Attendance, How, Kind, Meeting, Mode, Score, Scorer, State
from chibo.meetings.point_forms import answer_said
from chibo.members.models import Person
from chibo.procedures.flow import said
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import Sheet

NOTHING = "–"


def changes_of(
    meeting: Meeting,
    rows: list[Attendance],
    scores: list[Score],
    course: Course,
    named: Callable[[Iterable[int]], Set[int]],
) -> list[dict[str, Any]]:
    """What changed a meeting since its first correction, the newest first, each with what it changed. Three queries.

    People are told by name if they are among those `named` of them, else by code.

    What no correction wrote came with a workbook, or went with one that was undone.
    """
    corrections = list(meeting.corrections.select_related("by").order_by("-version"))
    if not corrections:
        return []
    later = _now(meeting, rows, scores) | course.as_json()
    contents = [later, *(c.before for c in corrections), *(c.after for c in corrections if c.after)]
    sheets = _sheets(contents)
    known = _people(contents)
    seen = named(int(pk) for pk in known)
    found = Person.objects.filter(pk__in=known).values_list("pk", "full_name", "code")
    people = {str(pk): name if pk in seen else code for pk, name, code in found}
    told = []
    for each in corrections:
        wrote = each.after or later
        if loaded := _differences(wrote, later, people, sheets):
            told.append({"when": "", "by": "", "reason": _("Changed by loading a workbook"), "changes": loaded})
        told.append(
            {
                "when": moment(each.at),
                "by": str(each.by),
                "reason": each.reason,
                "changes": _differences(each.before, wrote, people, sheets),
            }
        )
        later = each.before
    return told


def between(
    before: dict[str, Any], after: dict[str, Any], named: Callable[[Iterable[int]], Set[int]]
) -> list[tuple[str, str, str]]:
    """What differs between two contents as `Content.as_json` tells them: the thing, from, to. Three queries at most.

    People are told as by `changes_of`.
    """
    if before == after:
        return []
    known = _people([before, after])
    seen = named(int(pk) for pk in known)
    found = Person.objects.filter(pk__in=known).values_list("pk", "full_name", "code")
    people = {str(pk): name if pk in seen else code for pk, name, code in found}
    return _differences(before, after, people, _sheets([before, after]))


def _now(meeting: Meeting, rows: list[Attendance], scores: list[Score]) -> dict[str, Any]:
    """What is recorded now in the words of a correction, from rows that were read already."""
    own = next((score for score in scores if score.scored_by == Scorer.SELF), None)
    return (by_sheet(own.sheet_id, own.answers) if own else {}) | {
        "kind": meeting.kind,
        "held_on": meeting.held_on.isoformat(),
        "month": meeting.month.isoformat(),
        "topic": meeting.topic,
        "mode": meeting.mode,
        "duration_min": None if meeting.duration_min is None else plain(meeting.duration_min),
        "conclusions": meeting.conclusions,
        "attendance": {str(row.person_id): [row.state, row.reason] for row in rows},
        "points": [plain(getattr(own, f"c{n}")) for n in range(1, 9)] if own else None,
        "scored_on": own.scored_on.isoformat() if own else None,
    }


def _sheets(contents: list[dict[str, Any]]) -> dict[int, Sheet]:
    """The scoring sheets that contents name. One query, if they name one."""
    named = {each["sheet"] for each in contents if each.get("sheet")}
    return {each.pk: each.sheet for each in SheetVersion.objects.filter(pk__in=named).order_by("pk")} if named else {}


def _differences(
    before: dict[str, Any], after: dict[str, Any], people: dict[str, str], sheets: dict[int, Sheet]
) -> list[tuple[str, str, str]]:
    """What differs between two contents: the thing, from, to."""
    shown: dict[str, tuple[str, Callable[[Any], str]]] = {
        "kind": (_("Kind"), lambda v: str(Kind(v).label)),
        "held_on": (_("Held on"), lambda v: day(date.fromisoformat(v))),
        "month": (_("For the month"), lambda v: period_name(Period.month_of(date.fromisoformat(v)))),
        "mode": (_("How"), lambda v: str(Mode(v).label)),
        "duration_min": (_("Duration"), lambda v: _("%(n)s minutes") % {"n": v}),
        "topic": (_("Topic"), str),
        "conclusions": (_("Conclusions"), str),
        "scored_on": (_("Points given on"), lambda v: day(date.fromisoformat(v))),
    }
    found = []
    for name, (label, show) in shown.items():
        was, now = before.get(name), after.get(name)
        if (was or None) != (now or None):
            found.append((label, show(was) if was else NOTHING, show(now) if now else NOTHING))
    for person in sorted({*before["attendance"], *after["attendance"]}, key=lambda each: people.get(each, each)):
        was, now = before["attendance"].get(person), after["attendance"].get(person)
        if was != now:
            found.append((people.get(person, NOTHING), _mark(was), _mark(now)))
    return found + _of_course(before, after, people) + _of_points(before, after, sheets)


def _people(contents: Iterable[dict[str, Any]]) -> set[str]:
    """Everyone whom contents name, by key."""
    known: set[str] = set()
    for each in contents:
        known |= {*each["attendance"], *map(str, each.get("speakers", []))}
        known |= {str(one["person"]) for one in (*each.get("guests", []), *each.get("tasks", [])) if "person" in one}
    return known


def _of_course(before: dict[str, Any], after: dict[str, Any], people: dict[str, str]) -> list[tuple[str, str, str]]:
    """What differs in the course of a meeting: item by item; of speakers, guests and tasks all of them."""
    found = []
    was, now = (dict(numbered((each["text"], each) for each in said.get("items", []))) for said in (before, after))
    for key in [*was, *(key for key in now if key not in was)]:
        if was.get(key) != now.get(key):
            found.append((key[0], _item(was.get(key)), _item(now.get(key))))

    def guest(each: dict[str, Any]) -> str:
        if "person" in each:
            return people.get(str(each["person"]), NOTHING)
        return f"{each['name']}, {each['what']}" if each.get("what") else str(each["name"])

    def task(each: dict[str, Any]) -> str:
        who = people.get(str(each["person"]), NOTHING) if "person" in each else _("the committee of the cell")
        said = {"what": each["what"], "who": who, "day": day(date.fromisoformat(each["due_on"]))}
        return _("%(what)s – %(who)s, until %(day)s") % said

    listed: dict[str, tuple[str, Callable[[Any], str]]] = {
        "speakers": (_("Who spoke"), lambda each: people.get(str(each), NOTHING)),
        "guests": (_("Guests"), guest),
        "tasks": (_("Tasks noted"), task),
    }
    for name, (label, show) in listed.items():
        old, new = before.get(name, []), after.get(name, [])
        if old != new:
            found.append((label, "\n".join(map(show, old)) or NOTHING, "\n".join(map(show, new)) or NOTHING))
    return found


def _item(said: dict[str, Any] | None) -> str:
    """An item in words: whether it was dealt with, what came of it, the votes."""
    if said is None:
        return NOTHING
    words = [_("dealt with") if said.get("is_done", True) else _("left out")]
    if said.get("outcome"):
        words.append(said["outcome"])
    if said.get("how"):
        votes = {"n": said.get("votes_for", 0), "against": said.get("votes_against", 0)}
        told = _("%(n)s for, %(against)s against, %(other)s abstained or invalid")
        words += [told % (votes | {"other": said.get("votes_other", 0)}), str(How(said["how"]).label)]
    return "; ".join(words)


def _of_points(before: dict[str, Any], after: dict[str, Any], sheets: dict[int, Sheet]) -> list[tuple[str, str, str]]:
    """What differs between points: by criterion where both are by one sheet, else by group."""
    sheet = sheets.get(after.get("sheet") or before.get("sheet") or 0)
    found = []
    if sheet is not None and before.get("answers") and after.get("answers") and before["sheet"] == after["sheet"]:
        for each in sheet.criteria:
            was, now = before["answers"].get(each.code, ""), after["answers"].get(each.code, "")
            if was != now:
                label = _("Points: %(group)s") % {"group": said(each.name)}
                found.append((label, answer_said(each, was), answer_said(each, now)))
        return found
    points = (before["points"] or [None] * 8, after["points"] or [None] * 8)
    names = [said(group.name) for group in sheet.groups] if sheet is not None else [str(each) for each in GROUPS]
    names += [str(n) for n in range(len(names) + 1, 9)]
    for name, was, now in zip(names, *points, strict=True):
        if (None if was is None else Decimal(was)) != (None if now is None else Decimal(now)):
            found.append((_("Points: %(group)s") % {"group": name}, _points(was), _points(now)))
    return found


def _mark(mark: list[str] | None) -> str:
    """A mark in words, with why."""
    if not mark:
        return NOTHING
    word = str(State(mark[0]).label)
    return f"{word}: {mark[1]}" if mark[1] else word


def _points(said: str | None) -> str:
    """Points with the decimals they have, in the reader's language."""
    if said is None:
        return NOTHING
    given = Decimal(said).normalize()
    return number(given, max(0, -int(given.as_tuple().exponent)))
