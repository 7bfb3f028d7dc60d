"""Units found by words, rank by rank with an index, are those found by looking at each."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Q

from chibo.core.actions import action
from chibo.core.text import label_sort_key, search_key
from chibo.organizations import words
from chibo.organizations.actions import relineage
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.scope import Scope
from chibo.portal import tree
from tests.world import AT, FOUNDED

NAMES = (
    "Chi bộ thôn 5", "Chi bộ thôn 5 Đức Thắng", "Thôn 5", "thon", "Thôn  5", " Thôn 5", "Đảng ủy xã Thôn 5", "5 thôn",
    "Chi bộ 100% Nam_Định", "Chi bộ O'Hara", "Chi bộ \\ D", "Chi bộ nguyễn", "Nguyễn Văn", "Văn nguyễn", "ng", "Ngh",
    "Đảng ủy " + "dai" * 100, "한국 지부", "Tổ\t5", "U7 Thôn",
)  # fmt: skip
CODES = ("U7", "u70", "Đ-5", "TH.5 ng", "%_'\\", "D" * 300 + "x", "thôn 5", "cuoi", "C5-thon", "nguy")
ASKED = (
    "thon 5", "thôn  5", "5", "thon", "n", "ng", "nguyen v", "v nguyen", "u7", "U", "%", "_", "'", "\\", "o'h", "d",
    "dd", "d" * 250, "dai" * 90, "100%", "chi bo", "chi", "bo chi", "한국", "to", "khong co", "nam_", "5 5", "th.5 ng",
    "a b c d e f g h i j", "uoi", "-5",
)  # fmt: skip


@action("tests.many_units")
def many_units(*, under, by, at):
    """Units of every name with every code, in turn, of kinds in turn, some of them called alike."""
    kinds = ("grassroots_committee", "cell", "sub_committee", "grassroots_cell", "cell")
    made = []
    for n in range(len(NAMES) * 3):
        name = NAMES[n % len(NAMES)]
        code = f"{CODES[n]}" if n < len(CODES) else f"{CODES[n % len(CODES)][:40]}.{n}"
        made.append(Unit(code=code, name=name, kind=kinds[n % len(kinds)], founded_on=FOUNDED))
        made[-1].sort_key, made[-1].search_key = label_sort_key(name), search_key(name)
    Unit.objects.bulk_create(made)
    ParentLink.objects.bulk_create(ParentLink(unit=unit, parent=under, from_on=date(1, 1, 1)) for unit in made)
    relineage([unit.pk for unit in made])


def by_hand(units: list[Unit], asked: str) -> list[tuple[int, str, int]]:
    """Rank, name and id of each unit that has all the words."""
    every, found = search_key(asked).split()[: tree.WORDS], []
    plain = " ".join(every)
    for unit in units:
        name, code = unit.search_key, search_key(unit.code)
        if not all(name.startswith(word) or f" {word}" in name or word in code for word in every):
            continue
        spaced = f" {name} "
        nearness = [code == plain, code.startswith(plain), name == plain, spaced.startswith(f" {plain} ")]
        nearness += [name.startswith(plain), f" {plain} " in spaced, True]
        found.append((nearness.index(True) * 2 + (unit.kind in CELLS), unit.sort_key, unit.pk))
    return sorted(found, key=lambda one: (one[0], one[1].encode(), one[2]))


@pytest.fixture
def units(world):
    many_units(under=world.upland, by=None, at=AT)
    return list(Unit.objects.order_by("pk"))


@pytest.mark.parametrize("asked", ASKED)
def test_they_are_those_found_by_looking_at_each_in_the_same_order(world, units, asked):
    everything = Scope(subtrees=(world.province.path,), units=())
    expected = by_hand(units, asked)
    for size in (1, 3, 1000):
        found = tree.found(everything, asked, "", None, size)
        assert [tree.rank_key(unit) for unit in found] == [list(each) for each in expected[:size]]
    seen, after = [], None
    while page := tree.found(everything, asked, "", after, 7):
        seen += page
        after = tree.rank_key(page[-1])
    assert [unit.pk for unit in seen] == [pk for _rank, _name, pk in expected]


def test_they_are_of_a_kind_a_scope_and_a_choice_where_these_are_given(world, units, django_assert_num_queries):
    part = Scope(subtrees=(world.upland.path,), units=(world.cell_b.path,))
    fits = [unit for unit in units if part.covers(unit)]
    assert 0 < len(fits) < len(units)
    for kind in ("cell", "district", "grassroots_committee"):
        expected = by_hand([unit for unit in fits if unit.kind == kind], "chi bo")
        found = tree.found(part, "chi bo", kind, None, 99)
        assert [unit.pk for unit in found] == [pk for _rank, _name, pk in expected]
        after = list(expected[0]) if expected else [0, "", 0]
        assert [unit.pk for unit in tree.found(part, "chi bo", kind, after, 99)] == [pk for *_, pk in expected[1:]]
    with django_assert_num_queries(1):
        found = tree.found(part, "thon", "", None, 9, Unit.objects.filter(code__contains="5"), Q(kind="cell"))
    assert found
    assert {unit.kind for unit in found} == {"cell"}
    assert tree.found(Scope(subtrees=(), units=()), "thon", "", None, 9) == []


def test_a_question_of_cells_says_of_what_kind_each_word_is():
    asked = words.with_begun(["o'n", "5"])
    assert asked == "('no''n':* | ('co''n')) & ('n5':* | ('c5'))"
    assert words.of_cells(asked) == "('No''n':* | ('Co''n')) & ('N5':* | ('C5'))"
    assert words.beginning(words.of_cells(words.with_name("f n"))) == "'Ff n':*"
