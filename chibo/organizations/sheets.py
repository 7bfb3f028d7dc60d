"""The sheet `units`: the tree as a roll has it. Source: contracts of the roll, version 1."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.core.spans import EVER
from chibo.core.text import label_sort_key, search_key
from chibo.exchange.cells import Choice, Column, Day, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Record, Row, Sheet, array_of_texts, ask, declare, number, settle, told, write_rows
from chibo.exchange.undoing import Undoing
from chibo.organizations import lineage
from chibo.organizations.actions import relineage
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER, Kind, Setting
from chibo.organizations.models import Lineage, UnitKind, UnitName
from chibo.organizations.permissions import P

UNITS = "units"
PLAIN = ("name", "setting", "founded_on", "closed_on", "decision")
ROOT = """
select 1 from organizations_unit u
where not exists (select from organizations_parentlink l where l.unit_id = u.id) limit 1
"""
FIND = """
select u.code, u.id, u.name, u.kind, coalesce(p.code, ''), u.setting, u.founded_on, u.closed_on, u.decision, u.path,
       exists (select from organizations_unitkind k where k.unit_id = u.id and k.kind = any(%(cells)s))
from organizations_unit u
left join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
left join organizations_unit p on p.id = l.parent_id
where u.code = any(%(codes)s)
"""
AGAIN = """
select u.code, u.name, u.kind, coalesce(p.code, ''), u.setting, u.founded_on, u.closed_on, u.decision
from organizations_unit u
left join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
left join organizations_unit p on p.id = l.parent_id
where u.id = any(%(units)s)
"""
OUT = """
select u.code, u.name, u.kind, p.code, u.setting, u.founded_on, u.closed_on, u.decision
from organizations_unit u
left join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
left join organizations_unit p on p.id = l.parent_id
where {within} order by u.path
"""
# A unit open on a day on which its parent of that day is closed for good.
OPEN_UNDER_CLOSED = """
select c.id, p.id
from organizations_parentlink l
join organizations_unit c on c.id = l.unit_id
join organizations_unit p on p.id = l.parent_id
where (c.id = any(%(units)s) or p.id = any(%(units)s)) and p.closed_on is not null
  and greatest(l.from_on, c.founded_on, p.closed_on)
    < least(coalesce(l.to_on, 'infinity'), coalesce(c.closed_on, 'infinity'))
"""
# Between closing and opening again, and as a committee, a unit `c` is no cell: nobody joins it on such a day.
NO_CELL_THEN = """
exists (select from organizations_unitkind k where k.unit_id = c.id and k.kind not in ('cell', 'grassroots_cell')
                                               and k.from_on <= {day} and (k.to_on is null or k.to_on > {day}))
"""


@declare
class Units(Sheet):
    """Units: new ones take their place in the tree, known ones are corrected but stay where they stand."""

    name = UNITS
    order = 0
    tables = ("organizations_unit", "organizations_parentlink", "classifications_classified")  # the last by trigger
    derived = ("organizations_lineage", "organizations_unitname", "organizations_unitkind")
    key: ClassVar = ("code",)
    right = P.UNIT_VIEW
    out = OUT
    columns: ClassVar[tuple[Column, ...]] = (
        Text("code", required=True),
        Text("name", required=True, stand_in="?"),
        Choice("kind", required=True, words=tuple(Kind.values)),
        Reference("parent_code", to=UNITS),
        Choice("setting", stand_in="", words=tuple(Setting.values)),
        Day("founded_on", required=True),
        Day("closed_on"),
        Text("decision", stand_in=""),
    )

    def match(self, load: Loading) -> None:
        records = load.records[UNITS] = {}
        for code, pk, name, kind, parent, setting, founded_on, closed_on, decision, path, was_cell in ask(
            FIND, codes=array_of_texts(load.wanted(UNITS)), cells=[each.value for each in CELLS]
        ):
            values = {"code": code, "name": name, "kind": kind, "parent_code": parent, "setting": setting}
            values |= {"founded_on": founded_on, "closed_on": closed_on, "decision": decision, "path": path}
            values["was_cell"] = was_cell
            records[code] = Record(code, values, id=pk)
        for row in load.sound(UNITS):
            code = row.values["code"]
            known = records.get(code)
            if known is not None:
                self._stays_in_place(load, row, known)
                records[code] = settle(row, known, code, {k: v for k, v in row.values.items() if k in PLAIN})
            else:
                values = {"parent_code": "", "setting": "", "closed_on": None, "decision": ""} | row.values
                records[code] = settle(row, None, code, values)
        load.has_root = bool(ask(ROOT))

    def _stays_in_place(self, load: Loading, row: Any, known: Record) -> None:
        for column, reason in (
            ("parent_code", _("the unit stands under %(now)s: a move is an act, not a correction")),
            ("kind", _("the unit is of the kind %(now)s: a change of kind is an act, not a correction")),
        ):
            if column in row.values and row.values[column] != known.values[column]:
                now = known.values[column] or _("nothing")
                load.fault(UNITS, row, column, reason % {"now": now})

    def check(self, load: Loading) -> None:
        records = load.records[UNITS]
        has_root: bool = load.has_root
        for row in load.rows.get(UNITS, ()):
            record = row.record
            values = record.values if record else row.values
            closed_on, founded_on = values.get("closed_on"), values.get("founded_on")
            if closed_on and founded_on and closed_on <= founded_on:
                column = "closed_on" if load.has(UNITS, "closed_on") else "founded_on"
                load.fault(UNITS, row, column, _("closed on or before the day of founding"))
            load.refer(row, "parent_code", UNITS)
            if record.is_new if record else values.get("code") not in records:
                has_root = self._takes_its_place(load, row, has_root) or has_root
        for row in self._in_cycles(load):
            load.fault(UNITS, row, "parent_code", _("a cycle: the unit stands under itself"))

    def _takes_its_place(self, load: Loading, row: Row, has_root: bool) -> bool:
        """Check where a new unit stands; whether it is the root."""
        kind, code = row.values.get("kind"), row.values.get("parent_code", "")
        if not kind or (load.has(UNITS, "parent_code") and "parent_code" not in row.values):
            return False
        allowed, parent = MAY_STAND_UNDER[kind], load.records[UNITS].get(code)
        if not code and None not in allowed:
            load.fault(UNITS, row, "kind", _("a unit of this kind can't be the root"))
        elif not code and has_root:
            load.fault(UNITS, row, "parent_code", _("a second root: the tree has one already"))
        elif parent is not None and parent.values["kind"] not in allowed:
            reason = _("a unit of the kind %(kind)s can't stand under one of the kind %(parent)s")
            load.fault(UNITS, row, "kind", reason % {"kind": kind, "parent": parent.values["kind"]})
        return not code and None in allowed

    def _in_cycles(self, load: Loading) -> list[Any]:
        """Rows of new units that by way of their parents come back to themselves."""
        records = load.records[UNITS]
        found = []
        for row in load.rows.get(UNITS, ()):
            record, seen = row.record, set()
            while record is not None and record.is_new and record.key not in seen:
                seen.add(record.key)
                record = records.get(record.values["parent_code"])
            if record is not None and record.is_new and row.record is not None and record.key == row.record.key:
                found.append(row)
        return found

    def write(self, load: Loading) -> None:
        lineage.hold_tree()
        records = [row.record for row in load.sound(UNITS) if row.record]
        spread = self._grounded(load, records)
        number(spread, "organizations_unit")
        new = [r for r in spread if r.is_new]
        write_rows(
            "organizations_unit",
            ["id", "code", "kind", *PLAIN, "path", "sort_key", "search_key"],
            (self._line(r) for r in new),
            (self._line(r) for r in spread if r.is_changed),
        )
        parents = load.records[UNITS]
        links = [(r.id, parents[r.values["parent_code"]].id, EVER, "") for r in new if r.values["parent_code"]]
        write_rows("organizations_parentlink", ["unit_id", "parent_id", "from_on", "decision"], links, ())
        if new:
            relineage([r.id for r in new])

    def _grounded(self, load: Loading, records: list[Record]) -> list[Record]:
        """Records that can be written: all above them in the file is sound; what hangs on a fault waits."""
        known = load.records[UNITS]
        sound: dict[str, bool] = {}

        def stands(record: Record) -> bool:
            line = []
            while True:
                if record.key in sound:
                    verdict = sound[record.key]
                    break
                line.append(record.key)
                if not record.is_new:
                    verdict = True
                    break
                if not record.sound:
                    verdict = False
                    break
                parent = record.values["parent_code"]
                if not parent:
                    verdict = True
                    break
                if parent not in known or parent in line:
                    verdict = False
                    break
                record = known[parent]
            for key in line:
                sound[key] = verdict
            return verdict

        found = []
        for record in records:
            if stands(record):
                found.append(record)
            elif record.row is not None:
                record.row.sound = False
        return found

    def _line(self, record: Record) -> tuple[Any, ...]:
        v = record.values
        return (
            *(record.id, v["code"], v["kind"]),
            *(v[name] for name in PLAIN),
            *(v.get("path", ""), label_sort_key(v["name"]), search_key(v["name"])),
        )

    def verify(self, load: Loading) -> None:
        by_id = {r.id: r for r in load.records[UNITS].values() if r.id}
        touched = touched_units(load)
        for child, parent in ask(OPEN_UNDER_CLOSED, units=touched):
            reason = _("open under a unit that is closed then")
            blame = by_id.get(child)
            if blame is None or blame.row is None or not (blame.is_new or blame.is_changed):
                blame, reason = by_id.get(parent), _("a unit below it is still open then")
            if blame is not None and blame.row is not None:
                load.fault(UNITS, blame.row, "closed_on", reason)

    def forget(self, table: str, ids: list[int]) -> None:
        if table == "organizations_unit":
            for model in (Lineage, UnitName, UnitKind):
                model.objects.filter(unit__in=ids).delete()

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return told(AGAIN, *names, units=undoing.changed.get("organizations_unit", []))


def no_cell(values: dict[str, Any]) -> str:
    """What is wrong with a unit where a cell is wanted; empty for one that is a cell, or was one."""
    return "" if values["kind"] in CELLS or values.get("was_cell") else _("the unit is no cell")


def touched_units(load: Loading) -> list[int]:
    """Ids of the units the file makes or changes."""
    return [r.id for r in load.records[UNITS].values() if r.row and r.sound and r.id and (r.is_new or r.is_changed)]
