"""The checks: how much each found under a unit, the records, having them counted anew; the limits they go by."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import after_asked, after_key
from chibo.core.components import Cell, Column, Link, Pager, Table
from chibo.core.formats import count, day, number
from chibo.integrity import actions, queries, registry
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.portal import checking
from chibo.portal.forms import LimitForm


def _unit(rights: Rights, asked: str) -> tuple[Unit, list[Unit]]:
    """The unit asked for, or the first whose checks are the reader's; without any there is no such page."""
    homes = checking.homes_of(rights)
    if not homes:
        raise Http404
    pk = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else next(iter(homes))
    return find_unit(rights, pk, P.CHECK_VIEW)


@login_required
@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """Every check with what it found under a unit when it was last counted, and the way to count anew."""
    rights = rights_of(request.user, clock.today())
    unit, above = _unit(rights, request.GET.get("unit", ""))
    done, running = queries.newest_runs(unit)
    if running is None and request.headers.get("HX-Request"):  # asked while it ran: now there is another page to show
        return HttpResponse(headers={"HX-Refresh": "true"})
    seen = checking.seen_checks(rights, unit)
    whole = unit.path.startswith(rights.scope(P.CHECK_VIEW).subtrees)
    counts = queries.counts_of(unit, whole=whole) if done else {}
    homes = checking.homes_of(rights)
    hit = [check for check in seen if counts.get(check.code)]
    every = len(registry.every())
    context = common(rights, "checks") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, above),
        "homes": [
            Link(label=name, url=checking.url_of(Unit(pk=pk)), current=pk == unit.pk)
            for pk, name in homes.items()
            if len(homes) > 1
        ],
        "run": done,
        "running": running,
        "percent": round(100 * running.done / every) if running else 0,
        "lines": checking.overview(seen, counts, lambda check: checking.url_of(unit, check)),
        "clean": checking.clean(seen, counts) if done else [],
        "hit": len(hit),
        "records": sum(counts[check.code] for check in hit),
        "silent": len(seen) - len(hit),
        "url": checking.url_of(unit),
        "limits_url": reverse("limits") if rights.over_all(P.RULE_MANAGE) else "",
        "comparisons_url": reverse("comparisons") if rights.over_all(P.RULE_MANAGE) else "",
    }
    return render(request, "portal/checks.html", context)


@login_required
@require_POST
def run_checks(request: HttpRequest, pk: int) -> HttpResponse:
    """Have every check counted anew for a unit, and go back to the page, which shows how far it is."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    unit, _above = find_unit(rights, pk, P.CHECK_VIEW)
    actions.ask(unit=unit, by=request.user, at=now)
    return redirect(checking.url_of(unit))


@login_required
@require_safe
def check(request: HttpRequest, code: str) -> HttpResponse:
    """The records that one check finds under a unit now, page by key, with what mends them."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = _unit(rights, request.GET.get("unit", ""))
    asked = next((each for each in checking.seen_checks(rights, unit) if each.code == code), None)
    if asked is None:
        raise Http404
    after = after_asked(request, str, int, int)
    listed = queries.found_by(asked, rights, unit, today, after)
    more, listed = listed[queries.PAGE :], listed[: queries.PAGE]
    context = common(rights, "checks") | {
        "unit": unit,
        "check": asked,
        "crumbs": [*crumbs_of(rights, above), Link(label=unit.name, url=reverse("unit", args=[unit.pk]))],
        "all_url": checking.url_of(unit),
        "loads_url": checking.way_to_loads(asked, rights),
        "table": checking.records(asked, rights, listed),
        "pager": Pager(
            first_url=checking.url_of(unit, asked) if after else "",
            next_url=checking.url_of(unit, asked, after=after_key(listed[-1].key)) if more else "",
            note=_("%(n)s records on this page") % {"n": count(len(listed))},
        ),
    }
    return render(request, "portal/check.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: HttpRequest) -> HttpResponse:
    """The limits that checks go by, what they were before, and a form to set one from a day on."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    form = LimitForm(request.POST or None, initial={"valid_from": now.date()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_limit(**form.cleaned_data, by=request.user, at=now)
        except Denied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The limit is set. The checks go by it when they are next counted."))
            return redirect("limits")
    context: dict[str, Any] = common(rights, "checks") | {
        "form": form,
        "table": _limits(),
        "all_url": reverse("checks"),
    }
    return render(request, "portal/limits.html", context)


def _limits() -> Table:
    """Every limit with its values, the newest first."""
    order = list(Limit)
    known = [each for each in Threshold.objects.order_by("-valid_from", "pk") if each.code in Limit.values]
    rows = [
        [
            Cell(text=str(Limit(each.code).label)),
            Cell(text=number(each.value, 0 if each.value == each.value.to_integral_value() else 1)),
            Cell(text=day(each.valid_from)),
            Cell(text=day(each.valid_to) if each.valid_to else "–"),
            Cell(text=each.decision or "–"),
        ]
        for each in sorted(known, key=lambda each: order.index(Limit(each.code)))
    ]
    return Table(
        caption=_("Limits"),
        caption_hidden=True,
        columns=[
            Column(label=_("Limit"), wide=True),
            Column(label=_("Value"), number=True),
            Column(label=_("From"), nowrap=True),
            Column(label=_("To"), nowrap=True),
            Column(label=_("Decision")),
        ],
        rows=rows,
    )
