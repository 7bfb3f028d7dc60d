"""Someone acts for someone who is away: lent by themself, or named by an administrator; who acts for whom today."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.accounts.models import User
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.text import search_key
from chibo.organizations import actions
from chibo.organizations.brought import counts
from chibo.organizations.frame import common
from chibo.organizations.held_roles import acting_of
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import P
from chibo.organizations.policies import near_to, seen_by, working
from chibo.organizations.roles import NEVER_LENT, RoleCode
from chibo.organizations.scope import Rights, Scope, rights_of
from chibo.portal import acting, policies
from chibo.portal.access import same
from chibo.portal.grant_forms import FOUND, LendForm
from chibo.portal.user_acts import unit_shown


def lendable(user: Any, today: date) -> list[Grant]:
    """The roles of someone that another can hold for them: their own, held today or to come. One query."""
    own = Grant.objects.filter(Q(to_on=None) | Q(to_on__gt=today), counts(), user=user).exclude(role__in=NEVER_LENT)
    found = own.exclude(source=Source.ACTING).select_related("unit", "user").order_by("from_on", "pk")
    return [grant for grant in found if grant.may_be_held(today)]


def _named(people: QuerySet[User], words: str) -> QuerySet[User]:
    """Those in whose name a word begins with each of the words; accents are no matter."""
    for word in search_key(words).split()[:8]:
        people = people.filter(Q(search_key__startswith=word) | Q(search_key__contains=f" {word}"))
    return people


def near(user: Any, rights: Rights, today: date, words: str) -> list[User]:
    """Whom someone may mean by these words: by user name anyone above or under them, by words who is at their units.

    One or two queries.
    """
    lines = [near_to(Unit(pk=each.unit_id, path=each.path)) for each in rights.held]

    def line(field: str) -> Q:
        return reduce(or_, (one(field) for one in lines), Q(pk__in=[]))

    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    exact = list(others.filter(working(line, today), username__iexact=words)[:1])
    if exact:
        return exact
    scope = rights.scope(P.UNIT_VIEW)
    return list(_named(others.filter(working(scope.q, today)), words).order_by("sort_key", "pk")[:FOUND])


def managed(rights: Rights, owner: User, words: str) -> list[User]:
    """Whom an administrator may mean: users of their units. One or two queries."""
    others = User.objects.filter(seen_by(rights), is_active=True).exclude(pk=owner.pk)
    exact = list(others.filter(username__iexact=words)[:1])
    return exact or list(_named(others, words).order_by("sort_key", "pk")[:FOUND])


def _shown(scope: Scope, grant: Grant) -> str:
    """A role in one line: what, where, until when."""
    said = f"{RoleCode(grant.role).label}, {unit_shown(grant, scope).text}"
    return f"{said}, {_('to')} {day(grant.to_on)}" if grant.to_on else said


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Let someone act for me while I am away; whom I act for, who acts for me."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    user: Any = request.user
    mine, theirs = acting_of(user, rights, now.date())
    if request.method == "POST" and request.POST.get("act") == "end":
        return _end(request, [*mine, *theirs], reverse("acting"))
    scope = rights.scope(P.UNIT_VIEW)
    return _page(
        request,
        LendForm(
            request.POST if request.method == "POST" else None,
            lendable(user, now.date()),
            lambda words: near(user, rights, now.date(), words),
            now.date(),
            lambda grant: _shown(scope, grant),
        ),
        common(rights, "desk")
        | {
            "one": None,
            "mine": acting.lines(mine, scope, user, now.date()),
            "theirs": acting.lines(theirs, scope, user, now.date()),
            "signed": acting.signed(user, rights),
        },
        reverse("acting"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def of_user(request: HttpRequest, pk: int) -> HttpResponse:
    """An administrator names who acts for a user that is away."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    scope = rights.scope(P.USER_MANAGE)
    one = User.objects.filter(seen_by(rights), pk=pk).first() if scope and pk < 2**63 else None
    if one is None:
        raise Http404
    theirs = acting_of(one, Rights(), now.date())[1]
    held = [grant for grant in lendable(one, now.date()) if scope.holds(grant.unit, grant.reach)]
    try:
        policies.check_manages(rights, one, now.date())
    except Denied as denied:
        raise PermissionDenied(str(denied)) from None
    if request.method == "POST" and request.POST.get("act") == "end":
        return _end(request, theirs, reverse("user_acting", args=[pk]))
    form = LendForm(
        request.POST if request.method == "POST" else None,
        held,
        lambda words: managed(rights, one, words),
        now.date(),
        lambda grant: _shown(scope, grant),
    )
    context = common(rights, "users") | {
        "one": one,
        "mine": [],
        "theirs": acting.lines(theirs, scope, request.user, now.date()),
    }
    return _page(request, form, context, reverse("user_acting", args=[pk]))


def _page(request: HttpRequest, form: LendForm, context: dict[str, Any], url: str) -> HttpResponse:
    """The page with its form; or, once it is done, back to it with a word."""
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("grants", "to", "from_on", "to_on", "reason")}
        try:
            actions.lend(**given, by=request.user, at=clock.now())
        except Denied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(
                request, _("%(name)s acts from %(day)s.") % {"name": given["to"], "day": day(given["from_on"])}
            )
            return redirect(url)
    status = 422 if form.is_bound else 200
    return render(request, "portal/acting.html", context | {"form": form, "url": url}, status=status)


def _end(request: HttpRequest, grants: list[Grant], url: str) -> HttpResponse:
    """End one of these today; one not begun is then never held."""
    now = clock.now()
    grant = next((each for each in grants if str(each.pk) == request.POST.get("grant", "")), None)
    if grant is None:
        messages.warning(request, _("This has ended already."))
        return redirect(url)
    try:
        for each in grants:
            if same(each) == same(grant):
                actions.end_grant(grant=each, on=max(now.date(), each.from_on), by=request.user, at=now)
    except Denied as denied:
        messages.warning(request, str(denied))
    else:
        messages.success(request, _("Ended."))
    return redirect(url)
