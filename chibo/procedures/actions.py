"""Acts on cases: begun, told, voted on, signed, suspended, resumed, withdrawn; each sealed with who and which right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied, action
from chibo.organizations.models import Unit
from chibo.papers import actions as papers
from chibo.papers.models import Paper
from chibo.procedures import limits, papering, policies, registry
from chibo.procedures.flow import ALL, ANY, BEGIN, MEMBER, Outcome, Slot, Step, said
from chibo.procedures.models import Case, CasePaper, Deed, Signature, Stage, Turn, Version, Vote
from chibo.procedures.places import Lines
from chibo.procedures.policies import Right
from chibo.procedures.registry import Moment

SKIPS = 50  # more steps left out in a row are a ring


@action("procedures.begun")
def begin(
    *,
    version: Version,
    unit: Unit,
    about: str,
    to_unit: Unit | None = None,
    told: Mapping[str, Any] | None = None,
    join: Callable[[Case], Any] | None = None,
    by: Any,
    at: datetime,
) -> Case:
    """Begin a case at a unit under a version of a procedure: it is joined to what it is about, and at its first step.

    Denied: who may not begin it there; a version not valid that day; where things don't stand so that it can begin.
    """
    today = localdate(at)
    policies.check_valid(version, today)
    case = Case(
        version=version, unit=unit, to_unit=to_unit, about=about[:500], told=dict(told or {}), begun_on=today,
        begun_by=by,
    )  # fmt: skip
    case.save()
    if join is not None:
        join(case)
    right = policies.check_begins(by, case, today)
    policies.check_when(case, today)
    stage = Stage(case=case, number=0, step=BEGIN, entered_on=today, done_on=today)
    stage.save()
    _sign(stage, Deed.BEGAN, right, by, at)
    _enter(case, version.flow.first.code, today, by, at)
    return case


@action("procedures.told")
def tell(*, case: Case, number: int, told: Mapping[str, Any], by: Any, at: datetime) -> Case:
    """Keep what a step asks to be told, before it is signed.

    Denied: who has no part in the step; a case that has gone on; what the step does not ask.
    """
    case, stage, step = _standing(case, number)
    policies.check_signs(by, case, stage, step, localdate(at))
    asked = {ask.code for ask in step.asks}
    if set(told) - asked:
        raise Denied(_("This step does not ask for that."))
    case.told = {**case.told, **told}
    case.save(update_fields=["told"])
    return case


@action("procedures.voted")
def record_vote(
    *,
    case: Case,
    number: int,
    held_on: date,
    summoned: int,
    present: int,
    votes_for: int,
    against: int,
    invalid: int = 0,
    hands: Sequence[Sequence[str]] = (),
    by: Any,
    at: datetime,
) -> Vote:
    """Record the vote of a step, by counts or hand by hand; one recorded before is kept, and this one counts.

    Denied: who has no part in the step; a step without a vote; counts that can't be.
    """
    today = localdate(at)
    case, stage, step = _standing(case, number)
    policies.check_signs(by, case, stage, step, today)
    if step.vote is None:
        raise Denied(_("Nobody votes at this step."))
    vote = Vote(
        stage=stage, held_on=held_on, summoned=summoned, present=present, votes_for=votes_for, against=against,
        invalid=invalid, hands=[list(each) for each in hands], by=by, at=at,
    )  # fmt: skip
    policies.check_vote(vote, today)
    vote.save()
    return vote


@action("procedures.paper_put")
def put_paper(
    *,
    case: Case,
    number: int,
    slot: str,
    content: bytes,
    name: str,
    dated_on: date | None = None,
    by: Any,
    at: datetime,
) -> CasePaper:
    """Keep a file with the step a case stands at; one that was there before stays as an earlier version.

    Denied: who has no part in the step, a paper it does not ask for, a file that is not taken, with each reason.
    """
    stage, place, before = _place(case, number, slot, by, at)
    paper = papers.keep(
        content=content, name=name, title=said(place.name), dated_on=dated_on, by=by, at=at, instead_of=before
    )
    return papering.put(stage, place, paper, by, at)


@action("procedures.paper_registered")
def register_paper(
    *, case: Case, number: int, slot: str, paper_number: str, dated_on: date, kept_at: str, by: Any, at: datetime
) -> CasePaper:
    """Note a paper that lies elsewhere with the step a case stands at: its number, its day, where it is kept.

    Denied: who has no part in the step, a paper it does not ask for, no number or place, a day to come.
    """
    stage, place, before = _place(case, number, slot, by, at)
    paper = papers.register(
        number=paper_number, on=dated_on, kept_at=kept_at, title=said(place.name), by=by, at=at, instead_of=before
    )
    return papering.put(stage, place, paper, by, at)


@action("procedures.signed")
def sign(*, case: Case, number: int, outcome: str, reason: str = "", by: Any, at: datetime) -> Case:
    """Sign an outcome of the step a case stands at; once enough have signed the same, the case goes on.

    Denied: a case that has gone on since `number` was looked at; no part in the step, or a hand in what it checks;
    another outcome than those who signed before; what is still missing.
    """
    today = localdate(at)
    case, stage, step = _standing(case, number)
    right = policies.check_signs(by, case, stage, step, today)
    chosen = step.outcome(outcome)
    if chosen is None:
        raise Denied(_("This step can't end like that."))
    lacking = papering.missing(case, step)
    policies.check_outcome(_moment(case, stage, step, today, chosen), chosen, reason, lacking)
    before = list(Signature.objects.filter(stage=stage, deed=Deed.SIGNED).order_by("pk"))
    if not chosen.reason and any(each.outcome != outcome for each in before):
        raise Denied(_("Others signed another outcome. You can sign that, or give one with a reason."))
    enough = bool(chosen.reason) or _is_enough(step, Lines(case), [*before, right])
    if enough and not chosen.reason:
        papering.make_all(case, stage, step, right, today, by, at)
    _sign(stage, Deed.SIGNED, right, by, at, chosen.code, reason)
    if step.need == ALL and right.party is not None:
        stage.turns.filter(party=right.party).delete()
    if enough:
        _leave(case, stage, step, chosen, today, by, at)
    return case


@action("procedures.filled_in")
def fill_in(
    *, case: Case, number: int, told: Mapping[str, Any], vote: Mapping[str, Any] | None = None, by: Any, at: datetime
) -> Case:
    """Keep what a step asks for and its vote, without signing; all or nothing. Denied as `tell` and `record_vote`."""
    if told:
        case = tell(case=case, number=number, told=told, by=by, at=at)
    if vote is not None:
        record_vote(case=case, number=number, **vote, by=by, at=at)
    return case


@action("procedures.decided")
def decide(
    *,
    case: Case,
    number: int,
    outcome: str,
    reason: str = "",
    told: Mapping[str, Any],
    vote: Mapping[str, Any] | None = None,
    by: Any,
    at: datetime,
) -> Case:
    """Tell what a step asks, record its vote and sign an outcome, all or nothing. Denied as `fill_in` and `sign`."""
    case = fill_in(case=case, number=number, told=told, vote=vote, by=by, at=at)
    return sign(case=case, number=number, outcome=outcome, reason=reason, by=by, at=at)


@action("procedures.timed_out")
def time_out(*, stage: Stage, by: None = None, at: datetime) -> Case | None:
    """Give a step whose time is over the outcome that follows by itself; None if it has gone on, or none follows."""
    today = localdate(at)
    case = _hold(stage.case)
    stage = Stage.objects.get(pk=stage.pk)
    if case.status != Case.Status.OPEN or stage.done_on or stage.due_on is None or stage.due_on >= today:
        return None
    step = case.version.flow.step(stage.step)
    chosen = step.outcome(step.limit.then) if step.limit and step.limit.then else None
    if chosen is None:
        return None
    _sign(stage, Deed.TIMED_OUT, Right(), None, at, chosen.code)
    _leave(case, stage, step, chosen, today, None, at)
    return case


@action("procedures.suspended")
def suspend(*, case: Case, reason: str, by: Any, at: datetime) -> Case:
    """Let a case rest; its limits stand still until it is resumed. Denied: who may not; without a reason."""
    today = localdate(at)
    case, stage = _current(case)
    policies.check_open(case)
    right = policies.check_withdraws(by, case, today)
    _check_reason(reason)
    _sign(stage, Deed.SUSPENDED, right, by, at, reason=reason)
    states.move(case, Case.Status.SUSPENDED, suspended_on=today)
    return case


@action("procedures.resumed")
def resume(*, case: Case, by: Any, at: datetime) -> Case:
    """Let a case that rested go on; its limits are longer by the days it rested. Denied: who may not."""
    today = localdate(at)
    case, stage = _current(case)
    if case.status != Case.Status.SUSPENDED:
        raise Denied(_("This case is not suspended."))
    right = policies.check_withdraws(by, case, today)
    _sign(stage, Deed.RESUMED, right, by, at)
    limit = case.version.flow.step(stage.step).limit
    since = case.suspended_on
    if stage.due_on is not None and limit is not None and since is not None:
        special = limits.special_days(since, stage.due_on.replace(year=stage.due_on.year + 2))
        stage.due_on = limits.postponed(stage.due_on, since, today, limit.unit, special)
        stage.save(update_fields=["due_on"])
    states.move(case, Case.Status.OPEN, suspended_on=None)
    return case


@action("procedures.withdrawn")
def withdraw(*, case: Case, reason: str, by: Any, at: datetime) -> Case:
    """Take a case back: it ends without a result. Denied: who may not; a case that is over; without a reason."""
    today = localdate(at)
    case, stage = _current(case)
    if case.is_over:
        raise Denied(_("This case is over."))
    right = policies.check_withdraws(by, case, today)
    _check_reason(reason)
    _sign(stage, Deed.WITHDREW, right, by, at, reason=reason)
    _close(stage, today, "")
    states.move(case, Case.Status.WITHDRAWN, ended_on=today, suspended_on=None)
    return case


# How a case goes on


def _place(case: Case, number: int, slot: str, by: Any, at: datetime) -> tuple[Stage, Slot, Paper | None]:
    """The stage a case stands at, the place for a paper there, and the paper that is in it."""
    case, stage, step = _standing(case, number)
    policies.check_signs(by, case, stage, step, localdate(at))
    place = next((each for each in step.papers if each.code == slot), None)
    if place is None:
        raise Denied(_("This step does not ask for that paper."))
    before = papering.papers_of(case).get((step.code, slot))
    return stage, place, before.paper if before else None


def _hold(case: Case) -> Case:
    """The case as it stands; who else acts on it waits until this act is done."""
    found = Case.objects.select_for_update(of=("self",)).select_related("version__procedure", "unit", "to_unit")
    return found.get(pk=case.pk)


def _current(case: Case) -> tuple[Case, Stage]:
    """A case, held, and the stage it stands at; of one that is over the last."""
    case = _hold(case)
    stage = Stage.objects.filter(case=case).latest("number")
    stage.case = case
    return case, stage


def _standing(case: Case, number: int) -> tuple[Case, Stage, Step]:
    """A case under way, held, at the stage someone looked at."""
    case, stage = _current(case)
    policies.check_still(stage, number)
    policies.check_open(case)
    return case, stage, case.version.flow.step(stage.step)


def _moment(case: Case, stage: Stage, step: Step, today: date, outcome: Outcome | None = None) -> Moment:
    vote = Vote.objects.filter(stage=stage).order_by("-pk").first() if step.vote else None
    return Moment(case=case, stage=stage, flow=case.version.flow, step=step, today=today, vote=vote, outcome=outcome)


def _is_enough(step: Step, lines: Lines, signed: Sequence[Signature | Right]) -> bool:
    """Whether all who have to sign have; parties at places that are not there are not waited for."""
    if step.need == ANY:
        return True
    parties = {each.party for each in signed}
    if step.need == ALL:
        return parties >= {
            number for number, party in enumerate(step.who) if party.at == MEMBER or lines.find(party.at)
        }
    return len(signed) >= int(step.need)


def _leave(case: Case, stage: Stage, step: Step, outcome: Outcome, today: date, by: Any, at: datetime) -> None:
    """The case leaves a step by an outcome: what follows in the records, then the next step or the end."""
    _close(stage, today, outcome.code)
    if outcome.effect:
        registry.effects[outcome.effect].function(_moment(case, stage, step, today, outcome), by, at)
    if outcome.to:
        _enter(case, outcome.to, today, by, at)
    else:
        states.move(case, Case.Status.ENDED, ended_on=today, result=outcome.ends)


def _close(stage: Stage, today: date, outcome: str) -> None:
    stage.done_on, stage.outcome = today, outcome
    stage.save(update_fields=["done_on", "outcome"])
    stage.turns.all().delete()


def _enter(case: Case, code: str, today: date, by: Any, at: datetime) -> Stage:
    """The case goes to a step, past those that are left out."""
    flow, lines = case.version.flow, Lines(case)
    for _round in range(SKIPS):
        step = flow.step(code)
        last = Stage.objects.filter(case=case).order_by("-number").values_list("number", flat=True).first() or 0
        stage = Stage(case=case, number=last + 1, step=code, entered_on=today)
        if step.skip and _is_skipped(case, stage, step, today):
            stage.done_on, stage.is_skipped = today, True
            stage.save()
            _sign(stage, Deed.SKIPPED, Right(), None, at)
            code = step.skip.to
            continue
        stage.due_on = _due(case, step, today)
        stage.save()
        wait(stage, step, lines)
        return stage
    raise Denied(_("This procedure leaves out one step after the other without end. An administrator has to mend it."))


def _is_skipped(case: Case, stage: Stage, step: Step, today: date) -> bool:
    if step.skip is None:
        return False
    moment = Moment(case=case, stage=stage, flow=case.version.flow, step=step, today=today, vote=None)
    return registry.guards[step.skip.when].function(moment) is None


def wait(stage: Stage, step: Step, lines: Lines) -> None:
    """Note for whom a stage waits, as the tree is now. Part of an action."""
    turns = [
        Turn(stage=stage, party=number, unit=unit, role=role)
        for number, party in enumerate(step.who)
        if party.at != MEMBER and (unit := lines.find(party.at)) is not None
        for role in party.roles
    ]
    if not turns and all(party.at != MEMBER for party in step.who):
        raise Denied(_("Nobody is there to act on the next step: the unit it is for does not exist."))
    Turn.objects.bulk_create(turns)


def _due(case: Case, step: Step, today: date) -> date | None:
    """The last day of a step that begins today."""
    if step.limit is None:
        return None
    since = today
    if step.limit.since == "case":
        since = case.begun_on
    elif step.limit.since != "step":
        told = case.told.get(step.limit.since)
        since = date.fromisoformat(told) if told else today
    return limits.due_on(since, step.limit.n, step.limit.unit)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Denied(_("Say why."))


def _sign(
    stage: Stage, deed: str, right: Right, by: Any, at: datetime, outcome: str = "", reason: str = ""
) -> Signature:
    """Sign, sealed with what was signed and the signature before."""
    last = Signature.objects.filter(stage__case=stage.case_id).order_by("-pk").values_list("seal", flat=True).first()
    grant = right.grant
    signature = Signature(
        stage=stage, deed=deed, outcome=outcome, reason=reason, party=right.party, by=by, at=at,
        unit=grant.unit if grant else None, role=grant.role if grant else "", grant=grant, lent_by=right.lent_by,
    )  # fmt: skip
    signature.seal = seal(signature, last or "")
    signature.save()
    return signature


def seal(signature: Signature, before: str) -> str:
    """What holds a signature together with what was signed and with the one before it."""
    vote = Vote.objects.filter(stage=signature.stage_id).order_by("-pk").first()
    kept = CasePaper.objects.filter(stage=signature.stage_id).order_by("pk").values_list("slot", "paper__sha256")
    counts = [vote.summoned, vote.present, vote.votes_for, vote.against, vote.invalid] if vote else []
    said = [
        before, signature.stage.case_id, signature.stage.number, signature.stage.step, signature.deed,
        signature.outcome, signature.reason, signature.by_id, signature.at.isoformat(), signature.grant_id, counts,
        [list(each) for each in kept],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
