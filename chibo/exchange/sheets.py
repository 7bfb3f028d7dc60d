"""Sheets: what an app declares of one, and what the engine hands it. The engine knows no subject."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection
from psycopg import sql

from chibo.exchange.cells import Column
from chibo.exchange.reading import Cell

if TYPE_CHECKING:
    from chibo.exchange.loading import Loading
    from chibo.exchange.undoing import Undoing

Key = Any  # a code, or a tuple of what makes a row the one it is
PIECE = 5_000  # rows read at a time where there may be very many
MANY = 500  # rows from which on the planner is told anew what a table holds


@dataclass(slots=True)
class Row:
    """A row of the file: its number as Excel shows it, its cells, the values of its columns, the verdict on it.

    Cells that would be shown as its values are were let go: then there are none.
    """

    number: int
    cells: list[Cell] | None
    values: dict[str, Any] = field(default_factory=dict)
    sound: bool = True  # what it says can be relied on
    told: bool = False  # a fault was found in it
    verdict: str = ""  # new, changed, unchanged
    record: Record | None = None


@dataclass(slots=True)
class Record:
    """What a row is about: known from the database, from the file, or from both; values as they will be."""

    key: Key
    values: dict[str, Any]
    id: int = 0
    row: Row | None = None
    is_new: bool = False
    is_changed: bool = False

    @property
    def sound(self) -> bool:
        """Whether it can be relied on: a row with a fault says nothing certain of its record."""
        return self.row is None or self.row.sound


class Sheet:
    """A sheet an app declares: columns, key, and how its rows are matched, checked, written and verified.

    `match` and `check` see the file beside the database and write nothing; `write` writes what is sound; `verify` looks
    for what can't be, in the database as it would be then, `warn` for what may be a mistake. Whatever they find is told
    to the `Loading`.
    """

    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[tuple[str, ...]]
    order: ClassVar[int]  # a sheet comes after those its rows refer to
    tables: ClassVar[tuple[str, ...]]  # it writes, each after those it refers to
    derived: ClassVar[tuple[str, ...]] = ()  # tables that are derived from what it writes
    right: ClassVar[str] = ""  # by which its rows may be seen; empty: they don't go out
    out: ClassVar[str] = ""  # the rows of units `u` for which {within} holds, as a workbook has them, in SQL

    def identity(self, row: Row) -> Key:
        """What makes a row the one it is; two rows of a file can't share it."""
        values = tuple(row.values.get(name) for name in self.key)
        return values[0] if len(values) == 1 else values

    def is_identified(self, row: Row) -> bool:
        """Whether a row whose key cells are as they should be says which one it is."""
        return True

    def match(self, load: Loading) -> None:
        """Find what is known of the rows and of what others refer to, and give each row its record."""
        raise NotImplementedError

    def check(self, load: Loading) -> None:
        """Look for faults that take more than one row to see and would not pass the tables' constraints."""

    def instead(self, key: Key) -> str:
        """What to say of a reference to a key that is no more; empty: that it refers to nothing."""
        return ""

    def write(self, load: Loading) -> None:
        """Write the records of sound rows."""
        raise NotImplementedError

    def verify(self, load: Loading) -> None:
        """Look for faults in the database as it would be, in and around what was written."""

    def warn(self, load: Loading) -> None:
        """Say what somebody should look at in what was written; nothing is refused for it."""

    def hold(self, undoing: Undoing) -> None:
        """Lock what the rows of a load about to be undone belong to, before they are locked themselves."""

    def forget(self, table: str, ids: list[int]) -> None:
        """Delete what is derived of rows that a load made and that are about to go."""

    def derive(self, undoing: Undoing) -> None:
        """Derive anew what follows from the rows of a load that was undone."""

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        """The rows around what was undone that are to be checked anew, as a workbook would have them."""
        return []


_sheets: dict[str, Sheet] = {}


def declare(sheet: type[Sheet]) -> type[Sheet]:
    """Make a sheet one that workbooks may hold."""
    _sheets[sheet.name] = sheet()
    return sheet


def every() -> list[Sheet]:
    """All sheets, each after those it refers to."""
    return sorted(_sheets.values(), key=lambda sheet: sheet.order)


def named(name: str) -> Sheet | None:
    return _sheets.get(name)


def settle(row: Row, record: Record | None, key: Key, values: dict[str, Any]) -> Record:
    """Say what a row does to its record: makes it, changes some of its values, or nothing."""
    if record is None:
        record = Record(key, values, row=row, is_new=True)
        row.verdict = "new"
    else:
        changed = {name: value for name, value in values.items() if record.values[name] != value}
        record.row, record.is_changed = row, bool(changed)
        if changed:
            record.values = record.values | changed
        row.verdict = "changed" if changed else "unchanged"
    row.record = record
    return record


def number(records: Sequence[Record], table: str) -> None:
    """Give new records the ids they will have."""
    fresh = [record for record in records if record.is_new]
    for record, pk in zip(fresh, fresh_numbers(table, len(fresh)), strict=True):
        record.id = pk


def fresh_numbers(table: str, count: int) -> Iterator[int]:
    """So many ids that rows of a table will have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(s.name) from (select pg_get_serial_sequence(%s, 'id')::regclass as name offset 0) s,"
            " generate_series(1, %s)",
            [table, count],
        )
        for (pk,) in cursor:
            yield pk


def write_rows(
    table: str, columns: Sequence[str], new: Iterable[Sequence[Any]], changed: Iterable[Sequence[Any]]
) -> None:
    """Copy new rows into a table and put changed ones in the place of those with their id; `id` comes first."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor() as cursor:
        count = _copy(cursor, sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), names), new)
        rows = list(changed)
        if rows:
            cursor.execute(
                sql.SQL("create temporary table changed on commit drop as select {} from {} limit 0").format(
                    names, sql.Identifier(table)
                )
            )
            _copy(cursor, sql.SQL("copy changed ({}) from stdin").format(names), rows)
            pairs = sql.SQL(", ").join(
                sql.SQL("{0} = c.{0}").format(sql.Identifier(name)) for name in columns if name != "id"
            )
            cursor.execute(
                sql.SQL("update {} t set {} from changed c where t.id = c.id").format(sql.Identifier(table), pairs)
            )
            cursor.execute("drop table changed")
        if count + len(rows) > MANY:
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))


def _copy(cursor: Any, statement: sql.Composed, rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def array(keys: Iterable[int]) -> str:
    """Keys as the text of an array, for `any(...)`: as a list each of them would be written by a call of its own."""
    return "{" + ",".join(map(str, keys)) + "}"


def array_of_texts(texts: Collection[str]) -> str:
    """The same of texts."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return '{"' + '","'.join(quoted) + '"}' if texts else "{}"


def told(query: str, *names: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a query under names."""
    return [dict(zip(names, row, strict=True)) for row in ask(query, **parameters)]


def ask(query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def ask_in_pieces(query: str, **parameters: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a query of which there may be a million: few are in memory at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(PIECE):
            yield from rows
