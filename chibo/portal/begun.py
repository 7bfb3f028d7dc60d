"""With which year a page about meetings begins, where nobody chose one."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, Q, Subquery
from django.db.models.functions import Greatest
from django.http import HttpRequest

from chibo.core.asking import is_period_chosen, period_asked
from chibo.core.periods import Period
from chibo.indicators.models import Mark, OwnSum, Sum
from chibo.indicators.queries import is_updating
from chibo.indicators.stored import MONTHS
from chibo.meetings.models import Meeting
from chibo.organizations.models import Unit

REGULAR, THEMATIC = "meetings.prepared", "meetings.thematic_held"  # whose sums tell in which months some were held


def period_begun(request: HttpRequest, unit: Unit, today: date) -> Period:
    """The period asked for; if none is, the running year if a meeting of it is counted, else the last with one."""
    return period_and_standing(request, unit, today)[0]


def period_and_standing(request: HttpRequest, unit: Unit, today: date) -> tuple[Period, bool]:
    """The same, and whether figures of the unit are still updating. One query."""
    if is_period_chosen(request):
        return period_asked(request, today), is_updating(unit.path)
    if unit.is_cell:  # its page shows what it has just recorded
        told = Meeting.objects.filter(unit=unit.pk, month__lte=today, withdrawal=None).order_by("-month")
        newest: Any = Subquery(told.values("month__year")[:1])
    else:  # among the meetings of a country the last one is long sought
        counted = Q(indicator__code=REGULAR) & _any("d") | Q(indicator__code=THEMATIC) & _any("n")
        years = (table.objects.filter(counted, unit=unit.pk, year__lte=today.year) for table in (OwnSum, Sum))
        newest = Greatest(*(Subquery(each.order_by("-year").values("year")[:1]) for each in years))
    marks = Mark.objects.filter(unit__path__startswith=unit.path)
    year, updating = Unit.objects.filter(pk=unit.pk).values_list(newest, Exists(marks)).get()
    return Period(year, "year", 1) if year else period_asked(request, today), updating


def _any(side: str) -> Q:
    """Whether one of the twelve months of a row has something."""
    return reduce(or_, (Q(**{f"{side}{month}__gt": 0}) for month in MONTHS))
