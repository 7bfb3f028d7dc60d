"""Faults that take more than one cell to see: all named at once, none that only follows from another."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.exchange.models import Load
from tests.exchange.small import add, load_roll, put, reasons, roll, rows_of_everything, told

pytestmark = pytest.mark.django_db


def test_the_small_roll_has_no_fault(tmp_path):
    load = load_roll(roll(), tmp_path)

    assert load.faults == []
    assert load.outcome == Load.Outcome.DONE


def test_a_row_may_have_faults_of_several_kinds(tmp_path):
    of = roll()
    put(put(of, "attendance", 2, "state", "here"), "attendance", 2, "member_code", "X")
    put(put(of, "members", 5, "sex", "x"), "members", 5, "born_on", date(2020, 1, 1))
    put(put(of, "units", 7, "setting", "x"), "units", 7, "parent_code", "C1")
    put(put(of, "units", 7, "closed_on", date(1999, 1, 1)), "units", 8, "kind", "x")
    put(put(of, "posts", 5, "to", date(2023, 7, 1)), "posts", 5, "member_code", "X")
    put(put(of, "scores", 3, "c1", 6), "scores", 3, "scored_by", "self")

    assert told(load_roll(of, tmp_path)) == [
        ("attendance", 2, "member_code"), ("attendance", 2, "state"), ("members", 5, "born_on"), ("members", 5, "sex"),
        ("posts", 5, "member_code"), ("posts", 5, "to"), ("scores", 3, "c1"), ("scores", 3, "scored_by"),
        ("units", 7, "closed_on"), ("units", 7, "kind"), ("units", 7, "setting"), ("units", 8, "kind"),
    ]  # fmt: skip


def test_every_fault_of_a_file_is_named_at_once(tmp_path):
    """As many faulty cells as fit beside each other without one hiding another."""
    of = roll()
    spoiled = [
        ("units", 7, "setting", "kolkhoz"),
        ("members", 4, "sex", "x"),
        ("transfers", 2, "to_cell_code", "X"),
        ("departures", 2, "reason", "bored"),
        ("posts", 2, "member_code", "X"),
        ("posts", 4, "from", date(2023, 6, 30)),
        ("meetings", 5, "held_on", date(1960, 2, 2)),
        ("attendance", 8, "member_code", "A"),
        ("scores", 2, "c1", 6),
        ("scores", 2, "c2", -1),
        ("scores", 4, "scored_on", date(2023, 7, 1)),
        ("targets", 3, "indicator", "members.tall"),
        ("documents", 3, "implements", "X"),
    ]
    for sheet, row, column, value in spoiled:
        put(of, sheet, row, column, value)
    of["posts"][0][of["posts"][0].index("to")] = "until"
    of["parties"] = [["a"], [1]]

    load = load_roll(of, tmp_path)

    expected = {(sheet, row, column) for sheet, row, column, _value in spoiled}
    # the transfer of A is faulty: what A did after it is not told as well
    expected -= {("attendance", 8, "member_code"), ("posts", 4, "from")}
    found = set(told(load))
    assert expected <= found, sorted(expected - found)
    assert ("posts", 1, "until") in found
    assert any(f["sheet"] == "parties" for f in load.faults)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda of: of.update(extra=[["x"]]), [("extra", 0, "")]),
        (lambda of: of["units"][0].append("colour"), [("units", 1, "colour")]),
        (lambda of: of["units"][0].append("name"), [("units", 1, "name")]),
        (lambda of: [row.pop(1) for row in of["departures"]], [("departures", 1, "on")]),
        (lambda of: [row.pop(0) for row in of["attendance"]], [("attendance", 1, "meeting_code")]),
        (lambda of: of["units"][3].append("stray"), [("units", 1, "I")]),
        (lambda of: of["units"].insert(0, []), None),
    ],
)
def test_the_form_of_the_workbook_is_checked(change, expected, tmp_path):
    of = roll()
    change(of)

    load = load_roll(of, tmp_path)

    assert load.outcome == Load.Outcome.REFUSED
    if expected is not None:
        assert told(load) == expected, reasons(load)


def test_a_second_root_is_refused_beside_one_in_the_file_and_one_loaded(tmp_path):
    of = add(roll("units"), "units", code="P2", name="Another", kind="province", founded_on=date(1950, 1, 1))

    assert told(load_roll(of, tmp_path)) == [("units", 9, "parent_code")]
    assert load_roll(roll("units"), tmp_path).outcome == Load.Outcome.DONE
    assert told(load_roll(of, tmp_path)) == [("units", 9, "parent_code")]


def test_a_cycle_is_refused(tmp_path):
    of = put(roll("units"), "units", 3, "parent_code", "G")

    load = load_roll(of, tmp_path)

    assert {("units", 3, "parent_code"), ("units", 4, "parent_code")} <= set(told(load))
    assert "cycle" in reasons(load)


def test_a_unit_under_itself_is_a_cycle(tmp_path):
    load = load_roll(put(roll("units"), "units", 4, "parent_code", "G"), tmp_path)

    assert "cycle" in reasons(load)
    assert ("units", 4, "parent_code") in told(load)


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        ("central", "P"), ("province", "P"), ("district", "D"), ("district", "G"), ("grassroots_committee", "G"),
        ("grassroots_cell", "G"), ("grassroots_cell", "C1"), ("sub_committee", "D"), ("sub_committee", "P"),
        ("cell", "D"), ("cell", "P"), ("cell", "C1"), ("cell", "S"),
    ],
)  # fmt: skip
def test_a_kind_stands_only_where_it_may(kind, parent, tmp_path):
    of = add(roll("units"), "units", code="N", name="New", kind=kind, parent_code=parent, founded_on=date(2020, 1, 1))

    load = load_roll(of, tmp_path)

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("units", 9)], reasons(load)
    assert "can't stand" in reasons(load)


@pytest.mark.parametrize("kind", ["cell", "sub_committee"])
def test_a_kind_that_needs_a_parent_is_no_root(kind, tmp_path):
    of = {"units": [*roll("units")["units"][:1], ["R", "Root", kind, None, None, date(2000, 1, 1), None, None]]}

    load = load_roll(of, tmp_path)

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("units", 2)], reasons(load)


def test_a_unit_closes_before_or_with_its_parent(tmp_path):
    of = roll("units")
    put(of, "units", 4, "closed_on", date(2023, 7, 1))

    load = load_roll(of, tmp_path)  # C1 and C2 stay open, C3 closes the same day

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("units", 5), ("units", 6)], reasons(load)
    put(of, "units", 5, "closed_on", date(2023, 7, 1))
    put(of, "units", 6, "closed_on", date(2023, 7, 2))
    assert [f["row"] for f in load_roll(of, tmp_path).faults] == [6]
    put(of, "units", 6, "closed_on", date(2023, 6, 30))
    assert load_roll(of, tmp_path).faults == []


def test_a_unit_may_be_older_than_its_parent(tmp_path):
    of = put(roll("units"), "units", 5, "founded_on", date(1930, 2, 3))

    assert load_roll(of, tmp_path).faults == []


def test_a_membership_ends_with_its_cell(tmp_path):
    of = roll()
    put(of, "transfers", 4, "on", date(2023, 7, 2))  # F leaves C3 a day after it closed

    load = load_roll(of, tmp_path)

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("members", 6)], reasons(load)
    assert "outlives" in reasons(load)


def test_nobody_is_transferred_into_a_cell_that_is_closed_that_day(tmp_path):
    of = add(roll(), "transfers", member_code="E", to_cell_code="C3", on=date(2023, 7, 1), kind="temporary")

    load = load_roll(of, tmp_path)

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("transfers", 5)], reasons(load)


def test_a_transfer_on_the_day_of_leaving_is_refused_and_the_day_before_is_not(tmp_path):
    of = add(roll(), "transfers", member_code="C", to_cell_code="C1", on=date(2023, 9, 1), kind="temporary")

    assert told(load_roll(of, tmp_path)) == [("transfers", 5, "on")]
    put(of, "transfers", 5, "on", date(2023, 8, 31))
    assert load_roll(of, tmp_path).faults == []


def test_a_temporary_transfer_lets_attend_until_the_next_of_any_kind(tmp_path):
    of = add(roll(), "transfers", member_code="B", to_cell_code="S", on=date(2023, 6, 5), kind="temporary")

    assert told(load_roll(of, tmp_path)) == [("attendance", 5, "member_code")]
    put(of, "transfers", 5, "on", date(2023, 6, 6))
    assert load_roll(of, tmp_path).faults == []


def test_on_the_day_of_a_transfer_one_belongs_to_the_new_cell(tmp_path):
    of = put(roll(), "transfers", 2, "on", date(2023, 6, 5))
    assert load_roll(of, tmp_path, check=True).faults == []

    put(of, "transfers", 2, "on", date(2023, 3, 5))
    assert told(load_roll(of, tmp_path)) == [("attendance", 2, "member_code")]


def test_on_the_day_of_leaving_one_belongs_nowhere(tmp_path):
    of = put(roll(), "departures", 2, "on", date(2023, 6, 5))

    assert told(load_roll(of, tmp_path)) == [("attendance", 6, "member_code")]


def test_a_temporary_transfer_counts_for_the_committee_above(tmp_path):
    of = add(roll(), "attendance", meeting_code="M3", member_code="E", state="present")
    assert told(load_roll(of, tmp_path)) == [("attendance", 10, "member_code")]

    add(of, "transfers", member_code="E", to_cell_code="C2", on=date(2023, 3, 1), kind="temporary")
    assert load_roll(of, tmp_path).faults == []


@pytest.mark.parametrize(
    ("post", "place", "others_place", "refused"),
    [
        ("secretary", None, None, True),
        ("secretary", "here", "there", True),
        ("agency_head", None, None, True),
        ("village_head", "Thôn 1", "Thôn 1", True),
        ("village_head", None, None, True),
        ("village_head", "Thôn 1", "Thôn 2", False),
        ("residential_group_head", "Tổ 1", "Tổ 1", True),
        ("residential_group_head", "Tổ 1", "Tổ 2", False),
        ("deputy_secretary", None, None, False),
        ("committee_member", None, None, False),
    ],
)
def test_some_posts_have_one_holder_at_a_time(post, place, others_place, refused, tmp_path):
    of = {name: rows[:1] if name == "posts" else rows for name, rows in roll().items()}
    first = {"unit_code": "G", "post": post, "from": date(2020, 1, 1), "to": date(2022, 1, 1), "member_code": "B"}
    add(of, "posts", **first, place=place)
    add(of, "posts", **first | {"from": date(2021, 12, 31), "to": None, "member_code": "A"}, place=others_place)

    load = load_roll(of, tmp_path)

    assert told(load) == ([("posts", 3, "from")] if refused else []), reasons(load)


def test_posts_follow_each_other_on_one_day(tmp_path):
    of = put(roll(), "posts", 2, "to", date(2023, 1, 1))
    add(of, "posts", unit_code="C1", post="secretary", member_code="A", **{"from": date(2023, 1, 1)})

    assert load_roll(of, tmp_path).faults == []


def test_a_fault_does_not_make_others(tmp_path):
    """What refers to a faulty row is not told as well: it is not what has to be mended."""
    of = roll()
    put(of, "units", 5, "setting", "kolkhoz")  # C1: members, transfers, posts, meetings stand on it
    put(of, "members", 4, "sex", "x")  # C: left, attended
    put(of, "meetings", 7, "mode", "by phone")  # M6: attended, scored

    assert told(load_roll(of, tmp_path)) == [("meetings", 7, "mode"), ("members", 4, "sex"), ("units", 5, "setting")]


def test_a_missing_key_column_does_not_make_every_reference_a_fault(tmp_path):
    of = roll()
    of["members"] = [row[1:] for row in of["members"]]

    load = load_roll(of, tmp_path)

    assert ("members", 1, "member_code") in told(load)
    assert len(load.faults) == 1, reasons(load)


def test_a_file_only_rehearsed_is_judged_the_same_and_writes_nothing(tmp_path):
    before = rows_of_everything()

    good = load_roll(roll(), tmp_path, check=True)
    bad = load_roll(put(roll(), "units", 7, "setting", "kolkhoz"), tmp_path, check=True)

    assert (good.outcome, good.faults) == (Load.Outcome.REHEARSED, [])
    assert good.verdicts["units"] == {"new": [[2, 8]]}
    assert bad.outcome == Load.Outcome.REFUSED
    assert rows_of_everything() == before


def test_a_small_mistake_hides_no_other_fault(db, tmp_path):
    """A word that means nothing to other rows is told beside whatever else is wrong with them."""
    book = put(roll(), "units", 2, "setting", "kolkhoz")
    put(book, "scores", 2, "c1", 6)
    put(book, "scores", 2, "scored_on", date(2000, 1, 1))
    found = told(load_roll(book, tmp_path))
    assert ("units", 2, "setting") in found
    assert ("scores", 2, "c1") in found
    assert ("scores", 2, "scored_on") in found
