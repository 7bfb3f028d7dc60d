"""What is asked of cells, measured: the objectives of the resolution on cells, and what committees do for them.

Only meetings recorded here count: one that came with a workbook tells nothing of its notice, papers and minutes.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.agendas.kinds import Kind
from chibo.agendas.models import Notice, NoticePaper, NoticeRule, Reading, Status
from chibo.committees.models import Charge, Visit
from chibo.core.late import Late
from chibo.guidance.models import Norm, What
from chibo.indicators.registry import COUNT, PERCENT, SUM, Records, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.meetings.models import SCORED, Attendance, Guest, Item, Meeting, Score, State, Withdrawal
from chibo.members.models import Person
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit, UnitKind
from chibo.papers.models import Paper
from chibo.resolutions.models import Adoption, Minutes, Revision, Rule, Signature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

ibis = Late("ibis")

MEETINGS = _("Meetings of the cells recorded here")
objective = functools.partial(
    indicator, source=MEETINGS, over_time=SUM, format=PERCENT, follows=("meetings",), records=Records.MEETING
)


def recorded(db: Tables, *kinds: Kind) -> Table:
    """Meetings of these kinds recorded here and not withdrawn, of units that were cells on the day of each."""
    m, k, months, w = db[Meeting], db[UnitKind], db.months, db[Withdrawal]
    m = m.filter(m.kind.isin([kind.value for kind in kinds]), m.recorded_at.notnull())
    m = m.anti_join(w, m.id == w.meeting_id)
    k = k.filter(k.kind.isin(CELLS)).select(k.from_on, k.to_on, cell_id=k.unit_id)
    m = m.join(k, [m.unit_id == k.cell_id, held_on(k.from_on, k.to_on, m.held_on)])
    m = m.join(months, m.month == months.first_day)
    return m.select("id", "code", "unit_id", "kind", "held_on", "month", "topic", "duration_min", "last_day", "year")


def _regular(db: Tables) -> Table:
    return recorded(db, Kind.REGULAR)


def _of_meetings(rows: Table, numerator: Value, denominator: Value | int = 1) -> Table:
    label = rows.held_on.cast("string") + ibis.ifelse(rows.topic == "", "", ibis.literal(" ") + rows.topic)
    return facts(
        rows, unit=rows.unit_id, day=rows.last_day, record=rows.code, label=label, numerator=numerator,
        denominator=denominator,
    )  # fmt: skip


def _marked(db: Tables, m: Table, state: State) -> Table:
    """Meetings with attendance: how many were marked, and how many of them so."""
    a = db[Attendance]
    rows = m.join(a, m.id == a.meeting_id).select(m, a.state)
    return rows.group_by(*m.columns).agg(counted=(rows.state == state.value).sum(), marked=rows.state.count())


def norm_of(db: Tables, rows: Table, what: What, day: str) -> Table:
    """Rows with the number asked on a day of theirs, as `asked`; those of days without one are left out."""
    n = db[Norm]
    n = n.filter(n.what == what.value).select(n.from_on, n.to_on, asked=n.number)
    return rows.join(n, held_on(n.from_on, n.to_on, rows[day])).select(rows, n.asked)


def _later(day: Value, days: Value) -> Value:
    """A day so many days later."""
    return (day + days.as_interval("D")).cast("date")


@objective(
    "meetings.on_time",
    label=_("Held in their month"),
    definition=_("Regular meetings recorded here that were held in the month they belong to, of all."),
)
def on_time(db: Tables) -> Table:
    rows = _regular(db)
    return _of_meetings(rows, (rows.held_on >= rows.month) & (rows.held_on <= rows.last_day))


@objective(
    "meetings.duration",
    label=_("Meetings long enough"),
    definition=_("Regular meetings recorded here that took the minutes asked for, of those that say how long."),
)
def duration(db: Tables) -> Table:
    rows = norm_of(db, _regular(db), What.DURATION, "held_on")
    rows = rows.filter(rows.duration_min.notnull())
    return _of_meetings(rows, rows.duration_min >= rows.asked)


@objective(
    "meetings.well_attended",
    label=_("Meetings well attended"),
    definition=_("Regular meetings recorded here at which more were present than asked for, of those with attendance."),
)
def well_attended(db: Tables) -> Table:
    rows = norm_of(db, _marked(db, _regular(db), State.PRESENT), What.ATTENDANCE, "held_on")
    return _of_meetings(rows, rows.counted * 100 > rows.marked * rows.asked)


@objective(
    "meetings.absent",
    label=_("Absent without excuse"),
    definition=_("Members absent without excuse, of all marked, at regular and thematic meetings recorded here."),
)
def absent(db: Tables) -> Table:
    rows = _marked(db, recorded(db, *SCORED), State.ABSENT)
    return _of_meetings(rows, rows.counted, rows.marked)


@objective(
    "meetings.scored",
    label=_("Meetings scored"),
    definition=_("Regular meetings recorded here that have a score, of all."),
)
def scored(db: Tables) -> Table:
    m, s = _regular(db), db[Score]
    rows = m.left_join(s, m.id == s.meeting_id).select(m, score=s.id)
    rows = rows.group_by(*m.columns).agg(scores=rows.score.count())
    return _of_meetings(rows, rows.scores > 0)


def _signed(db: Tables) -> Table:
    """Of meetings the days on which two had signed minutes: of each version of them that both did."""
    s, r, m = db[Signature], db[Revision], db[Minutes]
    s = s.filter(s.locks).select(s.revision_id, signed=s.on)
    rows = s.join(r, s.revision_id == r.id).select(s.signed, r.minutes_id)
    return rows.join(m, rows.minutes_id == m.id).select(rows.signed, of_meeting=m.meeting_id)


def _locked(db: Tables, meetings: Table) -> Table:
    """Meetings with the day on which two first had signed their minutes, as `locked_on`; null where they have not."""
    signed = _signed(db)
    rows = meetings.left_join(signed, meetings.id == signed.of_meeting).select(meetings, signed.signed)
    return rows.group_by(*meetings.columns).agg(locked_on=rows.signed.min())


@objective(
    "meetings.minutes",
    label=_("Minutes signed by both"),
    definition=_("Regular meetings recorded here whose minutes the chair and the secretary signed, of all."),
    follows=("meetings", "resolutions"),
)
def minutes(db: Tables) -> Table:
    rows = _locked(db, _regular(db))
    return _of_meetings(rows, rows.locked_on.notnull())


@objective(
    "meetings.procedure",
    label=_("Full procedure"),
    definition=_(
        "Regular meetings recorded here at which every item of the agenda was dealt with and whose minutes the meeting "
        "adopted, of all recorded with items of an agenda."
    ),
    follows=("meetings", "resolutions"),
)
def procedure(db: Tables) -> Table:
    m, i, a, r, n = _regular(db), db[Item], db[Adoption], db[Revision], db[Minutes]
    rows = m.join(i, m.id == i.meeting_id).select(m, i.is_done)
    rows = rows.group_by(*m.columns).agg(left_out=(~rows.is_done).sum())
    adopted = a.join(r, a.revision_id == r.id).join(n, r.minutes_id == n.id).select(of_meeting=n.meeting_id)
    told = rows.left_join(adopted, rows.id == adopted.of_meeting).select(rows, adopted.of_meeting)
    told = told.group_by(*rows.columns).agg(adopted=told.of_meeting.count())
    return _of_meetings(told, (told.left_out == 0) & (told.adopted > 0))


@objective(
    "meetings.final_papers",
    label=_("Final papers in time"),
    definition=_(
        "Regular meetings recorded here whose minutes both signed within the days laid down, of all of which days are."
    ),
    follows=("meetings", "resolutions"),
)
def final_papers(db: Tables) -> Table:
    rows, rule = _locked(db, _regular(db)), db[Rule]
    rule = rule.select(rule.from_on, rule.to_on, asked=rule.final_days)
    rows = rows.join(rule, held_on(rule.from_on, rule.to_on, rows.held_on)).select(rows, rule.asked)
    return _of_meetings(rows, (rows.locked_on <= _later(rows.held_on, rows.asked)).fill_null(False))


@objective(
    "meetings.prepared_minuted",
    label=_("Prepared, with minutes"),
    definition=_(
        "Regular meetings recorded here for which the committee of the cell met on that day or before, with minutes "
        "that both signed, of all."
    ),
    follows=("meetings", "resolutions"),
)
def prepared_minuted(db: Tables) -> Table:
    m, c, w, signed = _regular(db), db[Meeting], db[Withdrawal], _signed(db)
    c = c.filter(c.kind == Kind.COMMITTEE.value).anti_join(w, c.id == w.meeting_id)
    c = c.join(signed, c.id == signed.of_meeting).select(met_on=c.held_on, of_unit=c.unit_id, of_month=c.month)
    same = [m.unit_id == c.of_unit, m.month == c.of_month, c.met_on <= m.held_on]
    rows = m.left_join(c, same).select(m, c.met_on)
    rows = rows.group_by(*m.columns).agg(met=rows.met_on.count())
    return _of_meetings(rows, rows.met > 0)


def _noticed(db: Tables) -> Table:
    """Regular meetings recorded here with their notice, given by their day, and the days asked for before it."""
    rows, n, rule = _regular(db), db[Notice], db[NoticeRule]
    rule = rule.select(rule.from_on, rule.to_on, asked=rule.days)
    rows = rows.join(rule, held_on(rule.from_on, rule.to_on, rows.held_on)).select(rows, rule.asked)
    n = n.filter(n.status == Status.GIVEN.value, n.kind == Kind.REGULAR.value)  # of a month there is one that stands
    n = n.select(n.month, n.given_on, of_unit=n.unit_id, notice_id=n.id)
    same = [rows.unit_id == n.of_unit, rows.month == n.month, n.given_on <= rows.held_on]
    return rows.left_join(n, same).select(rows, n.given_on, n.notice_id)


def _with_papers(db: Tables) -> Table:
    """Meetings with a notice: how many papers came with it, the day of the last, how many without a day."""
    rows, p = _noticed(db), db[NoticePaper]
    rows = rows.filter(rows.notice_id.notnull())
    p = p.select(p.on, of_notice=p.notice_id)
    told = rows.left_join(p, rows.notice_id == p.of_notice).select(rows, p.on, p.of_notice)
    return told.group_by(*rows.columns).agg(papers=told.of_notice.count(), dated=told.on.count(), last=told.on.max())


@objective(
    "meetings.noticed",
    label=_("Notice given in time"),
    definition=_(
        "Regular meetings recorded here whose notice was given as many days before as are laid down, of all of which "
        "days are."
    ),
    follows=("meetings", "agendas"),
)
def noticed(db: Tables) -> Table:
    rows = _noticed(db)
    return _of_meetings(rows, (_later(rows.given_on, rows.asked) <= rows.held_on).fill_null(False))


@objective(
    "meetings.papers",
    label=_("Meetings with papers"),
    definition=_("Regular meetings recorded here whose notice came with papers, of all of which a notice was given."),
    follows=("meetings", "agendas"),
)
def papers(db: Tables) -> Table:
    rows = _with_papers(db)
    return _of_meetings(rows, rows.papers > 0)


@objective(
    "meetings.papers_in_time",
    label=_("Papers there in time"),
    definition=_(
        "Regular meetings recorded here all whose papers were there as many days before as are laid down, of all with "
        "papers."
    ),
    follows=("meetings", "agendas"),
)
def papers_in_time(db: Tables) -> Table:
    rows = _with_papers(db)
    rows = rows.filter(rows.papers > 0)
    ready = ibis.greatest(rows.given_on, rows.last)
    in_time = (_later(ready, rows.asked) <= rows.held_on) & (rows.dated == rows.papers)
    return _of_meetings(rows, in_time.fill_null(False))


@objective(
    "meetings.papers_read",
    label=_("Papers read"),
    definition=_(
        "Members marked at regular meetings recorded here with papers to be opened here who opened one of them by the "
        "day of the meeting, of all marked there. Papers of which only the register number is here don't count."
    ),
    follows=("meetings", "agendas"),
)
def papers_read(db: Tables) -> Table:
    rows, a, p, read = _noticed(db), db[Attendance], db[NoticePaper], db[Reading]
    files = db[Paper]
    files = files.filter(files.blob_id.notnull()).select(file_id=files.id)
    p = p.join(files, p.paper_id == files.file_id).select(p.id, p.notice_id)
    rows = rows.semi_join(p, rows.notice_id == p.notice_id)
    opened = read.join(p, read.paper_id == p.id).select(of_notice=p.notice_id, reader=read.person_id, day=read.on)
    marked = rows.join(a, rows.id == a.meeting_id).select(rows, a.person_id)
    same = [marked.notice_id == opened.of_notice, marked.person_id == opened.reader, opened.day <= marked.held_on]
    there = marked.left_join(opened, same).select(marked, opened.reader)
    there = there.group_by(*marked.columns).agg(read=there.reader.count())
    counted = there.group_by("unit_id", "last_day", "code", "held_on", "topic").agg(
        did=(there.read > 0).sum(), marked=there.person_id.count()
    )  # fmt: skip
    return _of_meetings(counted, counted.did, counted.marked)


@objective(
    "meetings.in_charge",
    label=_("The member in charge attended"),
    definition=_(
        "Regular meetings recorded here to which a committee member in charge of the cell came, as a guest of the "
        "meeting or by a visit recorded of that day, of all meetings of cells somebody looks after that day."
    ),
    follows=("meetings", "committees"),
)
def in_charge(db: Tables) -> Table:
    rows, c, v, g = _regular(db), db[Charge], db[Visit], db[Guest]
    c = c.select(c.from_on, c.to_on, c.over_unit_id, charge_id=c.id, charged=c.person_id)
    rows = rows.join(c, [rows.unit_id == c.over_unit_id, held_on(c.from_on, c.to_on, rows.held_on)]).select(
        rows, c.charge_id, c.charged
    )  # fmt: skip
    g = g.select(of_meeting=g.meeting_id, guest=g.person_id)
    rows = rows.left_join(g, [rows.id == g.of_meeting, rows.charged == g.guest]).select(rows, g.guest)
    v = v.select(visited=v.charge_id, came_on=v.on)
    rows = rows.left_join(v, [rows.charge_id == v.visited, rows.held_on == v.came_on]).select(rows, v.visited)
    rows = rows.group_by("unit_id", "last_day", "code", "held_on", "topic").agg(
        came=rows.visited.count() + rows.guest.count()
    )  # fmt: skip
    return _of_meetings(rows, rows.came > 0)


@objective(
    "committees.visits",
    label=_("Visits of members in charge"),
    definition=_("Visits to cells and other units by the committee members who look after them, in the period."),
    source=_("Visits of members in charge"),
    format=COUNT,
    follows=("committees",),
    records=Records.VISIT,
)
def visits(db: Tables) -> Table:
    c, v, u, p = db[Charge], db[Visit], db[Unit], db[Person]
    rows = v.join(c, v.charge_id == c.id).select(v.on, c.over_unit_id, c.person_id, charge_id=c.id)
    rows = rows.join(u, rows.over_unit_id == u.id).select(rows, u.code)
    rows = rows.join(p, rows.person_id == p.id).select(rows, p.full_name)
    record = rows.code + "@" + rows.on.cast("string") + "/" + rows.charge_id.cast("string")
    return facts(
        rows, unit=rows.over_unit_id, day=rows.on, record=record, label=rows.full_name, numerator=1
    )  # fmt: skip
