"""Users: who they are, what roles they hold and held, who gave them; inviting, blocking, a new code."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chibo.accounts.models import User
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import day, moment
from chibo.core.spans import holding
from chibo.core.text import search_key
from chibo.members.models import Person
from chibo.organizations import actions as organizations
from chibo.organizations.brought import as_grants, counts
from chibo.organizations.frame import common
from chibo.organizations.models import Grant
from chibo.organizations.permissions import P
from chibo.organizations.policies import roles_of, seen_by
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Rights, Scope, rights_of
from chibo.portal import access, actions, policies, user_acts
from chibo.portal.forms import EndForm, InviteForm, MemberForm, RoleForm

LISTED = 50


def _rights(request: HttpRequest, today: date) -> tuple[Rights, Scope]:
    """The user's rights and where they manage users; who manages none finds nothing here."""
    rights = rights_of(request.user, today)
    scope = rights.scope(P.USER_MANAGE)
    if not scope:
        raise Http404
    return rights, scope


def _standing(user: User) -> Cell:
    """Whether someone can sign in, in words and by mark."""
    if not user.is_active:
        return Cell(text=_("blocked"), mark=Mark.MISSED, mark_word=None)
    if not user.has_usable_password():
        return Cell(text=_("invited, no password yet"), mark=Mark.NEAR, mark_word=None)
    return Cell(text=_("can sign in"), mark=Mark.MET, mark_word=None)


@login_required
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """The users of the administrator's units, by name, found without accents."""
    today = clock.today()
    rights, scope = _rights(request, today)
    words = request.GET.get("q", "")[:100]
    after = after_asked(request, str, int)
    found = User.objects.filter(seen_by(rights))
    for word in search_key(words).split()[:8]:
        found = found.filter(Q(search_key__startswith=word) | Q(search_key__contains=f" {word}"))
    if after is not None:
        found = found.filter(Q(sort_key__gt=after[0]) | Q(sort_key=after[0], pk__gt=after[1]))
    lent = Q(acting_for=None) | holding(today, "acting_for__")
    held = Grant.objects.filter(holding(today), lent, counts()).select_related("unit").order_by("from_on", "pk")
    page: list[Any] = list(
        found.order_by("sort_key", "pk").prefetch_related(Prefetch("grants", held, "held"))[: LISTED + 1]
    )
    more, page = page[LISTED:], page[:LISTED]
    by_record = as_grants(today, users=[each.pk for each in page])
    for each in page:
        each.held += [grant for grant in by_record if grant.user_id == each.pk]
    url = reverse("users")
    context = common(rights, "users") | {
        "words": words,
        "rules": rights.over_all(P.USER_MANAGE),
        "table": _table(page, scope),
        "pager": Pager(
            first_url=address(url, q=words) if after else "",
            next_url=address(url, q=words, after=after_key([page[-1].sort_key, page[-1].pk])) if more else "",
            note=_("%(n)s on this page") % {"n": len(page)},
        ),
    }
    return render(request, "portal/users.html", context)


def _table(page: list[Any], scope: Scope) -> Table:
    rows = []
    for user in page:
        held = [
            f"{RoleCode(grant.role).label}, {grant.unit.name if scope.covers(grant.unit) else grant.unit.code}"
            for grant in user.held
        ]
        seen = moment(user.last_login) if user.last_login else _("never")
        rows.append(
            [
                Cell(text=str(user), url=reverse("user", args=[user.pk]), note=user.username, lang="vi"),
                Cell(text="; ".join(dict.fromkeys(held)) or _("no role")),
                _standing(user),
                Cell(text=seen),
            ]
        )
    return Table(
        caption=_("Users"),
        caption_hidden=True,
        columns=[Column(label=label) for label in (_("Name"), _("Roles today"), _("Signing in"), _("Last signed in"))],
        rows=rows,
        empty=_("No user of your units has these words."),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite someone: a user name, a role, and then the code, shown this once."""
    now = clock.now()
    rights, scope = _rights(request, now.date())
    form = InviteForm(request.POST or None, scope, now.date())
    if request.method == "POST" and form.is_valid():
        try:
            user, code = organizations.invite(**_given(form), by=request.user, at=now)
        except Denied as error:
            form.add_error(None, str(error))
        else:
            return _show_code(request, rights, user, code, form.cleaned_data)
    return render(request, "portal/invite.html", common(rights, "users") | {"form": form})


def _given(form: RoleForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "chosen"}


def _show_code(
    request: HttpRequest, rights: Rights, user: User, code: str, given: dict[str, Any] | None = None
) -> HttpResponse:
    """The page with a code, never to be seen again, and with the role that was given with it."""
    where = request.build_absolute_uri(reverse("invitation"))
    context = common(rights, "users") | {"one": user, "code": code, "where": where, "given": given}
    if given:
        context["role"] = RoleCode(given["role"]).label
    return render(request, "portal/code.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One user: roles with their days, signing in, the own record, and what happened; and the acts on them."""
    now = clock.now()
    rights, scope = _rights(request, now.date())
    one = User.objects.filter(seen_by(rights), pk=pk).select_related("person").first() if pk < 2**63 else None
    if one is None:
        raise Http404
    grants, by_record = roles_of(one, now.date())
    still = [grant for grant in grants if grant.may_be_held(now.date())]
    refused = ""
    try:
        policies.check_manages(rights, one, now.date(), (grants, by_record))
    except Denied as error:
        refused = str(error)
    act = request.POST.get("act", "")
    if request.method == "POST" and refused:
        raise PermissionDenied(refused)
    person: Person | None = getattr(one, "person", None)
    forms: dict[str, Any] = {
        "role_form": RoleForm(request.POST if act == "grant" else None, scope, now.date()),
        "end_form": EndForm(request.POST if act == "end" else None, still, scope, now.date()),
        "member_form": MemberForm(
            request.POST if act == "member" else None, initial={"member_code": person.code if person else ""}
        ),
    }
    wrong = ""
    if request.method == "POST":
        try:
            answer = _do(request, rights, one, act, forms)
        except Denied as error:
            wrong = str(error)
        else:
            if answer is not None:
                return answer
    context = common(rights, "users") | {
        "one": one,
        "standing": _standing(one),
        "is_self": one.pk == request.user.pk,
        "refused": refused,
        "wrong": wrong,
        "facts": _facts(one, person),
        "grants": access.roles_table([*by_record, *grants], scope, request.user, now.date()),
        "still": still,
        "history": user_acts.history_table(one, grants, scope, request.user),
        **forms,
    }
    return render(request, "portal/user.html", context)


def _facts(one: User, person: Person | None) -> list[tuple[str, str]]:
    return [
        (_("User name"), one.username),
        (_("Last signed in"), moment(one.last_login) if one.last_login else _("never")),
        (_("Member"), person.code if person else _("not linked to a member's record")),
    ]


def _do(request: HttpRequest, rights: Rights, one: User, act: str, forms: dict[str, Any]) -> HttpResponse | None:
    """Do what was asked for; None if the form has to be shown again."""
    by, at = request.user, clock.now()
    if act == "code":
        return _show_code(request, rights, one, actions.make_code(user=one, by=by, at=at))
    if act == "block":
        actions.block(user=one, by=by, at=at)
        said = _("%(name)s is blocked and signed out everywhere.") % {"name": one}
    elif act == "unblock":
        actions.unblock(user=one, by=by, at=at)
        said = _("%(name)s can sign in again.") % {"name": one}
    elif act == "grant":
        form = forms["role_form"]
        if not form.is_valid():
            return None
        organizations.grant(user=one, **_given(form), by=by, at=at)
        said = _("The role is given.")
    elif act == "end":
        form = forms["end_form"]
        if not form.is_valid():
            return None
        organizations.end_grant(grant=form.cleaned_data["grant"], on=form.cleaned_data["on"], by=by, at=at)
        said = _("The role ends on %(day)s.") % {"day": day(form.cleaned_data["on"])}
    elif act == "member":
        form = forms["member_form"]
        if not form.is_valid():
            return None
        code = form.cleaned_data["member_code"]
        linked = policies.linked_by(rights, at.date())
        person = Person.objects.filter(linked, code=code).first() if code else None
        if code and person is None:
            form.add_error("member_code", _("No member of your units has this code."))
            return None
        actions.link_member(user=one, person=person, by=by, at=at)
        said = _("Linked to the record of member %(code)s.") % {"code": code} if code else _("Linked to no record.")
    else:
        raise Denied(_("This can't be done here."))
    messages.success(request, said)
    return redirect("user", pk=one.pk)
