"""Who can see a unit or a member, and why: for administrators, and in short for the officers of the unit."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Link, Pager
from chibo.core.formats import count
from chibo.core.periods import Period
from chibo.members.queries import place_on, stays_of
from chibo.organizations.frame import common, of_unit, unit_cell
from chibo.organizations.models import Grant
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, reaching, rights_of
from chibo.portal import access

ROWS = 100


def _page(request: HttpRequest, found: list[Grant], base: str, period: str = "") -> tuple[list[Grant], Pager]:
    """The roles of one page, by the name of who holds them, and the ways to the others."""
    after = after_asked(request, str, int, int)
    if after is not None:
        found = [each for each in found if [each.user.sort_key, each.user_id, each.pk or 0] > after]
    more, found = found[ROWS:], found[:ROWS]
    key = [found[-1].user.sort_key, found[-1].user_id, found[-1].pk or 0] if more else []
    return found, Pager(
        first_url=address(base, period=period) if after else "",
        next_url=address(base, period=period, after=after_key(key)) if more else "",
        note=_("%(n)s on this page") % {"n": count(len(found))},
    )


@login_required
@require_safe
def unit_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who can see a unit, and why."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.ACCESS_VIEW)
    period = period_asked(request, today)
    found, pager = _page(request, reaching(unit, [P.UNIT_VIEW], today), reverse("unit_access", args=[pk]), str(period))
    context = of_unit(rights, unit, above, "unit_access", period) | {
        "table": access.of_unit(found, rights, request.user, unit),
        "pager": pager,
        "reviews": rights.scope(P.USER_MANAGE).covers(unit),
    }
    return render(request, "portal/unit_access.html", context)


@login_required
@require_safe
def member_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who can see the record of a member, and why; an administrator reads it without the member's name."""
    today = clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.ACCESS_VIEW)
    stays = stays_of(pk) if scope and pk < 2**63 else []
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    person, cell = stays[0].membership.person, place_on(stays, today).cell
    names = rights.scope(P.MEMBER_VIEW).covers(cell)
    found, pager = _page(request, reaching(cell, [P.MEMBER_VIEW], today), reverse("member_access", args=[pk]))
    crumbs = [Link(label=person.full_name, url=reverse("member", args=[pk]))] if names else []
    context = common(rights, "members" if names else "users") | {
        "named": person.full_name if names else person.code,
        "is_named": names,
        "cell": unit_cell(rights.scope(P.UNIT_VIEW), cell, Period(today.year - 1, "year", 1)),
        "crumbs": crumbs,
        "table": access.of_member(found, rights, request.user, cell),
        "pager": pager,
        "has_user": person.user_id is not None,
    }
    return render(request, "portal/member_access.html", context)
