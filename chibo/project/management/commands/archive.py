"""`chibo archive FOLDER`: every change of the database into an archive as it is made, until told to stop."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project import archive, embedded, keeping
from chibo.project.parents import PARENT, end_with_parent

LONGEST_PAUSE = 30.0  # seconds between two tries


class Command(BaseCommand):
    help = "Write every change of the database to an archive as it is made; begins with a base backup if there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="on another disk, or another machine's")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, told = options["folder"].expanduser().resolve(), list[int]()
        if PARENT in os.environ:
            end_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: told.append(number))
        pause = 1.0
        while not told:
            try:
                pause = _keep_up(folder, told)
            except (embedded.Trouble, psycopg.Error, OSError) as trouble:
                if pause >= LONGEST_PAUSE and PARENT not in os.environ:
                    raise CommandError(str(trouble).strip(), returncode=2) from trouble
                print(f"The archive is behind: {str(trouble).strip()}", file=sys.stderr, flush=True)  # noqa: T201
                pause = min(pause * 2, LONGEST_PAUSE)
            _rest(pause, told)


def _keep_up(folder: Path, told: list[int]) -> float:
    """Keep up until told to stop or what does it ends; how long to wait then."""
    receiving = archive.keep_up(folder, keeping.address())
    try:
        if not archive.bases(folder):
            archive.begin(folder, keeping.address())
        while not told and receiving.poll() is None:
            time.sleep(0.2)
    finally:
        receiving.send_signal(signal.SIGINT)
        receiving.wait()
    return 1.0


def _rest(seconds: float, told: list[int]) -> None:
    until = time.monotonic() + seconds
    while not told and time.monotonic() < until:
        time.sleep(0.1)
