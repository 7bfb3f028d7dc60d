"""Pages that compose several apps: my desk, units, the evidence of a figure."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Pager, period_picker
from chibo.indicators import queries
from chibo.organizations.frame import common, crumbs_of, tabs_of
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.portal import boards

LISTED = 50  # units on a page of the list


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

    context = common(rights, "units") | {
        "unit": found,
        "tabs": tabs_of(rights, found, "unit", period),
        "crumbs": crumbs_of(rights, above),
        "picker": period_picker(period, lambda p: url(period=p), today),
        "period": period,
        "is_running": not period.is_over(today),
        "report_url": boards.report_url(rights, found, period),
        "is_updating": queries.is_updating(found.path),
        **boards.unit(rights, found, period, today, asked, url),
    }
    return render(request, "portal/unit.html", context)


@login_required
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """The units in scope, found by name or code without accents, page by key."""
    rights = rights_of(request.user, clock.today())
    scope = rights.scope(P.UNIT_VIEW)
    if not scope:
        raise Http404
    words = request.GET.get("q", "")[:100]
    after = after_asked(request, 2)
    found = list(boards.units_listed(scope, words, after, LISTED + 1))
    more = found[LISTED:]
    found = found[:LISTED]
    url = reverse("units")
    context = common(rights, "units") | {
        "words": words,
        "table": boards.units_table(found),
        "pager": Pager(
            first_url=address(url, q=words) if after else "",
            next_url=address(url, q=words, after=after_key([found[-1].sort_key, found[-1].pk])) if more else "",
            note=_("%(n)s on this page") % {"n": len(found)},
        ),
    }
    return render(request, "portal/units.html", context)
