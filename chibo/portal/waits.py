"""What waits for someone at a unit, with its due date: meetings to record, months missed below."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.asking import address
from chibo.core.components import Item, Link
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.portal.descent import waiting_under
from chibo.portal.queries import COUNTED, CellYear, Waiting, waiting_of

SHOWN = 6


def of_cell(rights: Rights, cell: Unit, today: date) -> list[Item]:
    """The months whose meeting someone has still to record, the running one first. Three queries at most."""
    if not rights.scope(P.MEETING_RECORD).covers(cell):
        return []
    waiting = [each for each in waiting_of(cell, today) if each.said is None]
    return [_item(cell, each, today) for each in waiting[:SHOWN]]


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


def of_acts(rights: Rights, unit: Unit, today: date) -> list[Item]:
    """Acts on units that could not be done on their day, and those to come, for who may act. One query."""
    if not rights.scope(P.UNIT_ACT).covers(unit):
        return []
    failed, planned, following = waiting_under(unit)
    url, items = reverse("unit_acts", args=[unit.pk]), []
    if failed:
        title = ngettext(
            "%(n)s act on units could not be done on its day",
            "%(n)s acts on units could not be done on their day",
            failed,
        )
        items.append(
            Item(title=title % {"n": failed}, url=url, text=_("Settle what stands in the way, and try again."))
        )
    if planned and following is not None:
        title = ngettext("%(n)s act on units is to come", "%(n)s acts on units are to come", planned)
        items.append(Item(title=title % {"n": planned}, url=url, when=_("from %(day)s") % {"day": day(following)}))
    return items


def _when(due_on: date, today: date) -> str:
    late = (today - due_on).days
    if late > 0:
        return ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    return _("due %(day)s") % {"day": day(due_on)}


def of_committee(rights: Rights, unit: Unit, late: list[CellYear], today: date) -> list[Item]:
    """The last month over, if cells below have not recorded its meeting; asks nothing of the database."""
    if not rights.scope(P.MEETING_REMIND).covers(unit):
        return []
    month = Period.month_of(today).before
    cells = [cell for cell in late if month.first_day in cell.missed]
    if not cells:
        return []
    title = ngettext(
        "%(n)s cell has not recorded its meeting of %(month)s",
        "%(n)s cells have not recorded their meeting of %(month)s",
        len(cells),
    )
    if len(late) > COUNTED:  # not all were looked at
        title = _("Many cells have not recorded their meeting of %(month)s")
    names = ", ".join(cell.name for cell in cells[:3])
    more = _("%(names)s and %(n)s more") % {"names": names, "n": len(cells) - 3} if len(cells) > 3 else names
    return [
        Item(
            title=title % {"n": len(cells), "month": period_name(month)},
            url=address(reverse("unit_late", args=[unit.pk]), period=month),
            text=more,
            when=_when(month.last_day, today),
            late=True,
        )
    ]
