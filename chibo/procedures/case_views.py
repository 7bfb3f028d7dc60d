"""The page of a case: what it is about, where it stands, what the reader can do now, the way it went so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Link
from chibo.core.formats import day
from chibo.organizations.frame import common
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.papers.sending import as_download
from chibo.procedures import actions, policies, registry, saying, sealing
from chibo.procedures.case_forms import StepForm
from chibo.procedures.case_page import Page
from chibo.procedures.diagram import drawn
from chibo.procedures.flow import Flow, Outcome, Step, said
from chibo.procedures.models import Case, Stage
from chibo.procedures.paper_forms import PapersForm
from chibo.procedures.policies import Right
from chibo.procedures.registry import Moment, Subject
from chibo.procedures.saying import Signed

DIGITS = 6


@dataclass(frozen=True)
class Button:
    """An outcome that can be signed, and what closes it as things stand."""

    code: str
    label: str
    missing: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """A case; signed, suspended, resumed and withdrawn from here, with all its step asks in one form."""
    now = clock.now()
    page = Page(request.user, pk, now.date())
    form, papers, refused, kept, status = None, None, "", list[tuple[str, str]](), 200
    if request.method == "POST":
        number = _number(request.POST.get("number", ""))
        stage = page.stage_of(number)
        done, form, papers, refused = _act(request, page, stage, number, now)
        if done:
            messages.success(request, done)
            return redirect(_after(request, pk, now.date()))
        page = Page(request.user, pk, now.date())
        if stage is not None and stage.number != page.now.number:
            kept = [*(form or page.form(stage, request.POST)).written, *page.papers_form(stage, request.POST).written]
            form = papers = None
        status = 409 if page.case.is_over or (stage and stage.number != page.now.number) else 422
    context = _context(page, request, form, papers, refused, kept)
    return render(request, "procedures/case.html", context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else -1


def _after(request: HttpRequest, pk: int, today: date) -> str:
    """Back to the case; to the list for who no longer has a part in it."""
    try:
        Page(request.user, pk, today)
    except Http404:
        return reverse("cases")
    return reverse("case", args=[pk])


def _act(
    request: HttpRequest, page: Page, stage: Stage | None, number: int, now: datetime
) -> tuple[str, StepForm | None, PapersForm | None, str]:
    """Do what was sent: what to say of it if it is done; the forms with what is wrong and why not otherwise."""
    by: Any = {"case": page.case, "by": request.user, "at": now}
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "").replace("\0", "")[:4000]
    form = papers = None
    try:
        if act == "withdraw":
            actions.withdraw(reason=reason, **by)
            return _("The case is withdrawn."), None, None, ""
        if act == "suspend":
            actions.suspend(reason=reason, **by)
            return _("The case is suspended: its time stands still until it is resumed."), None, None, ""
        if act == "resume":
            actions.resume(**by)
            return _("The case goes on. It has the days longer that it rested."), None, None, ""
        if stage is None or stage.number != page.now.number:
            policies.check_still(page.now, number)
            raise Denied(_("Nothing can be done here now."))
        step = page.flow.step(stage.step)
        chosen = step.outcome(request.POST.get("outcome", ""))
        if chosen is None and act != "keep":
            raise Denied(_("Choose how this step ends."))
        form = page.form(stage, request.POST, chosen)
        papers = page.papers_form(stage, request.POST, request.FILES, chosen)
        if not (form.is_valid() & papers.is_valid()):
            return "", form, papers, ""
        sent: Any = {"number": number, "told": form.told, "vote": form.voted, "handed_in": papers.given, **by}
        if chosen is None:
            actions.fill_in(**sent)
            _warn(request, page.flow, actions.foresee(number=number, **by))
            return _("Kept. It still has to be signed."), None, None, ""
        after = actions.decide(outcome=chosen.code, reason=form.cleaned_data.get("reason", ""), **sent)
        return _signed(chosen, after, number), None, None, ""
    except Denied as denied:
        return "", form, papers, _placed(page.flow, form, denied)


def _placed(flow: Flow, form: StepForm | None, denied: Denied) -> str:
    """Put a refusal beside its field; else what to say at the top, with the name of what was told before."""
    name = f"ask_{denied.field}"
    if form is not None and denied.field and name in form.fields:
        form.add_error(name, str(denied))
        return ""
    asked = flow.ask(denied.field) if denied.field else None
    return _("%(field)s: %(why)s") % {"field": said(asked.name), "why": denied} if asked else str(denied)


def _warn(request: HttpRequest, flow: Flow, foreseen: Mapping[str, str]) -> None:
    """Say what would be refused if the step were signed today."""
    for code, why in foreseen.items():
        asked = flow.ask(code)
        words = {"field": said(asked.name) if asked else code, "why": why}
        messages.warning(request, _("%(field)s: %(why)s Signed today it would be refused.") % words)


def _signed(chosen: Outcome, case: Case, number: int) -> str:
    words = {"outcome": said(chosen.name)}
    if case.status == Case.Status.ENDED:
        return _("Signed: %(outcome)s. The case has ended.") % words
    if case.stages.filter(number=number, done_on=None).exists():
        return _("Signed: %(outcome)s. It still waits for another signature.") % words
    return _("Signed: %(outcome)s.") % words


def _context(
    page: Page,
    request: HttpRequest,
    form: StepForm | None,
    papers: PapersForm | None,
    refused: str,
    kept: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    case, flow = page.case, page.flow
    subject = registry.subjects[case.version.procedure.subject]
    step = None if case.is_over else flow.step(page.now.step)
    right, why = _may_sign(page, step)
    may = right is not None
    may_withdraw = _may_withdraw(page)
    if form is not None and not may:
        kept = [*form.written, *(papers.written if papers else ())]
    typed = request.POST.get("reason", "") if request.POST.get("act") in ("withdraw", "suspend") else ""
    if typed and not may_withdraw and not kept:
        kept = [(_("Why"), typed)]
    return common(page.rights, "cases") | {
        "case": case,
        "about_url": subject.url(case, page.rights, page.today) if subject.url else "",
        "crumbs": [Link(label=_("Cases"), url=reverse("cases"))] if page.rights.scope(P.CASE_VIEW) else [],
        "standing": saying.standing(flow, case.status, case.result, page.now.step),
        "asked_for": _asked_for(page, subject),
        "facts": _facts(page),
        "help": said(step.help) if step and step.help else "",
        "due": "" if case.status != Case.Status.OPEN else saying.left(page.now.due_on, page.today),
        "is_late": page.now.due_on is not None and page.now.due_on < page.today and case.status == Case.Status.OPEN,
        "waits": saying.waiting(page.waits, page.cell),
        "waits_for_member": page.waits_for_member,
        "why": why,
        "may": may,
        "lent_by": right.lent_by if right is not None else None,
        "last_word": _last_word(page),
        "again_url": _again_url(page, subject),
        "step": step,
        "number": page.now.number,
        "form": (form or page.form(page.now)) if may else None,
        "papers": (papers or page.papers_form(page.now)) if may else None,
        "kept_papers": saying.papers(case, flow, page.stages, page.shown_papers, page.drafts),
        **(_outcomes(page, step, right) if may and step else {}),
        "refused": refused,
        "broken": sealing.broken(page.signatures, page.votes, page.papers),
        "kept": kept,
        "may_withdraw": may_withdraw,
        "stands": _stands(page) if may_withdraw else "",
        "typed_reason": typed,
        "way": saying.way(case, page.stages, page.signatures, page.votes, acts=page.is_asked),
        "diagram": drawn(flow, page.stages),
    }


def _may_sign(page: Page, step: Step | None) -> tuple[Right | None, str]:
    """The right by which the reader signs now; None and, if their role is asked but not they, why not."""
    if step is None or page.case.status != Case.Status.OPEN or not page.is_asked:
        return None, ""
    try:
        return policies.check_signs(page.user, page.case, page.now, step, page.today, page.known), ""
    except Denied as denied:
        return None, str(denied)


def _last_word(page: Page) -> Signed | None:
    """What was done last, if a reason was given for it: why it was returned, refused, suspended or withdrawn."""
    last = page.signatures[-1] if page.signatures else None
    return saying.signed(page.flow, last.stage, last) if last is not None and last.reason else None


def _again_url(page: Page, subject: Subject) -> str:
    """Where the reader asks once more for what was not granted to them; nowhere for others."""
    if not (page.case.is_over and page.flow.by_member and subject.again and _last_word(page)):
        return ""
    return subject.again(page.case) if page.user.pk in page.known.concerned else ""


def _may_withdraw(page: Page) -> bool:
    acts = any(each.reaches(P.CASE_ACT) for each in page.rights.held)
    if page.case.is_over or not (acts or page.flow.by_member):
        return False
    try:
        policies.check_withdraws(page.user, page.case, page.today, page.known)
    except Denied:
        return False
    return True


def _stands(page: Page) -> str:
    """Why the case can't be withdrawn though it is the reader's to do; nothing if it can."""
    try:
        policies.check_undone(page.case, page.stages)
    except Denied as denied:
        return str(denied)
    return ""


def _outcomes(page: Page, step: Step, right: Right | None = None) -> dict[str, Any]:
    """The outcomes of the step: those that go on, and those that want a reason; what closes each beside it.

    What the form itself asks for is not said again beside its buttons. To whom the case is about, what follows by
    itself is not offered.
    """
    is_own = right is not None and right.grant is None
    vote = next((each for each in reversed(page.votes) if each.stage_id == page.now.pk), None)
    plain, reasoned = list[Button](), list[Button]()
    is_voted = vote is not None or step.vote is None
    for outcome in step.outcomes:
        if is_own and policies.is_left_to_time(step, outcome):
            continue
        told = Moment(
            case=page.case, stage=page.now, flow=page.flow, step=step, today=page.today, vote=vote, outcome=outcome
        )
        closed = " ".join(policies.closed_by(told, outcome)) if is_voted else ""
        button = Button(outcome.code, said(outcome.name), closed)
        (reasoned if outcome.reason else plain).append(button)
    is_long = len(step.asks) > 1 or step.vote is not None or any(not slot.made for slot in step.papers)
    return {"plain": plain, "reasoned": reasoned, "keeps": is_long}


def _asked_for(page: Page, subject: Subject) -> list[tuple[str, str]]:
    """What the case asks for, as it was told at its beginning, and what is known beside it."""
    told = page.case.told
    asked = [(said(ask.name), saying.answer(ask, told[ask.code])) for ask in page.flow.asks if ask.code in told]
    return [*asked, *(subject.facts(page.case) if subject.facts else ())]


def _facts(page: Page) -> list[tuple[str, Cell]]:
    """What the case is, term by term."""
    case = page.case

    def unit(each: Unit) -> Cell:
        return page.cell(each.pk, each.path, each.name)

    basis = case.version.basis
    facts = [
        (_("Procedure"), Cell(text=str(case.version), note=basis)),
        (_("Unit"), unit(case.unit)),
        *([(_("Receiving unit"), unit(page.receiving))] if page.receiving else []),
        (_("Begun"), Cell(text=day(case.begun_on))),
    ]
    if case.ended_on:
        facts.append((_("Ended"), Cell(text=day(case.ended_on))))
    elif case.suspended_on:
        facts.append((_("Suspended"), Cell(text=_("since %(day)s") % {"day": day(case.suspended_on)})))
    elif page.now.due_on:
        facts.append((_("Last day of this step"), Cell(text=day(page.now.due_on))))
    facts += [(_("Dealt with"), Cell(text=str(each.label), url=each.url)) for each in page.counted.values()]
    return facts


@login_required
@require_safe
def case_paper(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """A paper of a case as a file, for who has a part in the case."""
    page = Page(request.user, pk, clock.today())
    found = next((each for each in page.shown_papers if each.pk == paper), None)
    if found is None:
        raise Http404
    return as_download(request, found.paper)
