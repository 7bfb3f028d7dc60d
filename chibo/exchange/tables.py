"""Tables as files, a piece at a time: .xlsx in files that open again, .csv, .parquet; text stays text in each."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from chibo.exchange.writing import Sheets, Value, write_workbook

ROWS_A_FILE = 500_000  # rows of one .xlsx file: it opens in Excel, and is small enough to be loaded again
AT_ONCE = 20_000
SIGNS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula, also in a .csv file
BAD_IN_NAME = re.compile(r"[^\w.-]+")
Counted = Callable[[int], None]


def write(form: str, folder: Path, sheets: Sheets, count: Counted) -> None:
    """Write sheets into new files of a folder, as many as it takes, telling every piece of rows that is done."""
    if form == "xlsx":
        _workbooks(folder, sheets, count)
        return
    for name, (columns, rows) in sheets.items():
        path = folder / f"{BAD_IN_NAME.sub('_', name)}.{form}"
        if form == "csv":
            _csv(path, columns, _counted(rows, count))
        else:
            from chibo.exchange import parquet

            parquet.write(path, columns, _counted(rows, count))


def _counted(rows: Iterable[Sequence[Value]], count: Counted) -> Iterator[list[Sequence[Value]]]:
    """Rows in pieces, each told once it is done."""
    source = iter(rows)
    while piece := list(islice(source, AT_ONCE)):
        yield piece
        count(len(piece))


def _workbooks(folder: Path, sheets: Sheets, count: Counted) -> None:
    """One workbook after the other: a sheet that is too long goes on in the next, under the same name."""
    left = [(name, columns, chain.from_iterable(_counted(rows, count))) for name, (columns, rows) in sheets.items()]
    files = 0
    while left:
        files += 1
        begun: list[_Piece] = []
        fresh: dict[str, tuple[Sequence[str], Iterable[Sequence[Value]]]] = {}
        for name, columns, rows in left:
            begun.append(_Piece(rows, begun[-1] if begun else None))
            fresh[name] = (columns, begun[-1])
        write_workbook(str(folder / f"part-{files:03}.xlsx"), fresh)
        cut = next((n for n, piece in enumerate(begun) if piece.next is not None), len(left))
        left = [
            (name, columns, chain([piece.next], rows) if piece.next is not None else rows)
            for (name, columns, rows), piece in list(zip(left, begun, strict=True))[cut:]
        ]


class _Piece:
    """The rows of a sheet that go into one file: none once a sheet before it did not end there."""

    def __init__(self, rows: Iterator[Sequence[Value]], before: _Piece | None) -> None:
        self.rows, self.before = rows, before
        self.next: Sequence[Value] | None = None

    @property
    def is_cut(self) -> bool:
        return self.next is not None or (self.before is not None and self.before.is_cut)

    def __iter__(self) -> Iterator[Sequence[Value]]:
        if self.before is not None and self.before.is_cut:
            return
        yield from islice(self.rows, ROWS_A_FILE)
        self.next = next(self.rows, None)


def _csv(path: Path, columns: Sequence[str], pieces: Iterator[list[Sequence[Value]]]) -> None:
    """UTF-8 with the mark by which Excel knows it; what would be a formula begins with an apostrophe."""
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for piece in pieces:
            writer.writerows([_plain(value) for value in row] for row in piece)


def _plain(value: Value) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(SIGNS) else value
