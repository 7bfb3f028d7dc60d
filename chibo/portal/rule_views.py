"""Which posts bring which roles, and the terms of reviews and of acting: rules of the whole tree, from day to day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, day
from chibo.core.spans import EVER
from chibo.members import actions as members
from chibo.members.models import PostRule
from chibo.organizations import actions
from chibo.organizations.frame import common
from chibo.organizations.held_roles import terms_on
from chibo.organizations.models import GrantTerms
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.portal.grant_forms import EndRuleForm, RuleForm, TermsForm

SHOWN = 200  # rules, the newest; more than any installation lays down


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """What holds, held and will hold; a new rule, the end of one, new terms."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    if not rights.over_all(P.USER_MANAGE):
        raise Http404
    listed = list(PostRule.objects.order_by("unit_kind", "post", "role", "-from_on", "pk")[:SHOWN])
    terms = list(GrantTerms.objects.order_by("-from_on")[:SHOWN])
    act = request.POST.get("act", "") if request.method == "POST" else ""
    now_held = terms_on(today)
    initial = {"review_months": now_held.review_months, "acting_days": now_held.acting_days}
    forms: dict[str, Any] = {
        "rule_form": RuleForm(request.POST if act == "rule" else None, today),
        "end_form": EndRuleForm(
            request.POST if act == "end" else None, [r for r in listed if _holds_on(r, today)], today
        ),
        "terms_form": TermsForm(request.POST if act == "terms" else None, initial, today),
    }
    if request.method == "POST":
        form = forms.get(f"{act}_form")
        if form is None:
            messages.warning(request, _("This can't be done here."))
            return redirect("post_rules")
        try:
            if form.is_valid():
                _do(act, form.cleaned_data, request)
                return redirect("post_rules")
        except Denied as denied:
            form.add_error(None, str(denied))
    context = (
        common(rights, "users")
        | forms
        | {
            "table": _table(listed, today),
            "terms": _terms(terms),
        }
    )
    return render(request, "portal/rules.html", context, status=422 if request.method == "POST" else 200)


def _holds_on(rule: PostRule, today: date) -> bool:
    return (rule.to_on is None or rule.to_on > today) and rule.to_on != rule.from_on


def _do(act: str, given: dict[str, Any], request: HttpRequest) -> None:
    by: Any = request.user
    at = clock.now()
    if act == "rule":
        members.set_rule(**given, by=by, at=at)
        messages.success(request, _("Laid down: the post brings the role."))
    elif act == "end":
        members.end_rule(rule=given["rule"], on=given["on"], by=by, at=at)
        messages.success(request, _("The rule ends on %(day)s.") % {"day": day(given["on"])})
    else:
        actions.set_terms(**given, by=by, at=at)
        messages.success(request, _("Laid down from %(day)s.") % {"day": day(given["from_on"])})


def _table(listed: list[PostRule], today: date) -> Table:
    rows = []
    for rule in listed:
        if rule.from_on > today and rule.to_on != rule.from_on:
            state = Cell(text=_("to come"), mark=Mark.NEAR, mark_word=None)
        elif _holds_on(rule, today):
            state = Cell(text=_("holds today"), mark=Mark.MET, mark_word=None)
        else:
            state = Cell(text=_("ended"), mark=Mark.NONE, mark_word=None)
        rows.append(
            [
                Cell(text=rule.get_post_display()),
                Cell(text=rule.get_unit_kind_display()),
                Cell(text=rule.get_role_display(), note=rule.get_reach_display()),
                Cell(text=_since(rule.from_on)),
                Cell(text=day(rule.to_on) if rule.to_on else "–"),
                state,
            ]
        )
    heads = (_("Post"), _("At a unit of the kind"), _("Role"), _("From"), _("To, not included"), _("Today"))
    return Table(
        caption=_("Roles that come with posts"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=rows,
        empty=_("No post brings a role."),
    )


def _terms(listed: list[GrantTerms]) -> Table:
    heads = (_("From"), _("Review, months"), _("Acting, days"))
    return Table(
        caption=_("Terms"),
        caption_hidden=True,
        columns=[Column(label=head, number=n > 0) for n, head in enumerate(heads)],
        rows=[
            [Cell(text=_since(each.from_on)), Cell(text=count(each.review_months)), Cell(text=count(each.acting_days))]
            for each in listed
        ],
    )


def _since(on: date) -> str:
    return _("always") if on == EVER else day(on)
