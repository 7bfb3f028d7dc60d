"""Cells below a committee ticked in a list, so that nobody types their codes: for guide cells, for topics."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import after_asked, after_key
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of

ROWS = 100
MANY = 200  # cells ticked at once
TO = {"guides": "unit_guides", "topic": "unit_year"}  # what cells are ticked for: the page that takes them


@login_required
@require_safe
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """The cells below and in scope to be ticked, page by page; then on to the form that asks for them. One query."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    wanted = request.GET.get("to", "")
    ticked = list(dict.fromkeys(request.GET.getlist("code")))[:MANY]
    mine = Unit.objects.cells().filter(rights.scope(P.MEETING_VIEW).below(unit).q(""))
    found = mine.exclude(closed_on__lte=today)
    after: Any = after_asked(request, str, int)
    if after:
        found = found.filter(Q(sort_key__gt=after[0]) | Q(sort_key=after[0], pk__gt=after[1]))
    cells = list(found.order_by("sort_key", "pk")[: ROWS + 1])
    more, cells = cells[ROWS:], cells[:ROWS]
    here = {cell.code for cell in cells}
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "title": _("Tick the cells"),
        "to": wanted if wanted in TO else "guides",
        "to_url": reverse(TO.get(wanted, TO["guides"]), args=[pk]),
        "year": request.GET.get("year", "")[:4],
        "cells": [(cell, cell.code in ticked) for cell in cells],
        "elsewhere": [code for code in ticked if code not in here],
        "next_key": after_key([cells[-1].sort_key, cells[-1].pk]) if more else "",
        "is_first": not after,
    }
    return render(request, "guidance/pick.html", context)
