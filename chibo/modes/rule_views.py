"""The rule of online meetings: how many members can't come, since when, from which rule; and another one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day
from chibo.modes import actions
from chibo.modes.forms import RuleForm
from chibo.modes.models import OnlineRule
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

MOST = 300
SHIPPED = {"03-HD/TW 27/12/2022; to be verified": gettext_lazy("03-HD/TW 27/12/2022; to be verified")}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rule of online meetings, day by day, with another one laid down."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    if not rights.over_all(P.NORM_MANAGE):
        raise Http404
    form = RuleForm(request.POST if request.method == "POST" else None, initial={"from_on": now.date()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.lay_down_rule(rule=OnlineRule(**form.cleaned_data), by=request.user, at=now)
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("The rule holds from that day on."))
            return redirect("online_rules")
    context = common(rights, "online_rules") | {"form": form, "table": _table()}
    return render(request, "modes/rules.html", context, status=422 if form.errors else 200)


def _table() -> Table:
    """Every rule, the newest first. One query."""
    heads = (_("More than, of a hundred"), _("From"), _("To, not included"), _("Taken from"))
    return Table(
        caption=_("Rules of online meetings"),
        caption_hidden=True,
        columns=[Column(label=head, number=head == heads[0]) for head in heads],
        rows=[
            [
                Cell(text=count(rule.share)),
                Cell(text=day(rule.from_on)),
                Cell(text=day(rule.to_on) if rule.to_on else "–"),
                Cell(text=str(SHIPPED.get(rule.source, rule.source)) or "–"),
            ]
            for rule in OnlineRule.objects.order_by("-from_on", "-pk")[:MOST]
        ],
    )
