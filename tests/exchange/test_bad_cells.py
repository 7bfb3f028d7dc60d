"""One cell spoiled at a time: the fault is named there, and nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chibo.exchange.models import Load
from tests.exchange.small import Formula, load_roll, put, reasons, roll, rows_of_everything

pytestmark = pytest.mark.django_db

# One cell spoiled: sheet, row, column, what it is given, what is said of it. The fault is in that cell, and no other.
CELLS = [
    # a required value missing
    ("units", 8, "code", None, "required"),
    ("units", 7, "name", "  ", "required"),
    ("members", 5, "full_name", None, "required"),
    ("members", 5, "sex", None, "required"),
    ("members", 5, "born_on", None, "required"),
    ("members", 5, "cell_code", "", "required"),
    ("members", 5, "joined_on", None, "required"),
    ("transfers", 2, "kind", None, "required"),
    ("departures", 2, "reason", None, "required"),
    ("departures", 2, "on", None, "required"),
    ("posts", 2, "unit_code", None, "required"),
    ("posts", 3, "holder_name", None, "no member"),
    ("meetings", 5, "period", None, "required"),
    ("attendance", 2, "state", None, "required"),
    ("scores", 2, "c8", None, "required"),
    ("targets", 2, "value", None, "required"),
    ("documents", 2, "title", None, "required"),
    # days
    ("members", 5, "born_on", "1985-02-30", "no such day"),
    ("members", 5, "born_on", "2023-02-29", "no such day"),
    ("members", 5, "born_on", "yesterday", "not a day"),
    ("members", 5, "born_on", "01/02/1985", "not a day"),
    ("members", 5, "born_on", "19850102", "not a day"),
    ("members", 5, "born_on", 31048, "not a day"),
    ("members", 5, "born_on", True, "not a day"),
    ("members", 5, "born_on", datetime(1985, 1, 1, 13, 30, tzinfo=UTC), "time of day"),
    ("members", 5, "born_on", b"0.5", "not a day"),
    ("members", 5, "born_on", Formula("=1/0", "#DIV/0!"), "not a day"),
    ("members", 5, "official_on", Formula("=A1", "#REF!"), "not a day"),
    ("meetings", 5, "period", "2023-13", "period"),
    ("meetings", 5, "period", "2023-Q1", "month"),
    ("meetings", 5, "period", "2023", "month"),
    ("meetings", 5, "period", date(2023, 4, 1), "text"),
    ("targets", 2, "period", "2023-Q5", "period"),
    ("targets", 2, "period", "23", "period"),
    # words
    ("units", 7, "setting", "kolkhoz", "not one of"),
    ("units", 7, "kind", "kolkhoz", "not one of"),
    ("members", 5, "sex", "F", "not one of"),
    ("members", 5, "sex", 1, "not one of"),
    ("transfers", 2, "kind", "final", "not one of"),
    ("departures", 2, "reason", "bored", "not one of"),
    ("posts", 5, "post", "king", "not one of"),
    ("meetings", 5, "kind", "party", "not one of"),
    ("meetings", 5, "mode", "by phone", "not one of"),
    ("attendance", 2, "state", "Present", "not one of"),
    ("scores", 2, "scored_by", "nobody", "not one of"),
    ("targets", 2, "comparator", "=>", "not one of"),
    ("targets", 2, "comparator", "≥", "not one of"),
    # numbers
    ("scores", 2, "c1", "five", "not a number"),
    ("scores", 2, "c1", "5", "not a number"),
    ("scores", 2, "c1", True, "not a number"),
    ("scores", 2, "c1", date(2023, 1, 1), "not a number"),
    ("scores", 2, "c1", Formula("=NA()", "#N/A"), "not a number"),
    ("scores", 2, "c1", -0.1, "below 0"),
    ("scores", 2, "c1", 5.01, "over 5"),
    ("scores", 2, "c2", 5.5, "over 5"),
    ("scores", 2, "c3", 11, "over 10"),
    ("scores", 2, "c4", 31, "over 30"),
    ("scores", 2, "c5", 11, "over 10"),
    ("scores", 2, "c6", 6, "over 5"),
    ("scores", 2, "c7", 31, "over 30"),
    ("scores", 2, "c8", 6, "over 5"),
    ("targets", 2, "value", "many", "not a number"),
    ("targets", 2, "value", 1e300, "too large"),
    ("meetings", 2, "duration_min", "long", "not a number"),
    ("meetings", 2, "duration_min", 1e30, "too large"),
    # text
    ("units", 7, "name", "x" * 501, "500"),
    ("units", 7, "name", "a\x07b", "control"),
    ("units", 7, "name", "a\x00b", "control"),
    ("units", 7, "name", "a\nb", "control"),
    ("units", 7, "name", "a\tb", "control"),
    ("units", 7, "name", "a\x85b", "control"),
    ("units", 7, "name", "abc\x1f", "control"),
    ("units", 7, "name", "a\u202eb", "direction"),
    ("units", 7, "name", "\u202ab", "direction"),
    ("units", 7, "name", "a\u2066b", "direction"),
    ("meetings", 2, "topic", "a\u202eb", "direction"),
    ("units", 7, "name", True, "not a text"),
    ("units", 7, "name", date(2023, 1, 1), "not a text"),
    ("units", 7, "decision", Formula("=A1", "#REF!"), "not a text"),
    # a reference to nothing
    ("units", 7, "parent_code", "X", "nothing"),
    ("units", 7, "parent_code", "d", "nothing"),
    ("members", 5, "cell_code", "X", "nothing"),
    ("transfers", 2, "to_cell_code", "X", "nothing"),
    ("departures", 2, "member_code", "X", "nothing"),
    ("posts", 5, "unit_code", "X", "nothing"),
    ("posts", 5, "member_code", "X", "nothing"),
    ("meetings", 5, "unit_code", "X", "nothing"),
    ("attendance", 2, "meeting_code", "X", "nothing"),
    ("attendance", 2, "member_code", "X", "nothing"),
    ("scores", 2, "meeting_code", "X", "nothing"),
    ("targets", 2, "unit_code", "X", "nothing"),
    ("targets", 2, "indicator", "members.tall", "not one of"),
    ("documents", 2, "issuer_code", "X", "nothing"),
    ("documents", 3, "implements", "X", "nothing"),
    ("documents", 3, "implements", "2-QĐ", "nothing"),
    ("documents", 2, "implements", "2-QĐ", "nothing"),
    # no cell
    ("members", 5, "cell_code", "G", "no cell"),
    ("transfers", 3, "to_cell_code", "D", "no cell"),
    # days out of order
    ("units", 7, "closed_on", date(2000, 1, 1), "on or before"),
    ("members", 5, "born_on", date(2015, 1, 1), "on or after"),
    ("members", 5, "official_on", date(2014, 12, 31), "official before"),
    ("transfers", 2, "on", date(2010, 5, 19), "on or before"),
    ("departures", 2, "on", date(2020, 1, 1), "on or before"),
    ("posts", 4, "to", date(2023, 7, 1), "on or before"),
    ("posts", 5, "to", date(2023, 6, 30), "on or before"),
    ("scores", 3, "scored_on", date(2023, 3, 4), "before the meeting"),
    # something where nothing is
    ("members", 5, "joined_on", date(1999, 12, 31), "not open"),
    ("posts", 2, "from", date(1960, 2, 2), "not open"),
    ("meetings", 5, "held_on", date(1960, 2, 2), "not open"),
    # two at once
    ("posts", 4, "from", date(2023, 6, 30), "same time"),
    # a key given twice
    ("units", 8, "code", "S", "row 7"),
    ("attendance", 3, "member_code", "A", "row 2"),
    ("scores", 3, "scored_by", "self", "row 2"),
    # scored, but of another kind
    ("scores", 4, "meeting_code", "M4", "neither regular nor thematic"),
    ("scores", 4, "meeting_code", "M3", "neither regular nor thematic"),
    # attendance of strangers
    ("attendance", 2, "member_code", "E", "belongs neither"),
    ("attendance", 2, "member_code", "C", "belongs neither"),
    ("attendance", 7, "member_code", "E", "belongs neither"),
    ("attendance", 9, "member_code", "C", "belongs neither"),
]  # fmt: skip
# In these cells the fault is one of the whole key: it is told at one of its columns, whichever it is.
KEYS = {("attendance", 3), ("scores", 3)}
# What hangs on these rows has lost its ground; of that the cell itself has to be told, but more may be.
FOLLOWED = {("units", 8, "code"), ("members", 5, "joined_on")}


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "said"), CELLS, ids=[f"{c[0]}!{c[1]} {c[2]} {c[3]!r:.20}" for c in CELLS]
)
def test_a_bad_cell_is_named_and_nothing_is_written(sheet, row, column, value, said, tmp_path):
    before = rows_of_everything()

    load = load_roll(put(roll(), sheet, row, column, value), tmp_path)

    assert load.outcome == Load.Outcome.REFUSED, load.verdicts
    here = [f for f in load.faults if f["sheet"] == sheet and f["row"] == row]
    assert here, reasons(load)
    if (sheet, row, column) not in FOLLOWED:
        assert len(load.faults) == 1, reasons(load)
    fault = next((f for f in here if f["column"] == column), here[0])
    if (sheet, row) not in KEYS:
        assert fault["column"] == column, reasons(load)
    assert said in fault["reason"], reasons(load)
    if isinstance(value, str) and "\0" not in value and fault["column"] == column:
        assert fault["value"][:100] == value[:100]
    assert rows_of_everything() == before
    assert Load.objects.get(pk=load.pk).faults == load.faults
