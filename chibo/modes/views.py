"""Online meetings of a cell: what it asked and was answered, asking anew; one request, answered or ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.committees.queries import places_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, day, moment, percent
from chibo.modes import actions, policies, queries
from chibo.modes.forms import AnswerForm, AskForm
from chibo.modes.models import OnlineRequest, OnlineRule, RequestDeed, State, rule_on
from chibo.modes.queries import Share
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Rights, find_unit, rights_of

MOST = 100  # requests of a cell that are listed
MARKS = {
    State.WAITING: Mark.NEAR, State.APPROVED: Mark.MET, State.RETURNED: Mark.MISSED, State.WITHDRAWN: Mark.NONE,
}  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit_online(request: HttpRequest, pk: int) -> HttpResponse:
    """What a cell asked its committee about meeting online, and what was answered; it asks here."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    if not unit.is_cell:
        raise Http404
    may = rights.scope(P.MEETING_RECORD).covers(unit)
    if request.method == "POST" and not may:
        raise PermissionDenied
    found = list(OnlineRequest.objects.filter(unit=unit).order_by("-from_on", "-pk")[:MOST])
    waits = any(each.state == State.WAITING for each in found)
    rule = rule_on(today)
    form = None
    if may and (not waits or request.method == "POST"):
        counted = queries.counted_on(unit, today)
        named = rights.scope(P.MEMBER_VIEW).covers(unit)
        form = AskForm(request.POST if request.method == "POST" else None, counted, named, initial={"from_on": today})
        if request.method == "POST" and form.is_valid():
            made = _ask(request, unit, form, now)
            if made is not None:
                return redirect("online_request", pk=made.pk)
    running = next(
        (each for each in found if each.state == State.APPROVED and each.from_on <= today < each.to_on), None
    )
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "ways": ways_of(rights, unit, "unit_online"),
        "rule": _rule_words(rule),
        "running": running,
        "waits": waits,
        "table": _table(found) if found else None,
        "form": form if rule is not None else None,
    }
    return render(request, "modes/online.html", context, status=422 if form is not None and form.errors else 200)


def _ask(request: HttpRequest, unit: Unit, form: AskForm, now: datetime) -> OnlineRequest | None:
    """What was asked; None if it is refused, which the form says."""
    said, (from_on, to_on) = form.cleaned_data, form.span
    try:
        made = actions.ask(
            unit=unit, ground=said["ground"], why=said["why"], people=[int(each) for each in said["people"]],
            from_on=from_on, to_on=to_on, by=request.user, at=now,
        )  # fmt: skip
    except Denied as denied:
        form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        return None
    messages.success(request, _("It is asked: your committee finds it on its desk."))
    return made


def _rule_words(rule: OnlineRule | None) -> str:
    """The rule of a day in a sentence."""
    if rule is None:
        return ""
    words = _(
        "A cell may meet online if more than %(share)s of a hundred of its members can't come to one place and the "
        "committee above approves. Members exempt or suspended don't count."
    )
    return words % {"share": rule.share}


def span_of(found: OnlineRequest) -> str:
    """Its days, the last included."""
    return _("%(from)s to %(to)s") % {"from": day(found.from_on), "to": day(found.until)}


def _table(found: list[OnlineRequest]) -> Table:
    """The requests of a cell, the newest first."""
    return Table(
        caption=_("Requests to meet online"),
        caption_hidden=True,
        stacks=True,
        columns=[
            Column(label=_("For which days"), wide=True),
            Column(label=_("Ground"), wide=True),
            Column(label=_("State")),
        ],
        rows=[
            [
                Cell(text=span_of(each), url=reverse("online_request", args=[each.pk])),
                Cell(text=each.get_ground_display()),
                Cell(text=each.get_state_display(), mark=MARKS[State(each.state)], mark_word=""),
            ]
            for each in found
        ],
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request(request: HttpRequest, pk: int) -> HttpResponse:
    """What a cell asked, with the share by the records; approved, returned, taken back or ended here."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    asked = OnlineRequest.objects.select_related("unit").filter(pk=pk) if pk < 2**63 else OnlineRequest.objects.none()
    found = asked.first()
    if found is None or not rights.scope(P.MEETING_VIEW).covers(found.unit):
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            text = _answer(request, found, form.cleaned_data["note"], now)
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, text)
            return redirect("online_request", pk=pk)
    context = _context(request, rights, found, now.date()) | {"form": form}
    return render(request, "modes/request.html", context, status=422 if form.errors else 200)


def _answer(request: HttpRequest, found: OnlineRequest, note: str, now: datetime) -> str:
    """Do what the button says; what is then told."""
    act = request.POST.get("act", "")
    if act == "approve":
        actions.approve(request=found, note=note, by=request.user, at=now)
        return _("Approved: the cell may meet online on these days.")
    if act == "return":
        actions.give_back(request=found, note=note, by=request.user, at=now)
        return _("Returned: the cell reads why, and may ask anew.")
    if act == "end":
        actions.end(request=found, note=note, by=request.user, at=now)
        return _("Ended: from today on the cell meets in one place.")
    if act == "withdraw":
        actions.withdraw(request=found, by=request.user, at=now)
        return _("Taken back.")
    raise Denied(_("Choose what is to be done."))


def _context(request: HttpRequest, rights: Rights, found: OnlineRequest, today: date) -> dict[str, Any]:
    unit = found.unit
    rows = found.away.select_related("person").order_by("person__sort_key", "person_id")
    people = [row.person for row in rows]
    seen, places = rights.scope(P.MEMBER_VIEW), places_of([person.pk for person in people], today)
    named = {pk for pk, place in places.items() if seen.covers(place)}
    share = queries.share_on(unit, today, {person.pk for person in people})
    rule = rule_on(max(today, found.from_on))
    deeds = list(found.deeds.select_related("by", "lent_by", "role_unit").order_by("at", "pk"))
    waits = found.state == State.WAITING
    runs = found.state == State.APPROVED and found.to_on > today
    records = rights.scope(P.MEETING_RECORD).covers(unit)
    line = policies.above(unit)
    over = line is not None and rights.scope(P.ONLINE_APPROVE).covers(line)
    return common(rights, "units") | {
        "found": found,
        "crumbs": crumbs_of(rights, [unit]),
        "state": found.get_state_display(),
        "mark": MARKS[State(found.state)],
        "facts": [
            (_("Ground"), found.get_ground_display()),
            (_("In words"), found.why),
            (_("For which days"), span_of(found)),
            (_("Can't come"), _share_words(share) if waits else _share_of(deeds[-1])),
            (_("The rule asks for"), _("more than %(n)s of a hundred") % {"n": rule.share if rule else deeds[0].share}),
        ],
        "is_few": waits and rule is not None and not share.is_over(rule.share),
        "people": [person.full_name if person.pk in named else person.code for person in people],
        "deeds": [(moment(each.at), each.get_deed_display(), _by(each), each.note, _share_of(each)) for each in deeds],
        "may_answer": waits and over and not records and request.user.pk not in found.makers,
        "may_withdraw": waits and records,
        "may_end": runs and (records or over),
    }


def _share_words(share: Share) -> str:
    said = {"away": count(share.away), "counted": count(share.counted)}
    words = _("%(away)s of %(counted)s members") % said
    return words if share.value is None else f"{words} ({percent(share.value)})"


def _share_of(deed: RequestDeed) -> str:
    return _share_words(Share(deed.away, deed.counted))


def _by(deed: RequestDeed) -> str:
    """Who did it, and by which right: a role, where, and in whose name."""
    said = [str(deed.by or "–")]
    if deed.role:
        said.append(f"{RoleCode(deed.role).label}, {deed.role_unit}")
    if deed.lent_by is not None:
        said.append(_("in the name of %(name)s") % {"name": deed.lent_by})
    return " · ".join(said)
