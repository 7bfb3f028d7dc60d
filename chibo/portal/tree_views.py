"""The units: the tree opened level by level, and units found by name, code and kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chibo.classifications import queries
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Pager
from chibo.core.formats import count
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.portal import tree
from chibo.portal.classifying import chosen_of, filtered

LISTED = 50  # units found on a page


@login_required
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """The tree from the reader's own units down; with words or a kind, the units found, the nearest first."""
    today = clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.UNIT_VIEW)
    if not scope:
        raise Http404
    words, kind = request.GET.get("q", "")[:100], request.GET.get("kind", "")
    kind = kind if kind in Kind.values else ""
    known = queries.values()
    value = filtered(known, request.GET.get("value", ""))
    context = common(rights, "units") | {
        "words": words,
        "kinds": tree.kinds_asked(kind),
        "schemes": chosen_of(known, value),
        "is_search": bool(words.strip() or kind or value),
        "classifies": bool(rights.scope(P.CLASSIFY)) or rights.over_all(P.RULE_MANAGE),
    }
    if not context["is_search"]:
        tops = tree.top_of(scope, today)
        if len(tops) == 1 and tops[0].below_url:  # nobody wants to open the only branch there is
            listed, more_url, closed = tree.below(Unit(pk=tops[0].pk), today)
            tops = [replace(tops[0], below=listed, more_url=more_url, more_closed=closed)]
        return render(request, "portal/units.html", context | {"branches": tops})
    after = after_asked(request, int, str, int)
    of = queries.having(Unit.objects.all(), value, today) if value else None
    found = tree.found(scope, words, kind, after, LISTED + 1, of)
    more, found = found[LISTED:], found[:LISTED]
    url, pk = reverse("units"), value.pk if value else ""
    context |= {
        "found": tree.said(found, scope, today),
        "pager": Pager(
            first_url=address(url, q=words, kind=kind, value=pk) if after else "",
            next_url=address(url, q=words, kind=kind, value=pk, after=after_key(tree.rank_key(found[-1])))
            if more
            else "",
            note=_("%(n)s on this page") % {"n": count(len(found))},
        ),
    }
    return render(request, "portal/units.html", context)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def unit_below(request: HttpRequest, pk: int) -> HttpResponse:
    """The units directly below one, a page at a time: a piece of the tree, or without JavaScript a page."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    listed: list[tree.Branch] = []
    more, closed = "", False
    if unit.path.startswith(rights.scope(P.UNIT_VIEW).subtrees):
        after = after_asked(request, int, str, int)
        listed, more, closed = tree.below(unit, today, after)
    context: dict[str, Any] = {"branches": listed, "more_url": more, "more_closed": closed}
    if request.headers.get("HX-Request") == "true":
        return render(request, "portal/branches.html", context)
    context |= common(rights, "units") | {"unit": unit, "crumbs": crumbs_of(rights, above)}
    return render(request, "portal/below.html", context)
