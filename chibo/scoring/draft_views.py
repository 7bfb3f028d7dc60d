"""A draft of a scoring sheet changed on pages: the whole, and one criterion."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.organizations.frame import common
from chibo.procedures.flow import said
from chibo.scoring import actions, editing
from chibo.scoring.forms import CriterionForm, WholeForm
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import Sheet
from chibo.scoring.views import find, ruling, url_of


def _save(
    request: HttpRequest, version: SheetVersion, sheet: Sheet, name: dict[str, str], basis: str, now: Any
) -> str:  # fmt: skip
    """Keep a draft as a form told it; why not, if it is refused."""
    try:
        actions.change(
            version=version, told=editing.told(sheet), name=name, basis=basis,
            seen=request.POST.get("seen", "")[:40] or "-", by=request.user, at=now,
        )  # fmt: skip
    except Denied as denied:
        return str(denied)
    return ""


def _context(request: HttpRequest, version: SheetVersion, form: Any) -> dict[str, Any]:
    return {
        "version": version,
        "name": str(version),
        "form": form,
        "seen": request.POST.get("seen", "")[:40] or actions.seal(version),
        "back_url": url_of("scoring_sheet", version),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def whole(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What holds for a draft as a whole: its name, its bands, the year."""
    now = clock.now()
    rights = ruling(request, now.date())
    version = find(code, number, rights)
    sheet = editing.sound(version.definition)
    if version.is_fixed or sheet is None:
        messages.warning(request, _("Only a draft can be changed: copy this version."))
        return redirect(url_of("scoring_sheet", version))
    form = WholeForm(request.POST if request.method == "POST" else None, version.name, version.basis, sheet)
    if request.method == "POST" and form.is_valid():
        wrong = _save(request, version, form.made(), form.called, form.cleaned_data["basis"], now)
        if not wrong:
            messages.success(request, _("Saved."))
            return redirect(url_of("scoring_sheet", version))
        form.add_error(None, wrong)
    context = common(rights, "scoring_sheets") | _context(request, version, form)
    return render(request, "scoring/whole.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def criterion(request: HttpRequest, code: str, number: int, criterion: str) -> HttpResponse:
    """One criterion of a draft: its options, what records propose."""
    now = clock.now()
    rights = ruling(request, now.date())
    version = find(code, number, rights)
    sheet = editing.sound(version.definition)
    if version.is_fixed or sheet is None:
        messages.warning(request, _("Only a draft can be changed: copy this version."))
        return redirect(url_of("scoring_sheet", version))
    found = sheet.criterion(criterion)
    if found is None:
        messages.warning(request, _("This criterion is not there any more."))
        return redirect(url_of("scoring_sheet", version))
    form = CriterionForm(request.POST if request.method == "POST" else None, found)
    if request.method == "POST" and form.is_sound():
        made = editing.put(sheet, criterion, form.made())
        wrong = _save(request, version, made, version.name, version.basis, now)
        if not wrong:
            messages.success(request, _("Saved."))
            if "more" in request.POST:
                return redirect(url_of("scoring_criterion", version, criterion=criterion))
            return redirect(url_of("scoring_sheet", version) + "#criteria")
        form.add_error(None, wrong)
    context = common(rights, "scoring_sheets") | _context(request, version, form) | {"called": said(found.name)}
    return render(request, "scoring/criterion.html", context, status=422 if request.method == "POST" else 200)
