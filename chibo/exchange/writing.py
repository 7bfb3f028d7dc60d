"""Writing workbooks: text stays text, whatever sign it begins with; a row at a time, and fast."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import IO, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

Value = str | int | float | date | None
FIRST_DAY = date(1899, 12, 30)  # what Excel counts from, since March 1900
COUNTED = date(1900, 3, 1)  # days before it Excel counts otherwise, or not at all: they are written as text
LONGEST = 32_767  # characters a cell holds
# What a cell's text is not written with as it is; `_x0041_` would be read as a letter.
ODD = re.compile(r"[&<>\x00-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9a-fA-F]{4}_")


def write_workbook(
    target: str | IO[bytes], sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Value]]]]
) -> None:
    """Write sheets of (column names, rows) to a path or file, a row at a time; days as Excel dates, None as empty.

    Text that begins with =, +, - or @ is written as text, never as a formula; nor do addresses become links.
    """
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(target, options) as book:
        head = book.add_format({"bold": True})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(columns):
                sheet.write_string(0, at, column, head)
            _write_rows(sheet, rows)


def _write_rows(sheet: Any, rows: Iterable[Sequence[Value]]) -> None:
    """Write the rows below the head straight into the file in which the sheet gathers its rows.

    Cell by cell through the library a row takes three times as long as it is read from the database.
    """
    sheet._write_single_row(1)  # the head is done with
    day = f'" s="{sheet.default_date_format._get_xf_index()}"><v>'
    names: list[str] = []
    line, most = 1, sheet.dim_colmax or 0
    for line, row in enumerate(rows, 2):
        if len(row) > len(names):
            names = [f'<c r="{xl_col_to_name(at)}' for at in range(len(row))]
            most = max(most, len(row) - 1)
        cells = [f'<row r="{line}">']
        for name, value in zip(names, row, strict=False):
            if value is None:
                continue
            if isinstance(value, str):
                cells.append(f'{name}{line}" t="inlineStr"><is>{_text(value)}</is></c>')
            elif not isinstance(value, date):
                cells.append(f'{name}{line}"><v>{value:.16g}</v></c>')
            elif value < COUNTED:
                cells.append(f'{name}{line}" t="inlineStr"><is>{_text(value.isoformat())}</is></c>')
            else:
                cells.append(f"{name}{line}{day}{_serial(value)}</v></c>")
        cells.append("</row>")
        sheet.fh.write("".join(cells))
    sheet.previous_row, sheet.dim_rowmax, sheet.dim_colmax = line, line - 1, most


@lru_cache(maxsize=50_000)  # a column says the same again and again
def _serial(day: date) -> int:
    return (day - FIRST_DAY).days


@lru_cache(maxsize=50_000)
def _text(text: str) -> str:
    """A text as XML, with what XML or Excel would read otherwise written so that it comes back as it was."""
    text = ODD.sub(_escaped, text[:LONGEST])
    return f"<t>{text}</t>" if text == text.strip() else f'<t xml:space="preserve">{text}</t>'


def _escaped(odd: re.Match[str]) -> str:
    found = odd[0]
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "\t", "\n": "\n"}
    if found in named:
        return named[found]
    return "_x005F" + found if len(found) > 1 else f"_x{ord(found):04X}_"
