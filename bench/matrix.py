"""The matrix of a province: 7,600 cells by twelve months, its first screen under two server workers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bench import pages

CODE = "TU-MATRIX"
DISTRICTS, COMMUNES, CELLS = 20, 20, 19  # one below the other: 7,600 cells
AT_ONCE = 5  # districts in a workbook
MEMBERS = 3
ASKED = [
    ("matrix", "/units/{unit}/meetings/?period=2023"),
    ("matrix, attendance", "/units/{unit}/meetings/?period=2023&show=attendance"),
    ("matrix, months missed", "/units/{unit}/meetings/?period=2023&which=missed"),
    ("matrix, not scored", "/units/{unit}/meetings/?period=2023&which=unscored"),
    ("matrix, worst first", "/units/{unit}/meetings/?period=2023&sort=-missed"),
    ("late and weak", "/units/{unit}/late/?period=2023"),
    ("objectives", "/units/{unit}/objectives/?period=2023"),
]


def main() -> None:
    """Load the province, fold its figures, and ask the pages."""
    load_province()
    pages.measure(CODE, "7,600 cells", ASKED)


def load_province() -> None:
    """Load the province by workbooks, if another measure has not done so."""
    from chibo.core import clock
    from chibo.exchange.loading import load
    from chibo.exchange.models import Load
    from chibo.indicators import folding
    from chibo.organizations.models import Unit

    if Unit.objects.filter(code=CODE).exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, DISTRICTS, AT_ONCE):
            path = Path(folder) / f"province-{first}.xlsx"
            _write(path, range(first, first + AT_ONCE))
            done = load(path=path, file_name=path.name, by=None, at=clock.now())
            assert done.outcome == Load.Outcome.DONE, done.faults[:3]
            path.unlink()
    folding.fold_all(by=None, at=clock.now())


HEADS = {
    "units": ("code", "name", "kind", "parent_code", "founded_on"),
    "members": ("member_code", "full_name", "sex", "born_on", "cell_code", "joined_on"),
    "meetings": ("meeting_code", "unit_code", "kind", "held_on", "period", "topic"),
    "attendance": ("meeting_code", "member_code", "state"),
    "scores": ("meeting_code", "scored_on", "scored_by", *(f"c{n}" for n in range(1, 9))),
}


def _write(path: Path, districts: range) -> None:
    import xlsxwriter

    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in HEADS}
    for sheet, row in _rows(districts):
        rows[sheet].append(row)
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, heads in HEADS.items():
        sheet = book.add_worksheet(name)
        for at, line in enumerate([heads, *rows[name]]):
            sheet.write_row(at, 0, line)
    book.close()


def _rows(districts: range) -> Iterator[tuple[str, tuple[Any, ...]]]:
    since = date(2000, 2, 3)
    if districts.start == 0:
        yield "units", (CODE, "Tỉnh ủy thử", "province", "TW", since)
    for n in districts:
        district = f"{CODE}-{n:02}"
        yield "units", (district, f"Huyện ủy {n}", "district", CODE, since)
        for m in range(COMMUNES):
            commune = f"{district}-{m:02}"
            yield "units", (commune, f"Đảng ủy xã {n}.{m}", "grassroots_committee", district, since)
            for c in range(CELLS):
                yield from _cell(f"{commune}-{c:02}", commune, c, since)


def _cell(code: str, above: str, n: int, since: date) -> Iterator[tuple[str, tuple[Any, ...]]]:
    yield "units", (code, f"Chi bộ thôn {n} {above}", "cell", above, since)
    people = [f"{code}-M{each}" for each in range(MEMBERS)]
    for each in people:
        yield "members", (each, "Nguyễn Văn Thử", "m", date(1980, 5, 1), code, date(2010, 5, 19))
    for month in range(1, 13):
        if (n + month) % 17 == 0:  # missed
            continue
        meeting, held_on = f"{code}-{month:02}", date(2023, month, 3)
        yield "meetings", (meeting, code, "regular", held_on, f"2023-{month:02}", "")
        for m, each in enumerate(people):
            yield "attendance", (meeting, each, "absent" if (n + month + m) % 11 == 0 else "present")
        if (n + month) % 13:
            yield "scores", (meeting, held_on, "self", 5, 5, 10, 30 - n % 7, 10, 5, 25, 5)
