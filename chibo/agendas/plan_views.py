"""The plan of a cell's year on one page: its days, its topics, what is handed down; and the day it meets on."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.agendas import planning, queries
from chibo.agendas.forms import RhythmForm
from chibo.agendas.models import DayOff, HandedTopic, Topic
from chibo.agendas.prepare_views import find_cell
from chibo.agendas.topic_views import of_committee
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.fields import LineField
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.organizations.frame import common, crumbs_of, of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of


def _year_asked(request: HttpRequest, today: date) -> int:
    """The year a URL names, from three years ago to the next; the running one if it names none."""
    text = request.GET.get("year", "")
    years = {str(year): year for year in range(today.year - 3, today.year + 2)}
    return years.get(text, today.year)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """The year of a cell: its days, its topics, what is handed down to it; of a committee what it hands down."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    year = _year_asked(request, today)
    may = rights.scope(P.MEETING_RECORD).covers(unit) and today.year <= year <= today.year + 1
    base = reverse("unit_year", args=[pk])
    years = [
        Link(label=str(each), url=address(base, year=each), current=each == year)
        for each in range(today.year - 1, today.year + 2)
    ]
    if not unit.is_cell:
        return of_committee(request, rights, unit, above, year, years, now)
    known = queries.topics_of(unit, year)
    handed = list(queries.handed_to(unit, date(year, 1, 1), date(year, 12, 31)))
    typed: dict[int, str] = {}
    wrong: dict[int, str] = {}
    status, refused = 200, ""
    if request.method == "POST":
        if not may:
            return redirect(address(base, year=year))
        typed, wrong = _typed(request.POST)
        if not wrong:
            try:
                _save(request, unit, year, typed, handed, now)
            except Denied as denied:
                refused = str(denied)
            else:
                messages.success(request, _("The plan is kept."))
                return redirect(address(base, year=year))
        status = 422
    rhythm = queries.rhythm_on(unit, max(today, date(year, 1, 1)))
    months = [date(year, n, 1) for n in range(1, 13)]
    days = queries.planned_days(rhythm, months) if rhythm else []
    context = of_unit(rights, unit, above, "unit_meetings", Period(year, "year", 1), is_chosen=False) | {
        "ways": ways_of(rights, unit, "unit_year"),
        "year": str(year),
        "years": years,
        "may": may,
        "rhythm": rhythm,
        "rhythm_url": reverse("unit_rhythm", args=[pk]) if rights.scope(P.MEETING_RECORD).covers(unit) else "",
        "quarters": _quarters(months, days, known, handed, typed, wrong),
        "refused": refused,
    }
    return render(request, "agendas/plan.html", context, status=status)


def _typed(data: Any) -> tuple[dict[int, str], dict[int, str]]:
    """The topics of a form by month, and what is wrong with them."""
    typed, wrong, field = {}, {}, LineField(required=False)
    for n in range(1, 13):
        if f"topic_{n}" in data:
            typed[n] = str(data[f"topic_{n}"])
            try:
                typed[n] = field.clean(typed[n])
            except ValidationError as error:
                wrong[n] = " ".join(error.messages)
    return typed, wrong


def _save(
    request: HttpRequest, unit: Any, year: int, typed: dict[int, str], handed: list[HandedTopic], now: Any
) -> None:
    """Keep a plan; a text that is one handed down for its quarter takes that up."""
    texts = {(each.quarter.month, each.topic.casefold()): each.pk for each in handed}
    topics = {
        n: (text, texts.get(((n - 1) // 3 * 3 + 1, text.casefold()))) for n, text in typed.items()
    }  # fmt: skip
    seen = {n: str(request.POST.get(f"seen_{n}", "")) for n in typed}
    planning.plan_year(unit=unit, year=year, seen=seen, topics=topics, by=request.user, at=now)


def _quarters(
    months: list[date],
    days: list[date],
    known: dict[date, Topic],
    handed: list[HandedTopic],
    typed: dict[int, str],
    wrong: dict[int, str],
) -> list[dict[str, Any]]:
    """The four quarters with what is handed down for them and whether it is taken up, and their months."""
    taken = {each.handed_id for each in known.values()}
    found = []
    for number in range(4):
        rows = []
        for month in months[number * 3 : number * 3 + 3]:
            there = known.get(month)
            n = month.month
            rows.append(
                {
                    "n": n,
                    "name": period_name(Period.month_of(month)),
                    "day": day(days[n - 1]) if days else "",
                    "topic": typed.get(n, there.topic if there else ""),
                    "seen": there.topic if there else "",
                    "above": there.handed.unit.name if there and there.handed else "",
                    "wrong": wrong.get(n, ""),
                }
            )
        quarter = Period(months[0].year, "quarter", number + 1)
        found.append(
            {
                "name": period_name(quarter),
                "handed": [(each, each.pk in taken) for each in handed if each.quarter == quarter.first_day],
                "months": rows,
            }
        )
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rhythm(request: HttpRequest, pk: int) -> HttpResponse:
    """The day of the month on which a cell meets, from a day on."""
    rights, unit, _above = find_cell(request, pk)
    now = clock.now()
    known = queries.rhythm_on(unit, now.date())
    begun: dict[str, Any] = {"off": DayOff.STAY, "from_on": now.date()}
    if known is not None:
        begun |= {"day": known.day, "off": known.off, "at_time": known.at_time, "place": known.place}
    form = RhythmForm(request.POST if request.method == "POST" else None, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            planning.lay_down(unit=unit, rhythm=form.rhythm(), by=request.user, at=now)
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("The cell meets on this day of every month."))
            return redirect("unit_year", pk=pk)
    context = common(rights, "units") | {
        "unit": unit, "crumbs": crumbs_of(rights, [unit]), "form": form, "known": known,
    }  # fmt: skip
    return render(request, "agendas/rhythm.html", context, status=422 if form.errors else 200)
