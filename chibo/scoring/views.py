"""Scoring sheets as pages: all of them and where they hold, one as it is read, drafts changed part by part."""

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
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.procedures.editing import words
from chibo.procedures.flow import said
from chibo.scoring import actions, checking, describing, editing, queries
from chibo.scoring.forms import GroupForm, HoldForm, NewForm
from chibo.scoring.models import SheetRule, SheetVersion

SHOWN = 500
MOST_CRITERIA = checking.MOST_CRITERIA


def ruling(request: HttpRequest, today: date) -> Rights:
    """The rights of an administrator of the whole tree; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


def find(code: str, number: int, rights: Rights) -> SheetVersion:
    """A version of a sheet; drafts are seen by those alone who may change them. One query."""
    found = None
    if "\0" not in code and number < 2**31:
        found = SheetVersion.objects.filter(code=code, number=number).first()
    if found is None or (not found.is_fixed and not rights.over_all(P.RULE_MANAGE)):
        raise Http404
    return found


def url_of(name: str, version: SheetVersion, **more: Any) -> str:
    """The address of a page of a version."""
    return reverse(name, kwargs={"code": version.code, "number": version.number, **more})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheets(request: HttpRequest) -> HttpResponse:
    """Every sheet, and which holds where, for which meetings, from when; a rule ended."""
    now = clock.now()
    rights = ruling(request, now.date())
    if request.method == "POST":
        _end(request, now)
        return redirect("scoring_sheets")
    rules = list(SheetRule.objects.select_related("version", "unit").order_by("-from_on", "pk")[:SHOWN])
    context = common(rights, "scoring_sheets") | {
        "table": _versions(queries.versions(), rules, now.date()),
        "rules": [(_rule(each), each, _may_end(each, now.date())) for each in rules],
    }
    return render(request, "scoring/sheets.html", context)


def _may_end(rule: SheetRule, today: date) -> bool:
    return rule.unit_id is not None and (rule.to_on is None or rule.to_on > today)


def _end(request: HttpRequest, now: Any) -> None:
    """End a rule from today on, or from the day on which it begins; say why not, if it is refused."""
    told = request.POST.get("rule", "")
    rule = (
        SheetRule.objects.filter(pk=int(told)).first()
        if told.isascii() and told.isdecimal() and len(told) < 18
        else None
    )
    try:
        if rule is None:
            raise Denied(_("This is not there any more."))
        on = max(now.date(), rule.from_on)
        actions.end(rule=rule, on=on, by=request.user, at=now)
        messages.success(request, _("From %(day)s on the sheet holds that is laid down above it.") % {"day": day(on)})
    except Denied as denied:
        messages.error(request, str(denied))


def _versions(listed: list[SheetVersion], rules: list[SheetRule], today: date) -> Table:
    holding = {
        rule.version_id for rule in rules if rule.from_on <= today and (rule.to_on is None or rule.to_on > today)
    }
    rows = []
    for each in listed:
        state = Cell(text=_("draft"), mark=Mark.NONE, mark_word=None)
        if each.is_fixed:
            held = each.pk in holding
            state = Cell(
                text=_("holds today") if held else _("laid down"), mark=Mark.MET if held else Mark.NONE, mark_word=None
            )
        rows.append(
            [
                Cell(text=str(each), url=url_of("scoring_sheet", each)),
                Cell(text=str(each.number)),
                Cell(text=each.basis or "–"),
                state,
            ]
        )
    return Table(
        caption=_("Scoring sheets"),
        caption_hidden=True,
        columns=[
            Column(label=_("Sheet"), wide=True),
            Column(label=_("Version")),
            Column(label=_("Basis")),
            Column(label=_("Today")),
        ],
        rows=rows,
        stacks=True,
    )


def _rule(rule: SheetRule) -> dict[str, str]:
    """Where a sheet holds, in words."""
    return {
        "unit": rule.unit.name if rule.unit is not None else _("Everywhere"),
        "kind": str(describing.KINDS[rule.kind]),
        "sheet": str(rule.version),
        "days": describing.days(rule.from_on, rule.to_on),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version as it is read; for administrators with what can be done with it."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    if not rights.scope(P.MEETING_VIEW) and not rights.over_all(P.RULE_MANAGE):
        raise Http404
    shown = find(code, number, rights)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and not rights.over_all(P.RULE_MANAGE):
        raise PermissionDenied
    forms: dict[str, Any] = {
        "copy_form": NewForm(request.POST if act == "copy" else None, initial=shown.name | {"code": shown.code}),
        "hold_form": HoldForm(
            request.POST if act == "hold" else None,
            initial={"from_on": now.date(), "kinds": list(_kinds(shown))},
        ),
        "group_form": GroupForm(request.POST if act in ("group", "criterion") else None),
    }
    wrong = ""
    if request.method == "POST":
        try:
            answer = _do(request, act, shown, forms, now)
            if answer is not None:
                return answer
        except Denied as denied:
            wrong = str(denied)
    read = editing.sound(shown.definition)
    may = rights.over_all(P.RULE_MANAGE)
    context = common(rights, "scoring_sheets") | {
        "version": shown,
        "sheet": read,
        "groups": describing.groups(read) if read else [],
        "bands": describing.bands(read) if read else [],
        "year": describing.year(read) if read else [],
        "without": describing.without(read) if read else "",
        "may": may,
        "change": may and not shown.is_fixed and read is not None,
        "faults": checking.faults(shown.definition) if not shown.is_fixed else [],
        "seen": actions.seal(shown),
        "wrong": wrong,
        "act": act,
        **forms,
    }
    return render(request, "scoring/sheet.html", context, status=422 if request.method == "POST" else 200)


def _kinds(shown: SheetVersion) -> tuple[str, ...]:
    read = editing.sound(shown.definition)
    return read.kinds if read else ()


def _do(request: HttpRequest, act: str, shown: SheetVersion, forms: dict[str, Any], now: Any) -> HttpResponse | None:
    """Do what was asked for with a version; None if the form it came with is wrong."""
    by: Any = request.user
    if act == "copy":
        form = forms["copy_form"]
        if not form.is_valid():
            return None
        given = form.cleaned_data
        name = words(given["en"], given["vi"], shown.name)
        copied = actions.draft(code=given["code"], name=name, basis=shown.basis, told=shown.definition, by=by, at=now)
        messages.success(request, _("Copied. Change this draft as you like, then lay it down."))
        return redirect(url_of("scoring_sheet", copied))
    if act == "hold":
        form = forms["hold_form"]
        if not form.is_valid():
            return None
        actions.lay_down(version=shown, **form.cleaned_data, by=by, at=now)
        messages.success(request, _("Laid down from %(day)s on.") % {"day": day(form.cleaned_data["from_on"])})
        return redirect("scoring_sheets")
    if act == "throw_away":
        actions.throw_away(version=shown, by=by, at=now)
        messages.success(request, _("The draft is gone."))
        return redirect("scoring_sheets")
    if act in ("group", "criterion", "up", "down", "remove"):
        return _part(request, act, shown, forms["group_form"], now)
    raise Denied(_("This can't be done here."))


def _part(request: HttpRequest, act: str, shown: SheetVersion, form: GroupForm, now: Any) -> HttpResponse | None:
    """Add a group or criterion to a draft, move or remove a criterion; None if the form it came with is wrong."""
    read = editing.sound(shown.definition)
    if read is None:
        raise Denied(_("This draft can't be read: throw it away, and copy another version."))
    to = url_of("scoring_sheet", shown) + "#criteria"
    if act in ("group", "criterion"):
        if not form.is_valid():
            return None
        given = form.cleaned_data
        name, codes = words(given["en"], given["vi"]), [each.code for each in read.criteria]
        if given["code"] in codes:
            raise Denied(_("There are two criteria %(code)s.") % {"code": given["code"]})
        if len(codes) >= MOST_CRITERIA:
            raise Denied(_("There are more than %(n)s criteria.") % {"n": MOST_CRITERIA})
        group = next((n for n, each in enumerate(read.groups) if each.code == request.POST.get("to", "")), None)
        if act == "criterion" and group is not None:
            read = editing.with_criterion(read, group, given["code"], name)
        else:
            read = editing.with_group(read, given["code"], name)
        to = url_of("scoring_criterion", shown, criterion=given["code"])
    else:
        at = request.POST.get("at", "")
        if read.criterion(at) is None:
            raise Denied(_("This criterion is not there any more."))
        read = editing.without(read, at) if act == "remove" else editing.moved(read, at, -1 if act == "up" else 1)
    actions.change(
        version=shown, told=editing.told(read), name=shown.name, basis=shown.basis,
        seen=request.POST.get("seen", "")[:40] or "-", by=request.user, at=now,
    )  # fmt: skip
    return redirect(to)


def named(version: SheetVersion) -> str:
    """What a version is called, a draft without a name by its code."""
    return said(version.name) if isinstance(version.name, dict) and version.name else version.code
