"""Questions written out once: SQL that querysets make takes longer to make and to plan than the answer to be found.

A function makes querysets of stand-ins, one for each key, day or word that differs from one time to the next; their
SQL is kept, prepared once by each connection, and asked with what stands in their places.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from psycopg import RawCursor, sql

# Values that nothing else has; of the same kind as what they stand for, so that the SQL is the same.
STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda n: 2_140_000_000 + n,
    date: lambda n: date(9000, 1, 1) + timedelta(n),
    str: lambda n: f"\x01{n}",
    UUID: lambda n: UUID(int=n + 1),
}
PLACE = re.compile("%[s%]")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # by connection: what it knows by now


@dataclass(frozen=True)
class Text:
    """A question as SQL with numbered places, and by which name of what is given each place is filled."""

    name: str
    sql: str
    places: tuple[str, ...]


class Written:
    """A question that a function makes of stand-ins: `(SQL, parameters)`, for each shape it is asked in once.

    `make(*shape, **stand_ins)`: what changes the question itself is its shape; of what is given as a number, a day, a
    word or an id nothing else may be used but to compare it with, in the database.
    """

    def __init__(self, make: Callable[..., tuple[str, Sequence[Any]]], called: str = "") -> None:
        """`called` is part of its name in the database's own log."""
        self.make, self.called = make, called
        self.texts: dict[Hashable, Text] = {}

    def rows(self, *shape: Hashable, **given: Any) -> list[Any]:
        """The rows of the answer. One query."""
        key = (shape, tuple(given))
        text = self.texts.get(key)
        if text is None:
            stand_ins = {name: STAND_INS[type(value)](n) for n, (name, value) in enumerate(given.items())}
            text = self.texts[key] = _text(*self.make(*shape, **stand_ins), stand_ins, self.called)
        return _execute(text, [given[name] for name in text.places])


def as_sql(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """A queryset as `(SQL, parameters)`, for what is written out once."""
    made: tuple[str, tuple[Any, ...]] = rows.query.sql_with_params()
    return made


def _text(made: str, parameters: Sequence[Any], stand_ins: dict[str, Any], called: str) -> Text:
    """SQL in which stand-ins are places, and all else that is a parameter is written out."""
    named = {(type(value), value): name for name, value in stand_ins.items()}
    left: Iterator[Any] = iter(parameters)
    places: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        value = next(left)
        name = named.get((type(value), value)) if isinstance(value, tuple(STAND_INS)) else None
        if name is None:
            return sql.Literal(value).as_string(_driver())
        if name not in places:
            places.append(name)
        return f"${places.index(name) + 1}"

    text = PLACE.sub(put, made)
    name = f"chibo_{called}{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    return Text(name, text, tuple(places))


def _driver() -> Any:
    """The driver's own connection."""
    connection.ensure_connection()
    return connection.connection


def _execute(text: Text, values: list[Any]) -> list[Any]:
    driver = _driver()
    if settings.CHIBO_POOLED:  # what is prepared stays with one of many connections: nobody knows which is next
        return _unprepared(driver, text, values)
    known = _prepared.setdefault(driver, set())
    if text.name not in known:
        driver.execute(f"prepare {text.name} as {text.sql}")
        known.add(text.name)
    with connection.cursor() as cursor:
        marks = f"({', '.join(['%s'] * len(values))})" if values else ""
        cursor.execute(f"execute {text.name}{marks}", values)
        return list(cursor.fetchall())


def _unprepared(driver: Any, text: Text, values: list[Any]) -> list[Any]:
    """The same, planned each time; values as words, so that the database takes them for what they stand beside."""
    words = [None if value is None else str(value) for value in values]
    with connection.wrap_database_errors, RawCursor(driver) as cursor:
        return list(cursor.execute(text.sql.encode(), words).fetchall())
