"""The pages of minutes, resolutions and tasks: who opens them, what they say, what is wrong beside its field."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import action
from chibo.meetings.models import Attendance, Meeting
from chibo.members.models import Post
from chibo.resolutions import actions, finding, writing
from chibo.resolutions.models import Minutes, Resolution, Task
from tests.resolutions.saying import BODY, issue, lock, newest, save, task, with_course
from tests.world import AT

EVERYONE = ("ana", "ben", "chi", "dan", "eva", "flo")


def url(world, held, more=""):
    return f"/units/{world.cell_a.pk}/meetings/{held.pk}/minutes/{more}"


def gets(client_of, path):
    return [client_of(name).get(path).status_code for name in EVERYONE]


def typed(answer, **changes):
    form = answer.context["form"]
    said = {field.html_name: field.value() for field in form if field.value() is not None}
    return said | changes


def test_who_opens_minutes_that_are_written_and_that_are_signed(world, held, minutes, client_of):
    pages = ("", "edit/", "minutes.pdf", "minutes.docx", "compare/?was=1&now=1")
    assert [gets(client_of, url(world, held, page)) for page in pages] == [
        [200, 200, 200, 404, 403, 200],  # Bền is the secretary of the meeting
        [200, 200, 403, 404, 403, 403],
        [200, 200, 200, 404, 403, 200],
        [200, 200, 200, 404, 403, 200],
        [200, 200, 200, 404, 403, 200],
    ]


def test_a_member_of_the_cell_reads_them_once_two_have_signed(world, held, client_of, an, minutes):
    other = Minutes.objects.get(pk=minutes.pk)
    third = held.attendance.get(state="excused").person
    _to(row=minutes, secretary=third, by=None, at=AT)
    assert client_of("ben").get(url(world, held)).status_code == 403
    _to(row=minutes, secretary=other.secretary, by=None, at=AT)
    signed = lock(world, minutes)
    _to(row=minutes, secretary=third, by=None, at=AT)
    answer = client_of("ben").get(url(world, held))
    assert answer.status_code == 200
    assert answer.context["revisions"] == []
    save(minutes, "<p>Chưa ký</p>", reason="Sửa", by=world.ana, chair=an, secretary=other.secretary)
    _to(row=minutes, secretary=third, by=None, at=AT)
    page = client_of("ben").get(url(world, held) + "?revision=2")
    assert page.context["shown"] == signed
    assert "Chưa ký" not in page.content.decode()


@action("tests.given_to")
def _to(*, row, secretary, by, at):
    Minutes.objects.filter(pk=row.pk).update(secretary=secretary)


def test_the_way_from_a_meeting_to_signed_minutes(world, held, client_of):
    ana, ben = client_of("ana"), client_of("ben")
    page = ana.get(f"/units/{world.cell_a.pk}/meetings/{held.pk}/")
    assert "Begin the minutes" in page.content.decode()
    assert ben.get(url(world, held)).status_code == 404
    begun = ana.get(url(world, held))
    people = {each.full_name: pk for pk, each in begun.context["form"].people.items()}
    assert list(people) == ["Nguyễn Thị An", "Trần Văn Bền"]
    same = {"chair": people["Nguyễn Thị An"], "secretary": people["Nguyễn Thị An"]}
    assert ana.post(url(world, held), same).status_code == 422
    answer = ana.post(url(world, held), same | {"secretary": people["Trần Văn Bền"]})
    assert answer.headers["Location"] == url(world, held)
    form = ben.get(url(world, held, "edit/"))
    answer = ben.post(url(world, held, "edit/"), typed(form, body="# Thảo luận\n\nVề **thủy lợi**\n\n- một\n- hai"))
    assert answer.status_code == 302
    minutes = Minutes.objects.get(meeting=held)
    assert newest(minutes).body == (
        "<h2>Thảo luận</h2>\n<p>Về <strong>thủy lợi</strong></p>\n<ul>\n<li>một</li>\n<li>hai</li>\n</ul>\n"
    )
    answer = ana.post(url(world, held), {"act": "adopt", "seen": 2, "votes_for": 3, "votes_against": 0, "by_hands": 1})
    assert answer.status_code == 422
    assert answer.context["adopt"].errors["votes_for"]
    votes = {"act": "adopt", "seen": 2, "votes_for": 2, "votes_against": 0, "by_hands": 1}
    answer = ana.post(url(world, held), votes | {"part": "chair"}, follow=True)  # adopted and signed in one
    assert "signed by you" in answer.content.decode()
    assert answer.context["issue_url"]
    assert ben.post(url(world, held), {"act": "sign", "part": "secretary", "seen": 2}).status_code == 302
    page = ben.get(url(world, held))
    assert page.context["is_locked"]
    assert "the text is fixed" in page.content.decode()


@action("tests.seated")
def _seat(*, cell, person, post, by, at):
    Post.objects.get_or_create(unit=cell, post=post, person=person, defaults={"from_on": date(2022, 1, 1)})


def test_minutes_are_begun_at_once_by_those_who_usually_chair_and_write(world, held, an, ben_person, client_of):
    ana, page = client_of("ana"), f"/units/{world.cell_a.pk}/meetings/{held.pk}/"
    answer = ana.post(url(world, held), {"usual": "1"})
    assert answer.status_code == 200  # nobody knows who writes: it is asked
    assert not answer.context["form"].is_bound
    _seat(cell=world.cell_a, person=an, post="secretary", by=None, at=AT)
    _seat(cell=world.cell_a, person=ben_person, post="deputy_secretary", by=None, at=AT)
    answer = ana.post(url(world, held), {"usual": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, url(world, held))
    begun = Minutes.objects.get(meeting=held)
    assert (begun.chair, begun.secretary) == (an, ben_person)
    assert ana.post(url(world, held), {"usual": "1"}).status_code == 302  # tapped twice
    assert "Begin the minutes" not in ana.get(page).content.decode()


def test_what_the_editor_sends_is_kept_as_it_looks_and_nothing_else(world, held, minutes, client_of):
    ana = client_of("ana")
    form = ana.get(url(world, held, "edit/"))
    sent = typed(form, body=BODY + "<script>alert(1)</script><p onclick=x>ok</p>", sent_as="html")
    assert ana.post(url(world, held, "edit/"), sent).status_code == 302
    assert newest(minutes).body == writing.as_html(writing.from_html(BODY + "<p>ok</p>"))
    page = ana.get(url(world, held)).content.decode()
    assert "<strong>thủy lợi</strong>" in page
    assert "alert(1)" not in page


def test_a_conflict_is_told_beside_what_was_typed_and_resolved_knowingly(world, held, minutes, client_of):
    ana = client_of("ana")
    mine = typed(ana.get(url(world, held, "edit/")), body="Của tôi")
    save(minutes, "<p>Của người khác</p>", by=world.ben)
    answer = ana.post(url(world, held, "edit/"), mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Của tôi" in page
    assert "khác" in page
    assert newest(minutes).number == 2
    again = typed(answer)
    assert again["seen"] == "2"
    assert ana.post(url(world, held, "edit/"), again).status_code == 302
    assert [each.number for each in minutes.revisions.order_by("number")] == [1, 2, 3]


def test_a_correction_asks_why(world, held, minutes, client_of):
    lock(world, minutes)
    ana = client_of("ana")
    sent = typed(ana.get(url(world, held, "edit/")), body="Đã sửa")
    answer = ana.post(url(world, held, "edit/"), sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]
    assert ana.post(url(world, held, "edit/"), sent | {"reason": "Sai số"}).status_code == 302
    page = ana.get(url(world, held)).content.decode()
    assert "Sai số" in page
    compared = ana.get(url(world, held, "compare/?was=1&now=2")).content.decode()
    assert "<ins>" in compared
    assert "<del>" in compared


def test_papers_say_what_the_minutes_say(world, held, minutes, client_of):
    lock(world, minutes)
    ana = client_of("ana")
    answer = ana.get(url(world, held, "minutes.docx"))
    text = zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode()
    for said in ("BIÊN BẢN", "CHI BỘ THÔN 1 THƯỢNG LÂM", "ĐẢNG CỘNG SẢN VIỆT NAM", "Trần Văn Bền", "CHỦ TRÌ"):
        assert said in text
    assert ana.get(url(world, held, "minutes.pdf")).content.startswith(b"%PDF")
    assert ana.get(url(world, held, "minutes.exe")).status_code == 404


def test_minutes_are_found_by_words_without_accents_by_who_may_read_them(world, held, minutes, client_of):
    save(minutes, by=world.ana)
    ana = client_of("ana")
    hits = ana.get("/minutes/?q=thuy+loi").context["hits"]
    assert [text for is_asked, text in hits[0]["pieces"] if is_asked] == ["thủy", "lợi"]
    assert ana.get("/minutes/?q=Thủy+chè").context["hits"] == []

    def found(name):
        answer = client_of(name).get("/minutes/?q=thuy")
        return len(answer.context["hits"]) if answer.status_code == 200 else answer.status_code

    assert [found(name) for name in EVERYONE] == [1, 0, 1, 0, 404, 1]
    lock(world, minutes)
    assert found("ben") == 1
    save(minutes, "<p>Thủy nông</p>", reason="Sửa", by=world.ana)
    assert found("ben") == 0  # of his own cell he finds what two have signed


@pytest.mark.parametrize("asked", ["'", '"', "a:b & !", "\\", "(", "-", "x" * 500, "\0", "<->", "🕊", "or", '"a'])
def test_nonsense_looked_for_is_answered_calmly(world, minutes, client_of, asked):
    assert client_of("ana").get("/minutes/", {"q": asked, "after": asked}).status_code == 200


def test_pages_of_what_was_found_go_on_by_key(world, held, minutes, client_of, monkeypatch, an, ben_person):
    for code in ("A-1", "A-2"):
        other = Meeting.objects.get(code=code)
        _present(rows=Attendance.objects.filter(meeting=other), by=None, at=AT)
        actions.begin(meeting=other, chair=an, secretary=ben_person, by=world.ana, at=AT)
    monkeypatch.setattr(finding, "SIZE", 1)
    page, told = "/minutes/?q=nguyen", []
    while page:
        answer = client_of("ana").get(page)
        told += [each["url"] for each in answer.context["hits"]]
        page = answer.context["pager"].next_url
    assert len(told) == len(set(told)) == 3


@action("tests.all_present")
def _present(*, rows, by, at):
    rows.update(state="present")


# Resolutions and tasks


def test_a_resolution_is_issued_on_its_page(world, held, client_of, ben_person):
    ana = client_of("ana")
    path = f"/units/{world.cell_a.pk}/meetings/{held.pk}/resolution/"
    assert gets(client_of, path) == [200, 403, 403, 404, 403, 403]
    page = ana.get(path)
    sent = typed(page, title="Về thủy lợi", body="Làm mương", **{"t1-what": "Nạo vét", "rows": "3"})
    answer = ana.post(path, sent)
    assert answer.status_code == 422
    assert {"who", "due_on"} == set(answer.context["tasks"][0].errors)
    answer = ana.post(path, sent | {"more": "1"})
    assert len(answer.context["tasks"]) == 5
    assert answer.context["tasks"][0]["what"].value() == "Nạo vét"
    answer = ana.post(path, sent | {"t1-who": [str(ben_person.pk), "committee"], "t1-due_on": "2023-09-30"})
    issued = Resolution.objects.get()
    assert answer.headers["Location"] == f"/units/{world.cell_a.pk}/resolutions/{issued.pk}/"
    here = f"/units/{world.cell_a.pk}/resolutions/{issued.pk}/"
    for way, expected in (
        (here, [200, 200, 200, 404, 403, 200]),
        (here + "resolution.pdf", [200, 200, 200, 404, 403, 200]),
        (here + "resolution.docx", [200, 200, 200, 404, 403, 200]),
        (f"/units/{world.cell_a.pk}/resolutions/", [200, 403, 200, 404, 403, 200]),
    ):
        assert gets(client_of, way) == expected, way


def test_a_resolution_begins_with_what_was_noted_at_the_meeting(world, client_of):
    ana, held = client_of("ana"), with_course(world)
    path = f"/units/{world.cell_a.pk}/meetings/{held.pk}/resolution/"
    page = ana.get(path)
    sent = typed(page, rows="3")
    assert (sent["title"], sent["votes_for"]) == ("On the tasks after the meeting of December 2023", 0)
    for task_form in page.context["tasks"][:2]:
        sent |= {field.html_name: field.value() for field in task_form if field.value()}
    assert ana.post(path, sent).status_code == 422  # nobody was for it
    assert ana.post(path, sent | {"votes_for": 1}).status_code == 302
    tasks = Resolution.objects.get().tasks.order_by("place")
    assert [(each.what, each.by_committee, each.due_on) for each in tasks] == [
        ("Nạo vét mương", False, date(2024, 1, 31)), ("Báo cáo", True, date(2024, 1, 31)),
    ]  # fmt: skip
    assert not any(each["what"].value() for each in ana.get(path).context["tasks"])


def test_a_task_goes_from_who_has_it_to_the_secretary(world, held, client_of, ben_person):
    given = issue(held, world.ana, task(ben_person)).tasks.get()
    ben, ana, path = client_of("ben"), client_of("ana"), f"/tasks/{given.pk}/"
    assert gets(client_of, path) == [200, 200, 200, 404, 404, 200]
    assert [each.title for each in ben.get("/me/tasks/").context["still"]] == ["Nạo vét mương"]
    assert ben.get("/me/tasks/").context["still"][0].late
    assert "Nạo vét mương" in ben.get("/").content.decode()
    assert ben.post(path, {"act": "confirm"}).status_code == 422
    assert ben.post(path, {"act": "say", "note": "Xong"}).status_code == 302
    assert ben.get("/me/tasks/").context["still"] == []
    assert "1 task is said to be done" in ana.get("/").content.decode()
    assert ana.post(path, {"act": "return"}).status_code == 422
    assert ana.post(path, {"act": "confirm"}).status_code == 302
    assert Task.objects.get().state == "done"
    assert client_of("chi").post(path, {"act": "drop", "note": "x"}).status_code == 422


def test_nonsense_sent_is_answered_calmly(world, held, minutes, client_of, ben_person):
    given = issue(held, world.ana, task(ben_person)).tasks.get()
    ana = client_of("ana")
    fields = (
        *("body", "sent_as", "seen", "chair", "secretary", "reason", "act", "part", "votes_for", "votes_against"),
        *("by_hands", "title", "rows", "note", "t1-what", "t1-who", "t1-due_on", "t2-measure"),
    )
    for value in ("\0", "9" * 40, "-1", "[]", "🕊", "²", "2199-12-31"):
        sent = dict.fromkeys(fields, value)
        for path in (
            url(world, held), url(world, held, "edit/"), f"/tasks/{given.pk}/",
            f"/units/{world.cell_a.pk}/meetings/{held.pk}/resolution/",
        ):  # fmt: skip
            assert ana.post(path, sent).status_code in (302, 422), (path, value)
        for act in ("adopt", "sign", "attest"):
            assert ana.post(url(world, held), sent | {"act": act}).status_code in (302, 422), (act, value)
        for page in (f"?revision={value}", f"compare/?was={value}&now={value}", f"minutes.pdf?revision={value}"):
            assert ana.get(url(world, held, page)).status_code in (200, 302)


def test_a_page_takes_at_most_twelve_queries(world, held, minutes, client_of, ben_person):
    issued = issue(held, world.ana, task(ben_person), task(ben_person))
    meetings_url = f"/units/{world.cell_a.pk}/meetings/{held.pk}/"
    lock(world, minutes)
    save(minutes, reason="Sửa", by=world.ana)
    counted = {}
    for path in (
        meetings_url, url(world, held), url(world, held, "edit/"), url(world, held, "compare/?was=1&now=2"),
        url(world, held, "minutes.docx"), meetings_url + "resolution/", "/me/tasks/", "/minutes/?q=thuy",
        f"/units/{world.cell_a.pk}/resolutions/", f"/units/{world.cell_a.pk}/resolutions/{issued.pk}/",
        f"/tasks/{issued.tasks.first().pk}/",
    ):  # fmt: skip
        for name in ("ana", "ben", "chi"):
            client = client_of(name)
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            if len(asked) > 12:
                counted[path, name] = len(asked)
    assert counted == {}


def test_an_administrator_lays_down_another_rule_from_a_day_on(world, held, client_of):
    eva, sent = client_of("eva"), {"per": "year", "sign": "NQ/ChB", "final_days": "5", "from_on": "2023-09-01"}
    for wrong in ({"sign": "<b>"}, {"sign": "1"}, {"final_days": "-1"}, {"per": "x"}, {"from_on": "0001-01-01"}):
        assert eva.post("/minutes/rules/", sent | wrong).status_code == 422
    assert eva.post("/minutes/rules/", sent).status_code == 302
    assert eva.post("/minutes/rules/", sent).status_code == 422  # something begins that day already
    assert issue(held, world.ana).code == "01-NQ/ChB"
    assert issue(Meeting.objects.get(code="A-1"), world.ana).code == "02-NQ/CB"
    assert "NQ/ChB" in eva.get("/minutes/rules/").content.decode()
    assert client_of("chi").post("/minutes/rules/", sent).status_code == 404


def test_minutes_that_are_not_signed_in_time_say_so(world, held, minutes, client_of):
    page = client_of("ana").get(url(world, held))
    assert str(page.context["late_since"]) == "2023-09-06"
    lock(world, minutes)
    assert client_of("ana").get(url(world, held)).context["late_since"] is None
