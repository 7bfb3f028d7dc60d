"""Procedures that come with the program: a JSON file a version, in folders that apps register; seeded by migrations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from chibo.procedures.flow import Flow, read

folders: list[Path] = []
CONTEXT = (
    "select set_config('pghistory.context_id', gen_random_uuid()::text, true),"
    " set_config('pghistory.context_metadata', %s, true)"
)
NO_CONTEXT = CONTEXT.replace("gen_random_uuid()::text", "''").replace("%s", "''")


@dataclass(frozen=True)
class Shipped:
    """A version of a procedure as its file tells it."""

    code: str
    subject: str
    number: int
    name: Mapping[str, str]
    basis: str
    valid_from: date
    definition: Mapping[str, Any]

    @cached_property
    def flow(self) -> Flow:
        """The procedure it tells."""
        return read(self.definition)


def register(folder: Path) -> None:
    """Let the files of a folder be among the procedures that come with the program. Apps do it when they are ready."""
    if folder not in folders:
        folders.append(folder)


def every() -> list[Shipped]:
    """Every version that comes with the program, by code and number."""
    found = [load(path) for folder in folders for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda each: (each.code, each.number))


def load(path: Path) -> Shipped:
    """A version as its file tells it; an error names the file."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Shipped(**{**told, "valid_from": date.fromisoformat(told["valid_from"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def seed(apps: Any, schema_editor: Any, folder: Path, names: Iterable[str]) -> None:
    """Insert the versions that files of a folder tell, valid from their day on; each ends the one before it.

    For migrations, which name their files: a later version is a file of its own, named by a later migration.
    """
    found = [load(folder / f"{name.removesuffix('.json')}.json") for name in names]
    procedure_model, version_model = (apps.get_model("procedures", name) for name in ("Procedure", "Version"))
    metadata = {"action": "procedures.seeded", "user": None, "at": "2026-01-01T00:00:00+00:00"}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONTEXT, [json.dumps(metadata)])
    for each in sorted(found, key=lambda one: (one.code, one.valid_from)):
        procedure, _made = procedure_model.objects.get_or_create(code=each.code, defaults={"subject": each.subject})
        laid_down = version_model.objects.filter(procedure=procedure, valid_from__lt=each.valid_from, valid_to=None)
        laid_down.update(valid_to=each.valid_from)
        version_model.objects.create(
            procedure=procedure, number=each.number, name=dict(each.name), basis=each.basis,
            definition=dict(each.definition), valid_from=each.valid_from,
        )  # fmt: skip
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NO_CONTEXT)
