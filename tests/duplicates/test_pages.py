"""The pages of duplicates: pairs in scope, two records side by side, a merge, the way from the old record."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chibo.admissions.actions import list_source
from chibo.core.actions import Denied, action
from chibo.duplicates import queries
from chibo.duplicates.actions import ask, find, merge
from chibo.duplicates.models import Apart, Merge, Pair, Request
from chibo.duplicates.tasks import look
from chibo.members.models import Membership, Person
from chibo.organizations.scope import rights_of
from tests.duplicates.people import record
from tests.world import AT, TODAY


@action("tests.asked")
def ask_for(one: Person, other: Person, *, by: Any, at: datetime) -> Request:
    return Request.objects.create(first_id=one.pk, second_id=other.pk, by=by, at=at)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def both(world) -> tuple[Person, Person]:
    first = record(code="H1", cell=world.cell_a, occupation="Nông dân")
    second = record(code="H2", name="Luong Thi Hanh", cell=world.cell_b, occupation="Giáo viên")
    find(by=None, at=AT)
    return first, second


def test_an_officer_finds_the_pair_compares_and_merges_it(world, both):
    chi, (first, second) = browser(world.chi), both
    listed = chi.get(reverse("alike")).content.decode()
    assert "Lương Thị Hạnh" in listed
    assert reverse("alike_pair", args=[first.pk, second.pk]) in listed
    url = reverse("alike_pair", args=[first.pk, second.pk])
    page = chi.get(url).content.decode()
    for said in ("Nông dân", "Giáo viên", "H1", "H2", world.cell_a.name, world.cell_b.name):
        assert said in page
    asked = chi.post(url, {"act": "look"}).content.decode()
    assert "field-wrong" in asked
    name = f"spell_{Membership.objects.get(person=second).pk}"
    choices = {name: "second", "fact_occupation": "second", "reason": "Khai hai lần"}
    looked = chi.post(url, choices | {"act": "look"}).content.decode()
    assert 'value="merge"' in looked
    rows = {row: re.sub(r"<[^>]+>|\s+", " ", row).split() for row in looked.split("<tr") if "Giáo viên" in row}
    (words,) = rows.values()
    assert "Nông dân goes into the history Giáo viên stays" in " ".join(words)
    assert 'value="Khai hai lần"' in looked
    changed = chi.post(url, choices | {"act": "change"}).content.decode()
    assert "checked" in changed
    answer = chi.post(url, choices | {"act": "merge"})
    done = Merge.objects.get(gone_id=second.pk)
    assert answer.url == reverse("merge", args=[done.pk])
    first.refresh_from_db()
    assert (first.occupation, Membership.objects.get(person=first).cell) == ("Giáo viên", world.cell_b)
    assert "Khai hai lần" in chi.get(answer.url).content.decode()
    assert chi.get(reverse("member", args=[second.pk])).url == reverse("member", args=[first.pk])
    assert browser(world.dan).get(reverse("member", args=[second.pk])).status_code == 404
    assert "Lương Thị Hạnh" in chi.get(reverse("find"), {"q": "H2"}).content.decode()
    assert "H2" in chi.get(reverse("alike"), {"which": "merged"}).content.decode()
    apart = chi.post(reverse("merge", args=[done.pk]), {"reason": "Nhầm"})
    assert apart.status_code == 302
    assert Person.objects.filter(pk=second.pk).exists()
    assert "Nhầm" in chi.get(reverse("merge", args=[done.pk])).content.decode()


def test_two_people_are_kept_apart_and_can_be_doubted_again(world, both):
    chi, (first, second) = browser(world.chi), both
    url = reverse("alike_pair", args=[second.pk, first.pk])
    chi.post(url, {"act": "two"})
    assert Apart.objects.get(first_id=first.pk, second_id=second.pk).by == world.chi
    assert "Luong" not in chi.get(reverse("alike")).content.decode()
    assert "Luong" in chi.get(reverse("alike"), {"which": "apart"}).content.decode()
    chi.post(url, {"act": "again"})
    assert "Luong" in chi.get(reverse("alike")).content.decode()


def test_of_a_record_elsewhere_nothing_is_shown_and_those_above_are_asked(world):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2x", name="Luong Thi Hanh", cell=world.cell_c, occupation="Bí mật")
    find(by=None, at=AT)
    chi = browser(world.chi)
    url = reverse("alike_pair", args=[first.pk, second.pk])
    for page in (chi.get(reverse("alike")), chi.get(url), chi.get(reverse("alike_pair", args=[second.pk, first.pk]))):
        text = page.content.decode()
        assert world.province.name in text
        for hidden in ("Luong", "H2x", "Bí mật", world.cell_c.name, "accents"):
            assert hidden not in text
    with pytest.raises(Denied):
        merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    assert chi.post(url, {"act": "merge"}).status_code == 302
    assert Request.objects.get().by == world.chi
    assert Person.objects.filter(pk=second.pk).exists()
    with pytest.raises(Denied, match="Neither"):
        ask(one=first.pk, other=second.pk, by=world.ben, at=AT)
    Pair.objects.all().delete()
    assert chi.get(url).status_code == 404


def test_cells_of_before_outside_ones_units_stand_by_their_code(world):
    moves = ((date(2015, 1, 1), world.cell_a, "official"),)
    first = record(code="H1", cell=world.cell_c, transfers=moves)
    second = record(code="H2", name="Luong Thi Hanh", cell=world.cell_a, joined_on=date(2009, 1, 1))
    find(by=None, at=AT)
    page = browser(world.chi).get(reverse("alike_pair", args=[first.pk, second.pk])).content.decode()
    assert world.cell_a.name in page
    assert world.cell_c.name not in page
    assert f"joined, {world.cell_c.code}" in page


def test_requests_of_others_however_many_hide_none_of_ones_own(world, both, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 1)
    elsewhere = [record(code=f"E{n}", cell=world.cell_c, born_on=date(1950, 1, 1)) for n in range(2)]
    find(by=None, at=AT)
    for one, other in (elsewhere, both):
        ask_for(one, other, by=world.eva, at=AT)
    assert [one.pk for _request, one, _other in queries.requested(rights_of(world.chi, TODAY), TODAY)] == [both[0].pk]


def test_pages_ask_few_questions_however_much_there_is(world, both):
    chi = browser(world.chi)
    url = reverse("alike_pair", args=[both[0].pk, both[1].pk])
    for page in (reverse("alike"), reverse("alike") + "?which=merged", url):
        chi.get(page)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert chi.get(page).status_code == 200
        assert len(asked) <= 12, [each["sql"][:150] for each in asked]


@pytest.mark.parametrize(
    "query",
    ["least=9", "least=x", "which=x", "unit=x", "unit=-1", "unit=" + "9" * 30, "after=x", "unit=%00", "least=%00"],
)
def test_nonsense_in_the_list_falls_back(world, both, query):
    assert browser(world.chi).get(f"{reverse('alike')}?{query}").status_code in (200, 404)


@pytest.mark.parametrize(
    "sent", [{"act": "x"}, {"act": "merge", "fact_occupation": "x"}, {"act": "look", "reason": "\0"}]
)
def test_nonsense_sent_changes_nothing(world, both, sent):
    url = reverse("alike_pair", args=[both[0].pk, both[1].pk])
    assert browser(world.chi).post(url, sent).status_code == 200
    day = f"spell_day_{Membership.objects.get(person=both[1]).pk}"
    assert browser(world.chi).post(url, {"act": "merge", day: "x"}).status_code == 200
    assert not Merge.objects.exists()


def test_a_source_told_as_someone_else_stands_beside_the_member_once_compared(world):
    member = record(code="H1", cell=world.cell_b)
    find(by=None, at=AT)
    someone = Person(full_name=member.full_name, sex=member.sex, born_on=member.born_on)
    made = list_source(person=someone, cell=world.cell_a, on=TODAY, by=world.ana, at=AT)
    chi, url = browser(world.chi), reverse("alike_pair", args=[member.pk, made.person_id])
    waiting = chi.get(reverse("alike")).content.decode()
    assert "not compared yet" in waiting
    assert url not in waiting
    look(timestamp=0)
    page = chi.get(reverse("alike")).content.decode()
    assert "not compared yet" not in page
    assert url in page or reverse("alike_pair", args=[made.person_id, member.pk]) in page
