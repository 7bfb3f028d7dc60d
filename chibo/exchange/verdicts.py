"""The verdicts of a load as a workbook: what the user sent, faulty cells marked, a verdict at the end of each row."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from chibo.exchange.reading import Cell, RawSheet, Unreadable, stream
from chibo.exchange.writing import opened

LONGEST = 32_767  # characters of a cell
NOTES = 2_000  # notes on cells; they are kept in memory, the marks are not
FAULT = ("sheet", "row", "column", "value", "reason")
BAD_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|[\ud800-\udfff]")
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LISTS: dict[str, Callable[[], str]] = {"faults": lambda: _("what is wrong"), "warnings": lambda: _("what to look at")}
MARKED = {"bg_color": "#f6d3cc", "font_color": "#7a1a10"}


def words() -> dict[str, str]:
    """Verdicts in the language of the reader."""
    return {
        "new": _("new"),
        "sound": _("can be done"),
        "changed": _("changed"),
        "unchanged": _("unchanged"),
        "waiting": _("waiting for another row"),
        "fault": _("fault"),
    }


class Judged(Protocol):
    """What has verdicts: a load, or whatever else reads a workbook row by row."""

    @property
    def faults(self) -> Any: ...

    @property
    def verdicts(self) -> Any: ...

    @property
    def kept_file(self) -> Path | None: ...


def is_list(name: str, header: Sequence[Cell]) -> bool:
    """Whether a sheet is the list of faults or warnings with which a workbook of verdicts begins."""
    return name in LISTS and list(header) in _in_each(lambda: _heads(LISTS[name]()))


def drop_heads(sheet: RawSheet) -> list[int]:
    """Take the heads of columns of verdicts out of a sheet that was written by `write_verdicts`; where they stood."""
    heads = _in_each(lambda: _("verdict"))
    found = [at for at, head in enumerate(sheet.header) if head in heads]
    for at in found:
        sheet.header[at] = None
    return found


def drop(columns: Sequence[int], rows: list[list[Cell]]) -> None:
    """Empty these columns of some rows."""
    for at in columns:
        for row in rows:
            row[at : at + 1] = [None] if at < len(row) else []


def _in_each(say: Callable[[], Any]) -> list[Any]:
    """What is said in each language."""
    said = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said.append(say())
    return said


def _heads(what: str) -> list[str]:
    return [_("sheet"), _("row"), _("column"), _("value"), what]


def write_verdicts(
    load: Judged, target: IO[bytes], sheet: RawSheet | None = None, warnings: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write the faults as a list, the warnings too, and with their verdicts a sheet, or the file while it is kept."""
    with opened(target, OPTIONS) as book:
        writing = _Writing(book, load, warnings)
        writing.list_told("faults", load.faults)
        if warnings:
            writing.list_told("warnings", warnings)
        if sheet is not None:
            writing.begin(sheet)
            for cells in sheet.rows:
                writing.add(cells)
        elif load.kept_file is not None:
            with suppress(Unreadable):  # then there is nothing to mark; why, the list says
                for piece in stream(load.kept_file):
                    if isinstance(piece, RawSheet):
                        writing.begin(piece)
                    else:
                        for cells in piece:
                            writing.add(cells)


class _Writing:
    """The workbook while it is written: one sheet after the other, one row after the other."""

    def __init__(self, book: Any, load: Judged, warnings: Sequence[Mapping[str, Any]]) -> None:
        self.book, self.load, self.words = book, load, words()
        self.bold = book.add_format({"bold": True})
        self.formats = {
            (marked, kind): book.add_format((MARKED if marked else {}) | ({"num_format": form} if form else {}))
            for marked in (False, True)
            for kind, form in (("", ""), ("day", "yyyy-mm-dd"), ("moment", "yyyy-mm-dd hh:mm"))
        }
        self.names: set[str] = set()
        self.notes = 0
        self.of: dict[str, dict[int, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for fault in load.faults:
            if fault["sheet"] and fault["row"]:
                self.of[fault["sheet"]][fault["row"]].append(fault)
        self.warned: dict[tuple[str, int], str] = {}
        for each in warnings:
            at = each["sheet"], each["row"]
            self.warned[at] = "; ".join(filter(None, [self.warned.get(at, ""), each["reason"]]))

    def list_told(self, name: str, told: Sequence[Mapping[str, Any]]) -> None:
        """A sheet of faults or warnings, each with its place."""
        sheet = self._sheet(name)
        for at, head in enumerate(_heads(LISTS[name]())):
            sheet.write_string(0, at, head, self.bold)
        sheet.set_column(3, 3, 24)
        sheet.set_column(4, 4, 80)
        for line, fault in enumerate(told, 1):
            for at, name in enumerate(FAULT):
                self._write(sheet, line, at, fault[name], False)

    def begin(self, raw: RawSheet) -> None:
        """Begin a sheet of the user's with its first row."""
        self.sheet, self.name = self._sheet(raw.name), raw.name
        self.faults = self.of.get(raw.name, {})
        self.runs = self._runs_of(raw.name)
        self.run = next(self.runs, None)
        self.line = 1
        self.head = [str(cell).strip() if isinstance(cell, str) else "" for cell in raw.header]
        self.last = len(raw.header)
        self._row(raw.header, self.faults.get(1, []), _("verdict"), self.bold)

    def add(self, cells: Sequence[Cell]) -> None:
        """Write the next row, its faulty cells marked, its verdict at the end."""
        self.line += 1
        told = self.faults.get(self.line, [])
        while self.run is not None and self.run[1] < self.line:
            self.run = next(self.runs, None)
        verdict = self.run[2] if self.run is not None and self.run[0] <= self.line else ""
        said = self.words.get("fault" if told else verdict, "")
        if told:
            said += ": " + "; ".join(f"{fault['column']}: {fault['reason']}" for fault in told)
        if warned := self.warned.get((self.name, self.line)):
            said = "; ".join(filter(None, [said, warned]))
        self._row(cells, told, said, self.formats[bool(told), ""])

    def _row(self, cells: Sequence[Cell], told: list[Mapping[str, Any]], said: str, form: Any) -> None:
        wrong: dict[int, str] = {}
        for fault in told:
            if fault["column"] in self.head:
                wrong[self.head.index(fault["column"])] = str(fault["reason"])
        line, written = self.line - 1, False
        for at in range(max(len(cells), *(n + 1 for n in wrong), 0) if wrong else len(cells)):
            place = at if at < self.last else at + 1  # what stands beyond the named columns, after the verdict
            if place > self.last and not written:
                self._text(line, self.last, said, form)
                written = True
            self._write(self.sheet, line, place, cells[at] if at < len(cells) else None, at in wrong)
            if at in wrong and self.notes < NOTES:
                self.notes += 1
                self.sheet.write_comment(line, place, UNPRINTABLE.sub("", wrong[at])[:1000], {"author": "Chibo"})
        if not written:
            self._text(line, self.last, said, form)

    def _text(self, line: int, at: int, said: str, form: Any) -> None:
        if said:
            self.sheet.write_string(line, at, said[:LONGEST], form)

    def _runs_of(self, name: str) -> Iterator[tuple[int, int, str]]:
        """Runs of rows of one verdict, in the order of the rows."""
        runs = self.load.verdicts.get(name, {})
        return iter(sorted((first, last, verdict) for verdict, each in runs.items() for first, last in each))

    def _sheet(self, name: str) -> Any:
        """A new sheet, under its own name as far as Excel has it."""
        plain = BAD_IN_NAME.sub("_", name).strip("' ")[:31] or "_"
        free, n = plain, 1
        while free.lower() in self.names or free.lower() == "history":
            n += 1
            free = f"{plain[:25]} ({n})"
        self.names.add(free.lower())
        sheet = self.book.add_worksheet(free)
        sheet.freeze_panes(1, 0)
        return sheet

    def _write(self, sheet: Any, line: int, at: int, value: Any, marked: bool) -> None:
        """Write a value as what it is, text as text whatever it begins with."""
        plain = self.formats[marked, ""]
        if value is None or value == "":
            if marked:
                sheet.write_blank(line, at, None, plain)
        elif isinstance(value, bool):
            sheet.write_boolean(line, at, value, plain)
        elif isinstance(value, int | float) and math.isfinite(value):
            sheet.write_number(line, at, value, plain)
        elif isinstance(value, date) and value.year >= 1900:
            whole = not isinstance(value, datetime) or value.time() == time()
            sheet.write_datetime(line, at, value, self.formats[marked, "day" if whole else "moment"])
        else:
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            sheet.write_string(line, at, text[:LONGEST], plain)
