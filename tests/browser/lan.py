"""Cells of thirty who must attend, with their secretaries Lan and Mai, for a site of the browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections

from chibo.accounts.models import User
from chibo.agendas.models import Rhythm
from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.meetings.models import Draft
from chibo.members.actions import link_user, restay
from chibo.members.models import Membership, Person, Post, PostKind
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from tests.database import use
from tests.world import AT, FOUNDED, PASSWORD

NAMES = "An Bình Cúc Dũng Đào Giang Hà Khoa Lan Minh Nga Oanh Phúc Quý Sơn Tú"
GIVEN = NAMES.split()


@action("tests.settled")
def settle(*, cell: Unit, by: Any, at: Any) -> list[Person]:
    """Thirty-two members of a cell, two of them exempt from meetings."""
    spells, people = [], []
    for n in range(32):
        name = f"Lường {'Văn' if n % 2 else 'Thị'} {GIVEN[n % len(GIVEN)]}"
        person = Person.objects.create(
            code=f"{cell.code}{n:02}", full_name=name, sex="m" if n % 2 else "f", born_on=date(1980, 1, 1 + n % 28),
            sort_key=name_sort_key(name), search_key=search_key(name),
        )  # fmt: skip
        people.append(person)
        exempt = date(2022, 1, 1) if n in (7, 20) else None
        spells.append(
            Membership.objects.create(
                person=person, cell=cell, joined_on=date(2015, 2, 3), official_on=date(2016, 2, 3), exempt_from=exempt
            )
        )
    restay([spell.pk for spell in spells])
    return people


def found(name: str, world: Any) -> int:
    """A cell of thirty who must attend, and its secretary `lan`, in the site's own database."""
    return _once(name, "L", lambda: _cell(world, "L", "Chi bộ bản Lường", "lan", "Lường Thị Lan")[0])


def without_drafts(name: str, world: Any) -> int:
    """The same cell, of which nobody has typed anything that is not recorded."""
    cell = found(name, world)
    use(name)
    try:
        Draft.objects.filter(unit=cell).delete()
    finally:
        connections.close_all()
        use(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    return cell


def found_with_committee(name: str, world: Any) -> int:
    """Another one, that meets on day 10: `mai` is its secretary and a member of it, as is `minh`, her deputy."""

    def make() -> Unit:
        cell, people = _cell(world, "M", "Chi bộ bản Mé", "mai", "Lường Thị Mai")
        minh = _user("minh", "Lường Văn Minh")
        appoint(cell=cell, people=[(people[8], User.objects.get(username="mai")), (people[9], minh)], by=None, at=AT)
        return cell

    return _once(name, "M", make)


def _once(name: str, code: str, make: Callable[[], Unit]) -> int:
    """The cell of a code in a site's database, made if it is not there."""
    use(name)
    try:
        return (Unit.objects.filter(code=code).first() or make()).pk
    finally:
        connections.close_all()
        use(os.environ.get("PYTEST_XDIST_WORKER", "main"))


def _cell(world: Any, code: str, name: str, username: str, full_name: str) -> tuple[Unit, list[Person]]:
    cell = Unit(code=code, name=name, kind="cell", founded_on=FOUNDED)
    organizations.found(unit=cell, parent=world.lowland, by=world.eva, at=AT)
    people = settle(cell=cell, by=world.eva, at=AT)
    organizations.grant(
        user=_user(username, full_name), role=RoleCode.SECRETARY, unit=cell, from_on=date(2023, 1, 1), by=world.eva,
        at=AT,
    )  # fmt: skip
    return cell, people


def _user(username: str, full_name: str) -> User:
    user = User(username=username, full_name=full_name)
    user.password = Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt")
    user.save()
    return user


@action("tests.appointed")
def appoint(*, cell: Unit, people: list[tuple[Person, User]], by: Any, at: Any) -> None:
    """The secretary and the deputy of a cell, who sign in; the day on which it meets."""
    for (person, user), post in zip(people, (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY), strict=True):
        link_user(person=person, user=user, by=by, at=at)
        Post.objects.create(unit=cell, post=post, person=person, from_on=date(2022, 7, 1))
    Rhythm.objects.create(unit=cell, day=10, place="Nhà văn hóa bản Mé", at_time=time(19, 30), from_on=date(2023, 1, 1))
