"""Procedures as pages: every one with its versions, one as it is read, one version; days that are special."""

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
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.procedures import checking, describing, diagram, drafting, editing, special_days
from chibo.procedures.flow import said
from chibo.procedures.forms import FromForm, NewForm, SpecialDayForm, StepNameForm
from chibo.procedures.models import Procedure, SpecialDay, Version

SHOWN = 500  # versions; more than any installation lays down


def ruling(request: HttpRequest, today: date) -> Rights:
    """The rights of an administrator of the whole tree; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


def reading(request: HttpRequest, today: date) -> Rights:
    """The rights of someone who sees cases somewhere, or rules procedures; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.scope(P.CASE_VIEW) and not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


def find(code: str, number: int, rights: Rights) -> Version:
    """A version of a procedure; drafts are seen by those alone who may change them. One query."""
    found = None
    if "\0" not in code:
        versions = Version.objects.filter(procedure__code=code, number=number)
        found = versions.select_related("procedure").first()
    if found is None or (found.valid_from is None and not rights.over_all(P.RULE_MANAGE)):
        raise Http404
    return found


def url_of(name: str, version: Version, **more: Any) -> str:
    """The address of a page of a version."""
    return reverse(name, kwargs={"code": version.procedure.code, "number": version.number, **more})


def state_of(version: Version, today: date) -> Cell:
    """How a version stands: a draft, to come, valid today, over."""
    if version.valid_from is None:
        return Cell(text=_("draft"), mark=Mark.NONE, mark_word=None)
    if version.valid_from > today:
        return Cell(text=_("to come"), mark=Mark.NEAR, mark_word=None)
    if version.valid_to is None or version.valid_to > today:
        return Cell(text=_("valid today"), mark=Mark.MET, mark_word=None)
    return Cell(text=_("over"), mark=Mark.NONE, mark_word=None)


def _versions(listed: list[Version], today: date, *, names: bool) -> Table:
    """Versions with their days; with names for the list of all procedures."""
    heads = [_("Procedure"), _("What it is about")] if names else []
    rows = []
    for version in listed:
        number = Cell(text=str(version.number), url=url_of("procedure_version", version))
        own = [
            Cell(text=said(version.name) or version.procedure.code, url=url_of("procedure_version", version)),
            Cell(text=describing.subject(version.procedure.subject)),
            Cell(text=str(version.number)),
        ]
        rows.append(
            [
                *(own if names else [number]),
                Cell(text=day(version.valid_from) if version.valid_from else "–"),
                Cell(text=day(version.valid_to) if version.valid_to else "–"),
                state_of(version, today),
            ]
        )
    heads += [_("Version"), _("From"), _("To, not included"), _("Today")]
    return Table(
        caption=_("Versions"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=rows,
        empty=_("There is no procedure yet."),
        stacks=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def procedures(request: HttpRequest) -> HttpResponse:
    """Every procedure with its versions and their days; a new one."""
    now = clock.now()
    rights = ruling(request, now.date())
    form = NewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if Procedure.objects.filter(code=given["code"]).exists():
                raise Denied(_("There is a procedure of this code: copy one of its versions."))
            name = editing.words(given["name_en"], given["name_vi"])
            version = drafting.draft(
                code=given["code"], subject=given["subject"], name=name, basis=given["basis"], told=editing.EMPTY,
                by=request.user, at=now,
            )  # fmt: skip
        except Denied as denied:
            form.add_error("code", str(denied))
        else:
            return redirect(url_of("procedure_version", version))
    listed = Version.objects.defer("definition").select_related("procedure").order_by("procedure__code", "-number")
    context = common(rights, "procedures") | {
        "table": _versions(list(listed[:SHOWN]), now.date(), names=True),
        "form": form,
    }
    return render(request, "procedures/procedures.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """A procedure as it goes today; the newest version laid down where none is valid, for administrators the draft."""
    today = clock.today()
    rights = reading(request, today)
    found = Version.objects.filter(procedure__code=code) if "\0" not in code else Version.objects.none()
    listed = list(found.select_related("procedure").order_by("-number")[:SHOWN])
    if not rights.over_all(P.RULE_MANAGE):
        listed = [each for each in listed if each.valid_from is not None]
    laid_down = [each for each in listed if each.valid_from is not None and each.valid_from <= today]
    valid = [each for each in laid_down if each.valid_to is None or each.valid_to > today]
    shown = next(iter(valid or sorted(laid_down, key=_begun, reverse=True) or listed), None)
    if shown is None:
        raise Http404
    return _page(request, rights, shown, today, others=listed)


def _begun(version: Version) -> date:
    return version.valid_from or date.max


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version; for administrators with what can be done with it."""
    now = clock.now()
    rights = reading(request, now.date())
    shown = find(code, number, rights)
    if request.method != "POST":
        return _page(request, rights, shown, now.date())
    if not rights.over_all(P.RULE_MANAGE):
        raise PermissionDenied
    act = request.POST.get("act", "")
    forms = {
        "from_form": FromForm(request.POST if act in ("lay_down", "end") else None),
        "step_form": StepNameForm(request.POST if act == "add" else None),
    }
    wrong = ""
    try:
        answer = _do(request, act, shown, forms, now)
        if answer is not None:
            return answer
    except Denied as denied:
        wrong = str(denied)
        form = forms["step_form" if act == "add" else "from_form"]
        if form.is_bound:
            form.add_error(None, wrong)
            wrong = ""
    return _page(request, rights, shown, now.date(), wrong=wrong, forms=forms, status=422)


def _do(request: HttpRequest, act: str, shown: Version, forms: dict[str, Any], now: Any) -> HttpResponse | None:
    """Do what was asked for with a version; None if the form it came with is wrong."""
    by: Any = request.user
    if act in ("lay_down", "end"):
        if not forms["from_form"].is_valid():
            return None
        on = forms["from_form"].cleaned_data["on"]
        if act == "lay_down":
            drafting.lay_down(version=shown, valid_from=on, by=by, at=now)
            messages.success(request, _("Laid down: cases begin under it from %(day)s.") % {"day": day(on)})
        else:
            drafting.end(version=shown, on=on, by=by, at=now)
            messages.success(request, _("No case begins under it from %(day)s on.") % {"day": day(on)})
        return redirect(url_of("procedure_version", shown))
    if act == "copy":
        copied = drafting.copy(version=shown, by=by, at=now)
        messages.success(request, _("Copied. Change this draft as you like, then lay it down."))
        return redirect(url_of("procedure_version", copied))
    if act == "throw_away":
        drafting.throw_away(version=shown, by=by, at=now)
        messages.success(request, _("The draft is gone."))
        return redirect("procedures")
    if act in ("add", "up", "down", "remove"):
        return _steps(request, act, shown, forms["step_form"], now)
    raise Denied(_("This can't be done here."))


def _steps(request: HttpRequest, act: str, shown: Version, form: StepNameForm, now: Any) -> HttpResponse | None:
    """Add a step to a draft, move or remove one; None if the form it came with is wrong."""
    flow = editing.sound(shown.definition)
    if flow is None:
        raise Denied(_("This draft can't be read: throw it away, and copy another version."))
    if act == "add":
        if not form.is_valid():
            return None
        given = form.cleaned_data
        if len(flow.steps) >= editing.MOST_STEPS:
            raise Denied(_("This procedure has too many steps."))
        flow = editing.added(flow, given["code"], editing.words(given["en"], given["vi"]))
        to = url_of("procedure_step", shown, at=len(flow.steps))
    else:
        told = request.POST.get("at", "")
        at = int(told) - 1 if told.isascii() and told.isdecimal() and len(told) < 4 else -1
        if not 0 <= at < len(flow.steps):
            raise Denied(_("This step is not there any more."))
        flow = editing.removed(flow, at) if act == "remove" else editing.moved(flow, at, -1 if act == "up" else 1)
        to = url_of("procedure_version", shown) + "#steps"
    drafting.change(
        version=shown, told=editing.told(flow), name=shown.name, basis=shown.basis,
        seen=request.POST.get("seen", "")[:40] or "-", by=request.user, at=now,
    )  # fmt: skip
    return redirect(to)


def _page(
    request: HttpRequest,
    rights: Rights,
    shown: Version,
    today: date,
    *,
    others: list[Version] | None = None,
    wrong: str = "",
    forms: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A version as it is read: basis, diagram, steps; what is wrong with a draft; what may be done with it."""
    flow, may = editing.sound(shown.definition), rights.over_all(P.RULE_MANAGE)
    is_draft = shown.valid_from is None
    name = said(shown.name) if isinstance(shown.name, dict) else ""
    context = common(rights, "procedures") | {
        "version": shown,
        "name": name or shown.procedure.code,
        "about": describing.subject(shown.procedure.subject),
        "state": state_of(shown, today),
        "flow": flow,
        "is_draft": is_draft,
        "may": may,
        "change": may and is_draft and flow is not None,
        "is_over": shown.valid_to is not None and shown.valid_to <= today,
        "seen": drafting.seal(shown),
        "faults": checking.faults(shown.definition) if is_draft else [],
        "untranslated": checking.untranslated(shown.definition) if is_draft else [],
        "diagram": diagram.drawn(flow) if flow is not None and flow.steps else None,
        "steps": [(step, describing.called(step), describing.facts(flow, step)) for step in flow.steps] if flow else [],
        "begins": describing.beginning(flow) if flow else [],
        "versions": _versions(others, today, names=False) if others and len(others) > 1 else None,
        "try_url": address(url_of("procedure_try", shown), on=today),
        "wrong": wrong,
        "from_form": FromForm(initial={"on": today}),
        "step_form": StepNameForm(),
    }
    return render(request, "procedures/version.html", context | (forms or {}), status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def days(request: HttpRequest) -> HttpResponse:
    """Public holidays and Saturdays worked, year by year; one more, or one less."""
    now = clock.now()
    today = now.date()
    rights = ruling(request, today)
    told = request.GET.get("year", "")
    is_year = len(told) == 4 and told.isascii() and told.isdecimal() and 1930 <= int(told) <= 2199
    year = int(told) if is_year else today.year
    adds = request.method == "POST" and "remove" not in request.POST
    form = SpecialDayForm(request.POST if adds else None)
    wrong = ""
    try:
        if request.method == "POST" and not adds:
            year = _remove(request, now)
            return redirect(address(reverse("special_days"), year=year))
        if adds and form.is_valid():
            added = special_days.add(**form.cleaned_data, by=request.user, at=now)
            messages.success(request, _("Laid down: %(day)s.") % {"day": day(added.day)})
            return redirect(address(reverse("special_days"), year=added.day.year))
    except Denied as denied:
        wrong = "" if adds else str(denied)
        if adds:
            form.add_error("day", str(denied))
    listed = list(SpecialDay.objects.filter(day__year=year).order_by("day"))
    context = common(rights, "procedures") | {
        "form": form,
        "wrong": wrong,
        "year": str(year),
        "before_url": address(reverse("special_days"), year=year - 1) if year > 1930 else "",
        "after_url": address(reverse("special_days"), year=year + 1) if year < 2199 else "",
        "days": [(each, each.day >= today) for each in listed],
    }
    return render(request, "procedures/days.html", context, status=422 if wrong or form.errors else 200)


def _remove(request: HttpRequest, now: Any) -> int:
    told = request.POST.get("remove", "")
    found = SpecialDay.objects.filter(pk=int(told)) if told.isascii() and told.isdecimal() and len(told) < 18 else None
    special = found.first() if found is not None else None
    if special is None:
        raise Denied(_("This day is not there any more."))
    special_days.remove(day=special, by=request.user, at=now)
    messages.success(request, _("Removed: %(day)s.") % {"day": day(special.day)})
    return special.day.year
