"""Rows of any kept table as plain values: read, held, compared and written a table at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from psycopg import sql

from chibo.exchange.sheets import write_rows

Row = dict[str, Any]
ENCODER = DjangoJSONEncoder()
LAST = "organizations_unit"  # whoever writes it corrects the names and kinds that hold then: these come first
DERIVED = {"organizations_unit": {"path"}}  # columns that follow from other rows: no act says them


@dataclass(frozen=True)
class Change:
    """One row of a table: None before, it was made; None after, it was taken away; else only what differs."""

    table: str
    key: int  # below 0 while the row is only planned
    before: Row | None
    after: Row | None

    @property
    def inverse(self) -> Change:
        """What takes it back."""
        return Change(self.table, self.key, self.after, self.before)


@dataclass(frozen=True)
class Table:
    """A table by its model: what columns a row can be given, and which of them name rows of which tables."""

    model: type[models.Model]
    fields: Mapping[str, Any]
    refers: Mapping[str, str]

    defaults: Mapping[str, Any]  # what a new row says where nothing is given

    def typed(self, values: Mapping[str, Any] | None) -> Row | None:
        """Values out of JSON as the database has them."""
        if values is None:
            return None
        return {column: self.fields[column].to_python(value) for column, value in values.items()}


@cache
def table(name: str) -> Table:
    """The table of a name; KeyError if the program has none such."""
    model = {each._meta.db_table: each for each in apps.get_models()}[name]
    fields = {f.column: f for f in model._meta.concrete_fields if f.column and not f.generated}
    refers = {
        column: field.related_model._meta.db_table for column, field in fields.items() if field.related_model
    }  # fmt: skip
    defaults = {column: _default(field) for column, field in fields.items() if column != "id"}
    return Table(model, {c: getattr(f, "target_field", f) for c, f in fields.items()}, refers, defaults)


def _default(field: Any) -> Any:
    return getattr(field.db_default, "value", field.db_default) if field.has_db_default() else field.get_default()


def plain(row: Row | None) -> Row | None:
    """Values as JSON keeps them."""
    if row is None:
        return None
    return {column: _plain(value) for column, value in row.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str | list | dict) else ENCODER.default(value)


def read(name: str, column: str, values: Iterable[Any], *, hold: bool = False) -> list[Row]:
    """The rows of a table whose column has one of these values, by id; held till the transaction ends if asked."""
    hidden = DERIVED.get(name, ())
    columns = [each for each in table(name).fields if each not in hidden]
    query = sql.SQL("select {} from {} where {} = any(%s) order by id{}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(name),
        sql.Identifier(column),
        sql.SQL(" for update") if hold else sql.SQL(""),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [list(values)])
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def differing(changes: Iterable[Change], *, hold: bool = True) -> list[Change]:
    """Of these changes those whose rows are no longer as before them; the rows are held, by table and id."""
    found = []
    for name, of_table in _by_table(changes).items():
        known = [change for change in of_table if change.before is not None]
        now = {row["id"]: row for row in read(name, "id", sorted(c.key for c in known), hold=hold)} if known else {}
        for change in known:
            row = now.get(change.key)
            if row is None or any(row[column] != value for column, value in (change.before or {}).items()):
                found.append(change)
    return found


def write(changes: Iterable[Change]) -> None:
    """Write changes, a table at a time: what goes, what changes, what is made; their keys are those of the database."""
    for name, of_table in _by_table(changes).items():
        _delete(name, [change.key for change in of_table if change.after is None])
        changed = defaultdict(list)
        for change in of_table:
            if change.before is not None and change.after is not None:
                changed[tuple(sorted(change.after))].append((change.key, change.after))
        for columns, rows in changed.items():
            write_rows(name, ["id", *columns], (), [(key, *(row[c] for c in columns)) for key, row in rows])
        made = [(c.key, c.after) for c in of_table if c.before is None and c.after is not None]
        if made:
            defaults = table(name).defaults
            lines = ((key, *(row.get(c, value) for c, value in defaults.items())) for key, row in made)
            write_rows(name, ["id", *defaults], lines, ())


def _delete(name: str, ids: Sequence[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("delete from {} where id = any(%s)").format(sql.Identifier(name)), [list(ids)])


def highest(names: Iterable[str]) -> dict[str, int]:
    """The highest key of each of these tables."""
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(sql.SQL("select coalesce(max(id), 0) from {}").format(sql.Identifier(name)))
            found[name] = cursor.fetchone()[0]
    return found


def numbered(changes: Sequence[Change]) -> tuple[list[Change], dict[tuple[str, int], int]]:
    """The changes with keys of the database in the place of planned ones, wherever they stand; and which is which."""
    fresh = defaultdict(list)
    for change in changes:
        if change.key < 0:
            fresh[change.table].append(change.key)
    keys: dict[tuple[str, int], int] = {}
    with connection.cursor() as cursor:
        for name, planned in fresh.items():
            wanted = sorted(set(planned), reverse=True)
            cursor.execute(
                "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [name, len(wanted)]
            )
            keys |= {(name, key): pk for key, (pk,) in zip(wanted, cursor.fetchall(), strict=True)}
    return [renumbered(change, keys) for change in changes], keys


def renumbered(change: Change, keys: Mapping[tuple[str, int], int]) -> Change:
    """The change with the keys its rows have in the database."""
    refers = table(change.table).refers

    def real(row: Row | None) -> Row | None:
        if row is None:
            return None
        return {c: keys.get((refers[c], v), v) if c in refers else v for c, v in row.items()}

    key = keys.get((change.table, change.key), change.key)
    return Change(change.table, key, real(change.before), real(change.after))


def joined(changes: Iterable[Change]) -> list[Change]:
    """Changes one after the other as one a row; what comes to nothing is left out."""
    found: dict[tuple[str, int], Change] = {}
    for change in changes:
        at = change.table, change.key
        earlier = found.pop(at, None)
        after = _followed(earlier, change) if earlier else change
        if after is not None:
            found[at] = after
    return list(found.values())


def _followed(first: Change, then: Change) -> Change | None:
    """Two changes of one row as one; None if nothing is left of them."""
    if first.before is None and then.after is None:
        return None
    if first.before is None:
        return Change(first.table, first.key, None, {**(first.after or {}), **(then.after or {})})
    if then.after is None:
        return Change(first.table, first.key, {**(then.before or {}), **first.before}, None)
    before, after = {**(then.before or {}), **first.before}, {**(first.after or {}), **then.after}
    same = {column for column in after if before[column] == after[column]}
    if same == set(after):
        return None
    return Change(
        first.table,
        first.key,
        {c: v for c, v in before.items() if c not in same},
        {c: v for c, v in after.items() if c not in same},
    )


def _by_table(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.table].append(change)
    return dict(sorted(found.items(), key=lambda each: (each[0] == LAST, each[0])))
