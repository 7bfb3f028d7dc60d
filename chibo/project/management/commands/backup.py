"""`chibo backup FILE`: the whole database in one file, tried."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project import keeping


class Command(BaseCommand):
    help = "Write the whole database to one file, and try it: it is restored aside and every figure compared."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            contents = keeping.backup(options["file"])
        except keeping.Trouble as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{options['file']}: {contents.said}; restored aside and found equal.")
