"""The pages of a member's file: what they show, to whom, and what is done there."""

from __future__ import annotations

import html
import json
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.duplicates.drafting import references
from chibo.files import actions, views
from chibo.files.groups import Group
from chibo.files.models import Copy, Entry, Opening
from chibo.members import lives
from chibo.members.models import Membership, Person
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.portal import own_copy
from tests.organizations.test_followers import recorded
from tests.permission_table import signed_in
from tests.world import AT, TODAY

SOURCE = {"save": "1", "source": "document", "paper": "15-QĐ/HU", "paper_on": "2022-05-06"}


def words(response) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(response.content.decode())))


@pytest.fixture
def url(person):
    return lambda code, path="": f"/members/{person(code).pk}/file/{path}"


def test_the_file_shows_each_group_with_source_and_history_and_sensitive_ones_closed(world, url, record):
    record("M3", Group.TRAINING, by=world.ana)
    record("M3", Group.FAMILY)
    actions.correct_fact(
        person=Person.objects.get(code="M3"), fact="religion", value="Phật giáo", source="form", paper="2-HSĐV",
        by=world.chi, at=AT,
    )  # fmt: skip
    page = words(signed_in(world, "ana").get(url("M3")))
    for said in (
        "training course",
        "since 2 March 2020",
        "12-QĐ/HU of 1 March 2020",
        "Phật giáo",
        "2-HSĐV",
        "Recorded, by Nguyễn Thị An",
    ):
        assert said in page
    assert "by someone outside your units" in page  # Chi works above
    assert "family" not in page.replace("Family", "")
    without = words(signed_in(world, "ana").get(url("M1")))
    assert page.count("Family") == without.count("Family") == 1  # no matter whether there is anything


def test_a_new_entry_comes_from_the_form_and_what_was_typed_stays(world, url):
    ana = signed_in(world, "ana")
    wrong = ana.post(
        url("M3", "rewards/new/"), {**SOURCE, "paper": "", "said_reward": "Giấy khen", "from_on": "2022-05-06"}
    )
    assert wrong.status_code == 422
    assert 'value="Giấy khen"' in wrong.content.decode()
    assert "Give the number of the document" in words(wrong)
    done = ana.post(url("M3", "rewards/new/"), {**SOURCE, "said_reward": "Giấy khen", "from_on": "2022-05-06"})
    assert done.status_code == 302
    entry = Entry.objects.get()
    assert (entry.said, entry.from_on, entry.paper) == ({"reward": "Giấy khen"}, date(2022, 5, 6), "15-QĐ/HU")
    life = words(signed_in(world, "flo").get(f"/members/{entry.person_id}/"))
    assert "6 May 2022 Giấy khen Rewards" in life


def test_an_entry_is_corrected_ended_and_taken_out(world, url, record):
    entry, ana = record("M3", Group.WORK, by=world.ana), signed_in(world, "ana")
    page = ana.get(url("M3", f"entries/{entry.pk}/correct/")).content.decode()
    assert 'value="work work"' in page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    sent = {**SOURCE, "said_work": "Kế toán", "from_on": "2020-03-02", "seen": seen}
    assert ana.post(url("M3", f"entries/{entry.pk}/correct/"), sent).status_code == 302
    late = ana.post(url("M3", f"entries/{entry.pk}/correct/"), sent | {"said_work": "Lái xe"})
    assert late.status_code == 422
    assert "Someone changed this meanwhile" in words(late)
    assert ana.post(url("M3", f"entries/{entry.pk}/end/"), {"save": "1", "on": "2019-01-01"}).status_code == 422
    assert ana.post(url("M3", f"entries/{entry.pk}/end/"), {"save": "1", "on": "2023-01-01"}).status_code == 302
    page = words(ana.get(url("M3")))
    assert "2 March 2020 to 1 January 2023" in page
    assert "Work: “work work” became “Kế toán”" in page
    assert ana.post(url("M3", f"entries/{entry.pk}/strike/"), {"save": "1", "reason": ""}).status_code == 422
    assert ana.post(url("M3", f"entries/{entry.pk}/strike/"), {"save": "1", "reason": "nhầm người"}).status_code == 302
    assert "Kế toán" not in words(ana.get(url("M3")))
    assert ana.get(url("M3", f"entries/{entry.pk}/correct/")).status_code == 404


def test_an_entry_of_someone_else_is_not_found_under_another_name(world, url, record):
    entry = record("M4", Group.WORK)
    assert signed_in(world, "chi").get(url("M3", f"entries/{entry.pk}/correct/")).status_code == 404
    sensitive = record("M3", Group.HEALTH)
    for act in ("correct", "end", "strike", "none"):  # no other answer than to an entry that is none
        for ask in (signed_in(world, "ana").get, signed_in(world, "ana").post):
            assert ask(url("M3", f"entries/{sensitive.pk}/{act}/")).status_code == 404
            assert ask(url("M3", f"entries/987654321/{act}/")).status_code == 404
    assert signed_in(world, "chi").get(url("M3", f"entries/{'9' * 30}/correct/")).status_code == 404


def test_a_fact_is_corrected_on_its_page(world, url):
    ana = signed_in(world, "ana")
    page = ana.get(url("M3", "facts/born_on/"))
    assert "Now: 29 February 2000" in words(page)
    sent = {**SOURCE, "value": "2000-03-01", "was": "2000-02-29"}
    assert ana.post(url("M3", "facts/born_on/"), sent).status_code == 302
    assert Person.objects.get(code="M3").born_on == date(2000, 3, 1)
    assert ana.post(url("M3", "facts/born_on/"), sent | {"value": "2000-03-02"}).status_code == 422
    assert ana.post(url("M3", "facts/sex/"), SOURCE | {"value": "x"}).status_code == 422


def test_an_opened_group_leads_to_its_entries_by_the_same_reason(world, url, keeper, record):
    entry, hoa = record("M3", Group.FAMILY), signed_in(world, "hoa")
    page = hoa.post(url("M3", "family/"), {"open": "1", "reason": "Xác minh <lý lịch>"})
    assert page["Cache-Control"].count("no-store")
    assert "family name" in words(page)
    assert 'name="reason" value="Xác minh &lt;lý lịch&gt;"' in page.content.decode()
    form = hoa.post(url("M3", f"entries/{entry.pk}/correct/"), {"open": "1", "reason": "Xác minh <lý lịch>"})
    assert 'value="family name"' in form.content.decode()
    sent = {**SOURCE, "said_relation": "Vợ", "said_name": "Lò Thị Mây"}
    assert hoa.post(url("M3", f"entries/{entry.pk}/correct/"), sent).status_code == 302
    assert Opening.objects.count() == 2
    assert "family name" not in words(hoa.get(url("M3")))


def test_who_looked_shows_to_the_member_and_to_who_may_know_who_sees_them(world, url, keeper):
    signed_in(world, "hoa").post(url("M2", "contact/"), {"open": "1", "reason": "Đối chiếu số căn cước"})
    mine = words(signed_in(world, "ben").get("/me/file/"))
    for said in ("Đối chiếu số căn cước", "Bùi Thị Hoa", "Huyện ủy Đông Hà", "Identity card, address and telephone"):
        assert said in mine
    assert "Đối chiếu" in words(signed_in(world, "chi").get(url("M2", "openings/")))
    unnamed = words(signed_in(world, "eva").get(url("M2", "openings/")))
    assert "Đối chiếu" in unnamed
    assert "M2" in unnamed
    assert "Trần Văn Bền" not in unnamed
    assert signed_in(world, "ana").get(url("M2", "openings/")).status_code == 404


def test_a_complete_copy_holds_everything_and_is_noted(world, keeper, record, person):
    record("M2", Group.WORK)
    record("M2", Group.FAMILY)
    struck = record("M2", Group.HEALTH)
    actions.strike(entry=struck, reason="of someone else", by=None, at=AT)
    actions.open_group(person=person("M2"), group=Group.FAMILY, reason="Xác minh", by=keeper, at=AT)
    ben = signed_in(world, "ben")
    answer = ben.post("/me/file/copy/", {"form": "json"})
    assert "attachment" in answer["Content-Disposition"]
    told = json.loads(answer.content)
    assert told["member"]["full_name"]["value"] == "Trần Văn Bền"
    assert {each["group"] for each in told["file"]} == {"work", "family", "health"}
    assert [each["cell"] for each in told["memberships"]] == ["A"]
    assert [each["kind"] for each in told["transfers"]] == ["temporary"]
    assert [each["unit"] for each in told["posts"]] == ["T-N"]
    assert len(told["attendance"]) == 5
    assert [each["by"] for each in told["openings"]] == ["Bùi Thị Hoa"]
    assert ben.post("/me/file/copy/", {"form": "pdf"}).content.startswith(b"%PDF-")
    text = str(own_copy.printed(person("M2"), world.ben, rights_of(world.ben, TODAY).scope(P.UNIT_VIEW), AT))
    for said in (
        "Trần Văn Bền",
        "family name",
        "work work",
        "health finding",
        "Xác minh",
        "Bùi Thị Hoa",
        "of someone else",
    ):
        assert said in text
    assert [each.form for each in Copy.objects.order_by("pk")] == ["json", "pdf"]
    assert "Copy to read and print" in words(ben.get("/me/file/"))
    for form in ("", "xlsx", "\0"):
        assert ben.post("/me/file/copy/", {"form": form}).status_code == 400
    assert signed_in(world, "chi").post("/me/file/copy/", {"form": "json"}).status_code == 404


TOLD = {  # what speaks of people, by the part of the copy that says it
    "files_entry": "file",
    "files_basis": "member",
    "files_opening": "openings",
    "files_copy": "copies",
    "members_membership": "memberships",
    "members_transfer": "transfers",
    "members_departure": "departures",
    "members_exemption": "exemptions",
    "members_suspension": "suspensions",
    "members_badge": "badges",
    "members_post": "posts",
    "lifecycle_abroad": "abroad",
    "lifecycle_membercase": "cases",
    "committees_charge": "charges",
    "modes_groupmember": "party_groups",
    "meetings_attendance": "attendance",
    "meetings_guest": "attendance",
    "admissions_source": "sources",
    "admissions_certificate": "certificates",
    "registers_payerspell": "payer",
    "registers_relief": "reliefs",
    "registers_payment": "dues",
    "resolutions_assignee": "tasks",
}
NOT_TOLD = {
    "members_stay": "follows from memberships, transfers and departures",
    "members_temporarystay": "follows from transfers",
    "resolutions_minutes": "minutes speak of everyone who was there; they are read in the cell",
    "admissions_helper": "speaks of whom they helped",
    "admissions_screened": "what the cell found of all its members in a screening, and who helps whom",
    "agendas_reading": "which papers of its meetings someone opened: read in the cell, from its notices",
    "meetings_noted": "what a meeting noted before it resolved: the task of the resolution tells it",
    "modes_away": "whom a cell names as away when it asks to meet online: read in the cell, from its request",
    "guidance_supportplan": "a plan is about a cell, and read there by who has a part in it",
    "lifecycle_note": "what the cell noted before a case: the case tells it",
}


def test_who_looked_is_all_there_page_by_page(world, url, person, keeper, monkeypatch):
    monkeypatch.setattr(views, "OPENINGS", 2)
    for n in range(5):
        actions.open_group(person=person("M2"), group=Group.HEALTH, reason=f"Lần thứ {n}", by=keeper, at=AT)
    for name, page in (("ben", "/me/file/"), ("eva", url("M2", "openings/"))):
        client, told = signed_in(world, name), list[str]()
        while page:
            answer = client.get(page)
            told += re.findall(r"Lần thứ \d", words(answer))
            page = answer.context["pager"].next_url
        assert told == [f"Lần thứ {n}" for n in (4, 3, 2, 1, 0)]
        assert "#looked" in answer.context["pager"].first_url


def test_every_table_that_speaks_of_people_is_in_the_complete_copy_or_it_is_said_why_not(world, person):
    speaking = {there for table in ("members_person", "members_membership") for there, _column in references(table)}
    speaking |= {"files_opening", "files_copy"}  # logs: no row of theirs holds another
    assert speaking == {*TOLD, *NOT_TOLD}
    told = json.loads(own_copy.as_json(person("M2"), AT))
    assert set(TOLD.values()) <= set(told)


def test_what_befell_a_member_is_in_the_complete_copy(world, person):
    ben, at = person("M2"), {"by": None, "at": AT}
    spell = ben.memberships.get()
    lives.exempt(membership=spell, from_on=date(2020, 1, 1), decision="11-QĐ", **at)
    lives.return_from_exemption(membership=spell, on=date(2021, 1, 1), decision="12-QĐ", **at)
    recorded(
        lambda: Membership.objects.filter(pk=spell.pk).update(joined_on=date(1988, 1, 1), official_on=date(1989, 1, 1))
    )
    lives.suspend(membership=spell, from_on=date(2021, 2, 3), decision="13-QĐ", **at)
    lives.award_badge(person=ben, years=30, awarded_on=date(2023, 9, 2), number="77", decision="14-QĐ", **at)
    told = json.loads(own_copy.as_json(ben, AT))
    assert [(e["from_on"], e["to_on"], e["end_decision"]) for e in told["exemptions"]] == [
        ("2020-01-01", "2021-01-01", "12-QĐ")
    ]
    assert [(e["from_on"], e["to_on"], e["decision"]) for e in told["suspensions"]] == [("2021-02-03", None, "13-QĐ")]
    assert [(e["years"], e["number"]) for e in told["badges"]] == [(30, "77")]
    printed = str(own_copy.printed(ben, world.ben, rights_of(world.ben, TODAY).scope(P.UNIT_VIEW), AT))
    assert all(decision in printed for decision in ("11-QĐ", "12-QĐ", "13-QĐ", "14-QĐ"))


def test_nonsense_sent_to_a_file_is_answered_calmly(world, url, keeper, record):
    entry = record("M3", Group.ABROAD)
    hoa = signed_in(world, "hoa")
    for value in ("\0", "\u202e", "9" * 40, "x" * 6000, "0000-00-00", "1899-12-31", "2199-12-31", "-1", "[]", "🕊"):
        sent = dict.fromkeys(
            (
                *("said_matter", "said_country", "said_note", "from_on", "to_on", "source", "paper", "paper_on"),
                *("seen", "on", "reason", "value", "was", "said_work"),
            ),
            value,
        )
        for path in (
            "abroad/new/", "work/new/", "facts/born_on/", "facts/sex/", "facts/full_name/",
            f"entries/{entry.pk}/correct/", f"entries/{entry.pk}/end/",
        ):  # fmt: skip
            assert hoa.post(url("M3", path), sent | {"save": "1"}).status_code == 422, (path, value)
    assert hoa.post(url("M3", "work/"), {"reason": "Xác minh"}).status_code == 405


def test_a_file_takes_few_questions_however_much_it_says(world, url, record, keeper):
    for _n in range(3):
        for group in (Group.WORK, Group.TRAINING, Group.FAMILY):
            record("M2", group, by=keeper)
    actions.correct_fact(
        person=Person.objects.get(code="M2"), fact="religion", value="Không", source="declared", by=keeper, at=AT
    )
    ben, chi = signed_in(world, "ben"), signed_in(world, "chi")
    for client, page in (
        (ben, "/me/file/"),
        (chi, url("M2")),
        (chi, url("M2", "openings/")),
        (chi, url("M2", "work/")),
    ):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(page).status_code == 200
        assert len(asked) <= 12, page
