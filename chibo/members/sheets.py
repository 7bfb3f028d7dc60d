"""The sheets `members`, `transfers`, `departures`: the roll of members. Source: contracts of the roll, version 1."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.core.text import name_sort_key, search_key
from chibo.exchange.cells import Choice, Column, Day, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Record, Row, Sheet, ask, declare, number, settle, write_rows
from chibo.exchange.undoing import Undoing
from chibo.members import again, identity, stays
from chibo.members.actions import restay
from chibo.members.models import Reason, Sex, TransferKind
from chibo.organizations.sheets import NO_CELL_THEN, UNITS, no_cell, touched_units

MEMBERS, TRANSFERS, DEPARTURES = "members", "transfers", "departures"
OF_PERSON = ("full_name", "sex", "born_on", "ethnicity", "religion", "occupation", "education", "theory")
OF_MEMBERSHIP = ("joined_on", "official_on", "exempt_from")
FIND = """
select p.code, p.id, m.id, c.code, m.joined_on, m.official_on, m.exempt_from,
       p.full_name, p.sex, p.born_on, p.ethnicity, p.religion, p.occupation, p.education, p.theory
from members_person p
join members_membership m on m.person_id = p.id
join organizations_unit c on c.id = m.cell_id
where p.code = any(%(codes)s)
"""
CLOSED_WHEN_JOINING = f"""
select m.id, c.id from members_membership m join organizations_unit c on c.id = m.cell_id
where (m.id = any(%(memberships)s) or c.id = any(%(units)s))
  and (m.joined_on < c.founded_on or m.joined_on >= c.closed_on or {NO_CELL_THEN.format(day="m.joined_on")})
"""
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


def touched_memberships(load: Loading, *, known: bool = False) -> list[int]:
    """Ids of the memberships whose person, membership, transfers or departure the file makes or changes.

    `known`: only of those that were there before, whose other records may be outside the file.
    """
    found = set()
    for sheet in (MEMBERS, TRANSFERS, DEPARTURES):
        for row in load.rows.get(sheet, ()):
            record = row.record
            if record is not None and row.sound and (record.is_new or record.is_changed):
                member = record if sheet == MEMBERS else record.values["member"]
                if not (known and member.is_new):
                    found.add(member.values["membership"])
    return [pk for pk in found if pk]


@declare
class Members(Sheet):
    """Members: a person and the spell of membership."""

    name = MEMBERS
    order = 10
    tables = ("members_person", "members_membership")
    derived = ("members_stay", "members_temporarystay")
    key: ClassVar = ("member_code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("member_code", required=True),
        Text("full_name", required=True, stand_in="?"),
        Choice("sex", required=True, stand_in="m", words=tuple(Sex.values)),
        Day("born_on", required=True),
        Text("ethnicity", stand_in=""),
        Text("religion", stand_in=""),
        Reference("cell_code", required=True, to=UNITS, unfit=no_cell),
        Day("joined_on", required=True),
        Day("official_on", stand_in=None),
        Day("exempt_from", stand_in=None),
        Text("occupation", stand_in=""),
        Text("education", stand_in=""),
        Text("theory", stand_in=""),
    )

    def match(self, load: Loading) -> None:
        records = load.records[MEMBERS] = {}
        for code, person, membership, cell, joined_on, official_on, exempt_from, *rest in ask(
            FIND, codes=list(load.wanted(MEMBERS))
        ):
            values: dict[str, Any] = dict(zip(OF_PERSON, rest, strict=True))
            values |= {"member_code": code, "cell_code": cell, "membership": membership}
            values |= {"joined_on": joined_on, "official_on": official_on, "exempt_from": exempt_from}
            records[code] = Record(code, values, id=person)
        empty = {column.name: column.nothing for column in self.columns if not column.required} | {"membership": 0}
        for row in load.sound(MEMBERS):
            code = row.values["member_code"]
            known = records.get(code)
            records[code] = settle(row, known, code, dict(row.values) if known else empty | row.values)

    def check(self, load: Loading) -> None:
        identity.refuse_former(load, MEMBERS)
        for row in load.rows.get(MEMBERS, ()):
            load.refer(row, "cell_code", UNITS)
            values = row.record.values if row.record else row.values
            born, joined, official = (values.get(name) for name in ("born_on", "joined_on", "official_on"))
            if born and joined and born >= joined:
                load.fault(MEMBERS, row, "born_on", _("born on or after the day of joining"))
            if official and joined and official < joined:
                column = "official_on" if load.has(MEMBERS, "official_on") else "joined_on"
                load.fault(MEMBERS, row, column, _("official before joining"))

    def instead(self, key: str) -> str:
        return identity.instead(key)

    def write(self, load: Loading) -> None:
        units = load.records[UNITS]
        records = [r for r in (row.record for row in load.sound(MEMBERS)) if r and (r.is_new or r.is_changed)]
        for record in [r for r in records if not units[r.values["cell_code"]].id]:
            if record.row is not None:
                record.row.sound = False
            records.remove(record)
        if not records:
            return
        number(records, "members_person")
        new = [r for r in records if r.is_new]
        ids = ask(
            "select nextval(pg_get_serial_sequence('members_membership', 'id')) from generate_series(1, %(n)s)",
            n=len(new),
        )
        for record, (pk,) in zip(new, ids, strict=True):
            record.values["membership"] = pk
        changed = [r for r in records if r.is_changed]
        columns = ["id", "code", *OF_PERSON, "sort_key", "search_key"]
        write_rows("members_person", columns, map(_person, new), map(_person, changed))

        def spell(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (v["membership"], record.id, units[v["cell_code"]].id, *(v[name] for name in OF_MEMBERSHIP))

        columns = ["id", "person_id", "cell_id", *OF_MEMBERSHIP]
        write_rows("members_membership", columns, map(spell, new), map(spell, changed))

    def verify(self, load: Loading) -> None:
        by_membership = {r.values["membership"]: r for r in load.records[MEMBERS].values()}
        touched = {"memberships": touched_memberships(load), "units": touched_units(load)}
        for membership, cell in ask(CLOSED_WHEN_JOINING, **touched):
            member = by_membership.get(membership)
            blame(load, MEMBERS, member, "joined_on", _("the cell was not open on the day of joining"), cell)

    def forget(self, table: str, ids: list[int]) -> None:
        if table == "members_membership":
            stays.forget(ids)

    def derive(self, undoing: Undoing) -> None:
        restay(again.around(undoing))

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.members(undoing, [column.name for column in self.columns])


def _person(record: Record) -> tuple[Any, ...]:
    v = record.values
    name = v["full_name"]
    return (record.id, v["member_code"], *(v[n] for n in OF_PERSON), name_sort_key(name), search_key(name))


def blame(load: Loading, sheet: str, record: Record | None, column: str, reason: str, unit: int) -> None:
    """Tell a fault of the record's row, or where the file has none, of the row of the unit that changed around it."""
    told = _("something recorded already would lie where the unit is not open: %(what)s") % {"what": reason}
    if record is not None and record.row is not None:
        load.fault(sheet, record.row, column, reason)
        return
    for other in load.records[UNITS].values():
        if other.id == unit and other.row is not None:
            load.fault(UNITS, other.row, "closed_on" if load.has(UNITS, "closed_on") else "founded_on", told)
            return
    load.fault_of_file(told)


class Acts(Sheet):
    """Acts on a membership: each refers to a member and has its day."""

    def order_of_days(self, load: Loading) -> None:
        """Refuse what is not after joining, and transfers not before leaving; the act is to blame, or what moved."""
        members = load.records[MEMBERS]
        ids = {r.values["membership"]: r for r in members.values() if r.values["membership"]}
        days: dict[Any, dict[Any, Any]] = {}
        for membership, on in ask(
            'select membership_id, t."on" from members_transfer t where membership_id = any(%(ids)s)', ids=list(ids)
        ):
            days.setdefault(ids[membership].key, {})[on] = None
        leaving: dict[Any, tuple[Any, Row | None]] = {
            ids[membership].key: (on, None)
            for membership, on in ask(
                'select membership_id, d."on" from members_departure d where membership_id = any(%(ids)s)',
                ids=list(ids),
            )
        }
        for row in load.sound(TRANSFERS):
            days.setdefault(row.values["member_code"], {})[row.values["on"]] = row
        for row in load.sound(DEPARTURES):
            leaving[row.values["member_code"]] = (row.values["on"], row)
        for code, (on, act) in leaving.items():
            member = members.get(code)
            if member is not None and member.sound and on <= member.values["joined_on"]:
                self._tell(load, DEPARTURES, act, "on", member, _("a departure on or before the day of joining"))
        for code, of_member in days.items():
            member = members.get(code)
            if member is None or not member.sound:
                continue
            left, departure = leaving.get(code, (None, None))
            for on, act in of_member.items():
                if on <= member.values["joined_on"]:
                    self._tell(load, TRANSFERS, act, "on", member, _("a transfer on or before the day of joining"))
                elif left is not None and on >= left:
                    if act is not None or departure is None:
                        self._tell(load, TRANSFERS, act, "on", member, _("a transfer on or after the day of leaving"))
                    else:
                        load.fault(DEPARTURES, departure, "on", _("there is a transfer on or after the day of leaving"))

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
    tables = ("members_transfer",)
    key: ClassVar = ("member_code", "on")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("member_code", required=True, to=MEMBERS),
        Reference("to_cell_code", required=True, to=UNITS, unfit=no_cell),
        Day("on", required=True),
        Choice("kind", required=True, words=tuple(TransferKind.values)),
    )

    def match(self, load: Loading) -> None:
        members = load.records[MEMBERS]
        ids = [r.values["membership"] for r in members.values() if r.values["membership"]]
        known = {}
        for code, on, pk, cell, kind in ask(
            'select p.code, t."on", t.id, c.code, t.kind from members_transfer t'
            " join members_membership m on m.id = t.membership_id join members_person p on p.id = m.person_id"
            " join organizations_unit c on c.id = t.to_cell_id where t.membership_id = any(%(ids)s)",
            ids=ids if load.rows.get(TRANSFERS) else [],
        ):
            known[code, on] = Record((code, on), {"to_cell_code": cell, "kind": kind}, id=pk)
        for row in load.sound(TRANSFERS):
            key = self.identity(row)
            values = {name: row.values[name] for name in ("to_cell_code", "kind")}
            settle(row, known.get(key), key, values)
        load.records[TRANSFERS] = {r.record.key: r.record for r in load.rows.get(TRANSFERS, ()) if r.record}

    def check(self, load: Loading) -> None:
        for row in list(load.sound(TRANSFERS)):
            member, cell = load.refer(row, "member_code", MEMBERS), load.refer(row, "to_cell_code", UNITS)
            if row.record is not None:
                row.record.values |= {"member": member, "cell": cell}
        for row in list(load.sound(DEPARTURES)):  # both are asked before their days are held against each other
            load.refer(row, "member_code", MEMBERS)
        self.order_of_days(load)

    def write(self, load: Loading) -> None:
        rows = [r for r in load.sound(TRANSFERS) if _can_be_written(r)]
        records = [r.record for r in rows if r.record]
        number(records, "members_transfer")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, v["member"].values["membership"], v["cell"].id, record.key[1], v["kind"])

        write_rows(
            "members_transfer",
            ["id", "membership_id", "to_cell_id", "on", "kind"],
            (line(r) for r in records if r.is_new),
            (line(r) for r in records if r.is_changed),
        )

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.transfers(undoing, [column.name for column in self.columns])

    def verify(self, load: Loading) -> None:
        by_id = {r.id: r for r in load.records[TRANSFERS].values() if r.id}
        touched = {"memberships": touched_memberships(load), "units": touched_units(load)}
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
    tables = ("members_departure",)
    key: ClassVar = ("member_code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("member_code", required=True, to=MEMBERS),
        Day("on", required=True),
        Choice("reason", required=True, stand_in="resigned", words=tuple(Reason.values)),
    )

    def match(self, load: Loading) -> None:
        ids = [r.values["membership"] for r in load.records[MEMBERS].values() if r.values["membership"]]
        known = {}
        for code, pk, on, reason in ask(
            'select p.code, d.id, d."on", d.reason from members_departure d'
            " join members_membership m on m.id = d.membership_id join members_person p on p.id = m.person_id"
            " where d.membership_id = any(%(ids)s)",
            ids=ids if load.rows.get(DEPARTURES) else [],
        ):
            known[code] = Record(code, {"on": on, "reason": reason}, id=pk)
        for row in load.sound(DEPARTURES):
            code = row.values["member_code"]
            settle(row, known.get(code), code, {name: row.values[name] for name in ("on", "reason")})

    def check(self, load: Loading) -> None:
        for row in load.sound(DEPARTURES):
            if row.record is not None:
                row.record.values["member"] = load.records[MEMBERS].get(row.values["member_code"])

    def write(self, load: Loading) -> None:
        records = [r.record for r in load.sound(DEPARTURES) if _can_be_written(r) and r.record]
        number(records, "members_departure")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, v["member"].values["membership"], v["on"], v["reason"])

        write_rows(
            "members_departure",
            ["id", "membership_id", "on", "reason"],
            (line(r) for r in records if r.is_new),
            (line(r) for r in records if r.is_changed),
        )
        touched = touched_memberships(load)
        if touched:
            restay(touched)

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.departures(undoing, [column.name for column in self.columns])

    def verify(self, load: Loading) -> None:
        by_membership = {r.values["membership"]: r for r in load.records[MEMBERS].values()}
        tainted = tainted_members(load)
        touched = {"memberships": touched_memberships(load), "units": touched_units(load)}
        for membership, cell, since in ask(OUTLIVING, **touched):
            member = by_membership.get(membership)
            if member is not None and member.key in tainted:
                continue
            reason = _("the membership outlives its cell, which is closed by then")
            found = self._behind(load, member, since) if member is not None else None
            if found is not None:
                load.fault(*found, reason)
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


def tainted_members(load: Loading) -> set[str]:
    """Codes of members of whom a row has a fault: where they were is not certain."""
    return {
        row.values.get("member_code", "")
        for sheet in (MEMBERS, TRANSFERS, DEPARTURES)
        for row in load.rows.get(sheet, ())
        if not row.sound
    }
