"""Acts on units, planned: what each would change, row by row, and what a person has to settle. Nothing is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chibo.core.wording import kept
from chibo.core.wording import worded as _
from chibo.organizations import following
from chibo.organizations.kinds import ActKind, Part
from chibo.organizations.overlay import Tree
from chibo.organizations.rows import Change, Row, joined, plain

Progress = Callable[[float], None]
MANY = 20  # records of a matter that are named
LONGEST = 500  # characters of a code, a name, a decision
YEARS = range(1900, 2200)  # of the calendar figures are counted by


def silent(share: float) -> None:
    """Tell nobody how far the work is."""


@dataclass(frozen=True)
class Asked:
    """An act as somebody asks for it: units and members by their codes, so that it can be kept and planned anew.

    What `given` holds, by kind: see the functions of `deeds`.
    """

    kind: str
    on: date
    decision: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """Codes of the units it names, also of those it would found."""
        given, found = self.given, list[Any]()
        for spec in [given, given.get("new") or {}, *(given.get("parts") or ()), *(given.get("cells") or ())]:
            found += (spec.get(name) for name in ("code", "unit", "parent", "to", "into", "members_to"))
            found += spec.get("units") or ()
        return [code for code in dict.fromkeys(found) if is_code(code)]


def is_code(text: Any) -> bool:
    """Whether something can be the code of a record at all."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST and "\0" not in text


@dataclass(frozen=True)
class Matter:
    """Something a person has to settle: what, how many, which records, what to do. One that blocks comes first."""

    code: str
    text: str
    count: int = 1
    records: tuple[str, ...] = ()
    todo: str = ""
    blocks: bool = False
    table: str = ""  # of the records, where a page can lead to them
    keys: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code, "text": kept(self.text), "count": self.count, "records": [*map(kept, self.records)],
            "todo": kept(self.todo), "table": self.table, "keys": self.keys,
        }  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """How many records of a sort an act touches."""

    code: str
    label: str
    number: int


@dataclass(frozen=True)
class People:
    """Members go to a cell: those named, or all that are left in the cell they come from."""

    source: int | None
    to: int
    codes: tuple[str, ...] | None = None


class Stop(Exception):
    """The act can't be planned; `matter` says why."""

    def __init__(self, code: str, text: str, **more: Any) -> None:
        super().__init__(text)
        self.matter = Matter(code, text, blocks=True, **more)


@dataclass
class Plan:
    """What an act would do: its changes, what it takes a person to settle, how the units take part."""

    asked: Asked
    changes: list[Change] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    counts: list[Counted] = field(default_factory=list)
    parts: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)  # (part, code): unit, its name
    closing: dict[int, int | None] = field(default_factory=dict)  # unit: what it goes into
    reshaped: dict[int, str] = field(default_factory=dict)  # unit: the kind it was of
    people: list[People] = field(default_factory=list)
    mark: int = 0  # where the journal of the tree stood before it

    @property
    def on(self) -> date:
        return self.asked.on

    @property
    def is_blocked(self) -> bool:
        """Whether something has to be settled before the act can be done."""
        return any(matter.blocks for matter in self.matters)

    @property
    def seal(self) -> str:
        """The same for plans that do the same: what was previewed is what is done."""
        told = [[c.table, c.key, plain(c.before), plain(c.after)] for c in self.changes]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def reasons(self) -> list[str]:
        """Why it can't be done."""
        return [matter.text for matter in self.matters if matter.blocks]

    def take_part(self, part: Part, unit: Row) -> None:
        """Say what a unit is to the act."""
        self.parts[part.value, unit["code"]] = (unit["id"], unit["name"])

    def settle(
        self, code: str, text: str, records: Iterable[str] = (), *, todo: str = "", blocks: bool = False
    ) -> None:  # fmt: skip
        """Tell a matter of some records."""
        named = list(records)
        self.matters.append(Matter(code, text, len(named) or 1, tuple(named[:MANY]), todo, blocks))


Deed = Callable[[Tree, Plan], None]
deeds: dict[str, Deed] = {}


def deed(kind: ActKind) -> Callable[[Deed], Deed]:
    """Have a function plan what an act of a kind does to the units."""

    def declare(function: Deed) -> Deed:
        deeds[kind] = function
        return function

    return declare


def plan(asked: Asked, tree: Tree, *, count: bool = False) -> Plan:
    """Plan an act on a tree as it would stand by then; a plan that is blocked leaves the tree as it was.

    With `count` also how much it touches, for a preview.
    """
    made = Plan(asked, mark=tree.mark)
    read_for([asked], tree)
    try:
        _check(asked)
        deeds[asked.kind](tree, made)
        for each in following.every():
            each.follow(tree, made)
    except Stop as stop:
        made.matters.append(stop.matter)
    made.matters.sort(key=lambda matter: not matter.blocks)
    hidden = following.derived()
    made.changes = [change for change in tree.since(made.mark) if change.table not in hidden]
    if count and not made.is_blocked:
        made.counts = [counted for each in following.every() for counted in each.count(tree, made) if counted.number]
    if made.is_blocked:
        tree.back(made.mark)
    return made


def _check(asked: Asked) -> None:
    """Stop unless what is asked for has a day and a decision that can be kept."""
    if asked.kind not in deeds:
        raise Stop("kind_of_act", _("Choose what is to be done."))
    if asked.on.year not in YEARS:
        raise Stop("day", _("Choose a day of this century or the last."))
    if asked.decision and not is_code(asked.decision):
        raise Stop("decision", _("The decision is too long: at most 500 characters."))


def read_for(asked: Sequence[Asked], tree: Tree) -> None:
    """Have at hand what planning these acts takes: a few queries for any number of them."""
    tree.units(dict.fromkeys(code for each in asked for code in each.codes))
    of = {code: unit["id"] for each in asked for code in each.codes if (unit := tree.unit(code)) and unit["id"] > 0}
    closing = [of[code] for each in asked for code in _emptied(each) if code in of]
    for each in following.every():
        each.read(tree, list(dict.fromkeys(of.values())), closing=list(dict.fromkeys(closing)))


def _emptied(asked: Asked) -> list[str]:
    """Codes of units that would close, or be cells no more."""
    if asked.kind == ActKind.MERGE:
        return [*asked.given.get("units", ())]
    if asked.kind in (ActKind.DISSOLVE, ActKind.SPLIT, ActKind.CHANGE_KIND):
        return [asked.given.get("unit", "")]
    return []


def plan_all(asked: Sequence[Asked], tree: Tree, say: Progress = silent) -> list[Plan]:
    """Plan acts one after the other, each on what those before it would leave."""
    read_for(asked, tree)
    plans = []
    for number, each in enumerate(asked):
        plans.append(plan(each, tree))
        if number % 100 == 0:
            say(0.6 * number / len(asked))
    return plans


def seal_of(plans: Iterable[Plan]) -> str:
    """The same for plans that together do the same."""
    return hashlib.sha256("".join(each.seal for each in plans).encode()).hexdigest()


def net(plans: Iterable[Plan]) -> list[Change]:
    """What plans come to together, one change a row."""
    return joined(change for each in plans for change in each.changes)
