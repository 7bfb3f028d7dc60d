"""`chibo rebuild`: all stored figures from the records."""

from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chibo.core import clock
from chibo.indicators import folding
from chibo.indicators.models import Sum


class Command(BaseCommand):
    help = "Compute all stored figures from the records anew and put them in place of the old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--engine", choices=["postgres"], default="postgres", help="where the facts are added up")

    def handle(self, *args: Any, **options: Any) -> None:
        start = monotonic()
        folding.rebuild(by=None, at=clock.now())
        self.stdout.write(f"{Sum.objects.count():,} sums of units and months in {monotonic() - start:.1f} s.")
