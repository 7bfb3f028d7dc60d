"""A meeting of cell A with two who were there, its minutes, and both in their browsers."""

from datetime import date

import pytest
from django.test import Client

from chibo.core.actions import action
from chibo.meetings.models import Meeting
from chibo.members.models import Membership, Person
from chibo.resolutions import actions
from tests.resolutions.saying import tell
from tests.world import AT


@action("tests.made_official")
def _official(*, by, at):
    Membership.objects.filter(person__code__in=["M1", "M2"]).update(official_on=date(2020, 2, 3))


@pytest.fixture(autouse=True)
def official(world):
    """An and Bền vote; Đào, who joined in 2023, does not yet."""
    _official(by=None, at=AT)


@pytest.fixture
def held(world):
    return Meeting.objects.select_related("unit").get(code="A-4")  # 4 September 2023: An and Bền were there


@pytest.fixture
def an(world):
    return Person.objects.get(code="M1")


@pytest.fixture
def ben_person(world):
    return Person.objects.get(code="M2")


@pytest.fixture
def minutes(world, held, an, ben_person):
    tell(meeting=held, by=None, at=AT)
    return actions.begin(meeting=held, chair=an, secretary=ben_person, by=world.ana, at=AT)


@pytest.fixture
def client_of(world):
    def of(name):
        client = Client()
        client.force_login(getattr(world, name))
        return client

    return of
