"""Who guides the cells below a committee, and what has to hold of plans, guide cells, cross-visits and norms."""

from __future__ import annotations

from datetime import date
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.guidance.models import CrossVisit, GuideCell, SupportPlan
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of

FARTHEST = 2  # years ahead for which guide cells are chosen, and until which a plan runs


def may_guide(by: Any, unit: Unit, today: date) -> bool:
    """Whether the cells below a committee are `by`'s, or the system's, to guide."""
    return by is None or rights_of(by, today).scope(P.CELL_GUIDE).covers(unit)


def check_guides(by: Any, unit: Unit, today: date) -> None:
    """Denied unless the cells below a committee are `by`'s, or the system's, to guide."""
    if unit.is_cell:
        raise Denied(_("A committee guides the cells below it; a cell has none."))
    if not may_guide(by, unit, today):
        raise Denied(_("You guide only the cells below your own committee."))


def guides(rights: Rights, cell: Unit) -> bool:
    """Whether a cell is the reader's to guide: from a committee above it on the tree of today."""
    over = rights.scope(P.CELL_GUIDE)
    return any(over.covers(Unit(path=path)) for path in accumulate(f"{pk}/" for pk in cell.ancestor_ids))


def check_closes(by: Any, plan: SupportPlan, today: date) -> None:
    """Denied unless a plan is of a cell that is `by`'s, or the system's, to guide, wherever it was named weak."""
    if by is not None and not guides(rights_of(by, today), plan.cell):
        raise Denied(_("You guide only the cells below your own committee."))


def check_below(unit: Unit, cell: Unit, today: date) -> None:
    """Denied unless a unit is a cell that is open below a committee."""
    if not cell.is_cell or cell.pk == unit.pk or not cell.path.startswith(unit.path):
        raise Denied(_("%(name)s is no cell below this committee.") % {"name": cell.name})
    if cell.closed_on is not None and cell.closed_on <= today:
        raise Denied(_("%(name)s is closed since %(day)s.") % {"name": cell.name, "day": day(cell.closed_on)})


def check_plan(plan: SupportPlan, today: date) -> None:
    """Denied unless a plan says why, what is done and by whom, and runs until a day to come within two years."""
    if plan.until <= today:
        raise Denied(_("A support plan runs until a day to come."), "until")
    if plan.until.year > today.year + FARTHEST:
        raise Denied(_("Choose a day within two years."), "until")
    for field in ("why", "measures", "who"):
        if not getattr(plan, field).strip():
            raise Denied(_("Say why, what is done, and by whom."), field)


def check_no_other(cell: Unit) -> None:
    """Denied if a support plan of the cell is open."""
    if SupportPlan.objects.filter(cell=cell, closed_on=None).exists():
        raise Denied(_("This cell has a support plan that is open: close that one first."))


def check_open(plan: SupportPlan) -> None:
    """Denied if a plan is closed."""
    if plan.closed_on is not None:
        raise Denied(_("This support plan was closed on %(day)s.") % {"day": day(plan.closed_on)})


def may_follow(by: Any, plan: SupportPlan, today: date) -> bool:
    """Whether `by` says how a plan goes: who guides the cell as it stands now, and who supports it."""
    is_theirs = by is not None and plan.person is not None and plan.person.user_id == by.pk
    return by is None or is_theirs or guides(rights_of(by, today), plan.cell)


def check_follows(by: Any, plan: SupportPlan, today: date) -> None:
    """Denied unless a plan is `by`'s, or the system's, to follow."""
    if not may_follow(by, plan, today):
        raise Denied(_("Who supports the cell, and its committee, say how the plan goes."))


def check_year(year: int, today: date) -> None:
    """Denied unless guide cells can still be chosen for a year: the running one or the next two."""
    if not today.year <= year <= today.year + FARTHEST:
        raise Denied(_("Guide cells are chosen for this year, or the next two."))


def check_visit(guide: GuideCell, cell: Unit, on: date, today: date) -> None:
    """Denied unless another cell went there on a day gone by of the year it is a guide for, recorded once."""
    if cell.pk == guide.cell_id or not cell.is_cell:
        raise Denied(_("Another cell goes to a guide cell."), "cell")
    if on > today or on.year != guide.guide_year.year:
        raise Denied(_("The day of a visit lies in the year of the guide cell, and is not to come."), "on")
    if CrossVisit.objects.filter(guide=guide, cell=cell, on=on).exists():
        raise Denied(_("This visit is recorded already."), "on")


def check_norms(by: Any, today: date) -> None:
    """Denied unless `by` is administrator of the whole tree."""
    if by is not None and not rights_of(by, today).over_all(P.NORM_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes what is asked of cells."))
