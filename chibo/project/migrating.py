"""Migrations on an empty database in seconds: what did not change is not made again.

Django renders, for each step of a migration, every model that hangs together with the one that changes; here all do, by
the unit and the person. Only the changed model is needed to write its SQL, so only it is rendered; before a step in
Python, which may go from any model to any other, all are made anew. ADR 0021.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from django.apps import apps
from django.apps.registry import Apps
from django.db import router
from django.db.migrations.operations import RenameField, RenameModel, RunPython
from django.db.migrations.state import AppConfigStub, ProjectState, StateApps
from django.utils.functional import SimpleLazyObject

SPREADING = (RenameModel, RenameField)  # steps that change other models too: with one of them pending, all is as ever


def _only_itself(_state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    return {(app_label, model_name)}


def _run_python(self: RunPython, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: Any) -> None:
    def all_anew() -> Any:
        from_state.__dict__.pop("apps", None)
        return from_state.apps

    if router.allow_migrate(schema_editor.connection.alias, app_label, **self.hints):
        self.code(cast(Any, SimpleLazyObject(all_anew)), schema_editor)  # many a step asks for no model at all


class _Models(dict[Any, Any]):
    """The models of a state that shares them with another one: which is taken is copied, as it may be changed."""

    def __init__(self, models: dict[Any, Any]) -> None:
        super().__init__(models)
        self.own: set[Any] = set()

    def __getitem__(self, key: Any) -> Any:
        if key not in self.own:
            self[key] = super().__getitem__(key).clone()
        return super().__getitem__(key)

    def __setitem__(self, key: Any, model: Any) -> None:
        self.own.add(key)
        super().__setitem__(key, model)


def _cloned_state(self: ProjectState) -> ProjectState:
    clone = ProjectState(models=_Models(self.models), real_apps=self.real_apps)
    self.models = _Models(self.models)
    if "apps" in self.__dict__:
        clone.apps = self.apps.clone()
    clone.is_delayed = self.is_delayed
    return clone


def _cloned_apps(self: Any) -> StateApps:
    clone: Any = StateApps([], {})
    for label, models in self.all_models.items():
        clone.all_models[label] = dict(models)
    for label in self.app_configs:
        config = clone.app_configs[label] = AppConfigStub(label)
        config.apps = clone
        config.import_models()
    clone.real_models = self.real_models
    return cast(StateApps, clone)


def _swappable() -> Callable[[Any, str], str | None]:
    """As Django tells which setting a model can be swapped by, asked once for each: what is installed stays."""
    as_ever = Apps.get_swappable_settings_name

    @functools.cache
    def of(name: str) -> str | None:
        return as_ever(apps, name)

    def told(_apps: Any, name: str) -> str | None:
        return of(name)

    told.cache_clear = lambda: None  # type: ignore[attr-defined]
    return told


@contextmanager
def rendering_little() -> Iterator[None]:
    """While it lasts, a step of a migration renders the model that it changes, and no other, and copies no more."""
    with (
        patch.object(ProjectState, "_find_reload_model", _only_itself),
        patch.object(ProjectState, "clone", _cloned_state),
        patch.object(StateApps, "clone", _cloned_apps),
        patch.object(Apps, "get_swappable_settings_name", _swappable()),
        patch.object(RunPython, "database_forwards", _run_python),
    ):
        yield
