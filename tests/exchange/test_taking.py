"""Cells are taken while the file is read: what is told, and of which cell, is as if it had been read whole before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from chibo.exchange import loading, taking
from chibo.exchange.models import Load
from chibo.exchange.reading import RawSheet, Unreadable
from tests.exchange.small import AT, load_roll, put, roll

pytestmark = pytest.mark.django_db
HEAD = ["member_code", "full_name", "sex", "born_on", None, "cell_code", "joined_on", "shoe_size"]
GOOD = ["A", "Nguyễn Thị An", "f", date(1980, 1, 1), None, "C1", date(2010, 5, 19)]


def take(*pieces: Any, pause_at: int | None = None) -> loading.Loading:
    found = loading.Loading(pause_at=pause_at)
    taking.take(found, pieces, lambda count: None)
    return found


def test_a_column_without_a_name_is_told_in_its_place_whatever_piece_has_something_in_it():
    bad = [*GOOD[:2], "woman", *GOOD[3:]]
    found = take(RawSheet("members", list(HEAD)), [list(bad)], [["B", *GOOD[1:4], "x", *GOOD[5:]]])
    told = [(fault.row, fault.value) for fault in found.faults]
    assert told == [(1, "E"), (1, "shoe_size"), (2, "woman")]
    found = take(RawSheet("members", list(HEAD)), [list(GOOD)], [["B", *GOOD[1:]]])
    assert [(fault.row, fault.value) for fault in found.faults] == [(1, "shoe_size")]


def test_a_key_given_twice_is_told_at_the_later_row_also_in_another_piece():
    found = take(RawSheet("members", HEAD[:7]), [[], list(GOOD)], [["B", *GOOD[1:]], list(GOOD)])
    assert [(fault.row, fault.column) for fault in found.faults] == [(5, "member_code")]
    assert "3" in found.faults[0].reason


def test_a_number_is_not_taken_for_a_truth_value_that_is_equal():
    rows: list[list[Any]] = [[*GOOD, each] for each in (1.0, True, 1.0, "1", False, 0.0)]
    for n, row in enumerate(rows):
        row[0] = f"A{n}"
    found = take(RawSheet("members", [*HEAD[:4], "ethnicity", *HEAD[5:7], "theory"]), rows)
    assert [fault.row for fault in found.faults] == [3, 6]
    assert [row.values["theory"] for row in found.rows["members"]] == ["1", "", "1", "1", "", "0"]


def test_cells_are_let_go_only_where_their_values_show_the_same():
    rows = [list(GOOD), ["B ", *GOOD[1:]], ["C", *GOOD[1:3], "1980-01-01", *GOOD[4:]]]
    found = take(RawSheet("members", HEAD[:7]), rows)
    assert [row.cells is None for row in found.rows["members"]] == [True, False, True]


@pytest.mark.parametrize(
    ("given", "shown"),
    [(date(1999, 1, 1), "1999-01-01"), ("1999-01-01T00:00", "1999-01-01T00:00"), (" 1999-01-01 ", " 1999-01-01 ")],
)
def test_a_fault_found_late_shows_the_cell_as_it_stands(tmp_path, given, shown):
    of = roll()
    put(of, "members", 2, "official_on", given)
    found = [(fault["row"], fault["column"], fault["value"]) for fault in load_roll(of, tmp_path).faults]
    assert found == [(2, "official_on", shown)]


def breaking_off(*pieces: Any) -> Iterator[Any]:
    yield from pieces
    raise Unreadable("broken off")


@pytest.mark.parametrize("pause_at", [None, 1])
def test_a_file_that_breaks_off_has_no_other_fault(monkeypatch, tmp_path, pause_at):
    bad = [["A", "", "woman", "never", None, "C1", None], ["B", "", "woman", "never", None, "C1", None]]
    monkeypatch.setattr(loading, "stream", lambda path: breaking_off(RawSheet("members", HEAD[:7]), bad, bad))
    path = tmp_path / "roll.xlsx"
    path.write_bytes(b"x")
    done = loading.load(path=path, file_name="roll.xlsx", by=None, at=AT, pause_at=pause_at)
    assert done.outcome == Load.Outcome.REFUSED
    assert [fault["reason"] for fault in done.faults] == ["broken off"]
    assert done.verdicts == {}
