"""The tree as one walks down it a level at a time, and units found by name or code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.asking import address, after_key
from chibo.core.spans import holding
from chibo.core.text import search_key
from chibo.organizations.kinds import Kind
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.scope import Scope
from chibo.portal.near import nearest

PAGE = 100  # units of a level shown at once
WORDS = 8


@dataclass(frozen=True)
class Branch:
    """A unit of the tree and the way to those below it, if there are some."""

    pk: int
    name: str
    url: str
    kind: str
    code: str
    is_closed: bool
    below_url: str = ""
    below: Sequence[Branch] | None = None  # already open
    more_url: str = ""  # to the rest of those open
    more_closed: bool = False  # the rest are closed


def _branch(unit: Unit, has_below: bool, today: date) -> Branch:
    closed = unit.closed_on is not None and unit.closed_on <= today
    below = reverse("unit_below", args=[unit.pk]) if has_below else ""
    return Branch(
        unit.pk, unit.name, reverse("unit", args=[unit.pk]), str(unit.get_kind_display()), unit.code, closed, below
    )


def _has_below(today: date) -> Exists:
    return Exists(ParentLink.objects.filter(holding(today), parent=OuterRef("pk")))


def top_of(scope: Scope, today: date) -> list[Branch]:
    """The highest units of a scope, by name. One query."""
    every = {*scope.subtrees, *scope.units}
    tops = [path for path in every if not any(path != s and path.startswith(s) for s in scope.subtrees)]
    found: Any = Unit.objects.filter(path__in=tops).annotate(has_below=_has_below(today)).order_by("sort_key", "pk")
    return [_branch(unit, unit.has_below and unit.path.startswith(scope.subtrees), today) for unit in found]


def below(unit: Unit, today: date, after: list[Any] | None = None) -> tuple[list[Branch], str, bool]:
    """The units directly below one, by name; the way to the next page, and whether that has closed ones only.

    Open ones come first; closed ones are never on a page with them, so that they show only when asked for. One query.
    """
    closed = Case(When(closed_on__lte=today, then=Value(1)), default=Value(0), output_field=IntegerField())
    found: Any = Unit.objects.under(unit, today).annotate(at_end=closed, has_below=_has_below(today))
    if after is not None:
        last, name, pk = after
        same = Q(sort_key__gt=name) | Q(sort_key=name, pk__gt=pk)
        found = found.filter(Q(at_end__gt=last) | (Q(at_end=last) & same))
    page = list(found.order_by("at_end", "sort_key", "pk")[: PAGE + 1])
    still = [child for child in page[:PAGE] if not child.at_end]
    begun = after is not None and bool(page) and not still  # one has asked for the closed ones
    shown = page[:PAGE] if begun else still
    more = page[len(shown) :]
    way = ""
    if more:
        last = [shown[-1].at_end, shown[-1].sort_key, shown[-1].pk] if shown else [0, "", 0]
        way = address(reverse("unit_below", args=[unit.pk]), after=after_key(last))
    return [_branch(child, child.has_below, today) for child in shown], way, bool(more and more[0].at_end)


def found(
    scope: Scope,
    words: str,
    kind: str,
    after: list[Any] | None,
    size: int,
    of: QuerySet[Unit] | None = None,
    among: Q | None = None,
) -> list[Unit]:
    """Units in scope, of those that fit, whose name or code has all the words, the nearest first. One query.

    A code that is the words comes first, then one that begins with them, names that are them, names that begin with
    them, names in which they stand whole and in a row, and last those in which words begin with them; of each,
    committees before cells. With `of` only those are looked among.
    """
    asked = search_key(words).split()[:WORDS]
    units = (Unit.objects.all() if of is None else of).filter(scope.q(""), among or Q())
    kind = kind if kind in Kind.values else ""
    if kind:
        units = units.filter(kind=kind)
    if asked:
        return nearest(units, asked, after, size, kind)
    every: Any = units.annotate(rank=Value(0, output_field=IntegerField()))
    if after is not None:
        last, name, pk = after
        same = Q(sort_key__gt=name) | Q(sort_key=name, pk__gt=pk)
        every = every.filter(Q(rank__gt=last) | (Q(rank=last) & same))
    return list(every.order_by("sort_key", "pk")[:size])


def rank_key(unit: Any) -> list[Any]:
    """Where a unit found stands in the order."""
    return [unit.rank, unit.sort_key, unit.pk]


@dataclass(frozen=True)
class Found:
    """A unit found, with the names above it that tell it from others of its name."""

    branch: Branch
    above: str


def said(units: Iterable[Unit], scope: Scope, today: date) -> list[Found]:
    """Units found, each with the path above as far as the reader's units go. One query."""
    units = list(units)
    above = Unit.objects.in_bulk({pk for unit in units for pk in unit.ancestor_ids})
    lines = []
    for unit in units:
        names = [above[pk].name for pk in unit.ancestor_ids if pk in above and scope.covers(above[pk])]
        lines.append(Found(_branch(unit, False, today), " / ".join(names)))
    return lines


def kinds_asked(kind: str) -> list[tuple[str, str, bool]]:
    """The kinds to choose from, the one chosen marked."""
    return [("", _("All kinds"), kind == ""), *((k.value, str(k.label), k.value == kind) for k in Kind)]
