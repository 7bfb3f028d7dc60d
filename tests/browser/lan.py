"""A cell of thirty who must attend, and Lan, its secretary, for a site of the browser tests."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections

from chibo.accounts.models import User
from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.members.actions import restay
from chibo.members.models import Membership, Person
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from tests.database import use
from tests.world import AT, FOUNDED, PASSWORD

NAMES = "An Bình Cúc Dũng Đào Giang Hà Khoa Lan Minh Nga Oanh Phúc Quý Sơn Tú"
GIVEN = NAMES.split()


@action("tests.settled")
def settle(*, cell: Unit, by: Any, at: Any) -> None:
    """Thirty-two members of a cell, two of them exempt from meetings."""
    spells = []
    for n in range(32):
        name = f"Lường {'Văn' if n % 2 else 'Thị'} {GIVEN[n % len(GIVEN)]}"
        person = Person.objects.create(
            code=f"L{n:02}", full_name=name, sex="m" if n % 2 else "f", born_on=date(1980, 1, 1 + n % 28),
            sort_key=name_sort_key(name), search_key=search_key(name),
        )  # fmt: skip
        exempt = date(2022, 1, 1) if n in (7, 20) else None
        spells.append(
            Membership.objects.create(
                person=person, cell=cell, joined_on=date(2015, 2, 3), official_on=date(2016, 2, 3), exempt_from=exempt
            )
        )
    restay([spell.pk for spell in spells])


def found(name: str, world: Any) -> int:
    """A cell of thirty who must attend, and its secretary `lan`, in the site's own database."""
    use(name)
    try:
        known = Unit.objects.filter(code="L").first()
        if known:
            return known.pk
        cell = Unit(code="L", name="Chi bộ bản Lường", kind="cell", founded_on=FOUNDED)
        organizations.found(unit=cell, parent=world.lowland, by=world.eva, at=AT)
        settle(cell=cell, by=world.eva, at=AT)
        lan = User(username="lan", full_name="Lường Thị Lan")
        lan.password = Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt")
        lan.save()
        organizations.grant(
            user=lan, role=RoleCode.SECRETARY, unit=cell, from_on=date(2023, 1, 1), by=world.eva, at=AT
        )  # fmt: skip
        return cell.pk
    finally:
        connections.close_all()
        use(os.environ.get("PYTEST_XDIST_WORKER", "main"))
