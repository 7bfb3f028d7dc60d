"""A small procedure of the tests, about nothing: prepared at the cell, checked by its committee, decided above."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.timezone import make_aware

from chibo.accounts.models import User
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.portal import further
from chibo.procedures import drafting, registry
from chibo.procedures.actions import begin
from chibo.procedures.models import Case, Version
from tests.database import use
from tests.world import AT, World
from tests.worlds import make_world

CELL, COMMITTEE = {"at": "cell", "roles": ["secretary"]}, {"at": "committee_above", "roles": ["officer", "leader"]}
DISTRICT = {"at": "above_grassroots", "roles": ["officer"]}


def name(text: str) -> dict[str, str]:
    return {"en": text}


SMALL: dict[str, Any] = {
    "begins": [CELL],
    "results": {"granted": name("Granted"), "refused": name("Refused")},
    "steps": [
        {
            "code": "prepare",
            "name": name("Prepare"),
            "who": [CELL],
            "asks": [{"code": "why", "kind": "text", "name": name("Why")}],
            "limit": {"n": 5, "unit": "working_days"},
            "outcomes": [{"code": "send", "name": name("Send"), "to": "check"}],
        },
        {
            "code": "check",
            "name": name("Check"),
            "who": [COMMITTEE],
            "apart_from": ["begin", "prepare"],
            "limit": {"n": 1, "unit": "months"},
            "outcomes": [
                {"code": "pass", "name": name("Pass"), "to": "decide"},
                {"code": "return", "name": name("Return"), "to": "prepare", "reason": True},
            ],
        },
        {
            "code": "decide",
            "name": name("Decide"),
            "who": [DISTRICT],
            "need": "any",
            "apart_from": ["check"],
            "outcomes": [
                {"code": "grant", "name": name("Grant"), "ends": "granted"},
                {"code": "refuse", "name": name("Refuse"), "ends": "refused", "reason": True},
            ],
        },
    ],
}


def on(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))


def changed(**steps: dict[str, Any]) -> dict[str, Any]:
    """The small procedure with some of its steps told otherwise."""
    told = copy.deepcopy(SMALL)
    for step in told["steps"]:
        step.update(steps.get(step["code"], {}))
    return told


def lay_down(told: dict[str, Any], *, code: str = "small", valid_from: date = date(2020, 1, 1)) -> Version:
    """A version of a procedure that is valid from a day."""
    draft = drafting.draft(code=code, subject="nothing", name=name("Small"), basis="1-QĐ/TW", told=told, by=None, at=AT)
    return drafting.lay_down(version=draft, valid_from=valid_from, by=None, at=on(valid_from))


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Subject]:
    """Cases of the tests are about nothing; whom they concern, a test may say, so desks ask anew each time."""
    monkeypatch.setattr(further, "_ASKED", SimpleNamespace(rows=lambda *given: list(further._asked(*given))))
    about = registry.Subject(
        code="nothing",
        label="Nothing",
        concerned=lambda case: CONCERNED.get(case.about, ()),
        of_user=lambda user: Case.objects.filter(about__in=[name for name, pks in CONCERNED.items() if user.pk in pks]),
    )
    registry.subjects["nothing"] = about
    yield about
    del registry.subjects["nothing"]
    CONCERNED.clear()


CONCERNED: dict[str, list[int]] = {}


@pytest.fixture
def people(world: World) -> dict[str, User]:
    """Those of the world, and more: officers of the commune and the district, who check and decide."""
    return people_of(world)


def people_of(world: World) -> dict[str, User]:
    """The same of a world that a test commits to."""
    found = {each: getattr(world, each) for each in ("ana", "ben", "chi", "dan", "eva", "flo")}
    for username, role, unit in (
        ("kim", "officer", world.upland),
        ("lam", "leader", world.upland),
        ("mai", "officer", world.north),
    ):
        found[username] = User.objects.create(username=username, full_name=username.title(), sort_key=username)
        organizations.grant(user=found[username], role=role, unit=unit, from_on=date(2020, 1, 1), by=None, at=AT)
    return found


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """The small world in a database that the tests of a module commit to: what one does, the next meets."""
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        make_world(f"shared_{own}")
        yield World.found()
        use(own)


@pytest.fixture
def a_case(nothing: registry.Subject) -> Callable[..., Case]:
    """Begins a case of the small procedure, or of another, at a unit."""

    def begun(unit: Unit, *, version: Version | None = None, by: User | None = None, **more: Any) -> Case:
        found = version or Version.objects.filter(procedure__code="small").first() or lay_down(SMALL)
        return begin(version=found, unit=unit, by=by, at=more.pop("at", AT), **more)

    return begun


def go(case: Case, *acts: tuple[User, str], at: datetime = AT) -> Case:
    """The case after these signed these outcomes, one after the other."""
    from chibo.procedures.actions import sign

    for by, outcome in acts:
        number = case.stages.latest("number").number
        case = sign(case=case, number=number, outcome=outcome, reason="because", by=by, at=at)
    return case
