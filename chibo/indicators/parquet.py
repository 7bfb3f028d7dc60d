"""Records as Parquet: the tables and columns figures are added up from, each a file, all of one moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.parquet as pq
from django.apps import apps
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chibo.indicators.columns import Columns
from chibo.indicators.tables import Tables

AT_ONCE = 2  # tables read at a time, each by a connection of its own
NOT_OURS = {"context", "cursor_factory", "prepare_threshold", "client_encoding"}  # of the driver, not of the server


def write(folder: Path, columns: Columns) -> int:
    """Write these columns of the records as they are when it begins to a folder; say how many rows they are.

    All connections read the moment of which the caller's transaction exports a snapshot; it has to be in one.
    What that transaction itself has written they don't see.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        cursor.execute(
            "select relname from pg_class where oid = any(%s::text[]::regclass[]) order by relpages desc, relname",
            [list(columns)],
        )
        waiting = deque(name for (name,) in cursor.fetchall())  # the largest begin first
    address = _address()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(lambda _: _write_some(address, snapshot, folder, waiting, columns), range(AT_ONCE)))


def _address() -> str:
    """How the database is reached, for a driver that is not Django's."""
    given = connection.get_connection_params()
    known: Any = {k: v for k, v in given.items() if isinstance(v, str | int) and k not in NOT_OURS}
    return make_conninfo("", **known)  # numbers too become text


def _write_some(address: str, snapshot: str, folder: Path, waiting: deque[str], columns: Columns) -> int:
    """Write one table after the other while some wait."""
    rows = 0
    with adbc.connect(address) as database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute(f"set transaction snapshot '{snapshot}'")
        while waiting:
            try:
                table = waiting.popleft()
            except IndexError:
                break
            rows += _write_one(cursor, folder, table, columns[table])
    return rows


def _write_one(cursor: Any, folder: Path, table: str, columns: Sequence[str]) -> int:
    """Write a table; columns that are not used are there, empty, as the questions name them."""
    rows, schema = 0, _schema_of(table)
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(sql.SQL("select {} from {}").format(named, sql.Identifier(table)).as_string())
    with pq.ParquetWriter(folder / f"{table}.parquet", schema, compression="zstd") as writer:
        for batch in cursor.fetch_record_batch():
            rows += batch.num_rows
            writer.write_batch(_typed(batch, schema))
    return rows


def _schema_of(table: str) -> pa.Schema:
    """The types of columns as the indicators know them."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return pa.schema([(name, _arrow(kind)) for name, kind in Tables()[model].schema().items()])


def _arrow(kind: Any) -> pa.DataType:
    as_text = kind.is_json() or kind.is_uuid() or kind.is_time()  # not every engine reads these
    return pa.string() if as_text else kind.to_pyarrow()


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch in these types: exact numbers come as text, whole numbers in several widths; the rest is empty."""
    given = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns = [
        _stored(given[field.name]).cast(field.type) if field.name in given else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _stored(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column, pa.ExtensionArray) else column
