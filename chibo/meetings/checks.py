"""Checks of meetings: months without one, who was there and could not be, what was left undone."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.integrity.checks import CELL_KINDS, holds, is_open
from chibo.integrity.registry import Check, Record, Subject, Text, Way, check, found
from chibo.meetings.models import SCORED, Kind, Mode, State
from chibo.organizations.permissions import P

REGULAR = f"'{Kind.REGULAR.value}'"
WITH_ROLL = ", ".join(f"'{kind.value}'" for kind in SCORED)
# What was recorded since the first day of last year; older records are as they were found then.
RECENT = """
meetings_meeting k join organizations_unit u on u.id = k.unit_id
where k.month >= %(since)s and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
"""
A_MEETING = {"unit": "k.unit_id", "pk": "k.id", "code": "k.code", "label": "nullif(k.topic, '')", "day": "k.held_on"}


@check(
    "cells.no_meeting_for_long",
    subject=Subject.MEETINGS,
    label=_("Cells without a meeting for months"),
    why=_("A cell meets every month: one that has stopped meeting has stopped working."),
    mend=_("Remind the cell, or record the meetings that were held."),
    way=Way.MEETINGS,
    shown=_("the last one on %(day)s"),
)
def no_meeting_for_long() -> str:
    first = "(date_trunc('month', %(today)s::date) - make_interval(months => %(months_without_meeting)s::int))::date"
    held = f"""
    select {{0}} from meetings_meeting k where k.unit_id = u.id and k.kind = {REGULAR}
      and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
    """
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name", day="(" + held.format("max(k.held_on)") + ")")}
    from organizations_unit u where u.kind in ({CELL_KINDS}) and {is_open("u")} and u.founded_on <= {first}
      and not exists ({held.format("1")} and k.month >= {first})
    """


def _meetings(code: str, condition: str, *, label: Text, why: Text, mend: Text, **more: object) -> Check:
    """A check that finds meetings."""
    declare = check(
        code, subject=Subject.MEETINGS, label=label, why=why, mend=mend, record=Record.MEETING,
        names=P.MEETING_VIEW, **({"way": Way.MEETING, "shown": _("held on %(day)s")} | more),  # type: ignore[arg-type]
    )  # fmt: skip
    return declare(lambda: f"select {found(**A_MEETING)} from {RECENT} and {condition}")


WITHOUT_ATTENDANCE = _meetings(
    "meetings.without_attendance",
    f"k.kind in ({WITH_ROLL}) and u.kind in ({CELL_KINDS})"
    " and not exists (select from meetings_attendance a where a.meeting_id = k.id)",
    label=_("Meetings without attendance"),
    why=_("Nobody can tell who was there, and the attendance of the cell leaves the meeting out."),
    mend=_("Correct the meeting: mark who was there."),
)
UNSCORED = _meetings(
    "meetings.unscored",
    f"k.kind = {REGULAR} and u.kind in ({CELL_KINDS}) and k.held_on < %(today)s::date - 31"
    " and not exists (select from meetings_score p where p.meeting_id = k.id)",
    label=_("Regular meetings without points"),
    why=_("A cell of which one meeting has no points can't become a good cell that year."),
    mend=_("Correct the meeting: give it its points."),
    is_doubt=True,
)
OTHER_MONTH = _meetings(
    "meetings.of_a_far_month",
    "(k.held_on < k.month - 31 or k.held_on >= (k.month + interval '2 months')::date)",
    label=_("Meetings that belong to a month far from their day"),
    why=_("Either the day or the month is a slip of the pen, and the wrong month counts as held."),
    mend=_("Correct the day of the meeting or its month."),
)
ONLINE_UNAPPROVED = _meetings(
    "meetings.online_unapproved",
    f"k.mode = '{Mode.ONLINE.value}' and k.kind <> '{Kind.COMMITTEE.value}' and u.kind in ({CELL_KINDS})"
    " and exists (select from modes_onlinerule r where r.from_on <= k.held_on"
    " and (r.to_on is null or r.to_on > k.held_on))"
    " and not exists (select from modes_onlinerequest q where q.unit_id = k.unit_id and q.state = 'approved'"
    " and q.from_on <= k.held_on and q.to_on > k.held_on)",
    label=_("Meetings held online without an approval"),
    why=_("A cell meets online only if most of its members can't come, and the committee above approves."),
    mend=_("Have the cell ask for the meetings to come; correct the meeting if it was held in one place."),
    is_doubt=True,
)
NOT_OPEN = _meetings(
    "meetings.unit_not_open",
    "(k.held_on < u.founded_on or k.held_on >= u.closed_on)",
    label=_("Meetings of a unit that was not open that day"),
    why=_("Before its founding and after its closing no unit meets."),
    mend=_("Correct the day of the meeting, or withdraw it."),
)
TO_COME = _meetings(
    "meetings.to_come",
    "k.held_on > %(today)s",
    label=_("Meetings recorded before they are held"),
    why=_("They count as held although nobody has met yet."),
    mend=_("Correct the day of the meeting, or withdraw it."),
)
SCORED_BEFORE = _meetings(
    "meetings.scored_before",
    "exists (select from meetings_score p where p.meeting_id = k.id and p.scored_on < k.held_on)",
    label=_("Points given before the meeting was held"),
    why=_("One of the two days is wrong."),
    mend=_("Correct the day in a workbook."),
    way=Way.LOADS,
)
TWICE = _meetings(
    "meetings.twice",
    f"k.kind = {REGULAR} and exists (select from meetings_meeting b where b.unit_id = k.unit_id and b.kind = k.kind"
    " and b.held_on = k.held_on and b.id < k.id"
    " and not exists (select from meetings_withdrawal w where w.meeting_id = b.id))",
    label=_("Two regular meetings of a cell on one day"),
    why=_("It is probably one meeting recorded twice; each counts."),
    mend=_("Withdraw one of the two."),
    is_doubt=True,
)


@check(
    "meetings.of_strangers",
    subject=Subject.MEETINGS,
    label=_("Attendance of people who were not in the cell"),
    why=_("Someone is marked who did not belong there that day, so the share of those present is wrong."),
    mend=_("Correct the meeting, or the member's transfer."),
    way=Way.MEETING,
    record=Record.MEETING,
    shown=_("held on %(day)s; people marked: %(said)s"),
    names=P.MEETING_VIEW,
)
def of_strangers() -> str:
    """Most belong to the meeting's own cell, and are set aside at once; of the others every stay is looked at."""
    columns = found(**(A_MEETING | {"n": "count(*)", "said": "string_agg(k.person, ', ' order by k.person)"}))
    there = """
    exists (select from {0} s join organizations_lineage g on g.unit_id = s.cell_id
      and g.from_on <= k.held_on and (g.to_on is null or g.to_on > k.held_on)
      join members_membership m on m.id = s.membership_id
      where m.person_id = k.person_id and s.from_on <= k.held_on and (s.to_on is null or s.to_on > k.held_on)
        and (s.cell_id = k.unit_id or g.path like '%%/' || k.unit_id || '/%%' or g.path like k.unit_id || '/%%'))
    """
    return f"""
    with doubted as materialized (
      select distinct k.id, k.unit_id, k.code, k.topic, k.held_on, p.id as person_id, p.code as person
      from meetings_attendance a join meetings_meeting k on k.id = a.meeting_id
      join members_person p on p.id = a.person_id left join members_membership m on m.person_id = p.id
      left join members_stay h on h.membership_id = m.id and h.cell_id = k.unit_id
        and h.from_on <= k.held_on and (h.to_on is null or h.to_on > k.held_on)
      where k.month >= %(since)s and h.id is null
        and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
    )
    select {columns} from doubted k
    where not {there.format("members_stay")} and not {there.format("members_temporarystay")}
    group by k.id, k.unit_id, k.code, k.topic, k.held_on
    """


@check(
    "members.exempt_but_there",
    subject=Subject.MEETINGS,
    label=_("Members who are exempt but come to meetings"),
    why=_("Who comes every month need not be exempt, and should be expected like the others."),
    mend=_("Ask the member, and end the exemption in a workbook."),
    record=Record.PERSON,
    shown=_("meetings attended since last year: %(n)s"),
    is_doubt=True,
    names=P.MEMBER_VIEW,
)
def exempt_but_there() -> str:
    return f"""
    select {found("s.cell_id", "p.id", "p.code", "p.full_name", n="count(*)")}
    from members_membership m join members_person p on p.id = m.person_id
    join members_stay s on s.membership_id = m.id and {holds("s")}
    join meetings_attendance a on a.person_id = p.id and a.state = '{State.PRESENT.value}'
    join meetings_meeting k on k.id = a.meeting_id and k.month >= %(since)s and k.held_on >= m.exempt_from
    where m.exempt_from <= %(today)s and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
    group by s.cell_id, p.id having count(*) >= %(exempt_meetings)s
    """


@check(
    "meetings.forgotten_drafts",
    subject=Subject.MEETINGS,
    label=_("Drafts of meetings that were left lying"),
    why=_("Someone began to record a meeting and never saved it."),
    mend=_("Record the meeting, or throw the draft away."),
    way=Way.MEETINGS,
    record=Record.OTHER,
    shown=_("last typed on %(day)s"),
    is_doubt=True,
)
def forgotten_drafts() -> str:
    return f"""
    select {found("u.id", "d.id", "u.code", "u.name", day="d.saved_at::date")}
    from meetings_draft d join organizations_unit u on u.id = d.unit_id
    where d.saved_at::date < %(today)s::date - %(draft_days)s::int
    """
