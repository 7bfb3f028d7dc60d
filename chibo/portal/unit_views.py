"""A unit's targets and how it and those below stand to them; its history, as acts and as corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Link, Pager, Picker, Table
from chibo.core.formats import count, period_name
from chibo.core.periods import FIRST_YEAR, Period, year_of
from chibo.indicators import queries, registry
from chibo.organizations.frame import evidence_url, of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, called, kept, line_then, tree_asked, units_under, with_trees
from chibo.portal import acts, spells
from chibo.portal.descent import descent_of
from chibo.targets.models import Target
from chibo.targets.queries import judge
from chibo.targets.tiles import cell_of, goal_of, mark_of, status_of, value_of

ROWS = 50  # units below on a page; acts on a page
AIMED = 500  # targets of one year shown: more than any unit has


@login_required
@require_safe
def unit_targets(request: HttpRequest, pk: int) -> HttpResponse:
    """The targets of a unit in a year and its parts with where they stand, and those of the units below."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    period = period_asked(request, today)
    base, year = reverse("unit_targets", args=[pk]), Period(period.year, "year", 1)
    tree = tree_asked(request, year, today)
    unit, above = line_then(unit, above, year, tree, today)

    def url(**changes: Any) -> str:
        return address(base, **({"period": year, "tree": kept(tree)} | changes))

    after = after_asked(request, str, int)
    children = units_under(unit, year, tree, today)
    if after is not None:
        children = children.filter(sort_key__gte=after[0]).exclude(sort_key=after[0], pk__lte=after[1])
    listed = called(children.order_by("sort_key", "pk")[: ROWS + 1])
    more, listed = listed[ROWS:], listed[:ROWS]
    spans = {str(p): p for p in year_of(year.year)}
    aims = Target.objects.filter(unit=unit, period__in=spans).order_by("indicator", "period")
    own = [t for t in aims[:AIMED] if t.indicator in registry.codes()]
    theirs = Target.objects.filter(unit__in=[u.pk for u in listed], period=str(year)).order_by("indicator")
    given = {(t.unit_id, t.indicator): t for t in theirs if t.indicator in registry.codes()}
    figures = queries.figures_in(
        [unit.pk, *(u.pk for u in listed)], sorted({year, *(spans[t.period] for t in own)}),
        sorted({t.indicator for t in own} | {code for _pk, code in given}), tree,
    )  # fmt: skip
    picker, is_chosen = with_trees(_years(year, url, today), year, tree, url, today), is_period_chosen(request)
    context = of_unit(rights, unit, above, "unit_targets", year, picker, tree, is_chosen=is_chosen) | {
        "own": _own(rights, unit, own, spans, figures, tree, today),
        "below": _below(rights, listed, given, year, figures[year], tree, today),
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key([listed[-1].sort_key, listed[-1].pk])) if more else "",
            note=_("%(n)s units on this page") % {"n": count(len(listed))},
        ),
    }
    return render(request, "portal/targets.html", context)


def _years(year: Period, url: Callable[..., str], today: date) -> Picker:
    """The ways to the year before and the one after: targets are looked at by the year."""
    after = Period(year.year + 1, "year", 1)
    earlier = url(period=year.before) if year.year > FIRST_YEAR else ""
    later = url(period=after) if after.first_day <= today else ""
    return Picker(
        now=period_name(year),
        grains=[],
        earlier=Link(label=_("Earlier"), url=earlier, name=period_name(year.before)),
        later=Link(label=_("Later"), url=later, name=period_name(after)),
    )


def _own(
    rights: Rights,
    unit: Unit,
    targets: list[Target],
    spans: dict[str, Period],
    figures: dict[Period, dict[int, queries.Figures]],
    tree: Tree,
    today: date,
) -> Table:
    """Targets of a unit, the year's first: what is aimed at, what is there, how it stands, by which decision."""
    rows = []
    for target in sorted(targets, key=lambda t: (t.indicator, -spans[t.period].length, t.period)):
        period, indicator = spans[target.period], registry.get(target.indicator)
        figure = figures[period][unit.pk].get(target.indicator) if indicator.said_of(period) else None
        judgement = judge(target, figure, period, today)
        url = evidence_url(rights.scope(P.EVIDENCE_VIEW), unit, target.indicator, period, tree) if figure else ""
        state = status_of(indicator, judgement)
        rows.append(
            [
                Cell(text=indicator.label),
                Cell(text=period_name(period)),
                Cell(text=goal_of(indicator, target)),
                Cell(text=value_of(indicator, figure), url=url),
                Cell(text=state, mark=mark_of(judgement), mark_word=None),
                Cell(text=target.decision or "–"),
            ]
        )
    return Table(
        caption=_("Targets"),
        caption_hidden=True,
        columns=[
            Column(label=_("Figure")),
            Column(label=_("Period")),
            Column(label=_("Target"), number=True),
            Column(label=_("Stands at"), number=True),
            Column(label=_("State")),
            Column(label=_("Decision")),
        ],
        rows=rows,
        empty=_("This unit has no target in this year."),
    )


def _below(
    rights: Rights,
    units: list[Unit],
    given: dict[tuple[int, str], Target],
    year: Period,
    figures: dict[int, queries.Figures],
    tree: Tree,
    today: date,
) -> Table:
    """Units below by the figures that some of them have targets for."""
    aimed = {code for _pk, code in given}
    codes = [code for code in registry.codes() if code in aimed and registry.get(code).said_of(year)]
    seen, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)
    rows = []
    for unit in units:
        row = [unit_cell(seen, unit, year, tree)]
        for code in codes:
            figure, target = figures[unit.pk].get(code), given.get((unit.pk, code))
            judgement = judge(target, figure, year, today) if target else None
            row.append(cell_of(registry.get(code), figure, judgement, evidence_url(opens, unit, code, year, tree)))
        rows.append(row)
    heads = [Column(label=registry.get(code).label, number=True) for code in codes]
    return Table(
        caption=_("Targets of the units below"),
        caption_hidden=True,
        columns=[Column(label=_("Unit")), *heads],
        rows=rows if codes else [],
        empty=_("None of the units below has a target in this year."),
    )


@login_required
@require_safe
def unit_history(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened to a unit, the newest first, and what was corrected in what is recorded of it."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    period = period_asked(request, today)
    tree = tree_asked(request, period, today)

    def url(**changes: Any) -> str:
        return address(reverse("unit_history", args=[pk]), period=period, tree=kept(tree), **changes)

    after = after_asked(request, date, str, int)
    listed = acts.acts_of(unit, after, ROWS + 1, rights.scope(P.MEMBER_VIEW))
    more, listed = listed[ROWS:], listed[:ROWS]
    known = {u.pk for u in above}
    seen = rights.scope(P.UNIT_VIEW)
    corrections, are_more = ([], False) if after else acts.corrections_of(unit, ROWS, seen, request.user)
    is_chosen = is_period_chosen(request)
    context = of_unit(rights, unit, above, "unit_history", period, tree=tree, is_chosen=is_chosen) | {
        "acts": replace(acts.acts_table(listed, rights, unit, known), stacks=True),
        "corrections": acts.corrections_table(corrections),
        "spells": spells.spells_table(spells.spells_of(unit), unit, seen, known) if after is None else None,
        "descent": descent_of(unit, seen) if after is None else None,
        "acts_url": reverse("unit_acts", args=[pk]),
        "is_first": after is None,
        "meetings_url": reverse("unit_meetings", args=[pk]) if rights.scope(P.MEETING_VIEW).covers(unit) else "",
        "are_more": are_more,
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(listed[-1].key)) if more else "",
            note=_("%(n)s acts on this page") % {"n": count(len(listed))},
        ),
    }
    return render(request, "portal/history.html", context)
