"""Rebuilding: every figure kept, from the records, by the engine asked for; the old ones stand until all are there.

The records are read as of one moment. What is written meanwhile leaves its marks, and is folded afterwards.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from django.db import connection

from chibo.core.actions import action
from chibo.indicators import beside, folding, parquet, swapping
from chibo.indicators.adding import Numbers, all_sums, own_kept, paths, shifts, standings
from chibo.indicators.columns import used
from chibo.indicators.engines.duck import Duck
from chibo.indicators.models import Fold
from chibo.indicators.tables import Tables

if TYPE_CHECKING:
    from ibis.expr.types import Table

Tell = Callable[[str], None]
PLACES: dict[str, tuple[Callable[[Numbers], Table], list[str]]] = {  # what is kept, in the order its index has
    "indicators_path": (lambda _: paths(), ["unit_id", "place"]),
    "indicators_ownsum": (own_kept, ["unit_id", "year", "indicator_id", "place"]),
    "indicators_sum": (all_sums, ["unit_id", "year", "indicator_id"]),
    "indicators_shift": (lambda numbers: shifts(Tables(), numbers), ["unit_id", "year", "indicator_id"]),
    "indicators_standing": (lambda _: standings(Tables()), ["unit_id"]),
}
DATED = {"indicators_ownsum", "indicators_sum", "indicators_shift"}  # these say when they were computed
MADE = "made.json"  # beside the records: which fold they were read for


class Engine(Protocol):
    """What adds up: it finds records as Parquet files in a folder, and keeps what it needs elsewhere."""

    def __enter__(self) -> Engine: ...
    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...
    def keep_own(self, years: tuple[int, ...]) -> None: ...
    def rows(self, asked: Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]: ...


Make = Callable[[Path, Path], Engine]  # from the folder with the records and one to work in


class Stale(Exception):
    """The records in a folder are older than the figures: these were folded since."""


@action("indicators.rebuilt_elsewhere")
def rebuild(
    *,
    engine: Make = Duck,
    way: Fold.Way = Fold.Way.DUCKDB,
    folder: Path | None = None,
    tell: Tell = lambda said: None,
    by: Any,
    at: datetime,
) -> int:
    """Compute every figure kept anew outside the database, and put all in place at once; say how many rows they are.

    Records go through `folder`, where they stay; what lies there is used if no figure was folded since, and refused as
    Stale if one was. It is one transaction in which nobody else folds; only committed records are seen.
    """
    with tempfile.TemporaryDirectory(prefix="chibo-rebuild-", dir=folder and folder.parent) as made:
        with connection.cursor() as cursor:
            took = _watch(tell)
            used(_kept(cursor))  # takes seconds, in which others may still fold
            took("questions put")
            records = folder or Path(made) / "records"
            kept = _records(cursor, records, way, at, took)
            work = Path(made) / "adding"
            work.mkdir()
            with engine(records, work) as adding:
                adding.keep_own(kept)
                took("own sums added up")
                numbers = folding.numbers(cursor)
                filled = {table: _fill(cursor, adding, table, numbers, at, took) for table in PLACES}
            swapping.swap(cursor, list(PLACES))
            took("put in place")
            beside.keep_all(cursor)
            took("kept beside them")
        return filled["indicators_ownsum"] + filled["indicators_sum"]


def _records(cursor: Any, folder: Path, way: Fold.Way, at: datetime, took: Tell) -> tuple[int, ...]:
    """Have the records in a folder, and be the one who folds; the years to add up."""
    note = folder / MADE
    if note.exists():
        folding.alone(cursor)
        last = Fold.objects.order_by("-pk").values_list("pk", flat=True).first()
        if json.loads(note.read_text())["fold"] != last:
            raise Stale
        took("records found")  # marks left since stay, and are folded afterwards
        return _kept(cursor)
    folding.begin(cursor, way, None, at)
    kept = _kept(cursor)
    columns = used(kept)
    rows = parquet.write(folder, columns)
    cursor.execute("drop table taken, fresh")
    last = Fold.objects.order_by("-pk").values_list("pk", flat=True).first()
    note.write_text(json.dumps({"fold": last}))
    took(f"{rows:,} records of {len(columns)} tables read")
    return kept


def _kept(cursor: Any) -> tuple[int, ...]:
    cursor.execute("select year from indicators_keptyear order by year")
    return tuple(year for (year,) in cursor.fetchall())


def _fill(cursor: Any, adding: Engine, table: str, numbers: Numbers, at: datetime, took: Tell) -> int:
    asked, order = PLACES[table]
    question = asked(numbers)
    columns = list(question.columns)
    batches = adding.rows(question, order)
    if table in DATED:
        columns.append("at")
        batches = (batch.append_column("at", pa.array([at.isoformat()] * batch.num_rows)) for batch in batches)
    rows = swapping.fill(cursor, table, columns, batches)
    took(f"{rows:,} rows of {table} filled beside the old ones")
    return rows


def _watch(tell: Tell) -> Tell:
    """Tell what is done, and how many seconds it took."""
    last = [monotonic()]

    def took(said: str) -> None:
        now = monotonic()
        tell(f"{said}: {now - last[0]:.1f} s")
        last[0] = now

    return took
