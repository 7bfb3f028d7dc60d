"""Classifications: the schemes there are, units classified many at once, what one unit is and was."""

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
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.classifications import actions, queries
from chibo.classifications.models import Classified, Scheme, Value
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, period_asked
from chibo.core.components import Link, period_picker
from chibo.core.formats import count
from chibo.indicators import queries as figures
from chibo.indicators import registry
from chibo.organizations.frame import common, of_unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.portal import classifying
from chibo.portal.boards import BELOW
from chibo.portal.by_value import figures_by
from chibo.portal.classifying import ClassifyForm, NameForm

CODES = ["members.total", "members.women", "members.young", *(code for code in BELOW if code != "members.total")]


def _rights(request: HttpRequest, today: date) -> Rights:
    """The user's rights, if they classify units or make the schemes; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.scope(P.CLASSIFY) and not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


def _scheme(pk: int) -> Scheme:
    found = queries.scheme_of(pk)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def classifications(request: HttpRequest) -> HttpResponse:
    """Every scheme that units are classified by; for administrators a form to make another one."""
    now = clock.now()
    rights = _rights(request, now.date())
    may = rights.over_all(P.RULE_MANAGE)
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not may:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.make_scheme(name=form.cleaned_data["name"], by=request.user, at=now)
        except Denied as denied:
            form.add_error("name", str(denied))
        else:
            return redirect("scheme", pk=made.pk)
    context = common(rights, "units") | {
        "table": classifying.schemes_table(queries.schemes()),
        "form": form if may else None,
    }
    return render(request, "portal/classifications.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """A scheme: its values and how many units have each; for administrators what changes them."""
    now = clock.now()
    rights = _rights(request, now.date())
    found, may = _scheme(pk), rights.over_all(P.RULE_MANAGE)
    wrong = ""
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        try:
            wrong = _change(request, found)
        except Denied as denied:
            wrong = str(denied)
        if not wrong:
            messages.success(request, _("Saved."))
            return redirect("scheme", pk=pk)
    counts = queries.counts_by_value(found, rights.scope(P.UNIT_VIEW), now.date())
    classifies = bool(rights.scope(P.CLASSIFY))

    def url(value: Value) -> str:
        return address(reverse("units"), value=value.pk)

    context = common(rights, "units") | {
        "scheme": found,
        "values": list(found.values.all()),
        "table": classifying.values_table(found, counts, url),
        "may": may,
        "wrong": wrong,
        "typed": request.POST.get("name", "")[:200],
        "classify_url": reverse("classify", args=[pk]) if classifies else "",
    }
    return render(request, "portal/scheme.html", context)


def _change(request: HttpRequest, found: Scheme) -> str:
    """Do what an administrator asked of a scheme; what is wrong with it in words, or nothing."""
    given: dict[str, Any] = {"by": request.user, "at": clock.now()}
    act = request.POST.get("act", "")
    values = {str(value.pk): value for value in found.values.all()}
    value = values.get(request.POST.get("value", ""))
    if act in ("offer", "withdraw"):
        if value is None:
            return _("Choose a value first.")
        actions.offer(value=value, is_offered=act == "offer", **given)
        return ""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _("Write a name of at most 200 letters.")
    name = form.cleaned_data["name"]
    if act == "add":
        actions.make_value(scheme=found, name=name, **given)
    else:
        actions.rename(thing=value or found, name=name, **given)
    return ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit_classifications(request: HttpRequest, pk: int) -> HttpResponse:
    """What a unit is and was classified as; for officers forms to classify it anew and to correct what was."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    may = rights.scope(P.CLASSIFY).covers(unit)
    if request.method == "POST" and not may:
        raise PermissionDenied
    spells, known = queries.spells_of(unit), {str(each.pk): each for each in queries.schemes()}
    by_pk = {str(spell.pk): spell for spell in spells}
    spell = by_pk.get(request.POST.get("spell") or request.GET.get("spell", "")) if may else None
    asked = request.POST.get("scheme") or request.GET.get("scheme", "")
    chosen = known.get(str(spell.scheme_id) if spell else asked) or next(iter(known.values()))
    form = ClassifyForm(request.POST if request.method == "POST" else None, chosen, now.date(), spell)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {**form.cleaned_data, "by": request.user, "at": now}
        try:
            if spell is not None:
                actions.correct(spell=spell, **given)
            else:
                actions.classify(units=[unit], scheme=chosen, **given)
        except Denied as denied:
            form.add_error("from_on", str(denied))
        else:
            messages.success(request, _("Saved."))
            return redirect("unit_classifications", pk=pk)
    period = period_asked(request, now.date())
    base = reverse("unit_classifications", args=[pk])

    def correct(one: Classified) -> str:
        return address(base, spell=one.pk) + "#classify"

    by = [(each, address(reverse("by_value", args=[pk, each.pk]), period=period)) for each in known.values()]
    context = of_unit(rights, unit, above, "unit_classifications", period) | {
        "table": classifying.history(spells, correct if may else None),
        "form": form if may else None,
        "spell": spell,
        "chosen": chosen,
        "schemes": [Link(label=str(s), url=address(base, scheme=s.pk), current=s == chosen) for s in known.values()],
        "by": [Link(label=str(each), url=url) for each, url in by] if not unit.is_cell else [],
        "base": base,
    }
    return render(request, "portal/unit_classifications.html", context)


@login_required
@require_safe
def by_value(request: HttpRequest, pk: int, scheme: int) -> HttpResponse:
    """The figures of a unit in a period, by the values of a scheme; each opens to its records."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    every = queries.schemes()
    found = next((each for each in every if each.pk == scheme), None)
    if found is None:
        raise Http404
    period = period_asked(request, today)
    codes = [code for code in CODES if registry.get(code).said_of(period)]
    base = reverse("by_value", args=[pk, scheme])
    picker = period_picker(period, lambda p: address(base, period=p), today)
    whole = figures.figures([pk], period, codes)[pk]
    sums = figures_by(unit, found, period, codes)
    others = [
        Link(label=str(s), url=address(reverse("by_value", args=[pk, s.pk]), period=period), current=s == found)
        for s in every
    ]
    context = of_unit(rights, unit, above, "unit_classifications", period, picker) | {
        "scheme": found,
        "others": others,
        "is_running": not period.is_over(today),
        "table": classifying.figures_table(rights, unit, found, sums, whole, codes, period),
    }
    return render(request, "portal/by_value.html", context)


def told(changed: int, asked: int) -> str:
    """How many units were classified, in words."""
    said = ngettext("%(n)s unit was classified.", "%(n)s units were classified.", changed) % {"n": count(changed)}
    if left := asked - changed:
        said += " " + ngettext("%(n)s was so already.", "%(n)s were so already.", left) % {"n": count(left)}
    return said
