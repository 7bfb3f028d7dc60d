"""People recorded twice, as they are met: invented, made in the small world."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.members.actions import restay
from chibo.members.models import Departure, Membership, Person, Transfer
from chibo.organizations.models import Unit
from tests.world import AT

BORN = date(1984, 3, 5)


def record(**facts: Any) -> Person:
    """A person, a member of a cell if one is named."""
    return _record(**{"by": None, "at": AT} | facts)


def spell(**facts: Any) -> Membership:
    """A spell of membership with what happened in it."""
    return _spell(**{"by": None, "at": AT} | facts)


def change(person: Person, **facts: Any) -> None:
    """Put a person's record right."""
    _change(person=person, facts=facts, by=None, at=AT)


def remove(person: Person) -> None:
    """Take a person's record away."""
    _remove(person=person, by=None, at=AT)


@action("tests.changed")
def _change(*, person: Person, facts: dict[str, Any], by: Any, at: datetime) -> None:
    for name, value in facts.items():
        setattr(person, name, value)
    person.save()


@action("tests.removed")
def _remove(*, person: Person, by: Any, at: datetime) -> None:
    person.delete()


@action("tests.recorded")
def _record(
    *,
    code: str,
    name: str = "Lương Thị Hạnh",
    born_on: date = BORN,
    sex: str = "f",
    cell: Unit | None = None,
    joined_on: date | None = date(2012, 6, 1),
    left_on: date | None = None,
    transfers: tuple[tuple[date, Unit, str], ...] = (),
    by: Any,
    at: datetime,
    **facts: Any,
) -> Person:
    person = Person.objects.create(
        code=code, full_name=name, born_on=born_on, sex=sex, sort_key=name_sort_key(name), search_key=search_key(name),
        **facts,
    )  # fmt: skip
    if cell is not None:
        spell(person=person, cell=cell, joined_on=joined_on, left_on=left_on, transfers=transfers, by=by, at=at)
    return person


@action("tests.spell_recorded")
def _spell(
    *,
    person: Person,
    cell: Unit,
    joined_on: date | None,
    left_on: date | None = None,
    transfers: tuple[tuple[date, Unit, str], ...] = (),
    by: Any,
    at: datetime,
    **facts: Any,
) -> Membership:
    made = Membership.objects.create(person=person, cell=cell, joined_on=joined_on, **facts)
    for on, to_cell, kind in transfers:
        Transfer.objects.create(membership=made, to_cell=to_cell, on=on, kind=kind)
    if left_on is not None:
        Departure.objects.create(membership=made, on=left_on, reason="transferred_out")
    restay([made.pk])
    return made
