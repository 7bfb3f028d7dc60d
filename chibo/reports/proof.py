"""The records behind the figures of a report: kept as they stood, opened again, held against those of today."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chibo.core.periods import Period
from chibo.indicators import registry
from chibo.indicators.evidence import Evidence, Row
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree

MANY = 100_000_000  # more records than any figure has: all of them in one query


class Change(StrEnum):
    """What became of a record since."""

    CAME = "came"
    WENT = "went"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """A record whose facts are others than when the report was made."""

    record: str
    change: Change
    was: list[Row]
    now: list[Row]


def rows_now(unit: Unit, code: str, period: Period, tree: Tree = Tree.THEN) -> list[Row]:
    """Every fact behind a figure as the records are now, in the order of evidence. Two queries."""
    return Evidence(registry.get(code), unit, period, tree=tree).page(size=MANY)


def packed(rows: Sequence[Row]) -> bytes:
    """Facts as compressed JSON: units by name once, then a list a fact."""
    units = {row.unit_id: [row.unit_code, row.unit_name] for row in rows}
    facts = [
        [row.record, row.label, row.unit_id, row.day.isoformat(), int(row.numerator), _whole(row.denominator)]
        for row in rows
    ]
    text = json.dumps({"units": units, "facts": facts}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)


def unpacked(stored: bytes) -> list[Row]:
    """The facts that were packed, in their order."""
    read = json.loads(zlib.decompress(stored))
    units = {int(pk): pair for pk, pair in read["units"].items()}
    return [
        Row(record, label, unit, units[unit][0], units[unit][1], date.fromisoformat(day), numerator, denominator)
        for record, label, unit, day, numerator, denominator in read["facts"]
    ]


def differences(was: Iterable[Row], now: Iterable[Row]) -> list[Difference]:
    """The records that came, went or count otherwise, by record. Names alone make no difference."""

    def by_record(rows: Iterable[Row]) -> dict[str, list[Row]]:
        found = defaultdict(list)
        for row in rows:
            found[row.record].append(row)
        return found

    def counted(rows: list[Row]) -> list[tuple[object, ...]]:
        return sorted((row.day, row.unit_id, row.numerator, row.denominator or 0) for row in rows)

    before, after, found = by_record(was), by_record(now), []
    for record in sorted({*before, *after}):
        old, new = before.get(record, []), after.get(record, [])
        if counted(old) != counted(new):
            change = Change.CHANGED if old and new else Change.WENT if old else Change.CAME
            found.append(Difference(record, change, old, new))
    return found
