"""A meeting is recorded once, whoever says it how often; what stands is never overwritten unseen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.indicators import folding
from chibo.indicators.queries import figures, is_updating
from chibo.meetings import actions
from chibo.meetings.content import content_of
from chibo.meetings.models import Attendance, Correction, Draft, Meeting, NoMeeting, Score
from tests.meetings.saying import UID, content, person, seal
from tests.world import AT

DECEMBER = Period.parse("2023-12")


def record(world, said, uid=UID, **more):
    return actions.record(unit=world.cell_a, uid=uid, content=said, by=world.ana, at=AT, **more)


def correct(world, meeting, said, seen=None, reason="Miscounted", by=None, another=False):
    return actions.correct(
        meeting=meeting, seen=seal(meeting) if seen is None else seen, content=said, reason=reason, another=another,
        by=by or world.ana, at=AT,
    )  # fmt: skip


def fold():
    while folding.fold(by=None, at=AT):
        pass


def december(unit):
    fold()
    return {code: (f.numerator, f.denominator) for code, f in figures([unit.pk], DECEMBER)[unit.pk].items()}


def test_what_was_said_is_what_is_recorded(world):
    said = content(topic="Học tập", mode="online", duration_min=Decimal("95.5"), conclusions="Một.\nHai.")
    meeting = record(world, said)
    assert content_of(meeting) == said == content_of(Meeting.objects.get(uid=UID))
    assert (meeting.recorded_by, meeting.recorded_at, meeting.version) == (world.ana, AT, 1)
    assert meeting.code.startswith("A-2023-12-")


def test_a_save_repeated_ten_times_is_one_meeting(world):
    meetings = {record(world, content()).pk for _ in range(10)}
    assert len(meetings) == 1
    assert Meeting.objects.filter(unit=world.cell_a, month=date(2023, 12, 1)).count() == 1
    assert Attendance.objects.filter(meeting__in=meetings).count() == 2
    assert Score.objects.filter(meeting__in=meetings).count() == 1
    assert Meeting.objects.get(uid=UID).version == 1


def test_ten_saves_at_the_same_moment_are_one_meeting(committed_world):
    world, all_ready, said = committed_world, Barrier(10, timeout=60), content()

    def go(_n):
        try:
            all_ready.wait()
            return record(world, said).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(go, range(10)))
    assert len(answers) == 1
    assert Meeting.objects.filter(uid=UID).count() == 1
    assert Attendance.objects.filter(meeting__in=answers).count() == 2


def test_two_who_correct_at_the_same_moment_one_is_told(committed_world):
    world, both = committed_world, Barrier(2, timeout=60)
    meeting, said = record(world, content()), content()
    seen = seal(meeting)

    def go(topic):
        try:
            both.wait()
            return correct(world, meeting, replace(said, topic=topic), seen).topic
        except actions.Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, ["one", "two"]))
    [won] = [answer for answer in answers if isinstance(answer, str)]
    [told] = [answer for answer in answers if not isinstance(answer, str)]
    assert Meeting.objects.get(uid=UID).topic == won == told.meeting.topic
    assert Correction.objects.filter(meeting=meeting).count() == 1


def test_the_same_id_with_other_content_overwrites_nothing(world):
    record(world, content())
    with pytest.raises(actions.Conflict) as told:
        record(world, content(topic="other"))
    assert told.value.meeting.uid == UID
    assert Meeting.objects.get(uid=UID).topic == ""


def test_an_id_of_another_cell_is_refused_and_tells_nothing(world):
    record(world, content())
    with pytest.raises(Denied):
        actions.record(
            unit=world.cell_c, uid=UID, content=content(attendance={person("M6"): ("present", "")}), by=world.dan, at=AT
        )


def test_a_second_regular_meeting_of_a_month_takes_a_word(world):
    first = record(world, content())
    with pytest.raises(actions.Another) as told:
        record(world, content(held_on=date(2023, 12, 20), scored_on=date(2023, 12, 20)), uid=uuid4())
    assert told.value.meeting == first
    record(world, content(held_on=date(2023, 12, 20), scored_on=date(2023, 12, 20)), uid=uuid4(), another=True)
    assert Meeting.objects.filter(unit=world.cell_a, month=date(2023, 12, 1)).count() == 2


def test_a_thematic_meeting_beside_a_regular_one_needs_no_word(world):
    record(world, content())
    record(world, content(kind="thematic"), uid=uuid4())


def test_after_a_withdrawal_the_month_is_recorded_anew(world):
    actions.withdraw(meeting=record(world, content()), reason="Wrong cell", by=world.ana, at=AT)
    record(world, content(), uid=uuid4())


def test_two_meetings_have_two_codes_even_where_their_ids_begin_alike(world):
    from uuid import UUID

    for last in "123":
        uid = UUID("6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a0" + last)
        record(world, content(kind="extraordinary", points=None, scored_on=None), uid=uid)
    assert Meeting.objects.filter(uid__isnull=False).values("code").distinct().count() == 3


def test_a_recorded_meeting_counts_at_once_and_figures_say_when_they_follow(world):
    fold()
    before = december(world.cell_a)
    assert "meetings.attendance" not in before
    record(world, content())
    for unit in (world.cell_a, world.upland, world.north, world.province):
        assert is_updating(unit.path)
    after = december(world.cell_a)
    assert not is_updating(world.province.path)
    assert after["meetings.attendance"] == (1, 2)
    assert after["meetings.regular_held"] == (1, 1)
    assert after["meetings.good"] == after["meetings.scored_promptly"] == (1, 1)
    for unit in (world.upland, world.north, world.province):
        assert december(unit)["meetings.attendance"] == (1, 2)


def test_a_correction_changes_the_figures_and_keeps_what_was(world):
    meeting = record(world, content())
    assert december(world.north)["meetings.attendance"] == (1, 2)
    said = content(attendance={person("M1"): ("present", ""), person("M3"): ("present", "")})
    correct(world, meeting, replace(said, points=(*said.points[:3], Decimal(20), *said.points[4:])))
    figures_now = december(world.north)
    assert figures_now["meetings.attendance"] == (2, 2)
    assert figures_now["meetings.good"] == (0, 1)
    kept = Correction.objects.get(meeting=meeting)
    assert kept.before == content().as_json()
    assert kept.after == content_of(meeting).as_json()
    assert (kept.version, kept.reason, kept.by) == (2, "Miscounted", world.ana)
    assert Meeting.objects.get(pk=meeting.pk).version == 2


def test_a_correction_can_take_points_and_people_away_and_move_the_month(world):
    meeting = record(world, content())
    said = content(points=None, scored_on=None, attendance={person("M1"): ("excused", "Ill")}, month=date(2024, 1, 1))
    correct(world, meeting, said, another=True)
    assert content_of(Meeting.objects.get(pk=meeting.pk)) == said
    assert not Score.objects.filter(meeting=meeting).exists()
    assert "meetings.attendance" not in december(world.cell_a)


def test_the_second_of_two_who_correct_is_told_and_overwrites_nothing(world):
    meeting = record(world, content())
    seen = seal(meeting)
    correct(world, meeting, content(topic="first"), seen)
    with pytest.raises(actions.Conflict):
        correct(world, meeting, content(topic="second"), seen)
    assert Meeting.objects.get(pk=meeting.pk).topic == "first"


def test_a_correction_sent_twice_is_one(world):
    meeting = record(world, content())
    seen = seal(meeting)
    for _ in range(3):
        correct(world, meeting, content(topic="first"), seen)
    assert Meeting.objects.get(pk=meeting.pk).version == 2
    assert meeting.corrections.count() == 1


def test_a_correction_of_nothing_is_refused(world):
    meeting = record(world, content())
    with pytest.raises(Denied, match="Nothing differs"):
        correct(world, meeting, content())


def test_a_meeting_from_a_workbook_is_corrected_like_any_other(world):
    meeting = Meeting.objects.get(code="A-1")
    said = replace(content_of(meeting), topic="Put right")
    correct(world, meeting, said)
    found = Meeting.objects.get(code="A-1")
    assert (found.topic, found.version, found.uid) == ("Put right", 2, None)


def test_a_withdrawn_meeting_counts_nowhere_and_stays(world):
    meeting = record(world, content())
    assert december(world.province)["meetings.attendance"] == (1, 2)
    actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT)
    now = december(world.province)
    assert not {"meetings.attendance", "meetings.good", "meetings.scored_promptly"} & set(now)
    assert now["meetings.regular_held"][0] == 0
    assert Meeting.objects.filter(pk=meeting.pk).exists()


def test_a_withdrawn_meeting_is_neither_corrected_nor_withdrawn_again(world):
    meeting = record(world, content())
    first = actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT)
    assert actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT) == first
    with pytest.raises(Denied, match="was withdrawn by"):
        actions.withdraw(meeting=meeting, reason="Another reason", by=world.ana, at=AT)
    with pytest.raises(Denied, match="was withdrawn by"):
        correct(world, meeting, content(topic="x"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"held_on": date(2024, 1, 11)}, "still to come"),
        ({"held_on": date(2000, 2, 2)}, "founded only"),
        ({"month": date(2024, 3, 1)}, "too far ahead"),
        ({"kind": "extraordinary"}, "Only regular and thematic"),
        ({"scored_on": date(2023, 12, 3)}, "older than the meeting"),
        ({"scored_on": date(2024, 1, 11)}, "still to come"),
        ({"points": tuple(map(Decimal, (6, 5, 10, 30, 10, 5, 30, 5)))}, "more points"),
        ({"points": tuple(map(Decimal, (-1, 5, 10, 30, 10, 5, 30, 5)))}, "more points"),
        ({"points": (Decimal(5),)}, "more points"),
    ],
)
def test_what_can_not_be_is_refused_whoever_calls(world, changes, reason):
    with pytest.raises(Denied, match=reason):
        record(world, content(**changes))
    assert not Meeting.objects.filter(uid=UID).exists()


def test_nobody_attends_who_did_not_belong_to_the_cell_that_day(world):
    for code in ("M4", "M9"):
        with pytest.raises(Denied, match="did not belong"):
            record(world, content(attendance={person(code): ("present", "")}))


def test_only_cells_record(world):
    with pytest.raises(Denied, match="Only cells"):
        actions.record(unit=world.upland, uid=UID, content=content(), by=world.ana, at=AT)


def test_that_none_was_held_is_said_once_and_not_of_a_month_with_a_meeting(world):
    month = date(2023, 12, 1)
    first = actions.say_none(unit=world.cell_a, month=month, reason="Flood", by=world.ana, at=AT)
    assert actions.say_none(unit=world.cell_a, month=month, reason="Flood", by=world.ana, at=AT) == first
    with pytest.raises(Denied, match="Flood"):
        actions.say_none(unit=world.cell_a, month=month, reason="Harvest", by=world.ana, at=AT)
    with pytest.raises(Denied, match="Flood"):
        actions.say_none(unit=world.cell_a, month=month, reason="Harvest", seen="What nobody said", by=world.ana, at=AT)
    with pytest.raises(Denied, match="is recorded"):
        actions.say_none(unit=world.cell_a, month=date(2024, 1, 1), reason="Flood", by=world.ana, at=AT)
    with pytest.raises(Denied, match="has not begun"):
        actions.say_none(unit=world.cell_a, month=date(2024, 2, 1), reason="Flood", by=world.ana, at=AT)


def test_who_has_seen_why_there_was_none_can_say_it_otherwise(world):
    month = date(2023, 12, 1)
    actions.say_none(unit=world.cell_a, month=month, reason="Flood", by=world.ana, at=AT)
    actions.say_none(unit=world.cell_a, month=month, reason="Harvest", seen="Flood", by=world.ben, at=AT)
    said = NoMeeting.objects.get()
    assert (said.reason, said.by) == ("Harvest", world.ben)


def test_a_meeting_recorded_after_all_takes_the_word_back(world):
    actions.say_none(unit=world.cell_a, month=date(2023, 12, 1), reason="Flood", by=world.ana, at=AT)
    record(world, content())
    assert not NoMeeting.objects.exists()


def test_a_meeting_moved_to_a_month_without_one_takes_the_word_back(world):
    meeting = record(world, content())
    actions.say_none(unit=world.cell_a, month=date(2023, 11, 1), reason="Flood", by=world.ana, at=AT)
    correct(world, meeting, content(month=date(2023, 11, 1)))
    assert not NoMeeting.objects.exists()


def test_a_correction_to_a_month_or_kind_that_has_one_takes_a_word(world):
    first = record(world, content())
    second = record(world, content(kind="thematic"), uid=uuid4())
    with pytest.raises(actions.Another) as told:
        correct(world, second, content())
    assert told.value.meeting == first
    assert Meeting.objects.get(pk=second.pk).kind == "thematic"
    correct(world, second, content(), another=True)
    correct(world, second, content(topic="beside the other"))


@pytest.mark.parametrize("topic", ["", "other"])
def test_what_was_withdrawn_is_not_recorded_again_under_its_id(world, topic):
    actions.withdraw(meeting=record(world, content()), reason="Never held", by=world.ana, at=AT)
    with pytest.raises(Denied, match="was withdrawn by"):
        record(world, content(topic=topic))


def test_recording_throws_the_draft_away(world):
    actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "x"}, by=world.ana, at=AT)
    record(world, content())
    assert not Draft.objects.exists()
    with pytest.raises(Denied, match="recorded by now"):
        actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "x"}, by=world.ana, at=AT)


def test_a_draft_is_its_writers_alone_and_there_are_not_too_many(world):
    actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "x"}, by=world.ana, at=AT)
    with pytest.raises(Denied, match="someone else"):
        actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "y"}, by=world.ben, at=AT)
    actions.drop_draft(unit=world.cell_a, uid=UID, by=world.ben)
    assert Draft.objects.get(uid=UID).content == {"topic": "x"}
    for _ in range(actions.DRAFTS + 5):
        actions.keep_draft(unit=world.cell_a, uid=uuid4(), content={}, by=world.ana, at=AT)
    assert Draft.objects.count() == actions.DRAFTS
