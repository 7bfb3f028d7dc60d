"""Topics for thematic meetings that a committee hands down to the cells below it, and how many took each up."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from chibo.agendas import planning
from chibo.agendas.models import HandedTo, HandedTopic
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.fields import LineField
from chibo.core.formats import count, period_name
from chibo.core.periods import Period
from chibo.organizations.frame import of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

MOST = 100  # topics of one committee and year that are shown
BETWEEN = re.compile(r"[\s,;]+")


class TopicForm(forms.Form):
    """A topic to be handed down, for which quarter and to which cells."""

    topic = LineField(label=gettext_lazy("Topic"))
    quarter = forms.TypedChoiceField(label=gettext_lazy("Quarter"), coerce=date.fromisoformat)
    source = LineField(
        label=gettext_lazy("Document"), required=False, help_text=gettext_lazy("That asks for it, as 12-KH/HU.")
    )
    codes = forms.CharField(
        label=gettext_lazy("Only to these cells"), required=False, max_length=20_000,
        help_text=gettext_lazy("Their codes, one below the other. Empty: to all cells below."),
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, data: Any, today: date, **more: Any) -> None:
        super().__init__(data, **more)
        quarters = [Period(year, "quarter", n) for year in (today.year, today.year + 1) for n in range(1, 5)]
        open_ones = [each for each in quarters if not each.is_over(today)]
        field: Any = self.fields["quarter"]
        field.choices = [(each.first_day.isoformat(), period_name(each)) for each in open_ones]

    def clean_codes(self) -> list[str]:
        """The codes, each once, in the order they were told."""
        codes = list(dict.fromkeys(each for each in BETWEEN.split(self.cleaned_data["codes"]) if each))
        if len(codes) > planning.CHOSEN or any(len(code) > 500 for code in codes):
            raise ValidationError(_("Name at most %(n)s cells, or hand it down to all.") % {"n": planning.CHOSEN})
        return codes


def of_committee(
    request: HttpRequest, rights: Rights, unit: Unit, above: list[Unit], year: int, years: list[Link], now: Any
) -> HttpResponse:
    """The topics a committee hands down in a year, each with how many cells took it up; another one handed down."""
    may = rights.scope(P.TOPIC_HAND_DOWN).covers(unit)
    ticked = "\n".join(request.GET.getlist("code"))  # in the list of cells
    posted = request.POST if request.method == "POST" and may else None
    form = TopicForm(posted, now.date(), initial={"codes": ticked})
    if form.is_bound and form.is_valid():
        try:
            planning.hand_down(unit=unit, **form.cleaned_data, by=request.user, at=now)
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("The topic is handed down: the cells see it in their plans."))
            shown = form.cleaned_data["quarter"].year
            return redirect(address(reverse("unit_year", args=[unit.pk]), year=shown))
    context = of_unit(rights, unit, above, "unit_meetings", Period(year, "year", 1), is_chosen=False) | {
        "ways": ways_of(rights, unit, "unit_year"),
        "year": str(year),
        "years": years,
        "topics": _listed(unit, year),
        "may": may,
        "form": form,
        "pick_url": address(reverse("pick_cells", args=[unit.pk]), to="topic", year=year),
    }
    return render(request, "agendas/topics.html", context, status=422 if form.errors else 200)


def _listed(unit: Unit, year: int) -> list[tuple[HandedTopic, str, str, str]]:
    """The topics of a year: each with its quarter, to whom, and how many took it up. Two queries."""
    found: Any = HandedTopic.objects.filter(unit=unit, quarter__year=year).order_by("quarter", "pk")
    found = found.annotate(takers=Count("taken_up__unit", distinct=True))[:MOST]
    topics = list(found)
    some = HandedTo.objects.filter(topic__in=[each.pk for each in topics]).order_by()
    to = dict(some.values_list("topic").annotate(n=Count("pk")))
    listed = []
    for each in topics:
        n = to.get(each.pk, 0)
        whom = _("to all cells below")
        if not each.to_all:
            whom = ngettext("to %(n)s cell", "to %(n)s cells", n) % {"n": count(n)}
        taken = ngettext("taken up by %(n)s cell", "taken up by %(n)s cells", each.takers) % {"n": count(each.takers)}
        listed.append((each, period_name(Period(year, "quarter", (each.quarter.month + 2) // 3)), whom, taken))
    return listed


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int, topic: int) -> HttpResponse:
    """A topic handed down no more; cells that took it up keep it."""
    rights = rights_of(request.user, clock.today())
    unit, _above = find_unit(rights, pk, P.TOPIC_HAND_DOWN)
    found = HandedTopic.objects.filter(unit=unit, pk=topic).first() if topic < 2**63 else None
    if found is None:
        messages.error(request, _("This topic is not there."))
        return redirect("unit_year", pk=pk)
    try:
        planning.withdraw(topic=found, by=request.user, at=clock.now())
        messages.success(request, _("The topic is handed down no more; cells that took it up keep it."))
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect(address(reverse("unit_year", args=[pk]), year=found.quarter.year))
