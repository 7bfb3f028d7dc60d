"""`chibo restore FILE`: what a backup holds in the place of the database."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.organizations.models import Unit
from chibo.project import keeping


class Command(BaseCommand):
    help = "Put what a backup holds in the place of the database. A file that can't be restored changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--yes", action="store_true", help="also over a database that holds units")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"] and Unit.objects.exists():
            raise CommandError("The database holds units; add --yes to put the backup in their place.", returncode=2)
        try:
            contents = keeping.restore(options["file"])
        except keeping.Trouble as error:
            raise CommandError(str(error), returncode=2) from error
        call_command("migrate", verbosity=0)
        self.stdout.write(f"{options['file']}: {contents.said}; restored.")
