"""`chibo promote FOLDER`: a standby becomes the database."""

from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project import embedded, standby


class Command(BaseCommand):
    help = "Make a standby the database, once the one it follows is lost."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--yes", action="store_true", help="also while the database it follows still answers")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].expanduser().resolve()
        try:
            with standby.serve(folder) as url:
                if not options["yes"] and standby.is_standby(url) and standby.answers(standby.follows(url)):
                    raise CommandError(
                        "The database it follows still answers: stop that first, or two would take writes (--yes).",
                        returncode=2,
                    )
                standby.promote(url)
                self.stdout.write(f"{folder} takes writes now: CHIBO_DATA={folder} chibo up")
        except (embedded.Trouble, psycopg.Error) as trouble:
            raise CommandError(str(trouble).strip().splitlines()[0], returncode=2) from trouble
