"""The dues of one member: what they pay of, reliefs, month by month; for their secretary, and for themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Link, Mark, Table
from chibo.core.formats import count, day, period_name
from chibo.core.periods import Period
from chibo.members.models import Person
from chibo.members.queries import person_of, place_on, stays_of
from chibo.organizations.frame import common, person_tabs
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.registers import dues
from chibo.registers.forms import EndForm, PayerForm, ReliefForm
from chibo.registers.models import DuesRule, PayerSpell, Relief
from chibo.registers.owing import MonthOf, months_of, percent_of, told

STATES = {"paid": Mark.MET, "owed": Mark.MISSED, "exempt": Mark.NONE}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_dues(request: HttpRequest, pk: int) -> HttpResponse:
    """A member's dues; their secretary says what they pay of, and gives or ends a relief."""
    now, today = clock.now(), clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.MEMBER_VIEW)
    stays = stays_of(pk) if scope and pk < 2**63 else []
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    person, place = stays[0].membership.person, place_on(stays, today)
    may = place.cell.is_cell and rights.scope(P.DUES_RECORD).covers(place.cell)
    if request.method == "POST" and not may:
        raise PermissionDenied
    rules = list(DuesRule.objects.order_by("code", "from_on"))
    act = request.POST.get("act", "") if request.method == "POST" else ""
    month = str(Period.month_of(today))
    names = {rule.code: told(rule.name) for rule in rules}
    forms: dict[str, Any] = {}
    if may:
        forms = {
            "payer": PayerForm(request.POST if act == "payer" else None, rules, month),
            "relief": ReliefForm(request.POST if act == "relief" else None, rules, month),
            "end": EndForm(request.POST if act == "end" else None, person.pk, names, month),
        }
    form = forms.get(act)
    if request.method == "POST" and form is None:
        messages.warning(request, _("This can't be done here."))
        return redirect("member_dues", pk=pk)
    if form is not None and form.is_valid():
        try:
            _do(act, person, form.cleaned_data, request.user, now)
        except Denied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("Recorded."))
            return redirect("member_dues", pk=pk)
    context = common(rights, "members") | _told(request, person, rules, today, reverse("member_dues", args=[pk])) | {
        "crumbs": [
            Link(label=_("Members"), url=reverse("members")),
            Link(label=place.cell.name, url=reverse("unit_members", args=[place.cell_id])),
        ],
        "tabs": person_tabs(rights, pk, place.cell, "member_dues"),
        "forms": forms,
        "may_end": may and forms["end"].fields["relief"].queryset.exists(),
    }  # fmt: skip
    return render(request, "registers/payer.html", context, status=422 if form is not None else 200)


def _do(act: str, person: Person, given: dict[str, Any], by: Any, at: Any) -> None:
    if act == "payer":
        dues.set_payer(person=person, **given, by=by, at=at)
    elif act == "relief":
        dues.relieve(person=person, **given, by=by, at=at)
    else:
        dues.end_relief(**given, by=by, at=at)


@login_required
@require_safe
def my_dues(request: HttpRequest) -> HttpResponse:
    """My own dues; nothing of others."""
    today = clock.today()
    rights = rights_of(request.user, today)
    person = person_of(request.user)
    context = common(rights, "me")
    if person is None or not stays_of(person.pk):
        raise Http404
    rules = list(DuesRule.objects.order_by("code", "from_on"))
    context |= _told(request, person, rules, today, reverse("my_dues"))
    crumbs = [Link(label=_("My record"), url=reverse("me"))]
    return render(request, "registers/payer.html", context | {"crumbs": crumbs, "tabs": [], "forms": {}})


def _told(request: HttpRequest, person: Person, rules: list[DuesRule], today: date, url: str) -> dict[str, Any]:
    """What is known of someone's dues in a year."""
    asked = request.GET.get("year", "")
    years = [today.year - n for n in range(3, -1, -1)]
    year = next((each for each in years if str(each) == asked), today.year)
    names = {rule.code: told(rule.name) for rule in rules}
    months = months_of(person, year, today)
    spells = PayerSpell.objects.filter(person=person).order_by("from_month")
    reliefs = Relief.objects.filter(person=person).order_by("from_month")
    facts = [
        (
            _("Pays of"),
            _("%(name)s, from %(month)s") % {"name": names.get(s.rule, s.rule), "month": _month(s.from_month)},
        )
        for s in spells
    ]
    facts += [(_("Relief"), _relief(relief, names)) for relief in reliefs]
    owed = [each for each in months if each.state == "owed"]
    return {
        "person": person,
        "facts": facts,
        "year": year,
        "years": [Link(label=str(each), url=address(url, year=each), current=each == year) for each in years],
        "owed": count(len(owed)),
        "is_owing": bool(owed),
        "table": _table(months),
    }


def _month(month: date) -> str:
    return period_name(Period.month_of(month))


def _relief(relief: Relief, names: dict[str, str]) -> str:
    said = _("%(name)s, %(percent)s %% less, from %(month)s") % {
        "name": names.get(relief.rule, relief.rule), "percent": percent_of(relief.percent),
        "month": _month(relief.from_month),
    }  # fmt: skip
    until = _("before %(month)s") % {"month": _month(relief.to_month)} if relief.to_month else ""
    return "; ".join(filter(None, [said, until, relief.decision]))


def _table(months: list[MonthOf]) -> Table:
    words = {"paid": _("paid"), "owed": _("not paid"), "exempt": _("exempt"), "none": _("not recorded"), "": "–"}
    rows = []
    for each in reversed(months):
        noted = each.noted
        note = noted.reason if noted and each.state == "owed" else ""
        if noted and noted.paid_on and each.state == "paid":
            note = _("noted on %(day)s") % {"day": day(noted.paid_on)}
        amount = count(noted.amount) if noted and noted.amount is not None else "–"
        state = Cell(text=words[each.state], mark=STATES.get(each.state, ""), mark_word=None, note=note)
        rows.append([Cell(text=_month(each.month)), state, Cell(text=amount)])
    columns = [Column(label=_("Month")), Column(label=_("Dues")), Column(label=_("Amount, đồng"), number=True)]
    return Table(caption=_("Dues month by month"), caption_hidden=True, columns=columns, rows=rows)
