"""Acts on how cells meet: online asked for, approved, returned, taken back, ended; the rule; Party groups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.core.spans import holding
from chibo.modes import policies
from chibo.modes.models import (
    Away,
    Deed,
    GroupMember,
    OnlineRequest,
    OnlineRule,
    PartyGroup,
    RequestDeed,
    State,
    rule_on,
)
from chibo.modes.policies import Right
from chibo.modes.queries import Share, counted_on, groups_on, seal_of, share_on
from chibo.organizations.models import Unit
from chibo.organizations.scope import recorders_behind


@action("modes.online_asked")
def ask(
    *, unit: Unit, ground: str, why: str, people: Collection[int], from_on: date, to_on: date, by: Any, at: datetime
) -> OnlineRequest:
    """Ask the committee above to let a cell meet online in `[from_on, to_on)`, as these people can't come.

    Denied: a cell that is not `by`'s, one that asked already, days that can't be approved, people who are not counted
    there, or not more of them than the rule of the first day says.
    """
    today = timezone.localdate(at)
    unit = _hold(unit)
    policies.check_cell(by, unit, today)
    policies.check_span(from_on, to_on, today)
    if OnlineRequest.objects.filter(unit=unit, state=State.WAITING).exists():
        raise Denied(_("A request of this cell waits already: take it back first."))
    rule = policies.check_rule(rule_on(from_on))
    counted = {person.pk for person in counted_on(unit, today)}
    away = sorted(counted & set(people))
    if len(away) < len(set(people)):
        raise Denied(_("Someone on this list does not meet in the cell today, is exempt or suspended."), "people")
    share = Share(len(away), len(counted))
    policies.check_share(share, rule)
    request = OnlineRequest.objects.create(
        unit=unit, ground=ground, why=why, from_on=from_on, to_on=to_on, asked_on=today,
        makers=recorders_behind(by, unit, today),
    )  # fmt: skip
    Away.objects.bulk_create(Away(request=request, person_id=pk) for pk in away)
    _tell(request, Deed.ASKED, "", None, share, rule.share, by, at)
    return request


@action("modes.online_approved")
def approve(*, request: OnlineRequest, note: str = "", by: Any, at: datetime) -> OnlineRequest:
    """Approve that a cell meets online, by the records of today; never by who asked, nor by who acts for them.

    Denied: others than who works for the committee directly above, what does not wait, days that are over, a share
    that is no more over what the rule asks.
    """
    today = timezone.localdate(at)
    request, right = _judge(request, by, today)
    if request.to_on <= today:
        raise Denied(_("The days it asks for are over: return it."))
    rule = policies.check_rule(rule_on(max(today, request.from_on)))
    share = _share(request, today)
    policies.check_share(share, rule)
    states.move(request, State.APPROVED, "state", from_on=max(today, request.from_on))
    _tell(request, Deed.APPROVED, note, right, share, rule.share, by, at)
    return request


@action("modes.online_returned")
def give_back(*, request: OnlineRequest, note: str, by: Any, at: datetime) -> OnlineRequest:
    """Return a request with the reason; the cell may ask anew. Denied: as `approve`, and without a reason."""
    today = timezone.localdate(at)
    if not note.strip():
        raise Denied(_("Say why it is returned."), "note")
    request, right = _judge(request, by, today)
    states.move(request, State.RETURNED, "state")
    _tell(request, Deed.RETURNED, note, right, _share(request, today), _rule(request), by, at)
    return request


@action("modes.online_withdrawn")
def withdraw(*, request: OnlineRequest, by: Any, at: datetime) -> OnlineRequest:
    """Take a request back that still waits. Denied: others than who records the meetings of the cell."""
    today = timezone.localdate(at)
    request = _held(request)
    policies.check_cell(by, request.unit, today)
    policies.check_waits(request)
    states.move(request, State.WITHDRAWN, "state")
    _tell(request, Deed.WITHDRAWN, "", None, _share(request, today), _rule(request), by, at)
    return request


@action("modes.online_ended")
def end(*, request: OnlineRequest, note: str, by: Any, at: datetime) -> OnlineRequest:
    """Let an approval hold no more from today on, or never where it has not begun; with the reason.

    Denied: others than the cell and the committee directly above, one that holds no more, without a reason.
    """
    today = timezone.localdate(at)
    if not note.strip():
        raise Denied(_("Say why it ends."), "note")
    request = _held(request)
    policies.check_ends(by, request, today)
    policies.check_runs(request, today)
    if request.from_on < today:
        states.move(request, State.APPROVED, "state", to_on=today)
    else:
        states.move(request, State.WITHDRAWN, "state")
    _tell(request, Deed.ENDED, note, None, _share(request, today), _rule(request), by, at)
    return request


@action("modes.rule_laid_down")
def lay_down_rule(*, rule: OnlineRule, by: Any, at: datetime) -> OnlineRule:
    """Let another share be asked for from a day on; laid down for the same day again, it is put right.

    Denied: to others than administrators of the whole tree, a day that is past.
    """
    policies.check_rules(by, rule.from_on, timezone.localdate(at))
    list(OnlineRule.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))  # one after the other
    known = LaidDown(OnlineRule.objects.all())
    same = known.found.filter(from_on=rule.from_on).first()
    if same is not None:
        rule.pk, rule.to_on = same.pk, same.to_on
    else:
        rule.to_on = known.make_room(rule.from_on)
    rule.save()
    return rule


@dataclass(frozen=True)
class Said:
    """A Party group as a cell lays it down: its name, its members, which of them leads it."""

    name: str
    people: frozenset[int]
    leader: int | None


@action("modes.groups_laid_down")
def divide(*, unit: Unit, groups: Sequence[Said], seen: str, by: Any, at: datetime) -> list[PartyGroup]:
    """Divide a cell into these Party groups from today on, or into none; a group goes on under its name.

    `seen` is the seal of the groups that `by` has before them. Denied: groups changed meanwhile, a cell that is not
    `by`'s, people of another cell or in two groups, a group without a leader, too small.
    """
    today = timezone.localdate(at)
    unit = _hold(unit)
    if seal_of(groups_on(unit, today)) != seen:
        raise Denied(_("Someone else has changed the groups meanwhile. Look at the page again."))
    policies.check_cell(by, unit, today)
    leads = [each.leader in each.people for each in groups]
    policies.check_groups([each.name for each in groups], [len(each.people) for each in groups], leads)
    people = [pk for each in groups for pk in each.people]
    if len(set(people)) < len(people):
        raise Denied(_("Someone is in two Party groups."))
    if set(people) - {person.pk for person in counted_on(unit, today)}:
        raise Denied(_("Someone on this list does not meet in the cell today, is exempt or suspended."))
    known = {group.name: group for group in PartyGroup.objects.filter(holding(today), unit=unit).order_by("pk")}
    asked = {each.name: each for each in groups}
    for name, group in known.items():
        _leave(group, asked.get(name), today)
    return [_enter(unit, known.get(each.name), each, today) for each in groups]


def _leave(group: PartyGroup, said: Said | None, today: date) -> None:
    """End what is not so any more: a member who goes, one who leads or leads no more, the group itself."""
    for member in group.members.filter(holding(today)).order_by("pk"):
        stays = said is not None and member.person_id in said.people
        if not stays or member.is_leader != (said is not None and said.leader == member.person_id):
            _finish(member, today)
    if said is None:
        _finish(group, today)


def _finish(row: Any, today: date) -> None:
    """A row holds no more from today on; what began today is gone, its history keeps it."""
    if row.from_on < today:
        row.to_on = today
        row.save(update_fields=["to_on"])
    elif not isinstance(row, PartyGroup) or not row.members.exists():
        row.delete()


def _enter(unit: Unit, group: PartyGroup | None, said: Said, today: date) -> PartyGroup:
    """The group with those who are new in it."""
    group = group or PartyGroup.objects.create(unit=unit, name=said.name, from_on=today)
    there = set(group.members.filter(holding(today)).order_by().values_list("person", flat=True))
    GroupMember.objects.bulk_create(
        GroupMember(group=group, person_id=pk, is_leader=pk == said.leader, from_on=today)
        for pk in sorted(said.people - there)
    )
    return group


def _hold(unit: Unit) -> Unit:
    """The unit as it stands; who else acts on its meetings waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def _held(request: OnlineRequest) -> OnlineRequest:
    """The request as it stands, with its cell held."""
    unit = _hold(Unit(pk=request.unit_id))
    request = OnlineRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    request.unit = unit
    return request


def _judge(request: OnlineRequest, by: Any, today: date) -> tuple[OnlineRequest, Right | None]:
    """A request that waits, held, and the right by which it is answered; none for the system."""
    request = _held(request)
    right = None if by is None else policies.check_answers(by, request, today)
    policies.check_waits(request)
    return request, right


def _share(request: OnlineRequest, today: date) -> Share:
    """The share as the records have it today."""
    return share_on(request.unit, today, set(request.away.order_by().values_list("person", flat=True)))


def _rule(request: OnlineRequest) -> int:
    """The share asked for when it was asked: what is kept beside deeds that judge nothing."""
    return request.deeds.order_by("at", "pk")[0].share


def _tell(
    request: OnlineRequest, deed: str, note: str, right: Right | None, share: Share, asked: int, by: Any, at: datetime
) -> None:
    RequestDeed.objects.create(
        request=request, deed=deed, note=note,
        role=right.role if right else "", role_unit=right.unit if right else None,
        away=share.away, counted=share.counted, share=asked, by=by, lent_by=right.lent_by if right else None, at=at,
    )  # fmt: skip
