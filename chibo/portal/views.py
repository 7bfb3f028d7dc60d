"""The page of a unit: its figures, the units below, the months as a line."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, period_asked
from chibo.core.components import period_picker
from chibo.indicators import queries
from chibo.organizations.frame import of_unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.portal import boards


@login_required
@require_safe
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit with its figures, the units below side by side, the months as a line."""
    today = clock.today()
    rights = rights_of(request.user, today)
    found, above = find_unit(rights, pk, P.UNIT_VIEW)
    period = period_asked(request, today)
    asked = {name: request.GET.get(name, "") for name in ("sort", "line", "page")}

    def url(**changes: Any) -> str:
        return address(reverse("unit", args=[pk]), **({"period": period} | asked | changes))

    picker = period_picker(period, lambda p: url(period=p), today)
    context = of_unit(rights, found, above, "unit", period, picker) | {
        "is_running": not period.is_over(today),
        "report_url": boards.report_url(rights, found, period),
        "is_updating": queries.is_updating(found.path),
        "change_url": reverse("changes", args=[pk]) if rights.scope(P.UNIT_ACT).covers(found) else "",
        **boards.unit(rights, found, period, today, asked, url),
    }
    return render(request, "portal/unit.html", context)
