"""The yearly review of roles: which are due, kept or ended with one press each or many at once; what is held back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import CharField, F, Max, Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Link, Pager
from chibo.core.formats import count, day
from chibo.members import actions as members
from chibo.organizations import actions, held_roles
from chibo.organizations.frame import common
from chibo.organizations.models import Grant, Verdict
from chibo.organizations.permissions import P
from chibo.organizations.roles import Reach, RoleCode
from chibo.organizations.scope import Rights, Scope, rights_of
from chibo.portal.access import sources

ROWS = 50
AT_ONCE = 100  # roles settled with one press
WHICH = ("due", "all", "back")


@dataclass(frozen=True)
class Line:
    """A role to look at: whose, what, where, how they came by it, since when, when last looked at."""

    pk: int
    name: str
    url: str
    role: str
    unit: str
    note: str
    why: Cell
    since: str
    seen: str
    is_due: bool


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """Roles of the administrator's units that are due for their review, all of them, or those held back."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    scope = rights.scope(P.USER_MANAGE)
    if not scope:
        raise Http404
    which = request.GET.get("which", "")
    which = which if which in WHICH else "due"
    base = reverse("review")
    if request.method == "POST":
        _settle(request, scope)
        return redirect(address(base, which=which if which != "due" else "", after=request.GET.get("after", "")[:2000]))
    terms = held_roles.terms_on(now.date())
    found = _found(scope, request.user, now.date(), which, terms.review_months)
    after = after_asked(request, str, int)
    if after is not None:
        found = found.filter(Q(user__sort_key__gt=after[0]) | Q(user__sort_key=after[0], pk__gt=after[1]))
    page: list[Any] = list(found.order_by("user__sort_key", "pk")[: ROWS + 1])
    more, page = page[ROWS:], page[:ROWS]
    said = which if which != "due" else ""
    key = [page[-1].user.sort_key, page[-1].pk] if more else []
    context = common(rights, "users") | {
        "lines": _lines(page, scope, request.user, now.date(), terms.review_months),
        "which": which,
        "tabs": _tabs(which, base),
        "months": terms.review_months,
        "rules": rights.over_all(P.USER_MANAGE),
        "url": address(base, which=said, after=request.GET.get("after", "")[:2000] if after else ""),
        "pager": Pager(
            first_url=address(base, which=said) if after else "",
            next_url=address(base, which=said, after=after_key(key)) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(page))},
        ),
    }
    return render(request, "portal/review.html", context)


def _found(scope: Scope, by: Any, today: date, which: str, months: int) -> QuerySet[Grant]:
    if which == "back":
        found = held_roles.held_back(scope, by).filter(by_post__ceased_on=None)
    elif which == "all":
        found = held_roles.to_review(scope, by, today)
    else:
        found = held_roles.overdue(scope, by, today, months)
    return found.select_related("user", "unit").annotate(seen=Max("reviews__on"))


def _tabs(which: str, base: str) -> list[Link]:
    labels = {"due": _("Due"), "all": _("All roles"), "back": _("Held back")}
    return [
        Link(label=label, url=address(base, which=name if name != "due" else ""), current=name == which)
        for name, label in labels.items()
    ]


def _lines(page: list[Any], scope: Scope, reader: Any, today: date, months: int) -> list[Line]:
    why, since = sources(page, scope, reader), held_roles.months_before(today, months)
    return [
        Line(
            grant.pk,
            str(grant.user),
            reverse("user", args=[grant.user_id]),
            str(RoleCode(grant.role).label),
            grant.unit.name,
            _("and all under it") if grant.reach == Reach.SUBTREE else "",
            why[grant.pk],
            day(grant.from_on),
            day(grant.seen) if grant.seen else _("never"),
            max(grant.from_on, grant.seen or grant.from_on) <= since,
        )
        for grant in page
    ]


def _settle(request: HttpRequest, scope: Scope) -> None:
    """Keep, end or let hold what was chosen, each by itself, and say how it went."""
    for act in ("keep", "end", "let"):
        asked = request.POST.getlist(act)
        if asked:
            break
    else:
        act, asked = request.POST.get("verdict", ""), request.POST.getlist("grant")
    ids = [int(each) for each in asked[:AT_ONCE] if each.isascii() and each.isdecimal() and len(each) < 19]
    grants = list(Grant.objects.filter(scope.q(), pk__in=ids).select_related("user").order_by("pk"))
    if not grants or act not in ("keep", "end", "let"):
        messages.warning(request, _("Choose the roles first."))
        return
    done, refused = 0, []
    for grant in grants:
        try:
            if act == "let":
                members.let_hold(grant=grant, by=request.user, at=clock.now())
            else:
                actions.review(grant=grant, verdict=Verdict(act), by=request.user, at=clock.now())
            done += 1
        except Denied as denied:
            refused.append(f"{grant.user}: {denied}")
    if done:
        said = {
            "keep": ngettext("%(n)s role stays.", "%(n)s roles stay.", done),
            "end": ngettext("%(n)s role ended today.", "%(n)s roles ended today.", done),
            "let": ngettext("%(n)s role holds.", "%(n)s roles hold.", done),
        }
        messages.success(request, said[act] % {"n": count(done)})
    for reason in refused[:5]:
        messages.warning(request, reason)


def waiting(rights: Rights, user: Any, today: date) -> list[QuerySet[Grant, Any]]:
    """Roles due for the administrator's review, and those by posts that wait for a second person to agree.

    Each up to a thousand and one, as (kind, "", "") with the kinds "due" and "back"; nothing for anyone else.
    """
    scope = rights.scope(P.USER_MANAGE)
    if not scope:
        return []
    never = held_roles.held_back(scope, user).filter(
        by_post__ceased_on=None, to_on=F("from_on"), withheld_on=F("from_on")
    )
    nothing = Value("", CharField())
    return [
        found.order_by()
        .annotate(tag=Value(kind, CharField()), one=nothing, two=nothing)
        .values_list("tag", "one", "two")[:1001]
        for kind, found in (("due", held_roles.overdue(scope, user, today)), ("back", never))
    ]
