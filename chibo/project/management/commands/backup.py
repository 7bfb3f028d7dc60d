"""`chibo backup FILE`: the whole database in one file, tried; `chibo backup FOLDER`: a base of an archive."""

from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project import archive, embedded, keeping


class Command(BaseCommand):
    help = (
        "Write the whole database to one file, and try it: it is restored aside and every figure compared."
        " Into the folder of an archive (chibo archive): a base backup, compared with what was read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--keep", type=int, help="of an archive: so many base backups, and what they need")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["file"].is_dir():
                self._take(options["file"], options["keep"])
                return
            contents = keeping.backup(options["file"])
        except keeping.Trouble as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{options['file']}: {contents.said}; restored aside and found equal.")

    def _take(self, folder: Path, keep: int | None) -> None:
        try:
            taken = archive.take(folder, keeping.address())
            gone = archive.thin(folder, keep) if keep and keep > 0 else []
        except (embedded.Trouble, psycopg.Error, OSError) as error:
            raise CommandError(str(error).strip(), returncode=2) from error
        self.stdout.write(f"{taken}: compared and found whole; {len(gone)} older removed.")
