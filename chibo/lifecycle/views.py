"""Cases of a member: those there are, and the way to begin one; for those who look after them, and for themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Link, Table
from chibo.core.formats import day
from chibo.lifecycle import actions, queries
from chibo.lifecycle.forms import BeginForm
from chibo.members.models import Person
from chibo.members.queries import person_of
from chibo.organizations.frame import common, person_tabs
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.procedures.flow import said, which
from chibo.procedures.models import Case, Version

FEW = 3  # cases under way that are named


def _place(person: Person, today: date) -> Unit:
    """Where someone is found today: the cell they are in, were last in, or whose source they are; 404 of nobody's."""
    place = queries.place_of(person, today)
    if place is None:
        raise Http404
    return place


def _person(pk: int) -> Person:
    found = Person.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def find_seen(request: HttpRequest, pk: int, today: date) -> tuple[Rights, Person, Unit]:
    """Someone of a cell in whose units the reader sees cases; 404 otherwise."""
    rights, person = rights_of(request.user, today), _person(pk)
    place = _place(person, today)
    if not rights.scope(P.CASE_VIEW).covers(place):
        raise Http404
    return rights, person, place


def cases_table(found: list[Case]) -> Table:
    """Cases with what they are, since when, and how they stand."""
    rows = [
        [
            Cell(
                text=said(case.version.name),
                url=reverse("case", args=[case.pk]),
                note=which(case.version.definition, case.told),
            ),
            Cell(text=day(case.begun_on)),
            Cell(text=_result(case)),
        ]
        for case in found
    ]
    columns = [Column(label=_("Procedure")), Column(label=_("Begun on"), nowrap=True), Column(label=_("How it stands"))]
    return Table(
        caption=_("Cases"), caption_hidden=True, columns=columns, rows=rows, stacks=True,
        empty=_("There has been no case."),
    )  # fmt: skip


def _result(case: Case) -> str:
    if case.result:
        return said(case.version.flow.results[case.result])
    return str(case.get_status_display())


@login_required
@require_safe
def member_cases(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases about a member, and those that the reader can begin."""
    today = clock.today()
    rights, person, place = find_seen(request, pk, today)
    can = queries.can_begin(person, place, rights, today)
    opens_grounds = queries.membership_on(person, today) is not None
    context = common(rights, "members") | {
        "person": person,
        "place": place,
        "grounds_url": reverse("member_grounds", args=[pk]) if opens_grounds else "",
        "crumbs": [
            Link(label=_("Members"), url=reverse("members")),
            Link(label=place.name, url=reverse("unit_members", args=[place.pk])),
        ],
        "tabs": person_tabs(rights, pk, place, "member_cases"),
        "cases": cases_table(list(queries.cases_of(person, request.user, rights))),
        "ways": [
            Link(label=said(each.name), url=reverse("begin_case", args=[pk, each.procedure.code])) for each in can
        ],
    }
    return render(request, "lifecycle/member_cases.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin_case(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Begin a case about someone: what has to be told first, then its page."""
    today = clock.today()
    rights, person, place = find_seen(request, pk, today)
    if not rights.scope(P.CASE_ACT).covers(place):
        raise Http404
    return _begin(request, rights, person, place, code, back=reverse("member_cases", args=[pk]))


@login_required
@require_safe
def own_requests(request: HttpRequest) -> HttpResponse:
    """What someone can ask for themself as things stand."""
    person = person_of(request.user)
    if person is None:
        raise Http404
    today = clock.today()
    rights = rights_of(request.user, today)
    can = queries.can_begin(person, _place(person, today), rights, today, own=True)
    ways = [Link(label=said(each.name), url=reverse("begin_own", args=[each.procedure.code])) for each in can]
    context = common(rights, "me") | {"person": person, "ways": ways}
    return render(request, "lifecycle/own_requests.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin_own(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for something oneself: a correction, a transfer, an exemption."""
    person = person_of(request.user)
    if person is None:
        raise Http404
    today = clock.today()
    rights = rights_of(request.user, today)
    return _begin(request, rights, person, _place(person, today), code, own=True, back=reverse("me"))


def _lead_to(form: BeginForm, opened: QuerySet[Case]) -> None:
    """Put the way to the case that stands in the way of a form beside the field, for who opens it."""
    found = opened.filter(pk=form.refused_by.pk).first() if form.refused_by else None
    if found is not None:
        field: Any = form.fields["ask_what"]
        field.way = Link(label=_("Look at that case"), url=reverse("case", args=[found.pk]))


def _begin(
    request: HttpRequest, rights: Rights, person: Person, place: Unit, code: str, *, back: str, own: bool = False
) -> HttpResponse:
    now = clock.now()
    version: Version | None = queries.valid_version(code, clock.today())
    if version is None or (own and not version.flow.by_member):
        raise Http404
    sent = request.POST if request.method == "POST" else None
    before = queries.told_before(person, version, request.GET.get("again", "")) if own and sent is None else None
    form = BeginForm(version, rights, person, sent, known=request.GET, before=before)
    today = clock.today()
    refused = ""
    stops = queries.why_not(queries.case_of(version, person, place, today), today) if request.method != "POST" else []
    if request.method == "POST" and form.is_valid():
        try:
            case = actions.begin(
                version=version, person=person, unit=place, to_unit=form.to_unit, told=form.told, by=request.user,
                at=now,
            )  # fmt: skip
            if own:
                messages.success(request, _("Your request is on its way. You find it under “My record”."))
            return redirect("case", pk=case.pk)
        except Denied as error:
            refused = str(error)
    _lead_to(form, queries.cases_of(person, request.user, rights))
    other = queries.under_way(person, version) if refused or stops else Case.objects.none()
    context: dict[str, Any] = common(rights, "me" if own else "members") | {
        "person": person,
        "version": version,
        "name": said(version.name),
        "form": form,
        "refused": refused or " ".join(stops),
        "is_stopped": bool(stops),
        "under_way": [
            Link(label=_("Begun on %(day)s") % {"day": day(each.begun_on)}, url=reverse("case", args=[each.pk]))
            for each in queries.cases_of(person, request.user, rights).filter(pk__in=other.values("pk"))[:FEW]
        ],
        "back": back,
        "own": own,
        "first": said(version.flow.first.name),
    }
    return render(request, "lifecycle/begin.html", context, status=422 if refused or form.errors else 200)
