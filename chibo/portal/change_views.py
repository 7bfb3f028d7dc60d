"""Changing a unit: which acts there are, the form of one, what it would do, and doing it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Link, Table
from chibo.core.fields import DayField
from chibo.core.formats import count, day
from chibo.core.text import clean
from chibo.organizations import acts
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.kinds import ActKind, Part
from chibo.organizations.models import Act, ActUnit, Unit
from chibo.organizations.overlay import LINK, UNIT
from chibo.organizations.permissions import P
from chibo.organizations.planning import Asked, Plan
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.portal import actions, policies, records
from chibo.portal.act_forms import ActForm
from chibo.portal.descent import members_of
from chibo.portal.part_forms import FORMS
from chibo.portal.saying import WAYS, fitting, sentence
from chibo.portal.shapes import DRAWN, by_part, shapes

AGAIN = ("change", "look", "more")  # steps that show the form again
OWN = ("csrfmiddlewaretoken", "step", "seal")


def _is_closed(unit: Unit, today: date) -> bool:
    return unit.closed_on is not None and unit.closed_on <= today


def _offered(rights: Rights, unit: Unit, today: date) -> list[ActKind]:
    """What the reader may do to a unit: found under it what lies in their units, the rest from directly above it."""
    decides = policies.decides_on(rights, unit)
    return [kind for kind in fitting(unit, _is_closed(unit, today)) if decides or kind == ActKind.FOUND]


def _frame(rights: Rights, unit: Unit, above: list[Unit]) -> dict[str, Any]:
    """What every page about changing a unit is given."""
    here = Link(label=unit.name, url=reverse("unit", args=[unit.pk]))
    return common(rights, "units") | {"unit": unit, "crumbs": [*crumbs_of(rights, above), here]}


@login_required
@require_safe
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be done to a unit, and the way to each."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_ACT)
    offered = _offered(rights, unit, today)
    context = _frame(rights, unit, above) | {
        "ways": [(reverse("change", args=[pk, kind.value]), WAYS[kind]) for kind in offered],
        "is_bounded": not policies.decides_on(rights, unit),
        "acts_url": reverse("unit_acts", args=[pk]),
    }
    return render(request, "portal/changes.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One act: its form, then what it would do, then doing it; what was typed goes along from one to the next."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_ACT)
    if kind not in FORMS:
        raise Http404
    done = _done_already(request, unit, kind) if request.POST.get("step") == "do" else None
    if kind not in _offered(rights, unit, today):
        if done is not None:
            return _to(request, done)
        raise PermissionDenied(_refusal(rights, unit))
    data = request.POST if request.method == "POST" else None
    form = FORMS[kind](
        data, unit=unit, parent=above[-1] if above else None, scope=rights.scope(P.UNIT_ACT), today=today
    )  # fmt: skip
    context = _frame(rights, unit, above) | {"way": WAYS[ActKind(kind)], "kind": kind, "form": form}
    if data is None:
        return render(request, "portal/change.html", context)
    if data.get("step") in AGAIN:
        form.calm()
        return render(request, "portal/change.html", context)
    asked = _asked(rights, form, today)
    if done is not None and (asked is None or asked.given == done.given):
        return _to(request, done)
    if asked is None:
        return render(request, "portal/change.html", context)
    if data.get("step") == "do":
        try:
            act = actions.decide(asked=asked, seal=data.get("seal", "none"), by=request.user, at=now)
        except Denied as error:
            context["refused"] = str(error)
        else:
            messages.success(request, _done(act))
            return redirect("act", pk=act.pk)
    return render(request, "portal/preview.html", context | _preview(rights, asked, today) | {"sent": _sent(request)})


def _done_already(request: HttpRequest, unit: Unit, kind: str) -> Act | None:
    """The act that the button of an old preview did already: of this kind, day and decision, with the same units."""
    on, decision = request.POST.get("on", ""), clean(request.POST.get("decision", "")).replace("\0", "")
    try:
        day_of_it = DayField(required=False).clean(on)
    except ValidationError:
        return None
    if day_of_it is None:
        return None
    found = Act.objects.filter(kind=kind, by=request.user.pk, on=day_of_it, decision=decision)
    found = found.filter(status__in=(Act.Status.DONE, Act.Status.PLANNED), parts__unit=unit)
    asked = {code for name in ("units", "members_to", "to", "code") for code in request.POST.getlist(name) if code}
    for act in found.order_by("-pk").prefetch_related("parts")[:20]:
        if asked <= {part.code for part in act.parts.all()}:
            return act
    return None


def _to(request: HttpRequest, act: Act) -> HttpResponse:
    """On to an act, as there is nothing left to do."""
    messages.info(request, _("This is done already, by the act you see here."))
    return redirect("act", pk=act.pk)


def _refusal(rights: Rights, unit: Unit) -> str:
    """Why an act on a unit is not theirs to do."""
    try:
        policies.check_decides(rights, [unit])
    except Denied as error:
        return str(error)
    return _("This can't be done to the unit as it stands.")


def _asked(rights: Rights, form: ActForm, today: date) -> Asked | None:
    """The act that the form asks for; None if something is wrong, which the form then says."""
    if not form.is_valid():
        return None
    asked = form.asked()
    try:
        policies.check_act(rights, asked, today)
    except Denied as error:
        form.add_error(None, str(error))
        return None
    return asked


def _done(act: Act) -> str:
    if act.status == Act.Status.PLANNED:
        return _("Entered. It is done by itself on %(day)s.") % {"day": day(act.on)}
    return _("Done. It can be taken back while nothing has been built on it.")


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed, to go along."""
    return [(name, value) for name, values in request.POST.lists() if name not in OWN for value in values]


def _preview(rights: Rights, asked: Asked, today: date) -> dict[str, Any]:
    """What an act would do: to whom, what stands in the way, what is left to settle, the tree on either side."""
    plan = acts.preview(asked, today)
    seen = rights.scope(P.UNIT_VIEW)
    before, after = ([], []) if plan.is_blocked or len(plan.changes) > DRAWN * 10 else shapes(
        plan.changes, by_part(plan.parts), plan.on, seen
    )  # fmt: skip
    named: dict[str, list[str]] = {}
    for (part, _code), (_pk, name) in plan.parts.items():
        named.setdefault(part, []).append(name)
    return {
        "plan": plan,
        "founding": _founding(rights, plan),
        "blocks": records.told(matter for matter in plan.matters if matter.blocks),
        "settle": records.told(matter for matter in plan.matters if not matter.blocks),
        "sentence": sentence(asked.kind, asked.given, named) if named and not plan.is_blocked else "",
        "facts": [(_("Takes effect on"), day(asked.on)), (_("Decision"), asked.decision)],
        "touches": touches(plan, today),
        "before": before,
        "after": after,
        "is_to_come": asked.on > today,
    }


def _founding(rights: Rights, plan: Plan) -> Act | None:
    """The act that founded a unit on the very day it is to close, if it is theirs to take back."""
    if not any(matter.code == "founded_then" for matter in plan.matters):
        return None
    codes = [code for part, code in plan.parts if part in (Part.SUBJECT, Part.FROM)]
    of = ActUnit.objects.filter(code__in=codes, part=Part.SUBJECT, act__kind=ActKind.FOUND, act__status=Act.Status.DONE)
    last = of.filter(act__on__gte=plan.on).select_related("act").order_by("-act_id").first()
    if last is None:
        return None
    try:
        policies.check_takes_back(rights, last.act)
        policies.check_alone(last.act)
    except Denied:
        return None
    return last.act


def touches(plan: Plan, today: date) -> Table:
    """How much an act touches, by kind of record. One query."""
    founded = [c for c in plan.changes if c.table == UNIT and c.before is None]
    placed = {c.after["unit_id"] for c in plan.changes if c.table == LINK and c.before is None and c.after}
    counted = [
        (_("Units founded"), len(founded)),
        (_("Units that close"), len(plan.closing)),
        (_("Units that come to stand elsewhere"), len(placed - set(plan.closing) - {c.key for c in founded})),
        *((each.label, each.number) for each in plan.counts),
        (_("Members in these units and below"), members_of(by_part(plan.parts), today)),
    ]
    return Table(
        caption=_("What it touches"),
        caption_hidden=True,
        columns=[Column(label=_("What")), Column(label=_("How many"), number=True)],
        rows=[[Cell(text=label), Cell(text=count(number))] for label, number in counted if number],
        empty=_("Nothing but the unit itself."),
    )
