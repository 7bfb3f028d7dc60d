"""What stands on the desk and on a unit's page, made of figures, targets and the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.asking import address
from chibo.core.charts import line_chart
from chibo.core.components import Column, Link, Pager, Table, Tile
from chibo.core.formats import count, percent, period_name
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.frame import evidence_url, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.organizations.trees import Tree, in_order, kept, units_under
from chibo.targets.models import Target
from chibo.targets.queries import judge, targets_of
from chibo.targets.tiles import cell_of, tile_of

FIRST = [  # the order in which figures are looked at
    "members.admitted",
    "units.founded_private",
    "village_heads.members",
    "meetings.attendance",
    "meetings.regular_held",
    "cells.good",
]
BELOW = [
    "members.total",
    "members.admitted",
    "meetings.regular_held",
    "meetings.thematic_held",
    "meetings.attendance",
    "meetings.good",
    "cells.good",
]
LINES = ["meetings.attendance", "meetings.regular_held", "meetings.good", "members.total", "members.admitted"]
APART = "guidance"  # what is asked of cells has a page of its own
ROWS = 100  # units below shown on one page


def report_url(rights: Rights, unit: Unit, period: Period, tree: Tree) -> str:
    """The annual report of the period's year; empty where the user may not."""
    if not rights.scope(P.REPORT_VIEW).covers(unit):
        return ""
    return address(reverse("report", args=[unit.pk, "annual"]), period=period.year, tree=kept(tree))


def tiles_of(
    rights: Rights,
    unit: Unit,
    codes: Iterable[str],
    period: Period,
    figures: queries.Figures,
    before: queries.Figures,
    targets: dict[tuple[int, str], Target],
    today: date,
    *,
    tree: Tree = Tree.THEN,
    always: bool = False,
) -> list[Tile]:
    """The figures of these codes that are there or are aimed at (or all), each with its way to the evidence."""
    tiles, scope = [], rights.scope(P.EVIDENCE_VIEW)
    for code in codes:
        figure, target = figures.get(code), targets.get((unit.pk, code))
        if figure or target or always:
            url = evidence_url(scope, unit, code, period, tree)
            indicator = registry.get(code)
            tiles.append(tile_of(indicator, figure, before.get(code), target, period, today, url))
    return tiles


def unit(
    rights: Rights,
    unit: Unit,
    period: Period,
    tree: Tree,
    today: date,
    asked: dict[str, str],
    url: Callable[..., str],
    *,
    is_judged: bool = True,
) -> dict[str, Any]:
    """All figures of a unit, those of the units below, and a line of the year's months. Six queries.

    Not judged, nothing is held against a target: the unit is not on the tree that it was set for.
    """
    months = Period(period.year, "year", 1).months
    spans = list({period, *months})
    years, is_updating = queries.standing(unit.path, [*spans, period.before])
    found = queries.figures_in([unit.pk], spans, None, tree, years, beside=period.before)
    figures, before = (found[p][unit.pk] for p in (period, period.before))
    children = in_order(units_under(unit, period, tree, today))
    ids = [child.pk for child in children]
    below = queries.figures_in(ids, [period], BELOW, tree, years)[period] if ids else {}
    targets = targets_of([unit.pk, *(child.pk for child in children)], period) if is_judged else {}
    aimed = {code for pk, code in targets if pk == unit.pk}
    others = [i.code for i in registry.every() if i.subject != APART or i.code in aimed]
    codes = [*FIRST, *(code for code in others if code not in FIRST)]
    return {
        "is_updating": is_updating,
        "has_months": any(code in found[month][unit.pk] for month in months for code in LINES),
        "tiles": tiles_of(rights, unit, codes, period, figures, before, targets, today, tree=tree),
        **_below(rights, children, below, period, tree, targets, today, asked, url),
        **_line(unit, {month: found[month][unit.pk] for month in months}, today, asked["line"], targets, url),
    }


def _below(
    rights: Rights,
    children: list[Unit],
    figures: dict[int, queries.Figures],
    period: Period,
    tree: Tree,
    targets: dict[tuple[int, str], Target],
    today: date,
    asked: dict[str, str],
    url: Callable[..., str],
) -> dict[str, Any]:
    """The units below side by side, sorted by name or by one of the figures, either way round."""
    codes = [code for code in BELOW if registry.get(code).said_of(period)]
    by, down = asked["sort"].removeprefix("-"), asked["sort"].startswith("-")

    def value(child: Unit) -> Fraction:
        figure = figures[child.pk].get(by)
        return figure.exact or Fraction(0) if figure else Fraction(-1)

    if by in codes:
        children = sorted(children, key=value, reverse=down)
    elif down:
        children = children[::-1]
    page = int(asked["page"]) if asked["page"].isdecimal() and len(asked["page"]) < 6 else 0
    shown = children[page * ROWS : (page + 1) * ROWS]

    def column(label: Any, name: str, number: bool) -> Column:
        current = by == name or (name == "name" and by not in codes)
        turned = f"-{name}" if (number and not current) or (current and not down) else name
        order = ("descending" if down else "ascending") if current else ""
        return Column(label=label, number=number, sort_url=url(sort=turned, page=""), sorted=order)

    rows, scope = [], rights.scope(P.EVIDENCE_VIEW)
    for child in shown:
        row = [unit_cell(rights.scope(P.UNIT_VIEW), child, period, tree)]
        for code in codes:
            figure, target = figures[child.pk].get(code), targets.get((child.pk, code))
            judgement = judge(target, figure, period, today) if target else None
            way = evidence_url(scope, child, code, period, tree) if figure else ""
            row.append(cell_of(registry.get(code), figure, judgement, way))
        rows.append(row)
    labels = [column(registry.get(code).label, code, True) for code in codes]
    more = len(children) > (page + 1) * ROWS
    return {
        "below": Table(
            caption=_("Units below"),
            columns=[column(_("Unit"), "name", False), *labels],
            rows=rows,
            caption_hidden=True,
        ),
        "below_pager": Pager(
            first_url=url(page="") if page else "", next_url=url(page=page + 1) if more else "", note=""
        ),
    }


def _line(
    unit: Unit,
    months: dict[Period, queries.Figures],
    today: date,
    asked: str,
    targets: dict[tuple[int, str], Target],
    url: Callable[..., str],
) -> dict[str, Any]:
    """One indicator over the months of a year, and the ways to the other ones."""
    code = asked if asked in LINES else LINES[0]
    indicator = registry.get(code)
    points = []
    for month, figures in months.items():
        figure = figures.get(code) if month.first_day <= today else None
        points.append((str(month.number), figure.exact if figure else None))
    target = targets.get((unit.pk, code))
    goal = Fraction(target.value) if target and indicator.has_denominator else None
    chart = line_chart(
        points,
        title=indicator.label,
        note=_("months of %(year)s") % {"year": min(months).year},
        names=[period_name(month) for month in months],
        target=goal,
        format=percent if indicator.has_denominator else count,
        ceiling=1 if indicator.has_denominator else None,
        label_head=_("Month"),
    )
    return {
        "chart": chart,
        "lines": [Link(label=registry.get(each).label, url=url(line=each), current=each == code) for each in LINES],
    }
