"""Indicators of cases: begun, ended, their steps done in time. Source: the procedures laid down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.indicators.registry import COUNT, PERCENT, SUM, indicator
from chibo.indicators.tables import Tables, facts
from chibo.procedures.models import Case, Stage

if TYPE_CHECKING:
    from ibis.expr.types import Table

SOURCE = _("the procedures laid down")


def _record(cases: Table) -> Table:
    return cases.id.cast("string")


@indicator(
    "procedures.begun",
    label=_("Cases begun"),
    definition=_("Cases begun within the period, credited to the unit where they began."),
    source=SOURCE,
    over_time=SUM,
    format=COUNT,
)
def begun(db: Tables) -> Table:
    c, s = db[Case], db[Stage]
    first = s.filter(s.number == 0)
    found = c.join(first, first.case_id == c.id).select(
        c.id, c.about, c.begun_on, unit=first.unit_id.fill_null(c.unit_id)
    )  # fmt: skip
    return facts(found, unit=found.unit, day=found.begun_on, record=_record(found), label=found.about, numerator=1)


@indicator(
    "procedures.ended",
    label=_("Cases ended"),
    definition=_("Cases that came to a result within the period, whatever it is; none that was withdrawn."),
    source=SOURCE,
    over_time=SUM,
    format=COUNT,
)
def ended(db: Tables) -> Table:
    c = db[Case].filter(db[Case].status == Case.Status.ENDED.value)
    return facts(c, unit=c.unit_id, day=c.ended_on, record=_record(c), label=c.about, numerator=1)


@indicator(
    "procedures.in_time",
    label=_("Steps done in time"),
    definition=_(
        "Steps with a time limit that were done by their last day, of those done within the period, credited to the"
        " unit of the case then; none at which a case was withdrawn."
    ),
    source=SOURCE,
    over_time=SUM,
    format=PERCENT,
)
def in_time(db: Tables) -> Table:
    s, c = db[Stage], db[Case]
    s = s.filter(s.due_on.notnull() & s.done_on.notnull() & (s.outcome != ""))
    found = s.join(c, s.case_id == c.id).select(
        c.about, s.case_id, s.number, s.done_on, s.due_on, unit=s.unit_id.fill_null(c.unit_id)
    )  # fmt: skip
    return facts(
        found,
        unit=found.unit,
        day=found.done_on,
        record=found.case_id.cast("string") + "/" + found.number.cast("string"),
        label=found.about,
        numerator=found.done_on <= found.due_on,
        denominator=1,
    )
