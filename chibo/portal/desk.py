"""The desk: what waits, the figures looked at first, what is off target, late or weak below, this month so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.asking import address
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, percent
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.frame import evidence_url
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.organizations.trees import Tree, in_order, kept, units_under
from chibo.portal import leading, waits
from chibo.portal.boards import FIRST, tiles_of
from chibo.portal.further import further
from chibo.portal.queries import ATTENDANCE, HELD, CellYear, Limit, cell_years, limit_in
from chibo.targets.models import Target

MONTH = ["members.admitted", "meetings.regular_held", "meetings.attendance", "meetings.good"]
WORST = 5  # late and weak cells named on the desk
NAMED = 50  # of these some may be named that have not recorded the last month's meeting


def desk(
    rights: Rights,
    user: Any,
    unit: Unit,
    period: Period,
    tree: Tree,
    month: Period,
    today: date,
    by: str,
    url: Callable[..., str],
) -> dict[str, Any]:
    """The figures of a unit against target, this month's, and what stands out among the units below.

    Nine queries at most, whatever the size of the tree.
    """
    children = [] if unit.is_cell else in_order(units_under(unit, period, tree, today))
    ids = [unit.pk, *(child.pk for child in children)]
    named = {str(period), str(period.year)}
    aimed = list(Target.objects.filter(unit_id__in=ids, period__in=named).order_by())
    targets = {(target.unit_id, target.indicator): target for target in aimed if target.period == str(period)}
    codes = {*FIRST, *MONTH, *leading.COMPARED, *(code for _unit, code in targets)} & set(registry.codes())
    last = Period.month_of(today).before
    spans = list({period, month, last})
    years, is_updating = queries.standing(unit.path, [*spans, period.before])
    found = queries.figures_in(ids, spans, sorted(codes), tree, years, beside=period.before)
    figures, before, now = (found[p][unit.pk] for p in (period, period.before, month))
    limit = limit_in(target for target in aimed if target.unit_id == unit.pk)
    late = _late(rights, unit, period, tree, limit, today, period.year in years)
    waiting, done = waits.of_cell(rights, unit, today) if unit.is_cell else ([], [])
    more = further(rights, user, unit, today)
    return {
        "waits": [
            *more.late,
            *(waiting or waits.of_committee(rights, unit, children, late, found[last][unit.pk].get(HELD), tree, today)),
            *more.others,
        ],
        "is_updating": is_updating,
        "done": [*more.done, *done],
        "own": [] if done or waiting else waits.of_member(rights, user, unit, today, is_called=more.is_called),
        "late": _late_table(rights, late[:WORST], period, tree) if late else None,
        "late_count": late[0].among if late else 0,
        "targets_url": address(reverse("unit_targets", args=[unit.pk]), period=period, tree=kept(tree)),
        "late_url": address(reverse("unit_late", args=[unit.pk]), period=period, tree=kept(tree)),
        "tiles": tiles_of(rights, unit, FIRST, period, figures, before, targets, today, tree=tree),
        "month_tiles": tiles_of(rights, unit, MONTH, month, now, {}, {}, today, always=True),
        **(
            _below(rights, unit, children, found, period, tree, targets, today, by, url)
            if children
            else {"below": None}
        ),
    }


def _below(
    rights: Rights,
    unit: Unit,
    children: list[Unit],
    found: dict[Period, dict[int, queries.Figures]],
    period: Period,
    tree: Tree,
    targets: dict[tuple[int, str], Any],
    today: date,
    by: str,
    url: Callable[..., str],
) -> dict[str, Any]:
    """What stands out among the units below."""
    below = leading.Below(unit, children, period, found[period], found[period.before], targets, today, tree)
    missed, how_many = leading.off_target(below, rights)
    tabs, ranks = leading.ranks(below, rights, by, url)
    return {
        "below": below,
        "off_target": missed,
        "off_target_more": max(0, how_many - len(missed.rows)),
        "changed": leading.changed_most(below, rights),
        "ranks": ranks,
        "rank_tabs": tabs,
    }


def _late(
    rights: Rights, unit: Unit, period: Period, tree: Tree, limit: Limit, today: date, is_kept: bool
) -> list[CellYear]:
    """The worst of the cells below that missed months or are weak in attendance; each says how many. One query."""
    if unit.is_cell or not rights.scope(P.MEETING_VIEW).covers(unit):
        return []
    return cell_years(
        unit, period, today, limit, which="late", order="worst", size=NAMED, scope=rights.scope(P.MEETING_VIEW),
        tree=tree, is_kept=is_kept,
    )  # fmt: skip


def _late_table(rights: Rights, late: list[CellYear], period: Period, tree: Tree) -> Table:
    """The worst of them, each with the ways to its meetings, who attended, and the months it missed."""
    scope = rights.scope(P.EVIDENCE_VIEW)

    def url(name: str, cell: CellYear) -> str:
        return address(reverse(name, args=[cell.unit_id]), period=period, tree=kept(tree))

    def evidence(cell: CellYear) -> str:
        return evidence_url(scope, Unit(pk=cell.unit_id, path=cell.path), ATTENDANCE, period, tree)

    return Table(
        caption=_("Late and weak below"),
        caption_hidden=True,
        columns=[
            Column(label=_("Cell")),
            Column(label=_("Attendance"), number=True),
            Column(label=_("Months missed"), number=True),
        ],
        rows=[
            [
                Cell(text=cell.name, url=url("unit_meetings", cell), lang="vi"),
                Cell(text="–") if cell.attendance is None else Cell(text=percent(cell.attendance), url=evidence(cell)),
                Cell(text=count(len(cell.missed)), url=url("unit_late", cell) if cell.missed else ""),
            ]
            for cell in late
        ],
    )
