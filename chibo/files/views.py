"""A member's file for those who may see the member: its groups, a sensitive one opened with a reason, who looked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Link, Pager
from chibo.core.periods import Period
from chibo.files import actions
from chibo.files.forms import ReasonForm
from chibo.files.groups import SENSITIVE, Group, group_named
from chibo.files.models import Opening
from chibo.files.queries import openings_of
from chibo.files.sections import Reader, openings_table, sections
from chibo.members.models import Person
from chibo.members.queries import place_on, stays_of
from chibo.organizations.frame import common, person_tabs, unit_cell
from chibo.organizations.held_roles import makers
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.procedures.queries import seen

OPENINGS = 50  # on a page
BOTH = ["GET", "HEAD", "POST"]


def find_person(request: HttpRequest, pk: int, right: P | None = None) -> tuple[Rights, Person, Unit]:
    """A member whom the reader may see, and the cell that keeps the file; otherwise 404, and 403 without a right."""
    today = clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.MEMBER_VIEW)
    stays = stays_of(pk) if scope and pk < 2**63 else []
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    cell = place_on(stays, today).cell
    if right is not None and not rights.scope(right).covers(cell):
        raise PermissionDenied
    return rights, stays[0].membership.person, cell


def reader_of(request: HttpRequest, rights: Rights, person: Person, cell: Unit, reason: str = "") -> Reader:
    """What the reader of a page may do in someone's file; nobody records in their own."""
    sees = rights.scope(P.UNIT_VIEW)
    return Reader(
        user=request.user,
        scope=sees,
        cell=lambda unit: unit_cell(sees, unit, Period(clock.today().year - 1, "year", 1)),
        keeps=rights.scope(P.FILE_KEEP).covers(cell) and person.user_id != request.user.pk,
        opens=rights.scope(P.FILE_OPEN).covers(cell),
        reason=reason,
        cases=seen(rights.scope(P.CASE_VIEW)),
    )


def frame(rights: Rights, person: Person, cell: Unit, *, below: bool = True) -> dict[str, Any]:
    """What every page of a member's file is given; those below the file itself lead back to it."""
    crumbs = [
        Link(label=_("Members"), url=reverse("members")),
        Link(label=cell.name, url=reverse("unit_members", args=[cell.pk])),
    ]
    if below:
        crumbs.append(Link(label=person.full_name, url=reverse("member_file", args=[person.pk])))
    return common(rights, "members") | {"person": person, "crumbs": crumbs}


@login_required
@require_safe
@never_cache
def member_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A member's file: every group that is not sensitive, with sources and histories; the others closed."""
    rights, person, cell = find_person(request, pk)
    reader = reader_of(request, rights, person, cell)
    found = sections(person, reader, ())
    context = frame(rights, person, cell, below=False) | {
        "cell": reader.cell(cell),
        "tabs": person_tabs(rights, pk, cell, "member_file"),
        "sections": [each for each in found if not each.is_closed],
        "closed": [each for each in found if each.is_closed],
        "openings_url": reverse("file_openings", args=[pk]) if rights.scope(P.ACCESS_VIEW).covers(cell) else "",
        "is_own": person.user_id == request.user.pk,
    }
    return render(request, "files/file.html", context)


def closed(request: HttpRequest, context: dict[str, Any], group: Group, form: ReasonForm | None = None) -> HttpResponse:
    """The page before a sensitive group: it opens by saying why, and that is kept."""
    form = form or ReasonForm(None)
    context |= {"group": group, "form": form}
    return render(request, "files/closed.html", context, status=422 if form.errors else 200)


def opened(request: HttpRequest, person: Person, group: Group) -> ReasonForm:
    """Open a sensitive group by the reason that was sent, which is kept; the form, with its fault if it was none."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            actions.open_group(person=person, group=group, reason=reason, by=request.user, at=clock.now())
        except Denied as error:
            form.add_error(None, str(error))
    return form


@login_required
@require_http_methods(BOTH)
@never_cache
def file_group(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    """One group of a member's file; a sensitive one shows only to who sends a reason."""
    named = group_named(group)
    rights, person, cell = find_person(request, pk)
    if named is None:
        raise Http404
    reader = reader_of(request, rights, person, cell)
    context = frame(rights, person, cell)
    if named in SENSITIVE:
        if not reader.opens:
            raise PermissionDenied(_("The sensitive groups of this file are not yours to open."))
        if request.method != "POST":
            return closed(request, context, named)
        form = opened(request, person, named)
        if form.errors:
            return closed(request, context, named, form)
        reader = reader_of(request, rights, person, cell, form.cleaned_data["reason"])
    elif request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    (section,) = sections(person, reader, [named], [named])
    return render(request, "files/group.html", context | {"section": section, "reason": reader.reason})


def openings_page(request: HttpRequest, person: Person) -> tuple[list[Opening], Pager]:
    """A page of who opened sensitive groups of someone's file, and the way to the others. One query."""
    after = after_asked(request, int)
    found = openings_of(person, OPENINGS + 1, after)
    more, found = found[OPENINGS:], found[:OPENINGS]
    here = f"{request.path}{{}}#looked"
    next_url = here.format(address("", after=after_key([found[-1].pk]))) if more else ""
    return found, Pager(next_url=next_url, first_url=here.format("") if after else "")


@login_required
@require_safe
def file_openings(request: HttpRequest, pk: int) -> HttpResponse:
    """Who opened sensitive groups of a member's file; an administrator reads it without the member's name."""
    today = clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.ACCESS_VIEW)
    stays = stays_of(pk) if scope and pk < 2**63 else []
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    person, cell = stays[0].membership.person, place_on(stays, today).cell
    is_named = rights.scope(P.MEMBER_VIEW).covers(cell)
    found, pager = openings_page(request, person)
    reader = reader_of(request, rights, person, cell)
    names = makers({each.by_id for each in found}, scope, request.user)
    context = (frame(rights, person, cell) if is_named else common(rights, "users")) | {
        "named": person.full_name if is_named else person.code,
        "is_named": is_named,
        "table": openings_table(found, names, reader.cell),
        "pager": pager,
    }
    return render(request, "files/openings.html", context)
