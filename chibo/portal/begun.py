"""With which year a page about meetings begins, where nobody chose one."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest

from chibo.core.asking import is_period_chosen, period_asked
from chibo.core.periods import Period
from chibo.meetings.models import Meeting
from chibo.organizations.models import Unit


def period_begun(request: HttpRequest, unit: Unit, today: date) -> Period:
    """The period asked for; if none is, the running year if a meeting of it is recorded, else the last with one.

    One query where none is asked for.
    """
    if is_period_chosen(request):
        return period_asked(request, today)
    recorded = Meeting.objects.filter(unit__path__startswith=unit.path, month__lte=today, withdrawal=None)
    newest = recorded.order_by("-month").values_list("month", flat=True).first()
    return Period(newest.year, "year", 1) if newest else period_asked(request, today)
