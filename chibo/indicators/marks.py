"""Marks of what changed, written by triggers in the writer's own transaction: nothing changes facts around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def of_grain(subject: str, grain: str) -> str:
    """What a mark names that only the figures of a subject hear which are said of no less than a quarter, or a year."""
    return subject if grain == "month" else f"{subject}/{grain}"


def marks(subject: str, columns: Sequence[str], select: str, *, of_grains: bool = False) -> Callable[[M], M]:
    """Have every statement that changes these columns of a model's rows mark the units and days they concern.

    `select` yields (unit, from_on, to_on) from `{rows}`, the rows as they were and as they are; days are `[from, to)`,
    null means without end. `subject` is the app whose indicators the rows feed, empty for all. A fourth column, where
    `of_grains`, says of which grain the figures are that have facts on those days: no other hears the mark.
    """
    listed = ", ".join(columns)
    old, new = f"select {listed} from old_rows", f"select {listed} from new_rows"
    rows = {
        "insert": new,
        "delete": old,
        "update": f"({old} except all {new}) union all ({new} except all {old})",
    }
    referencing: Any = pgtrigger.Referencing
    told = f"'{subject}' || x.grain" if of_grains else f"'{subject}'"
    grain = ", grain" if of_grains else ""
    operations = {
        "insert": (pgtrigger.Insert, referencing(new="new_rows")),
        "delete": (pgtrigger.Delete, referencing(old="old_rows")),
        "update": (pgtrigger.Update, referencing(old="old_rows", new="new_rows")),
    }

    def add(model: M) -> M:
        for verb, (operation, rows_named) in operations.items():
            found = " ".join(select.split()).replace("{rows}", f"({rows[verb]})")
            trigger = pgtrigger.Trigger(
                name=f"mark_{verb}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=rows_named,
                func=(
                    "INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) "
                    f"SELECT DISTINCT x.unit_id, x.from_on, x.to_on, {told} "
                    f"FROM ({found}) AS x(unit_id, from_on, to_on{grain}); RETURN NULL;"
                ),
            )
            pgtrigger.register(trigger)(model)
        return model

    return add
