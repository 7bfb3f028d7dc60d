"""What a case would be refused for is said where it is told: beside the choice, beside the day, when it is kept."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client

from chibo.core.actions import Denied
from chibo.members.models import Person
from tests.lifecycle.going import Office, begun, step
from tests.lifecycle.test_cases import member
from tests.permission_table import signed_in
from tests.procedures.test_case_pages import text
from tests.world import TODAY

PAPER = {"paper-number_request": "1", "paper-on_request": "2024-01-09", "paper-at_request": "Tủ 1"}
NO_BADGE = "The badge of 90 years, awarded in this way, needs a Party age of 90 years. On 3 February 2024 it is: "


def person(code: str) -> Person:
    return Person.objects.get(code=code)


def beside(page: str, field: str) -> str:
    """What is said at a field as wrong."""
    found = re.search(rf'id="id_{field}_error"(.*?)</div>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1])) if found else ""


def test_a_badge_is_chosen_beside_what_the_records_know_and_one_they_cannot_bear_is_refused_at_once(
    world, django_assert_max_num_queries
):
    case = begun("badge", person("M3"), world.cell_a, world.ana, TODAY)
    ana, url = signed_in(world, "ana"), f"/cases/{case.pk}/"
    ana.get(url)
    with django_assert_max_num_queries(12):
        page = text(ana.get(url))
    assert re.search(r"Party age on the next award day, 3 February 2024: [\w ]+\. No badge is due then\.", page)
    sent = {"number": 1, "ask_years": "90", "ask_why": "due", "outcome": "send"}
    answer = ana.post(url, sent)
    assert answer.status_code == 422
    said = beside(answer.content.decode(), "ask_years")
    assert NO_BADGE in said
    with pytest.raises(Denied, match=re.escape(NO_BADGE)):
        step(case, world.ana, "send", TODAY, years="90", why="due")
    kept = ana.post(url, sent | {"outcome": "", "act": "keep"}, follow=True)
    assert NO_BADGE in text(kept)
    assert "Kept. It still has to be signed." in text(kept)


def test_the_badge_that_is_due_is_named_and_may_be_asked_for(world):
    office = Office.at(world.cell_a)
    case = begun("badge", member(world, "T1", date(1994, 1, 5)), world.cell_a, office.secretary, TODAY)
    client = Client()
    client.force_login(office.secretary)
    page = text(client.get(f"/cases/{case.pk}/"))
    assert "Party age on the next award day, 3 February 2024: 30 years" in page
    assert "The badge of 30 years is due then." in page
    assert step(case, office.secretary, "send", TODAY, years="30", why="due").stages.latest("number").number == 2


def test_a_day_to_come_is_told_of_when_it_is_kept_and_stands_beside_its_field_when_signed(world):
    ana = signed_in(world, "ana")
    back = begun("exemption", person("M2"), world.cell_a, world.ana, TODAY, told={"why": "tuổi cao"})
    url = f"/cases/{back.pk}/"
    given = {
        "number": 1, "ask_ground": "age", "ask_from_on": "2024-03-01", "how": "counts", "held_on": "2024-01-10",
        "summoned": "3", "present": "3", "votes_for": "3", "against": "0", "invalid": "0", **PAPER,
    }  # fmt: skip
    kept = ana.post(url, given | {"act": "keep"}, follow=True)
    page = text(kept)
    assert "Kept. It still has to be signed." in page
    assert "This day is still to come: record it on the day. Signed today it would be refused." in page
    assert back.stages.latest("number").number == 1
    back.refresh_from_db()
    assert back.told["from_on"] == "2024-03-01", "nothing is lost"
    refused = ana.post(url, given | {"outcome": "adopt"})
    assert refused.status_code == 422
    assert "This day is still to come: record it on the day." in beside(refused.content.decode(), "ask_from_on")
    assert "This day is still to come" not in beside(refused.content.decode(), "held_on")


def test_a_fault_of_a_day_told_at_an_earlier_step_is_named_by_it(world):
    office = Office.at(world.cell_a)
    case = begun("death", person("M3"), world.cell_a, office.secretary, TODAY)
    case = step(case, office.secretary, "send", TODAY, on=date(2001, 1, 1))
    client = Client()
    client.force_login(office.officer)
    answer = client.post(f"/cases/{case.pk}/", {"number": 2, "outcome": "confirm"})
    assert answer.status_code == 422
    assert re.search(r"Error: Day[\w ]*: The member joined on", text(answer))


def test_what_is_drafted_is_for_who_acts_there_until_it_is_signed(world):
    case = begun("exemption", person("M2"), world.cell_a, world.ana, TODAY, told={"why": "tuổi cao"})
    url = f"/cases/{case.pk}/"
    given = {
        "number": 1, "ask_ground": "age", "ask_from_on": "2024-01-10", "how": "counts", "held_on": "2024-01-10",
        "summoned": "3", "present": "3", "votes_for": "3", "against": "0", "invalid": "0", "act": "keep", **PAPER,
    }  # fmt: skip
    ana, ben = signed_in(world, "ana"), signed_in(world, "ben")
    assert ana.post(url, given).status_code == 302
    mine, theirs = (text(each.get(url)).split("The way so far")[1] for each in (ana, ben))
    assert "Not signed yet:" in mine
    assert "3 summoned" in mine
    assert "summoned" not in theirs
    assert "Not signed yet" not in theirs
    assert "Tủ 1" in text(ana.get(url))
    assert "Tủ 1" not in text(ben.get(url))
    assert ana.post(url, given | {"act": "", "outcome": "adopt"}).status_code == 302
    for each in (ana, ben):
        page = text(each.get(url)).split("The way so far")[1]
        assert "3 summoned" in page
        assert "Not signed yet" not in page
