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
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Pager, Table
from chibo.core.wording import shown
from chibo.organizations import standing
from chibo.organizations.frame import common
from chibo.organizations.kinds import Kind
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.restructurings import policies, queries
from chibo.restructurings.models import Place, Restructuring
from chibo.restructurings.views import comes_to, state_of, touches

LISTED = 100
UNFOLDED = 300  # units shown at once below those that are always shown
LEVELS = 4
TAGGED = ("founded", "reopen", "move", "along", "change_kind", "dissolve")  # what a tag says in fewer words
LOOKED = 300  # acts of which it is looked for what stands in the way before they are taken back


def _key(request: HttpRequest) -> int:
    after = after_asked(request, int)
    return max(after[0], 0) if after else 0


@dataclass
class Branch:
    """A unit on one side, what becomes of it, and the way to those below it."""

    pk: int
    side: str
    code: str
    name: str
    note: str
    fates: list[str]
    tag: str = ""  # as the preview of an act marks it
    mark: str = ""
    below_url: str = ""
    below: list[Branch] | None = None
    more_url: str = ""


def _tag(place: Place) -> tuple[str, str]:
    """How a unit is tagged, as in the preview of an act: what it is new for, or that it closes."""
    what = {fate[0] for fate in place.fates}
    if place.side == Place.Side.BEFORE:
        return (_("closes"), "closed") if what & {"into", "dissolve"} else ("", "")
    if "founded" in what:
        return _("new"), "new"
    if "reopen" in what:
        return _("open again"), "new"
    if "was" in what:
        return _("new name"), "changed"
    if "change_kind" in what and place.kind in Kind.values:
        return _("now: %(kind)s") % {"kind": Kind(place.kind).label}, "changed"
    return (_("comes here"), "moved") if what & {"move", "along"} else ("", "")


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
    tag, mark = _tag(place)
    fates = [_fate(*each) for each in place.fates if not tag or each[0] not in TAGGED]
    kind = str(Kind(place.kind).label) if place.kind in Kind.values else ""
    below = address(url, below=place.code) if place.has_below else ""
    return Branch(place.pk, place.side, place.code, place.name, f"{kind} · {place.code}", fates, tag, mark, below)


def _opened(found: Restructuring, side: str) -> list[Branch]:
    """The top of a side with what is directly below it. Two queries."""
    tops, _more = _branches(found, side, "", None)
    if len(tops) == 1 and tops[0].below_url:
        tops[0].below, tops[0].more_url = _branches(found, side, tops[0].code, None)
    return tops


def _unfold(found: Restructuring, tops: list[Branch]) -> None:
    """Open the way to what changed, a level at a time on both sides, while it is not too much. A query a level."""
    ahead, room = [each for top in tops for each in (top.below or ())], UNFOLDED
    for _level in range(LEVELS):
        ahead = [each for each in ahead if each.below_url]
        listed = queries.places_below(found, [(each.side, each.code) for each in ahead], room + 1) if ahead else []
        if not listed or len(listed) > room:
            return
        room -= len(listed)
        of: dict[tuple[str, str], list[Place]] = {}
        for place in listed:
            of.setdefault((place.side, place.parent_code), []).append(place)
        for each in ahead:
            url = reverse("restructuring_branch", args=[found.pk, each.side])
            own = of.get((each.side, each.code), [])
            each.below = [_branch(place, url) for place in own[:LISTED]]
            if own[LISTED:]:
                last = own[LISTED - 1]
                each.more_url = address(url, below=each.code, after=after_key([last.sort_key, last.pk]))
        ahead = [branch for each in ahead for branch in each.below or ()]


@login_required
@require_safe
def tree(request: HttpRequest, pk: int) -> HttpResponse:
    """The tree before and after, side by side, as far as it changes; opened where it changed, if not too much."""
    rights = rights_of(request.user, clock.today())
    found = queries.find(rights, pk)
    sides = [(side.value, side.label, _opened(found, side)) for side in Place.Side]
    _unfold(found, [top for _side, _label, tops in sides for top in tops])
    context = common(rights, "restructurings") | {"found": found, "state": state_of(found), "sides": sides}
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
def back(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a restructuring back would bring back, and what stands in the way; its button asks for it."""
    today = clock.today()
    rights = rights_of(request.user, today)
    found = queries.find(rights, pk)
    refused = ""
    try:
        policies.check_reversible(found)
    except Denied as error:
        refused = str(error)
    was_done = found.status == Restructuring.Status.DONE
    did = list(queries.acts_of(found, LOOKED + 1)) if was_done and not refused else []
    is_large = len(did) > LOOKED
    context = common(rights, "restructurings") | {
        "found": found, "state": state_of(found), "refused": refused, "was_done": was_done, "is_large": is_large,
        "matters": standing.in_the_way(did, today) if did and not is_large else [],
        "names": rights.scope(P.MEMBER_VIEW).covers(found.unit),
        "comes_to": comes_to(found), "touches": touches(found) if was_done else [],
    }  # fmt: skip
    return render(request, "restructurings/back.html", context)


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
        caption=listed[0].text_now if listed else "",
        caption_hidden=True,
        columns=[Column(label=_("Row")), Column(label=_("Unit")), Column(label=_("Records"), number=True),
                 *([Column(label=_("Which"), wide=True)] if names else [])],
        rows=[
            [Cell(text=str(each.line)), Cell(text=each.unit, lang="vi"), Cell(text=str(each.count)),
             *([Cell(text="; ".join(map(shown, each.records)) or "–")] if names else [])]
            for each in listed
        ],
    )  # fmt: skip
    url = reverse("restructuring_settle", args=[found.pk, code])
    context = common(rights, "restructurings") | {
        "found": found, "table": table, "text": listed[0].text_now if listed else "",
        "todo": listed[0].todo_now if listed else "",
        "pager": Pager(
            first_url=url if after else "", next_url=address(url, after=after_key([listed[-1].pk])) if more else ""
        ),
    }  # fmt: skip
    return render(request, "restructurings/settle.html", context)
