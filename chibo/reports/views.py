"""Reports as pages."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.components import Cell, Link, period_picker
from chibo.core.periods import NotAPeriod, Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.reports.report import KINDS, WrongPeriod, below_table, make, sections


@login_required
@require_safe
def report(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A report of a unit and period, computed from the records as they are now."""
    if kind not in KINDS:
        raise Http404
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.REPORT_VIEW)
    grain = KINDS[kind][0]
    try:
        period = Period.parse(request.GET.get("period", ""))
        made = make(kind=kind, unit=unit, period=period, at=now)
    except (NotAPeriod, WrongPeriod):
        period = Period(today.year - 1, grain, 1)
        made = make(kind=kind, unit=unit, period=period, at=now)
    scope, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)

    def way(of: Unit, code: str) -> str:
        return f"{reverse('evidence', args=[of.pk, code])}?period={period}" if opens.covers(of) else ""

    def named(child: Unit) -> Cell:
        if not scope.covers(child):
            return Cell(text=child.code, note=_("outside your units"))
        return Cell(text=child.name, url=f"{reverse('unit', args=[child.pk])}?period={period}", lang="vi")

    base = reverse("report", args=[pk, kind])
    picker = period_picker(period, lambda p: f"{base}?period={p}" if p.grain == grain else _other(pk, p), today)
    context = {
        "section": "units",
        "may_see_loads": rights.over_all(P.ROLL_LOAD),
        "report": made,
        "unit": unit,
        "crumbs": [
            Link(label=u.name, url=reverse("unit", args=[u.pk]) if scope.covers(u) else "") for u in [*above, unit]
        ],
        "picker": picker,
        "tables": sections(made, today, way),
        "below": below_table(made, today, way, named),
        "is_running": not period.is_over(today),
    }
    return render(request, "reports/page.html", context)


def _other(pk: int, period: Period) -> str:
    """The report of another kind that has such periods; empty if none has."""
    for kind, (grain, _name) in KINDS.items():
        if grain == period.grain:
            return f"{reverse('report', args=[pk, kind])}?period={period}"
    return ""
