"""Triggers are found as they are registered: pgtrigger looks through all of them for each one that comes.

With seven hundred that is half a million looks, and most of the time it takes the program to start.
"""

from __future__ import annotations

from typing import Any

from pgtrigger import registry


class Registry(registry._Registry):
    """The registry of pgtrigger, with what it asks of all triggers kept beside them."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], Any] = {}
        self._names: set[str] = set()
        super().__init__()

    @property
    def pg_function_names(self) -> set[str]:
        return self._names

    @property
    def by_db_table(self) -> dict[tuple[str, str], Any]:
        return self._tables

    def __setitem__(self, key: str, value: tuple[Any, Any]) -> None:
        super().__setitem__(key, value)  # type: ignore[no-untyped-call]
        model, trigger = value
        self._tables[model._meta.db_table, trigger.name] = trigger
        self._names.add(trigger.get_pgid(model))

    def __delitem__(self, key: str) -> None:
        model, trigger = self[key]
        super().__delitem__(key)  # type: ignore[no-untyped-call]
        self._tables.pop((model._meta.db_table, trigger.name), None)
        self._names.discard(trigger.get_pgid(model))


def install() -> None:
    """Let this registry be the one of pgtrigger, with what it has by now; before models are read."""
    fresh = Registry()
    for key, value in registry._registry.items():
        fresh[key] = value
    registry._registry = fresh
