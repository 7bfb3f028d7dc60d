"""Scoring sheets that come with the program: a JSON file each; seeded by migrations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from chibo.procedures.shipped import CONTEXT, NO_CONTEXT

FOLDER = Path(__file__).parent / "shipped"
ALWAYS = date(1900, 1, 1)


def load(name: str) -> dict[str, Any]:
    """A sheet as its file tells it: code, number, name, basis, definition."""
    told: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return told


def seed(apps: Any, schema_editor: Any, names: Iterable[str], everywhere: str = "") -> None:
    """Insert the sheets that files tell; one of them holds everywhere, for as long as nothing else is laid down."""
    version_model, rule_model = (apps.get_model("scoring", name) for name in ("SheetVersion", "SheetRule"))
    metadata = {"action": "scoring.seeded", "user": None, "at": "2026-01-01T00:00:00+00:00"}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONTEXT, [json.dumps(metadata)])
    for name in names:
        version = version_model.objects.create(**load(name), is_fixed=True)
        if name == everywhere:
            for kind in ("regular", "thematic"):
                rule_model.objects.create(version=version, kind=kind, from_on=ALWAYS)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NO_CONTEXT)
