"""A meeting held on another day than its notice told: the notice calls nobody to that day any more, and both say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from chibo.agendas import actions as notices
from chibo.agendas.calendars import feed
from chibo.agendas.models import Notice
from chibo.agendas.queries import called_to
from chibo.agendas.registry import still_called
from chibo.agendas.views import coming
from chibo.meetings import actions
from chibo.meetings.models import Meeting
from chibo.meetings.noticed import held_of, notice_of
from chibo.members.models import Person
from tests.agendas.saying import content as notice
from tests.meetings.judging import DAY, browser
from tests.meetings.saying import content, record_url
from tests.world import AT, TODAY


def given(world, on, kind="regular"):
    said = notice(on=on, month=on.replace(day=1), kind=kind)
    return notices.save(unit=world.cell_a, uid=uuid4(), seen=0, content=said, give=True, by=world.ana, at=AT)


def held(world, on, kind="regular", **more):
    said = replace(content(), kind=kind, held_on=on, month=on.replace(day=1), points=None, scored_on=None, **more)
    return actions.record(unit=world.cell_a, uid=uuid4(), content=said, another=True, by=world.ana, at=AT)


@pytest.fixture(autouse=True)
def january(world):
    """The world's meeting of January, from before any notice, is not there."""
    for each in Meeting.objects.filter(unit=world.cell_a, month=date(2024, 1, 1)):
        actions.withdraw(meeting=each, reason="Nhầm", by=world.ana, at=AT)


def calls(person, world):
    return set(called_to(person.pk, TODAY)), set(still_called(called_to(person.pk, TODAY)))


def test_once_held_on_another_day_nobody_is_called_to_the_day_told(world):
    an = Person.objects.get(code="M1")
    told = given(world, TODAY + 5 * DAY)
    assert calls(an, world) == ({told}, {told}) and coming(world.cell_a, TODAY) is not None
    assert f"{told.on:%Y%m%d}" in feed(an.pk, TODAY)
    meeting = held(world, TODAY)
    assert (notice_of(meeting), held_of(told)) == (told, meeting)
    assert calls(an, world) == (set(), set()) and coming(world.cell_a, TODAY) is None
    assert f"{told.on:%Y%m%d}" not in feed(an.pk, TODAY)
    ana = browser(world.ana)
    page = ana.get(f"/notices/{told.pk}/")
    assert "on another day than is told here" in page.content.decode()
    assert page.context["record"].url == f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/"
    assert not page.context["may_change"]
    assert "on another day" not in ana.get("/").content.decode()
    assert not any(str(each.title).startswith("Regular meeting on") for each in ana.get("/").context["waits"])
    actions.withdraw(meeting=meeting, reason="Nhầm", by=world.ana, at=AT)
    assert calls(an, world) == ({told}, {told})


def test_of_several_notices_the_nearest_is_the_one_that_was_held(world):
    near, far = (given(world, TODAY + n * DAY, "extraordinary") for n in (1, 4))
    meeting = held(world, TODAY, "extraordinary")
    assert notice_of(meeting) == near and held_of(far) is None
    assert set(still_called(Notice.objects.filter(kind="extraordinary"))) == {far}
    assert set(still_called(Notice.objects.filter(kind="extraordinary"), elsewhen=True)) == {far}
    long_before = held(world, date(2024, 1, 2), "thematic")
    other = given(world, TODAY + 9 * DAY, "thematic")
    assert notice_of(long_before) is None and held_of(other) is None
    assert set(still_called(Notice.objects.filter(kind="thematic"))) == {other}


def test_a_meeting_leads_to_its_notice_and_how_it_was_prepared(world):
    told, prepared = given(world, TODAY + 5 * DAY), held(world, TODAY, "committee")
    form = browser(world.ana).get(record_url(world, month="2024-01")).context["form"]
    assert "The notice told 15 January 2024" in form.fields["held_on"].help_text
    meeting = held(world, TODAY)
    page = browser(world.ana).get(f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/").context
    further = {str(each.title): each for each in page["further"]}
    assert further["Notice of the meeting"].url == f"/notices/{told.pk}/"
    assert further["Notice of the meeting"].text == "It told 15 January 2024."
    assert further["How the committee prepared it"].url.endswith(f"/meetings/{prepared.pk}/")
