"""Finding anything: a page of its own, and what the switcher shows as one types."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chibo.core import clock
from chibo.organizations.frame import common
from chibo.organizations.scope import rights_of
from chibo.portal.finding import begin
from chibo.portal.finding import find as found_by
from chibo.portal.pages import offered


@login_required
@require_safe
@vary_on_headers("HX-Request")
def find(request: HttpRequest) -> HttpResponse:
    """Units, members, figures and pages that words find, or the report of a code; to the switcher only the list."""
    today = clock.today()
    rights = rights_of(request.user, today)
    words = request.GET.get("q", "")[:100]
    context = common(rights, "find")
    is_asked, nav = bool(words.strip()), context["nav"]
    groups = found_by(rights, words, offered(rights, nav), today) if is_asked else begin(rights, nav)
    in_list = bool(request.headers.get("HX-Request"))
    if groups and groups[0].name == "reports" and not in_list:
        return redirect(groups[0].finds[0].url)
    n = sum(len(group.finds) for group in groups)
    said = ngettext("%(n)s found", "%(n)s found", n) % {"n": n} if n else _("Nothing found.")
    groups = groups if words.strip() or in_list else []
    context |= {"words": words, "groups": groups, "said": said if words.strip() else ""}
    name = "portal/find_list.html" if in_list else "portal/find.html"
    return render(request, name, context)
