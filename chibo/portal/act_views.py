"""An act on units: what it did, taking it back, calling it off, trying it again; and the acts of a part of the tree."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Pager, Table
from chibo.core.formats import count, day, moment
from chibo.organizations import standing
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.held_roles import makers
from chibo.organizations.kinds import Part
from chibo.organizations.models import Act, ActRow, ActUnit, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of
from chibo.portal import actions, policies, records, saying
from chibo.portal.descent import acts_under, unit_changes
from chibo.portal.shapes import DRAWN, shapes, unmarked

LISTED = 50


def _found(request: HttpRequest, pk: int, today: date) -> tuple[Rights, Act, list[ActUnit]]:
    """An act of which the reader sees a unit that took part; 404 otherwise. Three queries."""
    rights = rights_of(request.user, today)
    scope = rights.scope(P.UNIT_VIEW)
    act = Act.objects.select_related("by", "reversed_by").filter(pk=pk).first() if pk < 2**63 else None
    if act is None:
        raise Http404
    parts = list(act.parts.order_by("pk"))
    units = Unit.objects.in_bulk([part.unit_id for part in parts if part.unit_id])
    for part in parts:
        part.unit = units.get(part.unit_id) if part.unit_id else None
    if not any(part.unit is not None and scope.covers(part.unit) for part in parts):
        raise Http404
    return rights, act, parts


def _name(part: ActUnit, scope: Scope) -> str:
    """A unit that took part: by name in scope or while it is still to come; outside by code."""
    return part.name if part.unit is None or scope.covers(part.unit) else part.code


def told(act: Act, parts: list[ActUnit], scope: Scope) -> str:
    """What an act did, in a sentence."""
    named: dict[str, list[str]] = {}
    for part in parts:
        named.setdefault(part.part, []).append(_name(part, scope))
    return saying.sentence(act.kind, act.given, named)


def coming(unit: Unit, scope: Scope) -> list[tuple[Act, str]]:
    """Acts to come in which a unit takes part, the next first, each in a sentence. One query."""
    acts = Act.objects.filter(pk__in=ActUnit.objects.filter(unit=unit).exclude(part=Part.PARENT).values("act"))
    of = ActUnit.objects.filter(act__in=acts.filter(status=Act.Status.PLANNED)).select_related("act", "unit")
    parts: dict[Act, list[ActUnit]] = {}
    for part in of.order_by("act__on", "act_id", "pk")[:200]:
        parts.setdefault(part.act, []).append(part)
    return [(act, told(act, own, scope)) for act, own in parts.items()]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What an act did or is to do; one that failed on its day is tried again from here."""
    now = clock.now()
    rights, found, parts = _found(request, pk, now.date())
    refused = ""
    if request.method == "POST":
        try:
            policies.check_takes_back(rights, found)
        except Denied as error:
            raise PermissionDenied(str(error)) from None
        if found.status == Act.Status.FAILED:
            again = actions.try_again(act=found, by=request.user, at=now)
            if again.status == Act.Status.DONE:
                messages.success(request, _("Done. It can be taken back while nothing has been built on it."))
                return redirect("act", pk=pk)
            found, refused = again, _("It still can't be done.")
        else:
            refused = _("Only an act that could not be done on its day is tried again.")
    return render(request, "portal/act.html", _context(request, rights, found, parts) | {"refused": refused})


def _context(request: HttpRequest, rights: Rights, act: Act, parts: list[ActUnit]) -> dict[str, Any]:
    scope = rights.scope(P.UNIT_VIEW)
    kinds: list[Any] = list(
        ActRow.objects.filter(act=act).values("table").order_by("table").annotate(
            made=Count("pk", filter=Q(before__isnull=True)),
            gone=Count("pk", filter=Q(after__isnull=True)),
            every=Count("pk"),
        )
    )  # fmt: skip
    before, after = _both(act, parts, scope, sum(row["every"] for row in kinds))
    try:
        policies.check_takes_back(rights, act)
        may = True
    except Denied:
        may = False
    seen = all(rights.scope(P.MEMBER_VIEW).covers(part.unit) for part in parts if part.unit is not None)
    return common(rights, "units") | {
        "act": act,
        "title": act.get_kind_display(),
        "sentence": told(act, parts, scope),
        "standing": saying.standing(act),
        "facts": _facts(act, scope, request.user),
        "units": _units(parts, scope),
        "kinds": _kinds(kinds),
        "reasons": records.told(act.reasons, names=seen),
        "before": before,
        "after": after,
        "may": may,
        "crumbs": _crumbs(parts, scope),
    }


def _both(act: Act, parts: list[ActUnit], scope: Scope, size: int) -> tuple[list[Any], list[Any]]:
    """The tree before and after an act, if it is not too much to be drawn."""
    if act.done_at is None or size > DRAWN * 50:
        return [], []
    return shapes(
        unit_changes(act), [p.unit_id for p in parts if p.unit_id and p.unit and p.part != Part.PARENT], act.on, scope
    )


def _crumbs(parts: list[ActUnit], scope: Scope) -> list[Link]:
    """The way to the units the act is about, as far as the reader sees them."""
    units = {part.unit.pk: part.unit for part in parts if part.unit is not None and scope.covers(part.unit)}
    highest = sorted(units.values(), key=lambda unit: (len(unit.path), unit.pk))[:1]
    links = [Link(label=unit.name, url=reverse("unit", args=[unit.pk])) for unit in highest]
    return [*links, *(Link(label=_("Acts"), url=reverse("unit_acts", args=[unit.pk])) for unit in highest)]


def _facts(act: Act, scope: Scope, reader: Any) -> list[tuple[str, str]]:
    who = {user.pk for user in (act.by, act.reversed_by) if user is not None}
    names = makers(who, scope, reader)

    def by(user: Any) -> str:
        return names[user.pk] if user is not None else _("the system")

    facts = [
        (_("Takes effect on"), day(act.on)),
        (_("Decision"), act.decision or "–"),
        (_("Entered"), _("%(moment)s by %(who)s") % {"moment": moment(act.at), "who": by(act.by)}),
    ]
    if act.done_at is not None and act.done_at != act.at:
        facts.append((_("Done"), moment(act.done_at)))
    if act.reversed_at is not None:
        label = _("Taken back") if act.done_at else _("Called off")
        said = {"moment": moment(act.reversed_at), "who": by(act.reversed_by)}
        facts.append((label, _("%(moment)s by %(who)s") % said))
    return facts


def _units(parts: list[ActUnit], scope: Scope) -> Table:
    """The units that took part, as they were called then, with the way to each."""
    order = [part.value for part in Part]
    rows = []
    for part in sorted(parts, key=lambda part: order.index(part.part)):
        inside = part.unit is not None and scope.covers(part.unit)
        url = reverse("unit", args=[part.unit_id]) if inside else ""
        note = "" if part.unit is None or inside else _("outside your units")
        rows.append(
            [
                Cell(text=_name(part, scope), url=url, note=note, lang="vi"),
                Cell(text=part.code),
                Cell(text=str(part.get_part_display())),
            ]
        )
    heads = [_("Unit"), _("Code"), _("Its part in it")]
    return Table(
        caption=_("Units taking part"), caption_hidden=True, columns=[Column(label=head) for head in heads], rows=rows
    )


def _kinds(kinds: list[dict[str, Any]]) -> Table:
    """What an act changed, by kind of record."""
    rows = [
        [
            Cell(text=standing.label_of(row["table"])),
            Cell(text=count(row["made"])),
            Cell(text=count(row["every"] - row["made"] - row["gone"])),
            Cell(text=count(row["gone"])),
        ]
        for row in kinds
    ]
    heads = [_("Records"), pgettext("records", "Made"), _("Changed"), _("Taken away")]
    return Table(
        caption=_("What it changed"),
        caption_hidden=True,
        columns=[Column(label=head, number=n > 0) for n, head in enumerate(heads)],
        rows=rows,
        empty=_("Nothing so far."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an act back, or call one off that is still to come; what stands in the way is said first."""
    now = clock.now()
    rights, found, parts = _found(request, pk, now.date())
    try:
        policies.check_takes_back(rights, found)
    except Denied as error:
        raise PermissionDenied(str(error)) from None
    refused, was_done = "", found.done_at is not None
    if request.method == "POST":
        try:
            actions.take_back(act=found, by=request.user, at=now)
        except Denied as error:
            refused = str(error)
        else:
            said = _("Taken back: everything is as it was before.") if was_done else _("Called off.")
            messages.success(request, said)
            return redirect("act", pk=pk)
    scope = rights.scope(P.UNIT_VIEW)
    is_over = found.status == Act.Status.REVERSED
    done = found.status == Act.Status.DONE
    before, after = _both(found, parts, scope, 0) if done else ([], [])
    matters = standing.in_the_way([found], now.date()) if done else []
    here = Link(label=_("The act"), url=reverse("act", args=[pk]))
    context = common(rights, "units") | {
        "act": found,
        "crumbs": [*_crumbs(parts, scope), here],
        "sentence": told(found, parts, scope),
        "refused": refused,
        "is_over": is_over,
        "was_done": was_done,
        "matters": records.told(matters),
        "later": [
            Link(
                label=f"{later.get_kind_display()}, {day(later.on)}, {later.decision}",
                url=reverse("act", args=[later.pk]),
            )
            for later in records.later_acts(found, matters)
        ],
        "before": unmarked(after),
        "after": before,
    }
    return render(request, "portal/act_back.html", context)


@login_required
@require_safe
def unit_acts(request: HttpRequest, pk: int) -> HttpResponse:
    """The acts on a unit and those below it: those to come and those that failed first, then the newest first."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    scope = rights.scope(P.UNIT_VIEW)
    base = reverse("unit_acts", args=[pk])
    below = unit.path.startswith(scope.subtrees) if scope.subtrees else False
    after = after_asked(request, int, date, int)
    listed = acts_under(unit, after, LISTED + 1, whole=below)
    more, listed = listed[LISTED:], listed[:LISTED]
    parts: dict[int, list[ActUnit]] = {found.pk: [] for found in listed}
    for part in ActUnit.objects.filter(act__in=listed).order_by("pk").select_related("unit"):
        parts[part.act_id].append(part)
    here = Link(label=unit.name, url=reverse("unit", args=[pk]))
    may_change = rights.scope(P.UNIT_ACT).covers(unit)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": [*crumbs_of(rights, above), here],
        "change_url": reverse("changes", args=[pk]) if may_change else "",
        "table": _listed(listed, parts, scope),
        "pager": Pager(
            first_url=base if after else "",
            next_url=address(base, after=after_key([listed[-1].rank, str(listed[-1].on), listed[-1].pk]))
            if more
            else "",
            note=_("%(n)s acts on this page") % {"n": count(len(listed))},
        ),
    }
    return render(request, "portal/unit_acts.html", context)


def _listed(listed: list[Any], parts: dict[int, list[ActUnit]], scope: Scope) -> Table:
    rows = []
    for each in listed:
        state = saying.standing(each)
        rows.append(
            [
                Cell(text=told(each, parts[each.pk], scope), url=reverse("act", args=[each.pk]), lang="vi"),
                Cell(text=each.get_kind_display()),
                Cell(text=day(each.on)),
                Cell(text=each.decision or "–"),
                state,
            ]
        )
    return Table(
        caption=_("Acts"),
        caption_hidden=True,
        columns=[
            Column(label=_("What"), wide=True),
            Column(label=_("Act")),
            Column(label=_("Takes effect on"), nowrap=True),
            Column(label=_("Decision"), nowrap=True),
            Column(label=_("How it stands")),
        ],
        rows=rows,
        empty=_("No act on these units is recorded."),
    )
