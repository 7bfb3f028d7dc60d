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
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.portal import leading, waits
from chibo.portal.boards import FIRST, tiles_of
from chibo.portal.queries import COUNTED, CellYear, Limit, cell_years, limit_in
from chibo.targets.models import Target

MONTH = ["members.admitted", "meetings.regular_held", "meetings.attendance", "meetings.good"]
WORST = 5  # late and weak cells named on the desk


def desk(
    rights: Rights, unit: Unit, period: Period, month: Period, today: date, by: str, url: Callable[..., str]
) -> dict[str, Any]:
    """The figures of a unit against target, this month's, and what stands out among the units below.

    Eight queries at most, whatever the size of the tree.
    """
    children = [] if unit.is_cell else list(Unit.objects.under(unit, period.last_day).order_by("sort_key", "pk"))
    ids = [unit.pk, *(child.pk for child in children)]
    named = {str(period), str(period.year)}
    aimed = list(Target.objects.filter(unit_id__in=ids, period__in=named).order_by())
    targets = {(target.unit_id, target.indicator): target for target in aimed if target.period == str(period)}
    codes = {*FIRST, *MONTH, *leading.COMPARED, *(code for _unit, code in targets)} & set(registry.codes())
    found = queries.figures_in(ids, list({period, period.before, month}), sorted(codes))
    figures, before, now = (found[p][unit.pk] for p in (period, period.before, month))
    late = _late(rights, unit, period, limit_in(t for t in aimed if t.unit_id == unit.pk), today)
    return {
        "waits": waits.of_cell(rights, unit, today)
        if unit.is_cell
        else [
            *waits.of_committee(rights, unit, late, today),
            *waits.of_acts(rights, unit, today),
        ],
        "late": _late_table(rights, late[:WORST]) if late else None,
        "late_count": len(late),
        "late_is_more": len(late) > COUNTED,
        "targets_url": address(reverse("unit_targets", args=[unit.pk]), period=period),
        "late_url": address(reverse("unit_late", args=[unit.pk]), period=period),
        "tiles": tiles_of(rights, unit, FIRST, period, figures, before, targets, today),
        "month_tiles": tiles_of(rights, unit, MONTH, month, now, {}, {}, today, always=True),
        **(_below(rights, unit, children, found, period, targets, today, by, url) if children else {"below": None}),
    }


def _below(
    rights: Rights,
    unit: Unit,
    children: list[Unit],
    found: dict[Period, dict[int, queries.Figures]],
    period: Period,
    targets: dict[tuple[int, str], Any],
    today: date,
    by: str,
    url: Callable[..., str],
) -> dict[str, Any]:
    """What stands out among the units below."""
    below = leading.Below(unit, children, period, found[period], found[period.before], targets, today)
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


def _late(rights: Rights, unit: Unit, period: Period, limit: Limit, today: date) -> list[CellYear]:
    """The cells below that missed months or are weak in attendance, the worst first, up to a thousand. Two queries."""
    if unit.is_cell or not rights.scope(P.MEETING_VIEW).covers(unit):
        return []
    return cell_years(
        unit, period, today, limit, which="late", order="worst", size=COUNTED + 1, scope=rights.scope(P.MEETING_VIEW)
    )


def _late_table(rights: Rights, late: list[CellYear]) -> Table:
    """The worst of them, each with the way to its meetings."""
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
                Cell(text=cell.name, url=reverse("unit_meetings", args=[cell.unit_id]), lang="vi"),
                Cell(text="–" if cell.attendance is None else percent(cell.attendance)),
                Cell(text=count(len(cell.missed))),
            ]
            for cell in late
        ],
    )
