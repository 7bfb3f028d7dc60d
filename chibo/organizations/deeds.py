"""What each kind of act does to the units themselves; people, posts, meetings and the rest follow.

What is asked for, by kind (units and members by their codes, `members` always a list of them):

- found: code, name, kind, setting, parent, members
- rename: unit, name
- change_kind: unit, kind, to (where it stands from then on), cells [{code, name, kind, setting, members}]
- move: unit, to
- merge: units, and into, or new {code, name, kind, setting, parent}
- split: unit, closes, parts [{code, name, kind, setting, parent, members, units}]; the first part takes what none names
- dissolve: unit, members_to
- reopen: unit, to, members
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chibo.core.text import label_sort_key, search_key
from chibo.core.wording import worded as _
from chibo.organizations.building import (
    begin_after,
    check_open,
    check_stands,
    close,
    make,
    need_cell,
    place,
    send_below,
    subject,
    text_of,
    the,
)
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER, ActKind, Kind, Part
from chibo.organizations.models import NO_KIND
from chibo.organizations.overlay import KIND, LINK, NAME, UNIT, Tree
from chibo.organizations.planning import People, Plan, Stop, deed
from chibo.organizations.rows import Row


@deed(ActKind.FOUND)
def found(tree: Tree, plan: Plan) -> None:
    """A unit is founded under another, with members who come to it from their cells."""
    given = plan.asked.given
    unit = make(tree, plan, given, the(tree, given.get("parent")) if given.get("parent") else None)
    plan.take_part(Part.SUBJECT, unit)
    if given.get("members"):
        need_cell(unit)
        plan.people.append(People(None, unit["id"], tuple(given["members"])))


@deed(ActKind.RENAME)
def rename(tree: Tree, plan: Plan) -> None:
    """A unit bears another name from the day on."""
    unit = subject(tree, plan)
    name = text_of(plan.asked.given, "name", _("Say the new name."))
    if name == unit["name"]:
        raise Stop("same_name", _("The unit bears this name already."))
    begin_after(tree, NAME, unit, plan.on, _("%(unit)s got its name only on %(day)s: choose a later day."))
    tree.go_on(NAME, unit["id"], plan.on, name=name, decision=plan.asked.decision)
    tree.change(UNIT, unit["id"], name=name, sort_key=label_sort_key(name), search_key=search_key(name))


@deed(ActKind.MOVE)
def move(tree: Tree, plan: Plan) -> None:
    """A unit stands with all under it under another parent from the day on."""
    unit, to = subject(tree, plan), the(tree, plan.asked.given.get("to"))
    link = tree.last(LINK, unit["id"])
    if link is None:
        raise Stop("root", _("The root of the tree can't be moved."))
    if link["from_on"] == plan.on and link["id"] > 0:
        raise Stop("moved_then", _("A move takes effect after the unit's last move."))
    if link["parent_id"] == to["id"]:  # decided anew: nothing else changes
        plan.settle("same_parent", _("The unit stands there already."))
    plan.take_part(Part.PARENT, to)
    check_stands(tree, unit, tree.kind_on(unit, plan.on), to, plan.on)
    place(tree, plan, unit, to, anew=True)


@deed(ActKind.MERGE)
def merge(tree: Tree, plan: Plan) -> None:
    """Units close and go into another one, which is there or is founded by it; all under them stand under that."""
    given = plan.asked.given
    sources = [the(tree, code) for code in dict.fromkeys(given.get("units", ()))]
    if given.get("into"):
        into = the(tree, given["into"])
    else:
        spec = given.get("new") or {}
        into = make(tree, plan, spec, the(tree, spec["parent"]) if spec.get("parent") else None)
    if not sources or into["id"] in {unit["id"] for unit in sources}:
        raise Stop("merge_what", _("Name the units that go into another one, and that one apart from them."))
    check_open(tree, into, plan.on)
    if len(sources) + bool(given.get("into")) < 2:
        raise Stop("merge_what", _("It takes two units to merge."))
    plan.take_part(Part.INTO, into)
    is_cell = tree.kind_on(into, plan.on) in CELLS
    for unit in sources:
        check_open(tree, unit, plan.on)
        if (tree.kind_on(unit, plan.on) in CELLS) != is_cell:
            raise Stop("merge_kinds", _("Cells merge with cells, committees with committees."))
        plan.take_part(Part.FROM, unit)
    for unit in sources:
        send_below(tree, plan, unit, into)
        close(tree, plan, unit, into)
        if is_cell:
            plan.people.append(People(unit["id"], into["id"]))


@deed(ActKind.DISSOLVE)
def dissolve(tree: Tree, plan: Plan) -> None:
    """A unit closes and nothing takes its place; its members go to the cell named."""
    unit = subject(tree, plan)
    below = tree.children(unit["id"], plan.on)
    if below:
        raise Stop(
            "still_below",
            _("Units still stand under %(unit)s. Move, merge or dissolve them first.") % {"unit": unit["name"]},
            count=len(below),
            records=tuple(row["name"] for row in below[:20]),
        )
    close(tree, plan, unit, None)
    code = plan.asked.given.get("members_to")
    if code:
        to = the(tree, code)
        need_cell(to)
        check_open(tree, to, plan.on)
        plan.take_part(Part.INTO, to)
        plan.people.append(People(unit["id"], to["id"]))


@deed(ActKind.CHANGE_KIND)
def change_kind(tree: Tree, plan: Plan) -> None:
    """A unit is of another kind from the day on; a cell that becomes a committee founds cells for its members."""
    given, unit = plan.asked.given, subject(tree, plan)
    kind, was = str(given.get("kind") or ""), tree.kind_on(unit, plan.on)
    if kind not in Kind.values or kind == was:
        raise Stop("kind", _("Choose another kind for the unit."))
    begin_after(tree, KIND, unit, plan.on, _("%(unit)s became what it is only on %(day)s: choose a later day."))
    to = the(tree, given.get("to")) if given.get("to") else tree.parent(unit["id"])
    if to is not None:
        check_stands(tree, unit, kind, to, plan.on)
        if given.get("to"):
            place(tree, plan, unit, to)
            plan.take_part(Part.PARENT, to)
    elif None not in MAY_STAND_UNDER[kind]:
        raise Stop("kind", _("A unit of this kind can't stand there."))
    unfit = [
        child["name"] for child in tree.children(unit["id"], plan.on)
        if kind not in MAY_STAND_UNDER[tree.kind_on(child, max(plan.on, child["founded_on"]))]
    ]  # fmt: skip
    if unfit:
        text = _("Units stand under %(unit)s that can't stand under one of that kind.") % {"unit": unit["name"]}
        raise Stop("unfit", text, count=len(unfit), records=tuple(unfit[:20]))
    tree.go_on(KIND, unit["id"], plan.on, kind=kind, decision=plan.asked.decision)
    tree.change(UNIT, unit["id"], kind=kind)
    plan.reshaped[unit["id"]] = was
    founded = [(make(tree, plan, {"kind": Kind.CELL.value, **spec}, tree.get(UNIT, unit["id"])), spec)
               for spec in given.get("cells", ())]  # fmt: skip
    plan.parts.pop((Part.PARENT.value, unit["code"]), None)  # it is what the act is about, if also above its new cells
    _share(tree, plan, unit, founded, all_of_them=was in CELLS and kind not in CELLS)


@deed(ActKind.SPLIT)
def split(tree: Tree, plan: Plan) -> None:
    """Out of a unit others are founded, to which members and units go; it closes, or goes on with the rest."""
    given = plan.asked.given
    unit = the(tree, given.get("unit"))
    check_open(tree, unit, plan.on)
    plan.take_part(Part.FROM, unit)
    parent, closes, specs = tree.parent(unit["id"]), bool(given.get("closes")), list(given.get("parts", ()))
    if parent is None:
        raise Stop("root", _("The root of the tree can't be closed."))
    if len(specs) + (not closes) < 2:
        raise Stop("split_what", _("Name at least two units it becomes."))
    usual = {"kind": tree.kind_on(unit, plan.on), "setting": unit["setting"]}
    founded = [
        (make(tree, plan, {**usual, **spec}, the(tree, spec["parent"]) if spec.get("parent") else parent), spec)
        for spec in specs
    ]
    below = {child["code"] for child in tree.children(unit["id"], plan.on)}
    for part, spec in founded:
        for code in spec.get("units", ()):
            if code not in below:
                raise Stop("not_below", _("%(code)s does not stand under the unit that is split.") % {"code": code})
        send_below(tree, plan, unit, part, spec.get("units", ()))
    if closes:
        send_below(tree, plan, unit, founded[0][0])
        close(tree, plan, unit, None)
    _share(tree, plan, unit, founded, all_of_them=closes and usual["kind"] in CELLS)


@deed(ActKind.REOPEN)
def reopen(tree: Tree, plan: Plan) -> None:
    """A closed unit is open again from the day on; between it was closed, and of no kind."""
    given = plan.asked.given
    unit = the(tree, given.get("unit"))
    closed = unit["closed_on"]
    if closed is None or closed > plan.on:
        raise Stop("is_open", _("%(unit)s is not closed on that day.") % {"unit": unit["name"]})
    plan.take_part(Part.SUBJECT, unit)
    begin_after(tree, KIND, unit, closed, _("%(unit)s became what it is only on %(day)s: choose a later day."))
    if closed < plan.on:
        kind, decision = unit["kind"], plan.asked.decision
        tree.go_on(KIND, unit["id"], closed, kind=NO_KIND, decision=decision)
        tree.go_on(KIND, unit["id"], plan.on, kind=kind, decision=decision)
    tree.change(UNIT, unit["id"], closed_on=None)
    unit = tree.get(UNIT, unit["id"])
    to = the(tree, given.get("to")) if given.get("to") else tree.parent(unit["id"])
    if to is None:
        raise Stop("root", _("Say under which unit it stands."))
    check_stands(tree, unit, unit["kind"], to, plan.on)
    plan.take_part(Part.PARENT, to)
    place(tree, plan, unit, to)
    if given.get("members"):
        need_cell(unit)
        plan.people.append(People(None, unit["id"], tuple(given["members"])))


def _share(
    tree: Tree, plan: Plan, unit: Row, founded: Sequence[tuple[Row, Mapping[str, Any]]], *, all_of_them: bool
) -> None:
    """Let members go to the cells founded: those named for each, and of all of them the rest to the first."""
    for cell, spec in founded:
        plan.take_part(Part.INTO, cell)
        if spec.get("members"):
            need_cell(cell)
            plan.people.append(People(unit["id"], cell["id"], tuple(spec["members"])))
    if all_of_them and founded:
        need_cell(founded[0][0])
        plan.people.append(People(unit["id"], founded[0][0]["id"]))
