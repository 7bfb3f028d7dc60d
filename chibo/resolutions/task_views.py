"""Tasks: one's own, and one with what was done about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Item, Link
from chibo.core.formats import day
from chibo.members.queries import person_of
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.resolutions import forms, queries, resolving
from chibo.resolutions.models import Task

MOST = 200


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader was given to do by their cell, what is overdue first; what is done below."""
    today = clock.today()
    rights = rights_of(request.user, today)
    person = person_of(request.user)
    tasks = list(queries.tasks_of(person, today)[:MOST]) if person else []
    still = [each for each in tasks if each.state == Task.State.OPEN]
    context = common(rights, "me") | {
        "is_member": person is not None,
        "still": [item_of(each, today) for each in still],
        "others": [item_of(each, today) for each in reversed(tasks) if each.state != Task.State.OPEN],
        "finds": bool(rights.scope(P.MEETING_OWN) or rights.scope(P.MEETING_VIEW)),
    }
    return render(request, "resolutions/my_tasks.html", context)


def item_of(task: Task, today: date) -> Item:
    """A task in the list of what waits."""
    is_open = task.state == Task.State.OPEN
    when = _("until %(day)s") % {"day": day(task.due_on)} if is_open else str(task.get_state_display())
    return Item(
        title=task.what,
        url=reverse("task", args=[task.pk]),
        text=f"{task.resolution.code} · {task.resolution.unit.name}",
        when=when,
        late=is_open and task.due_on < today,
    )


def tasks_told(told: Iterable[tuple[str, str, str]], today: date) -> tuple[list[Item], list[Item]]:
    """Of all that waits on a desk one's own tasks: those overdue, and those to come."""
    late: list[Item] = []
    coming: list[Item] = []
    for tag, key, text in told:
        if tag == queries.TASK:
            said = json.loads(text)
            due_on = date.fromisoformat(said["due_on"])
            item = Item(
                title=said["what"],
                url=reverse("task", args=[int(key)]),
                text=_("a task of resolution %(code)s") % {"code": said["code"]},
                when=_("until %(day)s") % {"day": day(due_on)},
                late=due_on < today,
            )
            (late if item.late else coming).append(item)
    return late, coming


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """A task: who has to do it until when, what was said of it; done, confirmed, returned or dropped."""
    today = clock.today()
    rights, user = rights_of(request.user, today), request.user
    told = Task.objects.select_related("resolution__unit", "resolution__meeting")
    found = told.prefetch_related("assignees__person").filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    unit = found.resolution.unit
    theirs = queries.has(user, found, today)
    if not theirs and not rights.scope(P.MEETING_VIEW).covers(unit):
        raise Http404
    settles = rights.scope(P.MEETING_RECORD).covers(unit)
    acts = _acts(found, theirs, settles)
    form = forms.NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _do(request, found, form, {act for act, _label in acts}):
        return redirect("task", pk=found.pk)
    opens = theirs or rights.scope(P.MEMBER_VIEW).covers(unit)
    names = [
        each.person.full_name if rights.scope(P.MEMBER_VIEW).covers(unit) or each.person.user_id == user.pk
        else each.person.code
        for each in sorted(found.assignees.all(), key=lambda each: each.pk)
    ]  # fmt: skip
    context = common(rights, "me" if theirs else "units") | {
        "task": found,
        "crumbs": [Link(label=_("My tasks"), url=reverse("my_tasks"))] if theirs else [],
        "is_late": found.state == Task.State.OPEN and found.due_on < today,
        "facts": [
            (_("Who does it"), ", ".join([*([_("The committee of the cell")] if found.by_committee else []), *names])),
            (_("Until"), day(found.due_on)),
            *([(_("By what one sees it is done"), found.measure)] if found.measure else []),
            (_("How far"), found.get_state_display()),
            (_("Cell"), unit.name),
        ],
        "resolution_url": reverse("resolution", args=[unit.pk, found.resolution_id])
        if rights.scope(P.MEETING_VIEW).covers(unit) or rights.scope(P.MEETING_OWN).covers(unit)
        else "",
        "deeds": found.deeds.select_related("by").order_by("-at", "-pk") if opens else [],
        "form": form,
        "acts": acts,
    }
    return render(request, "resolutions/task.html", context, status=422 if form.is_bound else 200)


def _acts(found: Task, theirs: bool, settles: bool) -> list[tuple[str, str]]:
    """What the reader can do about a task, the first first."""
    acts = []
    if theirs and found.state == Task.State.OPEN:
        acts.append(("say", _("It is done")))
    if settles and found.state in (Task.State.OPEN, Task.State.SAID):
        acts.append(("confirm", _("Confirm that it is done")))
    if settles and found.state in (Task.State.SAID, Task.State.DONE):
        acts.append(("return", _("Return it")))
    if settles and found.state in (Task.State.OPEN, Task.State.SAID):
        acts.append(("drop", _("Drop it")))
    return acts


def _do(request: HttpRequest, found: Task, form: forms.NoteForm, allowed: set[str]) -> bool:
    """Do what was asked; False where the form says why not."""
    act, note = request.POST.get("act", ""), form.cleaned_data["note"]
    does = {
        "say": (resolving.say_done, _("Said to be done. The secretary confirms it.")),
        "confirm": (resolving.confirm, _("Confirmed.")),
        "return": (resolving.give_back, _("Returned: it is to be done.")),
        "drop": (resolving.drop, _("Dropped: it counts no more.")),
    }
    if act not in does:
        form.add_error(None, _("Choose what to do."))
        return False
    function, said = does[act]
    try:
        function(task=found, note=note, by=request.user, at=clock.now())
    except Denied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        return False
    messages.success(request, said)
    return True
