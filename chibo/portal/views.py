"""The page of a unit: its figures, the units below, the months as a line."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chibo.classifications import queries as queries_of_values
from chibo.core import clock
from chibo.core.asking import address, is_period_chosen, period_asked
from chibo.organizations.frame import of_unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.organizations.trees import kept, line_then, picker_of, tree_asked
from chibo.portal import boards
from chibo.portal.absent import absent_of
from chibo.portal.act_views import coming


@login_required
@require_safe
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit with its figures, the units below side by side, the months as a line."""
    today = clock.today()
    rights = rights_of(request.user, today)
    found, above = find_unit(rights, pk, P.UNIT_VIEW)
    period = period_asked(request, today)
    tree = tree_asked(request, period, today)
    found, above = line_then(found, above, period, tree, today)
    asked = {name: request.GET.get(name, "") for name in ("sort", "line", "page")}

    def url(**changes: Any) -> str:
        return address(reverse("unit", args=[pk]), **({"period": period, "tree": kept(tree)} | asked | changes))

    picker, is_chosen = picker_of(period, tree, url, today), is_period_chosen(request)
    classified = queries_of_values.now_of(found, min(period.last_day, today))
    frame = of_unit(rights, found, above, "unit", period, picker, tree, is_chosen=is_chosen)
    absent = absent_of(found, period, tree, today, frame["gone"], url)
    context = frame | {
        "coming": coming(found, rights.scope(P.UNIT_VIEW)),
        "classified": [(str(spell.scheme), str(spell.value)) for spell in classified],
        "is_running": not period.is_over(today),
        "objectives_url": address(reverse("unit_objectives", args=[pk]), period=period, tree=kept(tree)),
        "report_url": boards.report_url(rights, found, period, tree),
        "change_url": reverse("changes", args=[pk]) if rights.scope(P.UNIT_ACT).covers(found) else "",
        "absent": absent,
        **boards.unit(rights, found, period, tree, today, asked, url, is_judged=absent is None),
    }
    return render(request, "portal/unit.html", context)
