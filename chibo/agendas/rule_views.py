"""Agendas laid down by kind of meeting, setting and month, and the days before a meeting by which notice is given."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from chibo.agendas import planning
from chibo.agendas.forms import AgendaForm, Line, Lines, RuleForm
from chibo.agendas.kinds import ItemKind, Kind
from chibo.agendas.models import Agenda, NoticeRule
from chibo.agendas.policies import ITEMS
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Link, Table
from chibo.core.formats import count, day
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of

MOST = 300
SHIPPED = "; to be verified"  # ends the source of what came with the program


def _ruling(request: HttpRequest, today: date) -> Rights:
    """The user's rights, if they lay rules down; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agendas(request: HttpRequest) -> HttpResponse:
    """Every agenda laid down, and the rule of notice; another rule from a day on."""
    now = clock.now()
    rights = _ruling(request, now.date())
    form = RuleForm(request.POST if request.method == "POST" else None, initial={"rule_from": now.date()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        rule = NoticeRule(days=said["days"], from_on=said["rule_from"], source=said["rule_source"])
        try:
            planning.lay_down_rule(rule=rule, by=request.user, at=now)
        except Denied as denied:
            form.add_error("rule_from" if denied.field else None, str(denied))
        else:
            messages.success(request, _("The rule holds from that day on."))
            return redirect("agendas")
    context = common(rights, "agendas") | {"table": _table(), "rules": _rules(), "form": form}
    return render(request, "agendas/agendas.html", context, status=422 if form.errors else 200)


def _table() -> Table:
    """Every agenda, by kind of meeting, the newest first."""
    kinds = [str(kind) for kind in Kind]
    found = list(Agenda.objects.order_by("setting", "in_month", "-from_on", "-pk")[:MOST])
    found.sort(key=lambda each: kinds.index(each.kind))
    heads = (_("Kind of meeting"), _("For"), _("Items"), _("From"), _("To, not included"), _("Taken from"))
    return Table(
        caption=_("Agendas of meetings"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head, number=head == heads[2]) for head in heads],
        rows=[
            [
                Cell(text=each.get_kind_display(), url=reverse("agenda", args=[each.pk])),
                Cell(text=_for_whom(each)),
                Cell(text=count(len(each.items))),
                Cell(text=day(each.from_on)),
                Cell(text=day(each.to_on) if each.to_on else "–"),
                Cell(text=_source(each.source)),
            ]
            for each in found
        ],
    )


def _source(source: str) -> str:
    """Where a rule was taken from; of what came with the program, that it is to be verified."""
    if source.endswith(SHIPPED):
        return _("%(source)s; to be verified") % {"source": source.removesuffix(SHIPPED)}
    return source or "–"


def _for_whom(agenda: Agenda) -> str:
    said = str(agenda.get_setting_display()) if agenda.setting else _("All cells")
    return said if agenda.in_month is None else _("%(cells)s, month %(n)s") % {"cells": said, "n": agenda.in_month}


def _rules() -> list[tuple[str, str]]:
    """The rules of notice, the newest first, as terms and what they say."""
    found = NoticeRule.objects.order_by("-from_on")[:MOST]
    return [
        (
            _("From %(day)s") % {"day": day(each.from_on)},
            ngettext("%(n)s day before the meeting", "%(n)s days before the meeting", each.days) % {"n": each.days}
            + f" ({_source(each.source)})",
        )
        for each in found
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agenda(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """An agenda as it is laid down, to be changed from a day on; or one more, for some cells or a month."""
    now = clock.now()
    rights = _ruling(request, now.date())
    found = _find(pk) if pk is not None else None
    begun: dict[str, Any] = {"kind": Kind.REGULAR, "from_on": now.date()}
    lines = Lines([Line()])
    if found is not None:
        begun |= {"kind": found.kind, "setting": found.setting, "in_month": found.in_month}
        lines = Lines(
            [
                Line(each["text"]["vi"], each["kind"], str(each["minutes"] or ""), each["code"], each["text"]["en"])
                for each in found.items
            ]
        )
    if request.method != "POST":
        return _show(request, rights, AgendaForm(None, lines, initial=begun), found, now.date())
    typed = Lines.typed(request.POST)
    if "move" in request.POST:
        kept = {name: request.POST.get(name, "") for name in AgendaForm.base_fields}
        form = AgendaForm(None, typed.moved(request.POST["move"]), initial=kept)
        return _show(request, rights, form, found, now.date())
    form = AgendaForm(request.POST, typed)
    if form.is_valid():
        try:
            made = planning.lay_down_agenda(
                agenda=Agenda(items=form.items, **form.cleaned_data), by=request.user, at=now
            )  # fmt: skip
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("Agendas begin with these items from that day on."))
            return redirect("agenda", pk=made.pk)
    return _show(request, rights, form, found, now.date(), status=422)


def _show(
    request: HttpRequest, rights: Rights, form: AgendaForm, found: Agenda | None, today: date, status: int = 200
) -> HttpResponse:
    holds = found is not None and found.from_on <= today and (found.to_on is None or found.to_on > today)
    context = common(rights, "agendas") | {
        "crumbs": [Link(label=_("Agendas of meetings"), url=reverse("agendas"))],
        "agenda": found,
        "form": form,
        "lines": form.lines.lines,
        "kinds": ItemKind.choices,
        "can_add": len(form.lines.lines) < ITEMS,
        "action_url": reverse("agenda", args=[found.pk]) if found else reverse("agenda_new"),
        "can_end": holds and found is not None and bool(found.setting or found.in_month),
        "whom": _for_whom(found) if found else "",
    }
    return render(request, "agendas/agenda.html", context, status=status)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """An agenda of some cells or a month ended today."""
    now = clock.now()
    _ruling(request, now.date())
    try:
        planning.end_agenda(agenda=_find(pk), by=request.user, at=now)
        messages.success(request, _("It holds no more; the agenda for all cells is taken again."))
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect("agendas")


def _find(pk: int) -> Agenda:
    found = Agenda.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found
