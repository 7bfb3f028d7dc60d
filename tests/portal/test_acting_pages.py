"""Letting someone act: the form, both desks, the administrator who names someone, what stays seen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from chibo.lifecycle.actions import begin
from chibo.meetings.models import Meeting
from chibo.members.models import Person
from chibo.organizations import actions
from chibo.organizations.models import Grant, Source
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.procedures.queries import version_on
from chibo.procedures.waiting import LATELY, lent
from tests.members.test_post_roles import give
from tests.world import AT, TODAY

DAY = timedelta(days=1)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def text(client, url):
    return re.sub(r"\s+", " ", client.get(url).content.decode())


def form(world, owner, **more):
    held = Grant.objects.filter(user=owner).exclude(source=Source.ACTING)
    keys = {f"{role} {unit}" for role, unit in held.order_by("pk").values_list("role", "unit_id")}
    return {
        "grants": sorted(keys),
        "who": "ben",
        "from_on": "2024-01-10",
        "last_on": "2024-01-15",
        "reason": "in hospital",
    } | more


def test_both_desks_say_who_acts_for_whom_until_when_and_why(world):
    ana, ben = browser(world.ana), browser(world.ben)
    assert ana.post("/acting/", form(world, world.ana)).status_code == 302
    assert rights_of(world.ben, TODAY).scope(P.MEETING_RECORD).covers(world.cell_a)
    assert "Trần Văn Bền acts for you until 15 January 2024." in text(ana, "/")
    assert "You act for Nguyễn Thị An until 15 January 2024." in text(ben, "/")
    for desk in (text(ana, "/"), text(ben, "/")):
        assert "in hospital" in desk
    assert "in hospital" not in text(browser(world.chi), "/")
    grant = Grant.objects.get(source=Source.ACTING)
    assert ben.post("/acting/", {"act": "end", "grant": grant.pk}).status_code == 302
    assert "acts for you" not in text(ana, "/")
    assert not rights_of(world.ben, TODAY).scope(P.MEETING_RECORD)
    told = text(browser(world.eva), f"/users/{world.ben.pk}/")
    assert "acts for Nguyễn Thị An" in told
    assert "ended" in told or "taken back" in told


def test_what_is_to_come_is_said_to_who_lent_it(world):
    ana = browser(world.ana)
    ana.post("/acting/", form(world, world.ana, from_on="2024-01-12"))
    assert "Trần Văn Bền acts for you from 12 January 2024 until 15 January 2024." in text(ana, "/")
    assert "act for" not in text(browser(world.ben), "/").replace("Someone acts for me", "")


def test_it_says_no_longer_than_the_role_it_was_lent_from(world):
    ana = browser(world.ana)
    ana.post("/acting/", form(world, world.ana))
    actions.end_grant(grant=Grant.objects.get(user=world.ana, source="given"), on=TODAY + DAY, by=world.eva, at=AT)
    assert "acts for you until 10 January 2024." in text(ana, "/")


def test_people_are_found_by_name_in_the_own_units_and_by_user_name_along_the_line(world):
    ana = browser(world.ana)
    assert ana.post("/acting/", form(world, world.ana, who="tran van")).status_code == 302
    for who in ("le thi chi", "dan", "pham van", "nobody", "ana"):
        told = ana.post("/acting/", form(world, world.ana, who=who))
        assert told.status_code == 422
        assert "Nobody near your units" in told.content.decode()
    assert ana.post("/acting/", form(world, world.ana, who="CHI")).status_code == 302


def test_of_several_one_is_chosen_and_what_was_typed_stays(world):
    actions.grant(user=world.hoa, role="officer", unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    chi = browser(world.chi)
    told = chi.post("/acting/", form(world, world.chi, who="thi")).content.decode()
    assert "Several people have these words: choose one." in told
    assert 'value="in hospital"' in told
    assert chi.post("/acting/", form(world, world.chi, who="thi", chosen=str(world.hoa.pk))).status_code == 302


def test_an_administrator_names_who_acts(world):
    eva = browser(world.eva)
    url = f"/users/{world.ana.pk}/acting/"
    assert eva.post(url, form(world, world.ana)).status_code == 302
    assert "Trần Văn Bền acts for Nguyễn Thị An from 10 January 2024 until 15 January 2024." in text(eva, url)
    assert "Trần Văn Bền acts for you" in text(browser(world.ana), "/")
    told = eva.post(url, form(world, world.ana, who="eva"))
    assert told.status_code == 422
    assert "Nobody makes themself act for another" in told.content.decode()
    grant = Grant.objects.get(source=Source.ACTING)
    assert eva.post(url, {"act": "end", "grant": grant.pk}).status_code == 302
    assert not rights_of(world.ben, TODAY).scope(P.MEETING_RECORD)


def test_an_administrator_below_names_nobody_for_who_also_works_above(world):
    actions.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    actions.grant(user=world.chi, role="officer", unit=world.south, from_on=TODAY, by=world.eva, at=AT)
    hoa = browser(world.hoa)
    assert hoa.get(f"/users/{world.chi.pk}/acting/").status_code == 403
    assert hoa.get(f"/users/{world.dan.pk}/acting/").status_code == 404
    assert hoa.get(f"/users/{world.ana.pk}/acting/").status_code == 200


def test_a_role_held_twice_is_lent_as_one_and_ended_as_one(world):
    give(unit=world.cell_a, person=Person.objects.get(code="M1"), by=None, at=AT)
    ana = browser(world.ana)
    assert text(ana, "/acting/").count('name="grants"') == 1
    assert ana.post("/acting/", form(world, world.ana)).status_code == 302
    assert Grant.objects.filter(source=Source.ACTING).count() == 2
    assert text(ana, "/").count("acts for you") == 1
    assert text(browser(world.chi), f"/units/{world.cell_a.pk}/access/").count("acts for Nguyễn Thị An") == 1
    grant = Grant.objects.filter(source=Source.ACTING).order_by("pk").first()
    ana.post("/acting/", {"act": "end", "grant": grant.pk})
    assert not rights_of(world.ben, TODAY).scope(P.MEETING_RECORD)


def test_who_has_nothing_to_lend_is_told_so(world):
    assert "There is no role that another could hold" in text(browser(world.eva), "/acting/")
    other = Grant.objects.get(user=world.flo)
    told = browser(world.ben).post(
        "/acting/", form(world, world.ben, grants=[f"{other.role} {other.unit_id}"], who="ana")
    )
    assert told.status_code == 422
    assert not Grant.objects.filter(source=Source.ACTING).exists()


@pytest.mark.parametrize("last_on", ["2024-01-09", "", "x", "2026-01-01", "9999-12-31"])
def test_days_that_can_not_be_are_said_beside_the_field(world, last_on):
    told = browser(world.ana).post("/acting/", form(world, world.ana, last_on=last_on))
    assert told.status_code == 422
    assert not Grant.objects.filter(source=Source.ACTING).exists()


def test_a_member_opens_the_meetings_of_the_own_cell_and_reads_only_of_themself(world):

    meeting = Meeting.objects.get(code="A-1")
    ben = browser(world.ben)
    told = text(ben, f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/")
    assert "Trần Văn Bền" in told
    for other in ("Nguyễn Thị An", "Đặng Thị Đào", "M1<", "M3<"):
        assert other not in told
    assert "2 present" in told or "1 present" in told
    assert f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/" in text(ben, "/me/?year=2023")
    assert ben.get(f"/units/{world.cell_a.pk}/meetings/").status_code == 403


def test_what_was_signed_in_someones_name_is_on_their_page_and_for_a_fortnight_on_their_desk(world):
    version, dao = version_on("correction", TODAY), Person.objects.get(code="M3")
    told = {"what": "ethnicity", "value": "Tày"}
    case = begin(version=version, person=dao, unit=world.cell_a, told=told, by=world.ana, at=AT)
    ana, ben = browser(world.ana), browser(world.ben)
    assert "Signed in my name" not in text(ana, "/acting/")
    ana.post("/acting/", form(world, world.ana))
    assert "You sign in the place of Nguyễn Thị An" in text(ben, f"/cases/{case.pk}/")
    sent = {"number": 1, "outcome": "right"}
    assert ben.post(f"/cases/{case.pk}/", sent).status_code == 302
    assert '<a href="/acting/#signed">1 step was signed in your name</a>' in text(ana, "/")
    page = text(ana, "/acting/")
    assert re.search(rf'<a [^>]*href="/cases/{case.pk}/"[^>]*>Đặng Thị Đào</a>', page)
    assert "Agrees with the papers" in page
    assert "signed in your name" not in text(ben, "/")
    assert [n for _tag, n, _name in lent(world.ana, TODAY + LATELY - DAY)] == ["1"]
    assert list(lent(world.ana, TODAY + LATELY)) == []


def test_who_left_the_unit_sees_that_something_was_signed_in_their_name_and_not_about_whom(world):
    test_what_was_signed_in_someones_name_is_on_their_page_and_for_a_fortnight_on_their_desk(world)
    for grant in Grant.objects.filter(user=world.ana):
        actions.end_grant(grant=grant, on=TODAY, by=world.eva, at=AT)
    page = text(browser(world.ana), "/acting/")
    assert "a case that is no longer yours to see" in page
    assert "Đặng Thị Đào" not in page
