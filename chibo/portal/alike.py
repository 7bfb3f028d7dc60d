"""A question that everyone of the same kind asks alike, written out once.

A desk's was made anew for each reader, and that took four times as long as to answer it.

It is made for stand-ins: of the reader, of what they hold and of the unit, of a day. Paths are made of stand-ins for
their units, so what lies below what stays so. Made for several days, it tells by itself how each value follows from
what is given; what does not is made anew each time, as before.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.utils.translation import get_language
from psycopg import sql
from psycopg.types.json import Jsonb

from chibo.accounts.models import User
from chibo.core.prepared import Prepared
from chibo.core.written import as_sql
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Held, Rights

Make = Callable[[Rights, Any, Unit, date], QuerySet[Any, Any]]
FIRST = 2_140_000_000  # stand-ins of keys begin here; no table is that long
KEY = re.compile(r"(?<!\d)214\d{7}(?!\d)")
DAYS = ((2104, 5), (2111, 17), (2117, 28))  # a year and a day: in each, other days follow from the day of a month
MOST = 200  # kinds of readers that are known at once
PREPARED = 40  # of them, the first that come: each takes 2.5 MB of every connection
YEAR, AWAY = re.compile(r"(?<!\d)\d{4}(?!\d)"), re.compile(r"<(-?\d+)>")
PLACE = re.compile("%[s%]")
# What lies below a path, asked with `like`: of a value that is not known when it is planned, no index finds that.
BELOW, BELOW_PATH = re.compile(r"""([\w."]+)(?:::text)? like $""", re.IGNORECASE), re.compile(r"(\d+/)+%")
UNKNOWN: Any = object()


class Unsaid(Exception):
    """A value that follows from what is given in no way known here."""


@dataclass(frozen=True)
class Given:
    """What a question is asked of: keys by their stand-ins, and the day."""

    keys: dict[int, int]
    today: date


Value = Callable[[Given], Any]


@dataclass(frozen=True)
class Text:
    """A question as SQL with places, and what stands in each."""

    sql: str
    values: tuple[Value, ...]
    below: frozenset[int]  # places, from 1 on, of what lies below a unit
    prepared: Prepared


class Alike:
    """A question that `make` makes of rights, user, unit and day, without asking the database.

    Of the user it is told the key alone, of the unit its key, path and kind.
    """

    def __init__(self, make: Make) -> None:
        self.make = make
        self.texts: dict[Hashable, Text | None] = {}
        self.prepared: set[Hashable] = set()
        self.of_country: dict[Hashable, tuple[list[Any], Prepared]] = {}  # with the paths it was written for

    def rows(self, rights: Rights, user: Any, unit: Unit, today: date) -> list[tuple[Any, ...]]:
        """The rows of the answer. One query.

        It is prepared and planned once, as to plan it takes up to ten times as long as to answer it. Of the whole
        country the paths are part of it: that so many are below decides how it is best answered.
        """
        kind, keys = _kind(rights, user, unit, today)
        text: Text | None = self.texts.get(kind, UNKNOWN)
        if text is UNKNOWN:
            text = self._written(rights, user, unit, today, keys)
            if len(self.texts) >= MOST:  # which other threads may do at the same moment
                self.texts.clear()
                self.prepared.clear()
                self.of_country.clear()
            self.texts[kind] = text
            if len(self.prepared) < PREPARED:
                self.prepared.add(kind)
        if text is None:
            return list(self.make(rights, user, unit, today))
        given = Given({stand_in: key for key, stand_in in keys.items()}, today)
        values = [value(given) for value in text.values]
        if kind in self.prepared:
            if unit.kind != Kind.CENTRAL:
                return text.prepared.rows(values)
            paths, rest = _parted(values, text.below)
            known = self.of_country.get(kind)
            if known is None:
                known = self.of_country[kind] = paths, _prepared(text.sql, text.below, paths)
            if known[0] == paths:
                return known[1].rows(rest)
        with connection.cursor() as cursor:
            cursor.execute(text.sql, values)
            return list(cursor.fetchall())

    def _written(self, rights: Rights, user: Any, unit: Unit, today: date, keys: dict[int, int]) -> Text | None:
        """The question of one kind; None where it can't be written out."""
        stood = _stand_ins(rights, user, unit, keys)
        try:
            with connection.execute_wrapper(_nothing_is_asked):
                days = [date(year, today.month, day) for year, day in DAYS]
                return _text([as_sql(self.make(*stood, day)) for day in days], days)
        except (Unsaid, ValueError, KeyError) as why:  # also lists that are longer on some days
            logging.getLogger(__name__).warning("A question is made anew each time: %s", why)
            return None


def _kind(rights: Rights, user: Any, unit: Unit, today: date) -> tuple[Hashable, dict[int, int]]:
    """What makes readers ask alike, and the stand-ins of all keys among what is given."""
    keys: dict[int, int] = {}

    def stand_in(key: int) -> int:
        return keys.setdefault(key, FIRST + len(keys)) if key else key

    def line(path: str) -> tuple[int, ...]:
        return tuple(map(stand_in, _steps(path)))

    held = tuple(
        (each.role, line(each.path), stand_in(each.unit_id), each.reach, bool(each.grant_id), stand_in(-each.lender_id))
        for each in rights.held
    )
    return (get_language(), today.month, held, line(unit.path), unit.kind, stand_in(-user.pk)), keys


def _steps(path: str) -> list[int]:
    return [int(step) for step in path.split("/") if step]


def _stand_ins(rights: Rights, user: Any, unit: Unit, keys: dict[int, int]) -> tuple[Rights, Any, Unit]:
    """Rights, user and unit of which nothing is true but how they stand to each other. People's keys are negative."""

    def path(real: str) -> str:
        return "".join(f"{keys[step]}/" for step in _steps(real))

    held = tuple(
        Held(
            each.role, path(each.path), keys.get(each.unit_id, each.unit_id), "", each.reach, each.grant_id and 1,
            keys.get(-each.lender_id, 0),
        )
        for each in rights.held
    )  # fmt: skip
    said = {"id": keys[unit.pk], "path": path(unit.path), "kind": unit.kind}
    in_order = [each.attname for each in Unit._meta.concrete_fields if each.attname in said]
    stands = Unit.from_db(DEFAULT_DB_ALIAS, in_order, [said[name] for name in in_order])
    return Rights(held), User.from_db(DEFAULT_DB_ALIAS, ["id"], [keys[-user.pk]]), stands


def _nothing_is_asked(_ask: Any, asked: str, *_given: Any) -> Any:
    raise Unsaid(f"the database was asked while it was made: {asked[:200]}")


def _text(made: Sequence[tuple[str, Sequence[Any]]], days: Sequence[date]) -> Text:
    """One text of the same question made for each day."""
    texts = {text for text, _values in made}
    if len(texts) > 1 or len({len(values) for _text, values in made}) > 1:
        raise Unsaid("it is put otherwise on other days")
    said_of_each = iter(list(zip(*(values for _text, values in made), strict=True)))
    values: list[Value] = []
    are_below: set[int] = set()

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return found[0]
        said = next(said_of_each)
        value = _value(said, days)
        if value is None:
            return _literal(said[0]).replace("%", "%%")
        values.append(value)
        if isinstance(said[0], str) and BELOW_PATH.fullmatch(said[0]):
            are_below.add(len(values))
        return found[0]

    connection.ensure_connection()
    text = PLACE.sub(put, texts.pop())
    return Text(text, tuple(values), frozenset(are_below), _prepared(text, are_below))


def _parted(values: Sequence[Any], below: Set[int]) -> tuple[list[Any], list[Any]]:
    """Values in some places, counted from 1 on, and those in the others."""
    parts: tuple[list[Any], list[Any]] = [], []
    for place, value in enumerate(values, 1):
        parts[place not in below].append(value)
    return parts


def _prepared(text: str, are_below: Set[int], paths: Sequence[str] = ()) -> Prepared:
    return Prepared(_numbered(text, are_below, paths), "desk_", is_planned_once=True)


def _numbered(text: str, are_below: Set[int], paths: Sequence[str] = ()) -> str:
    """The text with numbered places, for which an index finds what lies below some of them; or with those paths."""
    parts, places, numbers, said = [""], count(1), count(1), iter(paths)
    for part in re.split("(%[s%])", text):
        if part != "%s":
            parts.append("%" if part == "%%" else part)
            continue
        is_below = next(places) in are_below
        if is_below and paths:
            parts.append(_literal(next(said)))
            continue
        place = next(numbers)
        path = BELOW.search(parts[-1]) if is_below else None
        if path is None:
            parts.append(f"${place}")
        else:
            parts[-1] = parts[-1][: path.start()]
            parts.append(f"({path[1]} ~>=~ left(${place}, -1) and {path[1]} ~<~ (left(${place}, -2) || '0'))")
    return "".join(parts)


def _value(said: Sequence[Any], days: Sequence[date]) -> Value | None:
    """How a value follows from what is given, by what it was for each day; None of what is the same for everyone."""
    first = said[0]
    if isinstance(first, date):
        return _day(said, days)
    if isinstance(first, list | tuple):
        each = [_value(one, days) for one in zip(*said, strict=True)]
        if not any(each):
            return None
        return lambda given: [one if value is None else value(given) for one, value in zip(first, each, strict=True)]
    literals = {_literal(each) for each in said}
    if len(literals) > 1:
        return _year(said, days)
    if not KEY.search(literals.pop()):
        return None
    if isinstance(first, int):
        return lambda given: abs(given.keys[first])
    if isinstance(first, str):
        return lambda given: _with_keys(first, given)
    if isinstance(first, Jsonb):
        told = json.dumps(first.obj)
        return lambda given: Jsonb(json.loads(_with_keys(told, given)))
    raise Unsaid(f"a key is hidden in {first}")


def _year(said: Sequence[Any], days: Sequence[date]) -> Value:
    """A number or a text in which years are said: that of the day, or some years away."""
    first = said[0]
    if not isinstance(first, int | str):
        raise Unsaid(f"{said} does not follow from the day")

    def away(year: int) -> Callable[[re.Match[str]], str]:
        return lambda found: f"<{int(found[0]) - year}>"

    told = {YEAR.sub(away(day.year), str(each)) for each, day in zip(said, days, strict=True)}
    if len(told) > 1:
        raise Unsaid(f"{said} does not follow from the day")
    text, kind = told.pop(), type(first)
    return lambda given: kind(AWAY.sub(lambda found: str(given.today.year + int(found[1])), text))


def _with_keys(text: str, given: Given) -> str:
    """A text with the keys for which stand-ins are in it: a path, a pattern."""
    return KEY.sub(lambda found: str(abs(given.keys[int(found[0])])), text)


def _literal(value: Any) -> str:
    """A value as it is written in SQL."""
    return sql.Literal(value).as_string(connection.connection)


def _day(said: Sequence[Any], days: Sequence[date]) -> Value | None:
    """How a day follows from the day it is."""
    if all(each == said[0] for each in said):
        return None
    if not all(type(each) is date for each in said):
        raise Unsaid(f"moments are not reckoned with: {said}")
    same = set.intersection(*(set(_ways(today, each)) for today, each in zip(days, said, strict=True)))
    if not same:
        raise Unsaid(f"{said} follow from no day as it is told")
    what, n = min(same)  # of a month, several may come to the same
    return lambda given: STEPS[what](given.today, n)


def _ways(today: date, day: date) -> Iterator[tuple[str, int]]:
    """In which ways a day may follow from another one."""
    yield "days", (day - today).days
    for what in STEPS.keys() - {"days"}:
        yield from ((what, n) for n in range(-FAR, FAR + 1) if STEPS[what](today, n) == day)


def _month(day: date, n: int) -> date:
    """The first day of the month so many months away."""
    months = day.year * 12 + day.month - 1 + n
    return date(months // 12, months % 12 + 1, 1)


FAR = 40  # months, quarters or years
STEPS: dict[str, Callable[[date, int], date]] = {
    "days": lambda day, n: day + timedelta(n),
    "month": _month,
    "month_end": lambda day, n: _month(day, n + 1) - timedelta(1),
    "quarter": lambda day, n: _month(day, 3 * n - (day.month - 1) % 3),
    "quarter_end": lambda day, n: _month(day, 3 * n + 3 - (day.month - 1) % 3) - timedelta(1),
    "year": lambda day, n: date(day.year + n, 1, 1),
    "year_end": lambda day, n: date(day.year + n, 12, 31),
}
