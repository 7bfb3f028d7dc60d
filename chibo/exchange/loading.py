"""Loading a workbook: a verdict on every row, every fault named at once, and all or nothing written."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from chibo.core.actions import action, context_now
from chibo.exchange import sheets
from chibo.exchange.cells import Reference, shown
from chibo.exchange.models import Load
from chibo.exchange.reading import Unreadable, stream
from chibo.exchange.sheets import Record, Row, Sheet

LARGE = 5_000  # rows from which on the database is told anew what all its tables hold
ONE_LOAD = 7_301_002  # key of the advisory lock: loads come one after the other
# Of a large load: what is sorted and laid side by side is so in memory; what is read piece by piece is read to its end.
ROOMY = "set local work_mem = '64MB'; set local cursor_tuple_fraction = 1"
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, a row, a sheet or the file; what doesn't apply is None."""

    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    reason: str


class Refused(Exception):
    """The workbook has faults; raised to undo what was written to see them."""


class Paused(Refused):
    """So many faults were found that the rest is not looked at before they are mended."""


@dataclass
class Loading:
    """The workbook being loaded: rows by sheet, records by sheet and key, faults, warnings."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)  # where each column stands, by sheet
    records: dict[str, dict[Any, Record]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    has_root: bool = False  # whether the tree has its root before the file is loaded
    pause_at: int | None = None  # how many faults are enough
    touched: dict[Any, tuple[int, str]] = field(default_factory=dict)  # what sheets remember while `changes` stands
    changes: int = 0  # grows whenever a row may no longer be sound
    _faulty: dict[str, set[Any]] = field(default_factory=dict)

    def fault(self, sheet: str, row: Row, column: str, reason: str, *, sound: bool = False) -> None:
        """Tell a fault of a row; a second one of the same column adds nothing.

        `sound`: only that cell is wrong, and what hangs on the row can still be judged.
        """
        row.told, row.sound = True, row.sound and sound
        self.changes += 1
        if any(f.row == row.number and f.sheet == sheet and f.column == column for f in self.faults[-20:]):
            return
        if self.pause_at is not None and len(self.faults) >= self.pause_at:
            raise Paused
        self.faults.append(self._told(sheet, row, column, reason))

    def warn(self, sheet: str, row: Row, column: str, reason: str) -> None:
        """Tell a doubt of a row: somebody should look at it, and it is written all the same."""
        self.warnings.append(self._told(sheet, row, column, reason))

    def _told(self, sheet: str, row: Row, column: str, reason: str) -> Fault:
        at = self.columns[sheet].get(column)
        if at is None:
            value = ""
        elif row.cells is None:
            value = shown(row.values.get(column))
        else:
            value = shown(row.cells[at]) if at < len(row.cells) else ""
        return Fault(sheet, row.number, column, value, reason)

    def fault_of_file(self, reason: str) -> None:
        """Tell a fault that is no single row's."""
        self.faults.append(Fault(None, None, None, None, reason))

    def has(self, sheet: str, column: str) -> bool:
        """Whether the file's sheet has a column."""
        return column in self.columns.get(sheet, {})

    def sound(self, sheet: str) -> Iterable[Row]:
        """The rows of a sheet in which no fault was found so far."""
        return (row for row in self.rows.get(sheet, ()) if row.sound)

    def wanted(self, sheet: str) -> set[str]:
        """The keys of a sheet that rows of the file have or refer to."""
        found: set[str] = set()
        for each in sheets.every():
            for column in each.columns:
                if getattr(column, "to", "") == sheet or (each.name == sheet and each.key == (column.name,)):
                    name = column.name
                    found.update([row.values.get(name, "") for row in self.rows.get(each.name, ())])
        found.discard("")
        return found

    def refer(self, row: Row, column: str, to: str) -> Record | None:
        """The record a cell refers to; None if it names none, or one with a fault, which is told there."""
        record = self.records[to].get(row.values.get(column))
        if record is not None and not record.sound:
            row.sound = False
            return None
        return record

    def doubt(self, sheet: Sheet) -> None:
        """Let what is known of a record be uncertain where the file says something faulty of it."""
        records = self.records.get(sheet.name, {})
        for row in self.rows.get(sheet.name, ()):
            if row.record is None and len(sheet.key) == 1:
                record = records.get(row.values.get(sheet.key[0]))
                if record is not None and record.row is None:
                    record.row = row

    def check_references(self, sheet: Sheet) -> None:
        """Tell every cell of a sheet that refers to nothing, or to what it can't, also in rows with other faults."""
        columns = [column for column in sheet.columns if isinstance(column, Reference)]
        for row in self.rows.get(sheet.name, ()):
            for column in columns:
                key = row.values.get(column.name)
                if not key:
                    continue
                record = self.records[column.to].get(key)
                if record is not None:
                    reason = column.unfit(record.values) if column.unfit else ""
                    if reason:
                        self.fault(sheet.name, row, column.name, reason)
                elif self._in_file(column.to, key):
                    row.sound = False  # its own fault is told there
                else:
                    told = _("refers to nothing: no row of %(sheet)s has this code") % {"sheet": column.to}
                    target = sheets.named(column.to)
                    self.fault(sheet.name, row, column.name, (target and target.instead(key)) or told)

    def _in_file(self, sheet: str, key: Any) -> bool:
        """Whether a row that was faulty from the start has a key, or none can be read: what refers is not to blame."""
        name = next(each for each in sheets.every() if each.name == sheet).key[0]
        if sheet not in self._faulty:
            self._faulty[sheet] = {row.values.get(name) for row in self.rows.get(sheet, ()) if row.record is None}
        return key in self._faulty[sheet] or (sheet in self.columns and not self.has(sheet, name))


def load(
    *,
    path: Path,
    file_name: str,
    by: Any,
    at: datetime,
    check: bool = False,
    progress: Progress | None = None,
    entry: Load | None = None,
    pause_at: int | None = None,
) -> Load:
    """Load a workbook or, with `check`, only rehearse it; the Load, `entry` if there is one, says what came of it.

    A file that can't be read or has any fault is refused whole: nothing but the Load is written. After `pause_at`
    faults the rest is not looked at, and the last thing told is where that was.
    """
    from chibo.exchange import taking

    entry = entry or Load(file_name=file_name.encode("utf-8", "replace").decode().replace("\0", "")[:500], by=by)
    say = progress or (lambda what, share: None)
    loading, paused = Loading(pause_at=pause_at), ""
    try:
        with _nothing_let_go():
            say(_("Reading"), 0.0)
            with closing(stream(path)) as pieces:
                taking.take(loading, pieces, lambda rows: say(_("Reading"), 0.3 * rows / (rows + LARGE)))
            done = _write(loading=loading, path=path, entry=entry, check=check, say=say, by=by, at=at)
        _gather(loading)
        return done
    except Unreadable as error:
        loading = Loading()
        loading.fault_of_file(str(error))
    except Paused:
        told = _("Stopped after %(n)s faults: the rest was not looked at. Mend these, and load the workbook again.")
        paused = told % {"n": len(loading.faults)}
    except Refused:
        pass
    if paused:
        loading.fault_of_file(paused)
    outcome = Load.Outcome.REFUSED if loading.faults else Load.Outcome.REHEARSED
    return _listed(loading=loading, path=path, entry=entry, outcome=outcome, by=by, at=at)


@contextmanager
def _nothing_let_go() -> Iterator[None]:
    """Look for no garbage: there are rows by the million, all in use, and it takes long to look through them."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def is_large(loading: Loading) -> bool:
    """Whether the file has so many rows that the database is prepared for them."""
    return sum(len(rows) for rows in loading.rows.values()) >= LARGE


def _gather(loading: Loading) -> None:
    """Have the database know what its tables hold after a large load, before anyone asks for a page.

    Also of what follows from the rows: triggers and followers wrote that in their own tables.
    """
    if not is_large(loading):
        return
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("chibo.") and not issubclass(model, pghistory.models.Event)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(map(sql.Identifier, sorted(tables)))))


@action("exchange.load_listed")
def _listed(*, loading: Loading, path: Path, entry: Load, outcome: str, by: Any, at: datetime) -> Load:
    """List the load with its file and verdicts, also a refused one."""
    order = {sheet.name: sheet.order for sheet in sheets.every()}
    loading.faults.sort(key=lambda f: (order.get(f.sheet or "", -1), f.sheet or "", f.row or 0))
    refused = outcome == Load.Outcome.REFUSED
    entry.sha256 = _sha256(path)
    entry.size = path.stat().st_size if path.is_file() else 0
    entry.at, entry.outcome = at, outcome
    entry.context = context_now() if outcome == Load.Outcome.DONE else None
    entry.verdicts = {name: _runs(rows) for name, rows in loading.rows.items() if not refused or rows}
    entry.faults = [asdict(fault) for fault in loading.faults]
    entry.warnings = [asdict(warning) for warning in loading.warnings]
    entry.save()
    return entry


def _sha256(path: Path) -> str:
    if not path.is_file():  # a pipe would have us wait
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _runs(rows: list[Row]) -> dict[str, list[list[int]]]:
    """Row numbers by verdict, neighbours as one run; a faulty row has its verdict among the faults."""
    runs: dict[str, list[list[int]]] = {}
    for row in rows:
        verdict = "fault" if row.told else row.verdict if row.sound else "waiting"  # for the row it hangs on
        if not verdict:
            continue
        of_verdict = runs.setdefault(verdict, [])
        if of_verdict and of_verdict[-1][1] == row.number - 1:
            of_verdict[-1][1] = row.number
        else:
            of_verdict.append([row.number, row.number])
    return runs


@action("exchange.loaded")
def _write(*, loading: Loading, path: Path, entry: Load, check: bool, say: Progress, by: Any, at: datetime) -> Load:
    """Match, check, write, verify and warn, sheet by sheet; Refused, which undoes it, for faults or by `check`."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_LOAD])
        if is_large(loading):
            cursor.execute(ROOMY)
    every = sheets.every()
    steps: list[tuple[str, Callable[[Sheet, Loading], None]]] = [
        (_("Comparing"), lambda sheet, loading: sheet.match(loading)),
        (_("Comparing"), lambda sheet, loading: loading.doubt(sheet)),
        (_("Comparing"), lambda sheet, loading: loading.check_references(sheet)),
        (_("Checking"), lambda sheet, loading: sheet.check(loading)),
        (_("Writing"), lambda sheet, loading: sheet.write(loading)),
        (_("Verifying"), lambda sheet, loading: sheet.verify(loading)),
        (_("Verifying"), lambda sheet, loading: sheet.warn(loading)),
    ]
    for n, (what, step) in enumerate(steps):
        for m, sheet in enumerate(every):
            step(sheet, loading)
            say(what, 0.3 + 0.7 * (n + (m + 1) / len(every)) / len(steps))
    if loading.faults or check:
        raise Refused
    outcome = Load.Outcome.DONE  # listed in the same transaction: no load without its entry
    return _listed(loading=loading, path=path, entry=entry, outcome=outcome, by=by, at=at)
