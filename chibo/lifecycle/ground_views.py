"""Grounds for the removal of names: who of a unit is under one by the records; what a cell noted of a member."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Item, Link, Pager, Table
from chibo.core.formats import count, day, period_name
from chibo.core.periods import Period
from chibo.lifecycle import actions, queries
from chibo.lifecycle.alerts import REMOVAL, Alert, Told, alerts
from chibo.lifecycle.forms import NoteForm, StrikeForm
from chibo.lifecycle.models import Note
from chibo.lifecycle.views import find_seen
from chibo.organizations.frame import common, of_unit, person_tabs, unit_cell
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

PAGE = 50
MONTHS = 6  # named one by one


@login_required
@require_safe
def unit_grounds(request: HttpRequest, pk: int) -> HttpResponse:
    """The members of a unit and those under it whom the records put under a ground, by name."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.CASE_VIEW)
    after = after_asked(request, str, int)
    found = alerts(unit, rights.scope(P.CASE_VIEW), today, PAGE + 1, after)
    more, found = found[PAGE:], found[:PAGE]
    base = reverse("unit_grounds", args=[pk])
    begins = queries.cells_to_begin(REMOVAL, [each.cell for each in found], rights, today)
    items = [_item(each, rights, is_cell=unit.is_cell, begins=each.cell.pk in begins) for each in found]
    context = of_unit(rights, unit, above, "unit_cases", period_asked(request, today), is_chosen=False) | {
        "items": items,
        "members_url": reverse("unit_members", args=[pk]) if rights.scope(P.MEMBER_VIEW).covers(unit) else "",
        "pager": Pager(
            first_url=base if after else "",
            next_url=address(base, after=after_key([found[-1].sort_key, found[-1].person])) if more else "",
            note=ngettext("%(n)s member on this page", "%(n)s members on this page", len(items))
            % {"n": count(len(items))},
        ),
    }
    return render(request, "lifecycle/grounds.html", context)


def _item(alert: Alert, rights: Rights, *, is_cell: bool, begins: bool) -> Item:
    """A member with what is told of them, each with the way to its records; then the case, or the way to begin it."""
    ways = [way for told in alert.told if (way := _record(alert, told, rights)).url]
    url = reverse("member_cases", args=[alert.person])
    if alert.case is not None:
        ways.append(Link(label=_("The removal under way"), url=reverse("case", args=[alert.case])))
    elif begins:
        ground = alert.told[0].ground
        ways.append(
            Link(
                label=_("Begin: removal of name"),
                url=address(reverse("begin_case", args=[alert.person, REMOVAL]), ground=ground),
            )
        )
    place = "" if is_cell else unit_cell(rights.scope(P.UNIT_VIEW), alert.cell, None).text
    return Item(
        title=alert.name, url=url, text="; ".join(map(said, alert.told)), when=place,
        ways=list({(str(way.label), way.url): way for way in ways}.values()),
    )  # fmt: skip


def _record(alert: Alert, told: Told, rights: Rights) -> Link:
    """The way to the records of what is told; empty where the reader may not open them."""
    sees = rights.scope(P.MEMBER_VIEW).covers(alert.cell)
    if told.sort == "note":
        return Link(label=_("The note"), url=reverse("member_grounds", args=[alert.person]))
    ways = {
        "absent": (_("Meetings"), "member", alert.person),
        "owing": (_("Dues"), "member_dues", alert.person),
        "help": (_("Screening"), "screened", told.record),
        "removal": (_("Screening"), "screened", told.record),
    }
    label, name, pk = ways[told.sort]
    return Link(label=label, url=reverse(name, args=[pk]) if sees and pk is not None else "")


def said(told: Told) -> str:
    """What is told of a member, in words."""
    if told.sort == "note":
        return _("%(ground)s: %(text)s (%(day)s)") % {
            "ground": told.ground.label, "text": told.text, "day": day(told.on),
        }  # fmt: skip
    if told.sort == "help":
        return _("Help since the screening should have come to an end on %(day)s") % {"day": day(told.on)}
    if told.sort == "removal":
        return _("Proposed for removal when the cell screened its members")
    words = (
        ngettext(
            "Absent without a reason in %(n)s month: %(months)s",
            "Absent without a reason in %(n)s months: %(months)s",
            len(told.months),
        )
        if told.sort == "absent"
        else ngettext(
            "No dues without a reason for %(n)s month: %(months)s",
            "No dues without a reason for %(n)s months: %(months)s",
            len(told.months),
        )
    )
    named = ", ".join(period_name(Period.month_of(month)) for month in told.months[-MONTHS:])
    return words % {"n": count(len(told.months)), "months": named}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_grounds(request: HttpRequest, pk: int) -> HttpResponse:
    """What was noted of a member as a ground; who acts on their cases notes it, and takes out what was a mistake."""
    now = clock.now()
    today = now.date()
    rights, person, place = find_seen(request, pk, today)
    may = rights.scope(P.CASE_ACT).covers(place)
    if request.method == "POST" and not may:
        raise PermissionDenied
    notes = list(Note.objects.filter(person=person).select_related("by").order_by("-on", "-pk"))
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = NoteForm(request.POST if act == "note" else None, initial={"on": today})
    strike = StrikeForm([note for note in notes if not note.struck_because], request.POST if act == "strike" else None)
    chosen: Any = {"note": form, "strike": strike}.get(act)
    if chosen is not None and chosen.is_valid():
        try:
            if act == "note":
                actions.note_ground(person=person, **form.cleaned_data, by=request.user, at=now)
                messages.success(request, _("Noted."))
            else:
                note = strike.notes[strike.cleaned_data["note"]]
                actions.strike_ground(note=note, because=strike.cleaned_data["because"], by=request.user, at=now)
                messages.success(request, _("The note counts no more."))
            return redirect("member_grounds", pk=pk)
        except Denied as error:
            chosen.add_error(None, str(error))
    context = common(rights, "members") | {
        "person": person,
        "place": place,
        "crumbs": [
            Link(label=_("Members"), url=reverse("members")),
            Link(label=place.name, url=reverse("unit_members", args=[place.pk])),
        ],
        "tabs": person_tabs(rights, pk, place, "member_cases"),
        "table": _notes(notes),
        "may": may,
        "form": form,
        "strike": strike,
        "act": act,
        "begin_url": reverse("begin_case", args=[pk, REMOVAL])
        if queries.cells_to_begin(REMOVAL, [place], rights, today)
        else "",
    }
    return render(request, "lifecycle/notes.html", context, status=422 if act else 200)


def _notes(notes: list[Note]) -> Table:
    rows = [
        [
            Cell(text=note.get_ground_display(), note=note.text),
            Cell(text=day(note.on)),
            Cell(text=str(note.by) if note.by else _("the system"), note=day(localdate(note.at))),
            Cell(text=_("taken out: %(why)s") % {"why": note.struck_because} if note.struck_because else _("counts")),
        ]
        for note in notes
    ]
    columns = [
        Column(label=_("Ground"), wide=True), Column(label=_("On"), nowrap=True), Column(label=_("Noted by")),
        Column(label=_("How it stands")),
    ]  # fmt: skip
    return Table(
        caption=_("What was noted"), caption_hidden=True, columns=columns, rows=rows, stacks=True,
        empty=_("Nothing was noted of this member."),
    )  # fmt: skip
