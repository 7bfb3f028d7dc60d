"""Workbooks of restructurings as tests write them, and the worker's part done at once."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import xlsxwriter

from chibo.restructurings import actions, tasks
from chibo.restructurings.models import Restructuring
from chibo.restructurings.workbook import NAME, SHOWN
from tests.world import AT

ON = date(2024, 1, 8)


def row(act: str, unit_code: str, **cells: Any) -> dict[str, Any]:
    """A row of the workbook."""
    return {"act": act, "unit_code": unit_code, **cells}


def workbook(*rows: dict[str, Any], sheet: str = NAME, heads: tuple[str, ...] = SHOWN) -> bytes:
    """A workbook with these rows."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        of = book.add_worksheet(sheet)
        of.write_row(0, 0, heads)
        for line, each in enumerate(rows, 1):
            for at, name in enumerate(heads):
                if each.get(name) is not None:
                    of.write(line, at, each[name])
    return target.getvalue()


def take(world, *rows: dict[str, Any], unit: Any = None, on: date = ON, by: Any = None) -> Restructuring:
    """A restructuring whose workbook was sent, not yet rehearsed."""
    return actions.take(
        chunks=[workbook(*rows)], file_name="reform.xlsx", name="Sắp xếp năm 2024", unit=unit or world.province, on=on,
        decision="15-NQ/TW", language="en", by=by or world.eva, at=AT,
    )  # fmt: skip


def work(found: Restructuring) -> Restructuring:
    """Do what the worker would."""
    tasks.run_job(restructuring=found.pk)
    return Restructuring.objects.select_related("unit").get(pk=found.pk)


def rehearsed(world, *rows: dict[str, Any], **more: Any) -> Restructuring:
    """A restructuring that was rehearsed."""
    return work(take(world, *rows, **more))


def done(world, found: Restructuring) -> Restructuring:
    """A rehearsed restructuring, done."""
    return work(actions.ask(restructuring=found, job="do", by=world.eva, at=AT))


def taken_back(world, found: Restructuring) -> Restructuring:
    """A restructuring, taken back."""
    return work(actions.ask(restructuring=found, job="reverse", by=world.eva, at=AT))


def faults(found: Restructuring) -> list[tuple[Any, ...]]:
    """Row, column and reason of each fault."""
    return [(fault["row"], fault["column"], fault["reason"]) for fault in found.faults]
