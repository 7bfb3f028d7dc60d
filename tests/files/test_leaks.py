"""What stands in a sensitive group shows nowhere but on the member's own pages, and to who opened it with a reason.

Marks are planted in everything such an entry holds. Then everyone asks every page, file and form there is, also those
that are added later: the URLs come from the program, the table of permissions and the links of the pages themselves.
"""

from __future__ import annotations

import html
import io
import logging
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve

from chibo.accounts.models import User
from chibo.core.periods import Period
from chibo.files import actions
from chibo.files.groups import SENSITIVE, SPECS, Days
from chibo.files.models import Entry, Opening
from chibo.members.models import Person
from chibo.reports.actions import make_snapshot
from chibo.reports.models import Snapshot
from tests.files.conftest import keep_files
from tests.permission_api import PATTERNS as API_PATTERNS
from tests.permission_patterns import PATTERNS
from tests.permission_table import PEOPLE, number, patterns
from tests.reports.opening import pdf_texts
from tests.world import AT, World
from tests.world import PEOPLE as WORLD_PEOPLE
from tests.worlds import enlarged, standing_in

MARK = re.compile(r"zqv(m\d)x\w+")
MARKED = tuple(WORLD_PEOPLE)
ASKED = ("M1", "M6", *(code for code in MARKED if code not in ("M1", "M6")))  # the first: of the north, of the south
SENT: list[dict[str, Any]] = [
    {},
    {
        **dict.fromkeys(("reason", "said_name", "said_card", "on", "from_on", "month", "period", "q", "who"), "\0zqv"),
        **dict.fromkeys(("open", "save"), "1"),
        **dict.fromkeys(("act", "step"), "do"),
        "form": "json",
        "value": "x" * 600,
        "source": "none",
        "seen": "9" * 30,
    },
]
KEPT_OUT = ("accounts/logout/", "i18n/setlang/", "me/file/copy/")  # signs out; leads back; asked for below
FEW, MANY = 1, 2


def mark(code: str, *what: object) -> str:
    """A word that stands nowhere else: whose it is, and of what."""
    return f"zqv{code.lower()}x" + "".join(re.sub(r"\W", "", str(each).replace("_", "")) for each in what)


def plant(world: World) -> None:
    """Every field of every sensitive group of some people says a word of its own, before and after a correction too."""
    keep_files(world)
    for code in MARKED:
        person = Person.objects.get(code=code)
        for group in sorted(SENSITIVE):
            spec = SPECS[group]
            days = {} if spec.days == Days.NONE else {"from_on": date(2019, 4, 3)}
            for n in range(2):
                entry = actions.record(
                    person=person, group=group, said={f.name: mark(code, group, n, f.name) for f in spec.fields},
                    source="document", paper=mark(code, group, n, "paper"), paper_on=date(2019, 4, 3), by=None, at=AT,
                    **days,
                )  # fmt: skip
            actions.strike(entry=entry, reason=mark(code, group, "struck"), by=None, at=AT)
            entry = Entry.objects.get(person=person, group=group, struck_because="")
            said = {f.name: mark(code, group, "new", f.name) for f in spec.fields}
            actions.correct(
                entry=entry, said=said, source="form", paper=mark(code, group, "form"), by=None, at=AT, **days
            )  # fmt: skip
            if spec.days == Days.SPAN:
                actions.end(entry=entry, on=date(2023, 4, 3), paper=mark(code, group, "end"), by=None, at=AT)
    make_snapshot(kind="annual", unit=world.north, period=Period.parse("2023"), by=world.flo, at=AT)


planted_database = enlarged("planted_database", plant)  # once a module: it takes longer than a short walk


@pytest.fixture
def world_database(planted_database: str, django_db_blocker: Any) -> Iterator[str]:
    """The world of these tests has the marks in it, and Hoa keeps its files; what a walk leaves is rolled back."""
    with standing_in(planted_database, django_db_blocker):
        yield planted_database


@pytest.fixture
def keeper(world: World) -> User:
    """Hoa, who keeps the members' files of the north."""
    return world.hoa


@pytest.fixture
def planted(world: World) -> dict[str, Entry]:
    """The entries that stand, by code and group."""
    standing = Entry.objects.filter(group__in=SENSITIVE, struck_because="").select_related("person").order_by("pk")
    return {f"{entry.person.code} {entry.group}": entry for entry in standing}


def told(response: Any) -> str:
    """Everything an answer says, whatever its form; its heads too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.get("Content-Type", "")
    if body.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(io.BytesIO(body))
        text = "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    elif "pdf" in kind:
        text = pdf_texts(body)
    else:
        text = body.decode(errors="replace")
    heads = " ".join(f"{name}: {value}" for name, value in response.items())
    return html.unescape(f"{heads}\n{text}").lower()


@cache
def route_of(path: str) -> str | None:
    """The pattern that a path belongs to; that of the desk is empty."""
    try:
        return str(resolve(path).route)
    except Resolver404:
        return None


def newest_opening() -> int:
    """The key of the last opening there is; asked after every answer, so in the fewest steps."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from files_opening")
        return int(cursor.fetchone()[0])


class Walker:
    """Someone who asks for everything and notes what was said that should not have been."""

    def __init__(self, world: Any, name: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.user = getattr(world, name, None)
        self.own = ""
        if self.user is not None:
            self.client.force_login(self.user)
            self.own = Person.objects.filter(user=self.user).values_list("code", flat=True).first() or ""
        self.newest = newest_opening()
        self.leaks: list[str] = []
        self.seen: set[str] = set()
        self.times: Counter[str] = Counter()  # of seeds by their kind
        self.linked: Counter[str] = Counter()

    def ask(self, url: str, data: dict[str, Any] | None = None) -> str:
        """One answer; a mark in it is a leak unless it is one's own, or was opened by this very request."""
        response = self.client.get(url) if data is None else self.client.post(url, data)
        text = told(response)
        whose = {found.upper() for found in MARK.findall(text)}
        before, self.newest = self.newest, newest_opening()
        rows = Opening.objects.filter(pk__gt=before, by=self.user) if self.newest > before else Opening.objects.none()
        opened = set(rows.values_list("person__code", flat=True))
        own = {self.own} if url.startswith("/me/file/") else set()
        if whose - own - opened or response.status_code >= 500:
            self.leaks.append(f"{'GET' if data is None else 'POST'} {url} {data}: {response.status_code}, {whose}")
        return text

    def walk(self, seeds: list[str]) -> None:
        """Ask for the seeds, then for what their pages lead to, some of each kind; send nonsense to one of each."""
        links = deque(link for url in seeds for link in self._look(url, self.times, MANY))
        while links:
            links.extend(self._look(links.popleft(), self.linked, FEW))

    def _look(self, url: str, times: Counter[str], most: int) -> list[str]:
        """Ask for a page unless enough of its kind were asked for; what it leads to."""
        if url in self.seen:
            return []
        self.seen.add(url)
        path = url.split("?")[0]
        route = route_of(path)
        if route is None or times[route] >= most or route in KEPT_OUT:
            return []
        times[route] += 1
        is_first = self.times[route] + self.linked[route] == 1
        text = self.ask(url)
        if is_first:
            self.ask(f"{path}?q=zqv&pick=zqv")
        if is_first or "file/" in route:
            for sent in SENT:
                self.ask(path, sent)
        return re.findall(r'(?:href|action)="(/[^"#]*)', text)


def seeds_of(world: Any, entries: dict[str, Entry]) -> list[str]:
    """URLs of every kind there is, of the marked people and of the north."""
    people = {code: number(world, code) for code in ASKED}
    kinds = [(group, code) for group in sorted(SENSITIVE) for code in ASKED]
    found = [f"/members/{people[code]}/file/{group}/" for group, code in kinds]
    for act in ("correct", "end", "strike"):
        found += [
            f"/members/{people[code]}/file/entries/{entries[f'{code} {group}'].pk}/{act}/" for group, code in kinds
        ]
    for route, urls in (PATTERNS | API_PATTERNS).items():
        for url in urls:
            for name in () if "{}" in url else ("done", "refused", "moved", "chi", "charge", "none", "huge", "region"):
                url = url.replace(f"/{name}/", f"/{number(world, name)}/")
            if route.startswith("reports/"):
                url = url.replace("{}", Snapshot.objects.get().code)
            for code in ASKED if "members/" in route else ("M1",):
                found.append(re.sub(r"/M\d/", f"/{number(world, code)}/", url).replace("{}", str(world.cell_a.pk)))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_file_search_or_error_tells_what_is_sensitive(world, planted, caplog, name):
    caplog.set_level(logging.DEBUG)
    walker = Walker(world, name)
    walker.walk(seeds_of(world, planted))
    assert not walker.leaks
    routes = set(patterns())
    assert {*walker.times, *walker.linked} >= {route for route in routes if route not in KEPT_OUT} - {
        "accounts/login/"
    }, "a URL that was not asked"
    assert not MARK.search(caplog.text)


def test_the_walk_finds_a_leak_that_is_there(world, planted, monkeypatch):
    everything = "chibo.portal.timeline.entries_of_file"
    monkeypatch.setattr(everything, lambda person: Entry.objects.filter(person=person).order_by("pk"))
    chi = Walker(world, "chi")
    chi.walk(["/", *(f"/members/{number(world, code)}/" for code in ("M1", "M3"))])
    assert {leak.split(":")[0] for leak in chi.leaks} >= {f"GET /members/{number(world, 'M3')}/ None"}


def test_the_keeper_reads_by_opening_only_and_each_opening_is_a_row(world, planted, keeper, caplog):
    caplog.set_level(logging.DEBUG)
    walker = Walker(world, "hoa")
    shown = 0
    for code in ("M1", "M2", "M3", "M4"):  # of the north
        pk = number(world, code)
        for group in sorted(SENSITIVE):
            entry = planted[f"{code} {group}"]
            base = f"/members/{pk}/file/{group}/"
            urls = [base, *(f"/members/{pk}/file/entries/{entry.pk}/{act}/" for act in ("correct", "strike"))]
            for url in urls:
                before = Opening.objects.count()
                assert not MARK.search(walker.ask(url))
                for sent in ({"open": "1"}, {"open": "1", "reason": " "}, {"open": "1", "reason": "a\0bcdef"}):
                    assert not MARK.search(walker.ask(url, sent))
                assert not MARK.search(walker.ask(f"{url}?open=1&reason=Opened+by+a+link"))
                if url != base:
                    assert not MARK.search(walker.ask(url, {"save": "1", "source": "none", "reason": ""}))
                assert Opening.objects.count() == before
                text = walker.ask(url, {"open": "1", "reason": "Xác minh lý lịch"})
                assert {found.upper() for found in MARK.findall(text)} == {code}
                assert Opening.objects.count() == before + 1
                shown += 1
            new = walker.ask(f"{base}new/") + walker.ask(f"{base}new/", {"save": "1", "from_on": "x"})
            assert not MARK.search(new)
    for code in ("M6", "M8"):  # of the south
        for group in sorted(SENSITIVE):
            walker.ask(f"/members/{number(world, code)}/file/{group}/", {"open": "1", "reason": "Xác minh lý lịch"})
    rows = Opening.objects.all()
    assert rows.count() == shown
    assert {(row.by, row.reason) for row in rows} == {(keeper, "Xác minh lý lịch")}
    assert not walker.leaks
    assert not MARK.search(caplog.text)


def test_what_is_sensitive_stands_in_two_tables_and_in_no_session(world, planted, keeper):
    walker = Walker(world, "hoa")
    for group in sorted(SENSITIVE):
        walker.ask(f"/members/{number(world, 'M3')}/file/{group}/", {"open": "1", "reason": "Xác minh lý lịch"})
    ben = Walker(world, "ben")
    ben.ask("/me/file/copy/", {"form": "pdf"})
    assert MARK.search(ben.ask("/me/file/copy/", {"form": "json"}))
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select exists(select from "{table}" t where t::text ~ %s)', [MARK.pattern])
            if cursor.fetchone()[0]:
                holding.add(table)
    assert holding == {"files_entry", "files_entryevent"}
    assert not any(MARK.search(str(session.get_decoded())) for session in Session.objects.all())
    assert not walker.leaks + ben.leaks


def test_members_see_all_of_their_own_and_nothing_of_others(world, planted):
    ben = Walker(world, "ben")
    page = ben.ask("/me/file/")
    for group in SENSITIVE:
        for field in SPECS[group].fields:
            assert mark("M2", group, "new", field.name) in page
            assert mark("M2", group, 0, field.name) in page  # what it said before
    assert {found.upper() for found in MARK.findall(page)} == {"M2"}
    assert not Opening.objects.exists()
    eva = Walker(world, "eva")
    assert not MARK.search(eva.ask("/me/file/"))
    assert not ben.leaks + eva.leaks
