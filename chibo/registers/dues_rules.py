"""Acts on the rules of dues: something holds from a day on, is put right on its own day, or ends."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.organizations.models import Unit
from chibo.registers import policies
from chibo.registers.models import DuesRule

OWN = re.compile(r"own_(\d{1,9})", re.ASCII)


@action("registers.rule_set")
def set_rule(
    *, code: str, kind: str, name: str, number: Decimal, most_months: int | None, from_on: date, source: str, by: Any,
    at: datetime,
) -> DuesRule:  # fmt: skip
    """Let the rules of dues say something from a day on, until what is known to follow; before, they stay as they are.

    Without a code it is something new, and gets one nobody has. Denied: to others than administrators of the whole
    tree, a day on which something begins already.
    """
    _hold(by, at)
    code = code or _new_code()
    found = DuesRule.objects.filter(code=code)
    if found.exclude(kind=kind).exists():
        raise Denied(_("This is of another kind."))
    until = LaidDown(found).make_room(from_on)
    return DuesRule.objects.create(
        code=code, kind=kind, name=name, number=number, most_months=most_months, from_on=from_on,
        to_on=until, source=source,
    )  # fmt: skip


@action("registers.rule_corrected")
def correct_rule(
    *, code: str, from_on: date, name: str, number: Decimal, most_months: int | None, source: str, by: Any, at: datetime
) -> DuesRule:
    """Put right what the rules of dues say from a day on, as long as nothing has gone by it.

    Denied: to others than administrators of the whole tree, a day on which nothing begins, what dues went by already.
    """
    _hold(by, at)
    rule: DuesRule = LaidDown(DuesRule.objects.filter(code=code)).begun(from_on)
    policies.check_unused(rule)
    rule.name, rule.number, rule.most_months, rule.source = name, number, most_months, source
    rule.save()
    return rule


@action("registers.rule_ended")
def end_rule(*, code: str, on: date, by: Any, at: datetime) -> DuesRule | None:
    """Let a rule of dues hold no longer from a day on; one that would end as it begins is taken back: None.

    What it took the place of holds on then. Denied: to others than administrators of the whole tree, what does not hold
    that day, a day by which later rules are known, what dues went by already if it is to be taken back.
    """
    _hold(by, at)
    ended: DuesRule | None = LaidDown(DuesRule.objects.filter(code=code)).finish(on, policies.check_unused)
    return ended


def _hold(by: Any, at: datetime) -> None:
    """Who else changes these rules waits until this act is done."""
    policies.check_rules(by, timezone.localdate(at))
    roots = Unit.objects.select_for_update(of=("self",), no_key=True).filter(parent_links=None)
    list(roots.order_by("pk"))


def _new_code() -> str:
    codes = DuesRule.objects.filter(code__startswith="own_").order_by().values_list("code", flat=True)
    numbers = [int(match[1]) for code in codes if (match := OWN.fullmatch(code))]
    return f"own_{max(numbers, default=0) + 1}"
