"""The list of members: every filter counted a second time in Python, orders, pages, exports."""

from __future__ import annotations

import html
import io
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.members import queries
from chibo.members import words as by_words
from chibo.members.actions import restay
from chibo.members.models import Departure, Membership, Person, Stay, Transfer
from chibo.members.queries import place_on, stays_of
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from tests.world import AT, TODAY, World
from tests.worlds import enlarged, standing_in

FAMILY = ("Nguyễn", "Trần", "Đỗ", "Lê", "Vũ")
MIDDLE = ("Văn", "Thị", "Đình", "Ngọc Ánh")
GIVEN = ("An", "Ánh", "Bình", "Đạt", "Êm", "Ước", "O'Hoà", "Y-Ban")
HOSTILE = ("=cmd|' /C calc'!A0", "<b>Đậm</b>", "+1", "-1", "@SUM(A1)", "{{ 7 }} & _x0041_", "a' | 'b\\", "\u202e")


@action("tests.enrolled")
def enrol(*, units: list[Unit], size: int, by: Any, at: Any) -> None:
    """A random roll, the same each time: with transfers, departures, exemptions, hostile names."""
    chance = random.Random(5)
    names = [*HOSTILE, *(" ".join(map(chance.choice, (FAMILY, MIDDLE, GIVEN))) for _ in range(size - len(HOSTILE)))]
    spells = []
    for n, name in enumerate(names):
        born_on = date(1940, 2, 29) + timedelta(days=chance.randrange(24_000))
        joined_on = date(2006, 1, 1) + timedelta(days=chance.randrange(6_000))
        person = Person.objects.create(
            code=f"R{n:03}" if n % 7 else f"Đ.{n}", full_name=name, sex=chance.choice("fm"), born_on=born_on,
            ethnicity=chance.choice(("Kinh", "Kinh", "Tày", "")), sort_key=name_sort_key(name),
            search_key=search_key(name),
        )  # fmt: skip
        official_on = joined_on + timedelta(days=365) if chance.random() < 0.8 else None
        exempt_from = date(2021, 5, 1) + timedelta(days=chance.randrange(900)) if chance.random() < 0.2 else None
        spell = Membership.objects.create(
            person=person, cell=chance.choice(units), joined_on=joined_on, official_on=official_on,
            exempt_from=exempt_from,
        )  # fmt: skip
        spells.append(spell)
        if chance.random() < 0.3:
            on = joined_on + timedelta(days=chance.randrange(1, 700))
            kind = chance.choice(("official", "temporary"))
            Transfer.objects.create(membership=spell, to_cell=chance.choice(units), on=on, kind=kind)
        if chance.random() < 0.2:
            on = joined_on + timedelta(days=chance.randrange(800, 1500))
            Departure.objects.create(membership=spell, on=on, reason="resigned")
    restay([spell.pk for spell in spells])


def enrol_many(world: World) -> None:
    enrol(units=[world.cell_a, world.cell_b, world.cell_c], size=160, by=None, at=AT)


rolled_database = enlarged("rolled_database", enrol_many)  # once a module: it takes as long as what is asked of it


@pytest.fixture
def world_database(
    world_database: str, request: pytest.FixtureRequest, django_db_blocker: pytest.FixtureRequest
) -> Iterator[str]:
    """The world as it is, and for those who ask for the roll with it."""
    if "roll" not in request.fixturenames:
        yield world_database
        return
    database = request.getfixturevalue("rolled_database")
    with standing_in(database, django_db_blocker):
        yield database


@pytest.fixture
def roll(world: World) -> World:
    return world


def test_counting_leaves_out_what_is_read_of_a_row_alone(roll: World) -> None:
    everyone = queries.cells_called(queries.present(Scope(subtrees=(roll.province.path,)), TODAY), None, TODAY)
    for found in (
        everyone,
        everyone.filter(membership__joined_on__gte=date(2012, 1, 1)),
        everyone.filter(membership__person__sex="f"),
        everyone.filter(membership__official_on=None),
        everyone.exclude(membership__official_on__gt=date(2015, 1, 1)),
    ):
        rows = queries.rows(found.order_by("pk"), 999)
        assert 0 < queries.counted(found) == len(rows) < 999
    plan = everyone.order_by().values("pk").explain()
    with CaptureQueriesContext(connection) as captured:
        queries.counted(everyone)
    with connection.cursor() as cursor:
        cursor.execute(f"explain {captured[0]['sql']}")
        counting = " ".join(line for (line,) in cursor.fetchall())
    assert "members_membership" in plan
    assert "members_membership" not in counting


def test_how_many_there_are_is_counted_up_to_a_thousand(roll: World, client: Client, monkeypatch: Any) -> None:
    def said(asked: str) -> str:
        page = html.unescape(client.get(f"/members/?{asked}").content.decode())
        assert "Export selected" in page
        return page

    everyone = len(codes(client, "/members/"))
    assert everyone > 50
    assert f"<strong>{everyone} members</strong>" in said("")
    assert f"Export all {everyone}<" in said("sort=age")
    assert "<strong>1 member</strong>" in said("q=M3")
    monkeypatch.setattr(queries, "COUNTED", 50)
    assert "<strong>more than 50 members</strong>" in said("")
    assert "Export all of them<" in said("")


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.chi)
    return client


def codes(client: Client, base: str, **asked: Any) -> list[str]:
    """The codes of all members listed, over all pages."""
    found: list[str] = []
    url = f"{base}?{urlencode(asked)}"
    while url:
        page = html.unescape(client.get(url).content.decode())
        found += re.findall(r"</th>\s*<td>([^<]+)</td>", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        url = following[1] if following else ""
    return found


def age(born_on: date, on: date) -> int:
    """Completed years, counted birthday by birthday."""
    years = 0
    while True:
        try:
            birthday = born_on.replace(year=born_on.year + years + 1)
        except ValueError:
            birthday = date(born_on.year + years + 1, 3, 1)
        if birthday > on:
            return years
        years += 1


def expected(asked: dict[str, str], mine: set[int]) -> set[str]:
    """The codes that fit, row by row; who is outside cells A and B today only by code, cell and day."""
    on = date.fromisoformat(asked.get("on", TODAY.isoformat()))
    found = set()
    for stay in Stay.objects.select_related("membership__person", "membership__departure").order_by("pk"):
        spell, person = stay.membership, stay.membership.person
        gone = getattr(spell, "departure", None)
        if "left" in asked:
            here = gone is not None and gone.on <= on and stay.to_on == gone.on
        else:
            here = stay.from_on <= on and (stay.to_on is None or stay.to_on > on)
        official = spell.official_on is not None and spell.official_on <= on
        exempt = spell.exempt_from is not None and spell.exempt_from <= on
        words = search_key(asked.get("q", "")).split()
        if not (here and stay.cell_id in mine):
            continue
        fits = [
            asked.get("sex") in (None, person.sex),
            {"minority": person.ethnicity not in ("", "Kinh"), "kinh": person.ethnicity == "Kinh"}.get(
                asked.get("ethnicity", ""), True
            ),
            age(person.born_on, on) >= int(asked.get("age_from", 0)),
            age(person.born_on, on) <= int(asked.get("age_to", 150)),
            spell.joined_on.isoformat() >= asked.get("joined_from", ""),
            spell.joined_on.isoformat() <= asked.get("joined_to", "9999"),
            {"official": official, "probationary": not official}.get(asked.get("standing", ""), True),
            {"yes": exempt, "no": not exempt}.get(asked.get("exempt", ""), True),
            asked.get("unit") in (None, str(stay.cell_id)),
            not words
            or all(any(part.startswith(word) for part in person.search_key.split()) for word in words)
            or search_key(person.code).startswith(search_key(asked["q"]).strip()),
        ]
        if on != TODAY and place_on(stays_of(person.pk), TODAY).cell.code not in ("A", "B"):
            by_code = search_key(person.code).startswith(search_key(asked.get("q", "")).strip())
            fits = [asked.get("unit") in (None, str(stay.cell_id)), by_code, not {*asked} - {"q", "on"}]
        if all(fits):
            found.add(person.code)
    return found


ASKED: list[dict[str, str]] = [
    {},
    {"q": "nguyen t"},
    {"q": "NGUYỄN ÁNH"},
    {"q": "r01"},
    {"q": "đ.1"},
    {"q": "o'h"},
    {"q": "a' | 'b\\"},
    {"q": "':* | 'x"},
    {"q": "anh ngoc"},
    {"q": "y-ban t"},
    {"sex": "f"},
    {"ethnicity": "minority"},
    {"ethnicity": "kinh", "sex": "m"},
    {"age_from": "40", "age_to": "60"},
    {"age_to": "29", "on": "2020-02-29"},
    {"age_from": "60", "on": "2019-02-28"},
    {"joined_from": "2010-01-01", "joined_to": "2014-06-30"},
    {"standing": "probationary"},
    {"standing": "official", "on": "2015-03-01"},
    {"exempt": "yes"},
    {"exempt": "no", "q": "tran"},
    {"left": "yes"},
    {"left": "yes", "on": "2015-01-01"},
    {"on": "2012-07-01", "tree": "now"},
    {"on": "2012-07-01", "tree": "now", "q": "r"},
    {"on": "2012-07-01", "tree": "now", "q": "nguyen"},
    {"on": "2012-07-01", "sex": "f"},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_filter_finds_what_counting_row_by_row_finds(roll: World, client: Client, asked: dict[str, str]) -> None:
    mine = {roll.cell_a.pk, roll.cell_b.pk}
    found = codes(client, "/members/", **asked)
    assert len(found) == len(set(found))
    assert set(found) == expected(asked, mine)
    of_a = codes(client, f"/units/{roll.cell_a.pk}/members/", **asked)
    assert set(of_a) == expected(asked, {roll.cell_a.pk})
    assert set(codes(client, "/members/", unit=roll.cell_b.pk, **asked)) == expected(asked, {roll.cell_b.pk})


@pytest.mark.parametrize("words", ["nguyen", "r01", "anh ngoc", "zzz"])
def test_words_that_many_names_have_are_found_as_those_of_few(
    roll: World, client: Client, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_words, "FEW", 1)
    monkeypatch.setattr(by_words, "NEAR", 0)
    assert set(codes(client, "/members/", q=words)) == expected({"q": words}, {roll.cell_a.pk, roll.cell_b.pk})


def test_the_filters_that_were_counted_find_some_and_not_all(roll: World) -> None:
    mine = {roll.cell_a.pk, roll.cell_b.pk}
    everyone = expected({}, mine)
    assert len(everyone) > 60
    for asked in ASKED[1:]:
        if "|" not in asked.get("q", ""):  # there to break the question
            found = expected(asked, mine)
            assert len(found) > 0, asked
            assert found != everyone, asked


@pytest.mark.parametrize("sort", [sign + name for name in queries.ORDERS for sign in ("", "-")])
def test_pages_follow_on_one_another_in_each_order(roll: World, client: Client, sort: str) -> None:
    found = codes(client, "/members/", sort=sort)
    people = {p.code: p for p in Person.objects.order_by("pk")}
    present = queries.present(Scope(subtrees=("",)), TODAY).select_related("membership", "cell")
    stays = {stay.membership.person_id: stay for stay in present.order_by("pk")}

    def key(code: str) -> Any:
        person = people[code]
        cell = stays[person.pk].cell
        return {
            "name": (person.sort_key, person.pk),
            "joined": (stays[person.pk].membership.joined_on, person.pk),
            "age": (-person.born_on.toordinal(), -person.pk),
            "cell": (cell.sort_key, cell.pk, person.sort_key, person.pk),
        }[sort.removeprefix("-")]

    assert len(found) == len(set(found)) > 60
    assert found == sorted(found, key=key, reverse=sort.startswith("-"))


@action("tests.joined")
def join(*, cell: Unit, name: str, by: Any, at: Any) -> None:
    person = Person.objects.create(
        code=f"N {name}", full_name=name, sex="f", born_on=date(1990, 1, 1), sort_key=name_sort_key(name),
        search_key=search_key(name),
    )  # fmt: skip
    restay([Membership.objects.create(person=person, cell=cell, joined_on=date(2020, 1, 1)).pk])


def test_who_joins_while_one_reads_moves_nobody_to_another_page(roll: World, client: Client) -> None:
    whole = codes(client, "/members/")
    first = html.unescape(client.get("/members/").content.decode())
    join(cell=roll.cell_a, name="Lê Thị A", by=None, at=AT)  # before all others
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = html.unescape(client.get(following[1]).content.decode())
    assert re.findall(r"</th>\s*<td>([^<]+)</td>", second) == whole[50:100]


def test_what_was_typed_stays_and_the_error_stands_beside_it(client: Client) -> None:
    page = client.get("/members/?age_from=60&age_to=old&joined_from=2023-02-31&q=an&unit=1").content.decode()
    assert "Write a whole number of years" in page
    assert "Write a day that there is" in page
    assert "Choose one of the list." in page  # the province is not hers
    assert 'value="old"' in page
    assert 'value="60"' in page
    assert 'value="an"' in page
    assert "less than the age" in client.get("/members/?age_from=60&age_to=50").content.decode()


def test_as_one_types_only_the_list_comes_and_the_url_says_no_more_than_was_asked(client: Client) -> None:
    answer = client.get("/members/?q=an&sex=&on=&sort=age", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert answer.headers["HX-Push-Url"] == "/members/?q=an&sort=age"
    again = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert b"<html" in client.get("/members/?q=an", headers=again).content
    assert "HX-Redirect" in client.get("/members/?age_to=x", headers={"HX-Request": "true"}).headers


def rows(response: Any) -> list[tuple[Any, ...]]:
    body = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    sheet, *_about = openpyxl.load_workbook(io.BytesIO(body)).worksheets
    assert not any(cell.data_type == "f" for row in sheet for cell in row)
    return list(sheet.iter_rows(values_only=True))


def test_the_export_holds_what_the_list_shows_and_hostile_names_as_text(roll: World, client: Client) -> None:
    head, *found = rows(client.get("/members/members.xlsx?sort=-name"))
    assert head[:2] == ("Code", "Name")
    assert [row[0] for row in found] == codes(client, "/members/", sort="-name")
    names = {row[0]: row[1] for row in found}
    exported = [name for name in HOSTILE[:6] if name.replace("_x0041_", "_x005F_x0041_") in names.values()]
    shown = set(Person.objects.filter(code__in=names).values_list("full_name", flat=True))
    assert exported == [name for name in HOSTILE[:6] if name in shown]
    assert exported
    page = client.get("/members/").content.decode() + client.get("/members/?q=<b>").content.decode()
    assert "<b>Đậm" not in page
    gone = rows(client.get("/members/members.xlsx?left=yes"))
    assert {row[16] for row in gone[1:]} == {"Left on request"}


def test_the_picked_are_exported_alone_and_only_of_my_own_units(roll: World, client: Client) -> None:
    keys = dict(Person.objects.values_list("code", "pk"))
    asked = urlencode({"which": "picked", "pick": [keys["M1"], keys["M4"], keys["M6"], "x", 10**30]}, doseq=True)
    assert {row[0] for row in rows(client.get(f"/members/members.xlsx?{asked}"))[1:]} == {"M1", "M4"}
    answer = client.get("/members/members.xlsx?which=picked&q=an")
    assert answer.url == "/members/?q=an&picked=none"
    assert "Tick the members" in client.get(answer.url).content.decode()


def test_the_list_asks_the_same_few_questions_however_many_there_are(world: World, client: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/members/?q=a&sex=f&sort=cell")
        return len(captured)

    before = asked()
    enrol(units=[world.cell_a, world.cell_b], size=120, by=None, at=AT)
    assert asked() == before <= 8
