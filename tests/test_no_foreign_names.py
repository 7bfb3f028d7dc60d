"""Whoever walks through the program, page by page and file by file, finds no name from outside their own units."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import resolve

from chibo.accounts.models import User
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.meetings import actions as meetings
from chibo.members.models import Person
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.portal import actions as portal
from chibo.reports.actions import make_snapshot
from tests.meetings.saying import UID, content, seal
from tests.reports.opening import docx_texts, pdf_texts
from tests.world import AT, PEOPLE, TODAY, UNITS, USERS, World
from tests.worlds import enlarged, standing_in

WALKERS = ("ana", "ben", "chi", "dan", "eva", "flo", "hoa", "kim")
ROUNDS = 2  # pages of a kind that are opened, however many links lead to such ones
PAGES = 300  # of one walk, so that it ends
SEEN = {  # where each sees units, and of these where also members by name
    "ana": ({"cell_a"}, {"cell_a"}),
    "ben": ({"cell_a", "cell_b"}, set()),  # a member of the one, attending the other for a time
    "chi": ({"north", "upland", "cell_a", "cell_b"}, {"cell_a", "cell_b"}),
    "dan": ({"south", "lowland", "cell_c", "cell_d"}, {"cell_c", "cell_d"}),
    "eva": (set(UNITS), set()),
    "flo": (set(UNITS), {"cell_a", "cell_b", "cell_c", "cell_d"}),
    "hoa": (set(), set()),
    "kim": ({"north", "upland", "cell_a", "cell_b"}, set()),  # administrator of the north, invited for the walk
}
NOW_IN = {"M1": "cell_a", "M2": "cell_a", "M3": "cell_a", "M4": "cell_b", "M5": "cell_c"} | {
    code: PEOPLE[code][4] for code in ("M6", "M7", "M8", "M9")
}
KIM = "Kim Thị Lan"
REMINDERS = f"({USERS['chi'][0]}|{USERS['flo'][0]})"
REMINDED = re.compile(f"{REMINDERS} reminded (you|the cell) on|reminded on 10 January 2024 by {REMINDERS}")
CRUMBS = re.compile(r'<ol class="crumbs">.*?</ol>', re.DOTALL)


def _html(body: bytes) -> str:
    """The text of a page without what is shown by design: the line of units above, and who reminded a cell."""
    return REMINDED.sub("", html.unescape(CRUMBS.sub("", body.decode())))


def _xlsx(body: bytes) -> str:
    """The text of a workbook without the line of a register that names the unit above, as its form asks."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    rows = [[str(cell.value) for cell in row] for sheet in book for row in sheet]
    return "\n".join(text for row in rows if row[0] != "Superior" for text in row)


def _json(body: bytes) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False)


TEXT_OF: dict[str, Callable[[bytes], str]] = {  # by content type: how the text is taken out of an answer
    "text/html": _html,
    "text/plain": lambda body: body.decode(),
    "image/svg+xml": lambda body: html.unescape(body.decode()),
    "application/pdf": pdf_texts,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docx_texts,
    "application/json": _json,
    "application/manifest+json": _json,
    "text/javascript": lambda body: body.decode(),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _xlsx,
}


def kind_of(path: str) -> str:
    """Pages of one pattern, with the same parameters, are of one kind."""
    route, _mark, query = path.partition("?")
    names = ",".join(sorted({part.split("=")[0] for part in query.split("&") if part}))
    return f"{resolve(route).route}?{names}"


def walk(client: Client) -> dict[str, str]:
    """The text of all that can be reached by links from the start, some pages of each kind."""
    found: dict[str, str] = {}
    opened: dict[str, int] = {}
    waiting, known = ["/"], {"/"}
    while waiting and len(found) < PAGES:
        path = waiting.pop(0)
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        for close in response._resource_closers:
            close()
        if response.status_code == 302:
            continue
        assert response.status_code == 200, path
        content_type = response.headers["content-type"].split(";")[0]
        assert content_type in TEXT_OF, f"{path}: say how the text of {content_type} is read"
        found[path] = TEXT_OF[content_type](body)
        if content_type != "text/html":
            continue
        sent = set(re.findall(r'<form[^>]*method="post"[^>]*action="(/[^"#]*)', body.decode()))
        sent |= set(re.findall(r'<form[^>]*action="(/[^"#]*)"[^>]*method="post"', body.decode()))
        for link in re.findall(r'(?:href|src|action|hx-get)="(/[^"#]*)', body.decode()):
            if link in sent:  # an act, not a way
                continue
            link = html.unescape(link)
            if link in known or link.startswith(("/static/", "/accounts/", "/i18n/")):
                continue
            known.add(link)
            kind = kind_of(link)
            opened[kind] = opened.get(kind, 0) + 1
            if opened[kind] <= ROUNDS:
                waiting.append(link)
    return found


def _above(unit: str) -> list[str]:
    """The names in the tests of the units above one."""
    parent = UNITS[unit][3]
    return [parent, *_above(parent)] if parent else []


def foreign(person: str, path: str) -> set[str]:
    """The names someone may not come across: of units, of members, of other users; not of members who share it.

    The line of units above one's own is shown by design, also where a unit's history says where it stands; who
    manages users sees what they are called, and who records the meetings of a cell whoever is in charge of it.
    """
    units, cells = SEEN[person]
    above = {each for name in units for each in _above(name)} if "/history/" in path else set()
    hidden = {label for name, (_code, label, *_rest) in UNITS.items() if name not in units | above}
    own = KIM if person == "kim" else USERS[person][0]
    shown = {PEOPLE[code][0] for code, cell in NOW_IN.items() if cell in cells} | {own}
    if path.startswith("/users/") or path.endswith("/access/"):
        shown |= {row[0] for row in USERS.values() if row[2] in units}
    if person == "ana" and "/meetings/" in path:
        shown.add(PEOPLE["M4"][0])
    hidden |= {row[0] for row in PEOPLE.values()} - shown
    workers = {row[0] for name, row in USERS.items() if row[2] not in units and name != person}
    return hidden | (workers - shown)


@action("tests.corrected")
def correct_records(*, by: Any, at: Any) -> None:
    """Correct what is recorded of every unit and of every member."""
    for unit in Unit.objects.order_by("pk"):
        unit.decision = "7-QĐ/TU"
        unit.save()
    for one in Person.objects.order_by("pk"):
        one.occupation = "Trồng chè"
        one.save()


def busy(world: World) -> None:
    """Let people who see little meet with what people above them did."""
    for unit in (world.north, world.upland, world.cell_a, world.cell_c):  # who made it is shown by design: nobody
        make_snapshot(kind="annual", unit=unit, period=Period.parse("2023"), by=None, at=AT)
    correct_records(by=world.eva, at=AT)
    organizations.invite(
        username="kim", full_name=KIM, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT
    )
    for user in (world.ana, world.ben, world.chi, world.dan):
        portal.block(user=user, by=world.eva, at=AT)
        portal.unblock(user=user, by=world.eva, at=AT)
    meeting = meetings.record(unit=world.cell_a, uid=UID, content=content(), by=world.ana, at=AT)
    meetings.correct(
        meeting=meeting, seen=seal(meeting), content=content(topic="Học tập"), reason="Miscounted", by=world.ana, at=AT
    )
    months = [Period.parse("2023-11"), Period.parse("2023-10")]
    portal.remind(cells=[world.cell_a, world.cell_b], months=months, by=world.chi, at=AT)
    portal.remind(cells=[world.cell_c, world.cell_d], months=months, by=world.flo, at=AT)


busy_database = enlarged("busy_database", busy)


@pytest.fixture
def world_database(busy_database: str, django_db_blocker: Any) -> Iterator[str]:
    """The world of these tests is a busy one."""
    with standing_in(busy_database, django_db_blocker):
        yield busy_database


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("person", WALKERS)
def test_no_name_from_outside_is_met_on_any_way(person: str) -> None:
    client = Client()
    client.force_login(User.objects.get(username=person))
    found = walk(client)
    if person == "chi":
        meets_what_may_be_seen(found)
    words = [row[0] for row in PEOPLE.values()] + [label for _code, label, *_rest in UNITS.values()]
    for word in words:  # what is found by words is on no page's links
        for path in (f"/find/?q={word}", f"/members/?q={word}", f"/units/?q={word}", f"/members/members.xlsx?q={word}"):
            response: Any = client.get(path)
            if response.status_code == 200:
                body = b"".join(response.streaming_content) if response.streaming else response.content
                for close in response._resource_closers:
                    close()
                text = TEXT_OF[response.headers["content-type"].split(";")[0]](body)
                found[path] = text.replace(word, "", 1) if "xlsx" not in path else text  # what was typed stands there
    met = {
        (name, path)
        for path, text in found.items()
        for name in foreign(person, path)
        if name in text.replace("&quot;", "")
    }
    assert not met
    assert len(found) > 10


def meets_what_may_be_seen(found: dict[str, str]) -> None:
    """A walk would meet a name if there were one: of a unit on a page, of a member in a workbook, of a record."""
    assert any("Đặng Thị Đào" in text for path, text in found.items() if path.endswith(".xlsx") or ".xlsx?" in path)
    assert any("Nguyễn Thị An" in text for path, text in found.items() if re.fullmatch(r"/members/\d+/", path))
    assert any("Chi bộ thôn 10 Thượng Lâm" in text for text in found.values())
    reached = {kind_of(path).split("?")[0] for path in found}
    assert {"members/<int:pk>/", "me/", "units/<int:pk>/members/", "units/<int:pk>/figures/<str:code>/"} <= reached
    assert Unit.objects.count() == len(UNITS)
