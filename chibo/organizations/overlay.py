"""The records as they would be: rows of the database with what is planned laid over them; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chibo.organizations.rows import Change, Row, joined, read, table

UNIT, LINK, NAME, KIND, LIMIT = (
    "organizations_unit", "organizations_parentlink", "organizations_unitname", "organizations_unitkind",
    "organizations_threshold",
)  # fmt: skip


class Overlay:
    """Rows by table, read when they are first asked for, many at once where that is known before; later plans see
    what earlier ones made."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, Row]] = defaultdict(dict)
        self._gone: dict[str, set[int]] = defaultdict(set)
        self._read: dict[tuple[str, str], set[Any]] = defaultdict(set)
        self._by: dict[tuple[str, str], dict[Any, set[int]]] = {}
        self._columns: dict[str, set[str]] = defaultdict(set)
        self._next: dict[str, int] = defaultdict(int)
        self._journal: list[Change] = []

    # Reading

    def read(self, name: str, column: str, values: Iterable[Any]) -> None:
        """Have the rows with these values of a column at hand: one query for those not yet read."""
        at = name, column
        self._index(at)
        wanted = {value for value in values if value is not None} - self._read[at]
        self._read[at] |= wanted
        asked = [value for value in wanted if not (isinstance(value, int) and value < 0)]
        if not asked:
            return
        for row in read(name, column, asked):
            if row["id"] not in self._rows[name] and row["id"] not in self._gone[name]:
                self._put(name, row)

    def find(self, name: str, column: str, value: Any) -> list[Row]:
        """The rows of a table with a value in a column, by id, the planned ones last."""
        self.read(name, column, [value])
        ids = self._by[name, column].get(value, ())
        return [self._rows[name][pk] for pk in sorted(ids, key=lambda pk: (pk < 0, abs(pk)))]

    def get(self, name: str, pk: int) -> Row:
        """A row by its key; KeyError if there is none."""
        if pk not in self._rows[name]:
            self.read(name, "id", [pk])
        return self._rows[name][pk]

    # Planning

    def change(self, name: str, pk: int, /, **values: Any) -> None:
        """Plan other values for a row."""
        row = self.get(name, pk)
        after = {column: value for column, value in values.items() if row[column] != value}
        if after:
            self._journal.append(Change(name, pk, {column: row[column] for column in after}, after))
            self._lay(self._journal[-1])

    def add(self, name: str, /, **values: Any) -> int:
        """Plan a row; its key, below 0 until the database gives it one."""
        self._next[name] -= 1
        pk = self._next[name]
        defaults = {c: v for c, v in table(name).defaults.items() if c != "path"}
        self._journal.append(Change(name, pk, None, defaults | values))
        self._lay(self._journal[-1])
        return pk

    def take(self, name: str, pk: int) -> None:
        """Plan that a row goes."""
        row = {column: value for column, value in self.get(name, pk).items() if column != "id"}
        self._journal.append(Change(name, pk, row, None))
        self._lay(self._journal[-1])

    @property
    def mark(self) -> int:
        """Where the journal of what is planned stands."""
        return len(self._journal)

    def since(self, mark: int) -> list[Change]:
        """What was planned since, one change a row."""
        return joined(self._journal[mark:])

    def back(self, mark: int) -> None:
        """Let what was planned since never have been."""
        while len(self._journal) > mark:
            self._lay(self._journal.pop().inverse)

    def lay(self, changes: Sequence[Change]) -> None:
        """Plan changes that are known already."""
        known: dict[str, list[int]] = defaultdict(list)
        for change in changes:
            if change.before is not None:
                known[change.table].append(change.key)
        for name, keys in known.items():
            self.read(name, "id", keys)
        for change in changes:
            self._journal.append(change)
            self._lay(change)

    # Keeping the indexes

    def _lay(self, change: Change) -> None:
        rows = self._rows[change.table]
        row = rows.get(change.key)
        if row is not None:
            self._drop(change.table, row)
        if change.after is None:
            self._gone[change.table].add(change.key)
            return
        self._gone[change.table].discard(change.key)
        self._put(change.table, {**(row or {}), "id": change.key, **change.after})

    def _put(self, name: str, row: Row) -> None:
        self._rows[name][row["id"]] = row
        for column in self._columns[name]:
            self._by[name, column].setdefault(row[column], set()).add(row["id"])

    def _drop(self, name: str, row: Row) -> None:
        del self._rows[name][row["id"]]
        for column in self._columns[name]:
            self._by[name, column][row[column]].discard(row["id"])

    def _index(self, at: tuple[str, str]) -> None:
        if at in self._by:
            return
        name, column = at
        self._by[at] = {}
        self._columns[name].add(column)
        for pk, row in self._rows[name].items():
            self._by[at].setdefault(row[column], set()).add(pk)


class Tree(Overlay):
    """The tree as it would be: units with their chains of parents, names and kinds."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = today

    def units(self, codes: Iterable[str]) -> None:
        """Have units at hand by code, with all that is above and directly below them: a few queries for any number."""
        self.read(UNIT, "code", codes)
        ids = [row["id"] for code in codes for row in self.find(UNIT, "code", code)]
        for name in (LINK, NAME, KIND):
            self.read(name, "unit_id", ids)
        self.read(LINK, "parent_id", ids)
        below = [row["unit_id"] for pk in ids for row in self.find(LINK, "parent_id", pk)]
        self.read(UNIT, "id", below)
        self.read(LINK, "unit_id", below)
        self.read(KIND, "unit_id", below)
        while above := {row["parent_id"] for pk in ids for row in self.find(LINK, "unit_id", pk)} - set(ids):
            self.read(UNIT, "id", above)
            self.read(LINK, "unit_id", above)
            ids = sorted(above)

    def unit(self, code: str) -> Row | None:
        """The unit of a code."""
        found = self.find(UNIT, "code", code)
        return found[0] if found else None

    def last(self, name: str, pk: int) -> Row | None:
        """The row of a unit's chain that holds still."""
        return next((row for row in self.find(name, "unit_id", pk) if row["to_on"] is None), None)

    def parent(self, pk: int) -> Row | None:
        """The unit above one, as it would stand at the end."""
        link = self.last(LINK, pk)
        return self.get(UNIT, link["parent_id"]) if link else None

    def above(self, pk: int, since: date) -> list[int]:
        """Ids of the units that would stand above one on a day or later, the nearest first."""
        line: list[int] = []
        ahead = [pk]
        while ahead:
            found = [
                link["parent_id"]
                for unit in ahead
                for link in self.find(LINK, "unit_id", unit)
                if link["to_on"] is None or link["to_on"] > since
            ]
            ahead = [each for each in dict.fromkeys(found) if each not in line]
            line += ahead
        return line

    def children(self, pk: int, day: date) -> list[Row]:
        """Units that would stand under one and be open on a day or later."""
        links = self.find(LINK, "parent_id", pk)
        found = {link["unit_id"] for link in links if link["to_on"] is None or link["to_on"] > day}
        self.read(UNIT, "id", found)
        rows = [self.get(UNIT, child) for child in sorted(found, key=lambda pk: (pk < 0, abs(pk)))]
        return [row for row in rows if row["closed_on"] is None or row["closed_on"] > day]

    def is_open(self, unit: Row, day: date) -> bool:
        """Whether a unit would be open on a day."""
        if unit["founded_on"] > day or (unit["closed_on"] is not None and unit["closed_on"] <= day):
            return False
        return self.kind_on(unit, day) != ""

    def kind_on(self, unit: Row, day: date) -> str:
        """Of what kind a unit would be on a day."""
        for row in self.find(KIND, "unit_id", unit["id"]):
            if row["from_on"] <= day and (row["to_on"] is None or row["to_on"] > day):
                return str(row["kind"])
        return str(unit["kind"])

    def limit(self, code: str, day: date) -> int:
        """The number that a limit asks for on a day; 0 where there is none."""
        for row in self.find(LIMIT, "code", code):
            if row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] > day):
                return int(row["value"])
        return 0

    def go_on(self, name: str, unit: int, on: date, /, **values: Any) -> None:
        """Plan the next row of a unit's chain; one that begins the same day says the new values instead."""
        last = self.last(name, unit)
        if last is None:
            raise KeyError(f"{name} of {unit}")
        if last["from_on"] == on:
            self.change(name, last["id"], **values)
            return
        self.change(name, last["id"], to_on=on)
        self.add(name, unit_id=unit, from_on=on, to_on=None, prev_to=on, **values)
