"""Who may classify which units, from which day; who may change what units are classified by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from chibo.classifications.models import Scheme, Value
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights


def check_classifies(rights: Rights, units: Iterable[Unit]) -> None:
    """Denied unless every one is theirs to classify."""
    scope = rights.scope(P.CLASSIFY)
    if not all(scope.covers(unit) for unit in units):
        raise Denied(_("You can classify only units under your own committee."))


def check_day(units: Iterable[Unit], from_on: date, today: date) -> None:
    """Denied if it is a day to come, or one on which a unit was not open."""
    if from_on > today:
        raise Denied(_("A unit is classified from today or from a day gone by."))
    for unit in units:
        if from_on < unit.founded_on:
            told = {"unit": unit.name, "day": day(unit.founded_on)}
            raise Denied(_("%(unit)s was founded on %(day)s: choose that day or one after it.") % told)
        if unit.closed_on is not None and from_on >= unit.closed_on:
            told = {"unit": unit.name, "day": day(unit.closed_on)}
            raise Denied(_("%(unit)s is closed since %(day)s: choose a day before it.") % told)


def check_value(scheme: Scheme, value: Value | None) -> None:
    """Denied if the value is another scheme's or no longer offered."""
    if value is not None and (value.scheme_id != scheme.pk or not value.is_offered):
        raise Denied(_("This value is not offered. Choose another one."))


def check_rules(rights: Rights) -> None:
    """Denied to whom the rules of the whole tree are not given."""
    if not rights.over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes what units are classified by."))


def check_own(scheme: Scheme) -> None:
    """Denied for the settings: their words are those of the workbook."""
    if scheme.is_setting:
        raise Denied(_("The settings are those of the workbook: they can be renamed, but none can be added."))
