"""Who may remind a cell, and of what; who may manage a user, and link them to whose record; who decides on units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.spans import holding
from chibo.members.models import Person, Stay, Transfer
from chibo.members.queries import place_on
from chibo.organizations import policies as organizations
from chibo.organizations.kinds import Part
from chibo.organizations.models import Act, ActRow, ParentLink, Unit
from chibo.organizations.permissions import P
from chibo.organizations.planning import Asked
from chibo.organizations.scope import Rights
from chibo.restructurings.models import Part as PartOf


def check_reminds(rights: Rights, cells: Iterable[Unit]) -> None:
    """Every one is a cell that the user may remind."""
    scope = rights.scope(P.MEETING_REMIND)
    for cell in cells:
        if not scope.covers(cell):
            raise Denied(_("You can remind only cells under your own committee."))
        if not cell.is_cell:
            raise Denied(_("Only cells are reminded of their meetings."))


def check_some_left(waiting: set[tuple[int, date]], today: set[tuple[int, date]]) -> None:
    """Of the months that wait, some were not reminded of today."""
    if not waiting:
        raise Denied(
            _("Nobody had to be reminded: every meeting that was due is recorded, or the cell said why there was none.")
        )
    if waiting <= today:
        raise Denied(_("A reminder went out today already. Once a day is enough: try again tomorrow."))


def check_manages(rights: Rights, user: Any, today: date, roles: organizations.Roles | None = None) -> None:
    """Denied unless the user's roles lie in scope, and also the cell, today's or the last, of the member they are."""
    organizations.check_manages(rights, user, today, roles=roles)
    if rights.over_all(P.USER_MANAGE):
        return
    of = Stay.objects.filter(membership__person__user=user).select_related("cell").order_by("from_on")
    stays = list(of)
    if stays and not rights.scope(P.USER_MANAGE).covers(place_on(stays, today).cell):
        raise Denied(_("This user is a member of a cell outside your units. Only an administrator above may do this."))


def linked_by(rights: Rights, today: date) -> Q:
    """Members to whose records an administrator links users: those of a cell in scope today; from the root, all."""
    if rights.over_all(P.USER_MANAGE):
        return Q()
    inside = rights.scope(P.USER_MANAGE).q("memberships__stays__cell")
    return inside & holding(today, "memberships__stays__")


def check_links(rights: Rights, person: Person, today: date) -> None:
    """Denied unless the record of this member is theirs to link a user to."""
    if not Person.objects.filter(linked_by(rights, today), pk=person.pk).exists():
        raise Denied(_("No member of your units has this code."))


def decides_on(rights: Rights, unit: Unit) -> bool:
    """Whether a unit is theirs to decide on: they hold the right at the unit above it; of the root, over all."""
    above = "/".join(unit.path.split("/")[:-2])
    if not above:
        return rights.over_all(P.UNIT_ACT)
    return rights.scope(P.UNIT_ACT).covers(Unit(path=f"{above}/"))


def check_decides(rights: Rights, units: Iterable[Unit], above: Iterable[Unit] = ()) -> None:
    """Denied unless all these units are theirs to decide on, and what stands `above` them lies in their units."""
    for unit in units:
        if not decides_on(rights, unit):
            raise Denied(
                _("The committee directly above %(unit)s decides on it. Your own right begins below that.")
                % {"unit": unit.name}
            )
    for unit in above:
        if not rights.scope(P.UNIT_ACT).covers(unit):
            raise Denied(_("%(unit)s lies outside the units you decide on.") % {"unit": unit.name})


def check_act(rights: Rights, asked: Asked, today: date) -> None:
    """Denied unless every unit that takes part is theirs to decide on, and every cell that members come from.

    Two queries at most.
    """
    given = asked.given
    specs = [given.get("new") or {}, *given.get("parts", ()), *given.get("cells", ())]
    above = {given.get(name) for name in ("parent", "to")} | {spec.get("parent") for spec in specs}
    found = list(Unit.objects.filter(code__in=asked.codes).order_by("pk"))
    check_decides(rights, [u for u in found if u.code not in above], [u for u in found if u.code in above])
    codes = [*given.get("members", ()), *(code for spec in specs for code in spec.get("members", ()))]
    if codes:
        later = Q(to_on=None) | Q(to_on__gt=min(asked.on, today))
        _check_cells(rights, Stay.objects.filter(later, membership__person__code__in=codes))


def check_takes_back(rights: Rights, act: Act) -> None:
    """Denied unless the units of an act are theirs to decide on, as they stand today and as they stood before it."""
    parts = list(act.parts.select_related("unit").order_by("pk"))
    units = [part.unit for part in parts if part.unit is not None and part.part != Part.PARENT]
    above = [part.unit for part in parts if part.unit is not None and part.part == Part.PARENT]
    before = ParentLink.objects.filter(holding(act.on - timedelta(days=1)), unit__in=[unit.pk for unit in units])
    own = {unit.pk for unit in units}
    stood = [link.parent for link in before.select_related("parent").order_by("pk") if link.parent_id not in own]
    check_decides(rights, units, [*above, *stood])
    went = ActRow.objects.filter(act=act, table=Transfer._meta.db_table).order_by("pk")
    members = [(row.after or row.before or {}).get("membership_id") for row in went]
    later = Q(to_on=None) | Q(to_on__gte=act.on)
    _check_cells(rights, Stay.objects.filter(later, membership__in=[pk for pk in members if pk]))


def _check_cells(rights: Rights, stays: QuerySet[Stay]) -> None:
    """Denied unless the cells that members come from and go to are theirs to decide on."""
    cells = {stay.cell_id: stay.cell for stay in stays.select_related("cell").order_by("pk")}
    check_decides(rights, cells.values())


def check_alone(act: Act) -> None:
    """Denied if an act was done as part of a restructuring: that is taken back whole."""
    if PartOf.objects.filter(act=act).exists():
        raise Denied(_("This act belongs to a restructuring: take that back as a whole."))
