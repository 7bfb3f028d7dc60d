"""Migrations on an empty database in seconds: what did not change is not made again.

Django renders, for each step of a migration, every model that hangs together with the one that changes; here all do, by
the unit and the person. Only the changed model is needed to write its SQL, so only it is rendered; before a step in
Python, which may go from any model to any other, all are made anew. ADR 0021.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations.operations import RenameField, RenameModel, RunPython
from django.db.migrations.state import ProjectState

SPREADING = (RenameModel, RenameField)  # steps that change other models too: with one of them pending, all is as ever


def _only_itself(_state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    return {(app_label, model_name)}


def _run_python(self: RunPython, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: Any) -> None:
    from_state.__dict__.pop("apps", None)
    _as_ever(self, app_label, schema_editor, from_state, to_state)


_as_ever = RunPython.database_forwards


@contextmanager
def rendering_little() -> Iterator[None]:
    """While it lasts, a step of a migration renders the model that it changes, and no other."""
    with (
        patch.object(ProjectState, "_find_reload_model", _only_itself),
        patch.object(RunPython, "database_forwards", _run_python),
    ):
        yield
