"""With which year a page about meetings begins, where nobody chose one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, Q, QuerySet, Subquery
from django.http import HttpRequest

from chibo.core.asking import is_period_chosen, period_asked
from chibo.core.periods import Period
from chibo.indicators.models import Mark, Sum
from chibo.indicators.queries import is_updating
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
        told: QuerySet[Any] = Meeting.objects.filter(unit=unit.pk, month__lte=today, withdrawal=None)
    else:  # among the meetings of a country the last one is long sought
        of_meetings = Q(indicator=REGULAR, denominator__gt=0) | Q(indicator=THEMATIC, numerator__gt=0)
        told = Sum.objects.filter(of_meetings, unit=unit.pk, month__lt=date(today.year + 1, 1, 1))
    newest = told.order_by("-month").values("month")[:1]
    marks = Mark.objects.filter(unit__path__startswith=unit.path)
    month, updating = Unit.objects.filter(pk=unit.pk).values_list(Subquery(newest), Exists(marks)).get()
    return Period(month.year, "year", 1) if month else period_asked(request, today), updating
