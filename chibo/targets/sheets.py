"""The sheet `targets`. Source: contracts of the roll, version 1."""

from __future__ import annotations

from typing import Any, ClassVar

from chibo.exchange.cells import Choice, Column, Number, PeriodName, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Record, Sheet, ask, declare, number, settle, write_rows
from chibo.indicators import registry
from chibo.organizations.permissions import P
from chibo.organizations.sheets import UNITS
from chibo.targets.models import Comparator

TARGETS = "targets"
OUT = """
select u.code, t.indicator, t.period, t.comparator, t.value, t.decision
from targets_target t join organizations_unit u on u.id = t.unit_id where {within} order by t.id
"""
PLAIN = ("comparator", "value", "decision")


@declare
class Targets(Sheet):
    """Targets handed down to units."""

    name = TARGETS
    order = 30
    right = P.UNIT_VIEW
    out = OUT
    tables = ("targets_target",)
    key: ClassVar = ("unit_code", "indicator", "period")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("unit_code", required=True, to=UNITS),
        Choice("indicator", required=True, words=registry.codes),
        PeriodName("period", required=True),
        Choice("comparator", required=True, stand_in=">=", words=tuple(Comparator.values)),
        Number("value", required=True, stand_in=0, digits=30, places=12),
        Text("decision", stand_in=""),
    )

    def match(self, load: Loading) -> None:
        units = [r.id for r in load.records[UNITS].values() if r.id] if load.rows.get(TARGETS) else []
        known = {}
        for unit, indicator, period, pk, *rest in ask(
            "select u.code, t.indicator, t.period, t.id, t.comparator, t.value, t.decision from targets_target t"
            " join organizations_unit u on u.id = t.unit_id where t.unit_id = any(%(units)s)",
            units=units,
        ):
            known[unit, indicator, period] = Record(
                (unit, indicator, period), dict(zip(PLAIN, rest, strict=True)), id=pk
            )  # fmt: skip
        for row in load.sound(TARGETS):
            key = self.identity(row)
            values = {name: row.values[name] for name in PLAIN if name in row.values}
            record = known.get(key)
            settle(row, record, key, values if record else {"decision": ""} | values)

    def check(self, load: Loading) -> None:
        for row in list(load.sound(TARGETS)):
            unit = load.refer(row, "unit_code", UNITS)
            if row.record is None:
                continue
            row.record.values["unit"] = unit

    def write(self, load: Loading) -> None:
        records = []
        for row in load.sound(TARGETS):
            if row.record is None or not (row.record.is_new or row.record.is_changed):
                continue
            if not row.record.values["unit"].id:
                row.sound = False
                continue
            records.append(row.record)
        number(records, "targets_target")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, v["unit"].id, record.key[1], record.key[2], *(v[name] for name in PLAIN))

        columns = ["id", "unit_id", "indicator", "period", *PLAIN]
        changed = (line(r) for r in records if r.is_changed)
        write_rows("targets_target", columns, (line(r) for r in records if r.is_new), changed)
