"""Resolutions of a cell: one issued, one read, all of them with what became of their tasks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day, period_name
from chibo.core.periods import Period
from chibo.meetings import policies as may_open
from chibo.meetings.course import CONCLUSION, rows_of
from chibo.meetings.models import Kind, Meeting
from chibo.meetings.queries import roll_on
from chibo.meetings.record_views import find_cell, find_meeting
from chibo.meetings.views import find_meetings
from chibo.members.models import Person, Post, PostKind
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.papers.sending import file_answer
from chibo.resolutions import forms, policies, printing, queries, resolving
from chibo.resolutions.models import Resolution, Task
from chibo.resolutions.views import frame, title_of

SIZE = 30
ROWS = 3  # tasks that a form begins with
MARKS = {
    Task.State.OPEN: Mark.NONE, Task.State.SAID: Mark.NEAR, Task.State.DONE: Mark.MET, Task.State.DROPPED: Mark.NONE,
}  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """A resolution of a meeting as it was adopted, with its tasks; the number is given when it is issued."""
    rights, unit, above = find_cell(request, pk)
    found = find_meeting(unit, meeting)
    url = reverse("meeting", args=[unit.pk, found.pk])
    if found.kind == Kind.COMMITTEE:
        raise Http404
    try:
        policies.check_stands(found)
    except Denied as reason:
        messages.error(request, str(reason))
        return redirect(url)
    posted = request.POST if request.method == "POST" else None
    people = _people(found)
    earlier = list(found.resolutions.order_by("pk").values_list("by", flat=True))
    voted, noted = ({}, []) if posted is not None or earlier else _said_at(found)
    of_month = {"month": period_name(Period.month_of(found.month))}
    begun = {
        "seen": len(earlier),
        "votes_for": 0 if posted is not None or voted else queries.voters_at(found),
        "votes_against": 0,
        "body": found.conclusions,
        "title": found.topic or _("On the tasks after the meeting of %(month)s") % of_month,
    } | voted
    form = forms.ResolutionForm(posted, initial=begun)
    if posted is None and not voted:  # all who may vote stand there for those who did
        form.tell_uncounted()
    rows = max(_rows(request), len(noted))
    tasks = [
        forms.TaskForm(posted, prefix=f"t{n}", people=people, initial=noted[n - 1] if n <= len(noted) else None)
        for n in range(1, rows + 1)
    ]
    if posted is not None and "more" not in posted:
        sound = all([form.is_valid(), *(each.is_valid() for each in tasks)])
        if sound and (issued := _issue(request, found, form, tasks)):
            messages.success(request, _("Issued as %(code)s.") % {"code": issued.code})
            return redirect("resolution", pk=unit.pk, resolution=issued.pk)
    elif posted is not None:
        form, tasks = _as_typed(form, tasks, posted)
    context = frame(rights, unit, above) | {
        "form": form,
        "tasks": tasks,
        "rows": rows,
        "may_more": rows < forms.TASKS,
        "of_meeting": title_of(found),
        "meeting_url": url,
        "kept_as": f"chibo:{request.user.pk}:resolution:{found.pk}",
        "seen": begun["seen"],
        "is_typed": posted is not None,
        "is_mine": bool(earlier) and earlier[-1] == request.user.pk,
    }
    wrong = posted is not None and "more" not in posted
    return render(request, "resolutions/issue.html", context, status=422 if wrong else 200)


def _said_at(meeting: Meeting) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The votes on the conclusion and the tasks as they were noted at a meeting: with them a resolution begins."""
    course = rows_of(meeting.pk)
    counted = [each for each in course["items"] if each.code == CONCLUSION and each.how]
    votes = {"votes_for": counted[-1].votes_for, "votes_against": counted[-1].votes_against} if counted else {}
    tasks = [
        {"what": each.what, "due_on": each.due_on, "who": [str(each.person_id or forms.TaskForm.COMMITTEE)]}
        for each in course["noted"]
    ]
    return votes, tasks


def _rows(request: HttpRequest) -> int:
    """How many tasks the form has room for."""
    told = request.POST.get("rows", "")
    rows = int(told) if told.isascii() and told.isdigit() and len(told) < 4 else ROWS
    return max(1, min(forms.TASKS, rows + 2 * ("more" in request.POST)))


def _as_typed(form: Any, tasks: list[forms.TaskForm], posted: Any) -> tuple[Any, list[forms.TaskForm]]:
    """The forms with what was typed, and no word on what is missing yet."""
    shown = forms.ResolutionForm(initial={name: posted.get(name, "") for name in form.fields})
    rows = []
    for each in tasks:
        typed: dict[str, Any] = {name: posted.get(each.add_prefix(name), "") for name in ("what", "measure", "due_on")}
        typed["who"] = posted.getlist(each.add_prefix("who"))
        rows.append(forms.TaskForm(initial=typed, prefix=each.prefix, people=list(each.people.values())))
    return shown, rows


def _people(meeting: Meeting) -> list[Person]:
    """Whom a resolution can give something to do: those of the cell on the day of the meeting."""
    roll = roll_on(meeting.unit, meeting.held_on)
    return [Person(pk=each.person, full_name=each.name) for each in roll if not each.guest]


def _issue(
    request: HttpRequest, meeting: Meeting, form: forms.ResolutionForm, tasks: list[forms.TaskForm]
) -> Resolution | None:
    """Issue it; None where the form says why not."""
    said = form.cleaned_data
    of = [each for each in tasks if each.is_said]
    given = [_given(each) for each in of]
    for task_form, task in zip(of, given, strict=True):
        try:
            policies.check_due(task.due_on, meeting)
        except Denied as reason:
            task_form.add_error("due_on", str(reason))
    if any(each.errors for each in of):
        return None
    try:
        return resolving.issue(
            meeting=meeting, title=said["title"], html=form.html, votes_for=said["votes_for"],
            votes_against=said["votes_against"], tasks=given, after=said["seen"], by=request.user, at=clock.now(),
        )  # fmt: skip
    except Denied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        return None


def _given(form: forms.TaskForm) -> resolving.Given:
    """A task as it was filled in."""
    said, who = form.cleaned_data, form.cleaned_data["who"]
    return resolving.Given(
        what=said["what"],
        measure=said["measure"],
        due_on=said["due_on"],
        people=tuple(form.people[pk] for pk in who if pk != form.COMMITTEE),
        by_committee=form.COMMITTEE in who,
    )


def find_resolution(rights: Rights, user: Any, pk: int, resolution: int) -> tuple[Resolution, list[Any]]:
    """A resolution of a meeting of a cell that the reader may open, and the units above; otherwise 403 or 404."""
    unit, above = find_meetings(rights, pk)
    told = Resolution.objects.select_related("meeting", "unit", "by").filter(unit=unit)
    found = told.filter(pk=resolution).first() if resolution < 2**63 else None
    if found is None or not may_open.reads(rights, user, unit, found.meeting, clock.today()):
        raise Http404
    return found, above


@login_required
@require_safe
def resolution(request: HttpRequest, pk: int, resolution: int) -> HttpResponse:
    """A resolution as it was issued, and how far its tasks are."""
    rights, today = rights_of(request.user, clock.today()), clock.today()
    found, above = find_resolution(rights, request.user, pk, resolution)
    tasks = list(found.tasks.prefetch_related("assignees__person").order_by("place"))
    user: Any = request.user
    context = frame(rights, found.unit, above) | {
        "resolution": found,
        "body": mark_safe(found.body),
        "withdrawal": getattr(found.meeting, "withdrawal", None),
        "facts": [
            (_("Adopted at"), f"{title_of(found.meeting)}, {day(found.meeting.held_on)}"),
            (_("Votes"), _("%(n)s for, %(against)s against") % _votes(found)),
            (_("Issued"), _("by %(name)s on %(day)s") % {"name": found.by, "day": day(found.at)}),
        ],
        "tasks": task_table(rights, user, tasks, today),
        "all_url": reverse("unit_resolutions", args=[found.unit_id])
        if rights.scope(P.MEETING_VIEW).covers(found.unit) and found.unit.is_cell
        else "",
        "meeting_url": reverse("meeting", args=[found.unit_id, found.meeting_id]),
        "next_url": reverse("notice_new", args=[found.unit_id])
        if rights.scope(P.MEETING_RECORD).covers(found.unit) and found.unit.is_cell
        else "",
        "files": [
            Link(label=label, url=reverse("resolution_file", args=[found.unit_id, found.pk, kind]))
            for kind, label in (("docx", _("Word")), ("pdf", "PDF"))
        ],
    }
    return render(request, "resolutions/resolution.html", context)


def _votes(found: Resolution) -> dict[str, str]:
    return {"n": count(found.votes_for), "against": count(found.votes_against)}


def task_table(rights: Rights, user: Any, tasks: list[Task], today: Any) -> Table:
    """Tasks of a cell with who does them until when, and how far they are; names as far as the reader may see them.

    One query at most.
    """
    named = rights.scope(P.MEMBER_VIEW)
    of_committee = next((each.resolution.unit for each in tasks if each.by_committee), None)
    sits = of_committee is not None and queries.sits(user, of_committee, today)

    def who(task: Task) -> str:
        seen = named.covers(task.resolution.unit)
        people = sorted(task.assignees.all(), key=lambda each: each.pk)
        names = [
            each.person.full_name if seen or each.person.user_id == user.pk else each.person.code for each in people
        ]
        return ", ".join([*([_("The committee of the cell")] if task.by_committee else []), *names])

    def state(task: Task) -> Cell:
        late = task.state == Task.State.OPEN and task.due_on < today
        if late:
            return Cell(text=_("overdue"), mark=Mark.MISSED, mark_word=None)
        note = day(task.done_on) if task.done_on else ""
        return Cell(text=task.get_state_display(), mark=MARKS[Task.State(task.state)], mark_word=None, note=note)

    return Table(
        caption=_("Tasks"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=_("What is to be done")), Column(label=_("Who does it")), Column(label=_("Until")),
                 Column(label=_("How far"))],
        rows=[
            [
                Cell(text=task.what, note=task.measure, url=_task_url(rights, user, task, sits), lang="vi"),
                Cell(text=who(task), lang="vi"),
                Cell(text=day(task.due_on)),
                state(task),
            ]
            for task in tasks
        ],
        empty=_("It gives no tasks."),
    )  # fmt: skip


def _task_url(rights: Rights, user: Any, task: Task, sits: bool) -> str:
    """The page of a task, for who may open it."""
    opens = rights.scope(P.MEETING_VIEW).covers(task.resolution.unit) or (task.by_committee and sits)
    opens = opens or any(each.person.user_id == user.pk for each in task.assignees.all())
    return reverse("task", args=[task.pk]) if opens else ""


@login_required
@require_safe
def file(request: HttpRequest, pk: int, resolution: int, kind: str) -> HttpResponse:
    """A resolution as a file to print: for Word, or as PDF."""
    rights = rights_of(request.user, clock.today())
    if kind not in printing.MEDIA:
        raise Http404
    found, above = find_resolution(rights, request.user, pk, resolution)
    on = found.meeting.held_on
    held = Post.objects.filter(unit=found.unit, post=PostKind.SECRETARY, from_on__lte=on).exclude(to_on__lte=on)
    secretary = held.select_related("person").order_by("-from_on", "-pk").first()
    signer = "" if secretary is None else secretary.person.full_name if secretary.person else secretary.holder_name
    sheet = printing.of_resolution(found, above, signer)
    return file_answer(printing.made(sheet, kind), printing.MEDIA[kind], f"{found.code.replace('/', '-')}.{kind}")


@login_required
@require_safe
def resolutions(request: HttpRequest, pk: int) -> HttpResponse:
    """The resolutions of a cell, the newest first, and its tasks that are not done."""
    rights, today = rights_of(request.user, clock.today()), clock.today()
    unit, above = find_meetings(rights, pk)
    if not unit.is_cell:
        raise Http404
    if not rights.scope(P.MEETING_VIEW).covers(unit):
        raise PermissionDenied
    after: Any = after_asked(request, int)
    found = Resolution.objects.filter(unit=unit).select_related("meeting").order_by("-pk")
    listed = list((found.filter(pk__lt=after[0]) if after else found)[: SIZE + 1])
    shown = listed[:SIZE]
    tasks = Task.objects.filter(resolution__unit=unit, state__in=[Task.State.OPEN, Task.State.SAID])
    open_tasks = tasks.select_related("resolution__unit").prefetch_related("assignees__person")
    path = reverse("unit_resolutions", args=[unit.pk])
    context = frame(rights, unit, above) | {
        "tasks": task_table(rights, request.user, list(open_tasks.order_by("due_on", "pk")[:200]), today),
        "table": Table(
            caption=_("Resolutions"),
            caption_hidden=True,
            stacks=True,
            columns=[Column(label=_("Number"), nowrap=True), Column(label=_("On what")), Column(label=_("Adopted"))],
            rows=[
                [
                    Cell(text=each.code, url=reverse("resolution", args=[unit.pk, each.pk]), lang="vi"),
                    Cell(text=each.title, lang="vi"),
                    Cell(text=day(each.meeting.held_on)),
                ]
                for each in shown
            ],
            empty=_("No resolution has been issued here."),
        ),
        "pager": Pager(
            next_url=address(path, after=after_key([shown[-1].pk])) if len(listed) > SIZE else "",
            first_url=path if after else "",
        ),
    }
    return render(request, "resolutions/resolutions.html", context)
