"""A meeting's own page, its withdrawal, a month without one, and whether figures have followed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.committees.queries import places_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, moment, number, percent, period_name
from chibo.core.formats import day as day_name
from chibo.core.periods import Period
from chibo.indicators.queries import changed_below, is_updating
from chibo.meetings import actions, course_page, devices, forms, policies, queries
from chibo.meetings.changes import changes_of
from chibo.meetings.competence import is_in_charge
from chibo.meetings.fields import month_asked
from chibo.meetings.models import SCORED, Attendance, Meeting, Mode, NoMeeting, State
from chibo.meetings.record_views import find_cell, find_meeting
from chibo.meetings.registry import ways_of
from chibo.meetings.score_page import scored
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

MARKS = {State.PRESENT: Mark.MET, State.EXCUSED: Mark.NEAR, State.ABSENT: Mark.MISSED}


@login_required
@require_safe
def meeting(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """What is recorded of a meeting, what it said before, and whether it counts.

    Who may open only the meetings of their own cell reads its conclusions and how many came; of marks, their own alone.
    A preparatory one is the committee's own.
    """
    user: Any = request.user
    today = clock.today()
    rights = rights_of(user, today)
    unit, above = find_meetings(rights, pk)
    found = find_meeting(unit, meeting, is_updating=changed_below(unit.path))
    if not policies.reads(rights, user, unit, found, today):
        raise Http404
    whole = rights.scope(P.MEETING_VIEW).covers(unit)
    places: dict[int, Unit] = {}
    looked_for: set[int] = set()

    def named(people: Iterable[int]) -> set[int]:
        """Of people those whom the reader may see by name where they are now."""
        seen, asked = rights.scope(P.MEMBER_VIEW), set(people)
        if new := asked - looked_for:
            looked_for.update(new)
            places.update(places_of(new, today))
        return {pk for pk in asked & places.keys() if seen.covers(places[pk])}

    rows = list(found.attendance.select_related("person").order_by("person__sort_key", "person_id"))
    shown = rows if whole else [row for row in rows if row.person.user_id == user.pk]
    page = scored(unit, found, rows, today)
    records = unit.is_cell and rights.scope(P.MEETING_RECORD).covers(unit)
    course = course_page.shown(
        page.course, rows, named if whole else None, user, is_own=records,
        opens_cases=rights.scope(P.CASE_VIEW).covers(unit),
    )  # fmt: skip
    withdrawal = getattr(found, "withdrawal", None)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "meeting": found,
        "title": title_of(found),
        "withdrawal": withdrawal,
        "facts": facts_of(found),
        "attendance": _attendance(shown, named(row.person_id for row in rows) if whole else None),
        "summary": summary_of(rows),
        "course": course,
        "scores": page.shown,
        "state": page.state if whole or page.state is None else page.state.plain,
        "is_returned": records and page.is_returned,
        "confirm_url": _confirm_url(rights, user, unit, found, today) if page.waits else "",
        "is_scored": found.kind in SCORED,
        "corrections": changes_of(found, rows, page.scores, course.course, named) if whole else [],
        "may_change": records and withdrawal is None,
        "further": ways_of(rights, user, unit, found),
        "is_updating": found.is_updating,  # type: ignore[attr-defined]
        "just_saved": "saved" in request.GET,
        "updating_url": reverse("updating", args=[unit.pk]),
    }
    return render(request, "meetings/meeting.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """Say why a recorded meeting is to count no more."""
    rights, unit, above = find_cell(request, pk)
    found = find_meeting(unit, meeting)
    url = reverse("meeting", args=[unit.pk, found.pk])
    form = forms.ReasonForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data["reason"]
            actions.withdraw(meeting=found, reason=said, by=request.user, at=clock.now())
            messages.success(request, _("Withdrawn. It counts in no figure any more."))
            return redirect(f"{url}?saved=1")
        policies.check_stands(found)
    except Denied as reason:
        messages.error(request, str(reason))
        return redirect(url)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "form": form,
        "title": title_of(found),
        "facts": facts_of(found),
        "url": url,
    }
    return render(request, "meetings/withdraw.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def none_held(request: HttpRequest, pk: int) -> HttpResponse:
    """No meeting this month, because ..."""
    rights, unit, above = find_cell(request, pk)
    today = clock.today()
    months = [each for each in queries.months_until(today, 13) if each >= unit.founded_on.replace(day=1)]
    asked = month_asked(request.GET.get("month", ""))
    if asked and asked not in months and unit.founded_on.replace(day=1) <= asked <= today:
        months.append(asked)
    chosen = asked if asked in months else queries.month_waiting(unit, today)
    known = NoMeeting.objects.filter(unit=unit, month=chosen).first() if asked == chosen else None
    before = known.reason if known else ""
    form = forms.NoMeetingForm(
        request.POST if request.method == "POST" else None,
        initial={"month": str(Period.month_of(chosen)), "reason": before, "seen": before},
        months=months,
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.say_none(unit=unit, **said, by=request.user, at=clock.now())
        except Denied as reason:
            form.add_error("month", str(reason))
        else:
            named = period_name(Period.month_of(said["month"]))
            messages.success(
                request, _("Noted: no meeting for %(month)s. The month counts as missed.") % {"month": named}
            )
            return redirect("desk")
    context = common(rights, "desk") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "form": form,
        "known": known,
        "record_url": address(reverse("meeting_record", args=[unit.pk]), month=Period.month_of(chosen)),
    }
    return render(request, "meetings/none.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def updating(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether figures still follow: nothing new while they do; then a word, or with `?then=refresh` the page anew."""
    rights = rights_of(request.user, clock.today())
    unit, _above = find_unit(rights, pk, P.UNIT_VIEW)
    still = is_updating(unit.path)
    if still and getattr(request, "htmx", False):
        return HttpResponse(status=204)
    context = {
        "is_updating": still,
        "url": request.get_full_path(),
        "unit_url": reverse("unit", args=[unit.pk]),
    }
    response = render(request, "components/updating.html", context)
    if not still and request.GET.get("then") == "refresh":
        response.headers["HX-Refresh"] = "true"
    return response


def find_meetings(rights: Rights, pk: int) -> tuple[Unit, list[Unit]]:
    """A unit whose meetings the user may open, all that is in them or what concerns a member; otherwise 403 or 404."""
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    if not any(rights.scope(permission).covers(unit) for permission in (P.MEETING_VIEW, P.MEETING_OWN)):
        raise PermissionDenied
    return unit, above


def _confirm_url(rights: Rights, user: Any, unit: Unit, found: Meeting, today: date) -> str:
    """Where who works for the committee above, or is in charge of the cell, judges the score. A query at most."""
    over = rights.scope(P.SCORE_CONFIRM)
    line = Unit(path=unit.path.rstrip("/").rpartition("/")[0] + "/")
    if rights.scope(P.MEETING_RECORD).covers(unit):
        return ""
    if (over.covers(line) and line.path != "/") or is_in_charge(user, unit, today):
        return reverse("meeting_confirm", args=[unit.pk, found.pk])
    return ""


def title_of(found: Meeting) -> str:
    said = {"kind": found.get_kind_display(), "month": period_name(Period.month_of(found.month))}
    return _("%(kind)s, %(month)s") % said


def facts_of(found: Meeting) -> list[tuple[str, str]]:
    """What is known of it; what isn't is left out."""
    facts = [(_("Held on"), day_name(found.held_on)), (_("For the month"), period_name(Period.month_of(found.month)))]
    if found.mode:
        facts.append((_("How"), str(Mode(found.mode).label)))
    if found.duration_min is not None:
        facts.append((_("Duration"), _("%(n)s minutes") % {"n": number(found.duration_min)}))
    if found.topic:
        facts.append((_("Topic"), found.topic))
    if found.recorded_by and found.recorded_at:
        by = {"name": found.recorded_by, "when": moment(found.recorded_at)}
        facts.append((_("Recorded"), _("by %(name)s on %(when)s") % by))
    else:
        facts.append((_("Recorded"), _("loaded from a workbook")))
    facts += devices.facts_of(found)
    facts.append((_("Code"), found.code))
    return facts


def _attendance(rows: list[Attendance], named: set[int] | None) -> Table:
    """Everyone marked, with the mark in words and why; by code who is not among those named. None: oneself alone."""

    def who(row: Attendance) -> Cell:
        if named is None or row.person_id in named:
            return Cell(text=row.person.full_name, lang="vi")
        return Cell(text=row.person.code)

    return Table(
        caption=_("Attendance"),
        caption_hidden=True,
        columns=[Column(label=_("Member")), Column(label=_("Mark"))],
        rows=[
            [
                who(row),
                Cell(text=row.get_state_display(), mark=MARKS[State(row.state)], mark_word=None, note=row.reason),
            ]
            for row in rows
        ],
        empty=_("Nobody was marked.") if named is not None else _("You were not marked at this meeting."),
    )


def summary_of(rows: list[Attendance]) -> str:
    """How many were marked how, and the share present of all marked."""
    states = [row.state for row in rows]
    said = {state: count(states.count(state)) for state in State.values}
    line = _("%(present)s present, %(excused)s excused, %(absent)s absent") % said
    return f"{line}: {percent(Fraction(states.count(State.PRESENT), len(states)))}" if states else line
