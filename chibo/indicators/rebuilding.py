"""Rebuilding: every figure kept, from the records, by the engine asked for; the old ones stand until all are there.

The records are read as of one moment. What is written meanwhile leaves its marks, and is folded afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from django.db import connection

from chibo.core.actions import action
from chibo.indicators import folding, parquet, swapping
from chibo.indicators.adding import OWN, all_sums, shifts, standings, years
from chibo.indicators.columns import used
from chibo.indicators.engines.duck import Duck
from chibo.indicators.tables import Tables

if TYPE_CHECKING:
    from ibis.expr.types import Table

Tell = Callable[[str], None]
PLACES: dict[str, tuple[Callable[[], Table], list[str]]] = {  # what is kept, in the order its index has
    "indicators_ownsum": (lambda: OWN, ["unit_id", "indicator", "month", "path"]),
    "indicators_ownyear": (years, ["indicator", "year", "unit_id"]),
    "indicators_sum": (all_sums, ["unit_id", "indicator", "month"]),
    "indicators_shift": (lambda: shifts(Tables()), ["unit_id", "month", "indicator"]),
    "indicators_standing": (lambda: standings(Tables()), ["unit_id"]),
}
DATED = {"indicators_sum", "indicators_shift"}  # these say when they were computed


class Engine(Protocol):
    """What adds up: it finds records as Parquet files in a folder, and keeps what it needs elsewhere."""

    def __enter__(self) -> Engine: ...
    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...
    def keep_own(self, years: tuple[int, ...]) -> None: ...
    def rows(self, asked: Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]: ...


Make = Callable[[Path, Path], Engine]  # from the folder with the records and one to work in


@action("indicators.rebuilt")
def rebuild(
    *, engine: Make = Duck, folder: Path | None = None, tell: Tell = lambda said: None, by: Any, at: datetime
) -> int:
    """Compute every figure kept anew outside the database, and put all in place at once; say how many sums there are.

    The records go through `folder`, which is kept if it is given. It is one transaction in which nobody else folds;
    only committed records are seen.
    """
    with tempfile.TemporaryDirectory(prefix="chibo-rebuild-") as made, connection.cursor() as cursor:
        took = _watch(tell)
        folding.begin(cursor, None, at)
        kept = _kept(cursor)
        columns = used(kept)
        records = folder or Path(made) / "records"
        rows = parquet.write(records, columns)
        took(f"{rows:,} records of {len(columns)} tables read")
        work = Path(made) / "work"
        work.mkdir()
        with engine(records, work) as adding:
            adding.keep_own(kept)
            took("own sums added up")
            filled = {table: _fill(cursor, adding, table, at) for table in PLACES}
            took(f"{sum(filled.values()):,} rows put beside the old ones")
        swapping.swap(cursor, list(PLACES))
        cursor.execute("drop table taken, fresh")
        took("put in place")
        return filled["indicators_sum"]


def _kept(cursor: Any) -> tuple[int, ...]:
    cursor.execute("select year from indicators_keptyear order by year")
    return tuple(year for (year,) in cursor.fetchall())


def _fill(cursor: Any, adding: Engine, table: str, at: datetime) -> int:
    asked, order = PLACES[table]
    question = asked()
    columns = list(question.columns)
    batches = adding.rows(question, order)
    if table not in DATED:
        return swapping.fill(cursor, table, columns, batches)
    dated = (batch.append_column("at", pa.array([at.isoformat()] * batch.num_rows)) for batch in batches)
    return swapping.fill(cursor, table, [*columns, "at"], dated)


def _watch(tell: Tell) -> Tell:
    """Tell what is done, and how many seconds it took."""
    last = [monotonic()]

    def took(said: str) -> None:
        now = monotonic()
        tell(f"{said}: {now - last[0]:.1f} s")
        last[0] = now

    return took
