"""What changed since a form was opened, by a workbook or its undoing, is not overwritten nor called a correction."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection, transaction

from chibo.exchange.undoing import undo
from chibo.meetings import actions
from chibo.meetings.content import content_of
from chibo.meetings.models import Attendance, Meeting
from tests.exchange.small import ROLL, load_roll
from tests.meetings.saying import UID, content, december, errors, person, record_url, seal, typed, url_of
from tests.world import AT


def loaded(folder, **sheets):
    """A workbook with these rows, loaded."""
    columns = {name: rows[0] for name, rows in ROLL.items()}
    done = load_roll({name: [columns[name], *rows] for name, rows in sheets.items()}, folder)
    assert done.faults == []
    return done


def test_what_was_loaded_while_someone_corrected_is_not_overwritten(world, ana, recorded, tmp_path):
    url = url_of(recorded, "correct/")
    mine = typed(ana, url, reason="Mine", topic="mine")
    loaded(tmp_path, attendance=[[recorded.code, "M3", "present"]])
    answer = ana.post(url, mine)
    assert answer.status_code == 409
    assert Attendance.objects.get(meeting=recorded, person__code="M3").state == "present"
    mine = typed(ana, url, reason="Mine", topic="mine")
    loaded(tmp_path, scores=[[recorded.code, date(2023, 12, 4), "self", 5, 5, 10, 30, 10, 5, 30, 1]])
    assert ana.post(url, mine).status_code == 409
    mine = typed(ana, url, reason="Mine", topic="mine")
    loaded(tmp_path, meetings=[[recorded.code, "A", "regular", date(2023, 12, 4), "2023-12", "Loaded", None, None]])
    assert ana.post(url, mine).status_code == 409
    assert Meeting.objects.get(pk=recorded.pk).topic == "Loaded"
    assert not recorded.corrections.exists()


@pytest.mark.parametrize("is_undone", [False, True])
def test_who_corrects_while_a_workbook_is_loaded_or_undone_waits_and_is_told(committed_world, tmp_path, is_undone):
    world = committed_world
    meeting = actions.record(unit=world.cell_a, uid=UID, content=content(), by=world.ana, at=AT)
    rows = [[meeting.code, "M3", "excused"]]
    done = loaded(tmp_path, attendance=rows) if is_undone else None
    seen, mine = seal(meeting), replace(content_of(meeting), topic="mine")

    def correct():
        try:
            actions.correct(meeting=meeting, seen=seen, content=mine, reason="Mine", by=world.ana, at=AT)
        except actions.Conflict:
            return "told"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            if done:
                undo(load=done, reason="Wrong file", by=world.eva, at=AT)
            else:
                loaded(tmp_path, attendance=rows)
            answer = pool.submit(correct)
            assert not wait([answer], timeout=1).done
        assert answer.result(timeout=20) == "told"


def test_the_same_workbook_again_is_in_nobodys_way(world, ana, recorded, tmp_path):
    url = url_of(recorded, "correct/")
    rows = [[recorded.code, "M3", "present"]]
    loaded(tmp_path, attendance=rows)
    mine = typed(ana, url, reason="Mine", topic="mine")
    loaded(tmp_path, attendance=rows)
    assert ana.post(url, mine).status_code == 302


def test_what_was_undone_while_someone_corrected_does_not_come_back(world, ana, recorded, tmp_path):
    url = url_of(recorded, "correct/")
    done = loaded(tmp_path, attendance=[[recorded.code, "M3", "present"]])
    mine = typed(ana, url, reason="Mine", topic="mine")
    undo(load=done, reason="Wrong file", by=world.eva, at=AT)
    assert ana.post(url, mine).status_code == 409
    assert Attendance.objects.get(meeting=recorded, person__code="M3").state == "absent"


def test_what_a_workbook_changed_is_nobodys_correction(world, ana, recorded, tmp_path):
    actions.correct(
        meeting=recorded, seen=seal(recorded), content=content(topic="x"), reason="Mine", by=world.ana, at=AT
    )  # fmt: skip
    loaded(tmp_path, attendance=[[recorded.code, "M3", "present"]])
    again = content(topic="y", attendance={person("M1"): ("present", ""), person("M3"): ("present", "")})
    actions.correct(meeting=recorded, seen=seal(recorded), content=again, reason="Again", by=world.ana, at=AT)
    loaded(tmp_path, attendance=[[recorded.code, "M1", "absent"]])
    told = ana.get(url_of(recorded)).context["corrections"]
    assert [(each["by"], each["reason"], each["changes"]) for each in told] == [
        ("", "Changed by loading a workbook", [("Nguyễn Thị An", "Present", "Absent")]),
        (str(world.ana), "Again", [("Topic", "x", "y")]),
        ("", "Changed by loading a workbook", [("Đặng Thị Đào", "Absent", "Present")]),
        (str(world.ana), "Mine", [("Topic", "–", "x")]),
    ]


def test_why_one_was_excused_goes_with_the_excuse(world, ana, tmp_path):
    said = content(attendance={person("M1"): ("excused", "Ill"), person("M3"): ("absent", "")})
    meeting = actions.record(unit=world.cell_a, uid=UID, content=said, by=world.ana, at=AT)
    loaded(tmp_path, attendance=[[meeting.code, "M1", "excused"]])
    assert Attendance.objects.get(meeting=meeting, person__code="M1").reason == "Ill"
    done = loaded(tmp_path, attendance=[[meeting.code, "M1", "present"]])
    row = Attendance.objects.get(meeting=meeting, person__code="M1")
    assert (row.state, row.reason) == ("present", "")
    assert "Ill" not in ana.get(url_of(meeting)).content.decode()
    undo(load=done, reason="Wrong file", by=world.eva, at=AT)
    row = Attendance.objects.get(meeting=meeting, person__code="M1")
    assert (row.state, row.reason) == ("excused", "Ill")


def test_a_correction_that_moves_a_meeting_beside_another_asks(world, ana, recorded):
    said = content(month=date(2023, 11, 1), held_on=date(2023, 11, 6), scored_on=date(2023, 11, 6))
    actions.record(unit=world.cell_a, uid=uuid4(), content=said, by=world.ana, at=AT)
    url = url_of(recorded, "correct/")
    mine = typed(ana, url, reason="For November", month="2023-11")
    answer = ana.post(url, mine)
    assert answer.status_code == 422
    assert errors(answer)["another"]
    assert 'name="another"' in answer.content.decode()
    assert Meeting.objects.get(pk=recorded.pk).month == date(2023, 12, 1)
    assert 'name="another"' in ana.post(url, mine | {"update": "1"}).content.decode()
    assert ana.post(url, mine | {"another": "on"}).status_code == 302
    assert Meeting.objects.get(pk=recorded.pk).month == date(2023, 11, 1)
    assert 'name="another"' not in ana.get(url).content.decode()
    assert ana.post(url, typed(ana, url, reason="Topic", topic="x")).status_code == 302


def test_to_record_again_what_was_withdrawn_is_refused(world, ana):
    said = december(ana, world)
    assert ana.post(record_url(world), said).status_code == 302
    meeting = Meeting.objects.get(uid=said["uid"])
    actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT)
    answer = ana.post(record_url(world), said)
    assert answer.status_code == 422
    assert "was withdrawn by" in answer.content.decode()


FORMS_OF_ID = (
    "6B0F5C3E3A524BE69D1F2F6A1F6F0A01", "6b0f5c3e3a524be69d1f2f6a1f6f0a01", "{6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a01}",
    "urn:uuid:6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a01", "6b0f5c3e", "\0", "", "9" * 40,
)  # fmt: skip


@pytest.mark.parametrize("uid", FORMS_OF_ID)
@pytest.mark.parametrize("more", [{"held_on": "2023-13-40"}, {"update": "1"}, {"keep": "1"}])
def test_an_id_in_any_form_is_no_failure(world, ana, uid, more):
    said = december(ana, world, uid=uid, **more)
    assert ana.post(record_url(world), said).status_code in (200, 302, 422)
    assert ana.get(record_url(world), {"draft": uid}).status_code == 200
