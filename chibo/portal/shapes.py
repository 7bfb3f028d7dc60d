"""The part of the tree that an act touches, before it and after it: two small trees, from the rows it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.formats import count
from chibo.core.text import label_sort_key
from chibo.organizations.kinds import Kind
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.overlay import LINK, UNIT
from chibo.organizations.rows import Change
from chibo.organizations.scope import Scope

MOST = 8  # units named under one
DRAWN = 400  # units an act may touch and still be drawn whole


@dataclass(frozen=True)
class Shape:
    """A unit as it stands on one side of an act."""

    name: str
    note: str = ""  # what the act makes of it
    mark: str = ""  # new, moved, closed, changed
    below: Sequence[Shape] = ()
    more: str = ""  # how many further ones stand below


@dataclass
class _Touched:
    """What an act does to one unit."""

    before: dict[str, Any]
    after: dict[str, Any]
    is_new: bool = False
    parent_before: int | None = None
    parent_after: int | None = None
    is_moved: bool = False


def shapes(changes: Sequence[Change], parts: Sequence[int], on: date, scope: Scope) -> tuple[list[Shape], list[Shape]]:
    """The touched units before and after, under the units they stand under; names only of those in scope.

    Two queries.
    """
    touched = _touched(changes, parts, on)
    ids = set(touched) | {each.parent_before for each in touched.values()}
    ids |= {each.parent_after for each in touched.values()}
    known = Unit.objects.in_bulk([pk for pk in ids if pk and pk > 0])

    def said(pk: int, side: str) -> str:
        unit, at = known.get(pk), touched.get(pk)
        if unit is not None and not scope.covers(unit):
            return unit.code
        value = getattr(at, side).get("name") if at else None
        return str(value or (unit.name if unit else ""))

    def drawn(side: str) -> list[Shape]:
        below: dict[int | None, list[int]] = defaultdict(list)
        for pk, each in touched.items():
            if not (side == "before" and each.is_new):
                below[getattr(each, f"parent_{side}")].append(pk)
        inner = {pk for of in below.values() for pk in of}
        tops = [pk for pk in below if pk is not None and pk not in inner]
        reached: set[int] = set()

        def shape(pk: int) -> Shape:
            reached.add(pk)
            under = sorted(
                (child for child in below.get(pk, ()) if child not in reached),
                key=lambda child: (
                    _order(touched[child], child, parts, side),
                    label_sort_key(said(child, side)),
                    child,
                ),
            )
            note, mark = _note(touched.get(pk), side)
            ends = [child for child in under if _order(touched[child], child, parts, side) == 2]
            shown = under if len(under) <= MOST + 1 else [*under[: MOST - len(ends[:3])], *ends[:3]]
            more = _("%(n)s more") % {"n": count(len(under) - len(shown))} if len(under) > len(shown) else ""
            return Shape(said(pk, side), note, mark, [shape(child) for child in shown], more)

        return [shape(pk) for pk in sorted(tops, key=lambda pk: label_sort_key(said(pk, side)))] + [
            shape(pk) for pk in below.get(None, ()) if pk not in reached
        ]

    return drawn("before"), drawn("after")


def _order(each: _Touched, pk: int, parts: Sequence[int], side: str) -> int:
    """What the act is about comes first, what goes along after it, what it closes at the end."""
    if side == "after" and each.after.get("closed_on"):
        return 2
    return 0 if pk in parts or each.is_new else 1


def _touched(changes: Sequence[Change], parts: Sequence[int], on: date) -> dict[int, _Touched]:
    """The units an act makes, changes or puts elsewhere, and those that take part in it."""
    found: dict[int, _Touched] = {pk: _Touched({}, {}) for pk in parts}
    for change in changes:
        if change.table == UNIT:
            found[change.key] = _Touched(change.before or {}, change.after or {}, is_new=change.before is None)
    links = [change for change in changes if change.table == LINK]
    lasting = ParentLink.objects.filter(pk__in=[c.key for c in links if c.key > 0 and c.before is not None])
    of = dict(lasting.values_list("pk", "unit_id"))
    for change in links:
        row = {**(change.before or {}), **(change.after or {})}
        unit = row.get("unit_id") or of.get(change.key)
        if unit is None:
            continue
        each = found.setdefault(unit, _Touched({}, {}))
        if change.after and "parent_id" in change.after:
            each.parent_after, each.is_moved = change.after["parent_id"], not each.is_new
        if change.before and "parent_id" in change.before:
            each.parent_before = change.before["parent_id"]
    eve = on - timedelta(days=1)
    stood: dict[int, int] = {}
    chain = ParentLink.objects.filter(unit_id__in=[pk for pk in found if pk > 0]).order_by("unit_id", "from_on")
    for unit, parent, from_on in chain.values_list("unit_id", "parent_id", "from_on"):
        if from_on <= eve or unit not in stood:
            stood[unit] = parent
    for pk, each in found.items():
        if not each.is_new:
            each.parent_before = each.parent_before or stood.get(pk)
        each.parent_after = each.parent_after or each.parent_before
    return found


def _note(each: _Touched | None, side: str) -> tuple[str, str]:
    """What is said beside a unit, and how it is marked."""
    if each is None:
        return "", ""
    if side == "before":
        return (_("closed"), "closed") if each.before.get("closed_on") else ("", "")
    if each.is_new:
        return _("new"), "new"
    if each.after.get("closed_on"):
        return _("closed"), "closed"
    if "closed_on" in each.after:
        return _("open again"), "new"
    if "name" in each.after:
        return _("new name"), "changed"
    if "kind" in each.after:
        return _("now: %(kind)s") % {"kind": Kind(each.after["kind"]).label}, "changed"
    return (_("comes here"), "moved") if each.is_moved else ("", "")


def unmarked(shapes: Sequence[Shape]) -> list[Shape]:
    """The same units with nothing said of what the act makes of them."""
    return [replace(each, note="", mark="", below=unmarked(each.below)) for each in shapes]


def by_part(parts: Mapping[tuple[str, str], tuple[int, str]]) -> list[int]:
    """Keys of the units that take part, but for those that only stand above."""
    return [pk for (part, _code), (pk, _name) in parts.items() if part != "parent"]
