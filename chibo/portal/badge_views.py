"""Badges of Party age: who under a unit is due, by award day; recording that one was awarded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Pager, Table
from chibo.core.fields import DayField
from chibo.core.formats import day
from chibo.core.periods import Period
from chibo.members import badges, lives
from chibo.members.badges import Asked, Due
from chibo.members.models import Way
from chibo.members.queries import place_on, stays_of
from chibo.organizations.frame import common, of_unit
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

ROWS = 50
LATE, EARLY, POSTHUMOUS = "late", "early", "posthumous"


@login_required
@require_safe
def unit_badges(request: HttpRequest, pk: int) -> HttpResponse:
    """Members under a unit who are due for a badge: by the next award days, late, early, after their death."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    days, before = badges.award_days(today), badges.award_day_before(today)
    lists = {each.isoformat(): day(each) for each in days}
    lists |= {LATE: _("Late"), EARLY: _("Early"), POSTHUMOUS: _("After death")}
    which = request.GET.get("due", "")
    which = which if which in lists else next(iter(lists))
    here = reverse("unit_badges", args=[pk])
    below = unit.path.startswith(rights.scope(P.MEMBER_VIEW).subtrees)
    asked = Asked(path=unit.path, day=today, below=below, after=after_asked(request, str, int), size=ROWS + 1)
    found = _found(asked, which, days, before or date.min)
    more, found = found[ROWS:], found[:ROWS]
    key = after_key([found[-1].sort_key, found[-1].pk]) if more else ""
    context = of_unit(rights, unit, above, "unit_members", Period(today.year - 1, "year", 1), is_chosen=False) | {
        "which": [
            Link(label=label, url=address(here, due=name), current=name == which) for name, label in lists.items()
        ],
        "said": _said(which),
        "table": _table(rights, found, which),
        "pager": Pager(
            next_url=address(here, due=which, after=key) if key else "",
            first_url=address(here, due=which) if "after" in request.GET else "",
        ),
    }
    return render(request, "portal/badges.html", context)


def _found(asked: Asked, which: str, days: list[date], before: date) -> list[Due]:
    if which == LATE:
        return asked.due(before)
    if which == EARLY:
        return asked.early()
    if which == POSTHUMOUS:
        return asked.posthumous()
    until = date.fromisoformat(which)
    return asked.due(until, days[days.index(until) - 1] if until != days[0] else before)


def _said(which: str) -> str:
    """What the list is of."""
    return {
        LATE: _("Their years were full by the last award day, and no badge is recorded."),
        EARLY: _("Whoever of them is gravely ill may be given the badge now."),
        POSTHUMOUS: _("They died when the years were full or nearly so: the family may be given the badge."),
    }.get(which, _("Their years are full by this day, and were not by the award day before."))


def _table(rights: Rights, found: list[Due], which: str) -> Table:
    acts = rights.scope(P.CASE_ACT)
    opens = rights.scope(P.UNIT_VIEW)
    way = which if which in Way.values else ""
    rows = []
    for each in found:
        cell = Unit(path=each.cell_path)
        record = address(reverse("award_badge", args=[each.pk]), years=each.years, way=way)
        rows.append(
            [
                Cell(text=each.full_name, url=reverse("member", args=[each.pk]), lang="vi", note=each.code),
                Cell(
                    text=each.cell_name, lang="vi",
                    url=reverse("unit_members", args=[each.cell_pk]) if opens.covers(cell) else "",
                ),
                Cell(text=str(each.years)),
                Cell(text=day(each.full_on)),
                Cell(text=_("Record the award"), url=record) if acts.covers(cell) else Cell(text=""),
            ]
        )  # fmt: skip
    heads = [
        Column(label=_("Name")), Column(label=_("Cell")), Column(label=_("Badge, years"), number=True),
        Column(label=_("Years full on"), nowrap=True), Column(label=_("What to do"), nowrap=True),
    ]  # fmt: skip
    return Table(
        caption=_("Badges"), caption_hidden=True, columns=heads, rows=rows, stacks=True,
        empty=_("Nobody here is due for a badge in this list."),
    )  # fmt: skip


class AwardForm(forms.Form):
    """A badge that was awarded."""

    years = forms.TypedChoiceField(
        label=gettext_lazy("Badge, years"),
        coerce=int,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
    )
    awarded_on = DayField(label=gettext_lazy("Awarded on"))
    decided_on = DayField(label=gettext_lazy("Decided on"), required=False)
    decision = forms.CharField(label=gettext_lazy("Decision"), max_length=500, required=False)
    number = forms.CharField(label=gettext_lazy("Number of the badge"), max_length=100, required=False)
    way = forms.ChoiceField(
        label=gettext_lazy("How"), choices=Way.choices,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
    )  # fmt: skip

    def __init__(self, *args: Any, years: list[int], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["years"].choices = [(each, each) for each in years]  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def award_badge(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a member was awarded a badge."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    seen = rights.scope(P.MEMBER_VIEW)
    stays = stays_of(pk) if seen and pk < 2**63 else []
    if not stays or not seen.covers(place_on(stays, now.date()).cell):
        raise Http404
    person, cell = stays[0].membership.person, place_on(stays, now.date()).cell
    if not rights.scope(P.CASE_ACT).covers(cell):
        raise PermissionDenied
    before = badges.award_day_before(now.date() + timedelta(days=1))
    begun = {"years": request.GET.get("years"), "way": request.GET.get("way") or Way.IN_TIME, "awarded_on": before}
    grades = [each.years for each in badges.grades(now.date())]
    form = AwardForm(request.POST if request.method == "POST" else None, years=grades, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            made = lives.award_badge(person=person, **form.cleaned_data, by=request.user, at=now)
        except Denied as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            said = _("The badge of %(years)s years of %(name)s is recorded.")
            messages.success(request, said % {"years": made.years, "name": person.full_name})
            return redirect("member", pk=pk)
    context = common(rights, "members") | {
        "person": person,
        "form": form,
        "crumbs": [Link(label=person.full_name, url=reverse("member", args=[pk]))],
        "back": reverse("member", args=[pk]),
    }
    return render(request, "portal/award_badge.html", context, status=422 if form.errors else 200)
