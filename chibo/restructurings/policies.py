"""Who may restructure: whoever holds the right over the unit above all that take part; and when what is the moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.organizations.models import Unit
from chibo.organizations.overlay import Tree
from chibo.organizations.permissions import P
from chibo.organizations.planning import Asked, Plan
from chibo.organizations.scope import Rights
from chibo.restructurings.models import Restructuring
from chibo.restructurings.rehearsing import outside

Status = Restructuring.Status


def check_restructures(rights: Rights, unit: Unit) -> None:
    """Denied unless the units under one are theirs to restructure."""
    if not unit.path.startswith(rights.scope(P.RESTRUCTURE).subtrees):
        raise Denied(_("You restructure only units under the committee you work for."))


def check_inside(unit: Unit, asked: Iterable[Asked]) -> None:
    """Denied if a unit that acts name has come to stand elsewhere than under the unit above them all."""
    codes = {code for each in asked for code in each.codes}
    if Unit.objects.filter(code__in=codes).exclude(path__startswith=unit.path).exists():
        raise Denied(_changed())


def check_touches(unit: Unit, plans: Sequence[Plan], tree: Tree) -> None:
    """Denied if what is planned by now touches what belongs to units that don't stand under one."""
    if outside(unit, plans, tree):
        raise Denied(_changed())


def _changed() -> str:
    return _("Something changed since the rehearsal. Rehearse it again and look at what it would do now.")


def check_idle(found: Restructuring) -> None:
    """Denied while the worker is at it."""
    if found.job:
        raise Denied(_("The work on this restructuring still goes on."))


def check_mendable(found: Restructuring) -> None:
    """Denied unless another workbook may take the place of its own, or it may be rehearsed again."""
    check_idle(found)
    if found.status not in (Status.DRAFT, Status.REHEARSED, Status.FAILED):
        raise Denied(_("This restructuring is done, to come or taken back: begin another one."))


def check_rows_mendable(found: Restructuring) -> None:
    """Denied unless its rows may be changed one by one on the page."""
    check_mendable(found)
    if found.status == Status.DRAFT and found.kept_as:
        raise Denied(_("The workbook was not read yet: rehearse it first."))
    if not found.is_whole:
        raise Denied(_("What is wrong with the workbook lies in no single row: mend the workbook and send it again."))


def has_mendable_rows(found: Restructuring) -> bool:
    """Whether its rows may be changed one by one on the page."""
    try:
        check_rows_mendable(found)
    except Denied:
        return False
    return True


def check_doable(found: Restructuring) -> None:
    """Denied unless it was rehearsed without a fault."""
    check_idle(found)
    if not found.is_sound:
        raise Denied(_("It can be done only after a rehearsal that found no fault."))


def check_reversible(found: Restructuring) -> None:
    """Denied unless it is done or to come."""
    check_idle(found)
    if found.status not in (Status.DONE, Status.PLANNED, Status.FAILED):
        raise Denied(_("There is nothing to take back."))
