"""Who moved out of my units since stays in the list of a past day, but by code alone: no name, no way, no facts."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.members.actions import restay
from chibo.members.models import Membership, Person, Transfer, TransferKind
from chibo.members.views import PAGE
from chibo.organizations.models import Unit
from tests.members.test_lists import codes, rows
from tests.world import AT, World

THEN = "2023-09-01"  # M5 was in cell B until October and is in cell C, of another district, since


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.chi)
    return client


@action("tests.gone")
def go(*, source: Unit, target: Unit, size: int, by: Any, at: Any) -> None:
    """Many who went to another cell in December."""
    spells = []
    for n in range(size):
        name = f"Đoàn Văn Xa {n}"
        person = Person.objects.create(
            code=f"W{n:03}", full_name=name, sex="m", born_on=date(1980, 1, 1), religion="Phật giáo",
            sort_key=name_sort_key(name), search_key=search_key(name),
        )  # fmt: skip
        spells.append(Membership.objects.create(person=person, cell=source, joined_on=date(2020, 1, 1)))
        Transfer.objects.create(membership=spells[-1], to_cell=target, on=date(2023, 12, 1), kind=TransferKind.OFFICIAL)
    restay([spell.pk for spell in spells])


def test_on_the_list_of_a_past_day_who_moved_away_is_a_code(world: World, client: Client) -> None:
    page = client.get(f"/members/?on={THEN}").content.decode()
    m5 = Person.objects.get(code="M5")
    (row,) = [row for row in page.split("<tr>") if ">M5<" in row]
    assert "outside your units" in row
    assert "Chi bộ thôn 10 Thượng Lâm" in row
    for fact in ("Woman", "2015", "Official", "Probationary", f"/members/{m5.pk}/"):
        assert fact not in row
    assert "Ngô Thị Ước" not in page
    assert codes(client, "/members/", on=THEN) == ["M1", "M4", "M2", "M3", "M5"]
    assert codes(client, f"/units/{world.cell_b.pk}/members/", on=THEN) == ["M4", "M5"]
    assert codes(client, "/members/") == ["M1", "M4", "M2", "M3"]


def test_on_the_same_list_who_sees_both_districts_reads_the_name(world: World) -> None:
    client = Client()
    client.force_login(world.flo)
    page = client.get(f"/members/?on={THEN}").content.decode()
    assert "Ngô Thị Ước" in page
    assert "outside your units" not in page


@pytest.mark.parametrize(
    "asked",
    [{"q": "uoc"}, {"q": "Ngô"}, {"sex": "f"}, {"age_to": "40"}, {"standing": "probationary"}, {"exempt": "no"}],
)
def test_nothing_that_is_asked_of_a_member_finds_who_moved_away(client: Client, asked: dict[str, str]) -> None:
    assert "M5" not in codes(client, "/members/", on=THEN, **asked)


def test_who_moved_away_is_found_by_code_and_by_the_unit(world: World, client: Client) -> None:
    assert codes(client, "/members/", on=THEN, q="m5") == ["M5"]
    assert codes(client, "/members/", on=THEN, unit=world.cell_b.pk) == ["M4", "M5"]
    assert codes(client, "/members/", on=THEN, unit=world.cell_a.pk) == ["M1", "M2", "M3"]


def test_the_workbook_says_no_more_than_the_list(client: Client) -> None:
    for asked in ("", f"&which=picked&pick={Person.objects.get(code='M5').pk}"):
        *_, row = rows(client.get(f"/members/members.xlsx?on={THEN}{asked}"))
        said = [value for value in row if value is not None]
        assert said == ["M5", "B", "Chi bộ thôn 10 Thượng Lâm"]


@pytest.mark.parametrize("size", [PAGE - 5, PAGE - 4, PAGE - 3, 2 * PAGE + 7])
def test_pages_go_on_from_those_named_to_those_by_code(world: World, client: Client, size: int) -> None:
    go(source=world.cell_a, target=world.cell_c, size=size, by=None, at=AT)
    found = codes(client, "/members/", on=THEN, sort="-joined")
    assert found == ["M3", "M2", "M1", "M4", "M5", *(f"W{n:03}" for n in range(size))]
    first = html.unescape(client.get(f"/members/?on={THEN}").content.decode())
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert (following is not None) == (4 + 1 + size > PAGE)
    if following:
        assert "Đoàn" not in following[1]
        second = client.get(following[1]).content.decode()
        assert "Đoàn" not in second
        assert "W000" not in second


def test_a_past_day_costs_three_questions_more_however_many_moved_away(world: World, client: Client) -> None:
    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/members/?{query}")
        return len(captured)

    today, then = asked(""), asked(f"on={THEN}")
    go(source=world.cell_a, target=world.cell_c, size=120, by=None, at=AT)
    assert asked(f"on={THEN}") <= then == today + 3  # who they are, how many, and where my units stood
