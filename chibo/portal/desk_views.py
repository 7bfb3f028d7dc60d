"""My desk: the home page of everyone."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, is_period_chosen, period_asked
from chibo.core.components import Link, period_picker
from chibo.core.periods import Period
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.held_roles import acting_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, kept, line_then, tree_asked, with_trees
from chibo.portal import acting, boards
from chibo.portal.cell_months import lowest_waiting
from chibo.portal.desk import desk as board
from chibo.portal.further import cases_of


def _first(rights: Rights, today: date) -> int | None:
    """Where someone with several desks begins: a cell that waits for their record, unless they are of an office."""
    if len(rights.homes) < 2 or any(each.role == RoleCode.OFFICER for each in rights.held):
        return None
    return lowest_waiting([each.unit_id for each in rights.held if each.reaches(P.MEETING_RECORD)], today)


def _records(rights: Rights, unit: Unit) -> bool:
    """Whether it is a cell whose meetings the user records: its pages are kept on the device."""
    return unit.is_cell and rights.scope(P.MEETING_RECORD).covers(unit)


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, the figures of one's unit against target, what stands out below, and this month so far."""
    today = clock.today()
    rights = rights_of(request.user, today)
    user: Any = request.user
    seen = rights.scope(P.UNIT_VIEW)
    for_others, for_me = acting_of(user, rights, today)
    acting_lines = {"acting": acting.lines([*for_others, *for_me], seen, user, today)}
    if rights.home is None:
        more = cases_of(rights, user, today)
        waits = {"waits": [*more.late, *more.others], "done": more.done}
        return render(request, "portal/no_unit.html", common(rights, "desk") | acting_lines | waits)
    period = period_asked(request, today)
    asked, homes = request.GET.get("unit", ""), {str(pk): pk for pk in rights.homes}
    unit, above = find_unit(rights, homes.get(asked) or _first(rights, today) or rights.home, P.UNIT_VIEW)
    tree = Tree.THEN if unit.is_cell else tree_asked(request, period, today)  # a cell's own work hangs on no tree
    called, above = line_then(unit, above, period, tree, today)
    month, by = Period.month_of(today), request.GET.get("by", "")
    of = unit.pk if len(homes) > 1 else ""

    def url(**changes: Any) -> str:
        return address(reverse("desk"), **({"unit": of, "period": period, "tree": kept(tree), "by": by} | changes))

    picker = period_picker(period, lambda p: url(period=p), today)
    context = common(rights, "desk") | {
        "unit": called,
        "desks": [Link(label=name, url=url(unit=pk), current=pk == unit.pk) for pk, name in rights.homes.items() if of],
        "crumbs": crumbs_of(rights, above),
        "picker": picker if unit.is_cell else with_trees(picker, period, tree, url, today),
        "period": period,
        "month": month,
        "is_running": not period.is_over(today),
        "unit_url": address(
            reverse("unit", args=[unit.pk]), period=period if is_period_chosen(request) else "", tree=kept(tree)
        ),
        "report_url": boards.report_url(rights, unit, period, tree),
        "change_url": "",
        "record_url": reverse("meeting_record", args=[unit.pk]) if _records(rights, unit) else "",
        **board(rights, request.user, unit, period, tree, month, today, by, url),
        **acting_lines,
    }
    return render(request, "portal/desk.html", context)
