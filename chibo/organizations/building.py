"""What acts on units are made of: to found a unit, let it stand somewhere, close it; each step checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chibo.core.spans import EVER
from chibo.core.text import clean, label_sort_key, search_key
from chibo.core.wording import worded as _
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER, Kind, Part, Setting
from chibo.organizations.models import Unit
from chibo.organizations.overlay import KIND, LINK, NAME, UNIT, Tree
from chibo.organizations.planning import LONGEST, Plan, Stop, is_code
from chibo.organizations.rows import Row


def the(tree: Tree, code: Any) -> Row:
    """The unit of a code; Stop if there is none."""
    if not code:
        raise Stop("no_unit", _("Name the unit."))
    unit = tree.unit(code) if is_code(code) else None
    if unit is None:
        raise Stop("no_unit", _("There is no unit with the code %(code)s.") % {"code": str(code)[:50]})
    return unit


def subject(tree: Tree, plan: Plan) -> Row:
    """The unit the act is about, open on its day."""
    unit = the(tree, plan.asked.given.get("unit"))
    check_open(tree, unit, plan.on)
    plan.take_part(Part.SUBJECT, unit)
    return unit


def text_of(given: Mapping[str, Any], name: str, missing: str) -> str:
    """A text that was given, as it is kept; Stop if there is none."""
    text = clean(str(given.get(name) or ""))
    if not text:
        raise Stop("missing", missing)
    if len(text) > LONGEST or not text.isprintable():
        raise Stop("too_long", _("This is too long, or has signs in it that can't be read: at most 500 characters."))
    return text


def check_open(tree: Tree, unit: Row, on: date) -> None:
    """Stop unless a unit is open on a day."""
    if not tree.is_open(unit, on):
        raise Stop("not_open", _("%(unit)s is not open on %(day)s.") % {"unit": unit["name"], "day": on})


def need_cell(unit: Row) -> None:
    """Stop unless a unit is a cell."""
    if unit["kind"] not in CELLS:
        raise Stop("no_cell", _("Members belong to cells: %(unit)s is none.") % {"unit": unit["name"]})


def check_stands(tree: Tree, unit: Row, kind: str, parent: Row, on: date) -> None:
    """Stop unless a unit of a kind can stand under a parent from a day on."""
    if tree.kind_on(parent, on) not in MAY_STAND_UNDER[kind]:
        raise Stop("kind", _("A unit of this kind can't stand there."))
    check_open(tree, parent, on)
    closes, ends = parent["closed_on"], unit["closed_on"]
    if closes is not None and (ends is None or ends > closes):
        raise Stop("parent_closes", _("The new parent closes before the unit does."))
    if parent["id"] == unit["id"] or unit["id"] in tree.above(parent["id"], on):
        raise Stop("circle", _("A unit can't stand under itself."))


def begin_after(tree: Tree, name: str, unit: Row, on: date, reason: str) -> None:
    """Stop unless what holds of a unit began before the day, or that day by an act."""
    last = tree.last(name, unit["id"])
    if last is not None and last["from_on"] > on:
        raise Stop("later", reason % {"unit": unit["name"], "day": last["from_on"]})


def place(tree: Tree, plan: Plan, unit: Row, parent: Row, *, anew: bool = False) -> None:
    """Let a unit stand under a parent from the day on; where it stands already, only if that was decided anew."""
    link = tree.last(LINK, unit["id"])
    if link is None:
        raise Stop("root", _("The root of the tree can't be moved."))
    begin_after(
        tree, LINK, unit, plan.on,
        _("%(unit)s was moved on %(day)s: this act takes effect after the unit's last move."),
    )  # fmt: skip
    if anew or link["parent_id"] != parent["id"]:
        tree.go_on(LINK, unit["id"], plan.on, parent_id=parent["id"], decision=plan.asked.decision)


def close(tree: Tree, plan: Plan, unit: Row, into: Row | None) -> None:
    """Close a unit on the day; one that goes into another is kept under that with its records."""
    if tree.last(LINK, unit["id"]) is None:
        raise Stop("root", _("The root of the tree can't be closed."))
    if unit["founded_on"] >= plan.on:
        raise Stop("founded_then", _("%(unit)s was founded only on %(day)s.") % _named(unit, unit["founded_on"]))
    if into is not None:
        if into["id"] == unit["id"] or unit["id"] in tree.above(into["id"], plan.on):
            raise Stop("circle", _("A unit can't go into one that stands under it."))
        place(tree, plan, unit, into)
    tree.change(UNIT, unit["id"], closed_on=plan.on)
    plan.closing[unit["id"]] = into["id"] if into else None


def send_below(tree: Tree, plan: Plan, unit: Row, into: Row, only: Iterable[str] | None = None) -> None:
    """Let the open units under one stand under another from the day on: all, or those named."""
    for child in tree.children(unit["id"], plan.on):
        if only is None or child["code"] in only:
            check_stands(tree, child, tree.kind_on(child, max(plan.on, child["founded_on"])), into, plan.on)
            place(tree, plan, child, into)


def make(tree: Tree, plan: Plan, spec: Mapping[str, Any], parent: Row | None) -> Row:
    """Found a unit on the day under a parent."""
    code = text_of(spec, "code", _("Give the new unit a code."))
    name = text_of(spec, "name", _("Give the new unit a name."))
    kind, setting = str(spec.get("kind") or ""), str(spec.get("setting") or "")
    if kind not in Kind.values or (setting and setting not in Setting.values):
        raise Stop("kind", _("Choose the kind of the new unit."))
    if tree.unit(code) is not None:
        raise Stop("code_taken", _("There is a unit with the code %(code)s already.") % {"code": code})
    if (tree.kind_on(parent, plan.on) if parent else None) not in MAY_STAND_UNDER[kind]:
        raise Stop("kind", _("A unit of this kind can't stand there."))
    if parent is None and Unit.objects.exists():
        raise Stop("second_root", _("The tree has its root already."))
    if parent is not None:
        check_open(tree, parent, plan.on)
        if parent["closed_on"] is not None:
            raise Stop("parent_closes", _("The new parent closes before the unit does."))
        plan.take_part(Part.PARENT, parent)
    decision = plan.asked.decision
    pk = tree.add(
        UNIT, code=code, name=name, kind=kind, setting=setting, founded_on=plan.on, closed_on=None, decision=decision,
        sort_key=label_sort_key(name), search_key=search_key(name),
    )  # fmt: skip
    since: Row = {"unit_id": pk, "from_on": EVER, "to_on": None, "prev_to": None}
    tree.add(NAME, name=name, decision="", **since)
    tree.add(KIND, kind=kind, decision="", **since)
    if parent is not None:
        tree.add(LINK, parent_id=parent["id"], decision=decision, **since)
    return tree.get(UNIT, pk)


def _named(unit: Row, on: date) -> dict[str, Any]:
    return {"unit": unit["name"], "day": on}
