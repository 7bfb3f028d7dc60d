"""Minutes looked through by words."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Pager
from chibo.core.formats import day
from chibo.core.text import clean
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.resolutions import finding
from chibo.resolutions.views import title_of

LONGEST = 200


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """The minutes that say certain words, of all that the reader may open."""
    today = clock.today()
    rights = rights_of(request.user, today)
    if not any(rights.scope(each) for each in (P.MEETING_VIEW, P.MEETING_OWN)):
        raise Http404
    asked = clean(request.GET.get("q", "").replace("\0", ""))[:LONGEST]
    after: Any = after_asked(request, int, date, int)
    hits = finding.find(rights, request.user, today, asked, after)
    shown, more = hits[: finding.SIZE], len(hits) > finding.SIZE
    path = reverse("find_minutes")
    context = common(rights, "minutes") | {
        "asked": asked,
        "hits": [
            {
                "title": title_of(each.minutes.meeting),
                "unit": each.minutes.meeting.unit.name,
                "day": day(each.minutes.meeting.held_on),
                "url": reverse("minutes", args=[each.minutes.meeting.unit_id, each.minutes.meeting_id]),
                "pieces": each.pieces,
            }
            for each in shown
        ],
        "pager": Pager(
            next_url=address(path, q=asked, after=after_key(list(shown[-1].key))) if more else "",
            first_url=address(path, q=asked) if after else "",
        ),
    }
    return render(request, "resolutions/find.html", context)
