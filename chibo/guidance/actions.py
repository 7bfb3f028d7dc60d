"""Acts of a committee on the cells it guides: weak cells and their plans, guide cells, cross-visits; and the norms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.guidance import policies
from chibo.guidance.models import CrossVisit, GuideCell, GuideYear, Norm, Outcome, SupportNote, SupportPlan
from chibo.organizations.models import Unit


@action("guidance.cell_named")
def name_weak(*, plan: SupportPlan, by: Any, at: datetime) -> SupportPlan:
    """Name a cell weak, with what is done for it, by whom and until when.

    Denied: a cell that is not below `by`'s committee, one with a plan that is open, a plan that leaves a thing unsaid.
    """
    today = timezone.localdate(at)
    units = _hold([plan.unit_id, plan.cell_id])
    plan.unit, plan.cell = units[plan.unit_id], units[plan.cell_id]
    policies.check_guides(by, plan.unit, today)
    policies.check_below(plan.unit, plan.cell, today)
    policies.check_no_other(plan.cell)
    plan.named_on = today
    policies.check_plan(plan, today)
    plan.save()
    return plan


@action("guidance.plan_noted")
def note_plan(*, plan: SupportPlan, text: str, by: Any, at: datetime) -> SupportNote:
    """Say how an open plan goes. Denied: to others than its committee and who supports the cell; one that is closed."""
    plan = _held(plan)
    policies.check_follows(by, plan, timezone.localdate(at))
    policies.check_open(plan)
    return SupportNote.objects.create(plan=plan, text=text, by=by, at=at)


@action("guidance.plan_closed")
def close_plan(*, plan: SupportPlan, outcome: str, closing: str, by: Any, at: datetime) -> SupportPlan:
    """Close a plan with what came of it. Denied: to others than who guides the cell now; one that is closed."""
    plan, today = _held(plan), timezone.localdate(at)
    policies.check_closes(by, plan, today)
    policies.check_open(plan)
    plan.closed_on, plan.outcome, plan.closing = today, Outcome(outcome), closing
    plan.save(update_fields=["closed_on", "outcome", "closing"])
    return plan


@action("guidance.guides_chosen")
def choose_guides(
    *, unit: Unit, year: int, of: str, cells: Sequence[Unit], decision: str, by: Any, at: datetime
) -> list[GuideCell]:
    """Choose cells below a committee as guides for a year; those chosen already stay. The new ones are told.

    Denied: to others than those who guide these cells, a year gone by, a unit that is no open cell below.
    """
    today = timezone.localdate(at)
    unit = _hold([unit.pk])[unit.pk]
    policies.check_guides(by, unit, today)
    policies.check_year(year, today)
    for cell in cells:
        policies.check_below(unit, cell, today)
    chosen, _new = GuideYear.objects.get_or_create(unit=unit, year=year, of=of, defaults={"decision": decision})
    if decision and chosen.decision != decision:
        chosen.decision = decision
        chosen.save(update_fields=["decision"])
    known = set(chosen.chosen.order_by().values_list("cell", flat=True))
    fresh = [GuideCell(guide_year=chosen, cell=cell) for cell in cells if cell.pk not in known]
    return GuideCell.objects.bulk_create(fresh)


@action("guidance.guide_dropped")
def drop_guide(*, guide: GuideCell, by: Any, at: datetime) -> None:
    """Let a cell be no guide for a year after all. Denied: once another cell went there; a year gone by."""
    today = timezone.localdate(at)
    guide = GuideCell.objects.select_related("guide_year__unit").get(pk=guide.pk)
    _hold([guide.guide_year.unit_id])
    policies.check_guides(by, guide.guide_year.unit, today)
    policies.check_year(guide.guide_year.year, today)
    if guide.cross_visits.exists():
        raise Denied(_("Another cell went there to learn from it: it stays a guide cell of the year."))
    GuideCell.objects.filter(pk=guide.pk).delete()


@action("guidance.cross_visited")
def record_visit(*, guide: GuideCell, cell: Unit, on: date, note: str, by: Any, at: datetime) -> CrossVisit:
    """Record that a cell went to a meeting of a guide cell.

    Denied: to others than those who guide these cells; a day outside the year or to come; a visit recorded already.
    """
    today = timezone.localdate(at)
    guide = GuideCell.objects.select_related("guide_year__unit").get(pk=guide.pk)
    _hold([guide.guide_year.unit_id])
    policies.check_guides(by, guide.guide_year.unit, today)
    policies.check_below(guide.guide_year.unit, cell, on)
    policies.check_visit(guide, cell, on, today)
    return CrossVisit.objects.create(guide=guide, cell=cell, on=on, note=note)


@action("guidance.cross_visit_taken_back")
def take_back_visit(*, visit: CrossVisit, by: Any, at: datetime) -> None:
    """Take a cross-visit back that was recorded by mistake; its history keeps it."""
    policies.check_guides(by, visit.guide.guide_year.unit, timezone.localdate(at))
    CrossVisit.objects.filter(pk=visit.pk).delete()


@action("guidance.norm_set")
def set_norm(*, what: str, number: int, from_on: date, source: str, by: Any, at: datetime) -> Norm:
    """Ask another number of cells from a day on; before, what was asked stays.

    Denied: to others than administrators of the whole tree, a day by which a later number is known.
    """
    policies.check_norms(by, timezone.localdate(at))
    list(Norm.objects.select_for_update().order_by("pk").values_list("pk"))  # one after the other
    found = Norm.objects.filter(what=what)
    if found.filter(from_on__gte=from_on).exists():
        raise Denied(_("A number is known from that day or a later one: choose a day after it."), "from_on")
    for norm in found.filter(holding(from_on)):
        norm.to_on = from_on
        norm.save(update_fields=["to_on"])
    return Norm.objects.create(what=what, number=number, from_on=from_on, source=source)


def _hold(ids: Sequence[int]) -> dict[int, Unit]:
    """The units as they stand; who else records there waits until this act is done."""
    return {unit.pk: unit for unit in Unit.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}


def _held(plan: SupportPlan) -> SupportPlan:
    """The plan as it stands, with its cell and who supports it."""
    found = SupportPlan.objects.select_for_update(of=("self",)).select_related("cell", "person")
    return found.get(pk=plan.pk)
