"""Who can see a unit or a member and why, in words: the role, how they came by it, how far it reaches, since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import day
from chibo.members.models import PostRole
from chibo.organizations.brought import BY_RECORD
from chibo.organizations.held_roles import makers
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES, Reach, RoleCode
from chibo.organizations.scope import Rights, Scope
from chibo.portal.user_acts import unit_shown


def sources(grants: Iterable[Grant], scope: Scope, reader: Any) -> dict[int, Cell]:
    """How someone came by each of these roles: given, by which post, for whom and why. Two queries at most."""
    listed = list(grants)
    by_post = [grant.pk for grant in listed if grant.source == Source.POST]
    links = PostRole.objects.filter(grant__in=by_post).select_related("post") if by_post else []
    posts = {link.grant_id: link.post for link in links}
    lenders = {grant.acting_for.user_id for grant in listed if grant.acting_for}
    named = makers(lenders, scope, reader) if lenders else {}
    told = {}
    for grant in listed:
        if grant.source == Source.POST:
            post = posts.get(grant.pk)
            text = (
                _("by the post “%(post)s”") % {"post": post.get_post_display()}
                if post
                else _("by a post, corrected since")
            )
            held_back = _("held back from %(day)s") % {"day": day(grant.withheld_on)} if grant.withheld_on else ""
            told[grant.pk] = Cell(text=text, note=held_back)
        elif grant.source == BY_RECORD:
            told[grant.pk] = Cell(text=_("a member there, by the records"))
        elif grant.acting_for:
            text = _("acts for %(name)s") % {"name": named[grant.acting_for.user_id]}
            told[grant.pk] = Cell(text=text, note=grant.reason if scope.covers(grant.unit) else "")
        else:
            told[grant.pk] = Cell(text=_("given"))
    return told


def until(grant: Grant) -> date | None:
    """The first day on which a role is no longer held; of one held for another, no later than that one's own."""
    ends = [each for each in (grant.to_on, grant.acting_for and grant.acting_for.to_on) if each]
    return min(ends, default=None)


def same(grant: Grant) -> tuple[Any, ...]:
    """What two grants have in common that are one to those who read of them."""
    lender = grant.acting_for.user_id if grant.acting_for else None
    return (grant.user_id, lender, grant.role, grant.unit_id, grant.from_on, grant.reason)


def of_unit(found: Sequence[Grant], rights: Rights, reader: Any, unit: Unit) -> Table:
    """Who sees a unit, one line a role: what of it, why; for administrators also who, since and until when."""
    return _table(found, rights, reader, unit, _("Nobody sees this unit."), _("What they see"))


def of_member(found: Sequence[Grant], rights: Rights, reader: Any, cell: Unit) -> Table:
    """Who sees a member, one line a role, why; for administrators also who, since and until when."""
    return _table(found, rights, reader, cell, _("Nobody sees this member but they themselves."), "")


def _table(found: Sequence[Grant], rights: Rights, reader: Any, unit: Unit, empty: str, what: str) -> Table:
    scope, manages = rights.scope(P.ACCESS_VIEW), rights.scope(P.USER_MANAGE)
    full = manages.covers(unit)
    why = sources(found, scope, reader)
    rows, told = [], set()
    for grant in found:
        if grant.acting_for:
            if same(grant) in told:
                continue
            told.add(same(grant))
        near = scope.covers(grant.unit) or grant.user_id == reader.pk
        way = reverse("user", args=[grant.user_id]) if manages.covers(grant.unit) else ""
        name = Cell(text=str(grant.user), url=way, lang="vi") if near else Cell(text=_("someone above your units"))
        row = [name, Cell(text=RoleCode(grant.role).label, note=_sees(grant) if what else "")]
        row.append(_where(grant, unit, scope))
        row.append(why[grant.pk])
        if full:
            ends = until(grant)
            row += [Cell(text=day(grant.from_on)), Cell(text=day(ends) if ends else "–")]
        rows.append(row)
    heads = [_("Who"), _("Role"), _("Held at"), _("Why"), *([_("From"), _("To, not included")] if full else [])]
    return Table(
        caption=_("Who can see it"),
        caption_hidden=True,
        columns=[Column(label=head, nowrap=n > 3) for n, head in enumerate(heads)],
        rows=rows,
        empty=empty,
    )


def _sees(grant: Grant) -> str:
    """What of a unit a role shows."""
    held = ROLES[grant.role].permissions
    return _("figures, and members by name") if P.MEMBER_VIEW in held else _("figures alone")


def _where(grant: Any, unit: Unit, scope: Scope) -> Cell:
    """The unit of a role: this one, or one above it; outside the reader's units by its code alone."""
    if grant.unit_id == unit.pk:
        return Cell(text=_("this unit"))
    shown = unit_shown(grant, scope)
    return Cell(text=shown.text, note=_("and all under it"), lang=shown.lang)


def roles_table(grants: list[Grant], scope: Scope, reader: Any, today: date) -> Table:
    """Every role someone ever held, the newest first: where, how far, how they came by it, whether it is held today."""
    why = sources(grants, scope, reader)
    rows = []
    for grant in grants:
        unit = unit_shown(grant, scope)
        far = _("and all under it") if grant.reach == Reach.SUBTREE else ""
        note = "; ".join(str(each) for each in (far, unit.note) if each)
        rows.append(
            [
                Cell(text=RoleCode(grant.role).label),
                Cell(text=unit.text, note=note, lang=unit.lang),
                Cell(text=day(grant.from_on)),
                Cell(text=day(grant.to_on) if grant.to_on else "–"),
                why[grant.pk],
                state_of(grant, today),
            ]
        )
    heads = (_("Role"), _("Unit"), _("From"), _("To, not included"), _("How"), _("Today"))
    return Table(caption=_("Roles"), columns=[Column(label=head) for head in heads], rows=rows, empty=_("No role yet."))


def state_of(grant: Grant, today: date) -> Cell:
    """Whether a role is held today, in words and by mark."""
    lent = grant.acting_for
    if not getattr(grant, "is_counting", True) and grant.may_be_held(today):
        return Cell(text=_("gives nothing: the records say where they are a member"), mark=Mark.NONE, mark_word=None)
    if grant.source == Source.POST and grant.withheld_on == grant.from_on == grant.to_on:
        return Cell(text=_("held back"), mark=Mark.NEAR, mark_word=None)
    if grant.to_on == grant.from_on:
        return Cell(text=_("taken back, not held a full day"), mark=Mark.NONE, mark_word=None)
    if grant.to_on is not None and grant.to_on <= today:
        return Cell(text=_("ended"), mark=Mark.NONE, mark_word=None)
    if lent is not None and not lent.may_be_held(today):
        return Cell(text=_("ended with the role it was lent from"), mark=Mark.NONE, mark_word=None)
    if grant.from_on > today:
        return Cell(text=_("to come"), mark=Mark.NEAR, mark_word=None)
    return Cell(text=_("held today"), mark=Mark.MET, mark_word=None)
