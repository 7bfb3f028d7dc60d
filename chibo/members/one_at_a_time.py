"""Spells of membership of one person never overlap: looked at when a transaction ends, by whatever way they came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])

# The person is held first, so that of two writers the second sees what the first wrote.
LOOK = """
PERFORM FROM members_person WHERE id = {person} FOR NO KEY UPDATE;
IF EXISTS (
  SELECT FROM (
    SELECT m.joined_on, m.number, row_number() OVER spells AS place,
      lag(coalesce(d.on, 'infinity')) OVER spells AS left_on
    FROM members_membership m LEFT JOIN members_departure d ON d.membership_id = m.id
    WHERE m.person_id = {person} WINDOW spells AS (ORDER BY m.joined_on, m.number)
  ) s WHERE s.number <> s.place OR s.left_on > s.joined_on
) THEN
  RAISE EXCEPTION 'Spells of membership of one person overlap, or are not numbered in their order.'
    USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'membership_one_at_a_time';
END IF;
"""


def one_at_a_time(person: str, columns: Sequence[str], *, first: str = "") -> Callable[[M], M]:
    """Have the spells of a person looked at, at commit, when these columns of a model's rows change or a row goes.

    `person` says whose they are; `{row}` stands for the row. With `first`, the column that numbers them, also when a
    row comes that isn't a person's first: of a first one nothing has to be asked, which keeps loads fast.
    """
    whose = person if "{row}" in person else "{row}." + person

    def look(*rows: str) -> str:
        return " ".join("".join(LOOK.format(person=whose.format(row=row)) for row in rows).split()) + " RETURN NULL;"

    changes: Any = pgtrigger.AnyChange
    operations: dict[str, tuple[Any, Any, str]] = {
        "change": (pgtrigger.Update, changes(*columns), look("OLD", "NEW")),
        "go": (pgtrigger.Delete, None, look("OLD")),
    }
    if first:
        operations["come"] = (pgtrigger.Insert, pgtrigger.Q(**{f"new__{first}__gt": 1}), look("NEW"))

    def add(model: M) -> M:
        for verb, (operation, condition, func) in operations.items():
            trigger = pgtrigger.Trigger(
                name=f"one_at_a_time_{verb}", level=pgtrigger.Row, when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=operation, condition=condition, func=func,
            )  # fmt: skip
            pgtrigger.register(trigger)(model)
        return model

    return add
