"""Finding anything: a page of its own, and what the switcher shows as one types."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chibo.core import clock
from chibo.organizations.frame import common
from chibo.organizations.scope import rights_of
from chibo.portal.finding import find as found_by


@login_required
@require_safe
@vary_on_headers("HX-Request")
def find(request: HttpRequest) -> HttpResponse:
    """Units, members, figures and pages that words find; to the switcher only the list of them."""
    today = clock.today()
    rights = rights_of(request.user, today)
    words = request.GET.get("q", "")[:100]
    context = common(rights, "find")
    groups = found_by(rights, words, context["nav"], today)
    n = sum(len(group.finds) for group in groups)
    said = ngettext("%(n)s found", "%(n)s found", n) % {"n": n} if n else _("Nothing found.")
    context |= {"words": words, "groups": groups, "said": said if words.strip() else ""}
    name = "portal/find_list.html" if request.headers.get("HX-Request") else "portal/find.html"
    return render(request, name, context)
