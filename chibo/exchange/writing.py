"""Writing workbooks: text stays text, whatever sign it begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import IO

import xlsxwriter

Value = str | int | float | date | None


def write_workbook(
    target: str | IO[bytes], sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Value]]]]
) -> None:
    """Write sheets of (column names, rows) to a path or file, a row at a time; days as Excel dates, None as empty.

    Text that begins with =, +, - or @ is written as text, never as a formula; nor do addresses become links.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(target, options) as book:
        head = book.add_format({"bold": True})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(columns):
                sheet.write_string(0, at, column, head)
            for line, row in enumerate(rows, 1):
                for at, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(line, at, value)
                    elif isinstance(value, date):
                        sheet.write_datetime(line, at, value)
                    elif value is not None:
                        sheet.write_number(line, at, value)
