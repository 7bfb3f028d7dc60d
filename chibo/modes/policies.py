"""Who asks to meet online and who answers, what has to hold of both and of Party groups; each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.modes.models import OnlineRequest, OnlineRule, State
from chibo.modes.queries import Share
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Held, Rights, Scope, in_force, rights_of

LONGEST = timedelta(days=366)  # one approval
AHEAD = timedelta(days=92)  # so far ahead one may begin
GROUPS, FEWEST = 12, 2  # Party groups of a cell, and members of a group


@dataclass(frozen=True)
class Right:
    """A right to answer: a role at a committee, for the cells directly below one it reaches."""

    role: str
    people: frozenset[int]  # users behind it: who acts, and for whom they act
    unit: Unit
    lent_by: Any
    over: Scope

    def covers(self, cell: Unit) -> bool:
        """Whether it is about a cell."""
        line = above(cell)
        return line is not None and self.over.covers(line)


def above(cell: Unit) -> Unit | None:
    """The committee directly above a cell, by its path alone; None of one that stands under nothing."""
    path = cell.path.rstrip("/").rpartition("/")[0]
    return Unit(path=f"{path}/") if path else None


def rights_to_answer(user: Any, today: date) -> list[Right]:
    """By which roles someone answers cells that ask to meet online: their own first, then those lent. One query."""
    found = []
    grants: Any = in_force(today).filter(user=user.pk).select_related("unit", "acting_for__user").order_by("pk")
    for grant in sorted(grants, key=lambda each: each.acting_for_id or 0):
        held = Held(grant.role, grant.unit.path, grant.unit_id, grant.unit.name, grant.reaching, grant.pk)
        over = Rights((held,)).scope(P.ONLINE_APPROVE)
        if over:
            lender = grant.acting_for.user if grant.acting_for is not None else None
            people = frozenset({user.pk} | ({lender.pk} if lender is not None else set()))
            found.append(Right(grant.role, people, grant.unit, lender, over))
    return found


def mine(rights: Rights, user: Any) -> Q:
    """Condition on requests: waiting, of cells directly below a committee a reader works for, none of their own."""
    over = rights.scope(P.ONLINE_APPROVE)
    condition = Q(pk__in=[])
    for subtree in over.subtrees:
        condition |= Q(unit__path__startswith=subtree) & ~Q(unit__path=subtree)
    for unit in over.units:
        condition |= Q(unit__path__regex=f"^{unit}[0-9]+/$")
    own = rights.scope(P.MEETING_RECORD).q("unit") | Q(makers__contains=[user.pk])
    return condition & Q(state=State.WAITING) & ~own


def check_answers(user: Any, request: OnlineRequest, today: date) -> Right:
    """The right by which someone answers a request. Denied: no such right; who asked, or records for the cell."""
    found = [each for each in rights_to_answer(user, today) if each.covers(request.unit)]
    if not found:
        raise Denied(_("Who works for the committee directly above the cell approves that it meets online."))
    if rights_of(user, today).scope(P.MEETING_RECORD).covers(request.unit) or user.pk in request.makers:
        raise Denied(_("You asked for it, or record the meetings of this cell: another person has to answer."))
    for each in found:
        lender = each.lent_by
        is_own = lender is not None and rights_of(lender, today).scope(P.MEETING_RECORD).covers(request.unit)
        if not each.people & set(request.makers) and not is_own:
            return each
    words = _("%(name)s, for whom you act, asked for it or records for this cell: another person has to answer.")
    raise Denied(words % {"name": found[-1].lent_by})


def check_cell(by: Any, unit: Unit, today: date) -> None:
    """Denied unless `by`, or the system, records the meetings of a unit, and it is a cell that is open."""
    if by is not None and not rights_of(by, today).scope(P.MEETING_RECORD).covers(unit):
        raise Denied(_("Only who records the meetings of the cell does this."))
    if not unit.is_cell:
        raise Denied(_("Only cells meet online or by Party group."))
    if unit.closed_on is not None and unit.closed_on <= today:
        raise Denied(_("The cell is closed since %(day)s.") % {"day": day(unit.closed_on)})


def check_span(from_on: date, to_on: date, today: date) -> None:
    """Denied if nothing could be approved of it: begun before today, far ahead, too long."""
    if from_on < today:
        raise Denied(_("Nothing is approved afterwards: choose today or a day to come."), "from_on")
    if from_on > today + AHEAD:
        raise Denied(_("Ask at most three months ahead."), "from_on")
    if to_on <= from_on:
        raise Denied(_("The last day is before the first."), "until")
    if to_on > from_on + LONGEST:
        raise Denied(_("An approval holds for a year at most."), "until")


def check_rule(rule: OnlineRule | None) -> OnlineRule:
    """Denied where no rule is laid down by which a cell could ask."""
    if rule is None:
        raise Denied(_("No rule of online meetings is laid down for that day: nothing is to be asked for."))
    return rule


def check_share(share: Share, rule: OnlineRule) -> None:
    """Denied unless more members than the rule says can't come to one place."""
    if not share.is_over(rule.share):
        words = _("%(away)s of %(counted)s members can't come: the rule asks for more than %(share)s of a hundred.")
        raise Denied(words % {"away": share.away, "counted": share.counted, "share": rule.share}, "people")


def check_waits(request: OnlineRequest) -> None:
    """Denied unless a request still waits."""
    if request.state != State.WAITING:
        raise Denied(_("This request is %(state)s already.") % {"state": request.get_state_display()})


def check_runs(request: OnlineRequest, today: date) -> None:
    """Denied unless an approval still holds, or is to come."""
    if request.state != State.APPROVED or request.to_on <= today:
        raise Denied(_("This approval holds no more."))


def check_ends(by: Any, request: OnlineRequest, today: date) -> None:
    """Denied unless `by` records the meetings of the cell, or works for the committee directly above it."""
    if by is None or rights_of(by, today).scope(P.MEETING_RECORD).covers(request.unit):
        return
    if not any(each.covers(request.unit) for each in rights_to_answer(by, today)):
        raise Denied(_("Who works for the committee directly above the cell approves that it meets online."))


def check_rules(by: Any, from_on: date, today: date) -> None:
    """Denied unless `by`, or the system, is administrator of the whole tree, and the day is not past."""
    if by is not None and not rights_of(by, today).over_all(P.NORM_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes what is asked of cells."))
    if from_on < today:
        raise Denied(_("This holds from today or from a day to come."), "from_on")


def check_groups(names: Sequence[str], sizes: Sequence[int], leaders: Sequence[bool]) -> None:
    """Denied unless there is no group, or some with different names, a leader and at least two members each."""
    if len(names) > GROUPS:
        raise Denied(_("A cell has at most %(n)s Party groups.") % {"n": GROUPS})
    if len({name.casefold() for name in names}) < len(names):
        raise Denied(_("Two Party groups have the same name."))
    for name, size, has_leader in zip(names, sizes, leaders, strict=True):
        if size < FEWEST:
            raise Denied(_("%(group)s: a Party group has at least %(n)s members.") % {"group": name, "n": FEWEST})
        if not has_leader:
            raise Denied(_("%(group)s: choose who leads it, one of its members.") % {"group": name})
