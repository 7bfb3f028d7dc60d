"""The rules of badges: for how many years there is one, on which days they are awarded, since when; changed by date."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day
from chibo.members import badge_rules as acts
from chibo.members.badge_forms import AwardDayForm, GradeForm
from chibo.members.models import AwardDay, BadgeGrade
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

MOST = 500
SEEDED = {"W33: Huy hiệu Đảng": gettext_lazy("Rules on badges; to be verified")}  # came with the program


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """What holds, held and will hold of badges and of the days they are awarded on; another rule from a day on."""
    now, today = clock.now(), clock.today()
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    act = request.POST.get("act", "") if request.method == "POST" else ""
    forms: dict[str, GradeForm | AwardDayForm] = {
        "grade": GradeForm(request.POST if act == "grade" else None, today),
        "day": AwardDayForm(request.POST if act == "day" else None, today),
    }
    form = forms.get(act)
    if form is not None and form.is_valid():
        try:
            said = _do(form, by=request.user, at=now)
        except Denied as denied:
            form.add_error("from_on", str(denied))
        else:
            messages.success(request, said)
            return redirect("badge_rules")
    context = common(rights, "badge_rules") | {"forms": forms, "grades": _grades(), "days": _days()}
    return render(request, "members/badge_rules.html", context, status=422 if form is not None else 200)


def _do(form: GradeForm | AwardDayForm, **by: Any) -> str:
    """Lay down what was filled in; what to say of it."""
    said = dict(form.cleaned_data)
    what = said.pop("what")
    names = ("years",) if isinstance(form, GradeForm) else ("month", "day")
    if what == form.ENDS:
        which = {name: said[name] for name in names}
        end: Any = acts.end_grade if isinstance(form, GradeForm) else acts.end_award_day
        if end(**which, on=said["from_on"], **by) is None:
            return _("It is taken back: it never was.")
        return _("It holds no longer from %(day)s on.") % {"day": day(said["from_on"])}
    if what == form.RIGHT:
        acts.correct_grade(**said, **by)
        return _("It is put right.")
    begin: Any = acts.set_grade if isinstance(form, GradeForm) else acts.set_award_day
    begin(**said, **by)
    return _("Laid down from %(day)s.") % {"day": day(said["from_on"])}


def _grades() -> Table:
    heads = (_("Badge, years"), _("Months earlier for who is gravely ill"), _("Months earlier for who has died"))
    return Table(
        caption=_("Rules of badges"),
        caption_hidden=True,
        stacks=True,
        columns=[*(Column(label=head, number=head != heads[0]) for head in heads), *_since_heads()],
        rows=[
            [
                Cell(text=ngettext("%(n)s year", "%(n)s years", each.years) % {"n": each.years}),
                Cell(text=count(each.early_months)),
                Cell(text=count(each.posthumous_months)),
                *_since(each),
            ]
            for each in BadgeGrade.objects.order_by("years", "-valid_from")[:MOST]
        ],
        empty=_("None are laid down: nobody is due for a badge."),
    )  # fmt: skip


def _days() -> Table:
    return Table(
        caption=_("Days on which badges are awarded"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=_("Day of the year")), *_since_heads()],
        rows=[
            [Cell(text=f"{each.day}/{each.month}"), *_since(each)]
            for each in AwardDay.objects.order_by("month", "day", "-valid_from")[:MOST]
        ],
        empty=_("None are laid down."),
    )


def _since_heads() -> list[Column]:
    return [Column(label=_("From")), Column(label=_("To, not included")), Column(label=_("Taken from"))]


def _since(rule: BadgeGrade | AwardDay) -> list[Cell]:
    return [
        Cell(text=day(rule.valid_from)),
        Cell(text=day(rule.valid_to) if rule.valid_to else "–"),
        Cell(text=str(SEEDED.get(rule.source, rule.source)) or "–"),
    ]
