"""Members who were often absent without excuse: several times running, or in several months of a year."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.committees.queries import places_of
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count
from chibo.core.periods import Period
from chibo.guidance import queries
from chibo.guidance.guide_views import year_asked
from chibo.guidance.models import What, norms_on
from chibo.organizations.frame import of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of

ROWS = 50


@login_required
@require_safe
def unit_absent(request: HttpRequest, pk: int) -> HttpResponse:
    """The members often absent in the cells below a unit, or in a cell, in a year; by code alone who moved away."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    year, base = year_asked(request, today), reverse("unit_absent", args=[pk])
    whole = Period(year, "year", 1)
    norms = norms_on(min(today, whole.last_day))
    after = after_asked(request, int, int, int, int, int)
    found = queries.often_absent(unit, year, norms, rights.scope(P.MEETING_VIEW), after=after, size=ROWS + 1)
    more, found = found[ROWS:], found[:ROWS]
    seen, places = rights.scope(P.MEMBER_VIEW), places_of({each.person_id for each in found}, today)
    rows = [
        [
            Cell(text=each.name, url=reverse("member", args=[each.person_id]), lang="vi")
            if each.person_id in places and seen.covers(places[each.person_id])
            else Cell(text=each.code),
            Cell(
                text=each.unit_name, lang="vi",
                url=address(reverse("unit_meetings", args=[each.unit_id]), period=whole),
            ),
            _reached(each.running, norms.get(What.RUNNING)),
            _reached(each.months, norms.get(What.MONTHS)),
            Cell(text=count(each.times)),
        ]
        for each in found
    ]  # fmt: skip
    heads = [_("Member"), _("Cell"), _("Times running"), _("Months of the year"), _("Times in all")]
    years = [
        Link(label=str(each), url=address(base, year=each), current=each == year)
        for each in range(today.year - 2, today.year + 1)
    ]
    context = of_unit(rights, unit, above, "unit_meetings", Period(year, "year", 1), is_chosen=False) | {
        "ways": ways_of(rights, unit, "unit_absent"),
        "years": years,
        "year": str(year),
        "running": norms.get(What.RUNNING, "–"),
        "months": norms.get(What.MONTHS, "–"),
        "table": Table(
            caption=_("Members often absent"),
            caption_hidden=True,
            columns=[Column(label=head, number=n > 1) for n, head in enumerate(heads)],
            rows=rows,
            empty=_("No member was absent that often in this year."),
        ),
        "pager": Pager(
            first_url=address(base, year=year) if after else "",
            next_url=address(base, year=year, after=after_key(found[-1].key)) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(found))},
        ),
    }
    return render(request, "guidance/absent.html", context)


def _reached(n: int, asked: int | None) -> Cell:
    """A number, marked where it reaches the one that is named."""
    reached = asked is not None and n >= asked
    return Cell(text=count(n), mark=Mark.MISSED if reached else "", mark_word=_("reached:") if reached else "")
