"""Taking the cells of a workbook as values, piece by piece while its reader goes on; faults of single cells are told.

The same words and days come again and again: what a cell gave is remembered by column. A row keeps its cells only
where they would be shown otherwise than its values are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.exchange import sheets, verdicts
from chibo.exchange.cells import NONE, Column, Wrong, shown
from chibo.exchange.loading import Fault, Loading, Paused
from chibo.exchange.reading import Cell, RawSheet
from chibo.exchange.sheets import Row, Sheet

KEPT = 20_000  # values of a column that are remembered
PLAIN = frozenset({str, date, type(None)})  # cells of these classes are equal only where they are the same
UNKNOWN = object()
Rows = list[list[Cell]]


def take(loading: Loading, pieces: Iterable[RawSheet | Rows], say: Callable[[int], None]) -> None:
    """Take the sheets of a workbook as they are read, telling how many rows there are so far.

    What the program wrote itself into a workbook of verdicts is passed over: it is loaded again once it is mended.
    """
    source = iter(pieces)
    try:
        _take(loading, source, say)
    except Paused:
        for _piece in source:  # a file that can't be read to its end has no other fault
            pass
        raise


def _take(loading: Loading, pieces: Iterator[RawSheet | Rows], say: Callable[[int], None]) -> None:
    is_mended, heads, count = False, list[int](), 0
    taking: Taking | None = None
    for piece in pieces:
        if not isinstance(piece, RawSheet):
            if taking is not None:
                verdicts.drop(heads, piece)
                try:
                    taking.add(piece)
                except Paused:
                    taking.end()
                    raise
            count += len(piece)
            say(count)
            continue
        if taking is not None:
            taking.end()
        taking = None
        if verdicts.is_list(piece.name, piece.header):
            is_mended = True
            continue
        heads = verdicts.drop_heads(piece) if is_mended else []
        sheet = sheets.named(piece.name)
        if sheet is None:
            loading.faults.append(Fault(piece.name, None, None, piece.name, _("there is no sheet of this name")))
        elif piece.name in loading.rows:
            loading.faults.append(Fault(piece.name, None, None, piece.name, _("there are two sheets of this name")))
        else:
            taking = Taking(loading, sheet, piece.header, keeps_cells=False)
    if taking is not None:
        taking.end()


def take_sheet(loading: Loading, sheet: Sheet, raw: RawSheet) -> None:
    """Take the cells of a whole sheet as values, and tell what is wrong with single cells; rows keep their cells."""
    taking = Taking(loading, sheet, raw.header, keeps_cells=True)
    taking.add(raw.rows)
    taking.end()


class Taking:
    """A sheet while its rows come in."""

    def __init__(self, loading: Loading, sheet: Sheet, header: list[Cell], *, keeps_cells: bool) -> None:
        self.loading, self.sheet, self.keeps_cells = loading, sheet, keeps_cells
        self.places = loading.columns[sheet.name] = {}
        self.rows = loading.rows[sheet.name] = []
        self.told_at = len(loading.faults)
        self.nameless: dict[int, bool] = {}  # columns without a name, and whether any row has something there
        self.of_header: list[tuple[int, Fault]] = []
        self.is_complete = self._take_header(header)
        loading.faults += [fault for _at, fault in self.of_header]
        self.present: list[tuple[Column, str, int, dict[Any, Any]]] = [
            (column, column.name, self.places[column.name], {})
            for column in sheet.columns
            if column.name in self.places
        ]
        self.width = max(self.places.values(), default=-1) + 1
        self.seen: set[Any] = set()
        self.number = 1

    def add(self, rows: Rows) -> None:
        """Take the next rows."""
        for at, has_any in self.nameless.items():
            if not has_any:
                self.nameless[at] = any(at < len(row) and row[at] not in (None, "") for row in rows)
        sheet, complete, found = self.sheet, self.is_complete, self.rows
        for cells in rows:
            self.number += 1
            if not cells or all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
                continue
            row = Row(self.number, cells, sound=complete)
            found.append(row)
            is_whole = self._take_row(row, cells)
            if complete and (is_whole or _is_identified(sheet, row, self.places)) and sheet.is_identified(row):
                key = sheet.identity(row)
                if key in self.seen:
                    self._tell_twice(row, key)
                else:
                    self.seen.add(key)

    def _take_row(self, row: Row, cells: list[Cell]) -> bool:
        """Take the cells of a row; whether nothing is wrong with any."""
        values = row.values
        if len(cells) < self.width:
            cells = [*cells, *[None] * (self.width - len(cells))]
        is_plain = is_whole = True
        for column, name, at, known in self.present:
            cell = cells[at]
            value = known.get(cell, UNKNOWN) if cell.__class__ in PLAIN else UNKNOWN
            if value is not UNKNOWN:
                values[name] = value
                continue
            try:
                value = column.take(cell)
            except Wrong as error:
                self._tell(row, column, str(error), None)
                is_plain = is_whole = False
                continue
            if column.required and value == column.nothing:
                self._tell(row, column, _("required, but empty"), value)
                is_plain = is_whole = False
                continue
            values[name] = value
            if value is cell or shown(value) == shown(cell):  # type: ignore[arg-type]
                if len(known) < KEPT and cell.__class__ in PLAIN:
                    known[cell] = value
            else:
                is_plain = False
        if is_plain and not self.keeps_cells:
            row.cells = None
        return is_whole

    def _tell(self, row: Row, column: Column, reason: str, value: Any) -> None:
        self.loading.fault(self.sheet.name, row, column.name, reason, sound=column.stand_in is not NONE)
        if column.stand_in is not NONE:
            row.values[column.name] = column.stand_in
        elif value is not None:
            row.values[column.name] = value  # empty: known to be

    def _tell_twice(self, row: Row, key: Any) -> None:
        sheet, complete = self.sheet, self.is_complete
        first = next(
            each.number
            for each in self.rows
            if complete and _is_identified(sheet, each, self.places) and sheet.is_identified(each)
            and sheet.identity(each) == key
        )  # fmt: skip
        told = _("the same key as in row %(row)s: %(key)s") % {"row": first, "key": ", ".join(sheet.key)}
        self.loading.fault(sheet.name, row, sheet.key[-1], told)

    def end(self) -> None:
        """Tell which columns without a name have something in them, now that it is known what stands below."""
        told = list(self.of_header)
        for at, has_any in self.nameless.items():
            if has_any:
                letter = _column_letter(at)
                told.append((at, Fault(self.sheet.name, 1, letter, letter, _("a column without a name"))))
        told.sort(key=lambda each: each[0])
        first, past = self.told_at, self.told_at + len(self.of_header)
        self.loading.faults[first:past] = [fault for _at, fault in told]

    def _take_header(self, header: list[Cell]) -> bool:
        """Find the columns by the names in row 1; say whether no required one is missing, none given twice."""
        known = {column.name for column in self.sheet.columns}
        complete = True

        def wrong(at: int, name: str, reason: str) -> None:
            self.of_header.append((at, Fault(self.sheet.name, 1, name, name, reason)))

        for at, cell in enumerate(header):
            name = shown(cell).strip()
            if not name:
                self.nameless[at] = False
            elif name not in known:
                wrong(at, name, _("there is no column of this name"))
            elif name in self.places:
                wrong(at, name, _("the column is given twice"))
                complete = False
            else:
                self.places[name] = at
        for column in self.sheet.columns:
            if column.required and column.name not in self.places:
                wrong(len(header), column.name, _("the required column is missing"))
                complete = False
        return complete


def _is_identified(sheet: Sheet, row: Row, places: dict[str, int]) -> bool:
    """Whether the cells that make a row the one it is are as they should be."""
    key = [column for column in sheet.columns if column.name in sheet.key and column.name in places]
    return all(c.name in row.values and not (c.required and row.values[c.name] == c.nothing) for c in key)


def _column_letter(at: int) -> str:
    letters = ""
    while at >= 0:
        letters, at = chr(65 + at % 26) + letters, at // 26 - 1
    return letters
