"""One dict per life cycle says which state may follow which; `move` refuses the rest."""

from collections.abc import Mapping, Set
from typing import Any


class NotAllowed(Exception):
    """The change is not one that may follow from where the record stands."""


def move(record: Any, to: str, field: str = "status", **also: Any) -> None:
    """Put a locked record into its next state and save that; NotAllowed if it can't follow.

    The record's class carries TRANSITIONS, a mapping from each state to the set that may follow. `also` are fields
    that change with the state, saved in the same statement.
    """
    transitions: Mapping[str, Set[str]] = record.TRANSITIONS
    now = getattr(record, field)
    if to not in transitions[now]:
        raise NotAllowed(f"{type(record).__name__} {record.pk}: {to} can't follow {now}.")
    for name, value in {field: to, **also}.items():
        setattr(record, name, value)
    record.save(update_fields=[field, *also])
