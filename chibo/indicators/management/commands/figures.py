"""`chibo figures`: one JSON object a line for each unit and period."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.core import clock
from chibo.core.periods import NotAPeriod, Period
from chibo.core.text import clean
from chibo.indicators import folding, queries, registry
from chibo.indicators.models import Mark
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree

CHUNK = 500  # units asked for at a time


class Command(BaseCommand):
    help = "Print figures of units and periods, one JSON object a line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unit", action="append", default=[], metavar="CODE", help="this unit")
        parser.add_argument("--below", action="append", default=[], metavar="CODE", help="this unit and all under it")
        parser.add_argument(
            "--period", action="append", required=True, nargs="+", help="2023, 2023-H1, 2023-Q3, 2023-04"
        )
        parser.add_argument("--indicator", action="append", nargs="+", metavar="CODE", help="only these")
        add_tree(parser)
        parser.add_argument("--json", action="store_true", help="the one form there is")

    def handle(self, *args: Any, **options: Any) -> None:
        periods = [period_of(text) for given in options["period"] for text in given]
        codes = [code for given in options["indicator"] or [] for code in given] or None
        for code in codes or []:
            indicator_of(code)
        if not options["unit"] and not options["below"]:
            raise CommandError("Say which units: --unit CODE or --below CODE.")
        tops = [(unit_of(code), False) for code in options["unit"]] + [(unit_of(c), True) for c in options["below"]]
        up_to_date()
        tree = Tree(options["tree"])
        for period in periods:
            for units in _chunks(tops, tree):
                found = queries.figures([pk for pk, _ in units], period, codes, tree)
                for pk, code in units:
                    figures = {
                        f.indicator.code: {"numerator": f.numerator, "denominator": f.denominator, "value": f.value}
                        for f in found[pk].values()
                    }
                    line = {"unit": code, "period": str(period), "figures": figures}
                    self.stdout.write(json.dumps(line, ensure_ascii=False))


def _chunks(tops: list[tuple[Unit, bool]], tree: Tree) -> Iterator[list[tuple[int, str]]]:
    """(id, code) of the units asked for, by code, a bounded number at a time, none twice."""
    last = ""
    condition = Unit.objects.none()
    for unit, below in tops:
        path = "path" if tree is Tree.NOW else "lineages__path"
        condition = condition | Unit.objects.filter(**{f"{path}__startswith": unit.path} if below else {"pk": unit.pk})
    while True:
        rows = list(condition.filter(code__gt=last).order_by("code").distinct().values_list("pk", "code")[:CHUNK])
        if not rows:
            return
        yield rows
        last = rows[-1][1]


def add_tree(parser: CommandParser) -> None:
    """Have a command ask which tree to count on."""
    parser.add_argument(
        "--tree", choices=[*Tree], default=Tree.THEN.value, help="as it stood then (the default), or as it stands now"
    )


def up_to_date() -> None:
    """Fold what the worker has not folded yet, so that what is printed is of the records as they are."""
    if Mark.objects.exists():
        folding.fold_all(by=None, at=clock.now())


def unit_of(code: str) -> Unit:
    """The unit of a code; CommandError if there is none."""
    is_text = code.isprintable() and not any("\ud800" <= char <= "\udfff" for char in code)
    unit = Unit.objects.filter(code=clean(code)).first() if is_text else None
    if unit is None:
        raise CommandError(f"No unit has the code {code!r}.")
    return unit


def period_of(text: str) -> Period:
    """The period a text names; CommandError if it names none."""
    try:
        return Period.parse(text)
    except NotAPeriod as error:
        raise CommandError(str(error)) from error


def indicator_of(code: str) -> registry.Indicator:
    """The indicator of a code; CommandError if there is none."""
    try:
        return registry.get(code)
    except KeyError:
        raise CommandError(f"No indicator is called {code!r}; there are {', '.join(registry.codes())}.") from None
