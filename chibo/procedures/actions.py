"""Acts on cases: begun, told, voted on, signed, suspended, resumed, withdrawn; each sealed with who and which right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied, action
from chibo.organizations.models import Unit
from chibo.papers import actions as papers
from chibo.procedures import days, going, limits, papering, policies, registry
from chibo.procedures.flow import ALL, BEGIN, said
from chibo.procedures.going import Act
from chibo.procedures.models import Case, CasePaper, Deed, Stage, Version, Vote
from chibo.procedures.policies import Right
from chibo.procedures.voting import Voters


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
    wrong = days.wrong_at_first(version.flow, case.told, today)
    if wrong:
        raise Denied(" ".join(wrong.values()))
    stage = Stage(case=case, number=0, step=BEGIN, entered_on=today, done_on=today)
    stage.save()
    going.put_signature(stage, Deed.BEGAN, right, by, at)
    going.enter(case, version.flow.first.code, today, by, at)
    return case


@action("procedures.told")
def tell(*, case: Case, number: int, told: Mapping[str, Any], by: Any, at: datetime) -> Case:
    """Keep what a step asks to be told, before it is signed.

    Denied: who has no part in the step; a case that has gone on; what the step does not ask; another answer than the
    one that someone has signed; a day from which a limit runs that is to come, or before the case came to the step; one
    that is not as far after another as it has to be.
    """
    act = going.Act.on(case, number, by, at)
    _tell(act, told)
    return act.case


def _tell(act: Act, told: Mapping[str, Any]) -> None:
    case, step = act.case, act.step
    asked = {ask.code for ask in step.asks}
    if set(told) - asked:
        raise Denied(_("This step does not ask for that."))
    if any(case.told.get(code, "") != value for code, value in told.items()):
        policies.check_unsigned(act.stage)
    policies.check_told(step, case, {**case.told, **told}, act.today)
    case.told = {**case.told, **told}
    case.save(update_fields=["told"])


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

    Denied: who has no part in the step; a step without a vote, or that someone has signed; counts that can't be,
    or more summoned than could vote by the records; a day to come, before the case began, or before the last day of a
    step that could not be left before it.
    """
    counts = {"summoned": summoned, "present": present, "votes_for": votes_for, "against": against, "invalid": invalid}
    return _record_vote(going.Act.on(case, number, by, at), held_on=held_on, hands=hands, **counts)


def _record_vote(act: Act, *, held_on: date, hands: Sequence[Sequence[str]] = (), **counts: int) -> Vote:
    if act.step.vote is None:
        raise Denied(_("Nobody votes at this step."))
    policies.check_unsigned(act.stage)
    vote = Vote(
        stage=act.stage, held_on=held_on, hands=[list(each) for each in hands], by=act.by, at=act.at, **counts
    )  # fmt: skip
    policies.check_vote(vote, act.today, days.earliest_vote(act.case, act.step), going.waited_until(act.case))
    voters = Voters.of(act.step, act.known.lines)
    if voters is not None:
        voters.check(vote.summoned, held_on)
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

    Denied: who has no part in the step, a paper it does not ask for, a file that is not taken, with each reason; a step
    that someone has signed.
    """
    return _put_paper(going.Act.on(case, number, by, at), slot, content=content, name=name, dated_on=dated_on)


def _put_paper(act: Act, slot: str, **file: Any) -> CasePaper:
    place, before = act.place_for(slot)
    paper = papers.keep(title=said(place.name), by=act.by, at=act.at, instead_of=before, **file)
    return papering.put(act.stage, place, paper, act.by, act.at)


@action("procedures.paper_registered")
def register_paper(
    *, case: Case, number: int, slot: str, paper_number: str, dated_on: date, kept_at: str, by: Any, at: datetime
) -> CasePaper:
    """Note a paper that lies elsewhere with the step a case stands at: its number, its day, where it is kept.

    Denied: who has no part in the step, a paper it does not ask for, no number or place, a day to come; a step that
    someone has signed.
    """
    act = going.Act.on(case, number, by, at)
    return _register_paper(act, slot, paper_number=paper_number, dated_on=dated_on, kept_at=kept_at)


def _register_paper(act: Act, slot: str, *, paper_number: str, dated_on: date, kept_at: str) -> CasePaper:
    place, before = act.place_for(slot)
    paper = papers.register(
        number=paper_number, on=dated_on, kept_at=kept_at, title=said(place.name), by=act.by, at=act.at,
        instead_of=before,
    )  # fmt: skip
    return papering.put(act.stage, place, paper, act.by, act.at)


@action("procedures.signed")
def sign(*, case: Case, number: int, outcome: str, reason: str = "", by: Any, at: datetime) -> Case:
    """Sign an outcome of the step a case stands at; once enough have signed the same, the case goes on.

    Denied: a case that has gone on since `number` was looked at; no part in the step, or a hand in what it checks;
    another outcome than those who signed before; what is still missing.
    """
    return _sign(going.Act.on(case, number, by, at), outcome, reason)


def _sign(act: Act, outcome: str, reason: str) -> Case:
    case, stage, step, by, at = act.case, act.stage, act.step, act.by, act.at
    today, known, right = act.today, act.known, act.right
    chosen = step.outcome(outcome)
    if chosen is None:
        raise Denied(_("This step can't end like that."))
    policies.check_offered(step, chosen, right)
    lacking = papering.missing(case, step)
    policies.check_outcome(going.moment_of(case, stage, step, today, chosen), chosen, reason, lacking)
    before = [each for each in known.signatures if each.stage_id == stage.pk and each.deed == Deed.SIGNED]
    if not chosen.reason and any(each.outcome != outcome for each in before):
        raise Denied(_("Others signed another outcome. You can sign that, or give one with a reason."))
    enough = bool(chosen.reason) or going.is_enough(step, known.lines, [*before, right])
    if enough and not chosen.reason:
        papering.make_all(case, stage, step, right, today, by, at)
    going.put_signature(stage, Deed.SIGNED, right, by, at, chosen.code, reason)
    if step.need == ALL and right.party is not None:
        stage.turns.filter(party=right.party).delete()
    if enough:
        going.leave(case, stage, step, chosen, today, by, at)
    return case


@action("procedures.filled_in")
def fill_in(
    *,
    case: Case,
    number: int,
    told: Mapping[str, Any],
    vote: Mapping[str, Any] | None = None,
    handed_in: Sequence[Mapping[str, Any]] = (),
    by: Any,
    at: datetime,
) -> Case:
    """Keep what a step asks for, its vote and its papers, without signing; all or nothing.

    Denied as `tell`, `record_vote`, `put_paper` and `register_paper`, whose words `handed_in` takes.
    """
    if told or vote is not None or handed_in:
        act = going.Act.on(case, number, by, at)
        _fill_in(act, told, vote, handed_in)
        return act.case
    return case


def _fill_in(
    act: Act, told: Mapping[str, Any], vote: Mapping[str, Any] | None, handed_in: Sequence[Mapping[str, Any]]
) -> None:
    if told:
        _tell(act, told)
    if vote is not None:
        _record_vote(act, **vote)
    for paper in handed_in:
        put = _put_paper if "content" in paper else _register_paper
        put(act, **paper)


@action("procedures.decided")
def decide(
    *,
    case: Case,
    number: int,
    outcome: str,
    reason: str = "",
    told: Mapping[str, Any],
    vote: Mapping[str, Any] | None = None,
    handed_in: Sequence[Mapping[str, Any]] = (),
    by: Any,
    at: datetime,
) -> Case:
    """Keep what a step asks for, its vote and its papers, and sign an outcome: all or nothing.

    Denied as `fill_in` and `sign`.
    """
    act = going.Act.on(case, number, by, at)
    _fill_in(act, told, vote, handed_in)
    return _sign(act, outcome, reason)


class _Undone(Exception):
    """What was only tried is undone."""


@action("procedures.foreseen")
def foresee(*, case: Case, number: int, by: Any, at: datetime) -> dict[str, str]:
    """Why what was told so far would be refused if the step were signed today, by question; nothing is changed.

    What follows in the records from each of its outcomes is tried, and undone.
    """
    today = localdate(at)
    case, stage, step = going.standing(case, number)
    found = policies.faults_of(step, case, case.told, today)
    for outcome in step.outcomes:
        if not outcome.effect or outcome.reason:
            continue
        try:
            with transaction.atomic():
                registry.effects[outcome.effect].function(going.moment_of(case, stage, step, today, outcome), by, at)
                raise _Undone
        except _Undone:
            continue
        except Denied as denied:
            if denied.field in {ask.code for ask in step.asks if case.told.get(ask.code)}:
                found.setdefault(denied.field, str(denied))
    return found


@action("procedures.timed_out")
def time_out(*, stage: Stage, by: None = None, at: datetime) -> Case | None:
    """Give a step whose time is over the outcome that follows by itself; None if it has gone on, or none follows."""
    today = localdate(at)
    case = going.hold(stage.case)
    stage = Stage.objects.get(pk=stage.pk)
    if case.status != Case.Status.OPEN or stage.done_on or stage.due_on is None or stage.due_on >= today:
        return None
    step = case.version.flow.step(stage.step)
    chosen = step.outcome(step.limit.then) if step.limit and step.limit.then else None
    if chosen is None:
        return None
    going.put_signature(stage, Deed.TIMED_OUT, Right(), None, at, chosen.code)
    going.leave(case, stage, step, chosen, today, None, at)
    return case


@action("procedures.suspended")
def suspend(*, case: Case, reason: str, by: Any, at: datetime) -> Case:
    """Let a case rest; its limits stand still until it is resumed. Denied: who may not; without a reason."""
    today = localdate(at)
    case, stage = going.current(case)
    policies.check_open(case)
    right = policies.check_withdraws(by, case, today)
    _check_reason(reason)
    going.put_signature(stage, Deed.SUSPENDED, right, by, at, reason=reason)
    states.move(case, Case.Status.SUSPENDED, suspended_on=today)
    return case


@action("procedures.resumed")
def resume(*, case: Case, by: Any, at: datetime) -> Case:
    """Let a case that rested go on; its limits are longer by the days it rested. Denied: who may not."""
    today = localdate(at)
    case, stage = going.current(case)
    if case.status != Case.Status.SUSPENDED:
        raise Denied(_("This case is not suspended."))
    right = policies.check_withdraws(by, case, today)
    going.put_signature(stage, Deed.RESUMED, right, by, at)
    limit = case.version.flow.step(stage.step).limit
    since = case.suspended_on
    if stage.due_on is not None and limit is not None and since is not None:
        stage.due_on = limits.resumed(stage.due_on, since, today, limit.unit)
        stage.save(update_fields=["due_on"])
    states.move(case, Case.Status.OPEN, suspended_on=None)
    return case


@action("procedures.withdrawn")
def withdraw(*, case: Case, reason: str, by: Any, at: datetime) -> Case:
    """Take a case back: it ends without a result.

    Denied: who may not; a case that is over, or of which something stands in the records for good; without a reason.
    """
    today = localdate(at)
    case, stage = going.current(case)
    if case.is_over:
        raise Denied(_("This case is over."))
    right = policies.check_withdraws(by, case, today)
    policies.check_undone(case)
    _check_reason(reason)
    _end(case, stage, right, reason, by, at)
    return case


@action("procedures.lapsed")
def lapse(*, case: Case, because: str, by: None = None, at: datetime) -> Case:
    """End a case that has lost what it is about: withdrawn by the program, saying why; one that is over stays so."""
    case, stage = going.current(case)
    if not case.is_over:
        _end(case, stage, Right(), because, None, at)
    return case


def _end(case: Case, stage: Stage, right: Right, reason: str, by: Any, at: datetime) -> None:
    """A case ends without a result; what it had begun in the records comes to nothing."""
    today = localdate(at)
    going.put_signature(stage, Deed.WITHDREW, right, by, at, reason=reason)
    going.close(stage, today, "")
    states.move(case, Case.Status.WITHDRAWN, ended_on=today, suspended_on=None)
    undo = registry.subjects[case.version.procedure.subject].undo
    if undo is not None:
        undo(case, at)


@action("procedures.moved")
def move(*, case: Case, unit: Unit, by: None = None, at: datetime) -> bool:
    """Let a case go on at another unit, where whom it is about is now; it waits for those there. Whether it does.

    What was done before stands where it was done, and so do its figures. Denied: nobody is there to act on its step.
    """
    today = localdate(at)
    case, stage = going.current(case)
    if case.is_over or unit.pk in (case.unit_id, case.to_unit_id):
        return False
    Stage.objects.filter(case=case, unit=None).exclude(pk=stage.pk).update(unit=case.unit)
    case.unit = unit
    case.save(update_fields=["unit"])
    going.look_again(case, stage, today, at)
    return True


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Denied(_("Say why."))
