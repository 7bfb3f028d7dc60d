"""A small valid roll with something in every sheet, to be spoiled cell by cell, and a writer that writes anything."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from django.apps import apps
from django.db import connection

from chibo.exchange.loading import load
from chibo.exchange.models import Load

AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
Roll = dict[str, list[list[Any]]]  # rows by sheet; the first are the names of the columns

POINTS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"]
ROLL: Roll = {
    "units": [
        ["code", "name", "kind", "parent_code", "setting", "founded_on", "closed_on", "decision"],
        ["P", "Tỉnh ủy", "province", None, None, date(1950, 2, 12), None, None],
        ["D", "Huyện ủy", "district", "P", None, date(1955, 9, 1), None, "12-QĐ"],
        ["G", "Đảng bộ xã", "grassroots_committee", "D", "commune", date(1960, 2, 3), None, None],
        ["C1", "Chi bộ thôn 1", "cell", "G", "village", date(1960, 2, 3), None, None],
        ["C2", "Chi bộ thôn 2", "cell", "G", "village", "1960-02-03", None, None],
        ["S", "Chi bộ trường", "grassroots_cell", "D", "school", date(2000, 1, 1), None, None],
        ["C3", "Chi bộ thôn 3", "cell", "G", "village", date(1990, 1, 1), date(2023, 7, 1), None],
    ],
    "members": [
        ["member_code", "full_name", "sex", "born_on", "ethnicity", "cell_code", "joined_on", "official_on", "theory"],
        ["A", "Nguyễn Thị An", "f", date(1980, 1, 1), "Kinh", "C1", date(2010, 5, 19), date(2011, 5, 19), None],
        ["B", "Trần Văn Bình", "m", date(1975, 1, 1), "Tày", "C1", date(2005, 5, 19), None, None],
        ["C", "Lê Thị Chi", "f", date(1990, 2, 28), None, "C2", date(2020, 1, 1), None, None],
        ["E", "Phạm Văn Em", "m", date(1985, 1, 1), None, "S", date(2015, 1, 1), None, None],
        ["F", "Đỗ Thị Phương", "f", date(1995, 1, 1), None, "C3", date(2021, 1, 1), None, None],
    ],
    "transfers": [
        ["member_code", "to_cell_code", "on", "kind"],
        ["A", "C2", date(2023, 5, 10), "official"],
        ["B", "C2", date(2023, 6, 1), "temporary"],
        ["F", "C1", date(2023, 7, 1), "official"],
    ],
    "departures": [["member_code", "on", "reason"], ["C", date(2023, 9, 1), "transferred_out"]],
    "posts": [
        ["unit_code", "post", "place", "member_code", "holder_name", "from", "to"],
        ["C1", "secretary", None, "B", None, date(2022, 6, 1), None],
        ["G", "village_head", "Thôn 1", None, "Nguyễn Văn X", date(2022, 1, 15), date(2023, 7, 1)],
        ["G", "village_head", "Thôn 1", "A", None, date(2023, 7, 1), None],
        ["G", "agency_head", None, "E", None, date(2023, 7, 1), None],
    ],
    "meetings": [
        ["meeting_code", "unit_code", "kind", "held_on", "period", "topic", "mode", "duration_min"],
        ["M1", "C1", "regular", date(2023, 3, 5), "2023-03", None, "in_person", 45],
        ["M2", "C2", "regular", date(2023, 6, 5), "2023-06", "=1+1", "online", None],
        ["M3", "G", "committee", date(2023, 3, 10), "2023-03", None, None, 30.5],
        ["M4", "C1", "extraordinary", date(2023, 4, 1), "2023-04", None, None, None],
        ["M5", "C1", "committee", date(2023, 3, 5), "2023-03", None, None, None],
        ["M6", "C1", "thematic", date(2023, 7, 2), "2023-07", None, None, None],
    ],
    "attendance": [
        ["meeting_code", "member_code", "state"],
        ["M1", "A", "present"],
        ["M1", "B", "excused"],
        ["M2", "A", "present"],
        ["M2", "B", "present"],
        ["M2", "C", "absent"],
        ["M3", "A", "present"],
        ["M6", "F", "present"],
        ["M6", "B", "present"],
    ],
    "scores": [
        ["meeting_code", "scored_on", "scored_by", *POINTS],
        ["M1", date(2023, 3, 5), "self", 5, 5, 10, 30, 10, 5, 30, 5],
        ["M1", date(2023, 3, 7), "superior", 4.5, 5, 10, 25.25, 10, 5, 30, 0],
        ["M6", date(2023, 7, 2), "self", 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    "targets": [
        ["unit_code", "indicator", "period", "comparator", "value", "decision"],
        ["D", "members.admitted", "2023", ">=", 185, "1188-QĐ"],
        ["D", "meetings.attendance", "2023-H1", ">", 0.85, None],
    ],
    "documents": [
        ["number", "kind", "issuer_code", "issued_on", "title", "implements"],
        ["1-QĐ", "decision", "P", date(2023, 1, 10), "Giao nhiệm vụ", None],
        ["2-QĐ", "decision", "D", date(2023, 1, 31), "Giao chỉ tiêu", "1-QĐ"],
    ],
}


class Formula:
    """A cell with a formula and the value stored for it, as text: an error if it begins with #."""

    def __init__(self, text: str, stored: Any) -> None:
        self.text, self.stored = text, stored


def roll(*sheets: str) -> Roll:
    """A copy of the small roll, or of some of its sheets."""
    return deepcopy({name: ROLL[name] for name in sheets or ROLL})


def put(of: Roll, sheet: str, row: int, column: str, value: Any) -> Roll:
    """Put a value into a cell, found by the row's number in Excel and the name of the column."""
    of[sheet][row - 1][of[sheet][0].index(column)] = value
    return of


def add(of: Roll, sheet: str, **values: Any) -> Roll:
    """Add a row."""
    of[sheet].append([values.pop(name.rstrip("_"), None) for name in of[sheet][0]])
    assert not values, values
    return of


def write(of: Roll, path: Path) -> Path:
    """Write the roll to a workbook, each value as the cell it is."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        clock = book.add_format({"num_format": "hh:mm"})
        for name, rows in of.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, bool):
                        sheet.write_boolean(at, column, value)
                    elif isinstance(value, str):
                        sheet.write_string(at, column, value)
                    elif isinstance(value, datetime):
                        sheet.write_datetime(at, column, value.replace(tzinfo=None), moment)
                    elif isinstance(value, date):
                        sheet.write_datetime(at, column, value)
                    elif isinstance(value, Formula):
                        sheet.write_formula(at, column, value.text, None, value.stored)
                    elif isinstance(value, bytes):  # a time of day
                        sheet.write_number(at, column, float(value), clock)
                    elif value is not None:
                        sheet.write_number(at, column, value)
    return path


def load_roll(of: Roll, folder: Path, *, check: bool = False, by: Any = None) -> Load:
    """Write the roll to a workbook and load it."""
    return load(path=write(of, folder / "roll.xlsx"), file_name="roll.xlsx", by=by, at=AT, check=check)


def told(by: Load) -> list[tuple[Any, ...]]:
    """Where the faults of a load are: sheet, row, column."""
    return sorted((f["sheet"] or "", f["row"] or 0, f["column"] or "") for f in by.faults)


def reasons(by: Load) -> str:
    """What is wrong, all faults together, for a message."""
    return "\n".join(str(fault) for fault in by.faults)


@cache
def _counting() -> str:
    """One statement that counts the rows of every table: a statement a table takes longer than the load itself."""
    ours = [m for m in apps.get_models() if m.__module__.startswith("chibo.") and m is not Load]
    return " union all ".join(f"select '{m._meta.db_table}', count(*) from \"{m._meta.db_table}\"" for m in ours)


def rows_of_everything() -> dict[str, int]:
    """How many rows each table of the roll has, its history included."""
    with connection.cursor() as cursor:
        cursor.execute(_counting())
        return dict(cursor.fetchall())
