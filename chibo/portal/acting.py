"""Who acts for whom, as the desk and the page of it say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.organizations.models import Grant
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Scope
from chibo.portal.access import same, until
from chibo.portal.user_acts import unit_shown


@dataclass(frozen=True)
class Acting:
    """A role that someone holds for another; one that the other holds twice, given and by a post, is one."""

    pk: int
    said: str  # "Lê Thị Chi acts for you until 12 January 2024."
    what: str  # the role and the unit
    reason: str


def lines(grants: Sequence[Grant], scope: Scope, reader: Any, today: date) -> list[Acting]:
    """What to say of roles held for another, to one of the two or to an administrator. Asks nothing of the database."""
    groups: dict[tuple[Any, ...], list[Grant]] = {}
    for grant in grants:
        groups.setdefault(same(grant), []).append(grant)
    told = []
    for group in groups.values():
        grant, lender = group[0], group[0].acting_for
        if lender is None:
            continue
        last = max(until(each) or today for each in group) - timedelta(days=1)
        words = {"name": grant.user, "other": lender.user, "first": day(grant.from_on), "last": day(last)}
        if grant.user_id == reader.pk:
            said = _("You act for %(other)s until %(last)s.")
        elif lender.user_id == reader.pk:
            said = _("%(name)s acts for you until %(last)s.")
            if grant.from_on > today:
                said = _("%(name)s acts for you from %(first)s until %(last)s.")
        else:
            said = _("%(name)s acts for %(other)s from %(first)s until %(last)s.")
        what = f"{RoleCode(grant.role).label}, {unit_shown(grant, scope).text}"
        told.append(Acting(grant.pk, said % words, what, grant.reason))
    return told
