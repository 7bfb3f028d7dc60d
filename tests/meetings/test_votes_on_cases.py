"""A case that waits for a vote is on the agenda, is voted on at the meeting, and takes the count from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from chibo.agendas.kinds import Kind
from chibo.agendas.prefilling import proposed
from chibo.core.actions import action
from chibo.meetings import actions
from chibo.meetings.course import Course, Line
from chibo.procedures import registry
from chibo.procedures.actions import begin
from chibo.procedures.models import Case, Vote
from tests.meetings.judging import browser
from tests.meetings.saying import content, url_of
from tests.procedures.conftest import changed, lay_down, name, nothing  # noqa: F401
from tests.procedures.test_cases import VOTE
from tests.world import AT, TODAY


@pytest.fixture
def case(world, nothing):  # noqa: F811
    """A case of cell A that stands at a vote, of nine."""
    registry.electorate("everybody", label="Everybody")(lambda unit, day: 9)
    told = changed(prepare={"vote": VOTE, "asks": []})
    told["steps"][0]["outcomes"][0]["guards"] = ["carried"]
    told["steps"][0]["outcomes"].append({"code": "stop", "name": name("Stop"), "ends": "refused", "reason": True})
    yield begin(version=lay_down(told, code="voting"), unit=world.cell_a, about="Đặng Thị Đào", by=world.ana, at=AT)
    del registry.electorates["everybody"]


def item(case, **votes):
    """The item of the agenda that is the vote on a case, as a meeting dealt with it."""
    code = registry.item_code(case.pk, case.stages.latest("number").number)
    return Line(text="Kết nạp", kind="vote", code=code, **votes)


def met(world, *items):
    said = replace(content(), held_on=TODAY, month=TODAY.replace(day=1), points=None, scored_on=None)
    said = replace(said, course=Course(items=items))
    return actions.record(unit=world.cell_a, uid=uuid4(), content=said, another=True, by=world.ana, at=AT)


def test_the_agenda_has_it_under_a_code_that_says_of_which_stage_it_is(world, case):
    rows = proposed(world.cell_a, Kind.REGULAR, date(2024, 2, 1), TODAY, []).content.items
    (row,) = [each for each in rows if registry.case_of_item(each.code) == case.pk]
    assert row.kind == "vote" and "Đặng Thị Đào" in row.text
    assert row.code == item(case).code
    for wrong in ("case", "case_", "case_1", "case_x_1", "case_1_2_3", "case_" + "9" * 30 + "_1"):
        assert registry.case_of_item(wrong) is None


@pytest.mark.parametrize(("how", "invalid"), [("hands", 0), ("ballots", 1)])
def test_the_form_of_the_case_begins_with_what_the_meeting_counted(world, case, how, invalid):
    ana = browser(world.ana)
    before = ana.get(f"/cases/{case.pk}/").context["form"]
    assert before["votes_for"].value() is None and before["held_on"].value() == TODAY
    votes = {"votes_for": 0, "votes_against": 0, "votes_other": 0}
    meeting = met(world, item(case, how=how, **votes))
    kept = meeting.items.get()
    voters(item=kept, by=None, at=AT)
    page = ana.get(f"/cases/{case.pk}/")
    form = page.context["form"]
    told = {each: form[each].value() for each in ("summoned", "present", "votes_for", "against", "invalid")}
    assert told == {"summoned": 9, "present": 8, "votes_for": 6, "against": 1, "invalid": invalid}
    assert "As recorded: Meeting of 10 January 2024" in page.content.decode()
    assert f'href="{url_of(meeting)}"' in page.content.decode()
    assert f'href="/cases/{case.pk}/"' in ana.get(url_of(meeting)).content.decode()
    assert f'href="/cases/{case.pk}/"' not in browser(world.ben).get(url_of(meeting)).content.decode()
    sent = {"number": case.stages.latest("number").number, "outcome": "send", "how": "counts", "held_on": "2024-01-10"}
    assert ana.post(f"/cases/{case.pk}/", sent | {each: str(value) for each, value in told.items()}).status_code == 302
    vote = Vote.objects.get()
    assert (vote.held_on, vote.present, vote.votes_for, vote.against) == (TODAY, 8, 6, 1)
    actions.withdraw(meeting=meeting, reason="Never held", by=world.ana, at=AT)
    assert url_of(meeting) not in ana.get(f"/cases/{case.pk}/").content.decode()


@action("tests.counted")
def voters(*, item, by, at):
    """Eight could vote: six were for it, one against, one neither."""
    item.voters, item.votes_for, item.votes_against, item.votes_other = 8, 6, 1, 1
    item.save()


def test_what_was_dealt_with_without_a_vote_is_linked_alone_and_what_was_left_out_is_not(world, case):
    ana = browser(world.ana)
    meeting = met(world, replace(item(case), is_done=False))
    assert url_of(meeting) not in ana.get(f"/cases/{case.pk}/").content.decode()
    other = met(world, item(case))
    page = ana.get(f"/cases/{case.pk}/")
    assert url_of(other) in page.content.decode()
    assert page.context["form"]["present"].value() is None


def test_another_cell_tells_nothing_of_a_case_that_is_not_its_own(world, case):
    said = replace(
        content(), held_on=TODAY, month=TODAY.replace(day=1), points=None, scored_on=None, attendance={},
        course=Course(items=(item(case),)),
    )  # fmt: skip
    meeting = actions.record(unit=world.cell_b, uid=uuid4(), content=said, another=True, by=world.ana, at=AT)
    assert url_of(meeting) not in browser(world.ana).get(f"/cases/{case.pk}/").content.decode()
    assert Case.objects.get(pk=case.pk).status == "open"
