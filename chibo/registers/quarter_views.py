"""A quarter of a unit: its numbers, confirmed or to be confirmed; who below has confirmed; where sides differ."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, day, period_name, signed
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.trees import Tree, in_order, units_under
from chibo.registers import actions
from chibo.registers.differences import newest
from chibo.registers.models import Confirmation, Deadline, RegisterReminder
from chibo.registers.roll import LABELS, OWN, TOTAL, last_over, numbers_of
from chibo.registers.sections import Section, quarter_in, quarter_picker


def asked_quarter(section: Section) -> Period:
    """The quarter in the form that was sent, else the one asked for."""
    posted = quarter_in(section.request.POST.get("period", ""))
    return posted or section.over


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quarter(request: HttpRequest, pk: int) -> HttpResponse:
    """The numbers of a quarter beside what was confirmed, and the units below; a POST confirms them."""
    section = Section(request, pk, P.REGISTER_CONFIRM if request.method == "POST" else P.MEMBER_VIEW)
    period = asked_quarter(section)
    refused = ""
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            actions.confirm(
                unit=section.unit, quarter=period, seen=int(seen) if seen.isascii() and seen.isdecimal() else 0,
                by=request.user, at=section.now,
            )  # fmt: skip
        except Denied as denied:
            refused = str(denied)
        else:
            messages.success(request, _("Confirmed. The numbers, and the members behind them, are kept."))
            return redirect(section.url("register_quarter", period=period))
    return render(request, "registers/quarter.html", _quarter(section, period, refused), status=422 if refused else 200)


def _quarter(section: Section, period: Period, refused: str) -> dict[str, Any]:
    unit, today = section.unit, section.today
    confirmed = newest(unit, period)
    deadline = Deadline.objects.filter(holding(period.last_day)).first()
    now = numbers_of(unit, period)
    below = [] if unit.is_cell else in_order(units_under(unit, period, Tree.THEN, today).open_on(period.last_day))
    done = confirmed_of([each.pk for each in below], period)
    due_on = deadline.due_on(period) if deadline else None
    is_over = period.is_over(today)
    missing = [each for each in below if each.pk not in done]
    is_open = unit.founded_on <= period.last_day and (unit.closed_on is None or unit.closed_on > period.last_day)
    may = section.may(P.REGISTER_CONFIRM)
    changed = confirmed is not None and confirmed.numbers != now
    return section.context("register_quarter", period, quarter_picker(section, "register_quarter", period)) | {
        "quarter": period,
        "refused": refused,
        "confirmed": confirmed,
        "by": _by(confirmed) if confirmed else "",
        "is_over": is_over,
        "due_on": due_on,
        "is_late": confirmed is None and due_on is not None and due_on < today,
        "may_confirm": may and is_over and is_open,
        "is_changed": changed,
        "table": _numbers(confirmed, now, done, is_whole=not missing, is_over=is_over),
        "below": _below_table(section, below, done, period) if below else None,
        "missing": missing if is_over else [],
        "may_remind": may and is_over and bool(missing),
        "count_line": _count_line(len(below) - len(missing), len(below)) if below else "",
        "differences_url": section.url("register_differences", period=period),
    }


def confirmed_of(units: list[int], period: Period) -> dict[int, Confirmation]:
    """What these units confirmed last of a quarter. One query."""
    found = Confirmation.objects.filter(unit__in=units, ends_on=period.last_day).order_by("unit", "number")
    return {each.unit_id: each for each in found}


def _count_line(done: int, of: int) -> str:
    said = ngettext("%(done)s of %(n)s unit below has confirmed.", "%(done)s of %(n)s units below have confirmed.", of)
    return said % {"done": count(done), "n": count(of)}


def _by(confirmed: Confirmation) -> str:
    """Who confirmed, by which right, when."""
    who = str(confirmed.by) if confirmed.by else _("the system")
    on = day(timezone.localdate(confirmed.at))
    if not confirmed.role:
        return _("by %(who)s on %(day)s") % {"who": who, "day": on}
    said = {"who": who, "day": on, "role": RoleCode(confirmed.role).label, "unit": confirmed.role_unit}
    return _("by %(who)s (%(role)s, %(unit)s) on %(day)s") % said


def _numbers(
    confirmed: Confirmation | None, now: dict[str, int], done: dict[int, Confirmation], *, is_whole: bool, is_over: bool
) -> Table:  # fmt: skip
    """Every number: as confirmed, as it is now, and the sum of what the units below confirmed of it.

    The sum is compared once it is whole. While the quarter runs nothing is said of its end.
    """
    then = confirmed.numbers if confirmed else {}
    sums = {word: sum(each.numbers.get(word, 0) for each in done.values()) for word in LABELS if word not in OWN}
    columns = [Column(label=_("Number of"))]
    columns += [Column(label=_("Confirmed"), number=True)] if confirmed else []
    columns += [Column(label=_("On the roll now"), number=True)]
    columns += [Column(label=_("Confirmed by the units below"), number=True)] if done else []
    rows = []
    for word, label in LABELS.items():
        if not (then.get(word) or now.get(word) or sums.get(word)) and word not in ("before", "member"):
            continue
        row = [Cell(text=label if is_over or word != TOTAL else _("Members so far, by what is recorded"))]
        if confirmed:
            row.append(Cell(text=count(then.get(word, 0))))
        row.append(_beside(now.get(word, 0), then.get(word, 0) if confirmed else None))
        if done:
            other = None if not is_whole else then.get(word, 0) if confirmed else now.get(word, 0)
            row.append(Cell(text="–") if word in OWN else _beside(sums[word], other))
        rows.append(row)
    wide = len(columns) > 3  # on a phone one below the other, so that none is out of sight
    return Table(caption=_("Numbers of the quarter"), caption_hidden=True, columns=columns, rows=rows, stacks=wide)


def _beside(n: int, other: int | None) -> Cell:
    if other is None or n == other:
        return Cell(text=count(n))
    return Cell(text=count(n), note=signed(n - other), mark=Mark.MISSED, mark_word=_("differs"))


def _below_table(section: Section, below: list[Unit], done: dict[int, Confirmation], period: Period) -> Table:
    """The units directly below: confirmed or not, reminded when, how many members, the way to each."""
    reminded = {
        each.unit_id: each
        for each in RegisterReminder.objects.filter(unit__in=below, ends_on=period.last_day).order_by("at", "pk")
    }
    scope = section.rights.scope(P.MEMBER_VIEW)
    rows = []
    for unit in below:
        found = done.get(unit.pk)
        url = address(reverse("register_quarter", args=[unit.pk]), period=period) if scope.covers(unit) else ""
        name = Cell(text=unit.name if scope.covers(unit) else unit.code, url=url, lang="vi")
        if found is not None:
            state = Cell(
                text=_("confirmed"), mark=Mark.MET, mark_word=None, note=day(timezone.localdate(found.at))
            )  # fmt: skip
            total = Cell(text=count(found.numbers.get("member", 0)))
        else:
            note = ""
            if unit.pk in reminded:
                note = _("reminded on %(day)s") % {"day": day(timezone.localdate(reminded[unit.pk].at))}
            state = Cell(text=_("not confirmed"), mark=Mark.MISSED, mark_word=None, note=note)
            total = Cell(text="–")
        rows.append([name, state, total])
    return Table(
        caption=_("Units below"),
        caption_hidden=True,
        columns=[Column(label=_("Unit")), Column(label=_("Register")), Column(label=_("Members"), number=True)],
        rows=rows,
    )


@login_required
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the units below that have not confirmed a quarter."""
    section = Section(request, pk, P.REGISTER_CONFIRM)
    period = quarter_in(request.POST.get("period", "")) or last_over(section.today)
    try:
        told = actions.remind(unit=section.unit, quarter=period, by=request.user, at=section.now)
    except Denied as denied:
        messages.error(request, str(denied))
    else:
        said = ngettext(
            "%(n)s unit was reminded of %(quarter)s.", "%(n)s units were reminded of %(quarter)s.", len(told)
        )
        messages.success(
            request,
            said % {"n": count(len(told)), "quarter": period_name(period)}
            if told
            else _("All were reminded today already, or have confirmed."),
        )
    return redirect(section.url("register_quarter", period=period))
