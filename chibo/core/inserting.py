"""A fresh object written by a statement that is made once for its model: for what is written thousands of times."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, GeneratedField, Model

from chibo.core.prepared import Prepared

Fresh = TypeVar("Fresh", bound=Model)


def insert(fresh: Fresh) -> Fresh:
    """Write an object that has no key yet and all of whose fields are said; it has its key then.

    As `save`, without signals. What the database refuses is raised as by `save`.
    """
    statement, fields = _made(type(fresh))
    database = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(field.pre_save(fresh, True), database) for field in fields]
    ((fresh.pk,),) = statement.rows(values)
    fresh._state.adding, fresh._state.db = False, DEFAULT_DB_ALIAS
    return fresh


@cache
def _made(model: type[Model]) -> tuple[Prepared, list[Field[Any, Any]]]:
    """The statement for a model's rows, and the fields whose values stand in it."""
    quote = connection.ops.quote_name
    fields = [
        each
        for each in model._meta.local_concrete_fields
        if not each.primary_key and not isinstance(each, GeneratedField)
    ]
    columns = ", ".join(quote(str(each.column)) for each in fields)
    places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
    key = quote(str(model._meta.pk.column))
    text = f"insert into {quote(model._meta.db_table)} ({columns}) values ({places}) returning {key}"
    return Prepared(text, f"{model._meta.db_table}_"), fields
