"""The sheets `meetings`, `attendance`, `scores`. Source: contracts of the roll, version 1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.exchange.cells import Choice, Column, Day, Month, Number, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Record, Row, Sheet, array, ask, declare, number, settle, told, write_rows
from chibo.exchange.undoing import Undoing
from chibo.meetings import confirming
from chibo.meetings.models import MAXIMA, SCORED, Kind, Mode, Scorer, State
from chibo.members.sheets import MEMBERS, blame, tainted_members, touched_memberships
from chibo.organizations.permissions import P
from chibo.organizations.sheets import UNITS, touched_units
from chibo.scoring.sheet import FULL

MEETINGS, ATTENDANCE, SCORES = "meetings", "attendance", "scores"
PLAIN = ("unit_code", "kind", "held_on", "period", "topic", "mode", "duration_min")
POINTS = tuple(f"c{n}" for n in range(1, 9))
FIND = """
select m.code, m.id, u.code, m.kind, m.held_on, m.month, m.topic, m.mode, m.duration_min
from meetings_meeting m join organizations_unit u on u.id = m.unit_id where m.code = any(%(codes)s)
"""
AGAIN = """
select m.code, u.code, m.kind, m.held_on, m.month, m.topic, m.mode, m.duration_min
from meetings_meeting m join organizations_unit u on u.id = m.unit_id where m.id = any(%(ids)s)
"""
SCORES_AGAIN = f"""
select m.code, s.scored_on, s.scored_by, {", ".join("s." + c for c in POINTS)}
from meetings_score s join meetings_meeting m on m.id = s.meeting_id where s.id = any(%(ids)s)
"""
OUT = """
select m.code, u.code, m.kind, m.held_on, to_char(m.month, 'YYYY-MM'), m.topic, m.mode, m.duration_min
from meetings_meeting m join organizations_unit u on u.id = m.unit_id where {within}
"""
ATTENDANCE_OUT = """
select m.code, p.code, a.state from meetings_attendance a join meetings_meeting m on m.id = a.meeting_id
join organizations_unit u on u.id = m.unit_id join members_person p on p.id = a.person_id where {within}
"""
SCORES_OUT = f"""
select m.code, s.scored_on, s.scored_by, {", ".join("s." + c for c in POINTS)} from meetings_score s
join meetings_meeting m on m.id = s.meeting_id join organizations_unit u on u.id = m.unit_id where {{within}}
"""
HOLD = "select id from meetings_meeting where id = any(%(ids)s) order by id for no key update"
NOT_OPEN = """
select m.id, u.id from meetings_meeting m join organizations_unit u on u.id = m.unit_id
where (m.id = any(%(meetings)s) or u.id = any(%(units)s)) and (m.held_on < u.founded_on or m.held_on >= u.closed_on)
"""
# Attendance of someone who that day was neither by membership nor for a time in the meeting's unit or a cell under it.
# Most were in the unit itself, and are set aside at once.
STRANGERS = """
with doubted as materialized (
    select distinct a.meeting_id, a.person_id, m.unit_id, m.held_on
    from meetings_attendance a
    join meetings_meeting m on m.id = a.meeting_id
    join members_membership p on p.person_id = a.person_id
    left join members_stay h on h.membership_id = p.id and h.cell_id = m.unit_id
      and h.from_on <= m.held_on and (h.to_on is null or h.to_on > m.held_on)
    where h.id is null and {touched}
)
select k.meeting_id, k.person_id from doubted k
where not exists (
    select from (
        select s.cell_id from members_membership p join members_stay s on s.membership_id = p.id
        where p.person_id = k.person_id and s.from_on <= k.held_on and (s.to_on is null or s.to_on > k.held_on)
        union all
        select s.cell_id from members_membership p join members_temporarystay s on s.membership_id = p.id
        where p.person_id = k.person_id and s.from_on <= k.held_on and (s.to_on is null or s.to_on > k.held_on)
    ) s join organizations_lineage l on l.unit_id = s.cell_id
      and l.from_on <= k.held_on and (l.to_on is null or l.to_on > k.held_on)
    where l.path like '%%/' || k.unit_id || '/%%' or l.path like k.unit_id || '/%%')
"""
BAD_SCORES = """
select s.meeting_id, s.scored_by, s.scored_on < m.held_on, not m.kind = any(%(scored)s)
from meetings_score s join meetings_meeting m on m.id = s.meeting_id
where m.id = any(%(meetings)s) and (s.scored_on < m.held_on or not m.kind = any(%(scored)s))
"""


@declare
class Meetings(Sheet):
    """Meetings of cells and committees."""

    name = MEETINGS
    order = 20
    right = P.MEETING_VIEW
    out = OUT
    tables = ("meetings_meeting",)
    key: ClassVar = ("meeting_code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("meeting_code", required=True),
        Reference("unit_code", required=True, to=UNITS),
        Choice("kind", required=True, words=tuple(Kind.values)),
        Day("held_on", required=True),
        Month("period", required=True),
        Text("topic", stand_in=""),
        Choice("mode", stand_in="", words=(Mode.IN_PERSON.value, Mode.ONLINE.value)),
        Number("duration_min", stand_in=None),
    )

    def match(self, load: Loading) -> None:
        records = load.records[MEETINGS] = {}
        for code, pk, *rest in ask(FIND, codes=list(load.wanted(MEETINGS))):
            records[code] = Record(code, dict(zip(PLAIN, rest, strict=True)), id=pk)
        empty = {column.name: column.nothing for column in self.columns if not column.required}
        for row in load.sound(MEETINGS):
            code = row.values["meeting_code"]
            known = records.get(code)
            values = {name: row.values[name] for name in PLAIN if name in row.values}
            records[code] = settle(row, known, code, values if known else empty | values)

    def check(self, load: Loading) -> None:
        for row in list(load.sound(MEETINGS)):
            load.refer(row, "unit_code", UNITS)

    def write(self, load: Loading) -> None:
        units = load.records[UNITS]
        records = []
        for row in load.sound(MEETINGS):
            if row.record is None or not (row.record.is_new or row.record.is_changed):
                continue
            if not units[row.record.values["unit_code"]].id:
                row.sound = False
                continue
            records.append(row.record)
        number(records, "meetings_meeting")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (record.id, record.key, units[v["unit_code"]].id, *(v[name] for name in PLAIN[1:]))

        columns = ["id", "code", "unit_id", "kind", "held_on", "month", "topic", "mode", "duration_min"]
        changed = (line(r) for r in records if r.is_changed)
        write_rows("meetings_meeting", columns, (line(r) for r in records if r.is_new), changed)

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return told(AGAIN, *names, ids=undoing.changed.get("meetings_meeting", []))

    def verify(self, load: Loading) -> None:
        by_id = {r.id: r for r in load.records[MEETINGS].values() if r.id}
        for meeting, unit in ask(NOT_OPEN, meetings=touched_meetings(load), units=touched_units(load)):
            record = by_id.get(meeting)
            blame(load, MEETINGS, record, "held_on", _("the unit is not open on the day of the meeting"), unit)


def touched_meetings(load: Loading) -> list[int]:
    """Ids of the meetings the file makes or changes."""
    records = load.records[MEETINGS].values()
    return [r.id for r in records if r.row and r.sound and r.id and (r.is_new or r.is_changed)]


def changed_meetings(load: Loading) -> set[int]:
    """Ids of meetings known before that the file changes, or of which it brings attendance or points."""
    found = {r.id for r in load.records[MEETINGS].values() if r.row and r.id and r.is_changed}
    for name in (ATTENDANCE, SCORES):
        for row in load.sound(name):
            record = row.record
            if record is not None and (record.is_new or record.is_changed) and not record.values["of"][0].is_new:
                found.add(record.values["of"][0].id)
    return {pk for pk in found if pk}


def hold_meetings(ids: Iterable[int]) -> None:
    """Let who corrects one of these meetings wait until this transaction ends, and see then what it wrote."""
    ask(HOLD, ids=list(set(ids)))


class OfMeeting(Sheet):
    """Rows that belong to a meeting."""

    def hold(self, undoing: Undoing) -> None:
        hold_meetings(pk for table in self.tables for pk in undoing.said(table, "meeting_id"))

    def meetings_with(self, load: Loading) -> list[int]:
        """Ids of known meetings, if the file has rows of this sheet."""
        return [r.id for r in load.records[MEETINGS].values() if r.id] if load.rows.get(self.name) else []

    def writable(self, load: Loading) -> list[Record]:
        """Records to write, all they refer to being written."""
        found = []
        for row in load.sound(self.name):
            record = row.record
            if record is None or not (record.is_new or record.is_changed):
                continue
            if not all(other.sound and other.id for other in record.values["of"]):
                row.sound = False
                continue
            found.append(record)
        return found


@declare
class AttendanceSheet(OfMeeting):
    """Who was at a meeting, excused or absent."""

    name = ATTENDANCE
    order = 21
    right = P.MEETING_VIEW
    out = ATTENDANCE_OUT
    tables = ("meetings_attendance",)
    key: ClassVar = ("meeting_code", "member_code")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("meeting_code", required=True, to=MEETINGS),
        Reference("member_code", required=True, to=MEMBERS),
        Choice("state", required=True, stand_in="present", words=tuple(State.values)),
    )

    def match(self, load: Loading) -> None:
        known = {}
        for meeting, person, pk, state in ask(
            "select m.code, p.code, a.id, a.state"
            " from meetings_attendance a join meetings_meeting m on m.id = a.meeting_id"
            " join members_person p on p.id = a.person_id where a.meeting_id = any(%(ids)s)",
            ids=self.meetings_with(load),
        ):
            known[meeting, person] = Record((meeting, person), {"state": state}, id=pk)
        for row in load.sound(ATTENDANCE):
            key = (row.values["meeting_code"], row.values["member_code"])
            settle(row, known.get(key), key, {"state": row.values["state"]})

    def check(self, load: Loading) -> None:
        for row in list(load.sound(ATTENDANCE)):
            meeting = load.refer(row, "meeting_code", MEETINGS)
            member = load.refer(row, "member_code", MEMBERS)
            if row.record is not None and meeting is not None and member is not None:
                row.record.values["of"] = (meeting, member)

    def write(self, load: Loading) -> None:
        records = self.writable(load)
        hold_meetings(r.values["of"][0].id for r in records if not r.values["of"][0].is_new)
        number(records, "meetings_attendance")

        def line(record: Record) -> tuple[Any, ...]:
            meeting, member = record.values["of"]
            return (record.id, meeting.id, member.id, record.values["state"], "")

        columns = ["id", "meeting_id", "person_id", "state", "reason"]  # why one was excused is not of another state
        changed = (line(r) for r in records if r.is_changed)
        write_rows("meetings_attendance", columns, (line(r) for r in records if r.is_new), changed)

    def verify(self, load: Loading) -> None:
        meetings = {r.id: r for r in load.records[MEETINGS].values() if r.id}
        persons = {r.id: r for r in load.records[MEMBERS].values() if r.id}
        rows = {r.record.key: r for r in load.rows.get(ATTENDANCE, ()) if r.record}
        around = {r.record.values["of"][0].id for r in load.sound(ATTENDANCE) if r.record and r.record.is_new}
        around |= set(touched_meetings(load))
        found = set(ask(STRANGERS.format(touched="a.meeting_id = any(%(meetings)s)"), meetings=list(around)))
        members = touched_memberships(load, known=True)
        if members != array(()):
            found |= set(ask(STRANGERS.format(touched="p.id = any(%(memberships)s)"), memberships=members))
        tainted = tainted_members(load) if found else set()
        reason = _("on the day of the meeting this person belongs neither to its unit nor to a cell under it")
        for meeting_id, person_id in sorted(found):
            meeting, person = meetings.get(meeting_id), persons.get(person_id)
            if person is not None and person.key in tainted:
                continue
            row = rows.get((meeting.key, person.key)) if meeting and person else None
            if row is not None:
                load.fault(ATTENDANCE, row, "member_code", reason)
            else:
                self._blame_others(load, meeting, person)

    def _blame_others(self, load: Loading, meeting: Record | None, person: Record | None) -> None:
        """Attendance recorded already no longer fits: the row that moved the meeting or the person is to blame."""
        reason = _("attendance recorded already would be of someone who does not belong to the meeting's unit")
        if meeting is not None and meeting.row is not None and meeting.is_changed:
            load.fault(MEETINGS, meeting.row, "held_on", reason)
            return
        for sheet, column in (("transfers", "on"), ("departures", "on"), (MEMBERS, "cell_code")):
            for row in load.rows.get(sheet, ()):
                record = row.record
                touched = record is not None and (record.is_new or record.is_changed)
                if touched and person is not None and row.values.get("member_code") == person.key:
                    load.fault(sheet, row, column, reason)
                    return


@declare
class Scores(OfMeeting):
    """Points of meetings on the 100-point sheet. What was judged of points falls where a file changes a meeting."""

    name = SCORES
    order = 22
    right = P.MEETING_VIEW
    out = SCORES_OUT
    tables = ("meetings_score",)
    derived = ("meetings_confirmation",)
    key: ClassVar = ("meeting_code", "scored_by")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("meeting_code", required=True, to=MEETINGS),
        Day("scored_on", required=True),
        Choice("scored_by", required=True, words=tuple(Scorer.values)),
        *(
            Number(f"c{n}", required=True, stand_in=0, least=0, most=most, digits=12, places=9)
            for n, most in enumerate(MAXIMA, 1)
        ),
    )

    def match(self, load: Loading) -> None:
        known = {}
        for meeting, by, pk, *rest in ask(
            f"select m.code, s.scored_by, s.id, s.scored_on, {', '.join('s.' + c for c in POINTS)}"
            " from meetings_score s join meetings_meeting m on m.id = s.meeting_id where s.meeting_id = any(%(ids)s)",
            ids=self.meetings_with(load),
        ):
            known[meeting, by] = Record((meeting, by), dict(zip(("scored_on", *POINTS), rest, strict=True)), id=pk)
        for row in load.sound(SCORES):
            key = self.identity(row)
            settle(row, known.get(key), key, {name: row.values[name] for name in ("scored_on", *POINTS)})

    def check(self, load: Loading) -> None:
        for row in list(load.sound(SCORES)):
            meeting = load.refer(row, "meeting_code", MEETINGS)
            if row.record is not None and meeting is not None:
                row.record.values["of"] = (meeting,)

    def write(self, load: Loading) -> None:
        records = self.writable(load)
        hold_meetings(r.values["of"][0].id for r in records if not r.values["of"][0].is_new)
        number(records, "meetings_score")

        def line(record: Record) -> tuple[Any, ...]:
            v = record.values
            by_group = (None, None, "", FULL)  # by no sheet: what was answered to one gave other points
            return (record.id, v["of"][0].id, record.key[1], v["scored_on"], *(v[c] for c in POINTS), *by_group)

        columns = ["id", "meeting_id", "scored_by", "scored_on", *POINTS, "sheet_id", "answers", "band", "reachable"]
        changed = (line(r) for r in records if r.is_changed)
        write_rows("meetings_score", columns, (line(r) for r in records if r.is_new), changed)

    def derive(self, undoing: Undoing) -> None:
        held = [undoing.said(table, "meeting_id") for table in ("meetings_score", "meetings_attendance")]
        confirming.loaded({*undoing.touched("meetings_meeting"), *held[0], *held[1]})

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return told(SCORES_AGAIN, *names, ids=undoing.changed.get("meetings_score", []))

    def verify(self, load: Loading) -> None:
        meetings = {r.id: r for r in load.records[MEETINGS].values() if r.id}
        rows: dict[Any, Row] = {r.record.key: r for r in load.rows.get(SCORES, ()) if r.record}
        around = {r.record.values["of"][0].id for r in load.sound(SCORES) if r.record} | set(touched_meetings(load))
        if changed := changed_meetings(load):
            others = {
                r.record.values["of"][0].id for r in rows.values() if r.record and r.record.key[1] == Scorer.SUPERIOR
            }
            confirming.loaded(changed, others)
        for meeting_id, by, early, wrong_kind in ask(BAD_SCORES, meetings=list(around), scored=list(SCORED)):
            meeting = meetings[meeting_id]
            row = rows.get((meeting.key, by))
            if early:
                reason = _("scored before the meeting was held")
                if row is not None:
                    load.fault(SCORES, row, "scored_on", reason)
                elif meeting.row is not None:
                    load.fault(MEETINGS, meeting.row, "held_on", reason)
            if wrong_kind:
                reason = _("a score of a meeting that is neither regular nor thematic")
                if row is not None:
                    load.fault(SCORES, row, "meeting_code", reason)
                elif meeting.row is not None:
                    load.fault(MEETINGS, meeting.row, "kind", reason)
