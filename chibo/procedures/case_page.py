"""A case as somebody sees it: its stages, who signed, what they may do there; 404 for who has no part in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404

from chibo.core.components import Cell
from chibo.organizations.frame import unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.procedures import papering, policies, queries, registry, saying
from chibo.procedures.case_forms import StepForm
from chibo.procedures.flow import MEMBER, Outcome
from chibo.procedures.models import Case, CasePaper, Deed, Stage
from chibo.procedures.paper_forms import PapersForm
from chibo.procedures.places import Lines
from chibo.procedures.policies import Known
from chibo.procedures.voting import Voters


class Page:
    """A case as one reader meets it at a moment: asked of the database once, anew after an act that was refused."""

    def __init__(self, user: Any, pk: int, today: date) -> None:
        """The case; 404 for who has no part in it: not theirs to see, not asked to sign, not about them."""
        self.user, self.today = user, today
        self.rights: Rights = rights_of(user, today)
        found = Case.objects.select_related("version__procedure", "unit", "to_unit").filter(pk=pk)
        case = found.first() if pk < 2**63 else None
        if case is None:
            raise Http404
        self.case: Case = case
        self.flow = case.version.flow
        self.stages = queries.stages_of(case)
        self.now: Stage = self.stages[-1]
        scope = self.rights.scope(P.CASE_VIEW)
        self.receiving = Lines(case, today).receiving
        ends = (case.unit, case.to_unit, self.receiving)
        is_seen = any(scope.covers(unit) for unit in ends if unit is not None)
        if not (is_seen or self.is_asked or user.pk in policies.concerned(case)):
            raise Http404
        steps = {step.code for step in self.flow.steps if step.vote is not None}
        voted = [each.number for each in self.stages if each.step in steps]
        kept = queries.kept_of(case, self.stages, registry.counted_rows(case, voted))
        self.signatures, self.votes, self.papers = kept.signatures, kept.votes, kept.papers
        self.known = Known(user, case, today, self.signatures)
        self.counted = registry.counted(case, voted, kept.beside, self.rights)

    @property
    def is_asked(self) -> bool:
        """Whether the step the case stands at waits for a role the reader holds at that very unit."""
        held = {(each.unit_id, each.role) for each in self.rights.held}
        return any((each["unit"], each["role"]) in held for each in self.waits) or self.is_own

    @property
    def is_own(self) -> bool:
        """Whether the step is one of whom the case is about, and that is the reader."""
        return bool(self.of_member) and self.user.pk in policies.concerned(self.case)

    @property
    def of_member(self) -> set[int | None]:
        """Which parties of the step the case stands at are whom the case is about."""
        is_open = self.now.done_on is None and self.case.status == Case.Status.OPEN
        who = self.flow.step(self.now.step).who if is_open else ()
        return {number for number, party in enumerate(who) if party.at == MEMBER}

    @property
    def waits_for_member(self) -> bool:
        """Whether the step the case stands at waits for whom the case is about, who has not signed it yet."""
        here = [each for each in self.signatures if each.stage_id == self.now.pk and each.deed == Deed.SIGNED]
        return bool(self.of_member - {each.party for each in here})

    @property
    def waits(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = getattr(self.now, "waits", [])
        return [] if self.now.done_on else told

    @property
    def drafts(self) -> set[int]:
        """The stages at which nobody has signed."""
        return saying.drafts(self.stages, self.signatures)

    @property
    def shown_papers(self) -> list[CasePaper]:
        """The papers the reader may see: drafts are for who acts on the step."""
        hidden = set() if self.is_asked else self.drafts
        return [each for each in self.papers if each.stage_id not in hidden]

    def stage_of(self, number: int) -> Stage | None:
        """The stage of a number that is one of a step."""
        return next((stage for stage in self.stages if stage.number == number and number > 0), None)

    def form(self, stage: Stage, sent: Any = None, chosen: Outcome | None = None) -> StepForm:
        """The form of a stage: what was known before, or what somebody sent."""
        step = self.flow.step(stage.step)
        vote = next((each for each in reversed(self.votes) if each.stage_id == stage.pk), None)
        voters = Voters.of(step, self.known.lines)
        known = registry.subjects[self.case.version.procedure.subject].hints
        hints = known(self.case, self.today) if known is not None and step.asks and not self.case.is_over else {}
        counted = self.counted.get(stage.number)
        return StepForm(step, self.case, vote, self.today, voters, sent, chosen, self.stages, hints, counted)

    def papers_form(
        self, stage: Stage, sent: Any = None, files: Any = None, chosen: Outcome | None = None
    ) -> PapersForm:
        """The papers that the step of a stage needs, to be handed in."""
        return PapersForm(self.flow.step(stage.step), papering.newest(self.papers), self.today, sent, files, chosen)

    def cell(self, pk: int, path: str, name: str) -> Cell:
        """A unit by name: who may see a case knows through whose hands it goes; linked as far as they may go."""
        found = unit_cell(self.rights.scope(P.UNIT_VIEW), Unit(pk=pk, path=path, name=name), None)
        return Cell(text=name, url=found.url, lang="vi")
