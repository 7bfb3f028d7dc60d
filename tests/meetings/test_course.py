"""The course of a meeting: items, votes, speakers, guests and tasks, said in the form or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import Denied, action
from chibo.meetings import actions, changes
from chibo.meetings.content import NOTHING_SAID, content_of
from chibo.meetings.course import Course, Duty, Line, Visitor
from chibo.meetings.models import Confirmation, Draft, Item, Meeting
from chibo.members.models import Membership
from tests.meetings.judging import by_sheet
from tests.meetings.saying import UID, content, december, errors, person, record_url, seal, typed, url_of
from tests.world import AT, World

VOTED = Line(
    text="Biểu quyết", kind="vote", code="conclusion", how="hands", votes_for=1, votes_against=0, votes_other=0
)
NOT_DONE = Line(text="Bỏ qua", kind="report", is_done=False)


@action("tests.official")
def _official(*, codes: list[str], by: Any, at: Any) -> None:
    for each in Membership.objects.filter(person__code__in=codes).order_by("pk"):
        each.official_on = date(2023, 12, 1)
        each.save()


@pytest.fixture
def official(world: World) -> None:
    _official(codes=["M1", "M3"], by=None, at=AT)


def course(**changes: Any) -> Course:
    said: dict[str, Any] = {
        "items": (VOTED, NOT_DONE),
        "speakers": frozenset({person("M1")}),
        "guests": (Visitor(person=person("M4")), Visitor(name="Lò Văn Khách", what="Trưởng thôn")),
        "tasks": (Duty(what="Nạo vét", due_on=date(2024, 1, 31), person=person("M3")),
                  Duty(what="Báo cáo", due_on=date(2024, 1, 31))),
    }  # fmt: skip
    return Course(**(said | changes))


def record(world: World, said: Course) -> Meeting:
    return actions.record(unit=world.cell_a, uid=UID, content=content(course=said), by=world.ana, at=AT)


def asked(client: Any, url: str) -> dict[str, str]:
    """The rows of the course as a browser would send them."""
    form = client.get(url).context["form"]
    said = {"agenda": form.course.key}
    for row in form.course.items:
        said |= {f"i{row.n}_text": row.text, f"i{row.n}_kind": row.kind, f"i{row.n}_code": row.code}
        said |= {f"i{row.n}_done": row.done, f"i{row.n}_outcome": row.outcome, f"i{row.n}_how": row.how}
        said |= {f"i{row.n}_for": row.votes_for, f"i{row.n}_against": row.votes_against}
        said |= {f"i{row.n}_other": row.votes_other}
    for row in form.course.task_rows:
        said |= {f"t{row.n}_what": row.what, f"t{row.n}_who": row.who, f"t{row.n}_due": row.due}
    for row in form.course.guests:
        said |= {f"g{row.n}_name": row.name, f"g{row.n}_what": row.what}
    said |= {f"g_{each.person}": "1" for each in form.course.came if each.is_there}
    said |= {f"s_{row.who.person}": "1" for row in form.roll.rows if row.spoke}
    return {name: value for name, value in said.items() if value}


def test_what_was_said_of_its_course_is_what_is_recorded(world, official):
    meeting = record(world, course())
    assert content_of(meeting).course == course()
    assert Item.objects.get(meeting=meeting, place=1).voters == 1
    assert record(world, course()) == meeting
    with pytest.raises(actions.Conflict):
        record(world, course(speakers=frozenset()))


def test_a_course_is_written_in_as_many_statements_however_long_it_is(world, official):
    def asked(said: Course, held_on: date) -> int:
        told = content(course=said, held_on=held_on, kind="extraordinary", points=None, scored_on=None)
        with CaptureQueriesContext(connection) as queries:
            actions.record(unit=world.cell_a, uid=uuid4(), content=told, by=world.ana, at=AT)
        return len(queries)

    asked(NOTHING_SAID, date(2023, 12, 2))
    nothing, little, much = (
        asked(said, date(2023, 12, day))
        for day, said in ((3, NOTHING_SAID), (5, Course(items=(VOTED,))), (6, Course(items=(VOTED, *[NOT_DONE] * 30))))
    )
    assert (little, much) == (nothing + 1, nothing + 1)


def test_where_nothing_is_said_of_it_a_meeting_reads_as_before(world):
    meeting = record(world, NOTHING_SAID)
    assert not {"items", "speakers", "guests", "tasks"} & set(content_of(meeting).as_json())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"items": (replace(VOTED, votes_for=2),)}, "More votes than the 1"),
        ({"items": (replace(VOTED, is_done=False),)}, "left out"),
        ({"speakers": frozenset({-1})}, "not present"),
        ({"guests": (Visitor(person=-1),)}, "not in charge"),
        ({"tasks": (Duty(what="x", due_on=date(2024, 1, 31), person=-1),)}, "did not belong"),
        ({"tasks": (Duty(what="x", due_on=date(2023, 12, 3)),)}, "can't be due before"),
        ({"items": (NOT_DONE,) * 61}, "more lines"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_can_not_be_is_not_recorded(world, official, changes, why):
    with pytest.raises(Denied, match=why):
        record(world, course(**changes))
    assert not Meeting.objects.filter(uid=UID).exists()


@action("tests.votes_written")
def _write(*, item: Item, by: Any, at: Any, **what: Any) -> None:
    Item.objects.filter(pk=item.pk).update(**what)


@pytest.mark.parametrize("wrong", [{"votes_for": 2}, {"votes_for": None}, {"how": ""}, {"is_done": False}], ids=str)
def test_the_database_holds_votes_to_those_who_may_vote(world, official, wrong):
    item = Item.objects.get(meeting=record(world, course()), place=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        _write(item=item, by=None, at=AT, **wrong)


def test_a_correction_changes_only_what_differs_and_tells_it(world, ana, official):
    meeting = record(world, course())
    kept = Item.objects.get(meeting=meeting, place=1).pk
    said = content(course=course(items=(VOTED, replace(NOT_DONE, is_done=True, outcome="Xong")), speakers=frozenset()))
    actions.correct(meeting=meeting, seen=seal(meeting), content=said, reason="x", by=world.ana, at=AT)
    assert content_of(Meeting.objects.get(pk=meeting.pk)) == said
    assert Item.objects.get(meeting=meeting, place=1).pk == kept
    page = ana.get(url_of(meeting))
    assert [change[0] for change in page.context["corrections"][0]["changes"]] == ["Bỏ qua", "Who spoke"]
    assert ("Bỏ qua", "left out", "dealt with; Xong") in page.context["corrections"][0]["changes"]
    marks = {person("M1"): ("present", ""), person("M3"): ("present", "")}
    said = replace(said, attendance=marks)
    actions.correct(meeting=meeting, seen=seal(meeting), content=said, reason="y", by=world.ana, at=AT)
    assert Item.objects.get(meeting=meeting, place=1).voters == 2


def test_the_form_offers_the_agenda_laid_down_and_sends_it_as_dealt_with(world, ana):
    url = record_url(world, month="2023-12")
    form = ana.get(url).context["form"]
    assert form.course.items and all(row.done for row in form.course.items)
    assert [each.person for each in form.course.came] == [person("M4")]
    assert form.initial["held_on"] == date(2023, 12, 31)
    assert [row.due for row in form.course.task_rows] == ["2024-01-31"] * 2  # heard of at the next meeting
    answer = ana.post(url, december(ana, world) | asked(ana, url))
    assert answer.status_code == 302, errors(answer)
    said = content_of(Meeting.objects.get(unit=world.cell_a, month=date(2023, 12, 1))).course
    assert [each.text for each in said.items] == [row.text for row in form.course.items]
    assert all(each.is_done and not each.how for each in said.items) and not (said.tasks or said.guests)


def test_a_form_from_before_says_nothing_of_it_and_wipes_nothing(world, ana, official):
    assert ana.post(record_url(world), december(ana, world)).status_code == 302
    meeting = Meeting.objects.get(unit=world.cell_a, month=date(2023, 12, 1))
    assert content_of(meeting).course == NOTHING_SAID
    actions.withdraw(meeting=meeting, reason="x", by=world.ana, at=AT)
    meeting = record(world, course())
    sent = typed(ana, url_of(meeting, "correct/"), topic="Khác", reason="x")
    assert ana.post(url_of(meeting, "correct/"), sent).status_code == 302
    assert content_of(Meeting.objects.get(pk=meeting.pk)).course == course()


def test_the_correction_of_a_meeting_shows_and_sends_the_same(world, ana, official):
    meeting, url = record(world, course()), ""
    url = url_of(meeting, "correct/")
    sent = typed(ana, url, topic="Khác", reason="x") | asked(ana, url)
    assert ana.get(url).context["form"].measures["items_done"] == Fraction(1, 2)
    answer = ana.post(url, sent)
    assert answer.status_code == 302, errors(answer)
    assert content_of(Meeting.objects.get(pk=meeting.pk)).course == course()


def test_a_vote_without_numbers_has_all_who_may_vote_for_it(world, ana, official):
    url = record_url(world, month="2023-12")
    rows = {"agenda": "-", "i1_text": "Kết luận", "i1_kind": "vote", "i1_done": "1", "i1_how": "ballots"}
    rows |= {"i2_text": "Khác", "i2_kind": "vote", "i2_done": "1", "i2_against": "1"}
    assert ana.post(url, december(ana, world) | rows).status_code == 302
    items = content_of(Meeting.objects.get(unit=world.cell_a, month=date(2023, 12, 1))).course.items
    assert [(each.how, each.votes_for, each.votes_against) for each in items] == [("ballots", 2, 0), ("hands", 1, 1)]


def test_what_is_wrong_stands_beside_its_row(world, ana, official):
    rows = {
        "agenda": "-", "i1_text": "x", "i1_kind": "vote", "i1_done": "1", "i1_for": "9",
        "i2_outcome": "y", "i2_done": "1", "i3_text": "z", "i3_kind": "vote", "i3_for": "a",
        "g1_what": "y", "g_987654321": "1", "t1_what": "x", "t1_who": "7", "t2_what": "x", "t2_due": "2020-01-01",
        f"m_{person('M3')}": "absent", f"s_{person('M3')}": "1",
    }  # fmt: skip
    answer = ana.post(record_url(world), december(ana, world) | rows)
    assert answer.status_code == 422
    wrong = {where for where, _label, _text in answer.context["wrong"]}
    told = {"i1_for", "i2_text", "i3_for", "g1_name", "guests", "t1_who", "t1_due", "t2_due", f"row_{person('M3')}"}
    assert told <= wrong
    page = answer.content.decode()
    assert all(f'id="{each}"' in page for each in told)


@pytest.mark.parametrize("value", ["\x00", "9" * 30, "[]", "<b>", "\u202e", "2023-13-45", "١"])
def test_nothing_that_is_sent_makes_the_page_fail(world, ana, value):
    names = (
        "agenda",
        "i1_text",
        "i1_kind",
        "i1_code",
        "i1_how",
        "i1_for",
        "g1_name",
        "g_1",
        "s_1",
        "t1_what",
        "t1_who",
    )
    said = december(ana, world) | dict.fromkeys((*names, "t1_due", "i99_text", "i0_text"), value)
    assert ana.post(record_url(world), said | {"update": "1"}).status_code == 200
    assert ana.post(record_url(world), said).status_code in (302, 422)


def test_a_draft_keeps_its_rows_and_another_month_brings_its_own_agenda(world, ana):
    url = record_url(world, month="2023-12")
    rows = asked(ana, url) | {"i2_outcome": "Đã rõ", "i90_text": "Việc thêm", "i90_code": "own", "t1_what": "Nạo vét"}
    rows.pop("i3_done")
    ana.post(f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/", december(ana, world, uid=str(UID)) | rows)
    assert Draft.objects.get().content["i90_text"] == "Việc thêm"
    form = ana.get(record_url(world, draft=str(UID))).context["form"]
    second, third, last = form.course.items[1], form.course.items[2], form.course.items[-1]
    assert (second.outcome, third.done, last.text) == ("Đã rõ", "", "Việc thêm")
    sent = december(ana, world, kind="thematic", uid=str(UID)) | rows | {"update": "1"}
    items = ana.post(record_url(world), sent).context["form"].course.items
    assert "The topic is presented" in [each.text for each in items]
    assert [each.text for each in items if each.code == "own"] == ["Việc thêm"]
    assert "Wishes of members and people" not in [each.text for each in items]


def test_all_who_are_present_are_ticked_as_having_spoken_without_scripts(world, ana):
    marks = {f"m_{person('M1')}": "present", f"m_{person('M3')}": "excused", f"r_{person('M3')}": "Ốm"}
    sent = december(ana, world, kind="thematic", uid=str(UID)) | marks | {"agenda": "x", "update": "spoke"}
    rows = {each.who.person: each for each in ana.post(record_url(world), sent).context["roll"].rows}
    assert (
        {pk for pk, each in rows.items() if each.spoke}
        == {pk for pk, each in rows.items() if each.state == "present"}
        >= {person("M1")}
    )
    assert rows[person("M3")].reason == "Ốm"


def test_who_spoke_is_a_measure_that_opens_to_the_record(world, ana):
    said = replace(by_sheet(), course=course(items=(), guests=(), tasks=()))
    meeting = actions.record(unit=world.cell_a, uid=UID, content=said, by=world.ana, at=AT)
    page = ana.get(url_of(meeting))
    assert page.context["course"].spoke == "1 of 1 present spoke: Nguyễn Thị An"
    assert "Spoke, of those present: 100.0 %" in page.content.decode().replace("\xa0", " ")
    assert "speakers" in {each["code"] for each in Confirmation.objects.get(meeting=meeting).evidence}
    form = ana.get(url_of(meeting, "correct/")).context["form"]
    proposed = {each.criterion.code: each.proposed for group in form.groups for each in group.criteria}
    assert proposed["speakers"] == "over50"
    assert "items_done" not in form.measures
    unsaid = replace(said, course=NOTHING_SAID)
    actions.correct(meeting=meeting, seen=seal(meeting), content=unsaid, reason="x", by=world.ana, at=AT)
    kept = {each["code"]: each["proposed"] for each in Confirmation.objects.get(meeting=meeting).evidence}
    assert kept["speakers"] is None, "it is claimed, and there is no record of it"


def test_a_member_of_the_cell_reads_what_was_dealt_with_and_who_must_do_it_by_code(world, client, official):
    meeting = record(world, course())
    client.force_login(world.ben)
    page = client.get(url_of(meeting)).content.decode()
    assert "Biểu quyết" in page and "1 for, 0 against" in page and "1 of 1 present spoke" in page
    assert "Lò Văn Khách" not in page and "Nạo vét" in page


def test_two_items_called_alike_are_told_apart(world, official):
    alike = (replace(VOTED, votes_for=1), replace(VOTED, votes_for=0, votes_against=1))
    meeting = record(world, course(items=alike))
    before = content_of(meeting).as_json()
    after = replace(content_of(meeting), course=course(items=(alike[1], alike[1]))).as_json()
    assert [each[0] for each in changes.between(before, after, set)] == [VOTED.text]


def test_who_may_vote_is_counted_anew_where_the_day_is_another(world):
    meeting = record(world, course(items=(replace(VOTED, votes_for=0),)))
    was = Item.objects.get(meeting=meeting).voters
    _official(codes=["M1", "M3"], by=None, at=AT)
    said = replace(content_of(meeting), held_on=date(2023, 12, 5), scored_on=date(2023, 12, 5))
    actions.correct(meeting=meeting, seen=seal(meeting), content=said, reason="Sai ngày", by=world.ana, at=AT)
    assert (was, Item.objects.get(meeting=meeting).voters) == (0, 1)


def test_a_course_of_which_a_row_went_with_a_person_is_corrected_whole(world, official):
    guests = tuple(Visitor(name=f"Khách {n}") for n in "123")
    meeting = record(world, course(guests=guests))
    _merged(meeting=meeting, by=None, at=AT)
    said = replace(content_of(meeting), course=course(guests=(guests[0], Visitor(name="Khách 4"), guests[2])))
    actions.correct(meeting=meeting, seen=seal(meeting), content=said, reason="Thiếu", by=world.ana, at=AT)
    assert content_of(meeting).course.guests == said.course.guests


@action("tests.merged")
def _merged(*, meeting: Meeting, by: Any, at: Any) -> None:
    meeting.guests.get(place=2).delete()


@pytest.mark.parametrize("day", ["9999-12-31", "9999-11-02", "0001-01-01"])
def test_a_day_of_another_age_is_refused_and_its_draft_opens(world, ana, day):
    answer = ana.post(record_url(world), december(ana, world, held_on=day))
    assert answer.status_code == 422
    uid = uuid4()
    ana.post(
        f"/units/{world.cell_a.pk}/meetings/drafts/{uid}/", {"held_on": day, "month": "2023-12", "kind": "regular"}
    )
    assert Draft.objects.filter(uid=uid).exists()
    assert ana.get(record_url(world, draft=str(uid))).status_code == 200
