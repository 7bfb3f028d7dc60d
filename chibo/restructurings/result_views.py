"""What a rehearsal found, page by page: the tree before and after, matters to settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Pager, Table
from chibo.organizations.frame import common
from chibo.organizations.kinds import Kind
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.restructurings import queries
from chibo.restructurings.models import Place, Restructuring
from chibo.restructurings.views import state_of

LISTED = 100


def _key(request: HttpRequest) -> int:
    after = after_asked(request, int)
    return max(after[0], 0) if after else 0


@dataclass(frozen=True)
class Branch:
    """A unit on one side, what becomes of it, and the way to those below it."""

    pk: int
    name: str
    note: str
    fates: list[str]
    below_url: str = ""
    below: list[Branch] | None = None
    more_url: str = ""


def _fate(what: str, code: str, name: str) -> str:
    """What becomes of a unit, or what it comes from, in words."""
    other = f"{name} ({code})" if code else name
    said = {
        "founded": _("founded"), "rename": _("to be called %(other)s"), "move": _("moved"),
        "into": _("goes into %(other)s"),
        "was": _("was called %(other)s"),
        "from": _("from %(other)s"), "split": _("becomes %(other)s"), "dissolve": _("dissolved"),
        "change_kind": _("another kind"), "reopen": _("opened again"), "along": _("goes along"),
    }  # fmt: skip
    return said.get(what, what) % {"other": other} if other else said.get(what, what)


def _branches(found: Restructuring, side: str, parent: str, after: list[Any] | None) -> tuple[list[Branch], str]:
    """The units below one on a side, and the way to the next of them. One query."""
    listed = queries.places(found, side, parent, after, LISTED + 1)
    more, listed = listed[LISTED:], listed[:LISTED]
    url = reverse("restructuring_branch", args=[found.pk, side])
    key = after_key([listed[-1].sort_key, listed[-1].pk]) if more else ""
    return [_branch(place, url) for place in listed], address(url, below=parent, after=key) if more else ""


def _branch(place: Place, url: str) -> Branch:
    fates = [_fate(*each) for each in place.fates]
    kind = str(Kind(place.kind).label) if place.kind in Kind.values else ""
    below = address(url, below=place.code) if place.has_below else ""
    return Branch(place.pk, place.name, f"{kind} · {place.code}", fates, below)


def _opened(found: Restructuring, side: str) -> list[Branch]:
    """The top of a side with what is directly below it. Two queries."""
    tops, _more = _branches(found, side, "", None)
    if len(tops) != 1 or not tops[0].below_url:
        return tops
    (top,) = queries.places(found, side, "", None, 1)
    below, more = _branches(found, side, top.code, None)
    return [Branch(top.pk, tops[0].name, tops[0].note, tops[0].fates, tops[0].below_url, below, more)]


@login_required
@require_safe
def tree(request: HttpRequest, pk: int) -> HttpResponse:
    """The tree before and after, side by side, as far as it changes; opened a level at a time."""
    rights = rights_of(request.user, clock.today())
    found = queries.find(rights, pk)
    context = common(rights, "restructurings") | {
        "found": found,
        "state": state_of(found),
        "sides": [(side.value, side.label, _opened(found, side)) for side in Place.Side],
    }
    return render(request, "restructurings/tree.html", context)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def branch(request: HttpRequest, pk: int, side: str) -> HttpResponse:
    """The units below one on one side: a piece of the tree, or without JavaScript a page."""
    rights = rights_of(request.user, clock.today())
    found = queries.find(rights, pk)
    if side not in Place.Side.values:
        raise Http404
    parent = request.GET.get("below", "")[:500].replace("\0", "")
    after = after_asked(request, str, int)
    listed, more = _branches(found, side, parent, after)
    context: dict[str, Any] = {"branches": listed, "more_url": more}
    if request.headers.get("HX-Request") == "true":
        return render(request, "restructurings/branches.html", context)
    context |= common(rights, "restructurings") | {"found": found, "side": Place.Side(side).label}
    return render(request, "restructurings/branch.html", context)


@login_required
@require_safe
def settle(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """What is left to settle of one sort, by the row it comes from; records by name only for who may see members."""
    rights = rights_of(request.user, clock.today())
    found = queries.find(rights, pk)
    after = _key(request)
    listed = queries.unsettled(found, code.replace("\0", "")[:60], after, LISTED + 1)
    if not listed and not after:
        raise Http404
    more, listed = listed[LISTED:], listed[:LISTED]
    names = rights.scope(P.MEMBER_VIEW).covers(found.unit)
    table = Table(
        caption=listed[0].text if listed else "",
        caption_hidden=True,
        columns=[Column(label=_("Row")), Column(label=_("Unit")), Column(label=_("Records"), number=True),
                 *([Column(label=_("Which"), wide=True)] if names else [])],
        rows=[
            [Cell(text=str(each.line)), Cell(text=each.unit, lang="vi"), Cell(text=str(each.count)),
             *([Cell(text="; ".join(each.records) or "–")] if names else [])]
            for each in listed
        ],
    )  # fmt: skip
    url = reverse("restructuring_settle", args=[found.pk, code])
    context = common(rights, "restructurings") | {
        "found": found, "table": table, "text": listed[0].text if listed else "",
        "todo": listed[0].todo if listed else "",
        "pager": Pager(
            first_url=url if after else "", next_url=address(url, after=after_key([listed[-1].pk])) if more else ""
        ),
    }  # fmt: skip
    return render(request, "restructurings/settle.html", context)
