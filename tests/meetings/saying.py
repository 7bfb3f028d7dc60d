"""A meeting of a cell of the small world, as a value and as it would be typed into the form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from chibo.core.actions import action
from chibo.meetings.content import Content, content_of
from chibo.meetings.models import Kind, Meeting
from chibo.members.models import Person
from tests.world import TODAY, World

UID = UUID("6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a01")
POINTS = ("5", "4.5", "10", "28", "9", "5", "27", "5")  # 93.5 together


def person(code: str) -> int:
    """The id of a member of the small world."""
    return Person.objects.get(code=code).pk


def content(**changes: Any) -> Content:
    """A regular meeting of cell A in December 2023: one present, one absent; good."""
    said: dict[str, Any] = {
        "kind": Kind.REGULAR.value,
        "held_on": date(2023, 12, 4),
        "month": date(2023, 12, 1),
        "attendance": {person("M1"): ("present", ""), person("M3"): ("absent", "")},
        "points": tuple(map(Decimal, POINTS)),
        "scored_on": date(2023, 12, 4),
    }
    return Content(**(said | changes))


def seal(meeting: Meeting) -> int:
    """What someone carries along who begins to correct a meeting now."""
    found = Meeting.objects.get(pk=meeting.pk)
    return content_of(found).seal(found.version)


def typed(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What a browser would send of the form at a URL, with changes; None takes a field away."""
    form = client.get(url).context["form"]
    said: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if value not in (None, "") and value is not False:
            said[field.html_name] = str(value)
    for row in form.roll.rows:
        if row.state and row.ticks:
            said[f"x_{row.who.person}"] = row.state
        elif row.state:
            said[f"m_{row.who.person}"] = row.state
            said[f"r_{row.who.person}"] = row.reason
    said["listed"] = client.get(url).context["listed"]
    if "c1" in changes and "k_" not in "".join(changes):  # by group, as an older page on a device says it
        said = {name: value for name, value in said.items() if not name.startswith("k_")}
    said |= changes
    return {name: value for name, value in said.items() if value is not None}


def record_url(world: World, **query: str) -> str:
    """The page on which cell A records."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/units/{world.cell_a.pk}/meetings/record/?{asked}"


def url_of(meeting: Meeting, act: str = "") -> str:
    """The page of a meeting, or of an act on it."""
    return f"/units/{meeting.unit_id}/meetings/{meeting.pk}/{act}"


def errors(answer: Any) -> dict[str, Any]:
    """What an answer says is wrong, by field; rows of the list under their name."""
    form = answer.context["form"]
    return {**form.errors, **{row.who.name: row.error for row in form.roll.wrong}}


def december(client: Client, world: World, **changes: Any) -> dict[str, Any]:
    """The form of December's regular meeting, held on the 4th, filled in."""
    points = {f"c{n}": each for n, each in enumerate(POINTS, 1)}
    held = {"held_on": "2023-12-04", "uid": str(uuid4())}
    return typed(client, record_url(world, month="2023-12"), **(held | points | changes))


@action("tests.exempted")
def exempt(*, code: str, since: date = TODAY, by: Any, at: Any) -> None:
    """Let someone be exempt from meetings from a day on."""
    membership = Person.objects.get(code=code).memberships.get()
    membership.exempt_from = since
    membership.save()
