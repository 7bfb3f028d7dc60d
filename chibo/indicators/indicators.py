"""Indicators of the tree itself, which is below every app that could declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.indicators.registry import COUNT, LAST, SUM, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.organizations.kinds import GRASSROOTS, PRIVATE_SECTOR
from chibo.organizations.models import Unit, UnitKind

if TYPE_CHECKING:
    from ibis.expr.types import Table


@indicator(
    "units.grassroots",
    label=_("Grassroots organizations"),
    definition=_("Grassroots committees and grassroots cells open on the last day of the period."),
    source=_("Roll of units"),
    over_time=LAST,
    format=COUNT,
)
def grassroots(db: Tables) -> Table:
    u, k, months = db[Unit], db[UnitKind], db.months
    k = k.filter(k.kind.isin(GRASSROOTS)).select(k.unit_id, k.from_on, k.to_on)
    u = u.join(k, u.id == k.unit_id).select(u.id, u.code, u.name, u.founded_on, u.closed_on, k.from_on, k.to_on)
    rows = u.join(
        months,
        held_on(u.founded_on, u.closed_on, months.last_day) & held_on(u.from_on, u.to_on, months.last_day),
    )
    return facts(rows, unit=rows.id, day=rows.last_day, record=rows.code, label=rows.name, numerator=1)


@indicator(
    "units.founded_private",
    label=_("Founded in the private sector"),
    definition=_("Units in private enterprises and cooperatives founded within the period, also if closed since."),
    source=_("Roll of units"),
    over_time=SUM,
    format=COUNT,
)
def founded_private(db: Tables) -> Table:
    u = db[Unit]
    rows = u.filter(u.setting.isin(PRIVATE_SECTOR))
    return facts(rows, unit=rows.id, day=rows.founded_on, record=rows.code, label=rows.name, numerator=1)
