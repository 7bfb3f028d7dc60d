"""One's tokens: listed, made, revoked; and the page that says what there is to ask for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chibo.api import describing
from chibo.api.actions import make_token, revoke_token
from chibo.api.forms import TokenForm
from chibo.api.models import Token
from chibo.api.policies import may_name
from chibo.api.queries import tokens_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day, moment
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of


@login_required
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """My tokens, the newest first: what each may do, until when, when it was last used."""
    today = clock.today()
    rights = rights_of(request.user, today)
    rows = []
    for token in tokens_of(request.user):
        state, mark = _state(token)
        rows.append(
            [
                Cell(text=token.name, url=reverse("token", args=[token.pk]), note=f"{token.begins}…"),
                Cell(text=state, mark=mark, mark_word=None),
                Cell(text=_last_day(token)),
                Cell(text=_last_used(token)),
            ]
        )
    table = Table(
        caption=_("My tokens"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head) for head in (_("Token"), _("State"), _("Last day"), _("Last used"))],
        rows=rows,
        empty=_("You have made no token yet."),
    )
    context = common(rights, "me") | {"table": table, "may": bool(may_name(rights))}
    return render(request, "api/tokens.html", context)


def _state(token: Token) -> tuple[str, str]:
    if token.revoked_at is not None:
        return _("revoked"), Mark.NONE
    if not token.is_good(clock.today()):
        return _("over"), Mark.NONE
    return _("valid now"), Mark.MET


def _last_day(token: Token) -> str:
    return day(token.until - timedelta(1))


def _last_used(token: Token) -> str:
    pace = getattr(token, "pace", None)
    return moment(pace.minute) if pace is not None else _("never")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token; it is shown this once."""
    today = clock.today()
    rights = rights_of(request.user, today)
    allowed = may_name(rights)
    form = TokenForm(request.POST if request.method == "POST" else None, rights, allowed)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given: Any = form.cleaned_data
            try:
                made, said = make_token(
                    name=given["name"], permissions=given["permissions"], unit=given["unit"],
                    until=today + timedelta(given["days"]), by=request.user, at=clock.now(),
                )  # fmt: skip
            except Denied as denied:
                form.add_error(denied.field or None, str(denied))
            else:
                shown = {"said": said, "facts": _facts(made), "token": made}
                return render(request, "api/token_made.html", common(rights, "me") | shown)
    context = common(rights, "me") | {"form": form, "may": bool(allowed)}
    return render(request, "api/token_new.html", context, status=status)


def _facts(token: Token) -> list[tuple[str, str]]:
    """What a token may do, where, until when."""
    named = [str(P(each).label) for each in token.permissions if each in P.values]
    facts = [
        (_("What it may do"), "; ".join(named)),
        (_("Where"), _("below %(unit)s") % {"unit": token.unit.name} if token.unit else _("wherever you may yourself")),
        (_("Made"), moment(token.made_at)),
        (_("Last day"), _last_day(token)),
    ]
    if token.revoked_at is not None:
        facts.append((_("Revoked"), moment(token.revoked_at)))
    return facts


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """One token of mine; revoking it."""
    found = tokens_of(request.user).filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    if request.method == "POST":
        revoke_token(token=found, by=request.user, at=clock.now())
        messages.success(request, _("The token is revoked: it lets nobody in any more."))
        return redirect("tokens")
    state, mark = _state(found)
    facts = [*_facts(found), (_("Last used"), _last_used(found))]
    context = common(rights_of(request.user, clock.today()), "me")
    context |= {"token": found, "facts": facts, "state": state, "mark": mark, "is_good": mark == Mark.MET}
    return render(request, "api/token.html", context)


@login_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the API offers, noun by noun, as its own document says it."""
    context = common(rights_of(request.user, clock.today()), "me")
    return render(request, "api/about.html", context | {"parts": describing.parts(), "document": "openapi.json"})
