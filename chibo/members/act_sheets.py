"""The sheets `transfers` and `departures`: acts on a membership. Source: contracts of the roll, version 1."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.exchange.cells import Choice, Column, Day, Reference
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Record, Row, Sheet, array, ask, declare, number, settle, write_rows
from chibo.exchange.undoing import Undoing
from chibo.members import again, out
from chibo.members.actions import restay
from chibo.members.models import Reason, Transfer, TransferKind
from chibo.members.sheets import (
    DEPARTURES,
    MEMBERS,
    TRANSFERS,
    blame,
    by_spell,
    spell_of,
    spell_on,
    spells,
    tainted_members,
    touched_memberships,
)
from chibo.organizations.permissions import P
from chibo.organizations.sheets import NO_CELL_THEN, UNITS, no_cell, touched_units

Spell = tuple[str, int]  # the code of a member, and the key of a spell; 0 of one that the file makes
CLOSED_WHEN_TRANSFERRED = f"""
select t.id, c.id from members_transfer t join organizations_unit c on c.id = t.to_cell_id
where (t.membership_id = any(%(memberships)s) or c.id = any(%(units)s))
  and (t.on < c.founded_on or t.on >= c.closed_on or {NO_CELL_THEN.format(day="t.on")})
"""
OUTLIVING = """
select s.membership_id, c.id, s.from_on from members_stay s join organizations_unit c on c.id = s.cell_id
where (s.membership_id = any(%(memberships)s) or c.id = any(%(units)s))
  and c.closed_on is not null and s.from_on < c.closed_on and coalesce(s.to_on, 'infinity') > c.closed_on
"""


def _spell(load: Loading, row: Row) -> Spell:
    """The spell of membership to which an act of the file belongs: a known transfer stays in its own."""
    code = row.values["member_code"]
    member = load.records[MEMBERS].get(code)
    known = row.record.values.get("spell") if row.record else None
    return code, known or (spell_on(member, row.values["on"]) if member is not None else 0)


def _joined(member: Record, spell: Spell) -> date:
    """When a spell of a member begins."""
    return {pk: on for on, pk in spells(member)}[spell[1]]


class Acts(Sheet):
    """Acts on a membership: each refers to a member and has its day."""

    def order_of_days(self, load: Loading) -> None:
        """Refuse what is not after joining, and transfers not before leaving; the act is to blame, or what moved."""
        members = load.records[MEMBERS]
        codes = {pk: code for code, member in members.items() for _on, pk in spells(member) if pk}
        ids = array(codes)
        days: dict[Spell, dict[date, Row | None]] = {}
        for membership, on in ask(
            'select membership_id, t."on" from members_transfer t where membership_id = any(%(ids)s)', ids=ids
        ):
            days.setdefault((codes[membership], membership), {})[on] = None
        leaving: dict[Spell, tuple[date, Row | None]] = {
            (codes[membership], membership): (on, None)
            for membership, on in ask(
                'select membership_id, d."on" from members_departure d where membership_id = any(%(ids)s)', ids=ids
            )
        }
        for row in load.sound(TRANSFERS):
            days.setdefault(_spell(load, row), {})[row.values["on"]] = row
        for row in load.sound(DEPARTURES):
            leaving[_spell(load, row)] = (row.values["on"], row)
        for spell, (on, act) in leaving.items():
            member = members.get(spell[0])
            if member is not None and member.sound and on <= _joined(member, spell):
                self._tell(load, DEPARTURES, act, "on", member, _("a departure on or before the day of joining"))
        for spell, of_spell in days.items():
            member = members.get(spell[0])
            if member is None or not member.sound:
                continue
            joined, (left, departure) = _joined(member, spell), leaving.get(spell, (None, None))
            for on, act in of_spell.items():
                if on <= joined:
                    self._tell(load, TRANSFERS, act, "on", member, _("a transfer on or before the day of joining"))
                elif left is not None and on >= left:
                    if act is not None or departure is None:
                        self._tell(load, TRANSFERS, act, "on", member, _("a transfer on or after the day of leaving"))
                    else:
                        load.fault(DEPARTURES, departure, "on", _("there is a transfer on or after the day of leaving"))
        self._one_at_a_time(load, leaving)

    def _one_at_a_time(self, load: Loading, leaving: dict[Spell, tuple[date, Row | None]]) -> None:
        """Refuse what would let two spells of membership of one person run at once."""
        for code, member in load.records[MEMBERS].items():
            if not member.values.get("others") or not member.sound:
                continue
            in_order = spells(member)
            for (_before, pk), (joined_on, _next) in pairwise(in_order):
                left, act = leaving.get((code, pk), (None, None))
                if left is None or left > joined_on:
                    reason = _("this person was a member already on some of these days")
                    self._tell(load, DEPARTURES, act, "on", member, reason)

    def _tell(self, load: Loading, sheet: str, act: Row | None, column: str, member: Record, reason: str) -> None:
        if act is not None:
            load.fault(sheet, act, column, reason)
        elif member.row is not None:
            load.fault(MEMBERS, member.row, "joined_on", reason)


@declare
class Transfers(Acts):
    """Transfers of members to other cells, official or temporary."""

    name = TRANSFERS
    order = 11
    right = P.MEMBER_VIEW
    out = out.TRANSFERS
    tables = ("members_transfer",)
    key: ClassVar = ("member_code", "on")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("member_code", required=True, to=MEMBERS),
        Reference("to_cell_code", required=True, to=UNITS, unfit=no_cell),
        Day("on", required=True),
        Choice("kind", required=True, words=tuple(TransferKind.values)),
    )

    def match(self, load: Loading) -> None:
        known = {}
        for code, on, pk, cell, kind, spell in ask(
            'select p.code, t."on", t.id, c.code, t.kind, m.id from members_transfer t'
            " join members_membership m on m.id = t.membership_id join members_person p on p.id = m.person_id"
            " join organizations_unit c on c.id = t.to_cell_id where t.membership_id = any(%(ids)s)",
            ids=array(filter(None, by_spell(load))) if load.rows.get(TRANSFERS) else "{}",
        ):
            known[code, on] = Record((code, on), {"to_cell_code": cell, "kind": kind, "spell": spell}, id=pk)
        for row in load.sound(TRANSFERS):
            key = self.identity(row)
            values = {name: row.values[name] for name in ("to_cell_code", "kind")}
            settle(row, known.get(key), key, values)
        load.records[TRANSFERS] = {r.record.key: r.record for r in load.rows.get(TRANSFERS, ()) if r.record}

    def check(self, load: Loading) -> None:
        for row in list(load.sound(TRANSFERS)):
            member, cell = load.refer(row, "member_code", MEMBERS), load.refer(row, "to_cell_code", UNITS)
            if row.record is not None:
                row.record.values |= {"member": member, "cell": cell, "spell": _spell(load, row)[1]}
        for row in list(load.sound(DEPARTURES)):  # both are asked before their days are held against each other
            load.refer(row, "member_code", MEMBERS)
        self.order_of_days(load)

    def write(self, load: Loading) -> None:
        rows = [r for r in load.sound(TRANSFERS) if _can_be_written(r)]
        records = [r.record for r in rows if r.record]
        number(records, "members_transfer")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, spell_of(record), v["cell"].id, record.key[1], v["kind"])

        write_rows(
            "members_transfer",
            ["id", "membership_id", "to_cell_id", "on", "kind"],
            (line(r) for r in records if r.is_new),
            (line(r) for r in records if r.is_changed),
        )
        official = [r.id for r in records if r.is_changed and r.values["kind"] == TransferKind.OFFICIAL]
        without_end = Transfer.objects.filter(pk__in=official).exclude(until=None, ended_on=None)
        without_end.update(until=None, ended_on=None)  # for good: what was for a time has an end

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.transfers(undoing, [column.name for column in self.columns])

    def verify(self, load: Loading) -> None:
        by_id = {r.id: r for r in load.records[TRANSFERS].values() if r.id}
        touched = {"memberships": touched_memberships(load), "units": array(touched_units(load))}
        for transfer, cell in ask(CLOSED_WHEN_TRANSFERRED, **touched):
            reason = _("the cell is not open on the day of the transfer")
            blame(load, TRANSFERS, by_id.get(transfer), "on", reason, cell)


def _can_be_written(row: Row) -> bool:
    """Whether all an act refers to was written; what hangs on a fault waits."""
    values = row.record.values if row.record else {}
    member, cell = values.get("member"), values.get("cell", values.get("member"))
    if member is None or cell is None or not member.sound or not member.values["membership"] or not cell.id:
        row.sound = False
    return row.sound


@declare
class Departures(Acts):
    """Departures: each ends a membership."""

    name = DEPARTURES
    order = 12
    right = P.MEMBER_VIEW
    out = out.DEPARTURES
    tables = ("members_departure",)
    key: ClassVar = ("member_code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("member_code", required=True, to=MEMBERS),
        Day("on", required=True),
        Choice("reason", required=True, stand_in="resigned", words=tuple(Reason.values)),
    )

    def match(self, load: Loading) -> None:
        known = {}
        for code, spell, pk, on, reason in ask(
            'select p.code, m.id, d.id, d."on", d.reason from members_departure d'
            " join members_membership m on m.id = d.membership_id join members_person p on p.id = m.person_id"
            " where d.membership_id = any(%(ids)s)",
            ids=array(filter(None, by_spell(load))) if load.rows.get(DEPARTURES) else "{}",
        ):
            known[code, spell] = Record(code, {"on": on, "reason": reason, "spell": spell}, id=pk)
        for row in load.sound(DEPARTURES):
            spell = _spell(load, row)
            settle(row, known.get(spell), spell[0], {name: row.values[name] for name in ("on", "reason")})

    def check(self, load: Loading) -> None:
        for row in load.sound(DEPARTURES):
            if row.record is not None:
                row.record.values["member"] = load.records[MEMBERS].get(row.values["member_code"])
                row.record.values["spell"] = _spell(load, row)[1]

    def write(self, load: Loading) -> None:
        records = [r.record for r in load.sound(DEPARTURES) if _can_be_written(r) and r.record]
        number(records, "members_departure")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, spell_of(record), v["on"], v["reason"])

        write_rows(
            "members_departure",
            ["id", "membership_id", "on", "reason"],
            (line(r) for r in records if r.is_new),
            (line(r) for r in records if r.is_changed),
        )
        touched = touched_memberships(load)
        if touched != array(()):
            restay(touched)

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.departures(undoing, [column.name for column in self.columns])

    def verify(self, load: Loading) -> None:
        touched = {"memberships": touched_memberships(load), "units": array(touched_units(load))}
        found = ask(OUTLIVING, **touched)
        by_membership, tainted = (by_spell(load), tainted_members(load)) if found else ({}, set())
        for membership, cell, since in found:
            member = by_membership.get(membership)
            if member is not None and member.key in tainted:
                continue
            reason = _("the membership outlives its cell, which is closed by then")
            behind = self._behind(load, member, since) if member is not None else None
            if behind is not None:
                load.fault(*behind, reason)
            else:
                blame(load, MEMBERS, None, "", reason, cell)

    def _behind(self, load: Loading, member: Record, since: date) -> tuple[str, Row, str] | None:
        """What of the file made a member be in a cell since a day: the arrival, else any act on the membership."""
        arrival = load.records[TRANSFERS].get((member.key, since))
        if arrival is not None and arrival.row is not None and (arrival.is_new or arrival.is_changed):
            return TRANSFERS, arrival.row, "to_cell_code"
        if member.row is not None and (member.is_new or member.is_changed) and member.values["joined_on"] == since:
            return MEMBERS, member.row, "cell_code"
        for sheet, column in ((DEPARTURES, "on"), (TRANSFERS, "on"), (MEMBERS, "joined_on")):
            for row in load.sound(sheet):
                record = row.record
                if record and row.values["member_code"] == member.key and (record.is_new or record.is_changed):
                    return sheet, row, column
        return None
