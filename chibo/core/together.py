"""The rows of several small querysets in one question: for a page that shows a little of many tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import GeneratedField, Model, QuerySet


def together(found: Mapping[str, QuerySet[Any]]) -> dict[str, list[Any]]:
    """The objects of each queryset under its name, in its rising order by fields of its own. One query.

    A queryset asks for whole objects, of its own table alone: no `select_related`, no annotation. All rows are held
    in memory.
    """
    parts, params = [], []
    for name, queryset in found.items():
        sql, its = queryset.query.sql_with_params()
        parts.append(f"select %s, to_jsonb(r) from ({sql}) r")
        params += [name, *its]
    objects: dict[str, list[Any]] = {name: [] for name in found}
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), params)
        for name, said in cursor.fetchall():
            objects[name].append(_made(found[name].model, json.loads(said)))
    for name, queryset in found.items():
        for field in reversed(queryset.query.order_by):
            objects[name].sort(key=attrgetter(str(field)))
    return objects


def _made(model: type[Model], said: Mapping[str, Any]) -> Any:
    """An object of the row that was told as JSON."""
    fields = model._meta.concrete_fields
    plain = [(isinstance(field, GeneratedField) and field.output_field) or field for field in fields]
    values = [kind.to_python(said[str(field.column)]) for kind, field in zip(plain, fields, strict=True)]
    return model.from_db(connection.alias, [field.attname for field in fields], values)
