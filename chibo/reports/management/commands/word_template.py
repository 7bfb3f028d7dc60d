"""`chibo word_template -o FILE`: the Word template of reports anew, as it was before anyone changed it in Word."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Write the Word template of reports as it was made first; edit the one in use with Word."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-o", "--output", required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        from chibo.reports.template import template

        try:
            Path(options["output"]).write_bytes(template())
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error
