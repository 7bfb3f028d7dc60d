"""Cases of the member's life are begun, and what the end of one brings with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.admissions import actions as admissions
from chibo.admissions.models import Source
from chibo.core.actions import Denied, action
from chibo.lifecycle import policies
from chibo.lifecycle.models import NOTED, Abroad, MemberCase, Note
from chibo.lifecycle.queries import membership_on
from chibo.members import policies as members
from chibo.members.models import Membership, Person
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.procedures import actions as procedures
from chibo.procedures.models import Case, Version
from chibo.procedures.queries import version_on

RECOGNITION = "recognition"
JOINED = "joined_on"  # of the days that procedures may have told at the beginning


@action("lifecycle.begun")
def begin(
    *,
    version: Version,
    person: Person,
    unit: Unit,
    to_unit: Unit | None = None,
    told: Mapping[str, Any] | None = None,
    by: Any,
    at: datetime,
) -> Case:
    """Begin a case about a person at their cell; where its limits run from the day of joining, that is told.

    Denied: what `procedures.begin` denies; a receiving unit that is no cell, not open, or the cell itself; a
    correction that the record could never say, or of what is being corrected already.
    """
    today = localdate(at)
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if to_unit is not None:
        _check_receives(to_unit, unit, today)
    policies.check_told(version.flow, person, told or {})
    policies.check_not_twice(version, person, told or {})
    spell = membership_on(person, today) if JOINED in version.flow.days else None
    known = {JOINED: spell.joined_on.isoformat()} if spell else {}

    def join(case: Case) -> None:
        MemberCase.objects.create(case=case, person=person)

    return procedures.begin(
        version=version, unit=unit, to_unit=to_unit, about=person.full_name, told={**(told or {}), **known}, join=join,
        by=by, at=at,
    )  # fmt: skip


@action("lifecycle.joined")
def joined(*, about: MemberCase, membership: Membership, by: Any, at: datetime) -> Case | None:
    """Take a new member off the list of sources, and let the probation begin as a case of its own.

    None where no such procedure is laid down.
    """
    source = listed(about.person)
    if source is not None:
        admissions.admitted(source=source, membership=membership, by=None, at=at)
    version = version_on(RECOGNITION, localdate(at))
    if version is None:
        return None
    return begin(version=version, person=about.person, unit=membership.cell, by=None, at=at)


@action("lifecycle.gone_abroad")
def go_abroad(
    *, membership: Membership, from_on: date, country: str, until: date | None = None, case: Case | None = None,
    by: Any, at: datetime,
) -> Abroad:  # fmt: skip
    """Let a member be abroad from a day on, counted at home.

    Denied: who is abroad already, or came back after that day; who is no longer a member; a day too early.
    """
    members.check_not_left(membership, from_on)
    if Abroad.objects.filter(Q(to_on=None) | Q(to_on__gt=from_on), membership=membership).exists():
        raise Denied(_("They are abroad."))
    if from_on < membership.joined_on or (until is not None and until <= from_on):
        raise Denied(_("These days are the wrong way round."))
    return Abroad.objects.create(
        membership=membership, from_on=from_on, country=country[:500], until=until, case=case
    )  # fmt: skip


@action("lifecycle.back")
def come_back(*, membership: Membership, on: date, by: Any, at: datetime) -> Abroad:
    """Let a member who was abroad meet again from a day on.

    Denied: who was not abroad before it, or no longer a member; a day to come.
    """
    members.check_not_left(membership, on)
    gone = Abroad.objects.select_for_update().filter(membership=membership, to_on=None).first()
    if gone is None or gone.from_on >= on or on > localdate(at):
        raise Denied(_("They were not abroad before that day, or it is still to come."))
    gone.to_on = on
    gone.save(update_fields=["to_on"])
    return gone


@action("lifecycle.ground_noted")
def note_ground(*, person: Person, ground: str, on: date, text: str, by: Any, at: datetime) -> Note:
    """Note that a member came under a ground for the removal of their name that no other record tells.

    Denied: who acts on no cases of their cell, someone about themself; a day to come, or on which they were no
    member; another ground; nothing said.
    """
    today = localdate(at)
    policies.check_notes(by, person, today)
    if ground not in NOTED:
        raise Denied(_("This ground is told by the records themselves."))
    if on > today:
        raise Denied(_("This day is still to come."))
    if membership_on(person, on) is None:
        raise Denied(_("They were no member on that day."))
    if not text.strip():
        raise Denied(_("Say what happened."))
    return Note.objects.create(person=person, ground=ground, on=on, text=text.strip()[:500], by=by, at=at)


@action("lifecycle.ground_struck")
def strike_ground(*, note: Note, because: str, by: Any, at: datetime) -> Note:
    """Let a note that was a mistake count no more; it stays to be seen. Denied: as noting it; without a reason."""
    note = Note.objects.select_for_update(of=("self",)).select_related("person").get(pk=note.pk)
    policies.check_notes(by, note.person, localdate(at))
    if note.struck_because:
        raise Denied(_("This note was taken out already."))
    if not because.strip():
        raise Denied(_("Say why."))
    note.struck_because = because.strip()[:500]
    note.save(update_fields=["struck_because"])
    return note


def _check_receives(to_unit: Unit, unit: Unit, today: date) -> None:
    if to_unit.kind not in CELLS:
        raise Denied(_("Only a cell receives members."))
    if to_unit.founded_on > today or (to_unit.closed_on is not None and to_unit.closed_on <= today):
        raise Denied(_("The receiving cell is not open."))
    if to_unit.pk == unit.pk:
        raise Denied(_("This is the cell they belong to."))


def listed(person: Person) -> Source | None:
    """Where someone is on a list of sources; None if on none. One query."""
    return Source.objects.filter(person=person, to_on=None).first()
