"""`chibo evidence`: the records behind a figure, one row per fact."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chibo.indicators.evidence import Evidence
from chibo.indicators.management.commands.figures import add_tree, indicator_of, period_of, unit_of
from chibo.organizations.trees import Tree


class Command(BaseCommand):
    help = "Print the records behind a figure as a JSON array, one object per fact."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unit", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, help="2023, 2023-H1, 2023-Q3, 2023-04")
        parser.add_argument("--indicator", required=True, metavar="CODE")
        add_tree(parser)
        parser.add_argument("--json", action="store_true", help="the one form there is")

    def handle(self, *args: Any, **options: Any) -> None:
        unit, period = unit_of(options["unit"]), period_of(options["period"])
        indicator = indicator_of(options["indicator"])
        evidence = Evidence(indicator, unit, period, tree=Tree(options["tree"]))
        rows = evidence.all() if indicator.said_of(period) else iter(())
        self.stdout.write("[", ending="")
        for n, row in enumerate(rows):
            fact = {
                "record": row.record,
                "label": row.label,
                "unit": row.unit_code,
                "day": row.day.isoformat(),
                "numerator": row.numerator,
                "denominator": row.denominator,
            }
            self.stdout.write(("," if n else "") + "\n" + json.dumps(fact, ensure_ascii=False), ending="")
        self.stdout.write("\n]")
