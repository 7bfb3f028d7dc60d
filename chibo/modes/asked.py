"""What a notice of a meeting has to have before it is given: online an approval, by Party group the groups."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.agendas import registry
from chibo.agendas.content import Content
from chibo.agendas.kinds import Kind, Mode
from chibo.core.actions import Denied
from chibo.core.components import Link
from chibo.core.formats import day
from chibo.modes.models import rule_on
from chibo.modes.queries import approval_on, has_groups
from chibo.organizations.models import Unit


@registry.guard
def check_mode(unit: Unit, content: Content) -> None:
    """Denied: online without an approval in force that day, by Party group where there is none. At most two queries.

    The preparatory meeting of a committee asks nobody.
    """
    if content.kind == Kind.COMMITTEE:
        return
    if content.mode == Mode.ONLINE and approval_on(unit, content.on) is None and rule_on(content.on) is not None:
        words = _("No approval of the committee above to meet online holds on %(day)s. Ask for it first.")
        raise Denied(words % {"day": day(content.on)}, "mode")
    if content.mode == Mode.BY_GROUP and not has_groups(unit, content.on):
        raise Denied(_("The cell has no Party groups that day. Lay them down first."), "mode")


@registry.missing
def without_groups(unit: Unit, on: date) -> set[str]:
    """By Party group only cells meet that have some. One query."""
    return set() if has_groups(unit, on) else {str(Mode.BY_GROUP)}


@registry.way
def way_of(unit: Unit, mode: str) -> Link | None:
    """Where what a way of meeting needs is asked for, or laid down."""
    if mode == Mode.ONLINE:
        return Link(label=_("Ask to meet online"), url=reverse("unit_online", args=[unit.pk]))
    if mode == Mode.BY_GROUP:
        return Link(label=_("Party groups of the cell"), url=reverse("unit_groups", args=[unit.pk]))
    return None
