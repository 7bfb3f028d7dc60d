"""Someone who keeps the files of the north, and entries to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chibo.accounts.models import User
from chibo.files import actions
from chibo.files.groups import SPECS, Group
from chibo.files.models import Entry
from chibo.members.models import Person
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.world import AT, TODAY, World


def keep_files(world: World) -> None:
    """Have Hoa, whose other role ended, keep the members' files of the north."""
    grant(user=world.hoa, role=RoleCode.FILE_KEEPER, unit=world.north, from_on=TODAY, by=world.eva, at=AT)


@pytest.fixture
def keeper(world) -> User:
    """Hoa, whose other role ended, keeps the members' files of the north."""
    keep_files(world)
    return world.hoa


@pytest.fixture
def person(world) -> Callable[[str], Person]:
    """A person of the world by code."""
    return lambda code: Person.objects.get(code=code)


@pytest.fixture
def record(world, person) -> Callable[..., Entry]:
    """Record an entry as the system does, every field of its group saying something."""

    def made(code: str, group: Group, by: Any = None, **more: Any) -> Entry:
        said = more.pop("said", {field.name: f"{group} {field.name}" for field in SPECS[group].fields})
        days = {} if SPECS[group].days == "none" else {"from_on": date(2020, 3, 2)}
        given = {"source": "document", "paper": "12-QĐ/HU", "paper_on": date(2020, 3, 1)} | days | more
        return actions.record(person=person(code), group=group, said=said, by=by, at=AT, **given)

    return made
