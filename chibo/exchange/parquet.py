"""Tables as .parquet, a piece at a time. A module of its own: only who writes one carries Arrow in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from chibo.exchange.writing import Value

AT_ONCE = 20_000


def write(path: Path, columns: Sequence[str], pieces: Iterator[list[Sequence[Value]]]) -> None:
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
