"""Reports as pages: those of a unit, one computed now, and making one that stands."""

from __future__ import annotations

import contextlib
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Pager, Table
from chibo.core.formats import moment, period_name
from chibo.core.periods import GRAINS, NotAPeriod, Period
from chibo.organizations.frame import common, crumbs_of, evidence_url, gone_of, tabs_of, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import kept, picker_of, tree_asked
from chibo.reports.actions import make_snapshot
from chibo.reports.models import Snapshot
from chibo.reports.queries import PAGE, made_of
from chibo.reports.report import KINDS, WrongPeriod, below_table, make, sections

YEARS = 5  # offered to choose from


@login_required
@require_safe
def home_reports(request: HttpRequest) -> HttpResponse:
    """The reports of the unit the reader works at."""
    rights = rights_of(request.user, clock.today())
    home = next((each.unit_id for each in rights.held if P.REPORT_VIEW in ROLES[each.role].permissions), None)
    if home is None:
        raise Http404
    return _reports(request, rights, home)


@login_required
@require_safe
def unit_reports(request: HttpRequest, pk: int) -> HttpResponse:
    """The reports that were made of a unit, and the way to a new one."""
    return _reports(request, rights_of(request.user, clock.today()), pk)


def _reports(request: HttpRequest, rights: Rights, pk: int) -> HttpResponse:
    unit, above = find_unit(rights, pk, P.REPORT_VIEW)
    today = clock.today()
    after = after_asked(request, datetime, int)
    found = made_of(unit, after)
    more, found = found[PAGE:], found[:PAGE]
    base = reverse("unit_reports", args=[unit.pk])
    last = found[-1] if found else None
    context = common(rights, "reports") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, above),
        "tabs": tabs_of(rights, unit, "unit_reports", None),
        "gone": gone_of(rights, unit, above),
        "ways": _ways(unit, today.year, today.month),
        "table": _made_table(found),
        "pager": Pager(
            first_url=base if after else "",
            next_url=address(base, after=after_key([last.made_at.isoformat(), last.pk])) if more and last else "",
        ),
    }
    return render(request, "reports/unit.html", context)


def _ways(unit: Unit, year: int, month: int) -> list[tuple[Any, list[Link]]]:
    """For each kind of report, the periods of late it can be made of."""
    halves = [Period(year - n // 2, "half", 2 - n % 2) for n in range(2 * YEARS)]
    periods = {
        "annual": [Period(year - n, "year", 1) for n in range(YEARS)],
        "half-year": [half for half in halves if (half.year, half.first_day.month) <= (year, month)][: YEARS + 1],
    }
    return [
        (
            name,
            [
                Link(label=period_name(p), url=address(reverse("report", args=[unit.pk, kind]), period=p))
                for p in periods[kind]
            ],
        )
        for kind, (_grain, name) in KINDS.items()
    ]


def _made_table(found: list[Snapshot]) -> Table:
    rows = [
        [
            Cell(text=f"{KINDS[each.kind][1]} {period_name(each.period)}", url=reverse("snapshot", args=[each.code])),
            Cell(text=moment(each.made_at)),
            Cell(text=str(each.by), lang="vi") if each.by else Cell(text=_("by command")),
            Cell(text=each.code),
        ]
        for each in found
    ]
    heads = [_("Report"), _("Made"), _("By"), _("Code")]
    return Table(
        caption=_("Reports made"),
        columns=[Column(label=head) for head in heads],
        rows=rows,
        empty=_("No report of this unit was made yet. Choose a period above."),
    )


@login_required
@require_safe
def report(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A report of a unit and period, computed from the records as they are now; nothing is kept."""
    if kind not in KINDS:
        raise Http404
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.REPORT_VIEW)
    period = _period(request.GET.get("period", ""), kind, today)
    tree = tree_asked(request, period, today)
    made = make(kind=kind, unit=unit, period=period, at=now, tree=tree)
    scope, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)

    def way(of: Unit, code: str) -> str:
        return evidence_url(opens, of, code, period, tree)

    def url(**changes: Any) -> str:
        asked: dict[str, Any] = {"period": period, "tree": kept(tree)}
        return _address(pk, **(asked | changes))

    picker = picker_of(period, tree, url, today)
    context = common(rights, "reports") | {
        "report": made,
        "unit": made.unit,
        "crumbs": [
            *crumbs_of(rights, [*above, unit]),
            Link(label=_("Reports"), url=reverse("unit_reports", args=[pk])),
        ],
        "picker": picker,
        "tables": sections(made, today, way),
        "below": below_table(made, today, way, lambda child: unit_cell(scope, child, period, tree)),
        "is_running": not period.is_over(today),
        "make_url": reverse("make_report", args=[pk, kind]),
    }
    return render(request, "reports/page.html", context)


def _period(text: str, kind: str, today: date) -> Period:
    """The period a text names, if the kind has such periods; the last whole one otherwise."""
    grain = KINDS[kind][0]
    with contextlib.suppress(NotAPeriod):
        if (period := Period.parse(text)).grain == grain:
            return period
    return Period(today.year, grain, (today.month - 1) // GRAINS[grain] + 1).before


@login_required
@require_POST
def make_report(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Make a report that stands, and go to the page behind its code."""
    if kind not in KINDS:
        raise Http404
    now = clock.now()
    unit, _above = find_unit(rights_of(request.user, now.date()), pk, P.REPORT_VIEW)
    try:
        period = Period.parse(request.POST.get("period", ""))
        tree = tree_asked(request, period, now.date())
        user: Any = request.user
        made = make_snapshot(kind=kind, unit=unit, period=period, by=user, at=now, tree=tree)
    except (NotAPeriod, WrongPeriod):
        messages.error(request, _("A report can't be made of that period. Choose one of those below."))
        return redirect("unit_reports", pk)
    except Denied as denied:
        messages.error(request, str(denied))
        return redirect(address(reverse("report", args=[pk, kind]), period=period, tree=kept(tree)))
    return redirect("snapshot", made.code)


def _address(pk: int, period: Period, tree: str) -> str:
    """The report of the kind that has such periods; empty if none has."""
    for kind, (grain, _name) in KINDS.items():
        if grain == period.grain:
            return address(reverse("report", args=[pk, kind]), period=period, tree=tree)
    return ""
