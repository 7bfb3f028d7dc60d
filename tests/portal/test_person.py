"""The page of a member, one's own record, and what is found by words."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.utils.translation import override

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.core.text import label_sort_key, search_key
from chibo.meetings.models import Attendance, Meeting
from chibo.members import lives
from chibo.members.actions import restay
from chibo.members.models import Membership, Person, Transfer
from chibo.organizations.actions import relineage
from chibo.organizations.frame import common
from chibo.organizations.held_roles import makers
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.portal.finding import find, rank_of
from chibo.portal.pages import offered
from chibo.reports.actions import make_snapshot
from tests.world import AT, FOUNDED, TODAY

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
    way = f'href="/units/{world.cell_a.pk}/meetings/{Meeting.objects.get(code="A-5").pk}/"'
    assert way in client.get(f"/members/{Person.objects.get(code='M1').pk}/").content.decode()
    client.force_login(world.ben)
    assert way in client.get("/me/").content.decode()  # a member opens those of their own cell
    leaves = Membership.objects.get(person__user=world.ben)
    lives.depart(membership=leaves, on=TODAY, reason="resigned", by=None, at=AT)  # from then on a member nowhere
    page = client.get("/me/").content.decode()
    assert "3 January 2024" in page
    assert "/meetings/" not in page


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
    assert "Nguyễn Thị An" not in page
    assert "Ask the administrator to link it" in ask("flo", "/me/")


def test_a_cell_i_attend_for_a_time_is_one_of_mine_until_i_am_home(ask, world):
    gone = f"1 November 2023 Transferred for a time to another cell {world.cell_b.name}"
    assert f"{gone} (outside your units)" not in ask("ben", "/me/")
    assert gone in ask("ben", "/me/")
    lives.end_temporary(membership=Membership.objects.get(person__user=world.ben), on=TODAY, by=None, at=AT)
    assert "1 November 2023 Transferred for a time to another cell B (outside your units)" in ask("ben", "/me/")


def test_the_unit_of_meetings_is_told_only_if_one_was_elsewhere(ask):
    assert "Attendance Kind 3 January" in ask("ana", "/me/?year=2024")
    assert "Attendance Kind Unit" in ask("dan", "/members/{M5}/")  # in another cell until October


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
    assert not {"units", "members"} & names(world, "chi", "ha lam").keys()
    assert names(world, "chi", "  ") == {}
    assert names(world, "flo", "' | \\ ) *") == {}


def test_a_figure_is_found_of_my_unit_or_of_the_one_that_is_named(world):
    assert names(world, "chi", "attendance") == {"figures": ["Attendance at cell meetings"]}
    rights = rights_of(world.chi, TODAY)
    (group,) = find(rights, "attendance thon 10", [], TODAY)
    assert [each.url for each in group.finds] == [f"/units/{world.cell_b.pk}/figures/meetings.attendance/?period=2023"]
    assert names(world, "ben", "attendance") == {}
    assert AT.date() == TODAY


def test_before_any_word_is_typed_the_own_pages_are_offered(world):
    client = Client()
    client.force_login(world.chi)
    page = html.unescape(client.get("/find/", headers={"HX-Request": "true"}).content.decode())
    finds = re.findall(r'href="([^"]*)"><span[^>]*>([^<]*)<', page)
    assert finds[:2] == [("/", "My desk"), (f"/units/{world.north.pk}/", "Huyện ủy Đông Hà")]
    assert ("/members/", "Members") in finds and ("/reports/", "Reports") in finds
    whole = html.unescape(client.get("/find/").content.decode())
    assert "My desk" not in whole.split("<main")[1].split("</main>")[0]


def test_what_units_and_members_are_called_is_no_figure(world):
    assert names(world, "chi", "thi dao") == {"members": ["Đặng Thị Đào"]}
    assert list(names(world, "chi", "attendance thon 10")) == ["figures"]
    assert names(world, "chi", "attendance at") == {"figures": ["Attendance at cell meetings"]}
    name_cells(names=["Chi bộ Attendance thôn 10"], under=world.upland, by=None, at=AT)
    assert list(names(world, "chi", "attendance thon 10")) == ["units"]


@action("tests.named")
def name_cells(*, names: list[str], under: Unit, by, at):
    cells = [Unit(code=f"Y{n}", name=name, kind="cell", founded_on=FOUNDED) for n, name in enumerate(names)]
    for cell in cells:
        cell.sort_key, cell.search_key = label_sort_key(cell.name), search_key(cell.name)
    Unit.objects.bulk_create(cells)
    ParentLink.objects.bulk_create(ParentLink(unit=cell, parent=under, from_on=date(1, 1, 1)) for cell in cells)
    relineage([cell.pk for cell in cells])


def test_a_member_called_so_stands_before_units_in_which_the_words_lie_scattered(world):
    name_cells(names=[f"Chi bộ thị trấn An Lạc {n}" for n in range(9)], under=world.upland, by=None, at=AT)
    rights = rights_of(world.chi, TODAY)
    groups = find(rights, "thi an", [], TODAY)
    assert [group.name for group in groups] == ["members", "units"]
    assert groups[0].finds[0].label == "Nguyễn Thị An"
    assert len(groups[1].finds) == 4
    assert list(names(world, "chi", "thi tran an")) == ["units"]
    assert len(names(world, "chi", "thi tran an")["units"]) == 8


def test_a_unit_called_so_stands_before_members(world):
    name_cells(names=["Chi bộ Đào Xá", "Đào"], under=world.upland, by=None, at=AT)
    found = names(world, "chi", "dao")
    assert list(found) == ["units", "members"]
    assert found == {"units": ["Đào", "Chi bộ Đào Xá"], "members": ["Đặng Thị Đào"]}


@pytest.mark.parametrize(
    ("words", "text", "rank"),
    [
        ("tran kim chi", "Trần  Kim Chi", 0),
        ("tran kim", "Trần Kim Chi", 1),
        ("tran ki", "Trần Kim Chi", 2),
        ("kim chi", "Trần Kim Chi", 3),
        ("kim c", "Trần Kim Chi", 4),
        ("ran kim", "Trần Kim Chi", 5),
        ("chi kim", "Trần Kim Chi", 5),
    ],
)
def test_how_near_a_name_is_to_words(words, text, rank):
    assert rank_of(words, text, "X-9") == rank


def test_a_reports_code_however_it_is_typed_leads_to_the_report(world):
    snapshot = make_snapshot(kind="annual", unit=world.upland, period=Period.parse("2023"), by=world.chi, at=AT)
    url = f"/reports/{snapshot.code}/"
    client = Client()
    client.force_login(world.chi)
    for typed in (snapshot.code, snapshot.code.lower(), snapshot.code.replace("-", ""), f" {snapshot.code} "):
        assert client.get("/find/", {"q": typed}).headers["Location"] == url
        assert f'href="{url}"' in client.get("/find/", {"q": typed}, headers={"HX-Request": "true"}).content.decode()
    for other in (world.dan, world.ana, world.eva):  # another district, below it, without the right to reports
        client.force_login(other)
        assert client.get("/find/", {"q": snapshot.code}).status_code == 200
        assert "reports" not in {group.name for group in find(rights_of(other, TODAY), snapshot.code, [], TODAY)}


def test_a_meetings_code_leads_to_the_meeting(world):
    meeting = Meeting.objects.get(code="A-5")
    (group,) = find(rights_of(world.chi, TODAY), "a-5", [], TODAY)
    assert [each.url for each in group.finds] == [f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/"]
    assert find(rights_of(world.dan, TODAY), "A-5", [], TODAY) == []
    assert find(rights_of(world.eva, TODAY), "A-5", [], TODAY) == []


def test_to_who_has_no_units_others_are_those_who_keep_the_records(world):
    def called(user):
        return makers([world.dan.pk], rights_of(user, TODAY).scope(P.MEMBER_VIEW), user)[world.dan.pk]

    assert called(world.ben) == "those who keep the records"
    assert called(world.ana) == "someone outside your units"


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("dues", "/units/{cell}/dues/"), ("đảng phí", "/units/{cell}/dues/"), ("dang phi", "/units/{cell}/dues/"),
        ("register", "/units/{cell}/register/"), ("cases", "/units/{cell}/cases/"),
        ("xóa tên", "/units/{cell}/grounds/"), ("grounds", "/units/{cell}/grounds/"),
        ("admissions", "/units/{cell}/sources/"), ("badges", "/units/{cell}/badges/"),
        ("kết nạp", "/units/{cell}/sources/"), ("ho so thu tuc", "/cases/"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_page_of_the_own_unit_is_found_by_its_name_in_either_language(world, words, url, language):
    with override(language):
        assert url.format(cell=world.cell_a.pk) in found_pages(world.ana, words)


def found_pages(user, words: str) -> list[str]:
    rights = rights_of(user, TODAY)
    groups = find(rights, words, offered(rights, common(rights, "find")["nav"]), TODAY)
    return [each.url for group in groups for each in group.finds if group.name == "pages"]


def test_pages_are_found_by_who_may_open_them_alone(world):
    duplicates = "/members/alike/"
    assert duplicates in found_pages(world.chi, "duplicates")
    assert duplicates not in found_pages(world.ana, "duplicates")
    assert found_pages(world.ben, "dues") == []
    for user in (world.ana, world.chi):
        client = Client()
        client.force_login(user)
        for page in offered(rights_of(user, TODAY), []):
            assert client.get(page.url).status_code == 200
