"""The rows of several small querysets in one question: for a page that shows a little of many tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import GeneratedField, Model, QuerySet

from chibo.core.written import Written

Rows = Iterable[tuple[str, str]]
Kind = tuple[type[Model] | None, Sequence[str]]


def together(found: Mapping[str, QuerySet[Any]]) -> dict[str, list[Any]]:
    """The objects of each queryset under its name, in its rising order by fields of its own. One query.

    A queryset asks for objects of its own table alone, whole or but for fields it defers: no `select_related`, no
    annotation. Of `values` it gives dicts, as JSON tells them, in no order. All rows are held in memory.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_sql(found))
        return _objects(_told(found), cursor.fetchall())


class Question:
    """The same, of querysets that a function makes of stand-ins: written out once, asked again and again.

    `asks(*shape, **stand_ins)` is a function as `core.written` tells of it.
    """

    def __init__(self, asks: Callable[..., Mapping[str, QuerySet[Any]]]) -> None:
        self.asks = asks
        self.told: dict[Hashable, Mapping[str, Kind]] = {}
        self.written = Written(self._make)

    def ask(self, *shape: Hashable, **given: Any) -> dict[str, list[Any]]:
        """The objects by name. One query."""
        rows = self.written.rows(*shape, **given)
        return _objects(self.told[shape], rows)

    def _make(self, *shape: Hashable, **stand_ins: Any) -> tuple[str, Sequence[Any]]:
        found = self.asks(*shape, **stand_ins)
        self.told[shape] = _told(found)
        return _sql(found)


def _told(found: Mapping[str, QuerySet[Any]]) -> dict[str, Kind]:
    """Of what each queryset asks, nothing where it is of values, and in which order."""
    return {
        name: (None, []) if each.query.values_select else (each.model, list(map(str, each.query.order_by)))
        for name, each in found.items()
    }


def _sql(found: Mapping[str, QuerySet[Any]]) -> tuple[str, Sequence[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    for name, queryset in found.items():
        sql, its = queryset.query.sql_with_params()
        parts.append(f"select '{name}', to_jsonb(r)::text from ({sql}) r")
        params += its
    return " union all ".join(parts), params


def _objects(told: Mapping[str, Kind], rows: Rows) -> dict[str, list[Any]]:
    objects: dict[str, list[Any]] = {name: [] for name in told}
    for name, said in rows:
        model, row = told[name][0], json.loads(said)
        objects[name].append(row if model is None else _made(model, row))
    for name, (_model, order) in told.items():
        for field in reversed(order):
            objects[name].sort(key=attrgetter(field))
    return objects


@cache
def _fields(model: type[Model], told: tuple[str, ...]) -> tuple[list[str], list[tuple[str, Callable[[Any], Any]]]]:
    """The names of a model's fields of which a row tells, and its columns, each with how its values are made."""
    fields = [field for field in model._meta.concrete_fields if field.column in told]
    plain = [(isinstance(field, GeneratedField) and field.output_field) or field for field in fields]
    columns: list[tuple[str, Callable[[Any], Any]]] = [
        (str(field.column), kind.to_python) for kind, field in zip(plain, fields, strict=True)
    ]
    return [field.attname for field in fields], columns


def _made(model: type[Model], said: Mapping[str, Any]) -> Any:
    """An object of the row that was told as JSON."""
    names, columns = _fields(model, tuple(said))
    return model.from_db(DEFAULT_DB_ALIAS, names, [make(said[column]) for column, make in columns])
