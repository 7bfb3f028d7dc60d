"""The secretary of cell A in her browser, and a meeting she has recorded."""

import pytest
from django.test import Client

from chibo.meetings import actions
from tests.meetings.judging import by_sheet
from tests.meetings.saying import UID, content
from tests.world import AT


@pytest.fixture
def ana(world):
    client = Client()
    client.force_login(world.ana)
    return client


@pytest.fixture
def recorded(world):
    return actions.record(unit=world.cell_a, uid=UID, content=content(), by=world.ana, at=AT)


@pytest.fixture
def scored(world):
    return actions.record(unit=world.cell_a, uid=UID, content=by_sheet(), by=world.ana, at=AT)
