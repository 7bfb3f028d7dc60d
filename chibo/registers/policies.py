"""Who may confirm, settle, remind and record dues, and when; each refusal with its reason."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.members.models import Person
from chibo.members.queries import place_on, stays_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Held, rights_of
from chibo.registers.models import Confirmation, DuesMonth, DuesRule, PayerSpell, Relief, RuleKind


def check_confirms(by: Any, unit: Unit, today: date) -> Held | None:
    """By which role someone confirms the register of a unit, the nearest; None for the system. Denied without one."""
    if by is None:
        return None
    found = [
        each
        for each in rights_of(by, today).held
        if (reach := each.reaches(P.REGISTER_CONFIRM))
        and (unit.path == each.path or (reach == "subtree" and unit.path.startswith(each.path)))
    ]
    if not found:
        raise Denied(_("The register is confirmed by the unit's secretary or officer."))
    return max(found, key=lambda each: len(each.path))


def check_quarter(unit: Unit, quarter: Period, today: date) -> None:
    """Denied of what is no quarter, is not over, or ended while the unit was not open."""
    named = period_name(quarter)
    if quarter.grain != "quarter":
        raise Denied(_("Only quarters are confirmed."))
    if not quarter.is_over(today):
        raise Denied(_("%(quarter)s is not over. It can be confirmed once it is.") % {"quarter": named})
    if not Unit.objects.open_on(quarter.last_day).filter(pk=unit.pk).exists():
        raise Denied(_("The unit was not open when %(quarter)s ended.") % {"quarter": named})


def check_seen(found: Confirmation | None, seen: int) -> None:
    """Denied to who has not seen what was confirmed last."""
    if found is not None and found.number != seen:
        raise Denied(
            _("%(who)s confirmed it on %(day)s. Look at what was confirmed before you confirm anew.")
            % {"who": found.by or _("The system"), "day": day(found.at)}
        )


def check_dues(by: Any, cell: Unit, today: date) -> None:
    """Denied unless the dues of a cell are `by`'s, or the system's, to record."""
    if not cell.is_cell:
        raise Denied(_("Dues are recorded by cells."))
    if by is not None and not rights_of(by, today).scope(P.DUES_RECORD).covers(cell):
        raise Denied(_("The dues of a cell are recorded by its secretary."))


def check_month(cell: Unit, month: date, today: date) -> None:
    """Denied of a month that has not begun, or in which the cell was not open."""
    period = Period.month_of(month)
    if month > today:
        raise Denied(_("%(month)s has not begun.") % {"month": period_name(period)})
    if cell.founded_on > period.last_day or (cell.closed_on is not None and cell.closed_on <= month):
        raise Denied(_("The cell was not open in %(month)s.") % {"month": period_name(period)})


def check_version(found: DuesMonth | None, seen: int) -> None:
    """Denied to who has not seen what was recorded last."""
    if found is not None and found.version != seen:
        raise Denied(
            _("%(who)s recorded this month meanwhile. Nothing was overwritten: look at what stands there now.")
            % {"who": found.by or _("The system")}
        )


def check_payer(by: Any, person: Person, today: date) -> None:
    """Denied unless `by` records the dues of the cell in which someone is today."""
    stays = stays_of(person.pk)
    if not stays:
        raise Denied(_("This person is not a member."))
    check_dues(by, place_on(stays, today).cell, today)


def check_rules(by: Any, today: date) -> None:
    """Denied to others than administrators of the whole tree."""
    if by is not None and not rights_of(by, today).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes the rules."))


def check_unused(rule: DuesRule) -> None:
    """Denied if something has gone by a rule already: a relief by it, dues recorded while someone paid by it."""
    reliefs = Relief.objects.filter(rule=rule.code, from_month__gte=rule.from_on.replace(day=1))
    recorded = DuesMonth.objects.filter(month__gte=rule.from_on.replace(day=1))
    if rule.to_on is not None:
        reliefs = reliefs.filter(from_month__lt=rule.to_on.replace(day=1))
        recorded = recorded.filter(month__lt=rule.to_on.replace(day=1))
    if rule.kind == RuleKind.RELIEF:
        is_used = reliefs.exists()
    elif rule.kind == RuleKind.PAYER:
        is_used = PayerSpell.objects.filter(rule=rule.code).exists() and recorded.exists()
    else:  # of limits nothing is kept
        is_used = rule.kind == RuleKind.AGE and recorded.exists()
    if is_used:
        raise Denied(_("Dues went by it already, so it stays as it is: let another begin, or end it, on a later day."))
