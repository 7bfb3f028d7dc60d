"""The pages of meetings: what is wrong stands beside its field, what was typed stays, names need their right."""

import json
import re
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.indicators import folding
from chibo.meetings import actions
from chibo.meetings.content import content_of
from chibo.meetings.models import Attendance, Meeting, NoMeeting, Score
from chibo.organizations.roles import RoleCode
from tests.meetings.saying import UID, content, december, errors, exempt, person, record_url, seal, typed, url_of
from tests.world import AT, TODAY


def test_the_form_begins_with_what_is_likely(world, ana):
    form = ana.get(record_url(world)).context["form"]
    assert form["month"].value() == "2023-10"  # the oldest recent month not recorded
    assert str(form["held_on"].value()) == "2023-10-31"
    assert [(row.who.name, row.state) for row in form.roll.listed] == [
        ("Nguyễn Thị An", "present"),
        ("Trần Văn Bền", "present"),
        ("Đặng Thị Đào", "present"),
    ]
    form = ana.get(record_url(world, month="2024-01", kind="thematic")).context["form"]
    assert (str(form["held_on"].value()), form["kind"].value()) == ("2024-01-10", "thematic")


def test_who_is_exempt_or_away_for_a_time_is_listed_apart_and_not_marked(world, ana):
    exempt(code="M1", since=date(2023, 12, 1), by=None, at=AT)
    roll = ana.get(record_url(world, month="2023-12")).context["roll"]
    assert [row.who.code for row in roll.listed] == ["M3"]
    assert [(row.who.code, row.who.exempt, row.who.away, row.state) for row in roll.apart] == [
        ("M1", True, False, ""),
        ("M2", False, True, ""),
    ]
    said = december(ana, world)
    assert ana.post(record_url(world), said).status_code == 302
    assert Attendance.objects.filter(meeting__uid=said["uid"]).count() == 1


def test_someone_exempt_who_came_is_present(world, ana):
    exempt(code="M1", since=date(2023, 12, 1), by=None, at=AT)
    said = december(ana, world, **{f"x_{person('M1')}": "present"})
    assert ana.post(record_url(world), said).status_code == 302
    assert content_of(Meeting.objects.get(uid=said["uid"])).attendance[person("M1")] == ("present", "")


def test_a_meeting_recorded_leads_to_its_page_which_says_so(world, ana):
    changes = {f"m_{person('M3')}": "excused", f"r_{person('M3')}": "Ốm", "conclusions": "<b>Giữ</b>\nvững"}
    said = december(ana, world, **changes)
    answer = ana.post(record_url(world), said, follow=True)
    page = answer.content.decode()
    assert "Recorded. 1 present, 1 excused, 0 absent." in page
    assert "Updating:" in page and "hx-get" in page
    assert "&lt;b&gt;Giữ&lt;/b&gt;<br>vững" in page
    assert "Đặng Thị Đào" in page and "Ốm" in page and "93.5" in page and "Good" in page
    meeting = Meeting.objects.get(uid=said["uid"])
    assert meeting.recorded_by == world.ana and meeting.scores.get().scored_on == date(2023, 12, 4)


def test_a_page_that_saves_by_itself_is_told_where_to_go_each_time(world, ana):
    said = december(ana, world)
    answers = {ana.post(record_url(world), said, headers={"X-Chibo-Save": "1"}).content for _ in range(10)}
    meeting = Meeting.objects.get(uid=said["uid"])
    assert [json.loads(answer)["url"] for answer in answers] == [url_of(meeting) + "?saved=1"]


BAD = [  # what is typed, the field it stands beside, words of what is said
    ({"held_on": "2024-01-11"}, "held_on", "still to come"),
    ({"held_on": "2023-02-30"}, "held_on", "no such day"),
    ({"held_on": ""}, "held_on", "please"),
    ({"held_on": "9" * 40}, "held_on", "no such day"),
    ({"held_on": "1999-12-31"}, "held_on", "founded only"),
    ({"held_on": "0001-01-01"}, "held_on", "founded only"),
    ({"month": "2023-13"}, "month", "choice"),
    ({"month": "2199-01"}, "month", "choice"),
    ({"month": "\x00"}, "month", "choice"),
    ({"kind": "congress"}, "kind", "choice"),
    ({"kind": ""}, "kind", "please"),
    ({"mode": "by post"}, "mode", "choice"),
    ({"duration_min": "0"}, "duration_min", "longer"),
    ({"duration_min": "-5"}, "duration_min", "number"),
    ({"duration_min": "2000"}, "duration_min", "At most"),
    ({"duration_min": "90 minutes"}, "duration_min", "number"),
    ({"duration_min": "1e9"}, "duration_min", "number"),
    ({"duration_min": "NaN"}, "duration_min", "number"),
    ({"duration_min": "٩٠"}, "duration_min", "number"),
    ({"topic": "a" * 501}, "topic", "501 characters"),
    ({"topic": "a\u202eb"}, "topic", "hidden characters"),
    ({"topic": "a\x00b"}, "topic", "hidden characters"),
    ({"topic": "a\nb"}, "topic", "hidden characters"),
    ({"conclusions": "a\u2066b"}, "conclusions", "hidden characters"),
    ({"conclusions": "a" * 20_001}, "conclusions", "characters long"),
    ({"c1": "5.5"}, "c1", "At most 5"),
    ({"c4": "31"}, "c4", "At most 30"),
    ({"c2": "-1"}, "c2", "number"),
    ({"c2": "many"}, "c2", "number"),
    ({"c2": "1.0000000001"}, "c2", "number"),
    ({"c3": ""}, "c3", "1 group has no points"),
    ({"c3": "", "c4": ""}, "c3", "2 groups have no points"),
    ({"kind": "extraordinary"}, "c1", "Only regular and thematic"),
    ({"prompt": "no", "scored_on": "2023-12-03"}, "scored_on", "older than"),
    ({"prompt": "no", "scored_on": "2024-01-11"}, "scored_on", "still to come"),
    ({"prompt": "no", "scored_on": "never"}, "scored_on", "no such day"),
    ({"uid": "1"}, "uid", "valid"),
    ({"version": "x"}, "version", "number"),
    ({"version": "9" * 40}, "version", "less"),
]


@pytest.mark.parametrize(("changes", "field", "words"), BAD)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(world, ana, changes, field, words):
    before = Meeting.objects.count()
    said = december(ana, world, **changes)
    answer = ana.post(record_url(world), said)
    assert answer.status_code == 422
    assert any(words in str(text) for text in errors(answer)[field]), errors(answer)
    assert Meeting.objects.count() == before
    form = answer.context["form"]
    for name in set(said) & set(form.fields):
        assert str(form[name].value()).replace("\r\n", "\n") == said[name]


def test_everything_wrong_is_said_at_once(world, ana):
    marks = {f"m_{person('M1')}": "excused", f"m_{person('M3')}": "asleep"}
    changes = {"held_on": "2023-12-04", "topic": "a" * 501, "duration_min": "x", "c1": "9"}
    answer = ana.post(record_url(world), december(ana, world, **changes, **marks))
    said = errors(answer)
    assert {"topic", "duration_min", "c1"} <= set(said)
    assert said["Nguyễn Thị An"] == "Say why Nguyễn Thị An is excused."
    assert said["Đặng Thị Đào"] == "Say whether Đặng Thị Đào was present."
    page = answer.content.decode()
    assert "5 things are to be put right" in page
    for at in re.findall(r'<li><a href="#([^"]+)"', page):
        assert f'id="{at}"' in page


@pytest.mark.parametrize("name", ["m", "r", "x"])
def test_marks_of_strangers_and_nonsense_change_nothing(world, ana, name):
    for number in (str(person("M4")), "9" * 18, "0"):
        said = december(ana, world, **{f"{name}_{number}": "present"})
        assert ana.post(record_url(world), said).status_code == 302
        assert set(content_of(Meeting.objects.get(uid=said["uid"])).attendance) == {person("M1"), person("M3")}
        actions.withdraw(meeting=Meeting.objects.get(uid=said["uid"]), reason="x", by=world.ana, at=AT)


def test_hidden_characters_in_a_reason_are_told_in_the_row(world, ana):
    marks = {f"m_{person('M1')}": "excused", f"r_{person('M1')}": "a\u202eb"}
    assert "hidden characters" in errors(ana.post(record_url(world), december(ana, world, **marks)))["Nguyễn Thị An"]


def test_points_given_later_carry_their_day_or_today(world, ana):
    for said, scored_on in (("2024-01-02", date(2024, 1, 2)), ("", TODAY)):
        sent = december(ana, world, prompt="no", scored_on=said)
        assert ana.post(record_url(world), sent).status_code == 302
        meeting = Meeting.objects.get(uid=sent["uid"])
        assert meeting.scores.get().scored_on == scored_on
        actions.withdraw(meeting=meeting, reason="x", by=world.ana, at=AT)


def test_decimal_commas_are_read_and_no_points_are_no_score(world, ana):
    sent = december(ana, world, c2="4,25", duration_min="90,5")
    ana.post(record_url(world), sent)
    assert str(Score.objects.get(meeting__uid=sent["uid"]).c2) == "4.250000000"
    sent = december(ana, world, uid=str(uuid4()), another="on", **{f"c{n}": "" for n in range(1, 9)})
    assert ana.post(record_url(world), sent).status_code == 302
    assert not Score.objects.filter(meeting__uid=sent["uid"]).exists()


def test_another_day_has_another_list_which_the_server_tells(world, ana):
    """On 1 May 2023 the third member had not joined yet."""
    sent = december(ana, world, held_on="2023-05-01", month="2023-05")
    answer = ana.post(record_url(world), sent)
    assert answer.status_code == 422
    assert any("list of who may attend has changed" in text for text in errors(answer)["held_on"])
    assert [row.who.code for row in answer.context["roll"].rows] == ["M1", "M2"]
    again = sent | {"listed": answer.context["listed"]}
    assert ana.post(record_url(world), again).status_code == 302


def test_the_list_is_updated_keeping_marks_and_nothing_is_told_wrong(world, ana):
    marks = {f"m_{person('M1')}": "excused", "topic": "a" * 600}
    answer = ana.post(record_url(world), december(ana, world, held_on="2023-05-01", update="1", **marks))
    assert answer.status_code == 200
    assert [(row.who.code, row.state) for row in answer.context["roll"].rows] == [("M1", "excused"), ("M2", "present")]
    assert not answer.context["wrong"]


def test_a_preparatory_meeting_expects_the_committee_only(world, ana):
    answer = ana.get(record_url(world, month="2023-12", kind="committee"))
    assert not answer.context["roll"].listed
    sent = typed(ana, record_url(world, month="2023-12", kind="committee"), **{f"x_{person('M1')}": "present"})
    assert ana.post(record_url(world), sent).status_code == 302
    assert Meeting.objects.get(uid=sent["uid"]).kind == "committee"


def test_the_second_of_two_who_save_is_told_what_stands_and_loses_nothing(world, ana, recorded):
    sent = december(ana, world, uid=str(UID), topic="typed with care", another="on")
    answer = ana.post(record_url(world), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was overwritten" in page
    assert "1 present, 0 excused, 1 absent; recorded by Nguyễn Thị An on 10 January 2024" in page
    assert url_of(recorded) in page
    assert 'value="typed with care"' in page
    assert Meeting.objects.get(uid=UID).topic == ""


def test_a_second_regular_meeting_of_a_month_is_told_before_and_asks_for_a_tick(world, ana, recorded):
    page = ana.get(record_url(world, month="2023-12")).content.decode()
    assert "A regular meeting of this month is recorded already" in page
    assert "Nguyễn Thị An" in page
    sent = december(ana, world)
    answer = ana.post(record_url(world), sent)
    assert answer.status_code == 422
    assert "another" in errors(answer)
    assert ana.post(record_url(world), sent | {"another": "on"}).status_code == 302


def test_a_correction_needs_a_reason_and_shows_what_it_changed(world, ana, recorded):
    url = url_of(recorded, "correct/")
    changes = {f"m_{person('M3')}": "excused", f"r_{person('M3')}": "Ill", "topic": "New", "c8": "4"}
    sent = typed(ana, url, **changes)
    assert "reason" in errors(ana.post(url, sent))
    page = ana.post(url, sent | {"reason": "The list was <read> wrongly"}, follow=True).content.decode()
    assert "The list was &lt;read&gt; wrongly" in page
    for was, now in (("Absent", "Excused: Ill"), ("–", "New"), ("5", "4")):
        assert f"<del>{was}</del>" in page and f"<ins>{now}</ins>" in page


def test_the_second_of_two_who_correct_is_told(world, ana, recorded):
    url = url_of(recorded, "correct/")
    mine = typed(ana, url, reason="Mine", topic="mine")
    actions.correct(
        meeting=recorded, seen=seal(recorded), content=content(topic="theirs"), reason="Theirs", by=world.chi, at=AT
    )  # fmt: skip
    answer = ana.post(url, mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "corrected by Lê Thị Chi" in page and 'value="mine"' in page
    assert Meeting.objects.get(pk=recorded.pk).topic == "theirs"


def test_who_had_no_mark_in_a_workbook_is_not_marked_by_a_correction(world, ana):
    meeting = Meeting.objects.get(code="A-1")
    Attendance.objects.filter(meeting=meeting, person=person("M2"))
    before = content_of(meeting)
    url = url_of(meeting, "correct/")
    assert ana.post(url, typed(ana, url, reason="Topic", topic="x")).status_code == 302
    assert content_of(Meeting.objects.get(pk=meeting.pk)).attendance == before.attendance


def test_a_withdrawal_needs_a_reason_and_stays_to_be_seen(world, ana, recorded):
    url = url_of(recorded, "withdraw/")
    assert ana.get(url).status_code == 200
    assert ana.post(url, {"reason": " "}).status_code == 422
    page = ana.post(url, {"reason": "Never <held>"}, follow=True).content.decode()
    assert "Withdrawn: this meeting counts in no figure" in page and "Never &lt;held&gt;" in page
    assert "withdraw/" not in page
    for act in ("withdraw/", "correct/"):
        assert "was withdrawn by" in ana.get(url_of(recorded, act), follow=True).content.decode()


def test_that_none_was_held_is_said_with_a_reason(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/none/?month=2023-12"
    assert 'value="2023-12" selected' in ana.get(url).content.decode()
    assert ana.post(url, {"month": "2023-12", "reason": ""}).status_code == 422
    assert ana.post(url, {"month": "2030-12", "reason": "x"}).status_code == 422
    assert ana.post(url, {"month": "2023-12", "reason": "Flood"}).status_code == 302
    assert NoMeeting.objects.get().reason == "Flood"
    assert "already, by Nguyễn Thị An" in ana.post(url, {"month": "2023-12", "reason": "Else"}).content.decode()
    assert ana.get(record_url(world)).context["form"]["month"].value() == "2023-10"
    page = ana.get(url).content.decode()
    assert "Nguyễn Thị An gave the reason below on" in page and "Flood" in page
    assert ana.post(url, {"month": "2023-12", "reason": "Harvest", "seen": "Flood"}).status_code == 302
    assert NoMeeting.objects.get().reason == "Harvest"


def test_a_month_with_a_meeting_can_not_be_said_to_have_none(world, ana, recorded):
    url = f"/units/{world.cell_a.pk}/meetings/none/"
    answer = ana.post(url, {"month": "2023-12", "reason": "Flood"})
    assert "is recorded, held on 4 December 2023" in answer.content.decode()
    assert not NoMeeting.objects.exists()


def test_names_are_told_to_those_who_may_see_members(world, recorded, monkeypatch):
    from chibo.organizations.permissions import P
    from chibo.organizations.roles import ROLES, Reach, Role

    chi = Client()
    chi.force_login(world.chi)
    assert "Đặng Thị Đào" in chi.get(url_of(recorded)).content.decode()
    less = Role(frozenset({P.UNIT_VIEW, P.MEETING_VIEW}), Reach.SUBTREE)
    monkeypatch.setitem(ROLES, RoleCode.OFFICER, less)
    page = chi.get(url_of(recorded)).content.decode()
    assert "Đặng Thị Đào" not in page and "M3" in page
    sheet = chi.get(f"/units/{world.cell_a.pk}/meetings/sheet/").content.decode()
    assert "Đặng Thị Đào" not in sheet and "M3" in sheet


def test_a_meeting_is_found_under_its_own_unit_only(world, ana, recorded):
    flo = Client()
    flo.force_login(world.flo)
    assert flo.get(url_of(recorded)).status_code == 200
    for unit in (world.cell_b, world.upland):
        assert flo.get(f"/units/{unit.pk}/meetings/{recorded.pk}/").status_code == 404
    for number in ("0", "9" * 30):
        assert ana.get(f"/units/{world.cell_a.pk}/meetings/{number}/").status_code == 404


def test_the_page_asks_until_the_figures_have_followed(world, ana, recorded):
    url = f"/units/{world.cell_a.pk}/updating/"
    asking = {"HX-Request": "true"}
    assert ana.get(url, headers=asking).status_code == 204
    while folding.fold(by=None, at=AT):
        pass
    answer = ana.get(url, headers=asking)
    assert "up to date" in answer.content.decode() and "hx-get" not in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    assert ana.get(url + "?then=refresh", headers=asking).headers["HX-Refresh"] == "true"


def test_the_blank_sheet_lists_who_may_attend_that_month(world, ana):
    page = ana.get(f"/units/{world.cell_a.pk}/meetings/sheet/?month=2023-04").content.decode()
    assert "Trần Văn Bền" in page and "Đặng Thị Đào" not in page
    assert "Đặng Thị Đào" in ana.get(f"/units/{world.cell_a.pk}/meetings/sheet/?month=x").content.decode()


def test_a_dozen_queries_at_most_however_many_attend(world, ana, recorded):
    actions.correct(meeting=recorded, seen=seal(recorded), content=content(topic="x"), reason="x", by=world.ana, at=AT)
    actions.keep_draft(unit=world.cell_a, uid=uuid4(), content={"topic": "x"}, by=world.ana, at=AT)
    for url in (
        record_url(world), record_url(world, month="2023-12"), url_of(recorded), url_of(recorded, "correct/"),
        url_of(recorded, "withdraw/"), f"/units/{world.cell_a.pk}/meetings/none/",
        f"/units/{world.cell_a.pk}/meetings/sheet/", f"/units/{world.cell_a.pk}/updating/",
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert ana.get(url).status_code == 200
        assert len(asked) <= 12, (url, len(asked), "\n".join(q["sql"][:110] for q in asked))
