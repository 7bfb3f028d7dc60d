"""Indicators of the cells' meetings. Source of the objectives: the Hà Tĩnh resolution on cells, S4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from chibo.core.late import Late
from chibo.indicators.registry import PERCENT, SUM, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.meetings.models import (
    SCORED,
    Attendance,
    Confirmation,
    Kind,
    Meeting,
    Score,
    Scorer,
    Settled,
    State,
    Withdrawal,
)
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit, UnitKind

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

ibis = Late("ibis")

GOOD, FAIR = 90, 70  # points of 100 from which a meeting is good, or fair (42-HD/BTCTW, 2025)
GOOD_MEETINGS = 7  # meetings with so many points a year that a good cell needs
PARTS = 100  # of a point, in which points claimed are counted
MEETINGS = _("Meetings of the cells")


def _meetings(db: Tables, *kinds: Kind) -> Table:
    """Meetings of these kinds that were not withdrawn, of units that were cells on the day they were held.

    Each has the last day of the month it belongs to.
    """
    m, k, months, w = db[Meeting], db[UnitKind], db.months, db[Withdrawal]
    m, k = m.filter(m.kind.isin([kind.value for kind in kinds])), k.filter(k.kind.isin(CELLS))
    k = k.select(k.from_on, k.to_on, cell_id=k.unit_id)
    return (
        m.anti_join(w, m.id == w.meeting_id)
        .join(k, [m.unit_id == k.cell_id, held_on(k.from_on, k.to_on, m.held_on)])
        .join(months, m.month == months.first_day)
        .select(m.id, m.code, m.unit_id, m.held_on, m.month, m.topic, months.last_day, months.quarter, months.year)
    )


def _meeting_facts(rows: Table, numerator: Value, denominator: Value | int = 1) -> Table:
    label = rows.held_on.cast("string") + ibis.ifelse(rows.topic == "", "", ibis.literal(" ") + rows.topic)
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.code,
        label=label,
        numerator=numerator,
        denominator=denominator,
    )


def _due(db: Tables, ends: str | None, first: str) -> Table:
    """(cell, span) pairs due: the unit open, and a cell, from the first day of a span of months through its last."""
    u, k, months = db[Unit], db[UnitKind], db.months
    if ends:
        months = months.filter(months[ends])
    was_cell = k.filter(k.kind.isin(CELLS)).select(cell_id=k.unit_id)
    u = u.semi_join(was_cell, u.id == was_cell.cell_id)
    whole = (u.founded_on <= months[first]) & (u.closed_on.isnull() | (u.closed_on > months.last_day))
    rows = u.join(months, whole).select(
        months.first_day, months.last_day, months.name.name("month_name"), months.quarter, months.year,
        unit_id=u.id, code=u.code, label=u.name, begins=months[first],
    )  # fmt: skip
    other = k.filter(k.kind.notin(CELLS)).select(k.from_on, k.to_on, other_id=k.unit_id)
    elsewhere = (other.from_on <= rows.last_day) & (other.to_on.isnull() | (other.to_on > rows.begins))
    return rows.anti_join(other, [rows.unit_id == other.other_id, elsewhere]).drop("begins")


def _held(due: Table, held: Table, span: Any, name: Value) -> Table:
    """Of the pairs due, those with a meeting among `held`."""
    pairs = due.left_join(held, [due.unit_id == held.unit_id, span]).select(
        due.unit_id, due.last_day, due.label, record=due.code + "@" + name, held=held.id
    )
    rows = pairs.group_by("unit_id", "last_day", "label", "record").agg(held=pairs.held.max())
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.record,
        label=rows.label,
        numerator=rows.held.notnull(),
        denominator=1,
    )


@indicator(
    "meetings.regular_held",
    label=_("Monthly meetings held"),
    definition=_("Months in which a cell held a regular meeting, of all months due: the cell open all month."),
    source=MEETINGS,
    over_time=SUM,
    format=PERCENT,
)
def regular_held(db: Tables) -> Table:
    m, due = _meetings(db, Kind.REGULAR), _due(db, None, "first_day")
    return _held(due, m, due.first_day == m.month, due.month_name)


@indicator(
    "meetings.thematic_held",
    label=_("Thematic meetings held"),
    definition=_("Quarters in which a cell held a thematic meeting, of all quarters due: the cell open all quarter."),
    source=MEETINGS,
    over_time=SUM,
    format=PERCENT,
    grain="quarter",
)
def thematic_held(db: Tables) -> Table:
    m, due = _meetings(db, Kind.THEMATIC), _due(db, "ends_quarter", "quarter_first_day")
    return _held(due, m, due.quarter == m.quarter, due.quarter)


@indicator(
    "meetings.attendance",
    label=_("Attendance at cell meetings"),
    definition=_("Members present, of all who were marked, at regular and thematic meetings of cells."),
    source=_("Attendance at the meetings of the cells"),
    over_time=SUM,
    format=PERCENT,
)
def attendance(db: Tables) -> Table:
    m, a = _meetings(db, *SCORED), db[Attendance]
    rows = (
        m.join(a, m.id == a.meeting_id)
        .group_by("unit_id", "last_day", "code", "held_on", "topic")
        .agg(present=(a.state == State.PRESENT.value).sum(), marked=a.id.count())
    )
    return _meeting_facts(rows, rows.present, rows.marked)


@indicator(
    "meetings.prepared",
    label=_("Meetings prepared by the committee"),
    definition=_("Regular meetings before which, or on whose day, the cell's committee met for them."),
    source=MEETINGS,
    over_time=SUM,
    format=PERCENT,
)
def prepared(db: Tables) -> Table:
    m, c = _meetings(db, Kind.REGULAR), _meetings(db, Kind.COMMITTEE)
    c = c.select(met_on=c.held_on, of_unit=c.unit_id, of_month=c.month)
    same = [m.unit_id == c.of_unit, m.month == c.of_month, c.met_on <= m.held_on]
    rows = m.left_join(c, same).select(m, c.met_on)
    rows = rows.group_by(*m.columns).agg(met=rows.met_on.count())
    return _meeting_facts(rows, rows.met > 0)


@indicator(
    "meetings.scored_promptly",
    label=_("Scored at the meeting"),
    definition=_("Regular meetings that got a score on the day they were held."),
    source=_("Scores of the meetings of the cells"),
    over_time=SUM,
    format=PERCENT,
)
def scored_promptly(db: Tables) -> Table:
    m, s = _meetings(db, Kind.REGULAR), db[Score]
    rows = m.left_join(s, [m.id == s.meeting_id, m.held_on == s.scored_on]).select(m, s.scored_on)
    rows = rows.group_by(*m.columns).agg(scored_on=rows.scored_on.max())
    return _meeting_facts(rows, rows.scored_on.notnull())


def _with_points(db: Tables, m: Table) -> Table:
    """Meetings with their points: the superior's if there are some, else their own; null where there are none."""
    s = db[Score]
    rows = m.left_join(s, m.id == s.meeting_id).select(m, s.scored_by, s.total)
    superior = rows.scored_by == Scorer.SUPERIOR.value
    rows = rows.group_by(*m.columns).agg(superior=rows.total.max(where=superior), own=rows.total.max(where=~superior))
    return rows.select(*m.columns, points=rows.superior.coalesce(rows.own))


@indicator(
    "meetings.good",
    label=_("Meetings rated good"),
    definition=_("Regular meetings with 90 points or more, of those scored; the superior's score goes first."),
    source=_("Scores of the meetings of the cells"),
    over_time=SUM,
    format=PERCENT,
)
def good(db: Tables) -> Table:
    rows = _with_points(db, _meetings(db, Kind.REGULAR))
    rows = rows.filter(rows.points.notnull())
    return _meeting_facts(rows, rows.points >= GOOD)


@indicator(
    "cells.good",
    label=_("Cells rated good"),
    definition=_(
        "Cells open all year whose regular meetings were all scored with 70 points or more, at least 7 of them 90 or "
        "more, of all cells open all year."
    ),
    source=_("Scores of the meetings of the cells"),
    over_time=SUM,
    format=PERCENT,
    grain="year",
)
def cells_good(db: Tables) -> Table:
    m, s, due = _meetings(db, Kind.REGULAR), db[Score], _due(db, "ends_year", "year_first_day")
    held = due.left_join(m, [due.unit_id == m.unit_id, due.year == m.year]).select(
        due.unit_id, due.last_day, due.code, due.label, meeting=m.id
    )
    scores = held.left_join(s, held.meeting == s.meeting_id).select(held, s.scored_by, s.total)
    superior = scores.scored_by == Scorer.SUPERIOR.value
    meetings = scores.group_by(*held.columns).agg(
        superior=scores.total.max(where=superior), own=scores.total.max(where=~superior)
    )
    meetings = meetings.mutate(points=meetings.superior.coalesce(meetings.own))
    rows = meetings.group_by("unit_id", "last_day", "code", "label").agg(
        held=meetings.meeting.count(),
        fair=(meetings.points >= FAIR).fill_null(False).sum(),
        good=(meetings.points >= GOOD).fill_null(False).sum(),
    )
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.code,
        label=rows.label,
        numerator=((rows.held == rows.fair) & (rows.good >= GOOD_MEETINGS)).fill_null(False),
        denominator=1,
    )


SETTLED = _("Scores recorded by the cells, and what the committees above did about them")


def _settled(db: Tables) -> Table:
    """Meetings of cells whose own score is settled, or waits to be; others came with a workbook and wait for nobody."""
    m, c = _meetings(db, *SCORED), db[Confirmation]
    c = c.filter(c.state != Settled.VOID.value).select(
        c.meeting_id, c.state, c.in_time, c.claimed, c.proposed, c.most
    )  # fmt: skip
    return m.join(c, m.id == c.meeting_id)


@indicator(
    "meetings.confirmed",
    label=_("Scores confirmed"),
    definition=_("Meetings whose score the committee above has confirmed, of all that were scored here by their cell."),
    source=SETTLED,
    over_time=SUM,
    format=PERCENT,
)
def confirmed(db: Tables) -> Table:
    rows = _settled(db)
    return _meeting_facts(rows, rows.state == Settled.CONFIRMED.value)


@indicator(
    "meetings.confirmed_in_time",
    label=_("Scores confirmed in time"),
    definition=_(
        "Meetings whose score was confirmed within the days laid down since it began to wait, of all that were scored "
        "here by their cell."
    ),
    source=SETTLED,
    over_time=SUM,
    format=PERCENT,
)
def confirmed_in_time(db: Tables) -> Table:
    rows = _settled(db)
    return _meeting_facts(rows, rows.in_time)


@indicator(
    "meetings.returned",
    label=_("Scores returned"),
    definition=_("Meetings whose score is returned to the cell, of all that were scored here by their cell."),
    source=SETTLED,
    over_time=SUM,
    format=PERCENT,
)
def returned(db: Tables) -> Table:
    rows = _settled(db)
    return _meeting_facts(rows, rows.state == Settled.RETURNED.value)


@indicator(
    "meetings.waiting",
    label=_("Scores that wait to be confirmed"),
    definition=_(
        "Meetings whose score nobody has confirmed or returned yet, of all that were scored here by their cell."
    ),
    source=SETTLED,
    over_time=SUM,
    format=PERCENT,
)
def waiting(db: Tables) -> Table:
    rows = _settled(db)
    return _meeting_facts(rows, rows.state == Settled.WAITING.value)


@indicator(
    "meetings.claimed_beyond",
    label=_("Points claimed beyond the records"),
    definition=_(
        "Points that cells gave their meetings less those that the records propose, of all points there are for the "
        "criteria that records answer; less than none where cells claim less."
    ),
    source=SETTLED,
    over_time=SUM,
    format=PERCENT,
    parts=PARTS,
)
def claimed_beyond(db: Tables) -> Table:
    rows = _settled(db)
    rows = rows.filter(rows.most > 0)
    return _meeting_facts(
        rows, _parts(rows.claimed) - _parts(rows.proposed), _parts(rows.most)
    )  # fmt: skip


def _parts(points: Value) -> Value:
    """Points as a whole number of their parts: what is told more exactly is rounded."""
    return (points * PARTS).round().cast("int64")
