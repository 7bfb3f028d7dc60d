"""Who acts for whom, as the desk and the page of it say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import day, moment
from chibo.organizations.models import Grant
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Rights, Scope
from chibo.portal.access import same, until
from chibo.portal.user_acts import unit_shown
from chibo.procedures import saying
from chibo.procedures.models import Signature

SIGNED = 50  # signatures in someone's place that are listed, the newest


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


def signed(user: Any, rights: Rights) -> Table | None:
    """What others signed in someone's place, the newest first; None if nothing was. One query.

    Of a case that is not theirs to see any more it says when and by whom, and not whom it is about.
    """
    of = Signature.objects.filter(lent_by=user.pk).order_by("-at", "-pk")
    found = list(of.select_related("by", "stage__case__version", "stage__case__unit", "stage__case__to_unit")[:SIGNED])
    if not found:
        return None
    scope = rights.scope(P.CASE_VIEW)
    rows = []
    for each in found:
        case = each.stage.case
        is_seen = scope.covers(case.unit) or (case.to_unit is not None and scope.covers(case.to_unit))
        about = Cell(text=_("a case that is no longer yours to see"))
        if is_seen:
            about = Cell(text=case.about, url=reverse("case", args=[case.pk]), lang="vi")
        flow = case.version.flow
        what = saying.signed_as(flow, each.stage.step, each.outcome, each.deed)
        rows.append(
            [
                about,
                Cell(text=saying.step_of(flow, each.stage.step), note=str(case.version)),
                Cell(text=what, note=each.reason if is_seen else ""),
                Cell(text=str(each.by), lang="vi"),
                Cell(text=moment(each.at)),
            ]
        )
    heads = (pgettext("of a case", "About"), _("Step"), _("Signed"), _("By"), _("When"))
    return Table(
        caption=_("Signed in my name"), caption_hidden=True,
        columns=[Column(label=head, nowrap=n == 4) for n, head in enumerate(heads)], rows=rows, stacks=True,
    )  # fmt: skip
