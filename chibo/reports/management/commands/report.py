"""`chibo report`: a report as a file; it is kept under a code, as one made on a page is."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.indicators.management.commands.figures import add_tree, period_of, unit_of, up_to_date
from chibo.organizations.trees import Tree
from chibo.reports.actions import make_snapshot
from chibo.reports.content import report_of
from chibo.reports.files import FORMS
from chibo.reports.report import KINDS, WrongPeriod


class Command(BaseCommand):
    help = "Make a report of a unit and period, keep it under a code, and write it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("--unit", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, help="2023 for the annual report, 2023-H1 for the half-year one")
        parser.add_argument("--format", required=True, choices=list(FORMS))
        add_tree(parser)
        parser.add_argument("-o", "--output", required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        unit, period, now = unit_of(options["unit"]), period_of(options["period"]), clock.now()
        try:
            with Path(options["output"]).open("ab"):
                pass
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error
        up_to_date()
        try:
            snapshot = make_snapshot(
                kind=options["kind"], unit=unit, period=period, by=None, at=now, tree=Tree(options["tree"])
            )
        except (WrongPeriod, Denied) as error:
            raise CommandError(str(error)) from error
        written = FORMS[options["format"]].write(report_of(snapshot), f"/reports/{snapshot.code}/")
        try:
            Path(options["output"]).write_bytes(written)
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error
        self.stderr.write(f"Report {snapshot.code}")
