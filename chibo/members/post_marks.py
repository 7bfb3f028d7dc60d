"""Marks of posts from which other roles may follow now, written by triggers: no way of writing goes around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def marks_posts(subject: str, columns: Sequence[str], select: str) -> Callable[[M], M]:
    """Have every statement that changes these columns of a model's rows mark what `select` finds of a subject.

    The subject is "post", "person", "unit" or "rule"; which posts are theirs is asked only when nobody else derives.
    `{rows}` stands for the rows as they were and as they are. `post_roles` takes the marks before the action ends.
    """
    listed = ", ".join(columns)
    old, new = f"select {listed} from old_rows", f"select {listed} from new_rows"
    rows = {
        "insert": new,
        "delete": old,
        "update": f"({old} except all {new}) union all ({new} except all {old})",
    }
    referencing: Any = pgtrigger.Referencing
    operations = {
        "insert": (pgtrigger.Insert, referencing(new="new_rows")),
        "delete": (pgtrigger.Delete, referencing(old="old_rows")),
        "update": (pgtrigger.Update, referencing(old="old_rows", new="new_rows")),
    }

    def add(model: M) -> M:
        for verb, (operation, rows_named) in operations.items():
            found = " ".join(select.split()).replace("{rows}", f"({rows[verb]})")
            trigger = pgtrigger.Trigger(
                name=f"roles_{verb}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=rows_named,
                func=(
                    "INSERT INTO members_postmark (subject, number) "
                    f"SELECT DISTINCT '{subject}', x.number FROM ({found}) AS x(number); RETURN NULL;"
                ),
            )
            pgtrigger.register(trigger)(model)
        return model

    return add
