"""`chibo report`: a report as a file."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string

from chibo.core import clock
from chibo.indicators.management.commands.figures import period_of, unit_of, up_to_date
from chibo.reports.report import KINDS, Report, WrongPeriod, as_json, below_table, make, sections

STYLES = ["base", "shell", "heading", "mark", "notice", "table", "utilities", "print"]


class Command(BaseCommand):
    help = "Write a report of a unit and period to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("--unit", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, help="2023 for the annual report, 2023-H1 for the half-year one")
        parser.add_argument("--format", required=True, choices=["html", "json"])
        parser.add_argument("-o", "--output", required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        unit, period, now = unit_of(options["unit"]), period_of(options["period"]), clock.now()
        up_to_date()
        try:
            report = make(kind=options["kind"], unit=unit, period=period, at=now)
        except WrongPeriod as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            text = json.dumps(as_json(report, now.date()), ensure_ascii=False, indent=1) + "\n"
        else:
            text = as_html(report, now.date())
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error


def as_html(report: Report, today: date) -> str:
    """The report as one file that needs no other."""
    styles = [Path(str(finders.find(f"css/{name}.css"))).read_text(encoding="utf-8") for name in STYLES]
    context = {
        "report": report,
        "unit": report.unit,
        "tables": sections(report, today),
        "below": below_table(report, today),
        "is_running": not report.period.is_over(today),
        "styles": "\n".join(styles),
    }
    return render_to_string("reports/file.html", context)
