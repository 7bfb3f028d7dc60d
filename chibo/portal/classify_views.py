"""Units classified many at once: a list to pick from, one value, one day."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.classifications import actions, queries
from chibo.classifications.models import Scheme
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Link, Pager
from chibo.core.formats import count
from chibo.core.text import search_key
from chibo.organizations.frame import common
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.portal import classifying, tree
from chibo.portal.classification_views import told
from chibo.portal.classifying import NONE, ClassifyForm

LISTED = 50
WORDS = 8


def _asked(request: HttpRequest, scheme: Scheme) -> dict[str, str]:
    """Which units are listed: words, a kind, what they are now; nonsense falls away."""
    kind, now = request.GET.get("kind", ""), request.GET.get("now", "")
    values = {str(value.pk) for value in scheme.values.all()} | {NONE}
    return {
        "q": request.GET.get("q", "")[:100].replace("\0", ""),
        "kind": kind if kind in Kind.values else "",
        "now": now if now in values else "",
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def classify(request: HttpRequest, pk: int) -> HttpResponse:
    """The reader's open units by name, with what each is in a scheme; those picked are classified at once."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.CLASSIFY)
    scheme = queries.scheme_of(pk) if scope else None
    if scheme is None:
        raise Http404
    asked, base = _asked(request, scheme), reverse("classify", args=[pk])
    form = ClassifyForm(request.POST if request.method == "POST" else None, scheme, today)
    picked = {int(each) for each in request.POST.getlist("pick")[:LISTED] if _is_key(each)}
    missing = request.method == "POST" and not picked
    if request.method == "POST" and not missing and form.is_valid():
        units = list(Unit.objects.filter(scope.q(""), pk__in=picked).order_by("pk"))
        try:
            changed = actions.classify(units=units, scheme=scheme, **form.cleaned_data, by=request.user, at=now)
        except Denied as denied:
            form.add_error("from_on", str(denied))
        else:
            messages.success(request, told(len(changed), len(units)))
            return redirect(address(base, **asked, after=request.GET.get("after", "")[:2000]))
    found: QuerySet[Unit] = Unit.objects.open_on(today).filter(scope.q(""))
    for word in search_key(asked["q"]).split()[:WORDS]:
        found = found.filter(Q(search_key__startswith=word) | Q(search_key__contains=f" {word}"))
    if asked["kind"]:
        found = found.filter(kind=asked["kind"])
    if asked["now"]:
        value = next((v for v in scheme.values.all() if str(v.pk) == asked["now"]), None)
        found = queries.having(found, value, today) if value else queries.without(found, scheme, today)
    after = after_asked(request, str, int)
    if after is not None:
        found = found.filter(Q(sort_key__gt=after[0]) | Q(sort_key=after[0], pk__gt=after[1]))
    listed = list(found.order_by("sort_key", "pk")[: LISTED + 1])
    more, listed = listed[LISTED:], listed[:LISTED]
    is_now = queries.now_in(listed, scheme, today)
    above = Unit.objects.in_bulk({unit.ancestor_ids[-1] for unit in listed if unit.ancestor_ids})
    context: dict[str, Any] = common(rights, "units") | {
        "scheme": scheme,
        "crumbs": [
            Link(label=_("Classifications"), url=reverse("classifications")),
            Link(label=str(scheme), url=reverse("scheme", args=[pk])),
        ],
        "asked": asked,
        "kinds": tree.kinds_asked(asked["kind"]),
        "values": [(value, label, value == asked["now"]) for value, label in _choices(scheme)],
        "lines": [_line(unit, above, is_now, scope, picked) for unit in listed],
        "form": form,
        "missing": missing,
        "base": base,
        "pager": Pager(
            first_url=address(base, **asked) if after else "",
            next_url=address(base, **asked, after=after_key([listed[-1].sort_key, listed[-1].pk])) if more else "",
            note=_("%(n)s units on this page") % {"n": count(len(listed))},
        ),
    }
    return render(request, "portal/classify.html", context)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _choices(scheme: Scheme) -> list[tuple[str, str]]:
    return [("", _("Whatever they are now")), *classifying.offered(scheme)[1:]]


def _line(unit: Unit, above: dict[int, Unit], is_now: Any, scope: Any, picked: set[int]) -> dict[str, Any]:
    """A unit to pick: its name, what stands above it, what it is now and since when."""
    parent = above.get(unit.ancestor_ids[-1]) if unit.ancestor_ids else None
    spell = is_now.get(unit.pk)
    return {
        "unit": unit,
        "above": parent.name if parent is not None and scope.covers(parent) else "",
        "value": str(spell.value) if spell else "–",
        "since": classifying.since(spell) if spell else "",
        "picked": unit.pk in picked,
    }
