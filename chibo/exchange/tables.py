"""Tables as files, a piece at a time: .xlsx in files that open again, .csv, .parquet; text stays text in each."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

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
        (_csv if form == "csv" else _parquet)(path, columns, _counted(rows, count))


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


def _parquet(path: Path, columns: Sequence[str], pieces: Iterator[list[Sequence[Value]]]) -> None:
    """Columns typed by what they hold; one that holds more than it seemed is widened, also in what is written."""
    names = list(columns)
    schema = pyarrow.schema([(name, pyarrow.null()) for name in names])
    writer: Any = None
    try:
        for piece in chain(pieces, [[]]):  # a table without rows has its columns, too
            if not piece and writer is not None:
                break
            typed = [_column([row[at] if at < len(row) else None for row in piece]) for at in range(len(names))]
            wider = pyarrow.schema(
                [(name, _wider(old.type, new.type)) for name, old, new in zip(names, schema, typed, strict=True)]
            )
            if writer is None or wider != schema:
                writer, schema = _anew(path, writer, wider), wider
            cast = [each.cast(field.type) for each, field in zip(typed, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(cast, schema=schema))
    finally:
        if writer is not None:
            writer.close()


def _column(values: list[Any]) -> Any:
    """Values of a column as Arrow has them: of one kind if they are, else as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds & {Decimal, float} and kinds <= {Decimal, float, int}:
        return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pyarrow.array(values, pyarrow.int64())
    if kinds == {date}:
        return pyarrow.array(values, pyarrow.date32())
    if not kinds:
        return pyarrow.nulls(len(values))
    return pyarrow.array([_told(value) for value in values], pyarrow.string())


def _told(value: Any) -> str | None:
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return text.encode("utf-8", "replace").decode()


def _wider(old: Any, new: Any) -> Any:
    """A type that holds what two hold."""
    if old == new or pyarrow.types.is_null(new):
        return old
    if pyarrow.types.is_null(old):
        return new
    if {old, new} == {pyarrow.int64(), pyarrow.float64()}:
        return pyarrow.float64()
    return pyarrow.string()


def _anew(path: Path, writer: Any, schema: Any) -> Any:
    """A writer of wider columns, with what was written so far."""
    if writer is None:
        return pyarrow.parquet.ParquetWriter(path, schema)
    writer.close()
    before = path.with_suffix(".before")
    path.replace(before)
    fresh = pyarrow.parquet.ParquetWriter(path, schema)
    with pyarrow.parquet.ParquetFile(before) as file:
        for batch in file.iter_batches(AT_ONCE):
            fresh.write_table(pyarrow.Table.from_batches([batch]).cast(schema))
    before.unlink()
    return fresh
