"""One source: listed, the card with what comes next, put right; and the month's review of a cell's list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.admissions import actions, queries
from chibo.admissions.forms import (
    ApplyForm,
    ClassForm,
    CorrectForm,
    EndForm,
    HelperForm,
    MoveForm,
    OffForm,
    PersonForm,
    RemarkForm,
    SourceForm,
    StepForm,
    day_of,
)
from chibo.admissions.models import Certificate, Helper, Place, Source, State
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Link
from chibo.core.formats import day
from chibo.members.models import Membership, Person
from chibo.members.queries import age_on
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

LINES = 100  # remarks, helpers, certificates shown


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Put someone on the list of a cell: one short form; people alike are shown before a second record is made."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    unit, above = find_unit(rights, pk, P.SOURCE_MANAGE)
    if not unit.is_cell:
        raise Http404
    data = request.POST if request.method == "POST" else None
    known = people_alike(data, rights, now.date())
    choices = choices_of(known, rights, now.date())
    form = SourceForm(data, queries.groups_on(now.date()), choices, initial={"on": now.date()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.list_source(
                person=chosen_of(known, form) or form.person(), cell=unit, on=given["on"],
                introduced_by=given["introduced_by"], groups=form.chosen_groups(), by=request.user, at=now,
            )  # fmt: skip
        except Denied as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is on the list.") % {"name": made.person.full_name})
            return redirect("source", pk=made.pk)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": _crumbs(rights, [*above, unit]),
        "form": form,
        "back": reverse("unit_sources", args=[pk]),
    }
    return render(request, "admissions/new.html", context, status=422 if form.errors else 200)


def people_alike(data: Any, rights: Rights, today: date) -> list[Person]:
    """People of the name and birth date that were filled in; of the reader's units also who is nearly called so."""
    if not data:
        return []
    name, born_on = str(data.get("full_name", ""))[:500].replace("\0", "").strip(), day_of(data.get("born_on", ""))
    if not name or not born_on:
        return []
    same = queries.alike(name, born_on)
    near = queries.nearly_alike(name, born_on, str(data.get("sex", "")), rights.scope(P.MEMBER_VIEW), today)
    return [*same, *(each for each in near if each not in same)][:5]


def choices_of(people: list[Person], rights: Rights, today: date) -> list[tuple[str, str]]:
    """People alike, to be told from others: by code, and by place where the reader sees it. One query."""
    members = queries.people_at([each.pk for each in people], rights.scope(P.MEMBER_VIEW), today) if people else set()
    said = _("a member of your units")
    return [
        (
            str(each.pk),
            " · ".join([each.full_name, day(each.born_on), each.code, *([said] if each.pk in members else [])]),
        )
        for each in people
    ]


def chosen_of(people: list[Person], form: PersonForm) -> Person | None:
    """Whom of people alike somebody chose; None if someone else."""
    return next((each for each in people if str(each.pk) == form.cleaned_data.get("alike")), None)


def _crumbs(rights: Rights, line: list[Unit]) -> list[Link]:
    """The units above, and the list of the last of them."""
    return [
        *crumbs_of(rights, line),
        Link(label=_("Sources"), url=reverse("unit_sources", args=[line[-1].pk])),
    ]


def found_source(rights: Rights, pk: int, right: P = P.MEMBER_VIEW) -> tuple[Source, Place, list[Unit]]:
    """Someone on a list, their place and the units above; 404 outside the reader's units, 403 without the right."""
    place = queries.place_of(pk) if pk < 2**63 else None
    if place is None or not rights.scope(P.MEMBER_VIEW).covers(place.cell):
        raise Http404
    if not rights.scope(right).covers(place.cell):
        raise PermissionDenied
    _unit, above = find_unit(rights, place.cell_id, P.MEMBER_VIEW)
    return place.source, place, above


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """Someone on the list: what comes next with its form, what is recorded, the other acts."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    found, place, above = found_source(rights, pk)
    manages = rights.scope(P.SOURCE_MANAGE).covers(place.cell) and found.is_listed
    act = request.POST.get("act", "") if request.method == "POST" else ""
    forms = _forms(request, act, place, today) if manages else {}
    if request.method == "POST":
        if not manages:
            raise PermissionDenied
        said = _do(request, found, act, forms, rights)
        if said:
            messages.success(request, said)
            if queries.place_of(pk) is None:  # taken off on the day they were listed: they never were
                return redirect("unit_sources", pk=place.cell_id)
            return redirect("source", pk=pk)
    since = queries.valid_since(today)
    row = next(
        iter(queries.rows(queries.listed(rights.scope(P.MEMBER_VIEW), place.cell, today).filter(source=pk))), None
    )
    step = queries.next_of(row, since) if row else None
    helpers = list(Helper.objects.filter(source=found).select_related("person").order_by("-from_on")[:LINES])
    seen = queries.people_at([each.person_id for each in helpers], rights.scope(P.MEMBER_VIEW), today)
    context = common(rights, "units") | {
        "source": found,
        "person": found.person,
        "place": place,
        "crumbs": _crumbs(rights, [*above, place.cell]),
        "state": State(found.state).label,
        "step": step,
        "facts": _facts(found, place, today),
        "certificates": list(Certificate.objects.filter(person=found.person).order_by("-issued_on")[:LINES]),
        "valid_since": since,
        "helpers": [(each, each.person.full_name if each.person_id in seen else each.person.code) for each in helpers],
        "remarks": list(found.remarks.order_by("-on")[:LINES]),
        "manages": manages,
        "is_helped": any(each.to_on is None for each in helpers),
        "may_be_sympathiser": found.state == State.SOURCE,
        "may_apply": found.state == State.SYMPATHISER,
        "has_applied": found.state == State.APPLICANT,
        "forms": forms,
        "act": act,
        "cases_url": reverse("member_cases", args=[found.person_id])
        if rights.scope(P.CASE_VIEW).covers(place.cell)
        else "",
        "begin_url": _begin_url(found, place, rights) if step is not None and step.act == "apply" else "",
    }
    return render(request, "admissions/source.html", context, status=422 if act else 200)


def _begin_url(found: Source, place: Place, rights: Rights) -> str:
    """The way to begin the admission as a case, for who acts on cases at the cell itself. One query."""
    if not any(each.unit_id == place.cell_id and each.reaches(P.CASE_ACT) for each in rights.held):
        return ""
    again = Membership.objects.filter(person=found.person_id).exists()
    return reverse("begin_case", args=[found.person_id, "readmission" if again else "admission"])


def _facts(found: Source, place: Place, today: date) -> list[tuple[str, str]]:
    person = found.person
    age = _("%(n)s years old") % {"n": age_on(today, person.born_on)}
    facts = [
        (_("Sex"), str(person.get_sex_display())),
        (_("Born"), f"{day(person.born_on)} ({age})"),
        (_("Ethnicity"), person.ethnicity),
        (_("Occupation"), person.occupation),
        (_("Education"), person.education),
        (_("Introduced by"), found.introduced_by),
        (_("Priority groups"), "; ".join(str(each.group) for each in _groups(found))),
        (_("Listed on"), day(found.from_on)),
        (_("Sympathiser since"), day(found.sympathiser_on) if found.sympathiser_on else ""),
        (_("Applied on"), day(found.applied_on) if found.applied_on else ""),
        (_("Left the list"), day(found.to_on) if found.to_on else ""),
        (_("Why"), found.reason),
    ]
    return [(term, text) for term, text in facts if text]


def _groups(found: Source) -> list[Any]:
    return list(found.groups.select_related("group").order_by("group__code"))


def _forms(request: HttpRequest, act: str, place: Place, today: date) -> dict[str, Any]:
    """The forms of the page; the one that was sent keeps what was typed."""

    def data(name: str) -> Any:
        return request.POST if act == name else None

    begun = {"on": today}
    return {
        "helper": HelperForm(data("helper"), queries.officials_of(place.cell, today), initial=begun),
        "ends": EndForm(data("ends"), initial=begun),
        "class": ClassForm(data("class")),
        "remark": RemarkForm(data("remark"), initial=begun),
        "sympathiser": StepForm(data("sympathiser"), initial=begun),
        "apply": ApplyForm(data("apply"), initial=begun),
        "off": OffForm(data("off"), initial=begun),
        "move": MoveForm(data("move"), initial=begun),
    }


def _do(request: HttpRequest, found: Source, act: str, forms: dict[str, Any], rights: Rights) -> str:
    """Do what was asked for; nothing to say if the form has to be shown again."""
    given: dict[str, Any] = {"source": found, "by": request.user, "at": clock.now()}
    form: django_forms.Form | None = forms.get(act)
    if form is not None and not form.is_valid():
        return ""
    values = form.cleaned_data if form is not None else {}
    simple: dict[str, tuple[Callable[..., Any], str]] = {
        "class": (actions.certify, _("The certificate is recorded.")),
        "remark": (actions.remark, _("The remark is recorded.")),
        "ends": (actions.end_helper, _("The task of the helper has ended.")),
        "sympathiser": (actions.make_sympathiser, _("They are a sympathiser now.")),
        "apply": (actions.apply, _("The application is recorded.")),
        "off": (actions.take_off, _("They are off the list.")),
        "aside": (actions.set_aside, _("The application is set aside.")),
    }
    try:
        if act in simple:
            do, said = simple[act]
            do(**given, **values)
            return said
        if act == "helper":
            actions.give_helper(**given, person=forms["helper"].people[values["person"]], on=values["on"])
            return _("The helper is recorded.")
        if act == "back":
            actions.take_back_certificate(**given, certificate=_certificate(request, found))
            return _("The certificate is taken back.")
        if act == "move":
            to = Unit.objects.filter(code=values["code"]).first()
            if to is None or not rights.scope(P.SOURCE_MANAGE).covers(to):
                forms["move"].add_error("code", _("None of your cells has this code."))
                return ""
            actions.move_source(**given, to=to, on=values["on"])
            return _("They are on the list of %(cell)s.") % {"cell": to.name}
    except Denied as error:
        if form is None:
            messages.warning(request, str(error))
        else:
            form.add_error("on" if "on" in form.fields else "issued_on", str(error))
        return ""
    raise Http404


def _certificate(request: HttpRequest, found: Source) -> Certificate:
    pk = request.POST.get("certificate", "")
    is_key = pk.isascii() and pk.isdecimal() and len(pk) < 19
    known = Certificate.objects.filter(pk=int(pk), person=found.person).first() if is_key else None
    if known is None:
        raise Http404
    return known


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what is recorded of someone on the list."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    found, place, above = found_source(rights, pk, P.SOURCE_MANAGE)
    person, mine = found.person, _groups(found)
    groups = {group.pk: group for group in [*queries.groups_on(now.date()), *(each.group for each in mine)]}
    names = (*CorrectForm.MAIN, *CorrectForm.LESS)
    begun = {name: getattr(person, name) for name in names} | {
        "introduced_by": found.introduced_by, "groups": [str(each.group_id) for each in mine],
    }  # fmt: skip
    data = request.POST if request.method == "POST" else None
    form = CorrectForm(data, list(groups.values()), _others(data, person, rights, now.date()), initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct_source(
                source=found, person=form.person(person), introduced_by=form.cleaned_data["introduced_by"],
                groups=form.chosen_groups(), by=request.user, at=now,
            )  # fmt: skip
        except Denied as error:
            form.refuse(error)
        else:
            messages.success(request, _("The record is put right."))
            return redirect("source", pk=pk)
    context = common(rights, "units") | {
        "unit": place.cell,
        "crumbs": _crumbs(rights, [*above, place.cell]),
        "form": form,
        "name": person.full_name,
        "back": reverse("source", args=[pk]),
    }
    return render(request, "admissions/new.html", context, status=422 if form.errors else 200)


def _others(data: Any, person: Person, rights: Rights, today: date) -> list[tuple[str, str]]:
    """Who else is called and born as someone is to be from now on, or nearly so; nobody if that stays as it is."""
    said = [str(data.get(name, "")).strip() for name in ("full_name", "sex")] if data else []
    if not data or [*said, day_of(data.get("born_on", ""))] == [person.full_name, person.sex, person.born_on]:
        return []
    found = [each for each in people_alike(data, rights, today) if each.pk != person.pk]
    return choices_of(found, rights, today)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sources_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The cell goes through its list, once a month: everyone stays, but who is marked otherwise, with a reason."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.SOURCE_MANAGE)
    if not unit.is_cell:
        raise Http404
    rows = queries.rows(queries.in_order(queries.listed(rights.scope(P.MEMBER_VIEW), unit, today), "name"))
    post = request.POST
    lines: list[dict[str, Any]] = [
        {
            "row": row,
            "state": State(row.state).label,
            "goes": post.get(f"goes-{row.source}") == "yes",
            "reason": post.get(f"reason-{row.source}", "")[:500].replace("\0", "").strip(),
            "error": "",
        }
        for row in rows
    ]
    form = StepForm(post if request.method == "POST" else None, initial={"on": today})
    if request.method == "POST" and form.is_valid():
        off: dict[int, str] = {}
        for line in lines:
            if line["goes"]:
                off[line["row"].source] = line["reason"]
                line["error"] = "" if line["reason"] else _("Say why.")
        if not any(line["error"] for line in lines):
            try:
                actions.review(cell=unit, on=form.cleaned_data["on"], off=off, by=request.user, at=now)
            except Denied as error:
                form.add_error("on", str(error))
            else:
                messages.success(request, _("The review of the list is recorded."))
                return redirect("unit_sources", pk=pk)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": _crumbs(rights, [*above, unit]),
        "lines": lines,
        "form": form,
        "back": reverse("unit_sources", args=[pk]),
    }
    is_wrong = bool(form.errors) or any(line["error"] for line in lines)
    return render(request, "admissions/review.html", context, status=422 if is_wrong else 200)
