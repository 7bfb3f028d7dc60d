"""How members follow acts on units: by official transfers, from cells that merge, split or close, to those named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.exchange.sheets import ask
from chibo.members import stays
from chibo.members.models import TransferKind
from chibo.organizations import following
from chibo.organizations.kinds import CELLS, ActKind, Limit
from chibo.organizations.overlay import LINK, UNIT, Tree
from chibo.organizations.planning import MANY, Counted, Matter, People, Plan, is_code
from chibo.organizations.rows import Change, Row
from chibo.organizations.standing import Back, names_of

PERSON, MEMBERSHIP, TRANSFER = "members_person", "members_membership", "members_transfer"
STAY, TEMPORARY, DEPARTURE = "members_stay", "members_temporarystay", "members_departure"
OF_MEMBERSHIP = "join members_membership m on m.id = t.membership_id join members_person p on p.id = m.person_id"
BELOW = """
select count(*) from members_stay s join organizations_unit u on u.id = s.cell_id
where s.from_on <= %(on)s and (s.to_on is null or s.to_on > %(on)s) and (u.closed_on is null or u.closed_on > %(on)s)
  and exists (select from unnest(string_to_array(rtrim(u.path, '/'), '/')) above(id)
              where above.id::bigint = any(%(units)s))
"""


@dataclass
class Told:
    """Memberships of which there is something to tell."""

    late: list[int] = field(default_factory=list)  # came that day or after
    taken: list[int] = field(default_factory=list)  # a temporary transfer on that day
    away: list[int] = field(default_factory=list)  # attend elsewhere for a time, which ends
    guests: list[int] = field(default_factory=list)  # attend for a time in a cell that closes


def holds(row: Row, day: date) -> bool:
    """Whether a span goes on after a day."""
    return row["to_on"] is None or row["to_on"] > day


def cells_no_more(tree: Tree, plan: Plan) -> list[int]:
    """Cells that become something else by a plan."""
    return [pk for pk, was in plan.reshaped.items() if was in CELLS and tree.get(UNIT, pk)["kind"] not in CELLS]


@following.follower
class Members(following.Follower):
    """Members of cells that close go over; who is in which cell is derived from that."""

    order = 10
    derived: ClassVar = frozenset({STAY, TEMPORARY})
    watched: ClassVar = frozenset({TRANSFER, DEPARTURE})
    names: ClassVar = {
        PERSON: (gettext_lazy("Members"), "select t.full_name from members_person t"),
        MEMBERSHIP: (
            gettext_lazy("Memberships"),
            "select p.full_name from members_membership t join members_person p on p.id = t.person_id",
        ),
        TRANSFER: (gettext_lazy("Transfers"), f"select p.full_name from members_transfer t {OF_MEMBERSHIP}"),
        DEPARTURE: (
            gettext_lazy("Departures"),
            f"select p.full_name from members_departure t {OF_MEMBERSHIP}",
        ),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        for name in (STAY, TEMPORARY):
            tree.read(name, "cell_id", closing)
        memberships = [row["membership_id"] for unit in closing for row in tree.find(STAY, "cell_id", unit)]
        memberships += [row["membership_id"] for unit in closing for row in tree.find(TEMPORARY, "cell_id", unit)]
        for name in (STAY, TEMPORARY, TRANSFER):
            tree.read(name, "membership_id", memberships)

    def follow(self, tree: Tree, plan: Plan) -> None:
        told = Told()
        for people in plan.people:
            for stay in self._going(tree, plan, people):
                self._go(tree, plan, stay, people.to, told)
        self._check_nobody_left(tree, plan, told)
        self._move_guests(tree, plan, told)
        self._tell(tree, plan, told)
        self._check_size(tree, plan)
        self._tell_gone(tree, plan)

    def _going(self, tree: Tree, plan: Plan, people: People) -> list[Row]:
        """The stays of those who go: in the cell they leave, on the day or after."""
        if people.codes is None:
            return [row for row in tree.find(STAY, "cell_id", people.source) if holds(row, plan.on)]
        known = [code for code in people.codes if is_code(code)]
        tree.read(PERSON, "code", known)
        persons = {code: row for code in known for row in tree.find(PERSON, "code", code)}
        tree.read(MEMBERSHIP, "person_id", [row["id"] for row in persons.values()])
        spells = {code: tree.find(MEMBERSHIP, "person_id", row["id"]) for code, row in persons.items()}
        ids = [row["id"] for found in spells.values() for row in found]
        for name in (STAY, TEMPORARY, TRANSFER):
            tree.read(name, "membership_id", ids)
        found, strange = [], []
        for code in dict.fromkeys(people.codes):
            mine = [
                row
                for spell in spells.get(code, ())
                for row in tree.find(STAY, "membership_id", spell["id"])
                if row["from_on"] <= plan.on and holds(row, plan.on)
            ]
            mine = [row for row in mine if people.source in (None, row["cell_id"])]
            if mine and mine[0]["cell_id"] != people.to:
                found.append(mine[0])
            elif not mine:
                strange.append(code)
        if strange:
            said = _("These are not members of the cell on that day.") if people.source else _("These are no members.")
            plan.settle("strangers", said, strange, blocks=True)
        return found

    def _go(self, tree: Tree, plan: Plan, stay: Row, to: int, told: Told) -> None:
        """One member goes over on the day."""
        membership, on = stay["membership_id"], plan.on
        that_day = [row for row in tree.find(TRANSFER, "membership_id", membership) if row["on"] == on]
        if stay["from_on"] > on or (stay["from_on"] == on and not that_day):
            told.late.append(membership)
            return
        if that_day and that_day[0]["kind"] == TransferKind.TEMPORARY:
            told.taken.append(membership)
            return
        for row in tree.find(TEMPORARY, "membership_id", membership):
            if row["from_on"] < on and holds(row, on) and row["cell_id"] != to:
                told.away.append(membership)
        if that_day:  # who came that day goes on at once
            tree.change(TRANSFER, that_day[0]["id"], to_cell_id=to)
            tree.change(STAY, stay["id"], cell_id=to)
            return
        tree.add(TRANSFER, membership_id=membership, to_cell_id=to, on=on, kind=TransferKind.OFFICIAL.value)
        ends = stay["to_on"]
        tree.change(STAY, stay["id"], to_on=on)
        tree.add(STAY, membership_id=membership, cell_id=to, from_on=on, to_on=ends, prev_to=on)

    def _check_nobody_left(self, tree: Tree, plan: Plan, told: Told) -> None:
        cells = [*plan.closing, *cells_no_more(tree, plan)]
        left = [
            row["membership_id"] for cell in cells for row in tree.find(STAY, "cell_id", cell) if holds(row, plan.on)
        ]
        left = [pk for pk in left if pk not in {*told.late, *told.taken}]
        if left:
            todo = _("Say to which cell they go.")
            plan.settle(
                "left", _("Members would be left without a cell."), self._named(tree, left), todo=todo, blocks=True
            )

    def _move_guests(self, tree: Tree, plan: Plan, told: Told) -> None:
        """Who attends for a time in a cell that goes into another attends there."""
        for cell, into in plan.closing.items():
            for row in tree.find(TEMPORARY, "cell_id", cell):
                if row["from_on"] >= plan.on or not holds(row, plan.on):
                    continue
                membership = row["membership_id"]
                tree.read(STAY, "membership_id", [membership])
                home = [
                    stay["cell_id"]
                    for stay in tree.find(STAY, "membership_id", membership)
                    if stay["from_on"] <= plan.on and holds(stay, plan.on)
                ]
                transfers = tree.find(TRANSFER, "membership_id", membership)
                if into is None or any(each["on"] == plan.on for each in transfers):
                    told.guests.append(membership)
                elif into not in home:
                    kind = TransferKind.TEMPORARY.value
                    came = [each for each in transfers if each["on"] == row["from_on"]]
                    goes_on = {name: came[0][name] for name in ("until", "ended_on", "decision")} if came else {}
                    tree.add(TRANSFER, membership_id=membership, to_cell_id=into, on=plan.on, kind=kind, **goes_on)
                    ends = row["to_on"]
                    tree.change(TEMPORARY, row["id"], to_on=plan.on)
                    tree.add(TEMPORARY, membership_id=membership, cell_id=into, from_on=plan.on, to_on=ends)

    def _tell(self, tree: Tree, plan: Plan, told: Told) -> None:
        if told.late:
            said = _("These came to the cell that day or after it: the act would put them where they never were.")
            todo = _("Choose a later day, or correct their transfers first.")
            plan.settle("late", said, self._named(tree, told.late), todo=todo, blocks=True)
        if told.taken:
            said = _("These have a temporary transfer on that very day.")
            todo = _("Correct the day of that transfer first.")
            plan.settle("taken", said, self._named(tree, told.taken), todo=todo, blocks=True)
        if told.away:
            said = _("These attend another cell for a time; the transfer ends that.")
            todo = _("Enter their temporary transfers anew, where they still hold.")
            plan.settle("away", said, self._named(tree, told.away), todo=todo)
        if told.guests:
            said = _("These attend for a time in a cell that closes.")
            todo = _("Enter a temporary transfer to another cell, or none if they attend at home again.")
            plan.settle("guests", said, self._named(tree, told.guests), todo=todo)

    def _check_size(self, tree: Tree, plan: Plan) -> None:
        """Hold the cells founded or left behind, and a cell that becomes a committee, against the rules."""
        made = {c.key for c in tree.since(plan.mark) if c.table == UNIT and c.before is None}
        made |= {c.key for c in tree.since(plan.mark) if c.table == UNIT and "closed_on" in (c.before or {})}
        cells = {pk for pk, _name in plan.parts.values() if pk in made and pk not in plan.closing}
        cells |= {people.source for people in plan.people if people.source and people.source not in plan.closing}
        cells -= set(plan.reshaped)
        least = tree.limit(Limit.CELL_LEAST_OFFICIAL, plan.on)
        small = []
        for pk in sorted(cells):
            if tree.get(UNIT, pk)["kind"] in CELLS and self._officials(tree, pk, plan.on) < least:
                small.append(tree.get(UNIT, pk)["name"])
        if small:
            said = _("Cells with fewer than %(least)s official members.") % {"least": least}
            plan.settle("small", said, small, todo=_("Let members come to them, or say why it is so."))
        least = tree.limit(Limit.COMMITTEE_FROM_OFFICIAL, plan.on)
        for pk in cells_no_more(tree, plan):
            number = sum(self._officials(tree, people.to, plan.on) for people in plan.people if people.source == pk)
            if number < least:
                said = _("It has %(number)s official members; a committee has at least %(least)s.") % {
                    "number": number, "least": least,
                }  # fmt: skip
                plan.settle("few", said, [tree.get(UNIT, pk)["name"]])

    def _tell_gone(self, tree: Tree, plan: Plan) -> None:
        """Say of a cell that opens again where those are who belonged to it when it closed."""
        for change in tree.since(plan.mark):
            closed = (change.before or {}).get("closed_on") if change.table == UNIT else None
            if closed is None or plan.asked.kind != ActKind.REOPEN:
                continue
            tree.read(STAY, "cell_id", [change.key])
            left = {row["membership_id"] for row in tree.find(STAY, "cell_id", change.key) if row["to_on"] == closed}
            tree.read(STAY, "membership_id", left)
            to: Counter[int] = Counter(
                row["cell_id"] for pk in sorted(left) for row in tree.find(STAY, "membership_id", pk)
                if row["from_on"] <= plan.on and holds(row, plan.on) and row["cell_id"] != change.key
            )  # fmt: skip
            if to:
                tree.read(UNIT, "id", list(to))
                said = _("Those who belonged to it when it closed are members of other cells now: %(count)s.")
                named = [
                    worded("%(unit)s (%(count)s)") % {"unit": tree.get(UNIT, pk)["name"], "count": number}
                    for pk, number in to.most_common()
                ]
                todo = _("Name those who come back, or enter their transfers afterwards.")
                plan.matters.append(
                    Matter("gone_over", said % {"count": sum(to.values())}, sum(to.values()), tuple(named[:MANY]),
                           todo, table=UNIT, keys=tuple([pk for pk, _n in to.most_common()][:MANY]))
                )  # fmt: skip

    def _officials(self, tree: Tree, cell: int, day: date) -> int:
        tree.read(STAY, "cell_id", [cell])
        stays = [row for row in tree.find(STAY, "cell_id", cell) if row["from_on"] <= day and holds(row, day)]
        tree.read(MEMBERSHIP, "id", [row["membership_id"] for row in stays])
        since = [tree.get(MEMBERSHIP, row["membership_id"])["official_on"] for row in stays]
        return sum(each is not None and each <= day for each in since)

    def _named(self, tree: Tree, memberships: Iterable[int]) -> list[str]:
        ids = list(dict.fromkeys(memberships))
        tree.read(MEMBERSHIP, "id", ids)
        people = [tree.get(MEMBERSHIP, pk)["person_id"] for pk in ids]
        tree.read(PERSON, "id", people)
        return [f"{tree.get(PERSON, pk)['full_name']} ({tree.get(PERSON, pk)['code']})" for pk in people]

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        number = sum(change.table == TRANSFER for change in plan.changes)
        yield Counted("members", _("Members who go over"), number)
        moved = {c.after["unit_id"] for c in plan.changes if c.table == LINK and c.before is None and c.after}
        ((number,),) = ask(BELOW, units=[pk for pk in moved - set(plan.closing) if pk > 0], on=plan.on)
        yield Counted("members_below", _("Members who stay in their cells and go along with these"), number)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Transfers and departures since of those the acts moved; members of a cell that would close again."""
        moved = {row["membership_id"] for row in back.made(TRANSFER).values()}
        moved |= {tree.get(TRANSFER, change.key)["membership_id"] for change in back.changed(TRANSFER)}
        for name in (TRANSFER, DEPARTURE):
            tree.read(name, "membership_id", moved)
            later = back.since(name, [row["id"] for pk in moved for row in tree.find(name, "membership_id", pk)])
            if later:
                text = _("%(what)s since of members who went over: %(count)s.") % {
                    "what": self.names[name][0], "count": len(later),
                }  # fmt: skip
                yield Matter("went_on", text, len(later), tuple(names_of(name, later)), blocks=True,
                             table=name, keys=tuple(sorted(later)[:MANY]))  # fmt: skip
        left = [
            row["membership_id"]
            for pk, day in back.closing.items()
            for row in tree.find(STAY, "cell_id", pk)
            if holds(row, day) and not self._moved_by(tree, row)
        ]
        if left:
            text = _("Members belong to a cell that would be closed: %(count)s.") % {"count": len(left)}
            yield Matter("left", text, len(left), tuple(self._named(tree, left)[:MANY]), blocks=True)

    def _moved_by(self, tree: Tree, stay: Row) -> bool:
        """Whether it was the acts that brought a member into a cell."""
        transfers = tree.find(TRANSFER, "membership_id", stay["membership_id"])
        return not any(row["on"] == stay["from_on"] for row in transfers) and stay["from_on"] != self._joined(
            tree, stay
        )

    def _joined(self, tree: Tree, stay: Row) -> date:
        joined: date = tree.get(MEMBERSHIP, stay["membership_id"])["joined_on"]
        return joined

    def derive(self, changes: Mapping[str, Sequence[Change]]) -> None:
        memberships: set[int] = set()
        lasting = []
        for change in changes.get(TRANSFER, ()):
            row = change.after or change.before or {}
            if "membership_id" in row:
                memberships.add(row["membership_id"])
            else:
                lasting.append(change.key)
        memberships |= stays.of_transfers(lasting)
        if memberships:
            stays.restay(memberships)
