"""The figures compared by night: how many were drawn and compared, and every one that was another number."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, moment, period_name
from chibo.core.periods import Period
from chibo.indicators import registry
from chibo.indicators.models import Comparison, Difference
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

NIGHTS = 30
SHOWN = 100  # differences of these nights, the newest first


@login_required
@require_safe
def comparisons(request: HttpRequest) -> HttpResponse:
    """The last nights with how many figures were compared, and what differed; for administrators of the whole tree."""
    rights = rights_of(request.user, clock.today())
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    nights = list(Comparison.objects.order_by("-at", "-pk")[:NIGHTS])
    found = Difference.objects.filter(comparison__in=nights).select_related("comparison", "unit")
    differences = list(found.order_by("-comparison__at", "-pk")[: SHOWN + 1])
    context = common(rights, "checks") | {
        "nights": _nights(nights),
        "differences": _differences(differences[:SHOWN]),
        "more": len(differences) > SHOWN,
        "any": bool(differences),
        "all_url": reverse("checks"),
    }
    return render(request, "portal/comparisons.html", context)


def _nights(nights: list[Comparison]) -> Table:
    return Table(
        caption=_("Nights"),
        caption_hidden=True,
        columns=[
            Column(label=_("When"), nowrap=True),
            Column(label=_("Figures drawn"), number=True),
            Column(label=_("Compared"), number=True, hint=_("The others were just being computed.")),
            Column(label=_("Differing"), number=True),
            Column(label=_("Seconds"), number=True),
        ],
        rows=[
            [
                Cell(text=moment(each.at)),
                Cell(text=count(each.drawn)),
                Cell(text=count(each.compared)),
                Cell(text=count(each.differing), mark=Mark.MISSED if each.differing else "", mark_word=_("differs")),
                Cell(text=count(round(each.seconds))),
            ]
            for each in nights
        ],
        empty=_("No night has passed yet since this is looked at."),
    )


def _differences(differences: list[Difference]) -> Table:
    return Table(
        caption=_("Figures that differed"),
        caption_hidden=True,
        columns=[
            Column(label=_("Unit"), wide=True),
            Column(label=_("Figure"), wide=True),
            Column(label=_("Month"), nowrap=True),
            Column(label=_("Kept"), number=True),
            Column(label=_("From the records"), number=True),
            Column(label=_("Seen"), nowrap=True),
        ],
        rows=[
            [
                Cell(text=each.unit.name, url=_evidence(each), lang="vi"),
                Cell(text=_label(each.indicator)),
                Cell(text=period_name(Period.month_of(each.month))),
                Cell(text=_told(each.indicator, each.numerator, each.denominator)),
                Cell(text=_told(each.indicator, each.new_numerator, each.new_denominator)),
                Cell(text=moment(each.comparison.at)),
            ]
            for each in differences
        ],
        stacks=True,
    )


def _evidence(each: Difference) -> str:
    """The way to the records of a figure, if it is said of months."""
    month = Period.month_of(each.month)
    if each.indicator not in registry.codes() or not registry.get(each.indicator).said_of(month):
        return reverse("unit", args=[each.unit_id])
    return address(reverse("evidence", args=[each.unit_id, each.indicator]), period=month)


def _label(code: str) -> str:
    return str(registry.get(code).label) if code in registry.codes() else code


def _told(code: str, n: int, d: int) -> str:
    if code not in registry.codes():
        return f"{n} / {d}"
    indicator = registry.get(code)
    if not indicator.has_denominator:
        return indicator.told(n)
    return _("%(n)s of %(d)s") % {"n": indicator.told(n), "d": indicator.told(d)}
