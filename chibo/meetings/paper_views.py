"""The paper of a meeting: who attends and what is voted on, to be filled in by hand; a code opens the form for it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.agendas.kinds import ItemKind
from chibo.agendas.models import Notice
from chibo.agendas.prefilling import agenda_on
from chibo.agendas.queries import given_notice
from chibo.core import clock
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.meetings import queries
from chibo.meetings.fields import month_asked
from chibo.meetings.models import Kind
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of
from chibo.procedures.flow import said

VOTED = (ItemKind.VOTE, ItemKind.SCORE)
LINES, TASKS = 8, 6  # of room to write conclusions and tasks


class Code(NamedTuple):
    """A QR code as a picture: how many squares wide, and its dark squares as the path of an SVG."""

    size: int
    path: str


@login_required
@require_safe
def attendance_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """A blank sheet to print: who may attend, by given name, to sign; the agenda with room for speakers and votes."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, _above = find_unit(rights, pk, P.MEETING_VIEW)
    month = month_asked(request.GET.get("month", "")) or today.replace(day=1)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Kind.values else str(Kind.REGULAR)
    notice = given_notice(unit, month, kind)
    on = notice.on if notice else _sheet_day(month, today)
    names = rights.scope(P.MEMBER_VIEW).covers(unit)
    lines = [(each, each.name if names else each.code) for each in queries.roll_on(unit, on, kind)]
    asked = {"kind": kind, "month": Period.month_of(month)}
    target = request.build_absolute_uri(address(reverse("meeting_record", args=[unit.pk]), **asked))
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [unit]),
        "kind": Kind(kind).label,
        "month": period_name(Period.month_of(month)),
        "ways": _ways(unit, kind, month),
        "blanks": _blanks(notice),
        "must": [line for line in lines if line[0].must],
        "apart": [line for line in lines if not line[0].must],
        "items": _items(unit, kind, on, notice),
        "lines": range(LINES),
        "tasks": range(TASKS),
        "code": code_of(target),
        "target": target,
    }
    return render(request, "meetings/sheet.html", context)


def code_of(text: str) -> Code:
    """A text as a QR code that stands a stain, without the white edge that scanners need."""
    import segno  # only who prints needs it

    rows = list(segno.make(text, error="m", micro=False).matrix)
    dark = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, bit in enumerate(row) if bit]
    return Code(len(rows), "".join(dark))


def _ways(unit: Unit, kind: str, month: date) -> list[Link]:
    """The sheets of other kinds of meetings."""
    base, month_of = reverse("attendance_sheet", args=[unit.pk]), Period.month_of(month)

    def link(each: Kind) -> Link:
        return Link(label=each.label, url=address(base, kind=each, month=month_of), current=each == kind)

    return [link(each) for each in Kind]


def _blanks(notice: Notice | None) -> list[tuple[str, str, str]]:
    """What is written at the head: what the notice tells already stands there, each with the language it is told in."""
    if notice is None:
        return [(head, "", "") for head in (_("Held on"), _("From, to"), _("Place"), _("Topic"))]
    time = f"{notice.at_time:%H:%M} –" if notice.at_time else ""
    return [
        (_("Held on"), day(notice.on), ""),
        (_("From, to"), time, ""),
        (_("Place"), notice.place, "vi"),
        (_("Topic"), notice.topic, "vi"),
    ]


def _items(unit: Unit, kind: str, on: date, notice: Notice | None) -> list[tuple[str, bool]]:
    """The items of the notice that was given, or of the agenda laid down; each with whether it is voted on."""
    if notice is not None:
        return [(each.text, each.kind in VOTED) for each in notice.items.order_by("place")]
    agenda = agenda_on(unit, kind, on)
    return [(said(each["text"]), each["kind"] in VOTED) for each in (agenda.items if agenda else [])]


def _sheet_day(month: date, today: date) -> date:
    """The day whose list is printed: today within its month, else the last or first day of the month asked."""
    last = Period.month_of(month).last_day
    return max(month, min(today, last))
