"""Points by a scoring sheet: answers to its criteria, the sheet of that day and place, claims beside records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.meetings import actions
from chibo.meetings.content import content_of, padded
from chibo.meetings.evidence import around
from chibo.meetings.models import Meeting, Score
from chibo.scoring.actions import end, lay_down
from chibo.scoring.models import SheetRule, SheetVersion
from tests.meetings.saying import december, errors, record_url, typed, url_of
from tests.scoring.test_sheets import full
from tests.world import TODAY

HUNDRED, STRICT, FOUR = ("hundred", "hundred_strict", "four_groups")


def version(code: str) -> SheetVersion:
    return SheetVersion.objects.get(code=code)


def hold(code: str, unit: Any, from_on: date) -> SheetRule:
    """Let regular meetings under a unit be scored by a sheet from a day on."""
    given: dict[str, Any] = {"kinds": ["regular"], "by": None, "at": clock.now()}
    return lay_down(version=version(code), unit=unit, from_on=from_on, **given)[0]


def answered(client: Any, world: Any, code: str = HUNDRED, **answers: str) -> dict[str, Any]:
    """The form of December's meeting with all criteria of a sheet answered in full, but for some."""
    given = {f"k_{name}": answer for name, answer in full(version(code).sheet, **answers).items()}
    return typed(client, record_url(world, month="2023-12"), held_on="2023-12-04", duration_min="95", **given)


def recorded(client: Any, world: Any, code: str = HUNDRED, **answers: str) -> Meeting:
    sent = client.post(record_url(world), answered(client, world, code, **answers))
    assert sent.status_code == 302, errors(sent)
    return Meeting.objects.get(month=date(2023, 12, 1), unit=world.cell_a, kind="regular")


def test_answers_are_kept_with_their_sheet_points_and_band(world, ana):
    meeting = recorded(ana, world, praise="no")
    score = Score.objects.get(meeting=meeting)
    assert (score.sheet, score.band, score.reachable, score.total) == (version(HUNDRED), "good", 100, 98)
    assert score.answers["praise"] == "no" and score.c4 == 28
    assert content_of(meeting).answers == score.answers


def test_the_form_says_what_records_propose_and_chooses_nothing_by_itself(world, ana):
    form = ana.get(record_url(world, month="2023-12")).context["form"]
    proposed = {each.criterion.code: each.proposed for group in form.groups for each in group.criteria}
    assert proposed["attendance"] == "from90" and proposed["excused"] == "yes" and proposed["thematic"] == "none"
    assert not proposed["duration"] and not proposed["praise"]
    assert not [name for name in form.initial if name.startswith("k_")]


def test_what_records_alone_propose_is_no_score(world, ana):
    sent = {name: value for name, value in answered(ana, world).items() if not name.startswith("k_")}
    sent |= {"k_attendance": "from90", "k_excused": "yes", "auto": "k_attendance k_excused"}
    refused = ana.post(record_url(world), sent | {"auto": "k_attendance"})
    assert refused.status_code == 422 and "26 criteria have no answer" in str(errors(refused))
    assert ana.post(record_url(world), sent).status_code == 302
    assert not Score.objects.filter(meeting__month=date(2023, 12, 1), meeting__unit=world.cell_a).exists()


def test_a_criterion_without_an_answer_is_told_and_nothing_is_lost(world, ana):
    sent = answered(ana, world) | {"k_praise": "", "k_steers": "", "topic": "Kept"}
    answer = ana.post(record_url(world), sent)
    assert answer.status_code == 422
    assert "2 criteria have no answer" in str(errors(answer)["k_praise"])
    assert 'value="Kept"' in answer.content.decode()
    assert not Meeting.objects.filter(month=date(2023, 12, 1), unit=world.cell_a).exists()


def test_what_is_not_scored_yet_has_no_points_whatever_is_chosen(world, ana):
    answer = ana.post(record_url(world), answered(ana, world) | {"prompt": "none"})
    assert answer.status_code == 302
    assert not Score.objects.filter(meeting__month=date(2023, 12, 1), meeting__unit=world.cell_a).exists()


@pytest.mark.parametrize("wrong", ["best", "\x00", "none", "x" * 500])
def test_an_option_that_is_none_is_refused(world, ana, wrong):
    answer = ana.post(record_url(world), answered(ana, world) | {"k_praise": wrong})
    assert answer.status_code == 422 and "k_praise" in errors(answer)


def test_the_strict_sheet_makes_it_fair_and_the_page_says_why(world, ana):
    lay_down(
        version=version(STRICT),
        unit=world.province,
        kinds=["regular"],
        from_on=date(2023, 12, 1),
        by=None,
        at=clock.now(),
    )
    meeting = recorded(ana, world, STRICT, speakers="from40")
    score = Score.objects.get(meeting=meeting)
    assert (score.total, score.band) == (99, "fair")
    page = ana.get(url_of(meeting)).content.decode()
    assert "Fair instead of Good: not all points for Members who spoke, of those present." in page


def test_points_are_told_by_the_sheet_of_four_groups(world, ana):
    lay_down(
        version=version(FOUR), unit=world.cell_a, kinds=["regular"], from_on=date(2023, 12, 4), by=None, at=clock.now()
    )
    meeting = recorded(ana, world, FOUR, conduct="37,5")
    score = Score.objects.get(meeting=meeting)
    assert [score.c1, score.c2, score.c3, score.c4, score.c5] == [15, 20, Decimal("37.5"), 20, 0]
    assert (score.total, score.band) == (Decimal("92.5"), "good")
    refused = ana.post(record_url(world), answered(ana, world, FOUR, conduct="45.1"))
    assert refused.status_code == 422 and "At most 45" in str(errors(refused)["k_conduct"])


def test_the_nearest_sheet_of_that_day_holds(world, ana):
    hold(STRICT, world.province, date(2023, 1, 1))
    hold(FOUR, world.north, date(2023, 12, 5))
    month = date(2023, 12, 1)
    for day, code in ((date(2022, 12, 31), HUNDRED), (date(2023, 12, 4), STRICT), (date(2023, 12, 5), FOUR)):
        assert around(world.cell_a, day, "regular", month)[0] == version(code)
        assert around(world.cell_a, day, "thematic", month)[0] == version(HUNDRED)
    assert around(world.south, date(2023, 12, 5), "regular", month)[0] == version(STRICT)


def test_the_sheet_of_one_year_never_changes_the_scores_of_another(world, ana):
    meeting = recorded(ana, world, speakers="less")
    before = Score.objects.values().get(meeting=meeting)
    hold(STRICT, None, date(2023, 12, 5))
    assert Score.objects.values().get(meeting=meeting) == before
    sent = typed(ana, url_of(meeting, "correct/"), topic="Another", reason="it was forgotten")
    assert ana.post(url_of(meeting, "correct/"), sent).status_code == 302
    assert Score.objects.values().get(meeting=meeting) == before


def test_answers_to_another_sheet_than_that_of_the_day_are_not_taken(world, ana):
    sent = answered(ana, world)
    hold(STRICT, None, date(2023, 12, 1))
    answer = ana.post(record_url(world), sent)
    assert answer.status_code == 422 and "scoring sheet has changed" in str(errors(answer))
    assert ana.post(record_url(world), sent | {"sheet": version(STRICT).pk}).status_code == 302


def test_a_caller_cannot_keep_points_that_do_not_follow_from_answers(world, ana):
    meeting = recorded(ana, world)
    content = content_of(meeting)
    for change in (
        {"points": padded((Decimal(1),) * 8)},
        {"answers": {**(content.answers or {}), "praise": "no"}},
        {"answers": {}},
        {"sheet": version(FOUR).pk},
    ):
        with pytest.raises(Denied):
            actions.correct(
                meeting=meeting, seen=content.seal(meeting.version), content=replace(content, **change), reason="x",
                by=meeting.recorded_by, at=clock.now(),
            )  # fmt: skip


def test_a_correction_tells_answers_in_words(world, ana):
    meeting = recorded(ana, world)
    sent = typed(ana, url_of(meeting, "correct/"), k_speakers="less", reason="counted again")
    assert ana.post(url_of(meeting, "correct/"), sent).status_code == 302
    page = ana.get(url_of(meeting)).content.decode()
    assert "More than 50 % (5)" in page and "Under 30 % (2)" in page


def test_claims_stand_beside_what_records_say(world, ana):
    meeting = recorded(ana, world, duration="full", attendance="from75")
    page = " ".join(ana.get(url_of(meeting)).content.decode().split())
    assert "Duration: 95 minutes" in page
    assert "more than said" in page  # all came: 4 points, 3 were said
    sent = typed(ana, url_of(meeting, "correct/"), duration_min="80", reason="by the watch")
    assert ana.post(url_of(meeting, "correct/"), sent).status_code == 302
    assert "less than said" in ana.get(url_of(meeting)).content.decode()


def test_points_by_group_stand_beside_what_records_say_of_whole_groups(world, ana):
    assert ana.post(record_url(world), december(ana, world)).status_code == 302
    meeting = Meeting.objects.get(month=date(2023, 12, 1), unit=world.cell_a, kind="regular")
    page = ana.get(url_of(meeting)).content.decode()
    assert "Present, of those who must attend" in page


def test_the_page_of_a_scored_meeting_and_of_the_form_ask_a_dozen_queries_at_most(world, ana):
    meeting = recorded(ana, world)
    for url in (url_of(meeting), url_of(meeting, "correct/"), record_url(world, month="2023-11")):
        ana.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert ana.get(url).status_code == 200
        assert len(asked) <= 12, (url, len(asked))


def test_rules_of_sheets_are_laid_down_ended_and_taken_back(world):
    now = clock.now()
    rule = hold(STRICT, world.north, TODAY)
    with pytest.raises(Denied, match="begins on"):
        hold(FOUR, world.north, TODAY)
    assert end(rule=rule, on=TODAY, by=None, at=now) is None
    assert not SheetRule.objects.filter(unit=world.north).exists()
    everywhere = SheetRule.objects.get(unit=None, kind="regular")
    with pytest.raises(Denied, match="everywhere"):
        end(rule=everywhere, on=TODAY, by=None, at=now)
