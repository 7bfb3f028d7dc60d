"""Who may be one is found: by name, day of birth, marks; of each the reason is named."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction

from chibo.duplicates import finding
from chibo.duplicates.actions import find, tell_apart
from chibo.duplicates.likeness import LIKELY, Said, compare, one_letter_apart, sound
from chibo.duplicates.models import Keyed, Pair, Stale
from chibo.duplicates.queries import probably
from chibo.files import actions as files
from chibo.files.groups import Group
from chibo.files.models import Entry
from chibo.members.models import Person
from tests.duplicates.people import BORN, change, record, remove
from tests.world import AT

HANH = "Lương Thị Hạnh"
LIKE = [  # name, day of birth, sex: why it is like Lương Thị Hạnh, born on 5 March 1984, and how strong
    (HANH, BORN, "f", ["name", "born"], 3),
    ("lương  thị hạnh", BORN, "f", ["name", "born"], 3),
    ("Luong Thi Hanh", BORN, "f", ["accents", "born"], 3),
    ("Hạnh Lương Thị", BORN, "f", ["order", "born"], 3),
    ("Nương Thị Hạnh", BORN, "f", ["sound", "born"], 2),
    ("Lương Thị Hảnh", date(1984, 5, 3), "f", ["accents", "swapped"], 2),
    ("Lương Thị Hạng", BORN, "f", ["letter", "born"], 1),
    ("Lương Hạnh", BORN, "f", ["shorter", "born"], 1),
    (HANH, date(1985, 3, 5), "f", ["name", "year"], 1),
    (HANH, date(1948, 3, 5), "f", ["name", "year"], 1),
    (HANH, date(1984, 3, 15), "f", ["name", "day"], 1),
    (HANH, BORN, "m", ["name", "born", "other_sex"], 2),
    ("Lương Thị Hoa", BORN, "f", [], 0),
    ("Lương Thị Hạng", BORN, "m", ["letter", "born", "other_sex"], 0),
    (HANH, date(1971, 3, 5), "f", [], 0),
    (HANH, date(1984, 4, 6), "f", [], 0),
]


def found_of(person: Person) -> list[tuple[str, int, list[str]]]:
    pairs = Pair.objects.filter(first_id=person.pk) | Pair.objects.filter(second_id=person.pk)
    codes = dict(Person.objects.values_list("pk", "code"))
    return sorted(
        (codes[p.second_id if p.first_id == person.pk else p.first_id], p.strength, p.reasons) for p in pairs
    )  # fmt: skip


@pytest.mark.parametrize(("name", "born_on", "sex", "reasons", "strength"), LIKE)
def test_every_likeness_has_its_reason_in_bulk_and_on_entry(world, name, born_on, sex, reasons, strength):
    first = record(code="H1", cell=world.cell_a)
    find(by=None, at=AT)
    record(code="H2", name=name, born_on=born_on, sex=sex, cell=world.cell_b)
    find(by=None, at=AT)
    expected = [("H2", strength, reasons)] if strength else []
    assert found_of(first) == expected
    assert (first.pk in probably(name, born_on, sex)) is (strength >= LIKELY)


def test_many_at_once_are_found_as_few_are(world, monkeypatch):
    people = [
        record(code=f"H{n}", name=name, born_on=born, sex=sex, cell=world.cell_a)
        for n, (name, born, sex, _reasons, _strength) in enumerate(LIKE)
    ]
    find(by=None, at=AT)
    one_by_one = [found_of(each) for each in people]
    Pair.objects.all().delete()
    Stale.objects.bulk_create(Stale(person_id=each.pk) for each in people)
    monkeypatch.setattr(finding, "FEW", 0)
    find(by=None, at=AT)
    assert [found_of(each) for each in people] == one_by_one
    assert any(one_by_one)


@pytest.mark.parametrize(
    "syllable",
    ["nghiem", "ngo", "nhung", "khanh", "thi", "chi", "tri", "ghe", "giang", "gin", "dung", "rung", "xuan", "son",
     "nam", "lam", "cuong", "quy", "phuc", "y", "kim", "o", "", "giu", "huyen"],
)  # fmt: skip
def test_the_database_hears_syllables_as_the_program_does(db, syllable):
    with connection.cursor() as cursor:
        cursor.execute("select chibo_sound(%s)", [syllable])
        assert cursor.fetchone() == (sound(syllable),)


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [("hanh", "hang", True), ("hanh", "han", True), ("hahn", "hanh", True), ("an", "ang", True), ("an", "am", False),
     ("hanh", "hoang", False), ("lan", "hanh", False), ("hanh", "hnah", True), ("o", "on", False)],
)  # fmt: skip
def test_one_letter_is_one_letter(one, other, is_so):
    assert one_letter_apart(one, other) is one_letter_apart(other, one) is is_so


def test_comparing_is_the_same_both_ways():
    said = [Said(n, " ".join(n.lower().split()), b, s) for n, b, s, _r, _s in LIKE]
    assert all(compare(a, b) == compare(b, a) for a in said for b in said)


@pytest.mark.parametrize("few", [finding.FEW, 0])
def test_a_load_asks_by_fewer_keys_and_misses_none_that_is_likely(world, monkeypatch, few):
    monkeypatch.setattr(finding, "FEW", few)
    people = [
        record(code=f"H{n}", name=name, born_on=born, sex=sex, cell=world.cell_a)
        for n, (name, born, sex, _reasons, _strength) in enumerate(LIKE)
    ]
    said = {each.pk: Said(each.full_name, each.search_key, each.born_on, each.sex) for each in people}
    likely = {(a, b) for a in said for b in said if a < b and compare(said[a], said[b]).strength >= LIKELY}
    with transaction.atomic():
        found = finding.among([each.pk for each in people])
    assert {(first, second) for first, second, _why in found} == likely
    assert len(likely) > 10


def test_a_changed_record_is_looked_at_again_and_a_deleted_one_leaves_nothing(world):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2", name="Phan Thị Mơ", cell=world.cell_b)
    find(by=None, at=AT)
    assert found_of(first) == []
    change(second, full_name=HANH)
    assert Stale.objects.filter(person_id=second.pk).exists()
    find(by=None, at=AT)
    assert found_of(first) == [("H2", 3, ["name", "born"])]
    change(second, full_name="Phan Thị Mơ")
    find(by=None, at=AT)
    assert found_of(first) == []
    third = record(code="H3")
    find(by=None, at=AT)
    assert found_of(first)
    pk = third.pk
    remove(third)
    assert found_of(first) == []
    assert not Keyed.objects.filter(pk=pk).exists()


def test_who_was_said_to_be_two_people_is_not_shown_again_until_one_changes(world):
    first, second = record(code="H1", cell=world.cell_a), record(code="H2", cell=world.cell_b)
    find(by=None, at=AT)
    tell_apart(one=second.pk, other=first.pk, by=world.chi, at=AT)
    assert Pair.objects.get(first_id=first.pk, second_id=second.pk).is_apart
    Stale.objects.create(person_id=first.pk)
    find(by=None, at=AT)
    assert Pair.objects.get(first_id=first.pk, second_id=second.pk).is_apart
    change(second, full_name="Luong Thi Hanh")
    find(by=None, at=AT)
    assert not Pair.objects.get(first_id=first.pk, second_id=second.pk).is_apart


def give_card(person: Person, number: str) -> Entry:
    return files.record(
        person=person, group=Group.PARTY, said={"card": number}, source="declared", by=None, at=AT
    )  # fmt: skip


def test_a_card_that_only_one_has_finds_people_whatever_they_are_called(world):
    first = record(code="H1", cell=world.cell_a)
    other = record(code="H2", name="Phan Văn Tám", born_on=date(1950, 1, 1), sex="m", cell=world.cell_b)
    third = record(code="H3", name="Luong Thi Hanh", cell=world.cell_c)
    fourth = record(code="H4", name="Mai Thị Nụ", cell=world.cell_c)
    give_card(first, "19.063 217"), give_card(other, "19063217"), give_card(fourth, "19063218")
    given = give_card(third, "19 063217")
    find(by=None, at=AT, is_thorough=True)
    expected = [("H2", 3, ["card"]), ("H3", 3, ["card", "accents", "born"])]
    assert found_of(first) == expected
    find(by=None, at=AT, is_thorough=True)
    assert found_of(first) == expected
    files.strike(entry=given, reason="Ghi nhầm số thẻ", by=None, at=AT)
    find(by=None, at=AT, is_thorough=True)
    assert found_of(first) == [("H2", 3, ["card"]), ("H3", 3, ["accents", "born"])]
