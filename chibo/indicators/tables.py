"""The tables facts are made of, and the facts themselves, as Ibis sees them: one text for every engine."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.db import models

from chibo.core.late import Late
from chibo.indicators import registry
from chibo.indicators.models import Month

if TYPE_CHECKING:
    from ibis.expr.types import Column, Table, Value

ibis = Late("ibis")

TYPES: list[tuple[type[models.Field[Any, Any]], str]] = [
    (models.AutoField, "int64"),
    (models.IntegerField, "int64"),
    (models.ForeignKey, "int64"),
    (models.BooleanField, "boolean"),
    (models.DateTimeField, "timestamp('UTC')"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
    (models.UUIDField, "uuid"),
    (models.CharField, "string"),
    (models.TextField, "string"),
    (models.JSONField, "json"),
]


def _type_of(field: Any) -> str:
    if isinstance(field, models.GeneratedField):
        field = field.output_field
    if isinstance(field, models.DecimalField):
        return f"decimal({field.max_digits}, {field.decimal_places})"
    for kind, name in TYPES:
        if isinstance(field, kind):
            return name
    raise TypeError(f"No Ibis type for {field}.")


class Tables:
    """Tables by model: `db[Meeting]`, and the calendar `db.months`."""

    def __getitem__(self, model: type[models.Model]) -> Table:
        schema = {field.column: _type_of(field) for field in model._meta.concrete_fields}
        return ibis.table(schema, name=model._meta.db_table)

    @property
    def months(self) -> Table:
        return self[Month]


def facts(
    table: Table, *, unit: Value, day: Value, record: Value, label: Value, numerator: Value | int,
    denominator: Value | int | None = None,
) -> Table:  # fmt: skip
    """One row per record that counts: the unit it is credited to, its one day, its code, and what it adds.

    `numerator` and `denominator` are whole numbers (a truth counts as 1); no denominator is null.
    """
    return table.select(
        unit=unit,
        day=day.cast("date"),
        record=record,
        label=label,
        numerator=_whole(numerator),
        denominator=ibis.null("int64") if denominator is None else _whole(denominator),
    )


def _whole(value: Value | int) -> Value:
    if isinstance(value, int):
        return ibis.literal(value).cast("int64")
    if value.type().is_boolean():
        return ibis.ifelse(value, 1, 0).cast("int64")
    return value.cast("int64")


def held_on(from_on: Column, to_on: Column, day: Column) -> Value:
    """Whether a span `[from_on, to_on)` holds a day."""
    return (from_on <= day) & (to_on.isnull() | (to_on > day))


def whole_years(born_on: Column, day: Column) -> Value:
    """How old someone is on a day, in completed years; born on 29 February, from 1 March on in other years."""
    days: Value = (_ymd(day) - _ymd(born_on)) // 10_000
    return days


def _ymd(day: Column) -> Value:
    """A day as the number 20231231."""
    number: Value = day.year() * 10000 + day.month() * 100 + day.day()
    return number


@functools.cache
def sql_of(code: str) -> str:
    """The facts of an indicator as PostgreSQL, compiled once; a percent sign is doubled, as parameters follow."""
    compiled: str = ibis.to_sql(registry.get(code).facts(Tables()), dialect="postgres")
    return compiled.replace("%", "%%")
