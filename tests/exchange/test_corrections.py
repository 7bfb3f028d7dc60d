"""What a second workbook does to what is loaded: corrects it with its history, leaves the rest, never half."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.documents.models import Document
from chibo.exchange.models import Load
from chibo.meetings.models import Attendance, Meeting
from chibo.members.models import Departure, Membership, Person, Post, Stay
from chibo.organizations.models import Unit
from tests.exchange.small import ROLL, add, load_roll, put, reasons, roll, rows_of_everything, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(tmp_path, db):
    """The small roll is loaded."""
    assert load_roll(roll(), tmp_path).outcome == Load.Outcome.DONE


def only(sheet, *rows):
    """A workbook of one sheet with some rows of the small roll, by their numbers there."""
    return {sheet: [ROLL[sheet][0][:], *(ROLL[sheet][row - 1][:] for row in rows)]}


def without(of, sheet, column):
    """The same without a column."""
    at = of[sheet][0].index(column)
    of[sheet] = [row[:at] + row[at + 1 :] for row in of[sheet]]
    return of


def test_loading_the_same_again_changes_nothing(loaded, tmp_path):
    before = rows_of_everything()

    load = load_roll(roll(), tmp_path)

    assert load.outcome == Load.Outcome.DONE
    assert {name for runs in load.verdicts.values() for name in runs} == {"unchanged"}
    assert rows_of_everything() == before


def test_the_same_in_another_writing_changes_nothing(loaded, tmp_path):
    """Codes and names are compared after composition and trimming; days may be text; a formula is its stored value."""
    of = roll()
    put(of, "units", 2, "name", "  Tỉnh ủy ")
    put(of, "units", 2, "founded_on", "1950-02-12")
    put(of, "members", 2, "ethnicity", " Kinh")
    put(of, "scores", 3, "c1", 4.5000000000001)

    load = load_roll(of, tmp_path)

    assert {name for runs in load.verdicts.values() for name in runs} == {"unchanged"}


def test_a_known_record_is_corrected_and_its_history_kept(loaded, tmp_path):
    of = put(only("members", 2), "members", 2, "full_name", "Nguyễn Thị Ân")
    put(of, "members", 2, "theory", "advanced")

    load = load_roll(of, tmp_path)

    assert load.verdicts == {"members": {"changed": [[2, 2]]}}
    person = Person.objects.get(code="A")
    assert (person.full_name, person.search_key, person.theory) == ("Nguyễn Thị Ân", "nguyen thi an", "advanced")
    events = list(Person.pgh_event_models["update"].objects.filter(pgh_obj=person, pgh_label="update"))  # type: ignore[attr-defined]
    assert [event.full_name for event in events] == ["Nguyễn Thị Ân"]
    assert {event.pgh_context.metadata["action"] for event in events} == {"exchange.loaded"}


def test_an_empty_cell_corrects_to_not_known_and_an_absent_column_leaves_it(loaded, tmp_path):
    load_roll(without(only("members", 2), "members", "ethnicity"), tmp_path)
    assert Person.objects.get(code="A").ethnicity == "Kinh"

    load = load_roll(put(only("members", 2), "members", 2, "ethnicity", None), tmp_path)
    assert load.verdicts == {"members": {"changed": [[2, 2]]}}
    assert Person.objects.get(code="A").ethnicity == ""


def test_an_absent_column_still_counts_in_what_is_checked(loaded, tmp_path):
    of = put(without(only("members", 2), "members", "official_on"), "members", 2, "joined_on", date(2012, 1, 1))

    assert told(load_roll(of, tmp_path)) == [("members", 2, "joined_on")]


@pytest.mark.parametrize(("column", "value"), [("parent_code", "D"), ("parent_code", None), ("kind", "sub_committee")])
def test_a_move_is_no_correction(column, value, loaded, tmp_path):
    of = put(only("units", 5), "units", 2, column, value)

    load = load_roll(of, tmp_path)

    assert ("units", 2, column) in told(load)
    assert "act" in reasons(load)


def test_a_record_missing_from_the_file_is_left_alone(loaded, tmp_path):
    load_roll(only("units", 2), tmp_path)

    assert Unit.objects.count() == 7


def test_one_sheet_may_refer_to_what_is_loaded(loaded, tmp_path):
    of = {"attendance": [ROLL["attendance"][0], ["M1", "A", "absent"], ["M5", "B", "present"], ["M5", "E", "present"]]}

    assert told(load_roll(of, tmp_path)) == [("attendance", 4, "member_code")]
    of["attendance"].pop()
    assert load_roll(of, tmp_path).verdicts == {"attendance": {"changed": [[2, 2]], "new": [[3, 3]]}}
    assert Attendance.objects.get(meeting__code="M1", person__code="A").state == "absent"


# What is recorded already would become wrong: sheet, row of the small roll, column, value, and where it is told.
CONFLICTS = [
    ("units", 5, "closed_on", date(2023, 7, 1)),  # C1: B and F are still members, M6 is held after
    ("units", 5, "founded_on", date(2010, 1, 1)),  # B joined before
    ("units", 6, "closed_on", date(2023, 6, 5)),  # C2: A and C are there, M2 is held that day
    ("units", 4, "closed_on", date(2023, 12, 1)),  # G: its cells are open
    ("units", 8, "closed_on", date(2023, 6, 30)),  # C3: F left a day later
    ("units", 3, "closed_on", date(2024, 1, 1)),
    ("members", 2, "joined_on", date(2023, 3, 6)),  # A was at M1 the day before
    ("members", 2, "cell_code", "C2"),  # A was at M1 in C1
    ("members", 6, "joined_on", date(2023, 7, 1)),  # F is transferred that day
    ("transfers", 2, "to_cell_code", "C1"),  # A was at M2 in C2
    ("transfers", 2, "kind", "temporary"),  # fine for M2; see below
    ("transfers", 4, "kind", "temporary"),  # F stays a member of C3, which is closed
    ("departures", 2, "on", date(2023, 6, 5)),  # C was to be at M2
    ("meetings", 2, "held_on", date(2010, 5, 18)),  # before A joined
    ("meetings", 2, "held_on", date(2023, 3, 6)),  # scored the day before
    ("meetings", 2, "kind", "extraordinary"),  # scored
    ("meetings", 3, "unit_code", "S"),  # attended by members of C2
]


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value"), CONFLICTS, ids=[f"{c[0]}!{c[1]} {c[2]}" for c in CONFLICTS]
)
def test_a_correction_that_makes_what_is_recorded_impossible_is_refused(sheet, row, column, value, loaded, tmp_path):
    before = rows_of_everything()

    load = load_roll(put(only(sheet, row), sheet, 2, column, value), tmp_path)

    if (sheet, row, column, value) == ("transfers", 2, "kind", "temporary"):
        assert load.outcome == Load.Outcome.DONE, reasons(load)
        return
    assert load.outcome == Load.Outcome.REFUSED, load.verdicts
    assert {(f["sheet"], f["row"]) for f in load.faults} == {(sheet, 2)}, reasons(load)
    assert rows_of_everything() == before


def test_what_is_known_is_in_doubt_where_its_own_row_is_faulty(loaded, tmp_path):
    """C3 is to be open longer, but that row has a fault: who joins it then is not told as well."""
    of = put(put(only("units", 8), "units", 2, "closed_on", date(2024, 1, 1)), "units", 2, "founded_on", "x")
    of |= only("members")
    add(of, "members", member_code="N", full_name="N", sex="f", born_on=date(2000, 1, 1), cell_code="C3")
    put(of, "members", 2, "joined_on", date(2023, 8, 1))

    assert told(load_roll(of, tmp_path)) == [("units", 2, "founded_on")]


def test_leaving_later_than_the_cell_closed_is_refused(loaded, tmp_path):
    of = put(only("units", 6), "units", 2, "closed_on", date(2024, 1, 1))
    assert load_roll(of, tmp_path).outcome == Load.Outcome.REFUSED  # A is there
    away = {"departures": [ROLL["departures"][0], ["A", date(2023, 12, 1), "resigned"]]}
    assert load_roll(of | away, tmp_path).outcome == Load.Outcome.DONE

    load = load_roll(put(only("departures", 2), "departures", 2, "on", date(2024, 1, 2)), tmp_path)

    assert [(f["sheet"], f["row"]) for f in load.faults] == [("departures", 2)], reasons(load)


def test_a_correction_of_the_joining_reaches_figures_and_stays(loaded, tmp_path):
    load_roll(put(only("members", 5), "members", 2, "joined_on", date(2016, 1, 1)), tmp_path)

    assert Membership.objects.get(person__code="E").joined_on == date(2016, 1, 1)
    assert Stay.objects.get(membership__person__code="E").from_on == date(2016, 1, 1)


def test_a_departure_ends_the_stay_and_its_correction_moves_the_end(loaded, tmp_path):
    load_roll(put(only("departures", 2), "departures", 2, "on", date(2023, 10, 1)), tmp_path)

    assert Departure.objects.get().on == date(2023, 10, 1)
    assert Stay.objects.get(membership__person__code="C").to_on == date(2023, 10, 1)


def test_a_document_implements_the_newest_of_its_number_until_then(loaded, tmp_path):
    of = {"documents": [ROLL["documents"][0]]}
    add(of, "documents", number="1-QĐ", kind="x", issuer_code="D", issued_on=date(2023, 1, 20), title="newer")
    add(of, "documents", number="1-QĐ", kind="x", issuer_code="D", issued_on=date(2023, 3, 1), title="too new")
    add(
        of,
        "documents",
        number="9-QĐ",
        kind="x",
        issuer_code="D",
        issued_on=date(2023, 2, 1),
        title="t",
        implements="1-QĐ",
    )

    assert load_roll(of, tmp_path).faults == []
    implemented = Document.objects.get(number="9-QĐ").implements
    assert implemented is not None
    assert implemented.title == "newer"


def test_a_post_without_a_member_is_known_by_the_name(loaded, tmp_path):
    of = only("posts", 3)
    put(of, "posts", 2, "to", date(2023, 6, 1))

    assert load_roll(of, tmp_path).verdicts == {"posts": {"changed": [[2, 2]]}}
    assert Post.objects.get(holder_name="Nguyễn Văn X").to_on == date(2023, 6, 1)
    assert Post.objects.count() == 4


def test_text_that_looks_like_a_formula_stays_text(loaded, tmp_path):
    of = only("meetings", 2, 3)
    for row, topic in ((2, '=HYPERLINK("x")'), (3, "@SUM(A1)")):
        put(of, "meetings", row, "topic", topic)
    of["meetings"].append(["-1", "C1", "regular", date(2023, 4, 5), "2023-04", "+1", None, None])

    assert load_roll(of, tmp_path).faults == []
    topics = dict(Meeting.objects.values_list("code", "topic"))
    assert topics["M1"] == '=HYPERLINK("x")'
    assert (topics["M2"], topics["-1"]) == ("@SUM(A1)", "+1")


def test_numbers_in_code_columns_stand_for_their_digits(loaded, tmp_path):
    of = {"units": [ROLL["units"][0], [12, 34, "cell", "G", None, date(2020, 1, 1), None, None]]}

    load_roll(of, tmp_path)

    assert Unit.objects.get(code="12").name == "34"


def test_every_load_is_listed_with_its_file_and_verdicts(loaded, tmp_path):
    load_roll(put(roll(), "units", 2, "kind", "x"), tmp_path)
    load_roll(roll(), tmp_path, check=True)

    listed = list(Load.objects.order_by("pk"))
    assert [load.outcome for load in listed] == ["done", "refused", "rehearsed"]
    assert all(load.file_name == "roll.xlsx" and len(load.sha256) == 64 and load.size > 5000 for load in listed)
    assert listed[0].verdicts["attendance"] == {"new": [[2, 9]]}
    assert listed[1].faults[0]["column"] == "kind"


def test_large_numbers_and_long_names_are_kept(db, tmp_path):
    book = put(roll(), "targets", 2, "value", 1e17)
    for row in (2, 3):
        put(book, "posts", row, "member_code", None)
        put(book, "posts", row, "holder_name", "".join(chr(0x4E00 + (7 * n * n + row) % 20000) for n in range(500)))
        put(book, "posts", row, "place", "".join(chr(0x4E00 + (11 * n * n + row) % 20000) for n in range(500)))
    assert load_roll(book, tmp_path).outcome == "done"
