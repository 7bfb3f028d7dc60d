"""What of minutes and tasks waits on a desk: to sign, to bring to an end; whose it is, and until when it is told."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from chibo.core.actions import Denied, action
from chibo.meetings import actions as meetings
from chibo.meetings.evidence import around
from chibo.members.models import Person, Post, PostKind
from chibo.portal import further
from chibo.resolutions import actions, queries, resolving
from chibo.resolutions.models import Part
from tests.meetings.saying import content, person
from tests.resolutions.saying import issue, lock, newest, save, task, tell
from tests.world import AT, TODAY


@pytest.fixture
def recorded(world):
    """October's meeting of cell A, recorded here: An and Bền were there."""
    on = date(2023, 10, 4)
    there = {person(code): ("present", "") for code in ("M1", "M2")}
    said = content(held_on=on, month=on.replace(day=1), scored_on=on, attendance=there)
    return meetings.record(unit=world.cell_a, uid=uuid4(), content=said, by=world.ana, at=AT)


def told(client, what):
    return [each for each in client.get("/").context["waits"] if str(each.title).startswith(what)]


def begin(world, meeting, an, ben_person):
    tell(meeting=meeting, by=None, at=AT)
    return actions.begin(meeting=meeting, chair=an, secretary=ben_person, by=world.ana, at=AT)


def adopt(world, minutes):
    seen = newest(minutes).number
    actions.adopt(
        minutes=minutes, seen=seen, votes_for=2, votes_against=0, by_hands=True, leaves_open=True, by=world.ana, at=AT
    )


def test_who_records_a_cell_is_told_of_minutes_that_two_have_not_signed(world, recorded, client_of, an, ben_person):
    ana, unfinished = client_of("ana"), "Minutes to bring to an end"
    [item] = told(ana, unfinished)
    assert (item.late, item.when, item.act) == (True, "due 6 October 2023", "Begin the minutes")
    assert item.url == f"/units/{world.cell_a.pk}/meetings/{recorded.pk}/minutes/"
    minutes = begin(world, recorded, an, ben_person)
    assert told(ana, unfinished)[0].text == "Being written."
    adopt(world, minutes)
    [item] = told(ana, "Sign the minutes")  # hers: told once
    assert told(ana, unfinished) == []
    actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.ana, at=AT)
    assert told(ana, "Sign the minutes") == []
    assert told(ana, unfinished)[0].text == "One signature is missing."
    actions.sign(minutes=minutes, seen=1, part=Part.SECRETARY, by=world.ben, at=AT)
    assert told(ana, unfinished) == []
    save(minutes, reason="Sai số", by=world.ana)  # a correction is for those who sign
    assert told(ana, unfinished) == []
    assert told(ana, "Sign the minutes")[0].late is False


def test_who_chaired_or_wrote_is_told_what_to_sign(world, recorded, client_of, an, ben_person):
    ben = client_of("ben")
    minutes = begin(world, recorded, an, ben_person)
    assert told(ben, "Sign the minutes") == []  # nobody has adopted them
    adopt(world, minutes)
    [item] = told(ben, "Sign the minutes")
    assert (item.late, item.when) == (True, "due 6 October 2023")
    assert ben.get(item.url).status_code == 200
    for other in ("chi", "dan", "flo"):
        assert told(client_of(other), "Sign the minutes") == []
    meetings.withdraw(meeting=recorded, reason="Không họp", by=world.ana, at=AT)
    assert told(ben, "Sign the minutes") == []
    assert told(client_of("ana"), "Minutes to bring to an end") == []


def test_meetings_loaded_or_long_past_ask_for_no_minutes(world, held, client_of, monkeypatch, recorded):
    ana = client_of("ana")
    assert len(told(ana, "Minutes to bring to an end")) == 1  # those of the world came with a workbook
    monkeypatch.setattr("chibo.resolutions.waiting.BACK", (date(2024, 1, 10) - recorded.held_on).days - 1)
    monkeypatch.setattr(further._ASKED, "texts", {})
    assert told(ana, "Minutes to bring to an end") == []


# Tasks of the committee


@action("tests.seated")
def seat(*, unit, code, by, at, **more):
    return Post.objects.create(
        unit=unit, post=PostKind.DEPUTY_SECRETARY, person=Person.objects.get(code=code),
        from_on=date(2022, 7, 1), **more,
    )  # fmt: skip


def test_a_task_of_the_committee_is_on_the_desk_of_all_who_belong_to_it(world, held, client_of):
    given = issue(held, world.ana, task(by_committee=True)).tasks.get()
    ben, path = client_of("ben"), f"/tasks/{given.pk}/"
    assert told(ben, "Nạo vét mương") == []
    assert ben.get(path).status_code == 404
    with pytest.raises(Denied):
        resolving.say_done(task=given, note="", by=world.ben, at=AT)
    seat(unit=world.cell_a, code="M2", by=None, at=AT)
    [item] = told(ben, "Nạo vét mương")
    assert item.url == path
    assert [each.title for each in ben.get("/me/tasks/").context["still"]] == ["Nạo vét mương"]
    assert path in ben.get(f"/units/{world.cell_a.pk}/resolutions/{given.resolution_id}/").content.decode()
    assert "It is done" in ben.get(path).content.decode()
    assert ben.post(path, {"act": "say", "note": "Xong"}).status_code == 302
    assert told(ben, "Nạo vét mương") == []
    given.refresh_from_db()
    assert given.state == "said"


def test_who_left_the_committee_or_sits_on_another_has_none_of_its_tasks(world, held, client_of):
    given = issue(held, world.ana, task(by_committee=True)).tasks.get()
    seat(unit=world.cell_a, code="M2", to_on=TODAY, by=None, at=AT)
    seat(unit=world.cell_b, code="M2", by=None, at=AT)
    assert told(client_of("ben"), "Nạo vét mương") == []
    with pytest.raises(Denied):
        resolving.say_done(task=given, note="", by=world.ben, at=AT)


def test_tasks_of_a_withdrawn_meeting_wait_for_nobody(world, recorded, client_of, ben_person):
    ben = client_of("ben")
    issue(recorded, world.ana, task(ben_person, due_on=date(2023, 10, 31)))
    assert len(told(ben, "Nạo vét mương")) == 1
    assert queries.result_of_last(world.cell_a, date(2023, 11, 3)) == (0, 1)
    meetings.withdraw(meeting=recorded, reason="Không họp", by=world.ana, at=AT)
    assert told(ben, "Nạo vét mương") == []
    assert ben.get("/me/tasks/").context["still"] == []
    assert queries.result_of_last(world.cell_a, date(2023, 11, 3)) == (0, 0)


# What scoring asks


def test_a_correction_later_takes_nothing_away_from_minutes_signed_in_time(world, held, minutes):
    def known():
        found = around(world.cell_a, held.held_on, held.kind, held.month, meeting=held)[1].rest
        return found["minutes_complete"], found.get("final_days")

    assert known() == (0, None)
    save(minutes, by=world.ana)
    on_day = AT.replace(year=2023, month=9, day=6)
    seen = newest(minutes).number
    actions.adopt(
        minutes=minutes,
        seen=seen,
        votes_for=2,
        votes_against=0,
        by_hands=True,
        leaves_open=True,
        by=world.ana,
        at=on_day,
    )
    actions.sign(minutes=minutes, seen=seen, part=Part.CHAIR, by=world.ana, at=on_day)
    assert known() == (0, None)
    actions.sign(minutes=minutes, seen=seen, part=Part.SECRETARY, by=world.ben, at=on_day)
    assert known() == (1, 2)
    save(minutes, "<p>Khác</p>", reason="Sai số", by=world.ana)
    assert known() == (1, 2)
    lock(world, minutes)
    assert known() == (1, 2)
