"""The other figures of guidance: years of cells, tasks and topics, guide cells, cross-visits, support plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.agendas.kinds import Kind
from chibo.agendas.models import HandedTo, HandedTopic, Topic
from chibo.core.late import Late
from chibo.guidance.indicators import norm_of, objective, recorded
from chibo.guidance.models import CrossVisit, GuideCell, GuideYear, Of, Outcome, SupportPlan, What
from chibo.indicators.registry import COUNT, LAST, Records
from chibo.indicators.tables import Tables, facts, held_on
from chibo.meetings.models import SCORED, Attendance, Meeting, State, Withdrawal
from chibo.members.models import Person
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Lineage, Unit, UnitKind
from chibo.resolutions.models import Resolution, Task

if TYPE_CHECKING:
    from ibis.expr.types import Table

ibis = Late("ibis")

ATTENDED = _("Attendance at the meetings of the cells recorded here")
TOPICS = _("Topics handed down, year plans of cells, meetings")
GUIDES = _("Guide cells chosen for the year")
PLANS = _("Support plans of weak cells")


def _year_ends(db: Tables) -> Table:
    months = db.months.filter(db.months.ends_year)
    return months.select(ended=months.year, year_end=months.last_day)


def _marked(db: Tables) -> Table:
    """Who was marked at regular and thematic meetings recorded here, with the last day of the year of each."""
    m, a, ends = recorded(db, *SCORED), db[Attendance], _year_ends(db)
    m = m.join(ends, m.year == ends.ended)
    return m.join(a, m.id == a.meeting_id).select(
        m.id, m.unit_id, m.month, m.held_on, m.year_end, a.person_id, a.state
    )  # fmt: skip


def _of_members(db: Tables, rows: Table) -> Table:
    """A fact for each member among rows of (unit_id, year_end, person_id, n) who reached the number asked for."""
    p = db[Person]
    rows = rows.filter(rows.n >= rows.asked).join(p, rows.person_id == p.id).select(rows, p.code, p.full_name)
    return facts(
        rows, unit=rows.unit_id, day=rows.year_end, record=rows.code, label=rows.full_name, numerator=1
    )  # fmt: skip


@objective(
    "members.absent_running",
    label=_("Absent several times running"),
    definition=_(
        "Members absent without excuse as many times running as are named (three), at regular and thematic meetings of "
        "a cell recorded here, in the year; each once in each cell."
    ),
    source=ATTENDED,
    format=COUNT,
    grain="year",
    records=Records.MEMBER,
)
def _absent_running(db: Tables) -> Table:
    rows = _marked(db)
    of, order = ["unit_id", "year_end", "person_id"], ["held_on", "id"]
    # Of a run of absences all have as many before them to which they came.
    came = (rows.state != State.ABSENT.value).ifelse(1, 0)
    rows = rows.mutate(run=came.sum().over(group_by=of, order_by=order, rows=(None, 0)))
    gone = rows.filter(rows.state == State.ABSENT.value)
    runs = gone.group_by(*of, "run").agg(times=gone.id.count())
    most = runs.group_by(*of).agg(n=runs.times.max())
    return _of_members(db, norm_of(db, most, What.RUNNING, "year_end"))


@objective(
    "members.absent_months",
    label=_("Absent in several months"),
    definition=_(
        "Members absent without excuse in as many months of the year as are named (three), at regular and thematic "
        "meetings of a cell recorded here; each once in each cell."
    ),
    source=ATTENDED,
    format=COUNT,
    grain="year",
    records=Records.MEMBER,
)
def _absent_months(db: Tables) -> Table:
    rows = _marked(db)
    gone = rows.filter(rows.state == State.ABSENT.value)
    counted = gone.group_by("unit_id", "year_end", "person_id").agg(n=gone.month.nunique())
    return _of_members(db, norm_of(db, counted, What.MONTHS, "year_end"))


@objective(
    "cells.well_attended",
    label=_("Cells well attended"),
    definition=_(
        "Cells whose attendance in the year, at regular and thematic meetings recorded here, is over the share asked "
        "for, of all with attendance."
    ),
    source=ATTENDED,
    grain="year",
    records=Records.UNIT,
)
def _well_attended(db: Tables) -> Table:
    rows, u = _marked(db), db[Unit]
    years = rows.group_by("unit_id", "year_end").agg(
        present=(rows.state == State.PRESENT.value).sum(), marked=rows.person_id.count()
    )
    years = norm_of(db, years, What.ATTENDANCE, "year_end")
    years = years.join(u, years.unit_id == u.id).select(years, u.code, u.name)
    return facts(
        years, unit=years.unit_id, day=years.year_end, record=years.code, label=years.name,
        numerator=years.present * 100 > years.marked * years.asked, denominator=1,
    )  # fmt: skip


@objective(
    "tasks.in_time",
    label=_("Tasks done in time"),
    definition=_(
        "Tasks of resolutions of cells done by the day they were due, of all due in the period and not dropped."
    ),
    source=_("Tasks of resolutions"),
    follows=("resolutions",),
    records=Records.TASK,
)
def _tasks(db: Tables) -> Table:
    t, r, u = db[Task], db[Resolution], db[Unit]
    t = t.filter(t.state != Task.State.DROPPED.value)
    rows = t.join(r, t.resolution_id == r.id).select(
        t.due_on, t.done_on, t.what, t.place, r.unit_id, resolution=r.code, key=t.id
    )  # fmt: skip
    rows = rows.join(u, rows.unit_id == u.id).select(rows, u.code)
    record = rows.code + "/" + rows.resolution + "/" + rows.key.cast("string")
    return facts(
        rows, unit=rows.unit_id, day=rows.due_on, record=record, label=rows.what,
        numerator=(rows.done_on <= rows.due_on).fill_null(False), denominator=1,
    )  # fmt: skip


def _cells_below(db: Tables) -> Table:
    """Cells with every unit that stands above them: from when to when, and the cells from when to when they are."""
    place, k, u = db[Lineage], db[UnitKind], db[Unit]
    parts = place.select(place.unit_id, place.from_on, place.to_on, part=place.path.split("/").unnest())
    parts = parts.filter(parts.part != "").mutate(above=ibis._.part.cast("int64"))
    k = k.filter(k.kind.isin(CELLS)).select(cell_id=k.unit_id, is_from=k.from_on, is_to=k.to_on)
    cells = parts.join(k, parts.unit_id == k.cell_id)
    return cells.join(u, cells.unit_id == u.id).select(
        cells.unit_id, cells.above, cells.from_on, cells.to_on, cells.is_from, cells.is_to, u.founded_on, u.closed_on,
        u.code, u.name,
    )  # fmt: skip


def _below(db: Tables, rows: Table, day: str) -> Table:
    """Each of some rows with the cells that stand under its `of_unit`, and are open, on a day of its own."""
    c = _cells_below(db)
    on = rows[day]
    stands = held_on(c.from_on, c.to_on, on) & held_on(c.is_from, c.is_to, on) & held_on(c.founded_on, c.closed_on, on)
    return rows.join(c, [rows.of_unit == c.above, stands]).select(rows, c.unit_id, c.code, c.name)


def _handed(db: Tables) -> Table:
    """Topics handed down that stand, with each cell they are for and what its plan says of them in that quarter."""
    h, to, months, t = db[HandedTopic], db[HandedTo], db.months, db[Topic]
    ends = months.filter(months.ends_quarter).select(
        begins="quarter_first_day", quarter_end="last_day", called="quarter"
    )  # fmt: skip
    h = h.filter(h.withdrawn_on.isnull())
    rows = h.join(ends, h.quarter == ends.begins).select(
        h.topic, h.to_all, ends.begins, ends.quarter_end, ends.called, of_unit=h.unit_id, key=h.id
    )  # fmt: skip
    rows = _below(db, rows, "quarter_end")
    to = to.select(chosen=to.topic_id, to_cell=to.cell_id)
    rows = rows.left_join(to, [rows.key == to.chosen, rows.unit_id == to.to_cell]).select(rows, to.chosen)
    rows = rows.filter(rows.to_all | rows.chosen.notnull())
    t = t.filter(t.handed_id.notnull()).select(planned=t.month, taken=t.handed_id, by_cell=t.unit_id)
    same = [rows.key == t.taken, rows.unit_id == t.by_cell, t.planned >= rows.begins, t.planned <= rows.quarter_end]
    return rows.left_join(t, same).select(rows, t.planned)


def _of_topics(rows: Table, did: str) -> Table:
    rows = rows.group_by("unit_id", "code", "called", "quarter_end", "key", "topic").agg(did=rows[did].count())
    record = rows.code + "@" + rows.called + "/" + rows.key.cast("string")
    return facts(
        rows, unit=rows.unit_id, day=rows.quarter_end, record=record, label=rows.topic, numerator=rows.did > 0,
        denominator=1,
    )  # fmt: skip


@objective(
    "topics.planned",
    label=_("Topics handed down, taken up"),
    definition=_(
        "Topics handed down for a quarter that stand in the year plan of the cell in that quarter, of all handed down: "
        "one for each cell open on its last day."
    ),
    source=TOPICS,
    grain="quarter",
    follows=("agendas",),
    records=Records.TOPIC,
)
def _planned(db: Tables) -> Table:
    return _of_topics(_handed(db), "planned")


@objective(
    "topics.done",
    label=_("Topics handed down, done"),
    definition=_(
        "Topics handed down for a quarter for which the cell held a thematic meeting, or a regular one with a topic, "
        "in the month of that quarter in which its plan has them, of all handed down: one for each cell open on its "
        "last day."
    ),
    source=TOPICS,
    grain="quarter",
    follows=("agendas", "meetings"),
    records=Records.TOPIC,
)
def _done(db: Tables) -> Table:
    rows, m, w = _handed(db), db[Meeting], db[Withdrawal]
    with_topic = (m.kind == Kind.THEMATIC.value) | ((m.kind == Kind.REGULAR.value) & (m.topic != ""))
    m = m.filter(with_topic).anti_join(w, m.id == w.meeting_id)
    m = m.select(held=m.month, by_unit=m.unit_id)
    rows = rows.left_join(m, [rows.unit_id == m.by_unit, rows.planned == m.held]).select(rows, m.held)
    return _of_topics(rows, "held")


def _guides(db: Tables, of: Of) -> Table:
    g, c, ends = db[GuideYear], db[GuideCell], _year_ends(db)
    g = g.filter(g.of == of.value)
    rows = g.join(ends, g.year == ends.ended).select(ends.year_end, of_unit=g.unit_id, key=g.id)
    rows = _below(db, rows, "year_end")
    c = c.select(chosen=c.guide_year_id, guide=c.cell_id)
    rows = rows.left_join(c, [rows.key == c.chosen, rows.unit_id == c.guide]).select(rows, c.guide)
    rows = rows.group_by("unit_id", "code", "name", "year_end").agg(chosen=rows.guide.count())
    return facts(
        rows, unit=rows.unit_id, day=rows.year_end, record=rows.code, label=rows.name, numerator=rows.chosen > 0,
        denominator=1,
    )  # fmt: skip


@objective(
    "cells.guide_regular",
    label=_("Guide cells, regular meetings"),
    definition=_(
        "Cells chosen as guides for regular meetings of the year, of all cells open on its last day under committees "
        "that chose such for it."
    ),
    source=GUIDES,
    grain="year",
    follows=(),
    records=Records.UNIT,
)
def _guide_regular(db: Tables) -> Table:
    return _guides(db, Of.REGULAR)


@objective(
    "cells.guide_thematic",
    label=_("Guide cells, thematic meetings"),
    definition=_(
        "Cells chosen as guides for thematic meetings of the year, of all cells open on its last day under committees "
        "that chose such for it."
    ),
    source=GUIDES,
    grain="year",
    follows=(),
    records=Records.UNIT,
)
def _guide_thematic(db: Tables) -> Table:
    return _guides(db, Of.THEMATIC)


@objective(
    "cells.cross_visits",
    label=_("Cross-visits"),
    definition=_("Visits of cells to the meetings of guide cells in the period, each with the cell that went."),
    source=_("Cross-visits to guide cells"),
    format=COUNT,
    follows=(),
    records=Records.CROSS_VISIT,
)
def _cross_visits(db: Tables) -> Table:
    v, u, g = db[CrossVisit], db[Unit], db[GuideCell]
    rows = v.join(u, v.cell_id == u.id).select(v.on, v.guide_id, v.cell_id, u.code)
    guides = g.join(u, g.cell_id == u.id).select(key=g.id, guide_name=u.name)
    rows = rows.join(guides, rows.guide_id == guides.key)
    record = rows.code + "@" + rows.on.cast("string") + "/" + rows.guide_id.cast("string")
    return facts(
        rows, unit=rows.cell_id, day=rows.on, record=record, label=rows.guide_name, numerator=1
    )  # fmt: skip


def _plans(db: Tables) -> Table:
    p, u = db[SupportPlan], db[Unit]
    return p.join(u, p.cell_id == u.id).select(
        p.cell_id, p.named_on, p.until, p.closed_on, p.outcome, u.name,
        record=u.code + "@" + p.named_on.cast("string"),
    )  # fmt: skip


@objective(
    "cells.supported",
    label=_("Weak cells with a support plan"),
    definition=_("Cells named weak with a support plan open on the last day of the period."),
    source=PLANS,
    over_time=LAST,
    format=COUNT,
    follows=(),
    records=Records.PLAN,
)
def _supported(db: Tables) -> Table:
    p, months = _plans(db), db.months
    rows = p.join(months, held_on(p.named_on, p.closed_on, months.last_day)).select(
        p.cell_id, p.record, p.name, months.last_day
    )  # fmt: skip
    return facts(
        rows, unit=rows.cell_id, day=rows.last_day, record=rows.record, label=rows.name, numerator=1
    )  # fmt: skip


@objective(
    "cells.mended",
    label=_("Support plans that mended"),
    definition=_(
        "Support plans closed by the day they run until with the cell weak no more, of all that run until a day in the "
        "period."
    ),
    source=PLANS,
    follows=(),
    records=Records.PLAN,
)
def _mended(db: Tables) -> Table:
    rows = _plans(db)
    mended = (rows.closed_on <= rows.until).fill_null(False) & (rows.outcome == Outcome.MENDED.value)
    return facts(
        rows, unit=rows.cell_id, day=rows.until, record=rows.record, label=rows.name, numerator=mended, denominator=1
    )  # fmt: skip
