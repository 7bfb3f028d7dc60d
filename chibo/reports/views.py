"""Reports as pages."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.components import period_picker
from chibo.core.periods import NotAPeriod, Period
from chibo.organizations.frame import common, crumbs_of, unit_cell
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

    base = reverse("report", args=[pk, kind])
    picker = period_picker(period, lambda p: f"{base}?period={p}" if p.grain == grain else _other(pk, p), today)
    context = common(rights, "units") | {
        "report": made,
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "picker": picker,
        "tables": sections(made, today, way),
        "below": below_table(made, today, way, lambda child: unit_cell(scope, child, period)),
        "is_running": not period.is_over(today),
    }
    return render(request, "reports/page.html", context)


def _other(pk: int, period: Period) -> str:
    """The report of another kind that has such periods; empty if none has."""
    for kind, (grain, _name) in KINDS.items():
        if grain == period.grain:
            return f"{reverse('report', args=[pk, kind])}?period={period}"
    return ""
