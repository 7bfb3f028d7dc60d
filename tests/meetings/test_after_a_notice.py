"""What follows a notice: recording begins with what it says, of every kind of meeting, and the desk asks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.agendas import actions as notices
from chibo.meetings import actions, to_record
from chibo.meetings.models import Kind, Meeting
from chibo.organizations.scope import rights_of
from chibo.portal.further import further
from tests.agendas.saying import content as notice
from tests.meetings.judging import DAY, browser
from tests.meetings.saying import content, record_url
from tests.world import AT, TODAY


def given(world, on=TODAY, at=AT, **said):
    """A notice of cell A for a meeting on a day, given before it."""
    told = notice(on=on, month=on.replace(day=1), **said)
    return notices.save(unit=world.cell_a, uid=uuid4(), seen=0, content=told, give=True, by=world.ana, at=at)


def held(world, day, kind):
    said = replace(content(), kind=kind, held_on=day, month=day.replace(day=1), points=None, scored_on=None)
    return actions.record(unit=world.cell_a, uid=uuid4(), content=said, another=True, by=world.ana, at=AT)


def asked(world, today=TODAY):
    """What the desk of the cell asks its secretary to record beside regular meetings, with whether it is late."""
    found = further(rights_of(world.ana, today), world.ana, world.cell_a, today)
    items = [*found.late, *found.others]
    return {str(item.title): item for item in items if "recorded" in str(item.title)}


def test_the_draft_conclusion_is_what_the_form_the_minutes_and_the_resolution_begin_with(world, ana):
    given(world, kind="thematic", conclusion="Kết luận dự thảo\nGiao việc")
    form = ana.get(record_url(world, month="2024-01", kind="thematic")).context["form"]
    assert form["conclusions"].value() == "Kết luận dự thảo\nGiao việc"
    assert "As drafted" in str(form.fields["conclusions"].help_text)
    other = ana.get(record_url(world, month="2024-01", kind="extraordinary")).context["form"]
    assert (other["conclusions"].value() or "", other.fields["conclusions"].help_text) == ("", "")
    typed = ana.post(
        record_url(world), {"update": "1", "month": "2024-01", "kind": "thematic", "held_on": "2024-01-10"}
    )
    assert (typed.context["form"]["conclusions"].value() or "") == "", "what was emptied stays so"


@pytest.mark.parametrize("kind", ["thematic", "extraordinary", "committee"])
def test_a_meeting_whose_notice_was_given_is_asked_for_from_its_day_on_until_it_is_recorded(world, kind):
    on = TODAY + 2 * DAY
    found = given(world, on=on, kind=kind)
    named = f"on {on.day} January 2024: not recorded yet"

    def of(today):
        return [item for title, item in asked(world, today).items() if title.endswith(named)]

    assert of(on - DAY) == []
    (item,) = of(on)
    assert not item.late and item.url == record_url(world, month="2024-01", kind=kind)
    (item,) = of(on + DAY)
    assert item.late and item.when == "1 day late"
    assert of(on + to_record.LATELY) and not of(on + to_record.LATELY + DAY)
    page = browser(world.ana).get(f"/notices/{found.pk}/").context
    assert page["record"] is None, "its day is still to come"


def test_a_notice_leads_to_recording_then_to_what_is_recorded(world, ana):
    found = given(world, kind="thematic")
    url = f"/notices/{found.pk}/"
    link = ana.get(url).context["record"]
    assert (link.label, link.url) == ("Record this meeting", record_url(world, month="2024-01", kind="thematic"))
    assert browser(world.ben).get(url).context["record"] is None, "who is called records nothing"
    assert any(title.startswith("Thematic meeting on") for title in asked(world))
    form = ana.get(link.url).context["form"]
    assert (form["kind"].value(), form["topic"].value()) == ("thematic", "Giữ lời thề đảng viên")
    assert '<h1 id="of-month">Meeting of January 2024 · Thematic meeting<' in ana.get(link.url).content.decode()
    meeting = held(world, TODAY, Kind.THEMATIC)
    assert not any(title.startswith("Thematic meeting on") for title in asked(world))
    assert ana.get(url).context["record"].url == f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/"
    assert browser(world.ben).get(url).context["record"].label == "What is recorded of it"
    actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT)
    assert any(title.startswith("Thematic meeting on") for title in asked(world))


def test_a_regular_one_is_waited_for_by_its_month_and_one_cancelled_by_nobody(world, ana):
    found = given(world)
    assert not any(" on 10 January" in title for title in asked(world))
    assert ana.get(f"/notices/{found.pk}/").context["record"].url.startswith(f"/units/{world.cell_a.pk}/meetings/")
    other = given(world, on=TODAY, kind="extraordinary")
    notices.cancel(notice=other, reason="Mưa bão", by=world.ana, at=AT)
    assert not any(" on 10 January" in title for title in asked(world))
    assert ana.get(f"/notices/{other.pk}/").context["record"] is None


@pytest.mark.parametrize(
    ("today", "quarter", "late"),
    [
        (date(2024, 2, 29), "", False),
        (date(2024, 3, 1), "first quarter", False),
        (date(2024, 3, 31), "first quarter", False),
        (date(2024, 4, 1), "first quarter", True),
        (date(2024, 4, 30), "first quarter", True),
        (date(2024, 5, 1), "", False),
    ],
)
def test_a_quarter_without_a_thematic_meeting_is_asked_for_from_its_last_month_on(world, today, quarter, late):
    found = [item for title, item in asked(world, today).items() if title.startswith("No thematic meeting of")]
    assert [item.late for item in found] == ([late] if quarter else [])
    for item in found:
        assert ("/record/" in item.url) is late and "month=2024-03&kind=thematic" in item.url.replace(
            "kind=thematic&month=2024-03", "month=2024-03&kind=thematic"
        )


def test_a_quarter_with_a_thematic_meeting_or_its_notice_is_not_asked_for(world):
    def missing(today):
        return [title for title in asked(world, today) if title.startswith("No thematic meeting of")]

    march = date(2024, 3, 5)
    assert missing(march)
    found = given(world, on=march, at=datetime.fromisoformat("2024-03-01T09:00:00+07:00"), kind="thematic")
    assert missing(march) == [] and found.status == "given"
    held(world, TODAY, Kind.THEMATIC)
    assert missing(march) == []
    assert Meeting.objects.filter(unit=world.cell_a, kind=Kind.THEMATIC, month=date(2024, 1, 1)).exists()


def test_desk_and_notice_ask_a_dozen_queries_at_most(world, ana):
    found = given(world, kind="thematic")
    for url in ("/", f"/notices/{found.pk}/"):
        ana.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert ana.get(url).status_code == 200
        assert len(queries) <= 12, url


def test_the_form_tells_what_of_the_records_moves_with_the_day_of_the_meeting(world, ana):
    before = ana.get(record_url(world, month="2024-01")).context["form"].rules
    assert (before["told_on"], before["known"]["notice_days"]) == ({}, 0), "without a notice, on no day is there one"
    given(world, on=TODAY, at=AT - 3 * DAY)
    rules = ana.get(record_url(world, month="2024-01")).context["form"].rules
    assert rules["told_on"] == {"notice_days": (TODAY - 3 * DAY).isoformat()}
    assert rules["known"]["notice_days"] == 3
