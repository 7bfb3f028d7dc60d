"""A restructuring put together on the page: begun without a workbook, its rows added, changed and taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied, action
from chibo.exchange import uploads
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.restructurings import policies
from chibo.restructurings.actions import held
from chibo.restructurings.models import Line, Place, Restructuring, Unsettled
from chibo.restructurings.workbook import SHEET, SHOWN

FIRST = 2  # number of the first row: below the heads, as in the workbook that can be made of them
Status = Restructuring.Status
Values = Mapping[str, str]


class Changed(Denied):
    """Somebody changed the row meanwhile: `line` as it stands now."""

    def __init__(self, line: Line) -> None:
        super().__init__(_("Somebody changed this row since you opened it. Look at what it says now, then save again."))
        self.line = line


@action("restructurings.begun")
def begin_here(
    *, name: str, unit: Unit, on: date, decision: str, language: str, by: Any, at: datetime
) -> Restructuring:
    """Begin a restructuring whose rows are entered on the page. Denied: units not theirs."""
    policies.check_restructures(rights_of(by, localdate(at)), unit)
    return Restructuring.objects.create(
        name=name, unit=unit, on=on, decision=decision, language=language, status=Status.DRAFT, by=by, at=at
    )


@action("restructurings.rows_added")
def add(*, restructuring: Restructuring, rows: Sequence[Values], by: Any, at: datetime) -> list[int]:
    """Add rows behind the others; their numbers. Denied: not theirs, not the moment, a row says the same already."""
    found = held(restructuring, by, at)
    policies.check_rows_mendable(found)
    _check_once(found, rows)
    last = found.lines.order_by("-number").values_list("number", flat=True).first() or FIRST - 1
    made = [
        Line(restructuring=found, number=number, values=_said(values), verdict=Line.Verdict.NEW)
        for number, values in enumerate(rows, last + 1)
    ]
    Line.objects.bulk_create(made)
    _reopen(found, None, by, at)
    return [line.number for line in made]


@action("restructurings.row_changed")
def change(
    *, restructuring: Restructuring, number: int, seen: str, values: Values, by: Any, at: datetime
) -> Restructuring:
    """Let a row say something else. Changed: it isn't any more as `seen`. Denied: not theirs, not the moment."""
    found = held(restructuring, by, at)
    policies.check_rows_mendable(found)
    line = _line(found, number)
    said = _said(values)
    if line.values == said:
        return found
    if line.seal != seen:
        raise Changed(line)
    _check_once(found, [values], but=number)
    line.values, line.verdict = said, Line.Verdict.NEW
    line.save()
    _reopen(found, number, by, at)
    return found


@action("restructurings.row_removed")
def remove(*, restructuring: Restructuring, number: int, seen: str, by: Any, at: datetime) -> Restructuring:
    """Take a row out. Changed: it isn't any more as `seen`. Denied: not theirs, not the moment."""
    found = held(restructuring, by, at)
    policies.check_rows_mendable(found)
    line = _line(found, number)
    if line.seal != seen:
        raise Changed(line)
    line.delete()
    _reopen(found, number, by, at)
    return found


def _line(found: Restructuring, number: int) -> Line:
    line = found.lines.filter(number=number).first()
    if line is None:
        raise Denied(_("Somebody took this row out meanwhile. Add it anew if it is needed."))
    return line


def _said(values: Values) -> dict[str, str]:
    return {name: values[name] for name in SHOWN if values.get(name)}


def _check_once(found: Restructuring, rows: Sequence[Values], but: int | None = None) -> None:
    """Denied if a row says already what one of these says."""
    key = SHEET.key
    asked = {tuple(row.get(name) or "" for name in key) for row in rows}
    there = found.lines.filter(values__unit_code__in=sorted({row["unit_code"] for row in rows})).exclude(
        number=but or 0
    )
    for number, values in there.order_by("number").values_list("number", "values"):
        if tuple(values.get(name) or "" for name in key) in asked:
            raise Denied(_("Row %(row)s says this already.") % {"row": number})


def _reopen(found: Restructuring, number: int | None, by: Any, at: datetime) -> None:
    """Let what was rehearsed hold no more; faults of other rows stay to be seen until the next rehearsal."""
    if found.status != Status.DRAFT:
        for model in (Place, Unsettled):
            model._base_manager.filter(restructuring=found).delete()
        found.lines.exclude(verdict=Line.Verdict.FAULT).update(verdict=Line.Verdict.NEW)
        states.move(found, Status.DRAFT)
    if found.kept_as:  # from here on the rows are no longer what the workbook says
        before, found.kept_as = found.kept_as, ""
        transaction.on_commit(lambda: uploads.forget(before))
    found.faults = [fault for fault in found.faults if fault["row"] != number]
    found.verdicts, found.counts, found.seal, found.reasons = {}, {}, "", []
    found.rows_by, found.rows_at = by, at
    found.save()
