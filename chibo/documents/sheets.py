"""The sheet `documents`. Source: contracts of the roll, version 1."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.exchange.cells import Column, Day, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Key, Record, Row, Sheet, ask, declare, number, settle, write_rows
from chibo.organizations.permissions import P
from chibo.organizations.sheets import UNITS

DOCUMENTS = "documents"
FIND = """
select d.id, u.code, d.number, d.issued_on, d.kind, d.title, d.implements_id
from documents_document d join organizations_unit u on u.id = d.issuer_id where d.number = any(%(numbers)s)
"""
OUT = """
select d.number, d.kind, u.code, d.issued_on, d.title, i.number
from documents_document d join organizations_unit u on u.id = d.issuer_id
left join documents_document i on i.id = d.implements_id where {within} order by d.id
"""


@declare
class Documents(Sheet):
    """Documents; `implements` is the newest of the number named that was issued until then."""

    name = DOCUMENTS
    order = 31
    right = P.ROLL_LOAD
    out = OUT
    tables = ("documents_document",)
    key: ClassVar = ("issuer_code", "number", "issued_on")
    columns: ClassVar[tuple[Column, ...]] = (
        Text("number", required=True),
        Text("kind", required=True, stand_in="?"),
        Reference("issuer_code", required=True, to=UNITS),
        Day("issued_on", required=True),
        Text("title", required=True, stand_in="?"),
        Text("implements"),
    )

    def identity(self, row: Row) -> Key:
        v = row.values
        return v["issuer_code"], v["number"], v["issued_on"]

    def match(self, load: Loading) -> None:
        records = load.records[DOCUMENTS] = {}
        rows = load.rows.get(DOCUMENTS, ())
        numbers = {row.values.get(name) for row in rows for name in ("number", "implements")} - {"", None}
        for pk, issuer, its_number, issued_on, kind, title, implements in ask(FIND, numbers=list(numbers)):
            key = (issuer, its_number, issued_on)
            records[key] = Record(key, {"kind": kind, "title": title, "implements_id": implements}, id=pk)
        for row in load.sound(DOCUMENTS):
            key = self.identity(row)
            known = records.get(key)
            values: dict[str, Any] = {"kind": row.values["kind"], "title": row.values["title"]}
            records[key] = settle(row, known, key, values if known else {"implements_id": None} | values)

    def check(self, load: Loading) -> None:
        for row in list(load.sound(DOCUMENTS)):
            record = row.record
            if record is None:
                continue
            record.values["issuer"] = load.refer(row, "issuer_code", UNITS)
            wanted = row.values.get("implements")
            if wanted is None:
                continue
            newest = self._newest(load, wanted, record) if wanted else None
            if wanted and newest is None:
                self._tell_nothing(load, row, wanted)
            record.values["implements"] = newest
            if not record.is_new and (newest.id if newest else None) != record.values["implements_id"]:
                record.is_changed, row.verdict = True, "changed"

    def _tell_nothing(self, load: Loading, row: Row, wanted: str) -> None:
        """Tell a number that no document has, unless one of that number has a fault of its own."""
        rows = (other for other in load.rows[DOCUMENTS] if other is not row)
        if any(other.record is None and other.values.get("number") == wanted for other in rows):
            row.sound = False
        else:
            load.fault(DOCUMENTS, row, "implements", _("refers to nothing: no document of this number until then"))

    def _newest(self, load: Loading, wanted: str, record: Record) -> Record | None:
        """The newest document of a number issued until the record's day, not itself."""
        found = [
            other
            for key, other in load.records[DOCUMENTS].items()
            if key[1] == wanted and key[2] <= record.key[2] and other is not record
        ]
        return max(found, key=lambda other: (other.key[2], other.key[0]), default=None)

    def write(self, load: Loading) -> None:
        records = []
        for row in load.sound(DOCUMENTS):
            if row.record is None or not (row.record.is_new or row.record.is_changed):
                continue
            newest = row.record.values.get("implements")
            if not row.record.values["issuer"].id or (newest is not None and not newest.sound):
                row.sound = False
                continue
            records.append(row.record)
        number(records, "documents_document")

        def line(record: Record) -> tuple[Any, ...]:
            v, (_issuer, its_number, issued_on) = record.values, record.key
            implements = v["implements"].id if v.get("implements") else v["implements_id"]
            if "implements" in v and v["implements"] is None:
                implements = None
            return (record.id, its_number, v["kind"], v["issuer"].id, issued_on, v["title"], implements)

        columns = ["id", "number", "kind", "issuer_id", "issued_on", "title", "implements_id"]
        changed = (line(r) for r in records if r.is_changed)
        write_rows("documents_document", columns, (line(r) for r in records if r.is_new), changed)
