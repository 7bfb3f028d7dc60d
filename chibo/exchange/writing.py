"""Writing workbooks: text stays text, whatever sign it begins with; a row at a time, and fast."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import IO, Any

from chibo.core.late import Late

xlsxwriter = Late("xlsxwriter")

Value = str | int | float | date | None
Sheets = Mapping[str, tuple[Sequence[str], Iterable[Sequence[Value]]]]
FIRST_DAY = date(1899, 12, 30)  # what Excel counts from, since March 1900
COUNTED = date(1900, 3, 1)  # days before it Excel counts otherwise, or not at all: they are written as text
KEPT = 50_000  # values whose writing is remembered
LONGEST = 32_767  # characters a cell holds
# What a cell's text is not written with as it is; `_x0041_` would be read as a letter.
ODD = re.compile(r"[&<>\x00-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9a-fA-F]{4}_")

_elsewhere: ContextVar[Callable[[Sheets], None] | None] = ContextVar("elsewhere", default=None)


@contextmanager
def elsewhere(write: Callable[[Sheets], None]) -> Iterator[None]:
    """While this lasts, what would be written as a workbook is handed over instead."""
    token = _elsewhere.set(write)
    try:
        yield
    finally:
        _elsewhere.reset(token)


def is_elsewhere() -> bool:
    """Whether what is written now is handed over to someone who waits for it in the background."""
    return _elsewhere.get() is not None


def write_workbook(target: str | IO[bytes], sheets: Sheets) -> None:
    """Write sheets of (column names, rows) to a path or file, a row at a time; days as Excel dates, None as empty.

    Text that begins with =, +, - or @ is written as text, never as a formula; nor do addresses become links.
    """
    if (write := _elsewhere.get()) is not None:
        token = _elsewhere.set(None)  # what it writes itself is written
        try:
            write(sheets)
        finally:
            _elsewhere.reset(token)
        return
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with opened(target, options) as book:
        head = book.add_format({"bold": True})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(columns):
                sheet.write_string(0, at, column, head)
            _write_rows(sheet, rows)


def opened(target: str | IO[bytes], options: Mapping[str, Any]) -> Any:
    """A workbook to write, pressed lightly: as rows say the same again, it is as small in a third of the time."""
    xlsxwriter.workbook.ZipFile = functools.partial(zipfile.ZipFile, compresslevel=3)
    return xlsxwriter.Workbook(target, options)


def _write_rows(sheet: Any, rows: Iterable[Sequence[Value]]) -> None:
    """Write the rows below the head straight into the file in which the sheet gathers its rows.

    Cell by cell through the library a row takes three times as long as it is read from the database.
    """
    sheet._write_single_row(1)  # the head is done with
    tails = _Tails(sheet.default_date_format._get_xf_index())
    names: list[str] = []
    line, most, write = 1, sheet.dim_colmax or 0, sheet.fh.write
    for line, row in enumerate(rows, 2):
        if len(row) > len(names):
            names = [f'<c r="{xlsxwriter.utility.xl_col_to_name(at)}' for at in range(len(row))]
            most = max(most, len(row) - 1)
        cells = [f"{name}{line}{tails[value]}" for name, value in zip(names, row, strict=False) if value is not None]
        write(f'<row r="{line}">{"".join(cells)}</row>')
    sheet.previous_row, sheet.dim_rowmax, sheet.dim_colmax = line, line - 1, most


class _Tails(dict[Value, str]):
    """What follows a cell's address, by its value; kept, as a column says the same again and again."""

    def __init__(self, style_of_days: int) -> None:
        super().__init__()
        self.style_of_days = style_of_days

    def __missing__(self, value: Value) -> str:
        if len(self) > KEPT:
            self.clear()
        self[value] = tail = self._written(value)
        return tail

    def _written(self, value: Value) -> str:
        if isinstance(value, date):
            if value >= COUNTED:
                return f'" s="{self.style_of_days}"><v>{(value - FIRST_DAY).days}</v></c>'
            value = value.isoformat()
        if isinstance(value, str):
            return f'" t="inlineStr"><is>{_text(value)}</is></c>'
        return f'"><v>{value:.16g}</v></c>'


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
