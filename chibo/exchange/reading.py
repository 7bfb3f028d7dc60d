"""Reading a workbook safely: a child process under limits parses it, this side only takes cells."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

MB = 1 << 20
SECONDS = 120
Cell = str | float | bool | date | datetime | bytes | None  # bytes: an error or a time, as text


class Unreadable(Exception):
    """The file is no workbook that can be read; the message says why."""


@dataclass
class RawSheet:
    """A sheet as it stands in the file: row 1, and the rows below it from row 2 on."""

    name: str
    header: list[Cell]
    rows: list[list[Cell]] = field(default_factory=list)


def read(path: Path) -> list[RawSheet]:
    """The sheets of an .xlsx workbook that hold a cell; Unreadable, in little memory, for anything else."""
    sheets: list[RawSheet] = []
    for piece in stream(path):
        if isinstance(piece, RawSheet):
            sheets.append(piece)
        else:
            sheets[-1].rows += piece
    return sheets


def stream(path: Path) -> Generator[RawSheet | list[list[Cell]]]:
    """The same piece by piece: each sheet as it begins, then its rows, some at a time."""
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError:
        size = -1
    if size < 0:
        raise Unreadable(_("There is no such file, or it can't be read."))
    if size > most_bytes():
        limit = most_bytes() // MB
        raise Unreadable(_("The file is larger than %(limit)s MB, the most that is read.") % {"limit": limit})
    for message in _messages(path, size):
        yield RawSheet(message[1], message[2]) if message[0] == "sheet" else message[2]


def most_bytes() -> int:
    """The size of the largest file that is read."""
    return int(getattr(settings, "CHIBO_MAX_WORKBOOK_MB", 64)) * MB


def _messages(path: Path, size: int) -> Iterator[tuple[Any, ...]]:
    """What the child tells of the file, up to its end.

    A roll takes about 15 bytes of memory and 12 bytes of XML for each byte of its file; what takes far more is hostile.
    """
    memory, inflated, budget = 90 * MB + 24 * size, 40 * MB + 24 * size, 30 * MB + 16 * size
    child = Path(__file__).with_name("child.py")
    limits = [str(n) for n in (memory, inflated, budget, SECONDS)]
    process = subprocess.Popen(
        [sys.executable, "-P", str(child), str(path), *limits],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    clock = threading.Timer(2 * SECONDS, process.kill)
    clock.start()
    try:
        yield from _until_end(process.stdout)
    except (EOFError, pickle.UnpicklingError):
        process.kill()
        raise Unreadable(_reason(_word_for_death(process.wait()))) from None
    finally:
        clock.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def _until_end(pipe: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    while (message := pickle.load(pipe))[0] != "end":
        if message[0] == "refused":
            raise Unreadable(_reason(message[1]))
        yield message


def _word_for_death(status: int) -> str:
    """A child that died: out of memory, out of time, or of what it read."""
    return "big" if status in (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGXCPU) else "damaged"


def _reason(word: str) -> str:
    reasons = {
        "empty": _("The file is empty."),
        "other": _("The file is no .xlsx workbook."),
        "encrypted": _("The file is encrypted: save it without a password."),
        "damaged": _("The file is damaged or cut off: it can't be read to its end."),
        "big": _("What the file holds is over the size limit."),
    }
    return reasons[word]
