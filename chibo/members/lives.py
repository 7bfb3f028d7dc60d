"""What befalls a member, each an act with its decision: admitted, recognised, transferred, exempt, suspended, left.

Who may is asked at the cell where the member is (`policies.check_records_lives`). Acts are recorded in their order.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.members import policies
from chibo.members.life_models import valid
from chibo.members.models import (
    Badge,
    BadgeGrade,
    Departure,
    Exemption,
    Membership,
    Person,
    Stay,
    Suspension,
    TemporaryStay,
    Transfer,
    TransferKind,
    Way,
)  # fmt: skip
from chibo.members.queries import place_on, stays_of
from chibo.members.stays import restay
from chibo.organizations.models import Unit


@action("members.admitted")
def admit(
    *, person: Person, cell: Unit, joined_on: date, decided_on: date | None = None, decision: str = "", by: Any,
    at: datetime,
) -> Membership:  # fmt: skip
    """Make someone a member from the admission ceremony on, on probation; also one who was a member before.

    Denied: a cell that is not `by`'s, that is none or not open that day; a day to come; someone who is a member then;
    oneself.
    """
    today = localdate(at)
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    cell = Unit.objects.select_for_update(no_key=True).get(pk=cell.pk)
    policies.check_records_lives(by, cell, today)
    policies.check_other_person(by, person)
    policies.check_done(joined_on, today)
    policies.check_takes_members(cell, joined_on)
    last = Membership.objects.filter(person=person).order_by("-number").first()
    policies.check_admitted(person, last, joined_on, decided_on)
    made = Membership.objects.create(
        person=person, number=last.number + 1 if last else 1, cell=cell, joined_on=joined_on, decided_on=decided_on,
        decision=decision,
    )  # fmt: skip
    restay([made.pk])
    return made


@action("members.recognised")
def recognise(*, membership: Membership, official_on: date, decision: str = "", by: Any, at: datetime) -> Membership:
    """Recognise a member as official from a day on. Denied: who is official already, or no longer a member."""
    membership = _held(membership, by, localdate(at))
    policies.check_done(official_on, localdate(at))
    policies.check_still(membership, official_on)
    if membership.official_on is not None:
        raise Denied(_("An official member since %(day)s.") % {"day": day(membership.official_on)})
    membership.official_on, membership.official_decision = official_on, decision
    membership.save(update_fields=["official_on", "official_decision"])
    return membership


@action("members.transferred")
def transfer(
    *, membership: Membership, to_cell: Unit, on: date, kind: str, until: date | None = None, decision: str = "",
    by: Any, at: datetime,
) -> Transfer:  # fmt: skip
    """Let a member go to another cell: for good, or for a time, and then they are counted at home all the while.

    Denied: a cell that takes no members that day, or where they are already; a day to come, or before another transfer;
    an end expected before the day, or of a transfer for good; oneself.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_other_person(by, membership.person)
    to_cell = Unit.objects.select_for_update(no_key=True).get(pk=to_cell.pk)
    policies.check_done(on, localdate(at))
    policies.check_still(membership, on)
    policies.check_last(membership, on)
    policies.check_takes_members(to_cell, on)
    if Stay.objects.filter(holding(on), membership=membership, cell=to_cell).exists():
        raise Denied(_("The member belongs to this cell already."))
    if until is not None and (kind != TransferKind.TEMPORARY or until <= on):
        raise Denied(_("Only a temporary transfer has a day on which it is to end, and that comes after it begins."))
    made = Transfer.objects.create(
        membership=membership, to_cell=to_cell, on=on, kind=kind, until=until, decision=decision
    )  # fmt: skip
    restay([membership.pk])
    return made


@action("members.temporary_ended")
def end_temporary(*, membership: Membership, on: date, by: Any, at: datetime) -> Transfer:
    """Let a member who attends another cell for a time come home on a day.

    Denied: who is nowhere else that day, or no longer a member.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_done(on, localdate(at))
    policies.check_not_left(membership, on)
    running = _away(membership)
    if on <= running.on:
        raise Denied(_("The temporary transfer began on %(day)s: it ends after that.") % {"day": day(running.on)})
    running.ended_on = on
    running.save(update_fields=["ended_on"])
    restay([membership.pk])
    return running


@action("members.temporary_extended")
def extend_temporary(
    *, membership: Membership, until: date, decision: str = "", by: Any, at: datetime
) -> Transfer:  # fmt: skip
    """Let a temporary transfer be expected to end later.

    Denied: who is nowhere else, or no longer a member; a day that is no later.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_not_left(membership, localdate(at))
    running = _away(membership)
    if until <= (running.until or running.on):
        raise Denied(
            _("The new end has to come after the one before, %(day)s.") % {"day": day(running.until or running.on)}
        )
    running.until = until
    running.decision = decision or running.decision
    running.save(update_fields=["until", "decision"])
    return running


@action("members.exempted")
def exempt(*, membership: Membership, from_on: date, decision: str = "", by: Any, at: datetime) -> Membership:
    """Exempt a member from work and meetings from a day on. Denied: who is exempt already, or was that day."""
    membership = _held(membership, by, localdate(at))
    policies.check_done(from_on, localdate(at))
    policies.check_still(membership, from_on)
    if membership.exempt_from is not None:
        raise Denied(_("Exempt since %(day)s already.") % {"day": day(membership.exempt_from)})
    if Exemption.objects.filter(membership=membership, to_on__gt=from_on).exists():
        raise Denied(_("The member was exempt on that day already, and returned later."))
    membership.exempt_from, membership.exempt_decision = from_on, decision
    membership.save(update_fields=["exempt_from", "exempt_decision"])
    return membership


@action("members.returned")
def return_from_exemption(
    *, membership: Membership, on: date, decision: str = "", by: Any, at: datetime
) -> Exemption:  # fmt: skip
    """Let a member be exempt no longer from a day on; that they were stays.

    Denied: who isn't exempt before it, or no longer a member.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_done(on, localdate(at))
    policies.check_not_left(membership, on)
    if membership.exempt_from is None or membership.exempt_from >= on:
        raise Denied(_("The member is not exempt before that day."))
    over = Exemption.objects.create(
        membership=membership, from_on=membership.exempt_from, to_on=on, decision=membership.exempt_decision,
        end_decision=decision,
    )  # fmt: skip
    membership.exempt_from, membership.exempt_decision = None, ""
    membership.save(update_fields=["exempt_from", "exempt_decision"])
    return over


@action("members.suspended")
def suspend(
    *, membership: Membership, from_on: date, decision: str = "", is_taken_off: bool = True, by: Any, at: datetime
) -> Suspension:
    """Suspend a member's activities in the Party from a day on; taken off the Party age unless the decision says not.

    Denied: who is suspended then or later.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_done(from_on, localdate(at))
    policies.check_still(membership, from_on)
    if Suspension.objects.filter(Q(to_on=None) | Q(to_on__gt=from_on), membership=membership).exists():
        raise Denied(_("The member is suspended on that day already, or later."))
    return Suspension.objects.create(
        membership=membership, from_on=from_on, decision=decision, is_taken_off=is_taken_off
    )  # fmt: skip


@action("members.suspension_ended")
def end_suspension(*, membership: Membership, on: date, decision: str = "", by: Any, at: datetime) -> Suspension:
    """End a suspension on a day, the first no longer suspended.

    Denied: who isn't suspended before it, or no longer a member.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_done(on, localdate(at))
    policies.check_not_left(membership, on)
    running = Suspension.objects.filter(membership=membership, to_on=None, from_on__lt=on).first()
    if running is None:
        raise Denied(_("The member is not suspended before that day."))
    running.to_on, running.end_decision = on, decision
    running.save(update_fields=["to_on", "end_decision"])
    return running


@action("members.departed")
def depart(
    *, membership: Membership, on: date, reason: str, decision: str = "", by: Any, at: datetime
) -> Departure:  # fmt: skip
    """End a membership on a day: name removed, left on request, expelled, transferred out, or died.

    Denied: who has left already; a day on or before joining or the last transfer, or still to come.
    """
    membership = _held(membership, by, localdate(at))
    policies.check_done(on, localdate(at))
    policies.check_still(membership, on)
    policies.check_last(membership, on)
    made = Departure.objects.create(membership=membership, on=on, reason=reason, decision=decision)
    restay([membership.pk])
    return made


@action("members.badge_awarded")
def award_badge(
    *, person: Person, years: int, awarded_on: date, decided_on: date | None = None, number: str = "",
    way: str = Way.IN_TIME, decision: str = "", by: Any, at: datetime,
) -> Badge:  # fmt: skip
    """Record that someone was awarded the badge of so many years of Party age.

    Denied: a cell that is not `by`'s; a grade there is not that day, or that they have; a day to come; a decision after
    the award; a Party age that is not enough on the day, or a way that is not theirs.
    """
    today = localdate(at)
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    stays = stays_of(person.pk)
    if not stays:
        raise Denied(_("This person was never a member."))
    policies.check_records_lives(by, place_on(stays, today).cell, today)
    policies.check_done(awarded_on, today)
    if decided_on is not None and decided_on > awarded_on:
        raise Denied(_("The decision comes before the award."), "decided_on")
    grade = BadgeGrade.objects.filter(valid(awarded_on), years=years).first()
    if grade is None:
        raise Denied(_("There is no badge for %(years)s years on that day.") % {"years": years}, "years")
    if Badge.objects.filter(person=person, years=years).exists():
        raise Denied(_("This badge is recorded already."), "years")
    policies.check_way(person, way, awarded_on)
    policies.check_party_age(person, grade, way, awarded_on)
    return Badge.objects.create(
        person=person, years=years, awarded_on=awarded_on, decided_on=decided_on, number=number, way=way,
        decision=decision,
    )  # fmt: skip


def _held(membership: Membership, by: Any, today: date) -> Membership:
    """The membership as it stands; who else records of it waits. Denied unless its cell of today is `by`'s."""
    membership = Membership.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.pk)
    stays = list(Stay.objects.filter(membership=membership).select_related("cell").order_by("from_on"))
    policies.check_records_lives(by, place_on(stays, today).cell, today)
    return membership


def _away(membership: Membership) -> Transfer:
    """The temporary transfer that runs. Denied: there is none."""
    running = TemporaryStay.objects.filter(membership=membership, to_on=None).order_by("-from_on").first()
    if running is None:
        raise Denied(_("The member attends no other cell for a time."))
    return Transfer.objects.select_for_update().get(membership=membership, on=running.from_on)
