"""A table put in place of another whole: filled aside and indexed there, then given its name in a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv
from psycopg import sql

MEMORY = "256MB"  # for an index that is built at once
AS_ROWS = pyarrow.csv.WriteOptions(include_header=False)
INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, c.contype
from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
where i.indrelid = %s::regclass order by 1
"""

SEQUENCES = """
select pg_get_serial_sequence(%s, attname) from pg_attribute where attrelid = %s::regclass and attidentity <> ''
"""


def fill(cursor: Any, table: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> int:
    """Fill a table of the same columns beside a table, `TABLE_new`, with these rows, and index it; say how many.

    The rows are frozen: nobody sees the table before the transaction ends, and then it is as if always there.
    """
    new, rows = sql.Identifier(f"{table}_new"), 0
    cursor.execute(
        sql.SQL("create table {} (like {} including all excluding indexes)").format(new, sql.Identifier(table))
    )
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    with cursor.copy(sql.SQL("copy {} ({}) from stdin (format csv, freeze)").format(new, named)) as copy:
        for batch in batches:
            text = BytesIO()
            pyarrow.csv.write_csv(batch, text, AS_ROWS)
            copy.write(text.getbuffer())
            rows += batch.num_rows
    cursor.execute(f"set local maintenance_work_mem = '{MEMORY}'")
    for name, definition, *_constraint in _indexes(cursor, table):
        before, after = definition.split(" USING ", 1)
        unique = "unique" if before.startswith("CREATE UNIQUE") else ""
        cursor.execute(sql.SQL(f"create {unique} index {{}} on {{}} using {after}").format(_aside(name), new))
    cursor.execute(sql.SQL("analyze {}").format(new))
    return rows


def swap(cursor: Any, tables: Sequence[str]) -> None:
    """Put the tables filled beside these in their places, with their indexes and constraints, all at once."""
    listed = sql.SQL(", ").join(map(sql.Identifier, tables))
    cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(listed))
    for table in tables:
        old, new = sql.Identifier(table), sql.Identifier(f"{table}_new")
        indexes = _indexes(cursor, table)
        cursor.execute(SEQUENCES, [table, table])
        sequences = [name for (name,) in cursor.fetchall()]
        cursor.execute(sql.SQL("drop table {}").format(old))
        cursor.execute(sql.SQL("alter table {} rename to {}").format(new, old))
        for name, _definition, constraint, kind in indexes:
            if constraint is None:
                rename = sql.SQL("alter index {} rename to {}").format(_aside(name), sql.Identifier(name))
            else:
                word = sql.SQL("primary key" if kind == "p" else "unique")
                rename = sql.SQL("alter table {} add constraint {} {} using index {}").format(
                    old, sql.Identifier(constraint), word, _aside(name)
                )
            cursor.execute(rename)
        for name in sequences:
            bare = name.split(".")[-1]
            cursor.execute(
                sql.SQL("alter sequence if exists {} rename to {}").format(
                    sql.Identifier(bare.replace(table, f"{table}_new", 1)), sql.Identifier(bare)
                )
            )


def _indexes(cursor: Any, table: str) -> list[Any]:
    cursor.execute(INDEXES, [table])
    return list(cursor.fetchall())


def _aside(name: str) -> sql.Identifier:
    return sql.Identifier(f"{name}_new")
