"""Who differs between what a unit confirmed and what the roll, or the units below, say; and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core.actions import Denied
from chibo.core.asking import after_asked, after_key
from chibo.core.components import Link, Pager
from chibo.core.fields import LineField
from chibo.core.formats import count, day
from chibo.members.identity import former
from chibo.members.models import Stay
from chibo.members.queries import near
from chibo.organizations.held_roles import makers as makers_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.registers import actions
from chibo.registers.differences import Change, Difference, explained, newest, since_confirmed, with_below
from chibo.registers.models import Against
from chibo.registers.quarter_views import asked_quarter
from chibo.registers.roll import said
from chibo.registers.sections import Section, quarter_picker

PAGE = 100


@dataclass(frozen=True)
class Row:
    """A difference as the page shows it."""

    seal: str
    code: str
    name: str
    url: str
    cell: str
    here: str
    there: str
    why: str
    reason: str
    settled: str
    is_picked: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def differences(request: HttpRequest, pk: int) -> HttpResponse:
    """Differences member by member, each with what changed it; a POST settles those picked with a reason."""
    section = Section(request, pk, P.REGISTER_CONFIRM if request.method == "POST" else P.MEMBER_VIEW)
    period = asked_quarter(section)
    asked = (request.POST if request.method == "POST" else request.GET).get("against", "")
    against = Against.BELOW if asked == Against.BELOW and not section.unit.is_cell else Against.NOW
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _settle(section, period, against)
        if not errors:
            return redirect(section.url("register_differences", period=period, against=_kept(against)))
    confirmation = newest(section.unit, period)
    rows, pager = [], Pager()
    if confirmation is not None:
        look = since_confirmed if against == Against.NOW else with_below
        found = look(section.unit, confirmation)
        found.sort(key=lambda each: (each.settled is not None, each.code, each.cell))
        shown, pager = _paged(section, found, period, against)
        rows = _rows(section, shown, confirmation.at)
    picker = quarter_picker(section, "register_differences", period)
    context = section.context("register_differences", period, picker) | {
        "quarter": period,
        "confirmation": confirmation,
        "against": against,
        "sides": _sides(section, period, against),
        "rows": rows,
        "pager": pager,
        "here": _("Confirmed"),
        "there": _("On the roll now") if against == Against.NOW else _("Confirmed by the units below"),
        "may_confirm": section.may(P.REGISTER_CONFIRM) and against == Against.NOW,
        "may": section.may(P.REGISTER_CONFIRM) and any(not row.reason for row in rows),
        "errors": errors,
        "reason": request.POST.get("reason", "")[:500],
        "quarter_url": section.url("register_quarter", period=period),
    }
    return render(request, "registers/differences.html", context, status=422 if errors else 200)


def _kept(against: str) -> str:
    return Against.BELOW if against == Against.BELOW else ""


def _settle(section: Section, period: Any, against: str) -> dict[str, str]:
    """Settle what was picked; what is wrong by field."""
    post = section.request.POST
    try:
        reason = LineField(required=False).clean(post.get("reason", "").replace("\0", ""))
    except ValidationError as error:
        return {"reason": " ".join(error.messages)}
    picked = [seal for seal in post.getlist("pick")[:PAGE] if seal]
    if not picked:
        return {"pick": _("Tick the members of whom you say why.")}
    if not reason:
        return {"reason": _("Say why.")}
    try:
        made = actions.settle(
            unit=section.unit, quarter=period, against=against, seals=picked, reason=reason, by=section.request.user,
            at=section.now,
        )  # fmt: skip
    except Denied as denied:
        return {"pick": str(denied)}
    messages.success(section.request, _("Settled: %(n)s.") % {"n": count(len(made))})
    return {}


def _sides(section: Section, period: Any, against: str) -> list[Link]:
    if section.unit.is_cell:
        return []
    return [
        Link(
            label=label,
            url=section.url("register_differences", period=period, against=_kept(side)),
            current=side == against,
        )
        for side, label in ((Against.NOW, _("With the roll as it is now")), (Against.BELOW, _("With the units below")))
    ]


def _paged(
    section: Section, found: list[Difference], period: Any, against: str
) -> tuple[list[Difference], Pager]:  # fmt: skip
    key = after_asked(section.request, int, str, int)
    after = (bool(key[0]), key[1], key[2]) if key else None
    rest = [each for each in found if after is None or (each.settled is not None, each.code, each.cell) > after]
    shown = rest[:PAGE]
    base = {"period": period, "against": _kept(against)}
    more = ""
    if len(rest) > PAGE:
        last = shown[-1]
        more = section.url(
            "register_differences", **base, after=after_key([int(last.settled is not None), last.code, last.cell])
        )
    first = section.url("register_differences", **base) if after else ""
    return shown, Pager(first_url=first, next_url=more, note=_("%(n)s on this page") % {"n": len(shown)})


def _rows(section: Section, shown: list[Difference], since: Any) -> list[Row]:
    """Names of those in the reader's units today, of others the code; who changed what. Six queries."""
    codes = [each.code for each in shown]
    scope = section.rights.scope(P.MEMBER_VIEW)
    stays = Stay.objects.filter(near(scope, section.today), membership__person__code__in=codes)
    named = {
        code: (pk, name)
        for code, pk, name in stays.order_by("pk").values_list(
            "membership__person__code", "membership__person", "membership__person__full_name"
        )
    }
    called = former(code for code in codes if code not in named)
    cells = Unit.objects.in_bulk({each.cell for each in shown})
    changes = explained(shown, since)
    makers = makers_of({change.user for change in changes.values() if change.user}, scope, section.request.user)
    picked = set(section.request.POST.getlist("pick"))
    rows = []
    for each in shown:
        pk, name = named.get(each.code, (None, ""))
        change = changes.get((each.cell, each.code))
        cell = cells[each.cell]
        settled = each.settled
        rows.append(
            Row(
                seal=each.seal,
                code=each.code,
                name=name or each.code,
                url=reverse("member", args=[pk]) if pk else "",
                cell=cell.name if scope.covers(cell) else cell.code,
                here=said(each.here),
                there=said(each.there),
                why=_joined(called[each.code])
                if each.code in called
                else _why(change, makers)
                if change
                else _("nothing recorded since"),
                reason=settled.reason if settled else "",
                settled=_("%(who)s, %(day)s") % {"who": settled.by, "day": _day(settled.at)} if settled else "",
                is_picked=each.seal in picked and settled is None,
            )
        )
    return rows


def _day(at: Any) -> str:
    on: date = timezone.localdate(at)
    return day(on)


def _joined(code: str) -> str:
    return _("one record since with that of the code %(code)s") % {"code": code}


def _why(change: Change, makers: dict[int, str]) -> str:
    """What was recorded since, by whom, when."""
    who = _("the administrator")
    if change.user is not None:
        who = makers[change.user]
    said_of = {"who": who, "day": _day(change.at)}
    if change.action == "exchange.loaded":
        return _("with a workbook loaded by %(who)s on %(day)s") % said_of
    if change.action.startswith("organizations."):
        return _("by an act on units, recorded by %(who)s on %(day)s") % said_of
    return _("recorded by %(who)s on %(day)s") % said_of
