"""Which sheet holds for a meeting, and the versions there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from chibo.core.spans import holding
from chibo.organizations.models import Unit
from chibo.organizations.queries import path_on
from chibo.scoring.models import SheetRule, SheetVersion

FIRST = ("hundred", 1)  # the sheet of the workbook: points by its eight groups


def first() -> SheetVersion:
    """The sheet that points by group without another sheet are of. One query."""
    return SheetVersion.objects.get(code=FIRST[0], number=FIRST[1])


def holding_for(kind: str, day: date) -> QuerySet[SheetRule]:
    """The rules for meetings of a kind that hold on a day, wherever."""
    return SheetRule.objects.filter(holding(day), kind=kind).order_by("pk")


def nearest(rules: Iterable[SheetRule], path: str) -> SheetRule | None:
    """Of the rules that hold on a day the one laid down nearest to a unit of this path, if any."""
    line: list[int | None] = [None, *(int(pk) for pk in path.strip("/").split("/"))]
    found = {each.unit_id: each for each in rules}
    return next((found[pk] for pk in reversed(line) if pk in found), None)


def rule_on(unit: Unit, kind: str, day: date) -> SheetRule | None:
    """The rule by which a unit's meetings of a kind are scored on a day, where it stood then. Two queries."""
    return nearest(holding_for(kind, day).select_related("version", "unit"), path_on(unit, day))


def versions() -> list[SheetVersion]:
    """Every version, by code, the newest first."""
    return list(SheetVersion.objects.order_by("code", "-number"))
