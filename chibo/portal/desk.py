"""The desk: what waits, the figures looked at first, what is off target, late or weak below, this month so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights
from chibo.portal import leading
from chibo.portal.boards import FIRST, tiles_of
from chibo.targets.queries import targets_of

MONTH = ["members.admitted", "meetings.regular_held", "meetings.attendance", "meetings.good"]


def desk(
    rights: Rights, unit: Unit, period: Period, month: Period, today: date, by: str, url: Callable[..., str]
) -> dict[str, Any]:
    """The figures of a unit against target, this month's, and what stands out among the units below. Four queries."""
    children = [] if unit.is_cell else list(Unit.objects.under(unit, period.last_day).order_by("sort_key", "pk"))
    ids = [unit.pk, *(child.pk for child in children)]
    targets = targets_of(ids, period)
    codes = {*FIRST, *MONTH, *leading.COMPARED, *(code for _unit, code in targets)} & set(registry.codes())
    found = queries.figures_in(ids, list({period, period.before, month}), sorted(codes))
    figures, before, now = (found[p][unit.pk] for p in (period, period.before, month))
    return {
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
