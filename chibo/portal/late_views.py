"""What is late and weak below a unit, and reminding the cells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from chibo.classifications.queries import value_asked
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Pager
from chibo.core.formats import count, day, percent, period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.meetings.models import NoMeeting, Reminder
from chibo.organizations.frame import evidence_url, of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, as_then, kept, line_then, picker_of, tree_asked
from chibo.portal import actions, cell_months, matrix, queries
from chibo.portal.queries import CellYear, Limit

ROWS = 50
AT_ONCE = 200  # cells reminded in one act; of those chosen one by one no more are
MANY = 5_000  # cells asked for at a time where all are


@dataclass(frozen=True)
class Missed:
    """A month missed, why as the cell says, who reminded it last and when."""

    name: str
    why: str
    reminded: str


@dataclass(frozen=True)
class LateLine:
    """A cell that is late or weak."""

    pk: int
    name: Cell
    missed: list[Missed]
    reminded: str  # who reminded it of all these months last and when, if that was one and the same
    attendance: Cell
    waits: bool  # there is something to remind it of
    today: bool  # all of it was reminded of today


@login_required
@require_safe
def late(request: HttpRequest, pk: int) -> HttpResponse:
    """The cells below that missed months or are weak in attendance, the worst first."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    period = period_asked(request, today)
    tree, base = tree_asked(request, period, today), reverse("unit_late", args=[pk])
    unit, above = line_then(unit, above, period, tree, today)

    def url(**changes: Any) -> str:
        return address(base, **({"period": period, "tree": kept(tree)} | changes))

    limit = queries.limit_of(unit, period)
    scope = rights.scope(P.MEETING_VIEW)
    after = queries.key_in(after_asked(request, str, str, int))
    cells = queries.cell_years(
        unit, period, today, limit, which="late", order="worst", after=after, size=ROWS + 1, scope=scope, tree=tree
    )
    more, cells = cells[ROWS:], cells[:ROWS]
    picker, is_chosen = picker_of(period, tree, url, today), is_period_chosen(request)
    context = of_unit(rights, unit, above, "unit_meetings", period, picker, tree, is_chosen=is_chosen) | {
        "lines": _lines(rights, unit, cells, period, tree, limit, today),
        "limit": percent(limit.value, 0),
        "is_strict": limit.strict,
        "may_remind": rights.scope(P.MEETING_REMIND).covers(unit),
        "remind_url": reverse("remind", args=[pk]),
        "ways": ways_of(rights, unit, "unit_late", period, tree),
        "after": request.GET.get("after", "") if after else "",
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(cells[-1].key)) if more else "",
            note=_("%(n)s cells on this page") % {"n": count(len(cells))},
        ),
    }
    return render(request, "portal/late.html", context)


def _lines(
    rights: Rights, unit: Unit, cells: Sequence[CellYear], period: Period, tree: Tree, limit: Limit, today: date
) -> list[LateLine]:
    """The rows of these cells. Three queries."""
    parents = matrix.parents_of(cells, period, tree, today)
    ids, months = [cell.unit_id for cell in cells], [month.first_day for month in period.months]
    said = {(no.unit_id, no.month): no for no in cell_months.no_meetings(ids, months)}
    reminders = cell_months.newest_reminders(ids, months)
    lines = []
    for cell in cells:
        newest = [reminders.get((cell.unit_id, month)) for month in cell.missed]
        once = len({(_day(each), each.by_id) for each in newest if each is not None}) == 1
        waits = [each for month, each in zip(cell.missed, newest, strict=True) if (cell.unit_id, month) not in said]
        attendance = matrix.attendance_of(cell, limit)
        place = Unit(pk=cell.unit_id, path=cell.path)
        way = evidence_url(rights.scope(P.EVIDENCE_VIEW), place, queries.ATTENDANCE, period, tree)
        if cell.marked:
            note = _("%(n)s of %(d)s") % {"n": count(cell.present), "d": count(cell.marked)}
            attendance = Cell(
                text=attendance.text, mark=attendance.mark, mark_word=attendance.mark_word, url=way, note=note
            )
        lines.append(
            LateLine(
                cell.unit_id,
                matrix.name_of(cell, parents, unit, True, period, tree),
                [
                    _missed(month, said.get((cell.unit_id, month)), None if once else reminder)
                    for month, reminder in zip(cell.missed, newest, strict=True)
                ],
                _told(next(filter(None, newest), None)) if once else "",
                attendance,
                bool(waits),
                bool(waits) and all(each is not None and _day(each) == today for each in waits),
            )
        )
    return lines


def _day(reminder: Reminder) -> date:
    return timezone.localtime(reminder.at).date()


def _missed(month: date, said: NoMeeting | None, reminder: Reminder | None) -> Missed:
    return Missed(period_name(Period.month_of(month)), said.reason if said else "", _told(reminder))


def _told(reminder: Reminder | None) -> str:
    if reminder is None:
        return ""
    return _("reminded on %(day)s by %(who)s") % {"day": day(_day(reminder)), "who": reminder.by}


@login_required
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind one cell or those chosen of the months they missed, and go back to the list."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    unit, _above = find_unit(rights, pk, P.MEETING_REMIND)
    period = _period(request, now.date())
    asked = [request.POST["one"]] if "one" in request.POST else request.POST.getlist("cell")[:AT_ONCE]
    ids = [int(each) for each in asked if each.isascii() and each.isdecimal() and len(each) < 19]
    mine = Unit.objects.cells().filter(rights.scope(P.MEETING_REMIND).below(unit).q(""))
    over = [month for month in period.months if month.is_over(now.date())] or period.months[:1]
    tree, after = tree_asked(request, period, now.date()), request.POST.get("after", "")[:2000]
    back = redirect(address(reverse("unit_late", args=[pk]), period=period, tree=kept(tree), after=after))
    if "all" in request.POST:
        ids = _all_late(rights, as_then(unit, period, tree, now.date()), period, tree, now.date(), request.POST)
    cells = list(mine.filter(pk__in=ids).order_by("pk"))
    if not cells:
        messages.warning(request, _("Choose the cells to remind first."))
        return back
    try:
        sent = _remind(cells, over, request.user, now)
    except Denied as denied:
        messages.warning(request, str(denied))
        return back
    n = len({reminder.unit_id for reminder in sent})
    said = ngettext("%(n)s cell was reminded.", "%(n)s cells were reminded.", n) % {"n": count(n)}
    if left := len(cells) - n:
        said += " " + ngettext(
            "%(n)s other was reminded today already, or nothing waits there.",
            "%(n)s others were reminded today already, or nothing waits there.",
            left,
        ) % {"n": count(left)}
    messages.success(request, said)
    return back


def _remind(cells: list[Unit], months: Sequence[Period], by: Any, at: datetime) -> list[Reminder]:
    """Remind cells, some hundreds in one act: whoever records a meeting meanwhile waits for no more than these.

    Denied where every act was: nothing waits, or all were reminded today.
    """
    sent: list[Reminder] = []
    why: Denied | None = None
    for first in range(0, len(cells), AT_ONCE):
        try:
            sent += actions.remind(cells=cells[first : first + AT_ONCE], months=months, by=by, at=at)
        except Denied as denied:
            why = denied
    if why is not None and not sent:
        raise why
    return sent


def _all_late(rights: Rights, unit: Unit, period: Period, tree: Tree, today: date, asked: Any) -> list[int]:
    """Every cell below with a month missed that the user may remind, of the classification asked for."""
    scope, limit = rights.scope(P.MEETING_REMIND), queries.limit_of(unit, period)
    value, found = value_asked(asked.get("value", "")), []
    after: list[Any] | None = None
    while True:
        cells = queries.cell_years(
            unit, period, today, limit, which="missed", after=after, size=MANY, scope=scope, tree=tree, value=value
        )
        found += [cell.unit_id for cell in cells]
        if len(cells) < MANY:
            return found
        after = cells[-1].key


def _period(request: HttpRequest, today: date) -> Period:
    """The period of the list the form stood on."""
    try:
        return Period.parse(request.POST.get("period", "")[:20])
    except NotAPeriod:
        return Period(today.year - 1, "year", 1)
