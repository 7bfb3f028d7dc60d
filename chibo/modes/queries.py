"""Who counts when a cell asks to meet online, under which approval it does, and who is in which Party group."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from chibo.core.spans import holding
from chibo.members.models import Exemption, Membership, Person, Stay, Suspension, TemporaryStay
from chibo.modes.models import GroupMember, OnlineRequest, PartyGroup, State
from chibo.organizations.models import Unit


@dataclass(frozen=True)
class Share:
    """How many of the members counted can't come to one place."""

    away: int
    counted: int

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.away, self.counted) if self.counted else None

    def is_over(self, share: int) -> bool:
        """Whether it is more than so many of a hundred."""
        return self.value is not None and self.value > Fraction(share, 100)


def counted_on(unit: Unit, day: date) -> list[Person]:
    """The members who meet in a cell that day, without those exempt and those suspended, by given name. One query."""
    of = {"membership": OuterRef("pk")}
    stays = TemporaryStay.objects.filter(holding(day), **of)
    spells = Membership.objects.annotate(
        home=Exists(Stay.objects.filter(holding(day), cell=unit, **of)),
        here=Exists(stays.filter(cell=unit)),
        gone=Exists(stays.exclude(cell=unit)),
        exempt=Exists(Exemption.objects.filter(holding(day), **of)),
        suspended=Exists(Suspension.objects.filter(holding(day), **of)),
    ).select_related("person")
    near = Stay.objects.filter(holding(day), cell=unit).values("membership")
    guests = TemporaryStay.objects.filter(holding(day), cell=unit).values("membership")
    found = spells.filter(pk__in=near.union(guests), exempt=False, suspended=False)
    return [
        spell.person
        for spell in found.order_by("person__sort_key", "pk")
        if ((spell.home and not spell.gone) or spell.here) and (spell.exempt_from is None or spell.exempt_from > day)
    ]


def share_on(unit: Unit, day: date, away: set[int]) -> Share:
    """Of the members counted that day, how many of some people there are. One query."""
    counted = {person.pk for person in counted_on(unit, day)}
    return Share(len(counted & away), len(counted))


def approval_on(unit: Unit, day: date, *, details: bool = False) -> OnlineRequest | None:
    """The approval under which a cell may meet online on a day, the newest of them. One query.

    With `details` also who gave it: three.
    """
    found = OnlineRequest.objects.filter(holding(day), unit=unit, state=State.APPROVED).order_by("-pk")
    return (found.prefetch_related("deeds__role_unit") if details else found).first()


def groups_on(unit: Unit, day: date) -> list[PartyGroup]:
    """The Party groups of a cell on a day by name, each with `here`: its members that day, the leader first.

    Two queries, one where there is no group.
    """
    here = GroupMember.objects.filter(_still_in(unit, day), holding(day)).select_related("person")
    here = here.order_by("-is_leader", "person__sort_key", "person_id")
    found = PartyGroup.objects.filter(holding(day), unit=unit).order_by("name", "pk")
    return list(found.prefetch_related(Prefetch("members", here, to_attr="here")))


def has_groups(unit: Unit, day: date) -> bool:
    """Whether a cell has Party groups on a day with someone in them. One query."""
    there = GroupMember.objects.filter(_still_in(unit, day), holding(day), holding(day, "group__"), group__unit=unit)
    return there.exists()


def _still_in(unit: Unit, day: date) -> Q:
    """Of members of groups those who are in the cell that day: who left it is in none of its groups."""
    stays = (
        Exists(model._default_manager.filter(holding(day), cell=unit, membership__person=OuterRef("person")))
        for model in (Stay, TemporaryStay)
    )
    return Q(next(stays)) | Q(next(stays))


def seal_of(found: list[PartyGroup]) -> str:
    """What tells these groups with their members from others."""
    told = [(group.pk, group.name, [(each.pk, each.is_leader) for each in group.here]) for group in found]  # type: ignore[attr-defined]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def in_group(unit: int, day: date, field: str) -> Subquery:
    """What of the Party group of a cell someone is in that day; spells of membership are annotated with it."""
    there = GroupMember.objects.filter(
        holding(day), holding(day, "group__"), group__unit=unit, person=OuterRef("person")
    ).order_by("pk")  # fmt: skip
    return Subquery(there.values(field)[:1])
