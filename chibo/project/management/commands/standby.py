"""`chibo standby FOLDER`: a second database that follows this one, until told to stop."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project import embedded, place, standby


class Command(BaseCommand):
    help = "Make a folder a standby of the database, and keep it following until told to stop."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="a data folder, on another disk if it can be")
        parser.add_argument(
            "--confirm", action="store_true", help="answer no write as done before the standby has it on its disk"
        )
        parser.add_argument(
            "--release", action="store_true", help="wait for this standby no longer, keep nothing for it, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = os.environ.get("DATABASE_URL")
        data = None if given else place.data_folder()
        of = given or embedded.address(place.data_folder())
        folder: Path = options["folder"].expanduser().resolve()
        try:
            if not standby.answers(of):
                raise CommandError("The database does not answer: start it first (chibo up).", returncode=2)
            if options["release"]:
                standby.release(of, standby.name_of(folder))
                return
            if not standby.is_made(folder):
                standby.make(folder, of, data)
            with standby.serve(folder) as url:
                if options["confirm"]:
                    standby.confirm(of, standby.name_of(folder))
                self.stdout.write(url)
                self.stdout.flush()
                _until_told()
        except (embedded.Trouble, psycopg.Error) as trouble:
            raise CommandError(str(trouble).strip().splitlines()[0], returncode=2) from trouble


def _until_told() -> None:
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: told.append(number))
    while not told:
        embedded.revive()
        time.sleep(0.2)
