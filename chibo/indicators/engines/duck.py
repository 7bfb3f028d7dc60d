"""DuckDB: adding up in this process, all its cores, from a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from chibo.indicators.adding import OWN, WORDS, own_questions, question

if TYPE_CHECKING:
    from ibis.expr.types import Table

BATCH = 100_000  # rows handed on at a time


class Duck:
    """A database of its own beside the Parquet files, gone at the end; what doesn't fit into memory goes there."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.database = duckdb.connect(work / "adding.duckdb")
        self.database.execute("set preserve_insertion_order = false")
        self.database.execute("set TimeZone = 'UTC'")
        for file in sorted(folder.glob("*.parquet")):
            self.database.read_parquet(str(file)).create_view(file.stem)

    def __enter__(self) -> Duck:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.database.close()

    def keep_own(self, years: tuple[int, ...]) -> None:
        """Keep the own sums of these years as the table `own`, in the very types it is known to have."""
        columns = ", ".join(f"{name} {WORDS[str(kind)]}" for name, kind in OWN.schema().items())
        self.database.execute(f"create table own ({columns})")
        for asked in own_questions("duckdb", years):
            self.database.execute(f"insert into own by name {asked}")

    def rows(self, asked: Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """What a table comes to, in that order, some rows at a time."""
        ordered = f"{question('duckdb', asked)} order by {', '.join(order)}"
        yield from self.database.sql(ordered).to_arrow_reader(BATCH)
