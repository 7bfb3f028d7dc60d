"""The indicator of the register: which units confirmed a quarter in time. Source: the register, Form 7-HSĐV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.core.late import Late
from chibo.indicators.registry import PERCENT, SUM, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.organizations.models import NO_KIND, Unit, UnitKind
from chibo.registers.models import Confirmation, DaysOver, Deadline

if TYPE_CHECKING:
    from ibis.expr.types import Table

ibis = Late("ibis")


@indicator(
    "registers.confirmed",
    label=_("Registers confirmed in time"),
    definition=_(
        "Quarters of units that confirmed their register within the days laid down, of all due: the unit open when "
        "the quarter ended, and the days over or the quarter confirmed."
    ),
    source=_("Confirmations of the register of members"),
    over_time=SUM,
    format=PERCENT,
    grain="quarter",
)
def confirmed(db: Tables) -> Table:
    d, u, k, c, months = db[Deadline], db[Unit], db[UnitKind], db[Confirmation], db.months
    over = db[DaysOver].select(over_on="ends_on")
    ends = months.filter(months.ends_quarter)
    due = ends.join(d, held_on(d.from_on, d.to_on, ends.last_day)).select(ends.last_day, ends.quarter, d.days)
    units = due.join(u, held_on(u.founded_on, u.closed_on, due.last_day)).select(
        due.last_day, due.quarter, due.days, unit_id=u.id, code=u.code, name=u.name
    )
    away = k.filter(k.kind == NO_KIND).select(k.from_on, k.to_on, away_id=k.unit_id)
    units = units.anti_join(
        away, [units.unit_id == away.away_id, held_on(away.from_on, away.to_on, units.last_day)]
    )  # fmt: skip
    first = c.filter(c.number == 1).select(c.ends_on, taken=c.days, who=c.unit_id)
    rows = units.left_join(first, [units.unit_id == first.who, units.last_day == first.ends_on]).select(
        units.unit_id, units.last_day, units.name, units.days, first.taken, record=units.code + "@" + units.quarter
    )
    rows = rows.left_join(over, rows.last_day == over.over_on)
    rows = rows.filter(rows.taken.notnull() | rows.over_on.notnull())
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.record,
        label=rows.name,
        numerator=ibis.ifelse(rows.taken <= rows.days, 1, 0).fill_null(0),
        denominator=1,
    )
