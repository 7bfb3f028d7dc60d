"""The page of a member, one's own record, and what is found by words."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from chibo.core.actions import action
from chibo.meetings.models import Attendance, Meeting
from chibo.members.actions import restay
from chibo.members.models import Membership, Person, Transfer
from chibo.organizations.scope import rights_of
from chibo.portal.finding import find
from tests.world import AT, TODAY

LATER = datetime(2024, 1, 9, 3, 0, tzinfo=UTC)


@pytest.fixture
def ask(world):
    def get(person: str, url: str) -> str:
        client = Client()
        client.force_login(getattr(world, person))
        pks = dict(Person.objects.values_list("code", "pk"))
        response = client.get(url.format(**pks))
        assert response.status_code == 200
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(response.content.decode())))

    return get


@action("tests.corrected")
def correct(*, by, at):
    person = Person.objects.get(code="M1")
    person.born_on, person.occupation = date(1981, 5, 1), "<b>giáo viên</b>"
    person.save()
    Membership.objects.filter(person=person).update(official_on=date(2011, 5, 19))
    Transfer.objects.filter(membership__person__code="M2").delete()
    restay(Membership.objects.filter(person__code="M2").values_list("pk", flat=True))


def test_a_life_is_told_from_the_last_to_the_first(ask):
    page = ask("dan", "/members/{M5}/")
    told = [
        "Present at",
        "1 October 2023 Transferred officially to another cell Chi bộ thôn 2 Hạ Lâm",
        "2 September 2015 Admitted to the Party B (outside your units)",
    ]
    assert [page.index(each) for each in told] == sorted(page.index(each) for each in told)
    assert "Thượng Lâm" not in page


def test_who_left_is_found_where_they_were_last(ask):
    page = ask("dan", "/members/{M9}/")
    assert "no longer a member; last in Chi bộ cơ sở Hợp tác xã Ánh Dương" in page
    assert "20 August 2023 No longer a member: Deceased" in page


def test_a_post_and_the_attendance_of_a_year_are_told(ask):
    page = ask("ana", "/members/{M1}/")
    assert "1 July 2022 Village head, Thôn 1" in page
    of_2023 = Attendance.objects.filter(person__code="M1", meeting__month__year=2023)
    present = of_2023.filter(state="present").count()
    assert f"2023 Present at {present} of {of_2023.count()} meetings" in page
    assert "3 January 2024" in page


def test_each_meeting_leads_to_its_page_for_those_who_may_open_it(world):
    client = Client()
    client.force_login(world.ana)
    meeting = Meeting.objects.get(code="A-5")
    page = client.get(f"/members/{Person.objects.get(code='M1').pk}/").content.decode()
    assert f'href="/units/{world.cell_a.pk}/meetings/{meeting.pk}/"' in page
    client.force_login(world.ben)
    assert "/meetings/" not in client.get("/me/").content.decode()


def test_a_correction_says_from_what_to_what_when_and_by_whom(ask, world):
    correct(by=world.ana, at=LATER)
    page = ask("chi", "/members/{M1}/")
    assert "9 January 2024 The record was corrected" in page
    assert "Born on: “1 May 1980” became “1 May 1981”" in page
    assert "Occupation: “not known” became “ giáo viên ”" in page  # the marks are text: `ask` takes them away
    assert "Official on: “not known” became “19 May 2011”" in page
    assert "by Nguyễn Thị An" in page
    assert "9 January 2024 A transfer was taken back" in ask("chi", "/members/{M2}/")


def test_who_made_a_correction_outside_my_units_is_not_named(ask, world):
    correct(by=world.eva, at=LATER)
    page = ask("chi", "/members/{M1}/")
    assert "by someone outside your units" in page
    assert world.eva.full_name not in page
    own = ask("ana", "/me/")
    assert "Born on: “1 May 1980” became “1 May 1981”" in own
    assert "by someone" not in own


def test_my_record_is_of_me_alone(ask):
    page = ask("ben", "/me/")
    assert "Trần Văn Bền" in page
    assert "1 November 2023 Transferred for a time to another cell B (outside your units)" in page
    assert "Nguyễn Thị An" not in page
    assert "Ask the administrator to link it" in ask("flo", "/me/")


def names(world, person: str, words: str) -> dict[str, list[str]]:
    rights = rights_of(getattr(world, person), TODAY)
    return {group.name: [str(each.label) for each in group.finds] for group in find(rights, words, [], TODAY)}


def test_what_begins_with_the_words_comes_first_and_only_mine_is_found(world):
    found = names(world, "chi", "thuong lam")
    assert found == {"units": ["Đảng ủy xã Thượng Lâm", "Chi bộ thôn 1 Thượng Lâm", "Chi bộ thôn 10 Thượng Lâm"]}
    assert names(world, "chi", "m1") == {"members": ["Nguyễn Thị An"]}
    assert names(world, "dan", "an") == {"units": ["Chi bộ cơ sở Hợp tác xã Ánh Dương"]}
    assert names(world, "flo", "A")["members"][:2] == ["Nguyễn Thị An", "Lý Văn Ấm"]  # by their given names
    assert "members" not in names(world, "eva", "an")
    assert names(world, "chi", "ha lam") == {}
    assert names(world, "chi", "  ") == {}
    assert names(world, "flo", "' | \\ ) *") == {}


def test_a_figure_is_found_of_my_unit_or_of_the_one_that_is_named(world):
    assert names(world, "chi", "attendance") == {"figures": ["Attendance at cell meetings"]}
    rights = rights_of(world.chi, TODAY)
    (group,) = find(rights, "attendance thon 10", [], TODAY)
    assert [each.url for each in group.finds] == [f"/units/{world.cell_b.pk}/figures/meetings.attendance/?period=2023"]
    assert names(world, "ben", "attendance") == {}
    assert AT.date() == TODAY
