"""People found by words: the same ones in the same order, whichever way they are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.committees import forms
from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key, sort_keys_from_to
from chibo.members import queries, views, words
from chibo.members.actions import restay
from chibo.members.models import Membership, Person
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.portal import finding
from tests.members.test_lists import codes, enrol
from tests.world import AT, TODAY, World
from tests.worlds import enlarged, standing_in

NEVER, ALWAYS = -1, 10**9
WAYS: dict[str, dict[str, float]] = {
    "among few": {},
    "by the index": {"NEAR": NEVER, "RARE": ALWAYS},
    "by the index, too many": {"NEAR": NEVER, "RARE": ALWAYS, "FEW": 1},
    "along the names": {"NEAR": NEVER, "RARE": NEVER, "EVERYWHERE": NEVER},
    "between two names": {"NEAR": NEVER, "RARE": NEVER, "EVERYWHERE": ALWAYS, "MANY": ALWAYS},
    "each name read by itself": {"NEAR": NEVER, "RARE": ALWAYS, "ENTRY": ALWAYS},
    "codes of many": {"NEAR": NEVER, "RARE": NEVER, "FEW": 1},
}
ASKED = (
    "nguyen", "Ngu", "nguyễn v", "v nguyen", "VĂN an nguyễn", "an an", "anh ngoc", "n", "zzz", "y-b", "o'h", "r", "r01",
    "đ.1", "Đ", "le r", "a' | 'b\\", "%", "_", "van dat binh", "\u202e", "{{ 7",
    "an nguyen van thi le tran do vu hoa", "x" * 400, "x" * 401, "y" * 9, "a\tb", " ",
)  # fmt: skip


LONG = " ".join(("x" * 395, "y" * 30))  # of its second word the index has the first four letters


@action("tests.renamed")
def rename(*, person: Person, name: str, by: Any, at: Any) -> None:
    person.full_name = name
    person.save()


def enrol_many(world: World) -> None:
    enrol(units=[world.cell_a, world.cell_b, world.cell_c], size=160, by=None, at=AT)
    rename(person=Person.objects.get(code="M1"), name=LONG, by=None, at=AT)


enrolled_database = enlarged("enrolled_database", enrol_many)


@pytest.fixture
def world_database(enrolled_database: str, django_db_blocker: Any) -> Iterator[str]:
    with standing_in(enrolled_database, django_db_blocker):
        yield enrolled_database


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in WAYS[request.param].items():
        monkeypatch.setattr(words, name, value)
    return str(request.param)


def scopes(world: World) -> dict[str, Scope]:
    return {
        "the north": Scope(subtrees=(world.north.path,)),
        "cells A and C": Scope(units=(world.cell_a.path, world.cell_c.path)),
        "everything": Scope(subtrees=(world.province.path,)),
        "nothing": Scope(),
    }


def expected(scope: Scope, asked: str) -> list[str]:
    """The codes of those in scope with the words, one by one, in the order of names."""
    plain = search_key(asked).strip()
    found = []
    for stay in queries.present(scope, TODAY).select_related("membership__person"):
        person = stay.membership.person
        parts = person.search_key[:400].split(" ")
        has_all = all(any(part.startswith(word) for part in parts) for word in plain.split()[:8])
        if has_all or search_key(person.code).startswith(plain):
            found.append((person.sort_key, person.pk, person.code))
    return [code for *_key, code in sorted(found)]


def test_every_way_finds_the_same_people_in_the_same_order_page_by_page(world: World, way: str) -> None:
    for asked, (name, scope) in product(ASKED, scopes(world).items()):
        found = words.found_by(queries.present(scope, TODAY), asked).stays
        found = queries.cells_called(found, None, TODAY)
        for sort in ("name", "-name"):
            seen: list[queries.Row] = []
            ordered = queries.in_order(found, sort)
            while page := queries.rows(ordered, 17):
                assert page == queries.rows(queries.first_of(ordered, 17), 17)
                seen += page
                ordered = queries.in_order(found, sort, queries.key_of(seen[-1], sort))
            in_order = expected(scope, asked)
            assert [row.code for row in seen] == (in_order if sort == "name" else in_order[::-1]), (asked, name)
        assert queries.counted(found) == len(seen)


def test_what_is_asked_finds_some_and_not_all(world: World) -> None:
    scope = scopes(world)["everything"]
    found = [len(expected(scope, asked)) for asked in ASKED]
    assert sum(0 < many < len(expected(scope, "")) for many in found) > 14


def test_what_is_common_and_what_stands_before_the_given_name_is_known_from_statistics(world: World) -> None:
    asked = ["ngu", "anh", "zzz"]
    with connection.cursor() as cursor:
        cursor.execute("analyze members_person")
    guess = words._guessed(asked)
    assert guess.by_index[0] == "zzz"
    assert guess.people < 1
    everyone = list(Person.objects.values_list("search_key", flat=True))
    for word, place in (("ngu", slice(None)), ("anh", slice(None)), ("van", slice(-1))):
        guess = words._guessed([word])
        has = [any(part.startswith(word) for part in name.split(" ")) for name in everyone]
        before = [any(part.startswith(word) for part in name.split(" ")[:-1]) for name in everyone]
        assert abs(guess.share - sum(has) / len(has)) < 0.05, place
        assert abs(guess.share_before - sum(before) / len(before)) < 0.1
        assert abs(guess.people - sum(has)) < 10


def test_without_statistics_every_word_is_taken_for_rare(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "SHARES", words.SHARES.replace("'person_begun_words'", "'no_statistics'"))
    assert words._guessed(["nguyen"]).people <= words.RARE


def test_sort_keys_of_given_names_lie_between_those_of_what_they_begin_with(world: World) -> None:
    names = ["An", "Ân", "Ánh", "Đạt", "Dũng", "Ước", "Ửng", "Y-Ban", "O'Hoà", "Ê", "Zoe", "An 2", "Wú"]
    for name in names:
        plain = search_key(name).split()[0]
        for length in range(1, len(plain) + 1):
            first, last = sort_keys_from_to(plain[:length])
            assert first <= name_sort_key(f"Trần {name.split()[0]}") <= last


def test_many_are_counted_only_where_it_takes_no_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(world.chi)
    monkeypatch.setattr(views, "PAGE", 10)
    whole = len(codes(client, "/members/", q="n"))
    assert whole > 10
    for name, value in (WAYS["along the names"] | {"READ": NEVER}).items():
        monkeypatch.setattr(words, name, value)
    first = client.get("/members/?q=n").content.decode()
    assert "<strong>more than 10 members</strong>" in first
    assert "Export all of them<" in first
    assert len(codes(client, "/members/", q="n")) == whole  # the pages after it are there all the same
    few = len(codes(client, "/members/", q="van an"))
    assert f"<strong>{few} members</strong>" in client.get("/members/?q=van+an").content.decode()  # they are all shown


def test_the_questions_are_as_few_along_the_names(world: World, way: str) -> None:
    client = Client()
    client.force_login(world.chi)
    list_of_cell = f"/units/{world.upland.pk}/members/?q=nguyen&unit={world.cell_a.pk}"
    for page in (list_of_cell, "/find/?q=nguyen+v", "/find/?q=nguyen", "/find/?q=n"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        assert len(captured) <= 12


@pytest.mark.parametrize("asked", ["an", "binh", "nguyen", "van a"])
def test_anything_is_found_among_very_many_the_given_name_first(
    world: World, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS["along the names"].items():
        monkeypatch.setattr(words, name, value)
    client = Client()
    client.force_login(world.chi)
    scope = scopes(world)["the north"]
    people = {p.code: p for p in Person.objects.filter(code__in=expected(scope, asked))}
    order = [people[code] for code in expected(scope, asked)]
    if " " not in asked:
        order.sort(key=lambda person: not person.search_key.split(" ")[-1].startswith(asked))
    page = client.get("/find/", {"q": asked}).content.decode()
    at = [page.index(f'href="/members/{person.pk}/"') for person in order[:8]]
    assert len(at) > 2
    assert at == sorted(at)


def test_of_very_many_who_may_hold_a_post_those_of_the_unit_itself_come_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS["along the names"].items():
        monkeypatch.setattr(words, name, value)
    monkeypatch.setattr(forms, "FOUND", 12)
    scope, own = scopes(world)["the north"], Scope(units=(world.cell_b.path,))
    form = forms.HolderForm({"who": "n"}, scope, TODAY, near=world.cell_b)
    first, others = expected(own, "n")[:12], expected(scope, "n")
    in_order = [*first, *(code for code in others if code not in first)][:12]
    assert [person.code for person in form.people] == in_order
    assert 1 < len(expected(own, "n")) < len(others) > 12


@action("tests.called_alike")
def call_alike(*, cell: Unit, by: Any, at: Any) -> None:
    """Twenty with a word in the middle of their name, and one whose given name it is."""
    spells = []
    for n, name in enumerate(["Nguyễn Đức Dũng"] * 20 + ["Nguyễn Văn Đức"]):
        person = Person.objects.create(code=f"ALIKE-{n:02}", full_name=name, sex="m", born_on=date(1980, 1, 1))
        spells.append(Membership.objects.create(person=person, cell=cell, joined_on=date(2010, 1, 1)))
    restay([spell.pk for spell in spells])


@pytest.mark.parametrize("asked", ["đức", "duc", "du"])
def test_who_is_given_the_name_comes_before_those_with_it_in_the_middle(
    world: World, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_alike(cell=world.cell_a, by=None, at=AT)
    monkeypatch.setattr(words, "NEAR", NEVER)
    monkeypatch.setattr(words, "RARE", NEVER)
    everything = scopes(world)["everything"]
    given = {"du": "Dũng"}.get(asked, "Đức")
    found = [stay.membership.person for stay in finding._members(everything, asked, TODAY)]
    assert len(found) == finding.MOST
    assert found[0].full_name.endswith(given)
    if given == "Đức":  # none of the others is given it, so that they follow in the order of names
        given_so = [person for person in found if person.search_key.endswith("duc")]
        assert found[: len(given_so)] == given_so
        assert "ALIKE-20" in {person.code for person in given_so}


@pytest.mark.parametrize("word", ["ngh", "nghieng", "nghiengx", "abcdefgh", "abcdefghi"])
def test_words_longer_than_their_beginnings_are_found_by_the_index_as_others(world: World, word: str) -> None:
    named = {"Lê Nghiêng": "1", "Nghiêngx Lê": "2", "Abcdefghi": "3", "Lê Abcdefgh An": "4", "Abcdefgx": "5"}
    for name, code in named.items():
        rename(person=Person.objects.get(code=f"R00{code}"), name=name, by=None, at=AT)
    begun = {name for name in named if any(part.startswith(word) for part in search_key(name).split(" "))}
    found = Person.objects.filter(words._indexed("", [word])).order_by("pk")
    assert {person.full_name for person in found} & set(named) == begun
