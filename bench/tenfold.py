"""Every page on ten times the sample: nine more districts like it under the same province, asked by its officer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import pages
from bench.loading import SAMPLE

COPIES = 9
ABOVE = ("TW", "TU-VP")  # what stands above the district is there once
CODES = {"code", "parent_code", "member_code", "cell_code", "to_cell_code", "unit_code", "meeting_code"}
LEFT_OUT = {"documents"}  # their numbers are the province's


def main() -> None:
    """Load the copies, fold them, and ask every page."""
    load_copies()
    pages.measure("TU-VP", f"{COPIES + 1} districts")


def load_copies() -> None:
    """Load the copies and fold them, if another measure has not done so."""
    from chibo.core import clock
    from chibo.exchange.loading import load
    from chibo.exchange.models import Load
    from chibo.indicators import folding
    from chibo.organizations.models import Unit

    if Unit.objects.filter(code="K1-HU-TD").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        for n in range(1, COPIES + 1):
            path = Path(folder) / f"district-{n}.xlsx"
            write_copy(path, f"K{n}-")
            done = load(path=path, file_name=path.name, by=None, at=clock.now())
            assert done.outcome == Load.Outcome.DONE, done.faults[:3]
            path.unlink()
    folding.fold_all(by=None, at=clock.now())


def write_copy(path: Path, mark: str) -> None:
    """The sample under other codes, as a workbook."""
    import python_calamine
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sample = python_calamine.CalamineWorkbook.from_path(SAMPLE)
    for name in sample.sheet_names:
        if name not in LEFT_OUT:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(_rows(sample.get_sheet_by_name(name).to_python(), mark)):
                sheet.write_row(at, 0, row)
    book.close()


def _rows(rows: list[list[Any]], mark: str) -> Iterator[list[Any]]:
    heads = rows[0]
    yield heads
    for row in rows[1:]:
        if row[0] not in ABOVE:
            yield [
                f"{mark}{value}" if head in CODES and value and value not in ABOVE else value
                for head, value in zip(heads, row, strict=True)
            ]
