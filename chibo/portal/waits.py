"""What waits for someone at a unit, with its due date: meetings to record, months missed below."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.committees import vacancies
from chibo.core.asking import address
from chibo.core.components import Item, Link
from chibo.core.formats import count, day, period_name
from chibo.core.periods import Period
from chibo.indicators.figures import Figure
from chibo.meetings.models import Attendance, Kind, Meeting, State
from chibo.meetings.queries import standing_in
from chibo.members.queries import person_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.organizations.trees import Tree, kept
from chibo.portal.cell_months import Waiting, waiting_of
from chibo.portal.queries import CellYear
from chibo.portal.timeline import attendance_by_year

SHOWN = 6


def of_cell(rights: Rights, cell: Unit, today: date) -> tuple[list[Item], list[Item]]:
    """The months whose meeting someone has still to record, and those of which it is done; the running one first.

    Done is what is recorded of this month and the last, and why there was no meeting in others. Two queries at most.
    """
    if not rights.scope(P.MEETING_RECORD).covers(cell):
        return [], []
    waiting = waiting_of(cell, today)
    lately = [Period.month_of(today), Period.month_of(today).before]
    held = standing_in(cell, [month.first_day for month in lately])
    done = {Period.month_of(each.month): _recorded(each) for each in held[::-1]}
    said = [each for each in waiting if each.why is not None][:SHOWN]
    done |= {each.month: _said(cell, each.month, each.why) for each in said if each.why is not None}
    waits = [_item(cell, each, today) for each in waiting if each.why is None][:SHOWN]
    return waits, [done[month] for month in sorted(done, reverse=True)]


def _recorded(meeting: Meeting) -> Item:
    """A month whose meeting is recorded, with the ways to look at it and to put it right."""
    marks = {state: getattr(meeting, state) for state in State.values}
    words = _("%(month)s: recorded, %(n)s of %(m)s present")
    at = [meeting.unit_id, meeting.pk]
    return Item(
        title=words
        % {"month": period_name(Period.month_of(meeting.month)), "n": marks[State.PRESENT], "m": sum(marks.values())},
        when=_("held on %(day)s") % {"day": day(meeting.held_on)},
        ways=[
            Link(label=_("Open it"), url=reverse("meeting", args=at)),
            Link(label=_("Correct it"), url=reverse("meeting_correct", args=at)),
        ],
    )


def _said(cell: Unit, month: Period, why: str) -> Item:
    """A month without a meeting and why, with the ways to say something else."""
    return Item(
        title=_("%(month)s: no meeting was held") % {"month": period_name(month)},
        text=_("Because: %(reason)s") % {"reason": why},
        ways=[
            Link(label=_("Change the reason"), url=address(reverse("no_meeting", args=[cell.pk]), month=month)),
            Link(label=_("Record it after all"), url=address(reverse("meeting_record", args=[cell.pk]), month=month)),
        ],
    )


def _item(cell: Unit, waiting: Waiting, today: date) -> Item:
    month, text = waiting.month, ""
    if waiting.reminder is not None:
        text = _("%(who)s reminded you on %(day)s.") % {
            "who": waiting.reminder.by,
            "day": day(timezone.localdate(waiting.reminder.at)),
        }
    return Item(
        title=_("The meeting of %(month)s is not recorded") % {"month": period_name(month)},
        url=address(reverse("meeting_record", args=[cell.pk]), month=month),
        text=text,
        when=_when(waiting.due_on, today),
        late=waiting.due_on < today,
        act=_("Record it"),
        ways=[
            Link(label=label, url=address(reverse(name, args=[cell.pk]), month=month))
            for name, label in (
                ("no_meeting", _("No meeting this month")),
                ("attendance_sheet", _("Print the attendance sheet")),
            )
        ],
    )


def of_member(rights: Rights, user: Any, cell: Unit, today: date, *, is_called: bool) -> list[Item]:
    """The last meeting of one's own cell and how often one came to it this year and the last; nothing of others.

    Who is called to a meeting by a notice reads that instead of which month is still to come.

    Four queries at most.
    """
    person = person_of(user) if cell.is_cell else None
    if person is None:
        return []
    held = Meeting.objects.filter(unit=cell, withdrawal=None, held_on__lte=today).exclude(kind=Kind.COMMITTEE)
    last = held.order_by("-held_on", "-pk").first()
    items = []
    if last is not None:
        mine = Attendance.objects.filter(meeting=last, person=person).first()
        state = str(State(mine.state).label) if mine else _("you are not on its list")
        opens = rights.scope(P.MEETING_VIEW).covers(cell)
        items.append(
            Item(
                title=_("The last meeting of your cell: %(day)s") % {"day": day(last.held_on)},
                text=_("You: %(state)s") % {"state": state} if mine else state,
                url=reverse("meeting", args=[cell.pk, last.pk]) if opens else "",
            )
        )
    month = Period.month_of(today)
    if not is_called and (last is None or Period.month_of(last.month) < month):
        title = _("The next meeting of your cell: %(month)s") % {"month": period_name(month)}
        items.insert(0, Item(title=title, text=_("It is not recorded yet.")))
    for year in [each for each in attendance_by_year(person) if each.year >= today.year - 1]:
        url = address(reverse("me"), year=year.year)
        items.append(Item(title=year.said, text=str(year.year), url=url))
    return items


def _when(due_on: date, today: date) -> str:
    late = (today - due_on).days
    if late > 0:
        return ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    return _("due %(day)s") % {"day": day(due_on)}


def of_committee(
    rights: Rights, unit: Unit, children: list[Unit], late: list[CellYear], held: Figure | None, tree: Tree, today: date
) -> list[Item]:
    """Cells below that have not recorded the last month's meeting; posts vacant here or directly below. One query.

    `held` is the figure of regular meetings held in that month; of the cells some are named that are among those late.
    """
    return [*_late(rights, unit, late, held, tree, today), *_vacant(rights, unit, children, today)]


def _vacant(rights: Rights, unit: Unit, children: list[Unit], today: date) -> list[Item]:
    """The posts that this committee is to fill: its own, and those of the units directly below."""
    if not rights.scope(P.POST_MANAGE).covers(unit):
        return []
    found = vacancies.at_units([unit.pk, *(child.pk for child in children)], today)
    if not found:
        return []
    n = sum(each.missing for each in found)
    title = ngettext("%(n)s post is vacant here or directly below", "%(n)s posts are vacant here or directly below", n)
    age = found[0].age(today)
    longest = ngettext("longest: %(n)s day", "longest: %(n)s days", age) % {"n": count(age)}
    return [
        Item(
            title=title % {"n": count(n)}, url=reverse("unit_vacancies", args=[unit.pk]),
            text=_names(list(dict.fromkeys(each.name for each in found))), when=longest, late=True,
        )
    ]  # fmt: skip


def _names(names: list[str], of: int | None = None) -> str:
    """The first few, and how many more of so many."""
    first, more = ", ".join(names[:3]), (len(names) if of is None else of) - len(names[:3])
    return _("%(names)s and %(n)s more") % {"names": first, "n": count(more)} if names and more else first


def _late(rights: Rights, unit: Unit, late: list[CellYear], held: Figure | None, tree: Tree, today: date) -> list[Item]:
    missing = held.missed if held else 0
    if not missing or not rights.scope(P.MEETING_REMIND).covers(unit):
        return []
    month = Period.month_of(today).before
    names = [cell.name for cell in late if month.first_day in cell.missed]
    title = ngettext(
        "%(n)s cell has not recorded its meeting of %(month)s",
        "%(n)s cells have not recorded their meeting of %(month)s",
        missing,
    )
    return [
        Item(
            title=title % {"n": count(missing), "month": period_name(month)},
            url=address(reverse("unit_late", args=[unit.pk]), period=month, tree=kept(tree)),
            text=_names(names, missing),
            when=_when(month.last_day, today),
            late=True,
        )
    ]
