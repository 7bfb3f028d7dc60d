"""`chibo load FILE`: a workbook, all or nothing, with a verdict on every row."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chibo.core import clock
from chibo.exchange import loading
from chibo.exchange.models import Load
from chibo.indicators import folding

BAR = 30  # characters


class Command(BaseCommand):
    help = "Load a roll workbook: a verdict on every row; writes all or nothing. Exit 0 done, 2 refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--check", action="store_true", help="only rehearse")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path, now = options["file"], clock.now()
        show = self._progress if sys.stderr.isatty() and not options["json"] else None
        load = loading.load(path=path, file_name=path.name, by=None, at=now, check=options["check"], progress=show)
        if load.outcome == Load.Outcome.DONE:
            if show:
                show("Computing figures", 1.0)
            folding.fold_all(by=None, at=now)
        if show:
            self.stderr.write("\r" + " " * (BAR + 40) + "\r", ending="")
        (self._as_json if options["json"] else self._as_text)(load)
        if load.outcome == Load.Outcome.REFUSED:
            sys.exit(2)

    def _progress(self, what: str, share: float) -> None:
        full = round(share * BAR)
        self.stderr.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {share:4.0%} {what:20}", ending="")
        self.stderr.flush()

    def _counts(self, load: Load) -> dict[str, dict[str, int]]:
        faulty = Counter(name for name, _row in {(f["sheet"], f["row"]) for f in load.faults})
        counts = {}
        for sheet in [*load.verdicts, *(name for name in faulty if name and name not in load.verdicts)]:
            runs = load.verdicts.get(sheet, {})
            counts[sheet] = {
                verdict: sum(last - first + 1 for first, last in runs.get(verdict, []))
                for verdict in ("new", "changed", "unchanged", "waiting")
            } | {"faults": faulty[sheet]}
        return counts

    def _as_json(self, load: Load) -> None:
        said = {
            "outcome": load.outcome,
            "load": load.pk,
            "file": load.file_name,
            "sheets": self._counts(load),
            "verdicts": load.verdicts,
            "faults": load.faults,
            "warnings": load.warnings,
        }
        self.stdout.write(json.dumps(said, ensure_ascii=False))

    def _as_text(self, load: Load) -> None:
        for sheet, counts in self._counts(load).items():
            said = ", ".join(f"{n:,} {verdict}" for verdict, n in counts.items() if n) or "no rows"
            self.stdout.write(f"{sheet:12} {said}")
        for fault in load.faults:
            place = "!".join(_shown(fault[part]) for part in ("sheet", "row") if fault[part] is not None)
            place += f" {_shown(fault['column'])}" if fault["column"] is not None else ""
            value = f" {fault['value']!r}" if fault["value"] is not None else ""
            self.stdout.write(f"{place}{value}: {fault['reason']}" if place else fault["reason"])
        for warning in load.warnings:
            place = f"{warning['sheet']}!{warning['row']} {_shown(warning['value'])!r}"
            self.stdout.write(f"look at {place}: {_shown(warning['reason'])}")
        said = "1 fault" if len(load.faults) == 1 else f"{len(load.faults):,} faults"
        ends = {
            Load.Outcome.DONE: "Loaded.",
            Load.Outcome.REHEARSED: "Rehearsed: it would be loaded. Nothing was written.",
            Load.Outcome.REFUSED: f"Refused: {said}. Nothing was written.",
        }
        self.stdout.write(ends[Load.Outcome(load.outcome)])


def _shown(part: str | int) -> str:
    """A part of a fault's place for a terminal: what a file says must not steer it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(part))
