"""`chibo integrity`: what every check finds; exit 1 if any finds something."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import translation

from chibo.core import clock
from chibo.integrity import registry
from chibo.integrity.queries import parameters_of, question_of
from chibo.organizations.models import Threshold, Unit

COUNT = """
select count(*) from ({question}) f join organizations_unit u on u.id = f.unit_id where u.path like %(below)s
"""


class Command(BaseCommand):
    help = "Ask every check of the records and print how much each finds. Exit 1 if any finds something."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unit", metavar="CODE", help="only what is found at this unit and under it")
        parser.add_argument("--json", action="store_true", help="one JSON object a line for each check")
        parser.add_argument("--faults", action="store_true", help="leave out what may be right as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        below = "%"
        if options["unit"]:
            unit = Unit.objects.filter(code=options["unit"]).first()
            if unit is None:
                raise CommandError(f"There is no unit {options['unit']}.", returncode=2)
            below = unit.path + "%"
        today = clock.today()
        given = parameters_of(today, Threshold.objects.on(today)) | {"below": below}
        total = 0
        for check in registry.every():
            if check.is_doubt and options["faults"]:
                continue
            sql, more = question_of(check)
            with connection.cursor() as cursor:
                cursor.execute(COUNT.format(question=sql), given | more)
                (found,) = cursor.fetchone()
            total += found
            with translation.override("en"):
                label = str(check.label)
            if options["json"]:
                line = json.dumps({"check": check.code, "found": found, "doubt": check.is_doubt}, ensure_ascii=False)
            else:
                line = f"{found:>9,}  {check.code:38} {label}"
            self.stdout.write(line)
        if total:
            raise CommandError(f"{total:,} records found.", returncode=1)
