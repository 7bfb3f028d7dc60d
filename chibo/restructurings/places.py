"""The tree before and after a restructuring: only units that change, and those above them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chibo.core.text import label_sort_key
from chibo.organizations import rows
from chibo.organizations.kinds import ActKind, Part
from chibo.organizations.overlay import KIND, LINK, NAME, UNIT, Tree
from chibo.organizations.rows import Change, Row
from chibo.restructurings.rehearsing import Rehearsal

OF_NAME = {LINK, NAME, KIND}


@dataclass
class Stand:
    """A unit as it stands on one side, and what becomes of it."""

    unit: Row
    parent: int | None
    fates: list[list[str]] = field(default_factory=list)


def _before(tree: Tree, changes: dict[str, dict[int, Change]], pk: int) -> tuple[Row, int | None]:
    """A unit and its parent as they are without the restructuring."""
    unit = dict(tree.get(UNIT, pk))
    if (change := changes[UNIT].get(pk)) is not None:
        unit |= change.before or {}
    parent = None
    for link in tree.find(LINK, "unit_id", pk):
        change = changes[LINK].get(link["id"])
        was = link if change is None else None if change.before is None else {**link, **change.before}
        if was is not None and was["to_on"] is None:
            parent = was["parent_id"]
    return unit, parent


def sides(made: Rehearsal) -> dict[str, dict[int, Stand]]:
    """Units that change, with those above them, by side and id."""
    tree = made.tree
    changes: dict[str, dict[int, Change]] = defaultdict(dict)
    for change in rows.joined(change for each in made.plans for change in each.changes):
        if change.table == UNIT or change.table in OF_NAME:
            changes[change.table][change.key] = change
    touched = set(changes[UNIT])
    for name in OF_NAME:
        touched |= {tree.get(name, key)["unit_id"] for key in changes[name]}
    for planned in made.plans:
        touched |= {pk for (part, _code), (pk, _name) in planned.parts.items() if part != Part.PARENT}
    tree.read(UNIT, "id", [pk for pk in touched if pk > 0])
    tree.read(LINK, "unit_id", [pk for pk in touched if pk > 0])
    before: dict[int, Stand] = {}
    after: dict[int, Stand] = {}
    fresh = {key for key, change in changes[UNIT].items() if change.before is None}
    for pk in touched:
        now = tree.get(UNIT, pk)
        if pk not in fresh:
            unit, parent = _before(tree, changes, pk)
            if unit["closed_on"] is None:
                before[pk] = Stand(unit, parent)
        if now["closed_on"] is None:
            last = tree.last(LINK, pk)
            after[pk] = Stand(now, last["parent_id"] if last else None)
    _add_above(tree, changes, before, made.root.pk, then=True)
    _add_above(tree, changes, after, made.root.pk, then=False)
    _tell(made, before, after, fresh)
    return {"before": before, "after": after}


def _add_above(tree: Tree, changes: Any, side: dict[int, Stand], root: int, *, then: bool) -> None:
    """Add the units above those of a side, up to the root of the restructuring."""
    missing = {stand.parent for pk, stand in side.items() if pk != root and stand.parent} - set(side)
    while missing:
        known = [pk for pk in missing if pk > 0]
        tree.read(UNIT, "id", known)
        tree.read(LINK, "unit_id", known)
        for pk in missing:
            if then:
                unit, parent = _before(tree, changes, pk)
            else:
                unit, last = tree.get(UNIT, pk), tree.last(LINK, pk)
                parent = last["parent_id"] if last else None
            side[pk] = Stand(unit, parent)
        missing = {stand.parent for pk, stand in side.items() if pk != root and stand.parent} - set(side)


def _tell(made: Rehearsal, before: dict[int, Stand], after: dict[int, Stand], fresh: set[int]) -> None:
    """Say of each unit what becomes of it, and on the other side what it came from."""

    def tell(side: dict[int, Stand], pk: int, what: str, code: str = "", name: str = "") -> None:
        if pk in side and [what, code, name] not in side[pk].fates and len(side[pk].fates) < 30:
            side[pk].fates.append([what, code, name])

    for planned in made.plans:
        parts: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
        for (part, code), (pk, name) in planned.parts.items():
            parts[part].append((pk, code, name))
        kind = str(planned.asked.kind)
        for pk, _code, name in parts["subject"]:
            if pk in fresh:
                tell(after, pk, "founded")
                continue
            if kind == ActKind.RENAME:
                tell(before, pk, kind, "", made.tree.get(UNIT, pk)["name"])
                tell(after, pk, "was", "", name)
                continue
            tell(before, pk, kind)
            tell(after, pk, kind)
        for pk, _code, _name in parts["into"]:
            if pk in fresh:
                tell(after, pk, "founded")
        for pk, code, name in parts["from"]:
            for to, to_code, to_name in parts["into"]:
                tell(before, pk, "into" if kind == ActKind.MERGE else kind, to_code, to_name)
                tell(after, to, "from", code, name)
    for pk in set(before) & set(after):
        if before[pk].parent != after[pk].parent and not before[pk].fates:
            tell(before, pk, "along")
            tell(after, pk, "along")


def lines(made: Rehearsal, restructuring: int) -> Iterator[list[Any]]:
    """The places of a restructuring as rows of their table."""
    for name, side in sides(made).items():
        parents = {stand.parent for stand in side.values()}
        for pk, stand in side.items():
            unit = stand.unit
            above = side[stand.parent].unit["code"] if stand.parent in side and pk != made.root.pk else ""
            yield [
                restructuring, name, unit["code"], above, unit["name"], unit["kind"], rows.ENCODER.encode(stand.fates),
                pk in parents, label_sort_key(unit["name"]),
            ]  # fmt: skip


COLUMNS = (
    "restructuring_id", "side", "code", "parent_code", "name", "kind", "fates", "has_below", "sort_key",
)  # fmt: skip
