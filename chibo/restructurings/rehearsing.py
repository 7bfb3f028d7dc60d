"""A restructuring rehearsed: each row's verdict, what the acts come to together, what is left for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Row, ask
from chibo.organizations import rows as kept
from chibo.organizations.models import Unit
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Plan, Progress, plan, read_for, seal_of
from chibo.restructurings.workbook import NAME, Group, codes_of, groups, said

NEW = {"found": "unit_code", "split": "into_code", "split_off": "into_code", "change_kind": "into_code"}
BLAMED = {  # the cell a reason speaks of, where it is not the unit itself
    "same_name": "name", "same_parent": "parent_code", "kind": "kind", "parent_closes": "parent_code",
    "circle": "parent_code", "strangers": "members", "no_cell": "members", "not_below": "units",
    "left": "into_code", "merge_kinds": "into_code", "merge_what": "into_code", "too_long": "name",
    "moved_then": "parent_code",
}  # fmt: skip
SPLITS = ("split", "split_off")


@dataclass
class Rehearsal:
    """What a workbook would do to the tree."""

    loading: Loading
    root: Unit
    tree: Tree
    groups: list[Group] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)  # of the groups that can be done
    of: list[Group] = field(default_factory=list)  # the group of each plan

    @property
    def seal(self) -> str:
        """What was rehearsed, in short: the same if it would be done so."""
        return seal_of(self.plans)


def depths_of(codes: Iterable[str]) -> dict[str, int]:
    """How deep units stand in the tree of today."""
    found = Unit.objects.filter(code__in=list(codes)).order_by("pk").values_list("code", "path")
    return {code: path.count("/") for code, path in found}


def rehearse(made: Rehearsal, on: Any, decision: str, say: Progress) -> None:
    """Judge every row: its cells, what it refers to, and the act it asks for on the tree as those before leave it."""
    loading = made.loading
    rows = loading.rows.get(NAME, [])
    check_references(loading, made.root, rows)
    sound = [row for row in rows if row.sound]
    depths = depths_of(row.values["unit_code"] for row in sound if row.values["act"] == "dissolve")
    made.groups = groups(((row.number, said(row)) for row in sound), on, decision, depths)
    by_number = {row.number: row for row in rows}
    doubtful = {code for row in rows if row.told for code in _named(row)}
    read_for([group.asked for group in made.groups], made.tree)
    say(0.2)
    for at, group in enumerate(made.groups):
        _judge(made, group, [by_number[n] for n in group.numbers], doubtful)
        if at % 100 == 0:
            say(0.2 + 0.6 * at / len(made.groups))
    check_inside(made, by_number)
    for row in rows:
        row.verdict = "" if row.told or not row.sound else "sound"


def _named(row: Row) -> list[str]:
    """Codes of units a row names."""
    values = row.values
    found = [values.get(name) or "" for name in ("unit_code", "into_code", "parent_code")]
    return [code for code in [*found, *codes_of(values.get("units"))] if code]


def check_references(loading: Loading, root: Unit, rows: Sequence[Row]) -> None:
    """Tell codes of no unit below the root of the restructuring, and codes of new units that are taken."""
    asked = {code for row in rows for code in _named(row)}
    there = dict(Unit.objects.filter(code__in=asked).order_by("pk").values_list("code", "path"))
    founded: dict[str, int] = {}
    for row in rows:
        values = row.values
        new = NEW.get(values.get("act") or "")
        code = values.get(new or "") or ""
        if not new or not code:
            continue
        if code in there or code in founded:
            told = (
                _("row %(row)s founds a unit with this code already") % {"row": founded[code]} if code in founded
                else _("there is a unit with this code already: a new one needs a code of its own")
            )  # fmt: skip
            loading.fault(NAME, row, new, told)
        else:
            founded[code] = row.number
    inside = {code for code, path in there.items() if path.startswith(root.path)}
    for row in rows:
        new = NEW.get(row.values.get("act") or "")
        for column in ("unit_code", "into_code", "parent_code", "units"):
            text = row.values.get(column) or ""
            codes = codes_of(text) if column == "units" else [text] if text else []
            if column in ("unit_code", "units"):  # what is done to the unit above them all is decided above it
                fits = inside - {root.code}
            else:
                fits = inside
            missing = [code for code in codes if code not in fits and code not in founded]
            if column != new and missing:
                told = _("no unit under %(unit)s has the code %(code)s, and no row founds it")
                loading.fault(NAME, row, column, told % {"unit": root.name, "code": missing[0][:100]})


def _judge(made: Rehearsal, group: Group, rows: Sequence[Row], doubtful: set[str]) -> None:
    """Plan an act on what those before it leave, and tell its rows if it can't be done."""
    planned = plan(group.asked, made.tree)
    if not planned.is_blocked:
        made.plans.append(planned)
        made.of.append(group)
        return
    to_blame = list(rows)
    if len(rows) > 1 and rows[0].values["act"] == "merge":
        alone = {row.number: _alone(made, group, row.number) for row in rows}
        to_blame = [row for row in rows if alone[row.number]] or to_blame
    waits = any(code in doubtful for row in rows for code in _named(row))
    for row in rows:
        row.sound = False
        doubtful.update(_named(row))
    if waits:  # for a row with a fault of its own, which is told there
        return
    for row in to_blame:
        for matter in planned.matters:
            if matter.blocks:
                told = f"{matter.text} {matter.todo}".strip()  # without names: it is shown to whoever may restructure
                made.loading.fault(NAME, row, blamed(row, matter.code), told)


def _alone(made: Rehearsal, group: Group, number: int) -> bool:
    """Whether a row alone can't be done."""
    mark = made.tree.mark
    blocked = plan(group.alone(number), made.tree).is_blocked
    made.tree.back(mark)
    return blocked


def blamed(row: Row, code: str) -> str:
    """The column of a row that a reason speaks of, as far as that can be said."""
    column = BLAMED.get(code, "unit_code")
    if column == "parent_code" and not row.values.get(column):
        column = "into_code"
    if column == "kind" and row.values.get("act") not in ("found", "change_kind", *SPLITS):
        column = "parent_code" if row.values.get("parent_code") else "into_code"
    return column if row.values.get(column) or column in ("into_code", "members") else "unit_code"


def check_inside(made: Rehearsal, by_number: dict[int, Row]) -> None:
    """Tell rows whose acts would touch what belongs to units elsewhere, as members who come from there."""
    for at in outside(made.root, made.plans, made.tree):
        for number in made.of[at].numbers:
            told = _("this would touch what belongs to units that are not under %(unit)s") % {"unit": made.root.name}
            line = by_number[number]
            made.loading.fault(NAME, line, "members" if line.values.get("members") else "unit_code", told)


def outside(root: Unit, plans: Sequence[Plan], tree: Tree) -> list[int]:
    """Which of these plans, by their place, touch what belongs to units neither under one nor above it. One query."""
    touched: dict[int, set[int]] = {}
    for at, planned in enumerate(plans):
        for change in planned.changes:
            refers = kept.table(change.table).refers
            for row in (change.before, change.after):
                for column, value in (row or {}).items():
                    if refers.get(column) == UNIT and value is not None and value > 0:
                        touched.setdefault(value, set()).add(at)
        for unit in _come_from(tree, planned):
            touched.setdefault(unit, set()).add(at)
    found = ask(
        "select id from organizations_unit where id = any(%(ids)s) and not starts_with(path, %(root)s)",
        ids=list(touched), root=root.path,
    )  # fmt: skip
    above = set(root.ancestor_ids)
    return sorted({at for (pk,) in found if pk not in above for at in touched[pk]})


def _come_from(tree: Tree, planned: Plan) -> Iterable[int]:
    """Units that people leave by a plan."""
    for people in planned.people:
        for code in people.codes or ():
            for person in tree.find("members_person", "code", code):
                for spell in tree.find("members_membership", "person_id", person["id"]):
                    for stay in tree.find("members_stay", "membership_id", spell["id"]):
                        if stay["to_on"] is None or stay["to_on"] >= planned.on:
                            yield stay["cell_id"]


def counts_of(made: Rehearsal) -> dict[str, Any]:
    """How many acts of each kind, and how many records they touch by what they are."""
    kinds = Counter(str(each.asked.kind) for each in made.plans)
    touched: Counter[str] = Counter()
    for change in kept.joined(change for each in made.plans for change in each.changes):
        touched[change.table] += 1
    return {
        "rows": len(made.loading.rows.get(NAME, ())), "acts": len(made.plans), "kinds": dict(kinds),
        "records": dict(touched), "settle": sum(matter.count for each in made.plans for matter in each.matters),
    }  # fmt: skip
