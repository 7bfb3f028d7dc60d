"""How a case goes on: held, left by an outcome, entered at the next step, signed. Parts of actions, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied
from chibo.papers.models import Paper
from chibo.procedures import limits, papering, policies, registry, sealing
from chibo.procedures.flow import ALL, ANY, MEMBER, Outcome, Slot, Step, day_told
from chibo.procedures.models import Case, CasePaper, Deed, Signature, Stage, Turn, Vote
from chibo.procedures.places import Lines
from chibo.procedures.policies import Right
from chibo.procedures.registry import Moment

SKIPS = 50  # more steps left out in a row are a ring


def waited_until(case: Case) -> date | None:
    """The last of the days before which a case could not leave a step it has left; None if there was none."""
    stages = Stage.objects.filter(case=case, due_on__isnull=False).exclude(outcome="")
    left = [(stage.due_on, case.version.flow.step(stage.step).outcome(stage.outcome)) for stage in stages]
    return max((due for due, outcome in left if due and outcome and "day_reached" in outcome.guards), default=None)


@dataclass
class Act:
    """What someone does at the step a case stands at: the case is held, and what the rules ask is asked once an act."""

    case: Case
    stage: Stage
    step: Step
    by: Any
    at: datetime

    @classmethod
    def on(cls, case: Case, number: int, by: Any, at: datetime) -> Act:
        """An act of who has a part in the step. Denied: who has none; a case that has gone on or is not under way."""
        act = cls(*standing(case, number), by, at)
        assert act.right is not None
        return act

    @cached_property
    def today(self) -> date:
        return localdate(self.at)

    @cached_property
    def known(self) -> policies.Known:
        return policies.Known(self.by, self.case, self.today)

    @cached_property
    def right(self) -> Right:
        """The right by which they act. Denied without one."""
        return policies.check_signs(self.by, self.case, self.stage, self.step, self.today, self.known)

    def place_for(self, slot: str) -> tuple[Slot, Paper | None]:
        """The place for a paper at the step, and the paper that is in it."""
        place = next((each for each in self.step.papers if each.code == slot), None)
        if place is None:
            raise Denied(_("This step does not ask for that paper."))
        policies.check_unsigned(self.stage)
        return place, papering.newest_of(self.case, self.step, slot)


def hold(case: Case) -> Case:
    """The case as it stands; who else acts on it waits until this act is done."""
    found = Case.objects.select_for_update(of=("self",)).select_related("version__procedure", "unit", "to_unit")
    return found.get(pk=case.pk)


def current(case: Case) -> tuple[Case, Stage]:
    """A case, held, and the stage it stands at; of one that is over the last."""
    case = hold(case)
    stage = Stage.objects.filter(case=case).latest("number")
    stage.case = case
    return case, stage


def standing(case: Case, number: int) -> tuple[Case, Stage, Step]:
    """A case under way, held, at the stage someone looked at."""
    case, stage = current(case)
    policies.check_still(stage, number)
    policies.check_open(case)
    return case, stage, case.version.flow.step(stage.step)


def moment_of(case: Case, stage: Stage, step: Step, today: date, outcome: Outcome | None = None) -> Moment:
    vote = Vote.objects.filter(stage=stage).order_by("-pk").first() if step.vote else None
    return Moment(case=case, stage=stage, flow=case.version.flow, step=step, today=today, vote=vote, outcome=outcome)


def is_enough(step: Step, lines: Lines, signed: Sequence[Signature | Right]) -> bool:
    """Whether all who have to sign have; parties at places that are not there are not waited for."""
    if step.need == ANY:
        return True
    parties = {each.party for each in signed}
    if step.need == ALL:
        return parties >= {
            number for number, party in enumerate(step.who) if party.at == MEMBER or lines.find(party.at)
        }
    return len(signed) >= int(step.need)


def leave(case: Case, stage: Stage, step: Step, outcome: Outcome, today: date, by: Any, at: datetime) -> None:
    """The case leaves a step by an outcome: what follows in the records, then the next step or the end."""
    close(stage, today, outcome.code)
    if outcome.effect:
        registry.effects[outcome.effect].function(moment_of(case, stage, step, today, outcome), by, at)
    if outcome.to:
        enter(case, outcome.to, today, by, at)
    else:
        states.move(case, Case.Status.ENDED, ended_on=today, result=outcome.ends)


def close(stage: Stage, today: date, outcome: str) -> None:
    """A stage is over; nobody is waited for there."""
    stage.done_on, stage.outcome = today, outcome
    stage.save(update_fields=["done_on", "outcome"])
    stage.turns.all().delete()


def enter(case: Case, code: str, today: date, by: Any, at: datetime) -> Stage:
    """The case goes to a step, past those that are left out."""
    flow, lines = case.version.flow, Lines(case, today)
    for _round in range(SKIPS):
        step = flow.step(code)
        last = Stage.objects.filter(case=case).order_by("-number").values_list("number", flat=True).first() or 0
        stage = Stage(case=case, number=last + 1, step=code, entered_on=today)
        if step.skip and _is_skipped(case, stage, step, today):
            stage.done_on, stage.is_skipped = today, True
            stage.save()
            put_signature(stage, Deed.SKIPPED, Right(), None, at)
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
    now = Moment(case=case, stage=stage, flow=case.version.flow, step=step, today=today, vote=None)
    return registry.guards[step.skip.when].function(now) is None


def wait(stage: Stage, step: Step, lines: Lines) -> None:
    """Note for whom a stage waits, as the tree is now. Part of an action."""
    Turn.objects.bulk_create(turns_of(stage, step, lines))


def wait_anew(stage: Stage, step: Step, lines: Lines) -> bool:
    """Note it again where it waits for others by now; parties that signed are not waited for. Whether it does."""
    signed = Signature.objects.filter(stage=stage, deed=Deed.SIGNED).values_list("party", flat=True)
    heard = set(signed) if step.need == ALL else set[int | None]()
    turns = [each for each in turns_of(stage, step, lines) if each.party not in heard]
    before = set(stage.turns.values_list("party", "unit", "role"))
    if before == {(each.party, each.unit_id, each.role) for each in turns}:
        return False
    stage.turns.all().delete()
    Turn.objects.bulk_create(turns)
    return True


def look_again(case: Case, stage: Stage, today: date, at: datetime) -> bool:
    """Find anew for whom a case waits, past a step that does not apply where it is now. Whether it changed."""
    if stage.done_on is not None:
        return False
    step = case.version.flow.step(stage.step)
    has_signed = stage.signatures.filter(deed=Deed.SIGNED).exists()
    if step.skip is not None and not has_signed and _is_skipped(case, stage, step, today):
        stage.is_skipped = True
        stage.save(update_fields=["is_skipped"])
        put_signature(stage, Deed.SKIPPED, Right(), None, at)
        close(stage, today, "")
        enter(case, step.skip.to, today, None, at)
        return True
    return wait_anew(stage, step, Lines(case, today))


def turns_of(stage: Stage, step: Step, lines: Lines) -> list[Turn]:
    """For whom a stage waits, as the tree is now. Denied if nobody is there."""
    turns = [
        Turn(stage=stage, party=number, unit=acting[0], role=role)
        for number, party in enumerate(step.who)
        if party.at != MEMBER and (acting := lines.acting(party)) is not None
        for role in acting[1]
    ]
    if not turns and all(party.at != MEMBER for party in step.who):
        raise Denied(_("Nobody is there to act on the next step: the unit it is for does not exist."))
    return turns


def _due(case: Case, step: Step, today: date) -> date | None:
    """The last day of a step that begins today."""
    if step.limit is None:
        return None
    since = today
    if step.limit.since == "case":
        since = case.begun_on
    elif step.limit.since != "step":
        since = day_told(case.told, step.limit.since) or today
    due = limits.due_on(since, step.limit.n, step.limit.unit)
    for from_on, to_on in _rests(case) if step.limit.since == "case" else ():
        due = limits.resumed(due, from_on, to_on, step.limit.unit)
    return due


def _rests(case: Case) -> list[tuple[date, date]]:
    """From when until when a case has rested; a rest that has not ended is counted when it does. One query."""
    deeds = Signature.objects.filter(stage__case=case, deed__in=[Deed.SUSPENDED, Deed.RESUMED]).order_by("pk")
    days = [localdate(at) for at in deeds.values_list("at", flat=True)]
    return list(zip(days[::2], days[1::2], strict=False))


def put_signature(
    stage: Stage, deed: str, right: Right, by: Any, at: datetime, outcome: str = "", reason: str = ""
) -> Signature:
    """Sign, sealed with what was signed and the signature before."""
    last = Signature.objects.filter(stage__case=stage.case_id).order_by("-pk").values_list("seal", flat=True).first()
    votes = Vote.objects.filter(stage=stage).order_by("pk")
    papers = CasePaper.objects.filter(stage=stage).select_related("paper").order_by("pk")
    grant = right.grant
    signature = Signature(
        stage=stage, deed=deed, outcome=outcome, reason=reason, party=right.party, by=by, at=at,
        unit=grant.unit if grant else None, role=grant.role if grant else "", grant=grant, lent_by=right.lent_by,
    )  # fmt: skip
    signature.seal = sealing.seal(signature, last or "", votes, papers)
    signature.save()
    return signature
