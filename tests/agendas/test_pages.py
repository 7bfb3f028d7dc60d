"""The pages on which a meeting is prepared, its notice read, a year planned; what stands on desks."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chibo.agendas import actions, planning, registry
from chibo.agendas.content import Row
from chibo.agendas.models import HandedTopic, Notice, Rhythm, Sending, Topic
from chibo.members.actions import link_user
from chibo.members.models import Person
from tests.agendas.saying import UID, content
from tests.agendas.test_notices import PDF
from tests.permission_table import signed_in
from tests.world import AT


@pytest.fixture
def ana(world) -> Client:
    return signed_in(world, "ana")


@pytest.fixture
def rhythm(world) -> Rhythm:
    planned = Rhythm(day=13, off="next", at_time="19:30", place="Nhà văn hóa thôn 1", from_on=date(2024, 1, 1))
    return planning.lay_down(unit=world.cell_a, rhythm=planned, by=world.ana, at=AT)


@pytest.fixture
def given(world) -> Notice:
    return actions.save(unit=world.cell_a, uid=UID, seen=0, content=content(), give=True, by=world.ana, at=AT)


def text(response) -> str:
    return response.content.decode()


def typed(page) -> dict[str, str]:
    """What a browser would send of the page as it was answered."""
    form = page.context["form"]
    sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    sent |= {name: value.strftime("%H:%M") for name, value in sent.items() if hasattr(value, "hour")}
    for n, line in enumerate(form.lines.lines):
        sent |= {f"{name}_{n}": getattr(line, name) for name in ("text", "kind", "minutes", "code")}
    return sent


def new(world, **asked) -> str:
    return reverse("notice_new", args=[world.cell_a.pk], query={"month": "2024-01"} | asked)


def test_from_the_desk_two_taps_give_the_notice_when_nothing_differs_from_the_plan(world, ana, rhythm):
    """The 13th of January is a Saturday: the cell meets on the Monday after it, in five days."""
    item = next(each for each in ana.get("/").context["waits"] if "/notices/" in each.url)
    assert (item.act, item.late) == ("Prepare it", False)
    page = ana.get(item.url)
    assert page.context["form"].initial["on"] == date(2024, 1, 15)
    assert "What became of last month" in text(page)
    answer = ana.post(page.context["action_url"], typed(page) | {"give": "1"}, follow=True)
    assert "The notice is given" in text(answer)
    notice = Notice.objects.get()
    assert (notice.status, notice.on, notice.place) == ("given", date(2024, 1, 15), "Nhà văn hóa thôn 1")
    assert notice.items.count() == len(page.context["lines"]) > 10
    assert not [each for each in ana.get("/").context["waits"] if each.act == "Prepare it"]


def test_a_cell_without_a_day_to_meet_on_is_asked_for_one_until_it_has_one(world, ana):
    def asked(user):
        return [each for each in signed_in(world, user).get("/").context["waits"] if each.act == "Lay it down"]

    (item,) = asked("ana")
    coming = {"day": "5", "off": "stay", "at_time": "19:30", "place": "Nhà văn hóa", "from_on": "2024-02-01"}
    assert ana.post(item.url, coming).status_code == 302
    assert asked("ana") == []  # it holds from February on, and is laid down
    assert not [each for each in ana.get("/").context["waits"] if each.act == "Prepare it"]
    assert asked("chi") == []


def test_the_next_meeting_is_prepared_if_no_month_is_named(world, ana, rhythm):
    base = reverse("notice_new", args=[world.cell_a.pk])
    assert ana.get(base).url == f"{base}?kind=regular&month=2024-01"
    given = content(on=date(2024, 1, 15))
    actions.save(unit=world.cell_a, uid=UID, seen=0, content=given, give=True, by=None, at=AT)
    assert ana.get(base, {"month": "1900-01"}).url == f"{base}?kind=regular&month=2024-02"


def test_rows_move_without_anything_being_kept(world, ana):
    page = ana.get(new(world, kind="extraordinary"))
    url, sent = page.context["action_url"], typed(page)
    first, second = sent["text_0"], sent["text_1"]
    page = ana.post(url, sent | {"move": "down-0", "place": "Trường học"})
    assert [line.text for line in page.context["lines"]][:2] == [second, first]
    assert 'value="Trường học"' in text(page)
    page = ana.post(url, typed(page) | {"move": "off-0"})
    assert page.context["lines"][0].text == first
    page = ana.post(url, typed(page) | {"move": "add"})
    assert page.context["lines"][-1].text == ""
    for odd in ("up-0", "down-999", "off-x", "", "\0", "add" * 99):
        assert ana.post(url, typed(page) | {"move": odd}).status_code == 200
    assert not Notice.objects.exists()


def test_what_is_wrong_stands_beside_it_and_what_was_typed_stays(world, ana):
    page = ana.get(new(world))
    sent = typed(page) | {
        "on": "2024-01-20",
        "at_time": "25:70",
        "minutes_0": "lots",
        "text_1": "a\u202eb",
        "give": "1",
    }
    page = ana.post(page.context["action_url"], sent)
    assert page.status_code == 422
    assert "Write the minutes as a number" in text(page)
    assert "hidden characters" in text(page)
    assert 'value="lots"' in text(page)
    page = ana.post(page.context["action_url"], typed(page) | {"on": "2024-01-20", "minutes_0": "", "give": "1"})
    assert page.status_code == 422


@pytest.mark.parametrize("name", ["on", "uid", "version", "at_time", "mode", "place", "text_0", "kind_0", "minutes_0"])
@pytest.mark.parametrize(
    "value", ["\0", "9" * 40, "x" * 3000, "-1", "2024-02-31", "\ud800".encode("utf-16", "surrogatepass")]
)
def test_nonsense_is_answered_calmly(world, ana, name, value):
    page = ana.get(new(world))
    assert ana.post(page.context["action_url"], typed(page) | {name: value}).status_code in (200, 302, 422)


def test_two_who_prepare_at_once_are_told(world, ana, given):
    page = ana.get(reverse("notice_change", args=[given.pk]))
    actions.save(
        unit=world.cell_a, uid=UID, seen=given.version, content=content(place="Sân kho"), by=None, at=AT
    )  # fmt: skip
    answer = ana.post(page.context["action_url"], typed(page) | {"place": "Trường học", "save": "1"})
    assert answer.status_code == 409
    assert "nothing of it was overwritten" in text(answer)
    assert 'value="Trường học"' in text(answer)
    assert Notice.objects.get().place == "Sân kho"


def test_a_member_reads_when_where_and_what_and_no_draft_conclusion(world, given):
    """Hoa has no role any more: that she is a member of the cell is enough."""
    link_user(person=Person.objects.get(code="M3"), user=world.hoa, by=None, at=AT)
    hoa = signed_in(world, "hoa")
    item = next(each for each in hoa.get("/").context["waits"] if each.url == f"/notices/{given.pk}/")
    assert "12 January 2024" in item.title
    page = text(hoa.get(item.url))
    for said in ("19:30", "Nhà văn hóa thôn 1", "Giữ lời thề đảng viên", "Nhiệm vụ tháng tới", "45 minutes together"):
        assert said in page, said
    for not_said in ("Dự thảo", "Change it", "What was told"):
        assert not_said not in page, not_said
    assert hoa.get(f"/notices/{given.pk}/change/").status_code == 403


def test_whoever_is_in_charge_reads_it_without_a_role_in_the_cell(world, given):
    dan = signed_in(world, "dan")
    assert dan.get(f"/notices/{given.pk}/").status_code == 404
    link_user(person=world.charge.person, user=world.dan, by=None, at=AT)
    assert dan.get(f"/notices/{given.pk}/").status_code == 200
    assert [each for each in dan.get("/").context["waits"] if each.url == f"/notices/{given.pk}/"]


def test_a_draft_is_nobody_elses(world):
    draft = actions.save(unit=world.cell_a, uid=UID, seen=0, content=content(), by=world.ana, at=AT)
    for name, status in (("ana", 200), ("ben", 404), ("chi", 404), ("flo", 404)):
        assert signed_in(world, name).get(f"/notices/{draft.pk}/").status_code == status, name
    assert signed_in(world, "ana").get(new(world, month="2024-01")).url == f"/notices/{draft.pk}/change/"


def test_a_preparatory_meeting_is_the_committees_own(world):
    prepared = content(kind="committee")
    notice = actions.save(unit=world.cell_a, uid=UID, seen=0, content=prepared, give=True, by=world.ana, at=AT)
    for name, status in (("ana", 200), ("ben", 404), ("chi", 200), ("dan", 404)):
        assert signed_in(world, name).get(f"/notices/{notice.pk}/").status_code == status, name


def test_papers_are_added_read_and_taken_off(world, ana, given):
    add = f"/notices/{given.pk}/papers/new/"
    assert ana.get(add).status_code == 200
    file = SimpleUploadedFile("bao-cao.pdf", PDF)
    page = text(ana.post(add, {"title": "Báo cáo", "file": file}, follow=True))
    assert "Báo cáo" in page
    paper = given.papers.get()
    answer = signed_in(world, "ben").get(f"/notices/{given.pk}/papers/{paper.pk}/")
    assert answer.content == PDF
    assert not paper.readings.exists()
    for _again in range(2):
        answer = signed_in(world, "ben").post(f"/notices/{given.pk}/papers/{paper.pk}/")
        assert answer.content == PDF
    assert paper.readings.get().user == world.ben
    assert signed_in(world, "dan").post(f"/notices/{given.pk}/papers/{paper.pk}/").status_code == 404
    assert "opened by 1" in text(ana.get(f"/notices/{given.pk}/"))
    secret = {"title": "Nghị quyết", "number": "05-NQ/TU", "dated_on": "2024-01-05", "kept_at": "Văn phòng"}
    both = ana.post(add, secret | {"file": SimpleUploadedFile("mat.pdf", PDF)})
    assert (both.status_code, given.papers.count()) == (422, 1)
    assert "05-NQ/TU" in text(ana.post(add, secret, follow=True))
    registered = given.papers.order_by("-pk").first()
    assert ana.get(f"/notices/{given.pk}/papers/{registered.pk}/").status_code == 404
    ticked = ana.post(add, {"title": "Mật", "is_secret": "on"})
    assert set(ticked.context["form"].errors) == {"number", "dated_on", "kept_at"}
    assert set(ana.post(add, secret | {"number": ""}).context["form"].errors) == {"number"}
    assert "(optional)" not in text(ana.get(add)) and "choose no file" in text(ana.get(add))
    for wrong in (
        {},
        {"title": "x"},
        {"title": "x", "file": SimpleUploadedFile("a.exe", b"MZ")},
        secret | {"number": ""},
    ):
        assert ana.post(add, wrong).status_code == 422
    ana.post(f"/notices/{given.pk}/papers/{paper.pk}/off/")
    assert given.papers.get() == registered
    for pk in (987654321, 2**70):
        assert ana.get(f"/notices/{given.pk}/papers/{pk}/").status_code == 404


def test_a_meeting_is_cancelled_with_why(world, ana, given):
    url = f"/notices/{given.pk}/cancel/"
    assert ana.post(url, {"reason": ""}).status_code == 422
    page = text(ana.post(url, {"reason": "Mưa lũ"}, follow=True))
    assert "This meeting is cancelled." in page
    assert "Mưa lũ" in page
    assert ana.get(f"/notices/{given.pk}/change/").status_code == 302
    assert [each.what for each in Sending.objects.order_by("number")] == ["given", "cancelled"]


def test_a_notice_that_comes_late_says_so(world, ana):
    late = content(on=date(2024, 1, 10))
    notice = actions.save(unit=world.cell_a, uid=UID, seen=0, content=late, give=True, by=world.ana, at=AT)
    assert "at least 1 day before" in text(ana.get(f"/notices/{notice.pk}/"))


def test_the_record_of_a_meeting_begins_with_what_its_notice_told(world, ana, monkeypatch):
    monkeypatch.setattr(registry, "guards", [])  # whether it may be online is not asked here
    today = content(on=date(2024, 1, 10), month=date(2024, 1, 1), mode="online")
    actions.save(unit=world.cell_a, uid=UID, seen=0, content=today, give=True, by=world.ana, at=AT)
    form = ana.get(f"/units/{world.cell_a.pk}/meetings/record/?month=2024-01").context["form"]
    assert form.initial["topic"] == "Giữ lời thề đảng viên"
    assert (form.initial["mode"], form.initial["held_on"]) == ("online", date(2024, 1, 10))
    assert [(row.text, row.code, row.done) for row in form.course.items] == [
        ("Kết quả tháng trước", "last_resolution", "1"), ("Nhiệm vụ tháng tới", "", "1"),
    ]  # fmt: skip


def test_what_apps_above_propose_is_put_where_it_belongs(world, ana, monkeypatch):
    def last(unit, kind, month, on):
        return [Row(text="2 of 3 tasks done", after="last_resolution")] if kind == "regular" else []

    monkeypatch.setattr(registry, "sources", [last])
    texts = [line.text for line in ana.get(new(world)).context["lines"]]
    assert texts[texts.index("2 of 3 tasks done") - 1] == "What became of last month's resolution"
    assert "2 of 3 tasks done" not in text(ana.get(new(world, kind="committee")))


def test_a_year_is_planned_and_a_topic_from_above_taken_up(world, ana, rhythm):
    handed = planning.hand_down(
        unit=world.north, quarter=date(2024, 1, 1), topic="Nêu gương", source="5-KH/HU", by=world.chi, at=AT
    )
    url = f"/units/{world.cell_a.pk}/year/"
    page = text(ana.get(url))
    assert "not taken up yet" in page
    assert "15 January 2024" in page
    sent = {f"seen_{n}": "" for n in range(1, 13)} | {f"topic_{n}": "" for n in range(1, 13)}
    ana.post(url, sent | {"topic_2": "nêu gương", "topic_5": "Xây dựng nông thôn mới"})
    assert list(Topic.objects.order_by("month").values_list("topic", "handed")) == [
        ("nêu gương", handed.pk), ("Xây dựng nông thôn mới", None),
    ]  # fmt: skip
    assert "not taken up yet" not in text(ana.get(url))
    again = ana.post(url, sent | {"topic_2": "Khác"})
    assert again.status_code == 422
    assert "Someone else has changed this plan" in text(again)
    assert ana.get(new(world, month="2024-02")).context["form"].initial["topic"] == "nêu gương"
    planning.withdraw(topic=handed, by=world.chi, at=AT)
    assert Topic.objects.filter(handed=handed).exists()
    assert HandedTopic.objects.get().withdrawn_on is not None


def test_those_above_read_a_plan_and_change_nothing(world):
    chi = signed_in(world, "chi")
    url = f"/units/{world.cell_a.pk}/year/"
    assert "Save the plan" not in text(chi.get(url))
    assert chi.post(url, {"topic_2": "x", "seen_2": ""}).status_code == 302
    assert not Topic.objects.exists()


def test_the_day_a_cell_meets_on_holds_from_a_day_on(world, ana, rhythm):
    url = f"/units/{world.cell_a.pk}/rhythm/"
    sent = {"day": "3", "off": "stay", "from_on": "2024-03-01", "at_time": "19h30", "place": ""}
    assert ana.post(url, sent).status_code == 302
    assert list(Rhythm.objects.order_by("from_on").values_list("day", "to_on")) == [(13, date(2024, 3, 1)), (3, None)]
    for wrong in ({"day": "32"}, {"day": "x"}, {"from_on": "1999-01-01"}, {"off": "never"}, {"at_time": "99"}):
        assert ana.post(url, sent | wrong).status_code == 422, wrong


@pytest.mark.parametrize("page", ["", "change/", "papers/new/", "cancel/"])
def test_no_page_of_a_notice_asks_more_than_twelve_times(world, ana, given, page):
    with CaptureQueriesContext(connection) as asked:
        assert ana.get(f"/notices/{given.pk}/{page}").status_code == 200
    assert len(asked) <= 12, len(asked)


@pytest.mark.parametrize(
    "page",
    [
        "notices/new/?month=2024-01",
        "notices/new/?kind=thematic&month=2024-03",
        "year/",
        "rhythm/",
        "meetings/",
        "meetings/record/",
    ],
)
def test_no_page_before_a_meeting_asks_more_than_twelve_times(world, ana, rhythm, page):
    with CaptureQueriesContext(connection) as asked:
        assert ana.get(f"/units/{world.cell_a.pk}/{page}").status_code == 200
    assert len(asked) <= 12, len(asked)


def test_topics_are_handed_down_to_all_cells_or_some_and_withdrawn(world):
    chi, url = signed_in(world, "chi"), f"/units/{world.north.pk}/year/"
    sent = {"topic": "Nêu gương", "quarter": "2024-01-01", "source": "5-KH/HU", "codes": ""}
    assert "to all cells below" in text(chi.post(url, sent, follow=True))
    for codes, said in (("A, A", "to 1 cell"), ("A\nB", "to 2 cells")):
        assert said in text(chi.post(url, sent | {"codes": codes}, follow=True))
    for wrong in ({"codes": "C"}, {"codes": "T-N"}, {"quarter": "2023-10-01"}, {"quarter": "x"}, {"topic": ""}):
        assert chi.post(url, sent | wrong).status_code == 422, wrong
    assert HandedTopic.objects.count() == 3
    assert text(signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/year/")).count("not taken up yet") == 3
    for topic in HandedTopic.objects.order_by("pk"):
        chi.post(f"{url}topics/{topic.pk}/withdraw/")
    assert "not taken up yet" not in text(signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/year/"))
    assert "Hand it down" in text(signed_in(world, "flo").get(url))
    assert signed_in(world, "dan").get(url).status_code == 404


def test_an_agenda_is_laid_down_for_some_cells_from_a_day_on_and_ended(world, ana):
    eva = signed_in(world, "eva")
    page = eva.get("/agendas/new/")
    own = {"kind": "regular", "setting": "village", "in_month": "2", "from_on": "2024-01-10", "source": "3-HD/HU"}
    rows = {"text_0": "Sản xuất vụ xuân", "other_0": "Spring crops", "kind_0": "discussion", "minutes_0": "20"}
    page = eva.post("/agendas/new/", own | rows | {"move": "add"})
    assert [line.text for line in page.context["lines"]] == ["Sản xuất vụ xuân", ""]
    page = eva.post("/agendas/new/", own | rows, follow=True)
    assert page.status_code == 200, text(page)
    made = page.context["agenda"]
    assert made.items == [
        {
            "code": "own_aa",
            "text": {"en": "Spring crops", "vi": "Sản xuất vụ xuân"},
            "kind": "discussion",
            "minutes": 20,
        }
    ]
    assert ana.get(new(world, month="2024-02")).context["lines"][0].text == "Spring crops"
    assert ana.get(new(world)).context["lines"][0].text != "Spring crops"
    for wrong in ({"from_on": "2023-12-31"}, {"kind": "x"}, {"in_month": "13"}, {"text_0": "", "minutes_0": ""}):
        assert eva.post("/agendas/new/", own | rows | wrong).status_code == 422, wrong
    eva.post(f"/agendas/{made.pk}/end/")
    assert ana.get(new(world, month="2024-02")).context["lines"][0].text != "Spring crops"
    assert "keeps an agenda for all cells" in text(eva.post("/agendas/1/end/", follow=True))


def test_the_rule_of_notice_is_changed_from_a_day_on(world, given):
    eva = signed_in(world, "eva")
    assert eva.post("/agendas/", {"days": "3", "rule_from": "2024-01-11"}).status_code == 302
    assert eva.post("/agendas/", {"days": "3", "rule_from": "2023-01-11"}).status_code == 422
    assert "at least 3 days before" in text(signed_in(world, "ana").get(f"/notices/{given.pk}/"))
