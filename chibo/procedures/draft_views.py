"""A draft changed on pages: what holds for the whole, one step; and tried on an invented case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.fields import DayField
from chibo.core.formats import day
from chibo.organizations.frame import common
from chibo.procedures import checking, describing, diagram, drafting, editing, trying
from chibo.procedures.flow import Flow, said
from chibo.procedures.forms import TriedForm, WholeForm
from chibo.procedures.models import Version
from chibo.procedures.step_forms import StepForm
from chibo.procedures.trying import LEFT_OUT, Stage, Tried
from chibo.procedures.views import find, ruling, url_of


def _back(request: HttpRequest, version: Version, why: str) -> HttpResponse:
    messages.warning(request, why)
    return redirect(url_of("procedure_version", version))


def _save(
    request: HttpRequest, version: Version, flow: Flow, name: Mapping[str, str], basis: str, now: Any
) -> str:  # fmt: skip
    """Keep a draft as a form told it; why not, if it is refused."""
    try:
        drafting.change(
            version=version, told=editing.told(flow), name=name, basis=basis,
            seen=request.POST.get("seen", "")[:40] or "-", by=request.user, at=now,
        )  # fmt: skip
    except Denied as denied:
        return str(denied)
    return ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def whole(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What holds for a draft as a whole: its name, who begins it, its results."""
    now = clock.now()
    rights = ruling(request, now.date())
    version = find(code, number, rights)
    flow = editing.sound(version.definition)
    if version.valid_from is not None or flow is None:
        return _back(request, version, _("Only a draft can be changed: copy this version."))
    form = WholeForm(request.POST if request.method == "POST" else None, version.name, version.basis, flow)
    if request.method == "POST" and form.is_sound():
        wrong = _save(request, version, form.made(), form.called, form.cleaned_data["basis"], now)
        if not wrong:
            messages.success(request, _("Saved."))
            return redirect(url_of("procedure_whole" if "more" in request.POST else "procedure_version", version))
        form.add_error(None, wrong)
    context = common(rights, "procedures") | {
        "version": version,
        "name": said(version.name) or code,
        "form": form,
        "seen": request.POST.get("seen", "")[:40] or drafting.seal(version),
        "back_url": url_of("procedure_version", version),
    }
    return render(request, "procedures/whole.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, code: str, number: int, at: int) -> HttpResponse:
    """One step of a draft: everything that the language can say of it."""
    now = clock.now()
    rights = ruling(request, now.date())
    version = find(code, number, rights)
    flow = editing.sound(version.definition)
    if version.valid_from is not None or flow is None:
        return _back(request, version, _("Only a draft can be changed: copy this version."))
    if not 1 <= at <= len(flow.steps):
        return _back(request, version, _("This step is not there any more."))
    form = StepForm(request.POST if request.method == "POST" else None, flow, at - 1)
    if request.method == "POST" and form.is_sound():
        wrong = _save(request, version, editing.put(flow, at - 1, form.made()), version.name, version.basis, now)
        if not wrong:
            messages.success(request, _("Saved."))
            if "more" in request.POST:
                return redirect(url_of("procedure_step", version, at=at))
            return redirect(url_of("procedure_version", version) + "#steps")
        form.add_error(None, wrong)
    name = describing.called(flow.steps[at - 1])
    context = common(rights, "procedures") | {
        "version": version,
        "name": said(version.name) or code,
        "at": str(at),
        "called": name,
        "form": form,
        "faults": [each for each in checking.faults(version.definition) if each.startswith(f"{name}: ")],
        "seen": request.POST.get("seen", "")[:40] or drafting.seal(version),
        "back_url": url_of("procedure_version", version),
    }
    return render(request, "procedures/step.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def try_it(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A version tried on an invented case, which is all in the address: outcome after outcome from a day on."""
    today = clock.today()
    rights = ruling(request, today)
    version = find(code, number, rights)
    flow = editing.sound(version.definition)
    if flow is None or not flow.steps:
        return _back(request, version, _("There is no step to try yet."))
    on = _day(request.GET.get("on", "")) or today
    ways = request.GET.getlist("way")[: trying.MOST]
    special = trying.special_of(on, ways)
    try:
        found = trying.tried(flow, on, ways, special)
    except (ValueError, OverflowError):
        return _back(request, version, _("A limit of this procedure can't be: mend it first."))
    form = _form(request, flow, found)
    if form is not None and form.is_bound and form.is_valid():
        given = form.cleaned_data
        return redirect(_address(version, on, [*found.ways, trying.way(given["outcome"], given["then"])]))
    context = common(rights, "procedures") | {
        "version": version,
        "name": said(version.name) or code,
        "on": on,
        "on_told": str(on),
        "tried": found,
        "asked": [_asked(flow, stage) for stage in found.stages],
        "result": describing.result(flow, found.result) if found.result else "",
        "form": form,
        "diagram": diagram.drawn(flow, found.stages),
        "faults": checking.faults(version.definition),
        "again_url": _address(version, on, []),
        "undo_url": _address(version, on, list(found.ways[:-1])) if found.ways else "",
        "back_url": url_of("procedure_version", version),
    }
    return render(request, "procedures/try.html", context, status=422 if form is not None and form.errors else 200)


def _day(told: str) -> date | None:
    """A day as an address tells it; None for nonsense, and for days of another age."""
    try:
        return DayField(required=False).clean(told[:20])
    except ValidationError:
        return None


def _address(version: Version, on: date, ways: list[str]) -> str:
    """The address of an invented case."""
    told = "".join(address("", way=each).replace("?", "&", 1) for each in ways)
    return address(url_of("procedure_try", version), on=on) + told


def _form(request: HttpRequest, flow: Flow, found: Tried) -> TriedForm | None:
    """How the step the case stands at ends; None once it has ended."""
    if found.now is None:
        return None
    at = flow.step(found.now.step)
    choices = [(each.code, describing.outcome(flow, each)) for each in at.outcomes if each.to or each.ends]
    if at.skip is not None:
        choices.append((LEFT_OUT, describing.skipped(flow, at)))
    data = request.GET if "outcome" in request.GET or "then" in request.GET else None
    return TriedForm(data, choices, found.now.entered_on, found.now.due_on or found.now.entered_on)


def _asked(flow: Flow, stage: Stage) -> dict[str, Any]:
    """A stage in words: who is asked, since when, until when, what became of it."""
    at = flow.step(stage.step)
    chosen = at.outcome(stage.outcome)
    left = describing.skipped(flow, at) if stage.is_skipped else ""
    who = {"above": _("the committee above"), "who": _("those who act")}
    return {
        "name": describing.called(at),
        "entered": day(stage.entered_on),
        "who": "" if stage.is_skipped else describing.parties(at.who),
        "need": "" if stage.is_skipped else describing.need(at),
        "due": day(stage.due_on) if stage.due_on and not stage.is_skipped else "",
        "is_late": bool(stage.done_on and stage.due_on and stage.done_on > stage.due_on),
        "done": day(stage.done_on) if stage.done_on else "",
        "how": left or (describing.outcome(flow, chosen) if chosen else ""),
        "needs": [describing.paper(each) for each in at.papers] + describing.vote(at),
        "reminded": [f"{day(on)}: {who.get(to, to)}" for on, to in stage.reminded] if not stage.is_skipped else [],
    }
