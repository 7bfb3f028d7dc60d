"""Who acts on a case by which right, and whether it is the moment: maker is never checker, none decides on themself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.organizations.models import Grant
from chibo.organizations.scope import in_force
from chibo.procedures import days, registry
from chibo.procedures.flow import ALL, BEGIN, MEMBER, Ask, Outcome, Party, Slot, Step, said
from chibo.procedures.models import Case, Deed, Signature, Stage, Version, Vote
from chibo.procedures.places import Lines
from chibo.procedures.registry import Moment


class Right(NamedTuple):
    """By which right someone acts: a grant at a unit, for which party; None where the program itself acts."""

    party: int | None = None
    grant: Grant | None = None

    @property
    def lent_by(self) -> Any:
        """The user whose grant it is that the one who acts was lent."""
        return self.grant.acting_for.user if self.grant is not None and self.grant.acting_for is not None else None

    @property
    def people(self) -> set[int]:
        """The users behind it: who acts, and whom they act for."""
        if self.grant is None:
            return set()
        lender = self.lent_by
        return {self.grant.user_id, *([lender.pk] if lender else [])}


class Known:
    """What the rules ask of a case and of someone who acts on it: each asked of the database once, when needed."""

    def __init__(self, user: Any, case: Case, today: date, signatures: Sequence[Signature] | None = None) -> None:
        self.user, self.case, self.today = user, case, today
        self.lines = Lines(case, today)
        if signatures is not None:
            self.signatures = list(signatures)

    @cached_property
    def grants(self) -> list[Grant]:
        """What the user holds that day, their own before what was lent to them."""
        held = in_force(self.today).filter(user=self.user).select_related("unit", "acting_for__user").order_by("pk")
        return sorted(held, key=lambda grant: grant.acting_for_id or 0)

    @cached_property
    def signatures(self) -> list[Signature]:
        """Every signature of the case, the first first, with its stage."""
        return list(Signature.objects.filter(stage__case=self.case).select_related("stage").order_by("pk"))

    @cached_property
    def concerned(self) -> set[int]:
        """Users whom the case is about."""
        return self.lines.concerned

    def rights(self, parties: Iterable[Party]) -> list[Right]:
        """The rights by which the user is one of these parties, their own before those lent to them."""
        if self.user is None:
            return []
        placed = [(number, party) for number, party in enumerate(parties) if party.at != MEMBER]
        found = [(number, each) for number, party in placed for each in self.lines.asked(party)]
        return [
            Right(number, grant)
            for grant in (self.grants if found else [])
            for number, (unit, roles) in found
            if grant.unit_id == unit.pk and grant.role in roles
        ]


def check_valid(version: Version, today: date) -> None:
    """Denied unless cases begin under a version of a procedure that day."""
    if version.valid_from is None:
        raise Denied(_("This version of the procedure is a draft."))
    if version.valid_from > today or (version.valid_to is not None and version.valid_to <= today):
        raise Denied(_("This version of the procedure is not valid today."))


def check_begins(user: Any, case: Case, today: date) -> Right:
    """The right by which somebody begins a case; Denied without one."""
    right = _begins(Known(user, case, today), case.version.flow.begins)
    if right is None:
        raise Denied(_("You can't begin this here: it is begun by those whose role it is at this unit."))
    return right


def check_when(case: Case, today: date) -> None:
    """Denied if a case can't begin as things stand: a guard of its procedure does not hold."""
    flow = case.version.flow
    stage = Stage(case=case, number=0, step=BEGIN, entered_on=today)
    moment = Moment(case=case, stage=stage, flow=flow, step=flow.first, today=today, vote=None)
    missing = [said(ask.name) for ask in flow.asks if ask.required and case.told.get(ask.code) in (None, "")]
    if missing:
        raise Denied(_("Still to be told: %(what)s.") % {"what": ", ".join(missing)})
    reasons = [str(why) for code in flow.when if (why := registry.guards[code].function(moment))]
    if reasons:
        raise Denied(" ".join(reasons))


def _begins(known: Known, parties: Iterable[Party]) -> Right | None:
    """The right of one of these parties, or of whom the case is about where the procedure lets them; None without."""
    if known.user is None:
        return Right()
    found = known.rights(parties)
    if found:
        return found[0]
    is_own = known.case.version.flow.by_member and known.user.pk in known.concerned
    return Right() if is_own else None


def concerned(case: Case) -> set[int]:
    """Users whom a case is about."""
    return set(registry.subjects[case.version.procedure.subject].concerned(case))


def check_open(case: Case) -> None:
    """Denied unless a case is under way."""
    if case.is_over:
        raise Denied(_("This case is over."))
    if case.status == Case.Status.SUSPENDED:
        raise Denied(_("This case is suspended. It has to be resumed first."))


def check_still(stage: Stage, number: int) -> None:
    """Denied if the case has gone on since someone looked at it, saying who did what."""
    if stage.number == number:
        return
    last = (
        Signature.objects.filter(stage__case=stage.case_id, stage__number__gte=number)
        .exclude(by=None)
        .select_related("by", "stage")
        .order_by("-pk")
        .first()
    )
    if last is None or last.by is None:
        raise Denied(_("This step is done already. Look at the case as it stands now."))
    raise Denied(
        _("%(name)s was faster: this step is done. Look at the case as it stands now.") % {"name": last.by.full_name}
    )


def apart(known: Known, step: Step) -> set[int]:
    """Users who signed where a step is kept apart from, or for whom someone did: they may not sign at it."""
    before = [each for each in known.signatures if each.stage.step in step.apart_from]
    return _people(each for each in before if each.deed in (Deed.SIGNED, Deed.BEGAN))


def _people(signatures: Iterable[Signature]) -> set[int]:
    """Who signed, and for whom they acted."""
    return {pk for each in signatures for pk in (each.by_id, each.lent_by_id) if pk is not None}


def check_signs(user: Any, case: Case, stage: Stage, step: Step, today: date, known: Known | None = None) -> Right:
    """The right by which somebody signs at a step: one of a party that has not signed yet.

    Denied: no such right; whom the case is about; who signed a step this one is kept apart from, by themself or by
    someone who acts for them; who has signed this one.
    """
    known = known or Known(user, case, today)
    is_own = user is not None and any(party.at == MEMBER for party in step.who) and user.pk in known.concerned
    own = [Right(number) for number, party in enumerate(step.who) if is_own and party.at == MEMBER]
    found = [*own, *known.rights(step.who)]
    if not found:
        raise Denied(_("This step waits for others: your role has no part in it."))
    no = apart(known, step)
    free = [right for right in own if user.pk not in no]  # of a case about them they sign as themself, else not
    free += [right for right in found if right.grant and not right.people & (no | known.concerned)]
    if not free:
        raise Denied(_why_barred(known, user, found[0].lent_by))
    signed = [each for each in known.signatures if each.stage_id == stage.pk and each.deed == Deed.SIGNED]
    people = _people(signed)
    left = [right for right in free if not (right.people or {user.pk}) & people]
    if not left:
        raise Denied(_("You have signed this step. It waits for another person."))
    if step.need == ALL:
        parties = {each.party for each in signed}
        left = [right for right in left if right.party not in parties]
        if not left:
            raise Denied(_("This step was signed for you already. It waits for the others."))
    return left[0]


def _why_barred(known: Known, user: Any, lender: Any) -> str:
    """Why somebody may not sign: it is about them, or they had a hand in it; or the one they act for."""
    signed = {pk for each in known.signatures for pk in (each.by_id, each.lent_by_id)}
    if user.pk in known.concerned and user.pk not in signed:
        return _("The case is about you: another person has to sign here.")
    if user.pk in signed or lender is None:
        return _("You had a hand in it before: another person has to sign here.")
    words = {"name": lender}
    if lender.pk in known.concerned:
        return _("The case is about %(name)s, for whom you act: another person has to sign here.") % words
    return _("%(name)s, for whom you act, had a hand in it before: another person has to sign here.") % words


def check_unsigned(stage: Stage) -> None:
    """Denied once someone has signed a stage that waits for more: what they signed stays as it was."""
    signed = Signature.objects.filter(stage=stage, deed=Deed.SIGNED).select_related("by").order_by("pk").first()
    if signed is not None:
        raise Denied(
            _("%(name)s has signed this step as it stands: it can't be changed now, only signed too or given back.")
            % {"name": signed.by.full_name if signed.by else ""}
        )


def check_outcome(moment: Moment, outcome: Outcome, reason: str, lacking: Sequence[Slot] = ()) -> None:
    """Denied if an outcome can't be: a reason, an answer or the vote is missing, or a guard does not hold."""
    missing = why_not(moment, outcome, lacking)
    if outcome.reason and not reason.strip():
        missing.insert(0, _("Say why."))
    if not outcome.reason:
        missing += days.all_wrong(moment.step, moment.case, moment.case.told, moment.today).values()
        faults = faults_of(moment.step, moment.case, moment.case.told, moment.today).values()
        missing += [why for why in faults if why not in missing]
    if missing:
        raise Denied(" ".join(missing))


def why_not(moment: Moment, outcome: Outcome, lacking: Sequence[Slot] = ()) -> list[str]:
    """What still stands in the way of an outcome, in sentences; a reason that has to be said is left out.

    `lacking` are the papers that the step still needs.
    """
    missing: list[str] = []
    asks = untold(moment.step, outcome, moment.case.told)
    if asks:
        missing.append(_("Still to be told: %(what)s.") % {"what": ", ".join(said(ask.name) for ask in asks)})
    if not outcome.reason:
        if moment.step.vote and moment.vote is None:
            missing.append(_("The vote is still to be recorded."))
        if lacking:
            names = ", ".join(said(slot.name) for slot in lacking)
            missing.append(_("Papers still missing: %(what)s.") % {"what": names})
    return missing + [why for why in closed_by(moment, outcome) if why not in missing]


def check_told(step: Step, case: Case, told: Mapping[str, Any], today: date) -> None:
    """Denied if a day that a step is told can't be."""
    wrong = days.all_wrong(step, case, told, today)
    if wrong:
        raise Denied(" ".join(wrong.values()))


def faults_of(step: Step, case: Case, told: Mapping[str, Any], today: date) -> dict[str, str]:
    """What the records can't bear of the answers to a step, question by question, as far as their subject knows."""
    find = registry.subjects[case.version.procedure.subject].faults
    found = find(case, told, today) if find is not None and step.asks else {}
    return {ask.code: found[ask.code] for ask in step.asks if ask.code in found}


def untold(step: Step, outcome: Outcome, told: Mapping[str, Any]) -> list[Ask]:
    """The questions of a step that still have to be answered before an outcome can be."""
    wanted = [ask for ask in step.asks if ask.code in outcome.needs or (ask.required and not outcome.reason)]
    return [ask for ask in wanted if not str(told.get(ask.code) or "").strip() and told.get(ask.code) != 0]


def is_left_to_time(step: Step, outcome: Outcome) -> bool:
    """Whether an outcome can't be before the step's last day and follows by itself after it: whom it is about waits."""
    return step.limit is not None and step.limit.then == outcome.code and "day_reached" in outcome.guards


def closed_by(moment: Moment, outcome: Outcome) -> list[str]:
    """Why the guards of an outcome keep it closed, in sentences."""
    reasons = (registry.guards[code].function(moment) for code in outcome.guards)
    return [str(why) for why in reasons if why]


def check_offered(step: Step, outcome: Outcome, right: Right) -> None:
    """Denied to whom a case is about if an outcome follows by itself after the last day: they only let it pass."""
    if right.grant is None and right.party is not None and is_left_to_time(step, outcome):
        raise Denied(_("This follows by itself once the last day is over: there is nothing for you to do."))


def check_vote(vote: Vote, today: date, earliest: date | None = None, waited: date | None = None) -> None:
    """Denied if the counts of a vote can't be, or its day.

    None is to come, or before the earliest for the case, or before that until which it waited.
    """
    if not vote.summoned:
        raise Denied(_("Somebody has to be summoned to vote."))
    if vote.present > vote.summoned:
        raise Denied(_("More were present than were summoned."))
    if vote.votes_for + vote.against + vote.invalid > vote.present:
        raise Denied(_("More votes were cast than people were present."))
    if vote.held_on > today:
        raise Denied(_("The vote can't be held on a day to come."))
    if waited is not None and vote.held_on < waited:
        raise Denied(_("The vote can be held from %(day)s on, not before.") % {"day": day(waited)})
    if earliest is not None and vote.held_on < earliest:
        raise Denied(_("The vote can't be held before %(day)s.") % {"day": day(earliest)})


def check_withdraws(user: Any, case: Case, today: date, known: Known | None = None) -> Right:
    """The right by which somebody takes a case back or lets it rest.

    Denied: without one; whom the case is about, and who acts for them, where it is not theirs to begin.
    """
    flow, known = case.version.flow, known or Known(user, case, today)
    right = _begins(known, flow.withdraws or flow.begins)
    if right is None:
        raise Denied(_("Only those who may begin such a case can do this."))
    if not flow.by_member and right.people & known.concerned:
        raise Denied(_("The case is about you, or about the one you act for: another person has to do this."))
    return right


def check_undone(case: Case, stages: Iterable[Stage] | None = None) -> None:
    """Denied if something of a case stands in the records that withdrawing it would not undo.

    Its stages are asked of the database, one query, unless they are given.
    """
    every = Stage.objects.filter(case=case).order_by("number") if stages is None else stages
    chosen = [case.version.flow.step(each.step).outcome(each.outcome) for each in every if each.outcome]
    if any(each and each.effect and registry.effects[each.effect].lasts for each in chosen):
        raise Denied(_("What was decided stands in the records already: the case can't be withdrawn any more."))
