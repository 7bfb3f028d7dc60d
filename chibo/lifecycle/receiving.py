"""The cell that is to receive a member, found among all there are by its code or its name: transfers go anywhere."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Case, IntegerField, Q, Value, When

from chibo.core.text import search_key
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit

FEW = 12  # named to choose from
WORDS = 8


class Cell(NamedTuple):
    """A cell that may be meant: its code, its name, the units above it from the nearest up."""

    unit: Unit
    above: str


def cells_like(words: str) -> list[Cell]:
    """The open cell of this code; else those whose name has all the words, the nearest first. Three queries at most."""
    cells = Unit.objects.filter(kind__in=CELLS, closed_on=None)
    found = list(cells.filter(code__iexact=words)[:1])
    plain = search_key(words).split()[:WORDS]
    if not found and plain:
        key = " ".join(plain)
        rank: Case = Case(
            When(search_key=key, then=Value(0)), When(search_key__startswith=key, then=Value(1)), default=Value(2),
            output_field=IntegerField(),
        )  # fmt: skip
        for word in plain:
            cells = cells.filter(Q(search_key__startswith=word) | Q(search_key__contains=f" {word}"))
        found = list(cells.annotate(rank=rank).order_by("rank", "sort_key", "pk")[: FEW + 1])
    above = {pk for cell in found for pk in cell.ancestor_ids}
    names = dict(Unit.objects.filter(pk__in=above).order_by().values_list("pk", "name"))
    return [Cell(cell, " · ".join(names[pk] for pk in reversed(cell.ancestor_ids) if pk in names)) for cell in found]
