"""Spans of days `[from_on, to_on)`, dated rows of which no two may hold at once, and how the database sees to it."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

EVER = date(1, 1, 1)  # the beginning of a span that has none


def holding(day: date, prefix: str = "") -> Q:
    """Rows whose span holds the day; `prefix` walks to them, as in `stays__`."""
    begun = Q(**{f"{prefix}from_on__lte": day})
    return begun & (Q(**{f"{prefix}to_on": None}) | Q(**{f"{prefix}to_on__gt": day}))


def chain(name: str, *of: str) -> list[Any]:
    """Constraints that make a model's rows one chain without gap or overlap for each `of`.

    The model has `from_on`, `to_on` (null: still) and `prev_to` (null: the first). Each row but the first begins the
    day its predecessor ends: that predecessor exists by the foreign key that `chain_key` adds, is one row only as
    `(of, to_on)` is unique, and has one successor only as `(of, prev_to)` is unique.
    """
    return [
        models.UniqueConstraint(fields=[*of, "to_on"], nulls_distinct=False, name=f"{name}_one_end"),
        models.UniqueConstraint(fields=[*of, "prev_to"], nulls_distinct=False, name=f"{name}_one_begin"),
        models.CheckConstraint(condition=Q(prev_to=None) | Q(prev_to=F("from_on")), name=f"{name}_no_gap"),
        models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name=f"{name}_some_day"),
    ]


def chain_key(table: str, *of: str) -> tuple[str, str]:
    """SQL that adds the chain's foreign key, checked at commit, and SQL that takes it away."""
    columns = ", ".join(of)
    add = (
        f"alter table {table} add constraint {table}_chain foreign key ({columns}, prev_to)"
        f" references {table} ({columns}, to_on) deferrable initially deferred"
    )
    return add, f"alter table {table} drop constraint {table}_chain"
