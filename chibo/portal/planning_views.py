"""Planning of admissions: what a committee is to reach in a year, who is on the lists for it, where too few are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import ceil, floor
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from chibo.admissions import queries as sources
from chibo.admissions.models import LISTED, GroupCode, State
from chibo.admissions.views import pages_of
from chibo.core import clock
from chibo.core.asking import address, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Mark, Table, period_picker
from chibo.core.formats import count
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.organizations.frame import evidence_url, of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, in_order, units_under
from chibo.portal.boards import tiles_of
from chibo.targets.models import Comparator, Target
from chibo.targets.queries import judge, targets_of
from chibo.targets.tiles import cell_of

ADMITTED, TOTAL, HELPED = CODES = ["members.admitted", "sources.total", "sources.with_helper"]


@login_required
@require_safe
def unit_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Admissions of a year against target: how far a committee is, who is on the lists below, by unit and group."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    asked = period_asked(request, today) if is_period_chosen(request) else Period(today.year, "year", 1)
    year = Period(asked.year, "year", 1)
    base = reverse("unit_plan", args=[pk])
    children = [] if unit.is_cell else in_order(units_under(unit, year, Tree.THEN, today))
    ids = [unit.pk, *(child.pk for child in children)]
    figures = queries.figures_in(ids, [year], CODES, Tree.THEN, beside=year.before)
    targets = targets_of(ids, year)
    now, before = (figures[period][unit.pk] for period in (year, year.before))
    picker = replace(period_picker(year, lambda period: address(base, period=period), today), grains=[])
    context = of_unit(rights, unit, above, "unit_sources", year, picker, is_chosen=is_period_chosen(request)) | {
        "pages": pages_of(unit, "unit_plan"),
        "tiles": tiles_of(rights, unit, CODES, year, now, before, targets, today, always=True),
        "below": _below(rights, children, figures[year], targets, year, today) if children else None,
        "few": sum(
            missing_of(child, figures[year][child.pk], targets, year, today)[1] for child in children
        ),
        "groups": _groups(rights, unit, today) if year.year == today.year else None,
    }  # fmt: skip
    return render(request, "portal/plan.html", context)


def missing_of(
    unit: Unit, figures: dict[str, Figure], targets: dict[tuple[int, str], Target], year: Period, today: date
) -> tuple[int | None, bool]:
    """How many a unit has still to admit by its target, and whether fewer than that are on its lists."""
    target = targets.get((unit.pk, ADMITTED))
    if target is None or target.comparator in (Comparator.AT_MOST, Comparator.UNDER):
        return None, False
    admitted, listed = (figures[code].numerator if code in figures else 0 for code in (ADMITTED, TOTAL))
    goal = floor(target.value) + 1 if target.comparator == Comparator.OVER else ceil(target.value)
    missing = max(0, goal - admitted)
    return missing, not year.is_over(today) and listed < missing


def _below(
    rights: Rights,
    children: list[Unit],
    figures: dict[int, dict[str, Figure]],
    targets: dict[tuple[int, str], Target],
    year: Period,
    today: date,
) -> Table:
    """The units below: admitted against target, still to admit, on the lists; too few are marked."""
    seen, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)
    rows = []
    for child in children:
        own, target = figures[child.pk], targets.get((child.pk, ADMITTED))
        judgement = judge(target, own.get(ADMITTED), year, today) if target else None
        missing, is_few = missing_of(child, own, targets, year, today)
        total = cell_of(registry.get(TOTAL), own.get(TOTAL), None, evidence_url(opens, child, TOTAL, year))
        rows.append(
            [
                unit_cell(seen, child, year),
                cell_of(registry.get(ADMITTED), own.get(ADMITTED), judgement,
                        evidence_url(opens, child, ADMITTED, year)),
                Cell(text="–" if missing is None else count(missing)),
                Cell(text=total.text, url=total.url, mark=Mark.MISSED if is_few else "",
                     mark_word=_("too few:"), note=_("too few sources") if is_few else ""),
                cell_of(registry.get(HELPED), own.get(HELPED), None, evidence_url(opens, child, HELPED, year)),
            ]
        )  # fmt: skip
    heads = (_("Admitted"), _("Still to admit"), _("Sources"), _("With a helper"))
    return Table(
        caption=_("Units below"), caption_hidden=True, stacks=True,
        columns=[Column(label=_("Unit")), *(Column(label=head, number=True) for head in heads)], rows=rows,
    )  # fmt: skip


def _groups(rights: Rights, unit: Unit, today: date) -> Table:
    """Who is on the lists today by priority group and state, each row leading to them. One query."""
    counts = sources.by_group(unit, rights.scope(P.MEMBER_VIEW), today)
    base = reverse("unit_sources", args=[unit.pk])

    def numbers(group: str) -> list[Cell]:
        by_state = [counts.get((group, state), 0) for state in LISTED]
        return [Cell(text=count(n)) for n in (*by_state, sum(by_state))]

    rows: list[list[Any]] = [
        [Cell(text=code.label, url=address(base, group=code.value)), *numbers(code)]
        for code in GroupCode
        if any(counts.get((code, state)) for state in LISTED)
    ]
    heads = [*(str(State(state).label) for state in LISTED), _("All")]
    return Table(
        caption=_("Sources by priority group"), caption_hidden=True, stacks=True,
        columns=[Column(label=pgettext("of priority", "Group")), *(Column(label=head, number=True) for head in heads)],
        rows=rows, foot=[Cell(text=_("All sources")), *numbers("")] if rows else [],
        empty=_("Nobody on the lists belongs to a priority group."),
    )  # fmt: skip
