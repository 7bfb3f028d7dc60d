"""What happened to a user, for ever: roles with their days, who gave and ended them, who blocked and invited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chibo.accounts.models import User, UserAct
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day, moment
from chibo.organizations.models import Grant
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Scope

SHOWN = 200  # of what happened, the newest


def grants_table(grants: list[Grant], scope: Scope, today: date) -> Table:
    """Every role ever held, the newest first, and whether it is held today."""
    rows = []
    for grant in grants:
        if grant.to_on == grant.from_on:
            state = Cell(text=_("taken back, not held a full day"), mark=Mark.NONE, mark_word=None)
        elif grant.to_on is not None and grant.to_on <= today:
            state = Cell(text=_("ended"), mark=Mark.NONE, mark_word=None)
        elif grant.from_on > today:
            state = Cell(text=_("to come"), mark=Mark.NEAR, mark_word=None)
        else:
            state = Cell(text=_("held today"), mark=Mark.MET, mark_word=None)
        rows.append(
            [
                Cell(text=RoleCode(grant.role).label),
                unit_shown(grant, scope),
                Cell(text=day(grant.from_on)),
                Cell(text=day(grant.to_on) if grant.to_on else "–"),
                state,
            ]
        )
    heads = (_("Role"), _("Unit"), _("From"), _("To, not included"), _("Today"))
    return Table(caption=_("Roles"), columns=[Column(label=head) for head in heads], rows=rows, empty=_("No role yet."))


def unit_shown(grant: Grant, scope: Scope) -> Cell:
    """A unit by name; one outside the reader's units by its code alone."""
    if scope.covers(grant.unit):
        return Cell(text=grant.unit.name, lang="vi")
    return Cell(text=grant.unit.code, note=_("outside your units"))


def makers(users: Iterable[int], scope: Scope, reader: Any) -> dict[int, str]:
    """What the makers of changes are called: the reader, and who ever held a role in scope, by name. One query."""
    named = dict.fromkeys(users, str(_("someone outside your units")))
    near = Grant.objects.filter(scope.q(), user__in=list(named)).select_related("user").order_by("pk")
    named |= {grant.user_id: str(grant.user) for grant in near}
    return named | {reader.pk: str(reader)}


def history_table(user: User, grants: list[Grant], scope: Scope, reader: Any) -> Table:
    """What was done when with a user and their roles, the newest first; by whom, if theirs to know. Three queries."""
    found: list[tuple[datetime, str, str, int | None]] = []
    for act in UserAct.objects.filter(user=user).order_by("-pk")[:SHOWN]:
        said = str(UserAct.Act(act.act).label)
        found.append((act.at, f"{said}: {act.about}" if act.about else said, "", act.by_id))
    by_pk = {grant.pk: grant for grant in grants}
    event: Any = apps.get_model("organizations", "GrantEvent")
    events = event.objects.filter(pgh_obj_id__in=list(by_pk)).select_related("pgh_context").order_by("-pgh_id")
    for each in events[:SHOWN]:
        grant, told = by_pk[each.pgh_obj_id], each.pgh_context.metadata
        words = {
            "role": RoleCode(each.role).label,
            "day": day(each.from_on if each.pgh_label == "insert" else each.to_on),
        }
        if each.pgh_label == "insert":
            said = _("Given the role “%(role)s” from %(day)s") % words
        else:
            said = _("The role “%(role)s” ends on %(day)s") % words
        at = parse_datetime(str(told.get("at", ""))) or each.pgh_created_at
        found.append((at, said, str(unit_shown(grant, scope).text), told.get("user")))
    found.sort(key=lambda one: one[0], reverse=True)
    names = makers({by for _at, _said, _where, by in found if by}, scope, reader) | {user.pk: str(user)}
    heads = (_("When"), _("What"), _("By"))
    return Table(
        caption=_("What happened"),
        columns=[Column(label=head) for head in heads],
        rows=[
            [
                Cell(text=moment(at)),
                Cell(text=said, note=where),
                Cell(text=names[by] if by else _("command line")),
            ]
            for at, said, where, by in found[:SHOWN]
        ],
    )
