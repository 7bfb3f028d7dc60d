"""The rules of dues, and the days in which units confirm a quarter: what they say, since when, from which rule."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.registers import actions, dues_rules
from chibo.registers.forms import DaysForm, RuleForm
from chibo.registers.models import Deadline, DuesRule, RuleKind
from chibo.registers.owing import percent_of, told

MOST = 500


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """What holds, held and will hold; another number, class or relief from a day on; the days to confirm."""
    now, today = clock.now(), clock.today()
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    listed = list(DuesRule.objects.order_by("kind", "code", "-from_on")[:MOST])
    act = request.POST.get("act", "") if request.method == "POST" else ""
    forms: dict[str, Any] = {
        "rule": RuleForm(request.POST if act == "rule" else None, listed, today),
        "days": DaysForm(request.POST if act == "days" else None, today),
    }
    form = forms.get(act)
    if form is not None and form.is_valid():
        try:
            said = _do(act, form.cleaned_data, by=request.user, at=now)
        except Denied as denied:
            form.add_error("from_on", str(denied))
        else:
            messages.success(request, said)
            return redirect("dues_rules")
    context = common(rights, "dues_rules") | {"forms": forms, "table": _table(listed), "days": _days()}
    return render(request, "registers/rules.html", context, status=422 if form is not None else 200)


def _do(act: str, filled: dict[str, Any], **by: Any) -> str:
    """Lay down what was filled in; what to say of it."""
    on, what = filled["from_on"], filled.pop("what", RuleForm.IS)
    if what == RuleForm.ENDS:
        if dues_rules.end_rule(code=filled["code"], on=on, **by) is None:
            return _("It is taken back: it never was.")
        return _("It holds no longer from %(day)s on.") % {"day": day(on)}
    if what == RuleForm.RIGHT:
        filled.pop("kind")
        dues_rules.correct_rule(**filled, **by)
        return _("It is put right.")
    if act == "rule":
        dues_rules.set_rule(**filled, **by)
    else:
        actions.set_days(**filled, **by)
    return _("Laid down from %(day)s.") % {"day": day(on)}


def _table(listed: list[DuesRule]) -> Table:
    heads = (_("What"), _("Kind"), _("How much"), _("Lasts at most, months"), _("From"), _("To, not included"))
    kinds = [str(kind) for kind in RuleKind]
    return Table(
        caption=_("Rules of dues"),
        caption_hidden=True,
        stacks=True,
        columns=[*(Column(label=head, number=head in heads[2:4]) for head in heads), Column(label=_("Taken from"))],
        rows=[
            [
                Cell(text=told(rule.name)),
                Cell(text=rule.get_kind_display()),
                Cell(text=_much(rule)),
                Cell(text=count(rule.most_months) if rule.most_months else "–"),
                Cell(text=day(rule.from_on)),
                Cell(text=day(rule.to_on) if rule.to_on else "–"),
                Cell(text=told(rule.source) or "–"),
            ]
            for rule in sorted(listed, key=lambda rule: kinds.index(rule.kind))
        ],
    )


def _much(rule: DuesRule) -> str:
    """The number of a rule with its unit."""
    if rule.kind in (RuleKind.PAYER, RuleKind.RELIEF):
        return f"{percent_of(rule.number)} %"
    n = int(rule.number)
    if rule.kind == RuleKind.AGE:
        return ngettext("%(n)s year", "%(n)s years", n) % {"n": n}
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}


def _days() -> Table:
    heads = (_("Quarters that end from"), _("To, not included"), _("Days"), _("Taken from"))
    return Table(
        caption=_("Days to confirm a quarter"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head, number=n == 2) for n, head in enumerate(heads)],
        rows=[
            [
                Cell(text=day(each.from_on)),
                Cell(text=day(each.to_on) if each.to_on else "–"),
                Cell(text=count(each.days)),
                Cell(text=each.source or "–"),
            ]
            for each in Deadline.objects.order_by("-from_on")[:MOST]
        ],
        empty=_("None are laid down: no unit is told that it is late."),
    )
