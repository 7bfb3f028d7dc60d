"""Scores that wait: the list of who judges them, one of them with claim and evidence, the answer of the cell."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Mark, Pager
from chibo.core.formats import count
from chibo.core.formats import day as day_name
from chibo.meetings import confirming, policies
from chibo.meetings.claims import kept_claim
from chibo.meetings.competence import Right, check_confirms, mine, rights_to_confirm
from chibo.meetings.confirm_forms import ConfirmForm, ReturnForm
from chibo.meetings.content import band_of
from chibo.meetings.forms import ReasonForm
from chibo.meetings.models import Confirmation, Deed, Meeting, Score, ScoreDeed, Scorer, Settled
from chibo.meetings.point_forms import short
from chibo.meetings.record_views import find_cell, find_meeting
from chibo.meetings.score_page import difference, scored, state_of
from chibo.meetings.views import facts_of, summary_of, title_of
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.procedures.flow import said

ROWS = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: HttpRequest) -> HttpResponse:
    """The scores that wait for the reader, the oldest first; those in which nothing differs are confirmed together."""
    today, user = clock.today(), request.user
    rights, found = rights_of(user, today), rights_to_confirm(user, today)
    if not found:
        raise Http404
    unit = _unit_asked(request, rights)
    if request.method == "POST":
        return _confirm_together(request, address(reverse("scores_waiting"), unit=unit.pk if unit else ""))
    condition = mine(found, rights)
    if unit is not None:
        charged = Q(meeting__unit__path__in=[path for each in found for path in each.cells])
        condition &= charged | Q(meeting__unit__path__regex=f"^{unit.path}[0-9]+/$")
    after = after_asked(request, date, int)
    if after is not None:
        held_on, pk = after
        condition &= Q(meeting__held_on__gt=held_on) | Q(meeting__held_on=held_on, meeting__gt=pk)
    waits = Confirmation.objects.filter(condition).select_related("meeting__unit")
    rows: list[Any] = list(waits.order_by("meeting__held_on", "meeting")[: ROWS + 1])
    more, rows = rows[ROWS:], rows[:ROWS]
    base = address(reverse("scores_waiting"), unit=unit.pk if unit else "")
    last = rows[-1].meeting if more else None
    next_key = after_key([last.held_on.isoformat(), last.pk]) if last else ""
    lines = _lines(rows)
    context = common(rights, "desk") | {
        "lines": lines,
        "unit": unit,
        "agreeing": sum(line["agrees"] for line in lines),
        "pager": Pager(
            first_url=base if after else "",
            next_url=address(reverse("scores_waiting"), unit=unit.pk if unit else "", after=next_key) if more else "",
            note=ngettext("%(n)s score on this page", "%(n)s scores on this page", len(rows)) % {"n": count(len(rows))},
        ),
    }
    return render(request, "meetings/scores.html", context)


def _unit_asked(request: HttpRequest, rights: Rights) -> Unit | None:
    """The committee whose cells are asked for, if the reader sees it."""
    asked = request.GET.get("unit", "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    return Unit.objects.filter(rights.scope(P.UNIT_VIEW).q(""), pk=int(asked)).first()


def _lines(rows: list[Any]) -> list[dict[str, Any]]:
    """The rows of the list: what is claimed, what the records say, whether others go along. Two queries."""
    keys = [each.meeting_id for each in rows]
    own = Score.objects.filter(meeting__in=keys, scored_by=Scorer.SELF).select_related("sheet").order_by("pk")
    scores = {each.meeting_id: each for each in own}
    deeds = ScoreDeed.objects.filter(meeting__in=keys).order_by("at", "pk")
    last = {each.meeting_id: each for each in deeds}
    lines = []
    for each in rows:
        meeting, score, deed = each.meeting, scores.get(each.meeting_id), last.get(each.meeting_id)
        if score is None:
            continue
        told, mark = difference(each.claimed, each.proposed, each.most)
        claim = kept_claim(each.evidence)
        if any(line.differs for line in claim.lines) and each.claimed == each.proposed:
            told, mark = _("in single criteria"), Mark.NEAR
        unanswered = len(claim.unanswered)
        lines.append(
            {
                "pk": meeting.pk,
                "seal": confirming.seal_now(meeting, each, score),
                "unit": meeting.unit.name,
                "url": reverse("meeting_confirm", args=[meeting.unit_id, meeting.pk]),
                "title": title_of(meeting),
                "held_on": day_name(meeting.held_on),
                "total": short(score.total),
                "band": band_said(score),
                "records": _("%(n)s of %(most)s") % {"n": short(each.proposed), "most": short(each.most)}
                if each.most
                else "–",
                "claimed": short(each.claimed) if each.most else "–",
                "difference": told,
                "mark": mark,
                "unanswered": ngettext("no record of %(n)s criterion", "no record of %(n)s criteria", unanswered)
                % {"n": unanswered}
                if unanswered
                else "",
                "agrees": claim.agrees,
                "since": day_name(each.since),
                "answer": deed.note if deed is not None and deed.deed == Deed.ANSWERED else "",
            }
        )
    return lines


def band_said(score: Score) -> str:
    """The band of a score in words."""
    if score.sheet is not None and score.band:
        return said(score.sheet.sheet.band(score.band).name)
    return str(band_of(score.total)[1])


def _confirm_together(request: HttpRequest, url: str) -> HttpResponse:
    """Confirm those that were ticked, or all on the page in which nothing differs; say how it came out."""
    sent = {name[5:]: str(value) for name, value in request.POST.items() if name.startswith("seal_")}
    asked = list(sent) if "all" in request.POST else request.POST.getlist("meeting")
    keys = [int(each) for each in asked[: 2 * ROWS] if each.isascii() and each.isdecimal() and len(each) < 19]
    seals = {pk: seal for pk in keys if (seal := sent.get(str(pk), "")[:10]).isascii() and seal.isdecimal()}
    meetings = Meeting.objects.select_related("unit").filter(pk__in=seals).order_by("pk")
    seen = [confirming.Seen(each, int(seals[each.pk])) for each in meetings]
    if not seen:
        messages.warning(request, _("Tick the scores to confirm first."))
        return redirect(url)
    done, refused = confirming.confirm_many(seen=seen, by=request.user, at=clock.now())
    if done:
        text = ngettext("%(n)s score is confirmed.", "%(n)s scores are confirmed.", done) % {"n": count(done)}
        messages.success(request, text)
    for reason in dict.fromkeys(refused[:5]):
        messages.warning(request, _("Not confirmed: %(why)s") % {"why": reason})
    return redirect(url)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """The score of a meeting, claim beside evidence: confirmed, perhaps with other points; returned with a reason."""
    today, user = clock.today(), request.user
    rights = rights_of(user, today)
    known = (rights, rights_to_confirm(user, today))
    unit, above = _cell_to_judge(rights, known[1], pk)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    shown = _Shown(unit, meeting, act, request.POST)
    if act in shown.forms and shown.forms[act].is_valid():
        try:
            text = _do(act, shown.forms[act], shown.found, user)
        except Denied as denied:  # shown is how it stands by now; the words that were typed stay
            messages.error(request, str(denied))
            typed = shown.forms[act].cleaned_data
            shown = _Shown(unit, meeting, typed={name: typed[name] for name in ("note", "reason") if name in typed})
        else:
            messages.success(request, text)
            return redirect("scores_waiting")
    found, page = shown.found, shown.page
    barred = _barred(found, page.confirmation, user, today, known)
    context = common(rights, "desk") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "title": title_of(found),
        "facts": facts_of(found),
        "summary": summary_of(shown.rows),
        "meeting": found,
        "scores": page.shown,
        "state": page.state,
        "barred": barred,
        "waits": not barred and (page.confirmation is None or page.confirmation.state == Settled.WAITING),
        "confirm_form": shown.forms["confirm"],
        "return_form": shown.forms["return"],
        "meeting_url": reverse("meeting", args=[unit.pk, found.pk])
        if rights.scope(P.MEETING_VIEW).covers(unit)
        else "",
    }
    return render(request, "meetings/confirm.html", context, status=422 if act else 200)


class _Shown:
    """A meeting to judge as it stands now, with the forms for it: one bound to what was sent, or words typed before."""

    def __init__(self, unit: Unit, meeting: int, act: str = "", sent: Any = None, typed: Any = None) -> None:
        self.found = find_meeting(unit, meeting)
        self.rows = list(self.found.attendance.order_by("pk"))
        self.page = scored(unit, self.found, self.rows, clock.today())
        score = next((each for each in self.page.scores if each.scored_by == Scorer.SELF), None)
        if score is None:
            raise Http404
        begun = {"seen": confirming.seal_now(self.found, self.page.confirmation, score)} | (typed or {})
        self.forms: dict[str, Any] = {
            "confirm": ConfirmForm(sent if act == "confirm" else None, initial=begun, score=score, prefix="c"),
            "return": ReturnForm(sent if act == "return" else None, initial=begun, prefix="r"),
        }


def _cell_to_judge(rights: Rights, found: list[Right], pk: int) -> tuple[Unit, list[Unit]]:
    """A cell whose scores are the reader's to judge, and the units above it; otherwise 403 or 404."""
    unit = Unit.objects.filter(pk=pk).first() if pk < 2**63 else None
    if unit is not None and unit.is_cell and any(each.covers(unit) for each in found):
        above = Unit.objects.in_bulk(unit.ancestor_ids)
        return unit, [above[each] for each in unit.ancestor_ids]
    unit, _above = find_unit(rights, pk, P.SCORE_CONFIRM)
    if any(each.covers(unit) for each in found):
        raise Http404
    raise PermissionDenied


def _barred(
    found: Meeting, confirmation: Confirmation | None, user: Any, today: date, known: tuple[Rights, list[Right]]
) -> str:
    """Why the reader can't judge this one; empty if they can."""
    try:
        policies.check_stands(found)
        check_confirms(user, found, confirmation, today, known)
    except Denied as reason:
        return str(reason)
    return ""


def _do(act: str, form: Any, found: Meeting, user: Any) -> str:
    """Do what was asked, and say so."""
    seen, at = form.cleaned_data["seen"], clock.now()
    if act == "return":
        confirming.give_back(meeting=found, seen=seen, reason=form.cleaned_data["reason"], by=user, at=at)
        return _("Returned. The cell sees it on its desk, with your reason.")
    made = confirming.confirm(
        meeting=found, seen=seen, own=form.own(), note=form.cleaned_data["note"], by=user, at=at
    )  # fmt: skip
    if made.own_points:
        return _("Confirmed with your points. Figures go by yours.")
    return _("Confirmed.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """The cell keeps a score that was returned, and says why."""
    rights, unit, above = find_cell(request, pk)
    found = find_meeting(unit, meeting)
    url = reverse("meeting", args=[unit.pk, found.pk])
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].label = _("Why does the cell keep its score?")
    confirmation = Confirmation.objects.filter(meeting=found).select_related("sheet").first()
    try:
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            confirming.answer(meeting=found, reason=reason, by=request.user, at=clock.now())
            messages.success(request, _("Answered. The score waits to be confirmed again."))
            return redirect(url)
        confirmation = policies.check_answers(confirmation)
    except Denied as reason:
        messages.error(request, str(reason))
        return redirect(url)
    deeds = ScoreDeed.objects.filter(meeting=found).select_related("by", "lent_by", "role_unit")
    state = state_of(confirmation, list(deeds.order_by("-at", "-pk")))
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "form": form,
        "title": title_of(found),
        "state": state,
        "url": url,
        "correct_url": reverse("meeting_correct", args=[unit.pk, found.pk]),
    }
    return render(request, "meetings/answer.html", context, status=422 if form.is_bound else 200)
