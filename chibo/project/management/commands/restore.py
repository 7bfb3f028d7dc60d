"""`chibo restore FILE`: what a backup holds in the place of the database; of an archive: a moment in a new folder."""

from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware

from chibo.organizations.models import Unit
from chibo.project import archive, embedded, keeping


class Command(BaseCommand):
    help = (
        "Put what a backup holds in the place of the database. A file that can't be restored changes nothing."
        " From the folder of an archive: the database as it stood at a moment, in a new data folder."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--to", metavar="MOMENT", help="of an archive: 2026-11-23 10:00; else as late as it knows")
        parser.add_argument("--into", metavar="DATA", type=Path, help="of an archive: the new data folder")
        parser.add_argument("--yes", action="store_true", help="also over a database that holds units")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"].is_dir():
            self._restore_moment(options["file"].resolve(), options["into"], options["to"])
            return
        if options["to"] or options["into"]:
            raise CommandError("--to and --into are of an archive: give its folder.", returncode=2)
        if not options["yes"] and Unit.objects.exists():
            raise CommandError("The database holds units; add --yes to put the backup in their place.", returncode=2)
        try:
            contents = keeping.restore(options["file"])
        except keeping.Trouble as error:
            raise CommandError(str(error), returncode=2) from error
        call_command("migrate", verbosity=0)
        self.stdout.write(f"{options['file']}: {contents.said}; restored.")

    def _restore_moment(self, folder: Path, into: Path | None, to: str | None) -> None:
        """As the database stood at a moment; the present one stays as it is."""
        if into is None:
            raise CommandError("Say with --into in which new data folder it shall stand.", returncode=2)
        try:
            moment = None if to is None else parse_datetime(to)
        except ValueError:
            moment = None
        if to is not None and moment is None:
            raise CommandError("--to is a day and time: '2026-11-23 10:00'.", returncode=2)
        if moment is not None and is_naive(moment):
            moment = make_aware(moment)
        into = into.expanduser().resolve()
        try:
            reached = archive.restore(folder, into, moment)
        except (embedded.Trouble, psycopg.Error, OSError) as error:
            raise CommandError(str(error).strip(), returncode=2) from error
        last = localtime(reached).isoformat(sep=" ", timespec="seconds")
        self.stdout.write(f"{into}: the last change is of {last}. Look at it: CHIBO_DATA={into} chibo up")
