"""Papers of cases: handed in or registered for a step, made from their forms when it is left, version by version."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.utils.translation import override

from chibo.core.formats import percent
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.papers import actions as papers
from chibo.papers.making import LANGUAGE
from chibo.papers.models import Paper
from chibo.procedures import registry
from chibo.procedures.flow import Slot, Step, day_told, said
from chibo.procedures.models import Case, CasePaper, Stage, Vote
from chibo.procedures.places import Lines
from chibo.procedures.policies import Right

Slots = dict[tuple[str, str], CasePaper]


def newest(papers: Iterable[CasePaper]) -> Slots:
    """The newest paper of each slot, by step and slot."""
    return {(each.stage.step, each.slot): each for each in papers}


def papers_of(case: Case) -> Slots:
    """The newest paper of each slot of a case. One query."""
    return newest(CasePaper.objects.filter(stage__case=case).select_related("paper", "stage").order_by("pk"))


def newest_of(case: Case, step: Step, slot: str) -> Paper | None:
    """The newest paper of one slot of a case. One query."""
    found = CasePaper.objects.filter(stage__case=case, stage__step=step.code, slot=slot).select_related("paper")
    last = found.order_by("-pk").first()
    return last.paper if last else None


def lacking(step: Step, there: Container[tuple[str, str]]) -> list[Slot]:
    """The papers a step still needs before it can be left; those that are made then are not among them."""
    wanted = [slot for slot in step.papers if slot.required and not slot.made]
    return [slot for slot in wanted if (step.code, slot.code) not in there]


def missing(case: Case, step: Step) -> list[Slot]:
    """The papers a step of a case still needs. One query at most."""
    if not lacking(step, ()):
        return []
    found = CasePaper.objects.filter(stage__case=case, stage__step=step.code).order_by("pk")
    return lacking(step, set(found.values_list("stage__step", "slot")))


def make_all(case: Case, stage: Stage, step: Step, right: Right, today: date, by: Any, at: datetime) -> list[CasePaper]:
    """Make the papers that are made when a step is left. Part of an action: with the decision, or not at all."""
    slots = [slot for slot in step.papers if slot.made and slot.form]
    if not slots:
        return []
    there, values = papers_of(case), values_of(case, stage, step, right, today, by)
    made = []
    for slot in slots:
        before = there.get((step.code, slot.code))
        paper = papers.make(
            form_code=slot.form, values=values, on=values["signed_on"], by=by, at=at,
            instead_of=before.paper if before else None,
        )  # fmt: skip
        made.append(put(stage, slot, paper, by, at))
    return made


def put(stage: Stage, slot: Slot, paper: Paper, by: Any, at: datetime) -> CasePaper:
    """Keep a paper with the step it is of. Part of an action."""
    return CasePaper.objects.create(stage=stage, slot=slot.code, paper=paper, by=by, at=at)


def values_of(case: Case, stage: Stage, step: Step, right: Right, today: date, by: Any) -> dict[str, Any]:
    """What the papers of a step may say: of whom the case is about, of the units, the vote, the decision, who signs.

    In the language of papers, whatever that of the page. Where the step tells the day of its decision, that is the day
    of the paper.
    """
    with override(LANGUAGE):
        return _values(case, stage, step, right, today, by)


def _values(case: Case, stage: Stage, step: Step, right: Right, today: date, by: Any) -> dict[str, Any]:
    subject = registry.subjects[case.version.procedure.subject]
    values: dict[str, Any] = dict(subject.values(case, today)) if subject.values else {}
    values |= _units(Lines(case, today), right.grant.unit if right.grant else None)
    on = decided_on(case, step) or today
    values |= {"signed_on": on, "signer_name": by.full_name if by else "", "effective_on": on}
    if right.grant is not None:
        values["signer_post"] = f"{RoleCode(right.grant.role).label}, {right.grant.unit.name}"
    values |= _told(case.told)
    if any(ask.code == NUMBERED for ask in step.asks) and case.told.get(NUMBERED):
        values["number"] = case.told[NUMBERED]
    ground = next((ask for each in case.version.flow.steps for ask in each.asks if ask.code == "ground"), None)
    if ground is not None and case.told.get("ground") in ground.choices:
        values["ground"] = said(ground.choices[case.told["ground"]])
    vote = Vote.objects.filter(stage=stage).order_by("-pk").first() if step.vote else None
    return values | (_vote(vote) if vote else {})


def decided_on(case: Case, step: Step) -> date | None:
    """The day of the decision, where a step asks for it and was told."""
    return day_told(case.told, DECIDED) if any(ask.code == DECIDED for ask in step.asks) else None


def _units(lines: Lines, signs: Unit | None) -> dict[str, Any]:
    """The units of a case as they stand, and that of who signs."""
    cell, to = lines.began, lines.receiving
    unit = signs or cell
    line = Unit.objects.in_bulk({*cell.ancestor_ids, *unit.ancestor_ids})
    above = [line[pk].name for pk in reversed(cell.ancestor_ids)]
    own = [line[pk].name for pk in reversed(unit.ancestor_ids)]
    return {
        "unit_name": unit.name,
        "superior_name": own[0] if own else "",
        "cell_name": cell.name,
        "committee_name": above[0] if above else "",
        "deciding_name": above[1] if len(above) > 1 else above[0] if above else "",
        "from_unit": cell.name,
        "to_unit": to.name if to else "",
    }


DECIDED, NUMBERED = "decided_on", "decision"  # the questions for the day and the number of a decision
DAYS = {
    "decision_on": DECIDED, "joined_on": "joined_on", "away_from": "from_on", "away_to": "until",
}  # fmt: skip
TEXTS = {
    "decision_number": NUMBERED, "country": "country", "own_words": "statement",
    "badge_number": "number",
}  # fmt: skip


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    days = {name: day for name, code in DAYS.items() if (day := day_told(told, code)) is not None}
    return days | {name: told[code] for name, code in TEXTS.items() if told.get(code)}


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "meeting_on": vote.held_on,
        "summoned": vote.summoned,
        "members": vote.summoned,
        "members_official": vote.summoned,
        "present": vote.present,
        "present_official": vote.present,
        "absent": vote.summoned - vote.present,
        "votes_for": vote.votes_for,
        "votes_against": vote.against,
        "votes_share": percent(Fraction(vote.votes_for, vote.summoned)) if vote.summoned else "",
    }
