"""What meetings say to acts on units: those recorded stay with the unit they were of; others a person has to settle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.periods import Period
from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.exchange.sheets import ask
from chibo.members import identity
from chibo.members.followers import TRANSFER, cells_no_more
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import MANY, Matter, Plan
from chibo.organizations.standing import Back, names_of

MEETING, WITHDRAWAL, DRAFT, NONE_HELD, ATTENDANCE = (
    "meetings_meeting", "meetings_withdrawal", "meetings_draft", "meetings_nomeeting", "meetings_attendance",
)  # fmt: skip
A_MONTH = timedelta(days=31)
# Attendance of members, since the day they would have gone over, at meetings of other cells than the new one.
ELSEWHERE = """
select distinct k.code from unnest(%(memberships)s::bigint[], %(cells)s::bigint[]) x(membership, cell)
join members_membership m on m.id = x.membership
join meetings_attendance a on a.person_id = m.person_id
join meetings_meeting k on k.id = a.meeting_id and k.held_on >= %(on)s and k.unit_id <> x.cell
join organizations_unit u on u.id = k.unit_id and u.kind in ('cell', 'grassroots_cell')
where not k.unit_id = any(%(told)s) and not exists (select from meetings_withdrawal w where w.meeting_id = k.id)
"""
# Attendance since of members who went over, where they went.
THERE = """
select a.id from unnest(%(memberships)s::bigint[], %(cells)s::bigint[], %(days)s::date[]) x(membership, cell, day)
join members_membership m on m.id = x.membership
join meetings_attendance a on a.person_id = m.person_id
join meetings_meeting k on k.id = a.meeting_id and k.held_on >= x.day and k.unit_id = x.cell
order by a.id
"""


@following.follower
class Meetings(following.Follower):
    """Meetings are recorded of the unit that held them, and stay so."""

    order = 30
    watched: ClassVar = frozenset({ATTENDANCE})
    names: ClassVar = {
        MEETING: (gettext_lazy("Meetings"), "select t.code from meetings_meeting t"),
        ATTENDANCE: (
            gettext_lazy("Attendance"),
            "select k.code from meetings_attendance t join meetings_meeting k on k.id = t.meeting_id",
        ),
        NONE_HELD: (
            gettext_lazy("Months without a meeting"),
            "select to_char(t.month, 'MM/YYYY') from meetings_nomeeting t",
        ),
        "meetings_reminder": (gettext_lazy("Reminders"), "select to_char(t.month, 'MM/YYYY') from meetings_reminder t"),
        DRAFT: (gettext_lazy("Drafts of meetings"), "select t.content ->> 'held_on' from meetings_draft t"),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        for name in (MEETING, DRAFT, NONE_HELD):
            tree.read(name, "unit_id", closing)
        tree.read(WITHDRAWAL, "meeting_id", [row["id"] for pk in closing for row in tree.find(MEETING, "unit_id", pk)])

    def follow(self, tree: Tree, plan: Plan) -> None:
        cells = [*plan.closing, *cells_no_more(tree, plan)]
        held, drafts, none_held = [], [], []
        for pk in cells:
            name = tree.get(UNIT, pk)["name"]
            for row in tree.find(MEETING, "unit_id", pk):
                if row["held_on"] >= plan.on and not tree.find(WITHDRAWAL, "meeting_id", row["id"]):
                    held.append(worded("%(unit)s, %(day)s") % {"unit": name, "day": row["held_on"]})
            drafts += [name for _row in tree.find(DRAFT, "unit_id", pk)]
            for row in tree.find(NONE_HELD, "unit_id", pk):
                if row["month"] + A_MONTH > plan.on:
                    none_held.append(
                        worded("%(unit)s, %(month)s") % {"unit": name, "month": Period.month_of(row["month"])}
                    )
        if held:
            said = _("Meetings were held there on that day or after it.")
            todo = _("Choose a later day, or withdraw these meetings first.")
            plan.settle("meetings", said, held, todo=todo, blocks=True)
        if drafts:
            said = _("Meetings are typed there that are not recorded yet.")
            plan.settle("drafts", said, drafts, todo=_("Record those that were held before that day."))
        if none_held:
            said = _("It was said of months that no longer count that no meeting was held.")
            plan.settle("none_held", said, none_held)
        self._check_elsewhere(tree, plan, cells)

    def _check_elsewhere(self, tree: Tree, plan: Plan, told: Sequence[int]) -> None:
        """Members who go over on a day gone by can't have attended since where they no longer belonged."""
        if not plan.people or plan.on > tree.today:
            return
        made = [change.after for change in tree.since(plan.mark) if change.table == TRANSFER and change.before is None]
        gone = [row for row in made if row is not None]
        memberships, cells = [row["membership_id"] for row in gone], [row["to_cell_id"] for row in gone]
        found = [code for (code,) in ask(ELSEWHERE, memberships=memberships, cells=cells, on=plan.on, told=list(told))]
        if found:
            said = _("Members who go over attended meetings of another cell since.")
            todo = _("Choose a later day, or correct these meetings first.")
            plan.settle("attended", said, found, todo=todo, blocks=True)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Attendance since of members who went over; meetings of a cell that would close again."""
        went = list(back.made(TRANSFER).values())
        given = {
            "memberships": [row["membership_id"] for row in went],
            "cells": [row["to_cell_id"] for row in went],
            "days": [row["on"] for row in went],
        }
        found = back.since(ATTENDANCE, [pk for (pk,) in ask(THERE, **given)]) if went else []
        if found:
            text = _("Attendance since of members who went over: %(count)s.") % {"count": len(found)}
            names = tuple(dict.fromkeys(names_of(ATTENDANCE, found)))
            yield Matter("attended", text, len(found), names, _("Withdraw these meetings first."), blocks=True)
        held = [
            row["id"] for pk, since in back.closing.items() for row in tree.find(MEETING, "unit_id", pk)
            if row["held_on"] >= since and not tree.find(WITHDRAWAL, "meeting_id", row["id"])
        ]  # fmt: skip
        if held:
            text = _("Meetings of a cell that would be closed: %(count)s.") % {"count": len(held)}
            yield Matter("held", text, len(held), tuple(names_of(MEETING, held)[:MANY]), blocks=True,
                         table=MEETING, keys=tuple(sorted(held)[:MANY]))  # fmt: skip


identity.follow("meetings_attendance", "person_id", gettext_lazy("Attendance at meetings"), once=("meeting_id",))
identity.follow("meetings_guest", "person_id", gettext_lazy("Guests at meetings"), once=("meeting_id",))
identity.follow("meetings_noted", "person_id", gettext_lazy("Tasks noted at meetings"))
