"""What is claimed where there is no record: what had to be there and is not, what is not known, and who has to look."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from chibo.agendas import actions as notices
from chibo.core.actions import Denied, action
from chibo.meetings import actions, confirming, policies
from chibo.meetings.claims import claim_now, kept_claim
from chibo.meetings.models import Confirmation, Meeting, Settled
from chibo.members.models import Membership, Person
from chibo.resolutions import actions as minutes
from tests.agendas.saying import content as notice
from tests.meetings.judging import BARE, DAY, LEAST, agreeing, at, browser, by_sheet, confirm, record, state
from tests.meetings.saying import UID, url_of
from tests.resolutions.saying import lock, newest, save
from tests.world import AT, TODAY


def told(world, meeting, today=TODAY):
    """By criterion: the points proposed; None where there is no record of what is claimed."""
    found = Meeting.objects.select_related("unit").get(pk=meeting.pk)
    claim = claim_now(world.cell_a, found, today)[1]
    known = {each.code: each.proposed for each in claim.lines}
    return known | {each.code: None for each in claim.unanswered}


def held_on(world, day, **answers):
    """A meeting of cell A of that day, recorded on it."""
    said = replace(by_sheet(**answers), held_on=day, month=day.replace(day=1), scored_on=day)
    return actions.record(
        unit=world.cell_a, uid=uuid4(), content=said, another=True, by=world.ana, at=AT - (TODAY - day)
    )


@pytest.mark.parametrize(("before", "points"), [(None, 0), (0, 0), (1, 1), (2, 1)])
def test_without_a_notice_none_was_given_and_a_day_before_is_enough(world, before, points):
    if before is not None:
        said = notice(on=TODAY, month=date(2024, 1, 1))
        notices.save(
            unit=world.cell_a, uid=uuid4(), seen=0, content=said, give=True, by=world.ana, at=AT - before * DAY
        )
    assert told(world, held_on(world, TODAY))["notice"] == points


def test_a_meeting_that_came_with_a_workbook_tells_nothing_of_notice_and_minutes(world):
    loaded = Meeting.objects.select_related("unit").get(code="A-4")
    found = told(world, loaded, TODAY)
    assert found["c2"] is not None and found["c3"] is None, "who was there it tells; of notice and papers nothing"
    assert "0 days" not in str(
        browser(world.ana).get(url_of(loaded)).content.decode().split("Notice given before:")[1:]
    )
    confirm(loaded, world.chi)
    assert not kept_claim(Confirmation.objects.get(meeting=loaded).evidence).agrees


@pytest.mark.parametrize(("days", "points"), [(0, None), (2, None), (3, 0), (400, 0)])
def test_minutes_are_missed_once_the_days_laid_down_for_them_are_over(world, days, points):
    meeting = held_on(world, TODAY)
    found = told(world, meeting, TODAY + days * DAY)
    assert (found["minutes"], found["final_papers"]) == (points, points)


@action("tests.official_since")
def make_official(*, codes, by, at):
    for each in Membership.objects.filter(person__code__in=codes).order_by("pk"):
        each.official_on = date(2023, 12, 1)
        each.save()


def test_minutes_that_both_signed_are_not_missed_and_what_waits_says_so(world):
    make_official(codes=["M1", "M2"], by=None, at=AT)
    said = by_sheet()
    said = replace(said, attendance=dict.fromkeys(said.attendance, ("present", "")), held_on=TODAY, scored_on=TODAY)
    said = replace(said, month=TODAY.replace(day=1))
    said = replace(said, attendance={person("M1"): ("present", ""), person("M2"): ("present", "")})
    meeting = actions.record(unit=world.cell_a, uid=UID, content=said, another=True, by=world.ana, at=AT)
    assert kept(meeting)["minutes"] is None
    an, ben = (Person.objects.get(code=code) for code in ("M1", "M2"))
    begun = minutes.begin(meeting=meeting, chair=an, secretary=ben, by=world.ana, at=AT)
    assert kept(meeting)["minutes"] == 0, "they are begun, and not signed yet"
    save(begun, re.sub("…+", "đã nói", newest(begun).body), by=world.ana)
    lock(world, begun)
    assert (kept(meeting)["minutes"], kept(meeting)["final_papers"]) == (1, 1)
    assert told(world, meeting, TODAY + 400 * DAY)["final_papers"] == 1
    assert (state(meeting), Confirmation.objects.get(meeting=meeting).since) == (Settled.WAITING, TODAY)


def person(code):
    return Person.objects.get(code=code).pk


def kept(meeting):
    """By criterion the points proposed, as they are kept beside the score that waits."""
    claim = kept_claim(Confirmation.objects.get(meeting=meeting).evidence)
    return {each.code: each.proposed for each in claim.lines} | {each.code: None for each in claim.unanswered}


@pytest.mark.parametrize("late", [0, 2, 3, 30])
def test_what_is_kept_as_it_is_recorded_is_what_is_told_of_it_right_after(world, late):
    day = TODAY - late * DAY
    said = replace(by_sheet(), held_on=day, month=day.replace(day=1), scored_on=day)
    meeting = actions.record(unit=world.cell_a, uid=UID, content=said, another=True, by=world.ana, at=AT)
    now = claim_now(world.cell_a, Meeting.objects.get(pk=meeting.pk), TODAY)[1]
    assert Confirmation.objects.get(meeting=meeting).evidence == now.as_json()


@pytest.mark.parametrize("criterion", ["papers", "speakers", "result"])
def test_who_claims_more_than_the_least_without_a_record_is_looked_at_alone(world, criterion):
    alike = {"attendance": "less", "thematic": "none"} | BARE | LEAST
    one = record(world, 12, **{name: answer for name, answer in alike.items() if name != criterion})
    claim = claim_now(world.cell_a, one, TODAY)[1]
    assert [each.code for each in claim.unanswered] == [criterion]
    assert claim.claimed == claim.proposed and not claim.agrees
    with pytest.raises(Denied, match="There is no record of some points"):
        policies.check_agrees(claim)
    seen = confirming.Seen(one, confirming.seal_now(*at(one)))
    done, refused = confirming.confirm_many(seen=[seen], by=world.chi, at=AT)
    assert (done, len(refused), state(one)) == (0, 1, Settled.WAITING)


def test_what_was_confirmed_together_in_time_is_not_once_minutes_are_missing(world):
    said = {"attendance": "less", "thematic": "none"} | BARE | LEAST
    agrees, claims = held_on(world, TODAY, **said), held_on(world, TODAY - DAY * 7, **said | {"minutes": "yes"})
    assert told(world, agrees, TODAY).get("minutes", "") == ""
    seen = [confirming.Seen(each, confirming.seal_now(*at(each))) for each in (agrees, claims)]
    done, refused = confirming.confirm_many(seen=seen, by=world.chi, at=AT + timedelta(days=3))
    assert (done, state(agrees), state(claims)) == (1, Settled.CONFIRMED, Settled.WAITING)
    assert len(refused) == 1


def test_the_pages_say_that_there_is_no_record(world, scored):
    (alike,) = agreeing(world, 1)
    chi = browser(world.chi)
    lines = {line["pk"]: line for line in chi.get("/scores/").context["lines"]}
    assert (lines[scored.pk]["unanswered"], lines[alike.pk]["unanswered"]) == ("no record of 3 criteria", "")
    page = chi.get(url_of(scored, "confirm/"))
    assert "claimed 5 of 5, no record" in [line.points for line in page.context["state"].lines]
    said = " ".join(page.content.decode().split())
    assert "no record" in said and "Notice given before: 0 days" in said.replace("\xa0", " ")
    table = page.context["scores"][0].table
    shown = {row[0].text: row[-1].text for row in table.rows}
    assert shown["Members who spoke, of those present"] == "no record"
    assert shown["Right, focused content"] == ""
