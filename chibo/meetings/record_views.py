"""The conversation in which a meeting is recorded or corrected, and drafts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.formats import day as day_name
from chibo.core.formats import moment
from chibo.core.periods import Period
from chibo.core.repeated import knows_itself
from chibo.meetings import actions, devices, forms, policies, queries
from chibo.meetings.content import Content, content_of
from chibo.meetings.course_forms import CourseForm
from chibo.meetings.fields import month_asked
from chibo.meetings.lookup import Lookup
from chibo.meetings.models import Draft, Kind, Meeting
from chibo.meetings.point_forms import PROMPT, asked
from chibo.meetings.record_page import OUTBOX, SAVES, Page, milliseconds, near, uid_of
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of


def find_cell(request: HttpRequest, pk: int) -> tuple[Rights, Unit, list[Unit]]:
    """A cell whose meetings the user may record, and the units above it; otherwise 403 or 404."""
    rights = rights_of(request.user, clock.today())
    unit, above = find_unit(rights, pk, P.MEETING_RECORD)
    if not unit.is_cell:
        raise Http404
    return rights, unit, above


def find_meeting(unit: Unit, pk: int, **more: Any) -> Meeting:
    """A meeting of a unit, with who recorded and who withdrew it, and what `more` says of it; 404 if there is none."""
    found = Meeting.objects.select_related("unit", "recorded_by", "withdrawal__by").filter(unit=unit).annotate(**more)
    meeting = found.filter(pk=pk).first() if pk < 2**63 else None
    if meeting is None:
        raise Http404
    return meeting


@knows_itself
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """A meeting of a cell in short steps: facts, who attended, conclusions, points."""
    rights, unit, _above = find_cell(request, pk)
    today = clock.today()
    month, held_on, kind = _asked(request, unit, today)
    user: Any = request.user
    drafts = _drafts(unit, user) if request.method == "POST" else list(_drafts(unit, user))
    if request.method == "POST":
        typed: Mapping[str, Any] | None = request.POST.dict()
        if request.POST.get("update") == "spoke":
            typed = forms.all_spoke(request.POST)
        draft = None
    else:
        draft = _go_on(request, drafts, month, kind)
        typed = draft.content if draft else None
    if typed:
        held_on, kind = forms.day_of(str(typed.get("held_on", ""))) or held_on, typed.get("kind") or kind
        month = month_asked(str(typed.get("month", ""))) or month
    is_kept = typed is not None and ("agenda" in typed or request.method == "POST")
    asks_anew = ("update" in request.POST and "as_typed" not in request.POST) or not is_kept
    like = kind if kind in Kind.values else str(Kind.REGULAR)
    begins = queries.beginning(unit, like, month) if asks_anew else None
    notice = begins.notice if begins else None
    if typed is None and notice is not None:
        held_on = min(notice.on, today)
    begun: dict[str, Any] = {
        "uid": draft.uid if draft else uid_of(request.GET.get("draft", "")) or uuid4(),
        "version": 0,
        "kind": kind,
        "held_on": held_on,
        "month": str(Period.month_of(month)),
        "mode": "in_person",
        "prompt": PROMPT,
    }
    drafted = notice.conclusion if notice and typed is None else ""
    if notice and typed is None:
        begun |= {"mode": notice.mode, "topic": notice.topic, "conclusions": drafted}
    begun |= typed or {}

    def made(lookup: Lookup, *data: Any) -> forms.MeetingForm:
        """The form as records ask it, of what was typed."""
        roll = _roll(rights, lookup, held_on, kind, typed, None)
        course = _course(unit, held_on, typed, None, begins)
        points, by_sheet = _points(lookup, roll, held_on, kind, month, items=course.done, typed=typed)
        given: dict[str, Any] = {"unit": unit, "roll": roll, "course": course, "today": today} | points
        form = forms.MeetingForm(*data, initial=by_sheet | begun, month=near(unit, month, today), **given)
        if notice:
            said = _("The notice told %(day)s. If it was held on another day, say that one.") % {
                "day": day_name(notice.on)
            }
            form.explain("held_on", said)
        if drafted:
            form.explain("conclusions", _("As drafted before the meeting. Write what the meeting concluded."))
        return form

    page = Page(
        request, rights, unit, draft=draft,
        drafts=[draft] if draft else drafts, but=uid_of(request.POST.get("uid", "")),
    )  # fmt: skip
    if request.method != "POST" or "update" in request.POST:
        return page.show(made(Lookup(unit)))
    if "keep" in request.POST:
        return _keep_by_hand(request, page, made(Lookup(unit)))
    return _take(request, page, lambda lookup: made(lookup, typed))


class Unsound(Exception):
    """What was typed can't be recorded; the form says why."""


def _take(request: HttpRequest, page: Page, made: Callable[[Lookup], forms.MeetingForm]) -> HttpResponse:
    """Record what was typed. It is read once the cell is held, so form and action ask the records once."""
    read: list[forms.MeetingForm] = []

    def say(lookup: Lookup) -> actions.Said:
        form = made(lookup)
        read.append(form)
        if not page.is_sound(form):
            raise Unsound
        return actions.Said(form.cleaned_data["uid"], form.content(), form.cleaned_data["another"])

    try:
        meeting = actions.record_said(
            unit=page.unit, say=say, told=devices.told_in(request.POST), by=request.user, at=clock.now()
        )
    except Unsound:
        return page.show(read[0], status=422)
    except actions.Conflict as conflict:
        return page.show(read[0], status=409, stands=conflict.meeting, is_conflict=True)
    except actions.Another as another:
        read[0].add_error("another", _("Tick this if two regular meetings of this month were held."))
        return page.show(read[0], status=422, stands=another.meeting)
    except Denied as reason:
        read[0].add_error(None, str(reason))
        return page.show(read[0], status=422)
    text = _("Recorded. %(present)s present, %(excused)s excused, %(absent)s absent.") % read[0].content().marks
    return _go(request, meeting, text)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """A recorded meeting in the form it was recorded with, to be put right, with a reason."""
    rights, unit, _above = find_cell(request, pk)
    found, today = find_meeting(unit, meeting), clock.today()
    page = Page(request, rights, unit, meeting=found)
    try:
        policies.check_stands(found)
    except Denied as reason:
        return page.refuse(str(reason))
    recorded = content_of(found)
    typed = request.POST.dict() if request.method == "POST" else None
    held_on, kind = recorded.held_on, recorded.kind
    if typed is not None:
        held_on, kind = forms.day_of(str(typed.get("held_on", ""))) or held_on, typed.get("kind") or kind
    lookup = Lookup(unit)
    roll = _roll(rights, lookup, held_on, kind, typed, recorded)
    begun: dict[str, Any] = forms.typed_of(recorded) | {
        "uid": found.uid or uuid4(),
        "version": recorded.seal(found.version),
    }
    if typed is not None:
        begun |= typed
    month = month_asked(str(begun.get("month", ""))) or found.month
    given: dict[str, Any] = {"unit": unit, "roll": roll, "today": today, "month": found.month, "recorded": found}
    course = _course(unit, held_on, typed, recorded, None)
    points, by_sheet = _points(
        lookup, roll, held_on, kind, month, items=course.done, typed=typed, recorded=recorded, meeting=found
    )  # fmt: skip
    given, begun = given | points | {"course": course}, by_sheet | begun
    if request.method != "POST" or "update" in request.POST:
        return page.show(forms.MeetingForm(initial=begun, **given))
    form = forms.MeetingForm(typed, initial=begun, **given)
    if not page.is_sound(form):
        return page.show(form, status=422)
    said = form.cleaned_data
    try:
        found = actions.correct(
            meeting=found, seen=said["version"], content=form.content(), reason=said["reason"],
            another=said["another"], by=request.user, at=clock.now(),
        )  # fmt: skip
    except actions.Conflict as conflict:
        return page.show(form, status=409, stands=conflict.meeting, is_conflict=True)
    except actions.Another as another:
        form.add_error("another", _("Tick this if two regular meetings of this month were held."))
        return page.show(form, status=422, stands=another.meeting)
    except Denied as reason:
        form.add_error(None, str(reason))
        return page.show(form, status=422)
    return _go(request, found, _("Corrected. What it said before stays to be seen below."))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, pk: int, uid: UUID) -> HttpResponse:
    """What one has typed of a meeting so far: kept as one types, given back, thrown away."""
    _rights, unit, _above = find_cell(request, pk)
    user: Any = request.user
    if request.method != "POST":
        found = Draft.objects.filter(unit=unit, by=user, uid=uid).first()
        recorded = queries.recorded_like(unit, uid, month_asked(request.GET.get("month", "")), request.GET.get("kind"))
        answer = {"content": found.content if found else None, "now": milliseconds(clock.now())}
        answer |= {"saved": milliseconds(found.saved_at) if found else None, "is_recorded": recorded.is_it}
        return JsonResponse(answer | {"recorded": milliseconds(recorded.last) if recorded.last else None})
    if "drop" in request.POST:
        thrown = Draft.objects.filter(unit=unit, by=user, uid=uid).first()
        month = month_asked(str(thrown.content.get("month", ""))) if thrown else None
        actions.drop_draft(unit=unit, uid=uid, by=request.user)
        same = str(Period.month_of(month)) if month else None
        return redirect(address(reverse("meeting_record", args=[unit.pk]), month=same))
    typed = forms.typed_in(request.POST)
    if typed is None:
        return JsonResponse({"reason": _("This is too long to be kept as a draft.")}, status=413)
    try:
        kept = actions.keep_draft(unit=unit, uid=uid, content=typed, by=request.user, at=clock.now())
    except Denied as reason:
        return JsonResponse({"reason": str(reason)}, status=409)
    return JsonResponse({"saved": moment(kept.saved_at).rsplit(" ", 1)[-1], "at": milliseconds(kept.saved_at)})


def _asked(request: HttpRequest, unit: Unit, today: date) -> tuple[date, date, str]:
    """The month, day and kind to begin with: what the URL names, else the oldest month still to be recorded."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in Kind.values else str(Kind.REGULAR)
    month = month_asked(request.GET.get("month", "") or request.POST.get("month", ""))
    if month is None or near(unit, month, today) != month:
        month = queries.month_waiting(unit, today) if kind == Kind.REGULAR else today.replace(day=1)
    return month, min(today, Period.month_of(month).last_day), kind


def _roll(
    rights: Rights, lookup: Lookup, held_on: date, kind: str, typed: Mapping[str, Any] | None, recorded: Content | None
) -> forms.Roll:
    """The list of a day with what is typed or recorded; by code where the user may not see names."""
    roll = lookup.roll(held_on, kind)
    if not rights.scope(P.MEMBER_VIEW).covers(lookup.unit):
        roll = [replace(who, name=who.code) for who in roll]
    return forms.Roll.of(roll, typed, recorded)


def _course(
    unit: Unit, held_on: date, typed: Mapping[str, Any] | None, recorded: Content | None,
    begins: queries.Beginning | None,
) -> CourseForm:  # fmt: skip
    """The rows of the meeting's course; an agenda is offered where it is not the one that was typed into."""
    agenda = begins.agenda(held_on) if begins else None
    if typed is not None and agenda is not None and typed.get("agenda") == agenda.key:
        agenda = None

    def in_charge(known: set[int]) -> dict[int, str]:
        found = begins.in_charge(held_on) if begins else queries.in_charge_on(unit, held_on)
        if others := known - set(found):
            found |= Person.objects.in_bulk(others)
        return {pk: each.full_name for pk, each in found.items()}

    return CourseForm(typed=typed, recorded=recorded, held_on=held_on, agenda=agenda, in_charge=in_charge)


def _points(
    lookup: Lookup, roll: forms.Roll, day: date, kind: str, month: date, **said: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form needs to ask for points, and what it begins with."""
    must = frozenset(row.who.person for row in roll.rows if row.who.must)
    marks = {row.who.person: row.state for row in roll.rows if row.state}
    return asked(lookup, day, kind, month, must=must, marks=marks, spoke=roll.speakers, **said)


def _drafts(unit: Unit, user: Any) -> Iterator[Draft]:
    """What a user has typed in a cell and not recorded, the newest first; asked for as soon as the first is wanted."""
    yield from Draft.objects.filter(unit=unit, by=user).order_by("-saved_at", "-pk")


def _go_on(request: HttpRequest, drafts: Iterable[Draft], month: date, kind: str) -> Draft | None:
    """The draft a page goes on with: the one its address names, else the one of the meeting that is to be recorded."""
    if "draft" in request.GET:
        uid = uid_of(request.GET["draft"])
        return next((each for each in drafts if each.uid == uid), None)
    same = {"month": str(Period.month_of(month)), "kind": kind}
    return next((each for each in drafts if same.items() <= each.content.items()), None)


def _keep_by_hand(request: HttpRequest, page: Page, form: forms.MeetingForm) -> HttpResponse:
    """Keep a draft for someone whose browser does not do it by itself."""
    uid, typed = uid_of(request.POST.get("uid", "")), forms.typed_in(request.POST)
    if uid is None or typed is None:
        messages.error(request, _("This is too long to be kept as a draft."))
        return page.show(form, status=422)
    try:
        actions.keep_draft(unit=page.unit, uid=uid, content=typed, by=request.user, at=clock.now())
    except Denied as reason:
        messages.error(request, str(reason))
        return page.show(form, status=409)
    messages.success(request, _("Kept as a draft. Nothing is recorded yet."))
    return redirect(address(reverse("meeting_record", args=[page.unit.pk]), draft=uid))


def _go(request: HttpRequest, meeting: Meeting, text: str) -> HttpResponse:
    """On to the meeting's page, which says what was done and when the figures follow."""
    if request.headers.get(SAVES) != OUTBOX:  # the device itself tells what has arrived
        messages.success(request, text)
    url = address(reverse("meeting", args=[meeting.unit_id, meeting.pk]), saved=1)
    return JsonResponse({"url": url}) if request.headers.get(SAVES) else redirect(url)
