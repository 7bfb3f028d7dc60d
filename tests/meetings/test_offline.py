"""What the server does for meetings recorded without a line: times, versions of the form, keys, the worker."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from chibo.core import clock
from chibo.meetings import actions, offline_views, versions
from chibo.meetings.devices import Told, facts_of, told_in
from chibo.meetings.models import DeviceKey, Meeting
from tests.meetings.saying import UID, content, december, record_url, url_of
from tests.world import AT

OUTBOX = {"HTTP_X_CHIBO_SAVE": "outbox"}


def recorded_as(world, finished: timedelta, ahead: timedelta) -> Meeting:
    """A meeting finished some time before it arrived, on a device whose clock is ahead."""
    told = Told(AT + ahead - finished, AT + ahead)
    return actions.record(unit=world.cell_a, uid=UID, content=content(), told=told, by=world.ana, at=AT)


@pytest.mark.parametrize(
    ("finished", "ahead", "said"),
    [
        (timedelta(), timedelta(), []),
        (timedelta(days=2), timedelta(minutes=5), ["On the device"]),
        (timedelta(days=2), timedelta(minutes=-5), ["On the device"]),
        (timedelta(), timedelta(minutes=5, seconds=1), ["On the device", "3"]),
        (timedelta(hours=1), timedelta(days=-3, hours=-2), ["On the device", "3 days 2 hours slow"]),
        (timedelta(hours=1), timedelta(minutes=90), ["On the device", "1 hour 30 minutes fast"]),
        (timedelta(minutes=-6), timedelta(), ["when it was finished"]),
    ],
)
def test_a_meeting_says_when_it_was_recorded_and_when_it_arrived_by_our_clock(world, ana, finished, ahead, said):
    meeting = recorded_as(world, finished, ahead)
    facts = facts_of(meeting)
    assert len(facts) == len(said)
    if said and said[-1] not in ("On the device", "3"):
        assert said[-1] in facts[-1][1]
    assert (meeting.held_on, meeting.recorded_at) == (content().held_on, AT)
    page = ana.get(url_of(meeting)).content.decode()
    assert ("On the device" in page) == ("On the device" in said)


def test_what_a_device_tells_of_the_time_may_be_nonsense():
    now = clock.as_here(clock.now()).isoformat()
    assert told_in({"device_at": now, "sent_at": now})
    for wrong in ("", "yesterday", "2024-01-10T10:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "\x00"):
        assert told_in({"device_at": wrong, "sent_at": now}) is None


def test_both_times_are_kept_and_sending_again_changes_none(world, ana):
    at = "2024-01-09T03:12:00Z"
    said = december(ana, world, uid=str(UID), device_at=at, sent_at=at)
    first = ana.post(record_url(world), said, **OUTBOX)
    assert first.json()["url"].startswith(f"/units/{world.cell_a.pk}/meetings/")
    kept = Meeting.objects.get(uid=UID)
    assert kept.device_at and kept.sent_at
    again = ana.post(record_url(world), said | {"sent_at": "2024-01-10T03:12:00Z"}, **OUTBOX)
    assert again.json() == first.json()
    same = Meeting.objects.get(uid=UID)
    assert (same.device_at, same.sent_at, same.version) == (kept.device_at, kept.sent_at, 1)


def test_a_device_is_told_why_its_record_is_not_taken_and_what_is_recorded_instead(world, ana, recorded):
    said = december(ana, world, topic="Of the other device")
    answer = ana.post(record_url(world), said, **OUTBOX)
    told = answer.json()
    assert answer.status_code == 422
    assert told["stands_url"] == url_of(recorded) and told["correct_url"] == url_of(recorded, "correct/")
    assert "held on 4 December 2023" in told["stands"] and not told["is_conflict"]
    answer = ana.post(record_url(world), said | {"uid": str(UID)}, **OUTBOX)
    assert (answer.status_code, answer.json()["is_conflict"]) == (409, True)
    assert not Meeting.objects.filter(topic="Of the other device").exists()


@pytest.mark.parametrize("version", ["", "1", str(versions.FORM)])
def test_older_forms_are_read(world, ana, version):
    answer = ana.post(record_url(world), december(ana, world, form_version=version), **OUTBOX)
    assert answer.status_code == 200
    assert Meeting.objects.get(month="2023-12-01", unit=world.cell_a).scores.get().total == 93.5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form_version": str(versions.FORM + 1)}, "in a newer form"),
        ({"form_version": "x"}, "in a newer form"),
        ({"form_version": "1", "m_987654321": "present", "r_987654321": "x"}, "The mark of 1 person who is not on"),
        ({"form_version": "2", "k_gone": "yes"}, "The points of 1 criterion that is not asked"),
        ({"form_version": "1", "reason": "none is asked for"}, "What was said of “reason”."),
    ],
)
def test_what_has_no_place_in_the_form_is_told_and_nothing_is_recorded(world, ana, changes, said):
    plain = {f"c{n}": None for n in range(1, 9)}
    before = Meeting.objects.count()
    answer = ana.post(record_url(world), december(ana, world, **(plain | {"prompt": "none"} | changes)), **OUTBOX)
    assert answer.status_code == 422
    assert any(said in reason for reason in answer.json()["reasons"])
    assert Meeting.objects.count() == before


def test_the_key_of_a_device_is_made_once_and_is_of_one_user(world):
    said = {}
    for name in ("ana", "ben"):
        client = Client(enforce_csrf_checks=True)
        client.force_login(getattr(world, name))
        first = client.get("/outbox/")
        assert first.json()["key"] == "" and first.headers["Cache-Control"].startswith("max-age=0")
        assert client.post("/outbox/").status_code == 403
        given = client.post("/outbox/", headers={"X-CSRFToken": first.json()["token"]}).json()
        assert client.get("/outbox/").json()["key"] == given["key"]
        said[name] = (given["user"], given["key"])
    assert said["ana"][0] == world.ana.pk
    assert len({key for _user, key in said.values()}) == DeviceKey.objects.count() == 2


def test_the_worker_is_another_one_with_every_version_of_the_files(client, monkeypatch):
    def asked(files: dict[str, str]) -> str:
        monkeypatch.setattr(offline_views, "staticfiles_storage", SimpleNamespace(hashed_files=files))
        offline_views.version.cache_clear()
        answer = client.get("/worker.js")
        assert answer.headers["Content-Type"] == "text/javascript"
        assert "no-cache" in answer.headers["Cache-Control"]
        return answer.content.decode()

    assert asked({"a.js": "a.1.js"}) == asked({"a.js": "a.1.js"}) != asked({"a.js": "a.2.js"})
    offline_views.version.cache_clear()


def test_the_program_installs_with_icons_that_exist_and_begins_at_the_desk(client):
    answer = client.get("/manifest.webmanifest")
    said = json.loads(answer.content)
    assert (said["start_url"], said["scope"], said["display"]) == ("/", "/", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in said["icons"]}
    for icon in said["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/"))
    assert client.get("/accounts/login/").content.count(b'rel="manifest"') == 1


def test_the_page_without_a_line_says_nothing_of_anybody(world, ana):
    page = ana.get("/offline/").content.decode()
    assert str(world.ana) not in page and 'data-user=""' in page and "csrfmiddlewaretoken" not in page
