"""Where the desk of someone with several roles opens."""

import html
import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.organizations import actions
from chibo.organizations.roles import RoleCode
from tests.world import AT


@pytest.fixture
def heading(world):
    def get(person, url="/"):
        client = Client()
        client.force_login(getattr(world, person))
        page = html.unescape(client.get(url).content.decode())
        return re.sub(r"<[^>]*>", "", re.search(r"<h1>(.*?)</h1>", page)[1])

    return get


def give(world, person, role, unit):
    user, at = getattr(world, person), getattr(world, unit)
    actions.grant(user=user, role=role, unit=at, from_on=date(2023, 1, 1), by=None, at=AT)


def test_a_cell_secretary_who_leads_a_committee_too_begins_where_a_meeting_waits(heading, world):
    give(world, "ana", RoleCode.LEADER, "province")
    assert heading("ana") == world.cell_a.name
    assert heading("ana", f"/?unit={world.province.pk}") == world.province.name


def test_to_find_where_it_opens_asks_little(world):
    give(world, "ana", RoleCode.LEADER, "province")
    client = Client()
    client.force_login(world.ana)
    client.get("/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    ours = [query["sql"] for query in asked if "django_session" not in query["sql"] and "SAVEPOINT" not in query["sql"]]
    assert len(ours) <= 12, (len(ours), [each[:90] for each in ours])


def test_who_works_in_an_office_stays_there(heading, world):
    give(world, "chi", RoleCode.SECRETARY, "cell_a")
    assert heading("chi") == world.north.name


def test_of_two_committees_one_leads_the_lower_comes_first(heading, world):
    give(world, "ben", RoleCode.LEADER, "province")
    give(world, "ben", RoleCode.LEADER, "north")
    assert heading("ben") == world.north.name
