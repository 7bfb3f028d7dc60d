"""What is written: by the same actions as on the pages, once, and only over what one has seen."""

import io
import threading

import openpyxl
import pytest
from django.db import connection

from chibo.api import once
from chibo.api.models import Answer
from chibo.exchange.models import Load
from chibo.meetings.models import Correction, Meeting
from chibo.meetings.queries import roll_on
from tests.api.asking import BASE, Program
from tests.world import AT, TODAY

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def said(world, **more):
    marks = [{"member": each.code, "state": "present"} for each in roll_on(world.cell_a, TODAY) if each.must]
    return {
        "unit": world.cell_a.pk,
        "kind": "thematic",
        "held_on": "2024-01-09",
        "period": "2024-01",
        "topic": "Học tập",
        "mode": "in_person",
        "duration_min": "95.5",
        "conclusions": "Một.\nHai.",
        "attendance": marks,
    } | more


def test_a_meeting_is_recorded_as_on_the_page(world):
    program = Program.of(world.ana)
    answer = program.send("POST", "/meetings", said(world))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    meeting = Meeting.objects.get(pk=told["id"])
    assert (meeting.unit, meeting.recorded_by, meeting.topic) == (world.cell_a, world.ana, "Học tập")
    assert (told["duration_min"], told["conclusions"], told["version"]) == (95.5, "Một.\nHai.", 1)
    assert {each["state"] for each in told["attendance"]} == {"present"}
    assert program.get(f"/meetings/{told['id']}").json() == told


def test_under_one_key_it_is_done_once(world):
    program = Program.of(world.ana)
    first = program.send("POST", "/meetings", said(world))
    again = program.send("POST", "/meetings", said(world))
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (201, first.content, "true")
    assert "Idempotency-Replayed" not in first
    other = program.send("POST", "/meetings", said(world, topic="x"))
    assert other.status_code == 422
    assert Meeting.objects.filter(held_on="2024-01-09").count() == 1
    once.sweep(at=AT + 2 * once.KEPT)
    assert not Answer.objects.exists()
    late = program.send("POST", "/meetings", said(world))  # the action itself knows it again
    assert late.json()["id"] == first.json()["id"]


def test_what_was_refused_may_be_sent_again_under_its_key(world):
    program = Program.of(world.ana)
    wrong = program.send("POST", "/meetings", said(world, held_on="2024-01-11"))
    assert wrong.status_code == 422
    assert "still to come" in wrong.json()["detail"]
    assert not Answer.objects.exists()
    assert program.send("POST", "/meetings", said(world)).status_code == 201


def test_what_is_wrong_is_said_of_its_part(world):
    program = Program.of(world.ana)
    marks = said(world)["attendance"]
    for wrong, where in (
        ({"attendance": marks[:1]}, "body.attendance"),
        ({"attendance": [*marks, marks[0]]}, f"body.attendance.{len(marks)}.member"),
        ({"attendance": [*marks, {"member": "M6", "state": "present"}]}, f"body.attendance.{len(marks)}.member"),
        ({"attendance": [marks[0] | {"state": "excused"}, *marks[1:]]}, "body.attendance.0.reason"),
        ({"attendance": [marks[0] | {"state": "here"}]}, "body.attendance.0.state"),
        ({"topic": "a\u202eb"}, "body.topic"),
        ({"topic": "\ud800"}, "body.topic"),
        ({"duration_min": 0}, "body.duration_min"),
        ({"held_on": "1066-01-01"}, "body.held_on"),
        ({"period": "2024"}, "body.period"),
        ({"more": 1}, "body.more"),
        ({"mode": "by_group"}, "body.mode"),
    ):
        answer = program.send("POST", "/meetings", said(world, **wrong))
        assert answer.status_code == 422, wrong
        assert where in [each["where"] for each in answer.json()["faults"]], (wrong, answer.json())
    assert program.send("POST", "/meetings", said(world, kind="regular")).status_code == 409  # the month has one
    assert program.send("POST", "/meetings", said(world, kind="regular", another=True)).status_code == 201


def test_what_can_not_be_read_is_not_taken(world):
    program = Program.of(world.ana)
    client, headers = program.client, {"Authorization": f"Bearer {program.said}", "Idempotency-Key": "k"}
    url = f"{BASE}/meetings"
    assert client.post(url, "{", content_type="application/json", headers=headers).status_code == 400
    assert client.post(url, "{}", content_type="text/plain", headers=headers).status_code == 415
    assert client.post(url, " " * 2_000_000, content_type="application/json", headers=headers).status_code == 413
    huge = client.generic("POST", url, b"", headers=headers, CONTENT_LENGTH=str(1 << 40))
    assert (huge.status_code, huge["Content-Type"]) == (413, "application/problem+json")
    del headers["Idempotency-Key"]
    assert client.post(url, "{}", content_type="application/json", headers=headers).status_code == 422
    assert client.delete(url, headers=headers).status_code == 405


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 201), ("ben", 404), ("chi", 403), ("dan", 404), ("eva", 403), ("flo", 403)]
)
def test_who_may_record(world, who, status):
    program = Program.of(getattr(world, who))
    answer = program.send("POST", "/meetings", said(world))
    assert answer.status_code == (403 if who == "ben" else status)
    assert Program.of(world.ana, "meeting.view").send("POST", "/meetings", said(world)).status_code == 403


def test_a_meeting_is_corrected_by_who_has_seen_it(world):
    program = Program.of(world.ana)
    url = f"/meetings/{program.send('POST', '/meetings', said(world)).json()['id']}"
    body = {name: value for name, value in said(world, topic="y").items() if name != "unit"} | {"reason": "Nhầm"}
    assert program.send("PUT", url, body, "k2").status_code == 428
    assert program.send("PUT", url, body, "k2", {"If-Match": '"x"'}).status_code == 412
    tag = program.get(url)["ETag"]
    answer = program.send("PUT", url, body, "k2", {"If-Match": tag})
    assert (answer.status_code, answer.json()["topic"], answer.json()["version"]) == (200, "y", 2), answer.content
    assert Correction.objects.get().reason == "Nhầm"
    again = program.send("PUT", url, body, "k2", {"If-Match": tag})
    assert (again.status_code, again.content) == (200, answer.content)
    assert program.send("PUT", url, body | {"topic": "z"}, "k3", {"If-Match": tag}).status_code == 412
    assert program.send("PUT", url, body, "k4", {"If-Match": program.get(url)["ETag"]}).status_code == 422  # the same
    assert Program.of(world.chi).send("PUT", url, body, "k5", {"If-Match": tag}).status_code == 403
    assert Program.of(world.dan).send("PUT", url, body, "k6", {"If-Match": tag}).status_code == 404


def test_a_correction_leaves_alone_what_the_api_does_not_tell(world):
    meeting = Meeting.objects.get(code="A-1")
    program = Program.of(world.ana)
    seen = program.get(f"/meetings/{meeting.pk}")
    told = seen.json()
    body = {name: told[name] for name in ("kind", "held_on", "period", "topic", "mode", "conclusions")}
    body["attendance"] = [{"member": each["member_code"], "state": each["state"]} for each in told["attendance"]]
    body |= {"topic": "khác", "reason": "Nhầm", "duration_min": 60}
    answer = program.send("PUT", f"/meetings/{meeting.pk}", body, headers={"If-Match": seen["ETag"]})
    assert answer.status_code == 200, answer.content
    assert answer.json()["scores"] == told["scores"]


def workbook():
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "units"
    book.active.append(["code", "name", "kind", "parent_code", "founded_on"])
    book.active.append(["E", "Chi bộ thôn 3", "cell", "T-N-1", "2020-01-01"])
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_sent_once_and_followed(world):
    program = Program.of(world.eva)
    headers = {"Authorization": f"Bearer {program.said}", "Idempotency-Key": "w1"}
    url, file = f"{BASE}/jobs?file_name=roll.xlsx", workbook()
    answer = program.client.post(url, file, content_type=WORKBOOK, headers=headers)
    assert answer.status_code == 202, answer.content
    again = program.client.post(url, file, content_type=WORKBOOK, headers=headers)
    assert (again.status_code, again.content) == (202, answer.content)
    load = Load.objects.get(pk=answer.json()["id"])
    assert (load.file_name, load.outcome, load.by, load.size) == ("roll.xlsx", "waiting", world.eva, len(file))
    assert load.kept_file.read_bytes() == file
    assert program.get(f"/jobs/{load.pk}").json()["state"] == "waiting"
    assert program.client.post(url, b"", content_type="text/csv", headers=headers).status_code == 415
    assert [each["file_name"] for each in program.all("/jobs")][-1] == "roll.xlsx"
    told = program.get(f"/jobs/{world.refused.pk}").json()
    assert (told["state"], told["faults"], told["first_faults"][0]["column"]) == ("refused", 2, "born_on")
    answer = Program.of(world.chi)
    headers["Authorization"] = f"Bearer {answer.said}"
    assert program.client.post(url, file, content_type=WORKBOOK, headers=headers).status_code == 403


def test_of_several_at_once_under_one_key_one_is_done(committed_world):
    world = committed_world
    program, body, answers = Program.of(world.ana), said(committed_world), []

    def send():
        try:
            answers.append(Program(program.said).send("POST", "/meetings", body))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status_code for each in answers] == [201] * 4
    assert len({each.content for each in answers}) == 1
    assert sum("Idempotency-Replayed" not in each for each in answers) == 1
    assert Meeting.objects.filter(held_on="2024-01-09").count() == 1
