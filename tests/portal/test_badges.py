"""The page of badges due, and recording one, as those see them who work with it."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from chibo.members.models import Badge, Departure, Person
from tests.members.test_party_age import member
from tests.organizations.test_followers import recorded

D = date


@pytest.fixture
def due(world):
    return member(world, "T1", D(1994, 2, 3))


def page(client, user, unit, **given):
    client.force_login(user)
    return client.get(reverse("unit_badges", args=[unit.pk]), given)


def test_the_page_shows_who_is_due_by_the_next_award_day_and_leads_to_recording_it(client, world, due):
    answer = page(client, world.chi, world.upland)
    text = answer.content.decode()
    assert "Lý T1" in text and "3 February 2024" in text
    way = reverse("award_badge", args=[due.pk]) + "?years=30"
    assert way in text
    sent = {"years": "30", "awarded_on": "2024-01-09", "way": "early", "number": "0301", "decision": "9-QĐ/TU"}
    answer = client.post(reverse("award_badge", args=[due.pk]), sent, follow=True)
    told = answer.content.decode()
    assert Badge.objects.get().person == due
    assert "Badge of 30 years of Party membership" in told and "Early; number 0301; 9-QĐ/TU" in told
    assert "29 years 11 months" in told
    assert "Lý T1" not in page(client, world.chi, world.upland).content.decode()


@pytest.mark.parametrize("which", ["late", "early", "posthumous", "2024-05-19", "nonsense", "2024-02-30", "\0"])
def test_each_list_opens_and_nonsense_is_the_first(client, world, due, which):
    assert page(client, world.chi, world.north, due=which).status_code == 200


def test_a_member_of_other_units_is_not_found_to_be_given_one(client, world, due):
    client.force_login(world.dan)
    assert client.post(reverse("award_badge", args=[due.pk]), {"years": "30", "way": "early"}).status_code == 404
    assert not Badge.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"years": "31"},
        {"years": "30", "awarded_on": "2030-01-01"},
        {"years": "9" * 30, "awarded_on": "2024-01-01"},
        {"years": "30", "awarded_on": "2024-01-01", "way": "bought"},
        {"years": "30", "awarded_on": "2024-01-01", "way": "early", "number": "0\0"},
    ],
)
def test_what_cannot_be_is_said_beside_the_field(client, world, due, sent):
    client.force_login(world.chi)
    answer = client.post(reverse("award_badge", args=[due.pk]), sent)
    assert answer.status_code == 422
    assert not Badge.objects.exists()
    assert Person.objects.filter(pk=due.pk).exists()


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "years", "needs a Party age of 30 years. On 9 January 2024 it is: 29 years 11 months."),
        (
            {"way": "early", "years": "40"},
            "years",
            "needs a Party age of 39 years. On 9 January 2024 it is: 29 years 11 months.",
        ),
        ({"way": "posthumous"}, "way", "for who died as a member, and for nobody else"),
    ],
)
def test_a_badge_before_its_years_are_full_is_refused_beside_its_field(client, world, due, sent, field, said):
    client.force_login(world.chi)
    given = {"years": "30", "awarded_on": "2024-01-09", "way": "in_time"} | sent
    answer = client.post(reverse("award_badge", args=[due.pk]), given)
    assert answer.status_code == 422
    (wrong,) = answer.context["form"].errors[field]
    assert said in wrong
    assert not Badge.objects.exists()


def test_a_badge_for_who_died_as_a_member_is_posthumous_and_by_less_years(client, world):
    gone = member(world, "T2", D(1994, 6, 3), left_on=D(2023, 12, 1))
    client.force_login(world.chi)
    url, given = reverse("award_badge", args=[gone.pk]), {"years": "30", "awarded_on": "2024-01-09"}
    answer = client.post(url, given | {"way": "in_time"})
    assert "This is no member on that day." in answer.context["form"].errors["awarded_on"]
    recorded(lambda: Departure.objects.filter(membership__person=gone).update(reason="deceased"))
    answer = client.post(url, given | {"way": "in_time"})
    assert "They died on 1 December 2023: a badge after that is posthumous." in answer.context["form"].errors["way"]
    assert client.post(url, given | {"way": "posthumous"}).status_code == 302
    assert Badge.objects.get().person == gone
