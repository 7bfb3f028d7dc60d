"""What minutes and resolutions of all cells go by: numbers, signs, days; from which day, from which rule."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day
from chibo.core.spans import EVER
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.resolutions import forms, resolving
from chibo.resolutions.models import Rule, rule_on

MOST = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """What holds, held and will hold; something else from a day on."""
    today = clock.today()
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    now = rule_on(today)
    begun: dict[str, Any] = {"per": now.per, "sign": now.sign, "final_days": now.final_days, "from_on": today}
    form = forms.RuleForm(request.POST if request.method == "POST" else None, initial=begun)
    if form.is_bound and form.is_valid():
        try:
            made = resolving.set_rule(**form.cleaned_data, by=request.user, at=clock.now())
        except Denied as denied:
            form.add_error("from_on", str(denied))
        else:
            messages.success(request, _("Laid down from %(day)s.") % {"day": day(made.from_on)})
            return redirect("minutes_rules")
    context = common(rights, "minutes_rules") | {"form": form, "table": _table()}
    return render(request, "resolutions/rules.html", context, status=422 if form.is_bound else 200)


def _table() -> Table:
    heads = (
        _("From"), _("To, not included"), _("Numbers run through"), _("After the number"),
        _("Days until minutes are signed by two"), _("Taken from"),
    )  # fmt: skip
    return Table(
        caption=_("Rules of minutes and resolutions"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head, number=n == 4) for n, head in enumerate(heads)],
        rows=[
            [
                Cell(text=day(each.from_on) if each.from_on != EVER else _("from the beginning")),
                Cell(text=day(each.to_on) if each.to_on else "–"),
                Cell(text=each.get_per_display()),
                Cell(text=each.sign, lang="vi"),
                Cell(text=count(each.final_days)),
                Cell(text=each.source or "–", lang="vi"),
            ]
            for each in Rule.objects.order_by("-from_on")[:MOST]
        ],
    )
