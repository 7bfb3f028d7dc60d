"""What happened to a user, for ever: roles with their days, who gave and ended them, who blocked and invited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chibo.accounts.models import User, UserAct
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import day, moment
from chibo.organizations.held_roles import makers
from chibo.organizations.models import Grant, GrantReview, Source, Verdict
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Scope

SHOWN = 200  # of what happened, the newest


def unit_shown(grant: Grant, scope: Scope) -> Cell:
    """A unit by name; one outside the reader's units by its code alone."""
    if scope.covers(grant.unit):
        return Cell(text=grant.unit.name, lang="vi")
    return Cell(text=grant.unit.code, note=_("outside your units"))


def history_table(user: User, grants: list[Grant], scope: Scope, reader: Any) -> Table:
    """What was done when with a user and their roles, the newest first; by whom, if theirs to know. Four queries."""
    found: list[tuple[datetime, str, str, int | None]] = []
    for act in UserAct.objects.filter(user=user).order_by("-pk")[:SHOWN]:
        said = str(UserAct.Act(act.act).label)
        found.append((act.at, f"{said}: {act.about}" if act.about else said, "", act.by_id))
    by_pk = {grant.pk: grant for grant in grants}
    for seen in GrantReview.objects.filter(grant__in=list(by_pk)).order_by("-pk")[:SHOWN]:
        role = {"role": RoleCode(by_pk[seen.grant_id].role).label}
        said = (
            _("Reviewed: the role “%(role)s” ends")
            if seen.verdict == Verdict.END
            else _("Reviewed: the role “%(role)s” stays")
        )
        found.append((seen.at, said % role, str(unit_shown(by_pk[seen.grant_id], scope).text), seen.by_id))
    event: Any = apps.get_model("organizations", "GrantEvent")
    events = event.objects.filter(pgh_obj_id__in=list(by_pk)).select_related("pgh_context").order_by("-pgh_id")
    for each in events[:SHOWN]:
        grant, told = by_pk[each.pgh_obj_id], each.pgh_context.metadata
        words = {
            "role": RoleCode(each.role).label,
            "day": day(each.from_on if each.pgh_label == "insert" or each.to_on is None else each.to_on),
        }
        if each.pgh_label == "insert" and each.source == Source.ACTING:
            said = _("Acts for someone by the role “%(role)s” from %(day)s") % words
        elif each.pgh_label == "insert" and each.source == Source.POST:
            said = _("By a post, the role “%(role)s” from %(day)s") % words
        elif each.pgh_label == "insert":
            said = _("Given the role “%(role)s” from %(day)s") % words
        elif each.to_on is None:
            said = _("The role “%(role)s” holds from %(day)s without an end") % words
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
