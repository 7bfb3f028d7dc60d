"""What is said of procedures that can't be: every fault by its name; and limits of time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chibo.core.actions import Denied
from chibo.procedures import drafting
from chibo.procedures.checking import faults
from chibo.procedures.limits import DAYS, MONTHS, WORKING_DAYS, is_working, last_day, months_after, postponed
from chibo.procedures.models import Version
from tests.procedures.conftest import CELL, changed, lay_down, name
from tests.world import AT

LEAVES = {"code": "send", "name": name("Send"), "to": "check"}


def said_of(**steps) -> str:
    return " ".join(faults(changed(**steps)))


def test_the_small_procedure_has_no_fault():
    assert faults(changed()) == []


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ({"prepare": {"who": []}}, "Prepare: nobody acts"),
        ({"prepare": {"who": [{"at": "moon", "roles": ["secretary"]}]}}, "Unknown place: moon"),
        ({"prepare": {"who": [{"at": "cell", "roles": ["administrator"]}]}}, "does not act on cases: administrator"),
        ({"prepare": {"need": "some"}}, "how many have to sign"),
        ({"check": {"apart_from": ["nowhere"]}}, "unknown step nowhere"),
        ({"check": {"apart_from": ["check"]}}, "apart from itself"),
        ({"prepare": {"outcomes": [{**LEAVES, "to": "nowhere"}]}}, "unknown step nowhere"),
        ({"prepare": {"outcomes": [{**LEAVES, "ends": "granted"}]}}, "has to lead to a step or to an end"),
        ({"prepare": {"outcomes": [{**LEAVES, "to": "", "ends": "moon"}]}}, "unknown result moon"),
        ({"prepare": {"outcomes": [{**LEAVES, "guards": ["moon"]}]}}, "unknown condition: moon"),
        ({"prepare": {"outcomes": [{**LEAVES, "effect": "moon"}]}}, "unknown effect moon"),
        ({"prepare": {"outcomes": [{**LEAVES, "guards": ["carried"]}]}}, "asks for a vote that is not there"),
        ({"prepare": {"outcomes": [{**LEAVES, "guards": ["is_grassroots"]}]}}, "Prepare may hold a case for ever"),
        ({"prepare": {"limit": {"n": -1, "unit": "days"}}}, "this limit can't be"),
        ({"prepare": {"limit": {"n": 1, "unit": "years"}}}, "this limit can't be"),
        ({"prepare": {"limit": {"n": 1, "unit": "days", "since": "moon"}}}, "unknown beginning of the limit: moon"),
        ({"prepare": {"limit": {"n": 1, "unit": "days", "then": "moon"}}}, "follows by itself is none"),
        ({"decide": {"reminders": [{"days": 1}]}}, "reminds of a limit it does not have"),
        ({"prepare": {"asks": [{"code": "x", "kind": "moon", "name": name("X")}]}}, "unknown kind of question"),
        ({"decide": {"outcomes": [{"code": "again", "name": name("Again"), "to": "check"}]}}, "no end is reached"),
        ({"check": {"outcomes": [{"code": "back", "name": name("B"), "to": "prepare"}]}}, "Decide is never reached"),
        ({"check": {"skip": {"when": "is_grassroots", "to": "check"}}}, "left out in a ring"),
        ({"check": {"papers": [{"code": "p", "name": name("Letter"), "made": True}]}}, "Letter has no form"),
        ({"check": {"code": "prepare"}}, "two steps prepare"),
        ({"prepare": {"code": "begin"}}, "No step can be called begin"),
        ({"prepare": {"strange": 1, "papers": [{"strange": 1}]}}, "This is not a procedure"),
    ],
)
def test_a_fault_is_named(steps, fault):
    assert fault in said_of(**steps)


def test_a_result_to_which_no_case_can_come_is_named():
    told = changed()
    told["results"]["moon"] = name("Gone to the moon")
    assert faults(told) == ["No case can come to this result: Gone to the moon."]
    told["results"]["moon"] = {}
    assert faults(told) == ["No case can come to this result: moon."]


def test_a_result_to_which_only_a_step_leads_that_is_never_reached_is_named():
    told = changed(check={"outcomes": [{"code": "stop", "name": name("Stop"), "ends": "refused"}]})
    assert "No case can come to this result: Granted." in faults(told)


@pytest.mark.parametrize("told", [{}, {"begins": 1}, {"begins": [], "results": {}, "steps": []}, {"steps": [[]]}])
def test_what_is_no_procedure_is_refused_and_nothing_breaks(told):
    assert faults(told)


def test_two_outcomes_that_complement_each_other_leave_no_case_behind():
    both = [
        {**LEAVES, "guards": ["is_grassroots"]},
        {"code": "stop", "name": name("Stop"), "to": "check", "guards": ["under_grassroots"]},
    ]
    assert said_of(prepare={"outcomes": both}) == ""


def test_a_draft_with_faults_is_not_laid_down_and_one_laid_down_never_changes(world, nothing):
    draft = drafting.draft(
        code="x", subject="nothing", name=name("X"), basis="", told=changed(prepare={"who": []}), by=None, at=AT
    )
    with pytest.raises(Denied, match="nobody acts"):
        drafting.lay_down(version=draft, valid_from=date(2024, 1, 10), by=None, at=AT)
    drafting.change(version=draft, told=changed(), name=name("X"), basis="2", by=None, at=AT)
    laid = drafting.lay_down(version=draft, valid_from=date(2024, 1, 10), by=None, at=AT)
    with pytest.raises(Denied, match="stays as it is"):
        drafting.change(version=laid, told=changed(), name=name("Y"), basis="2", by=None, at=AT)
    copied = drafting.copy(version=laid, by=None, at=AT)
    assert (copied.number, copied.valid_from, copied.definition) == (2, None, laid.definition)
    drafting.throw_away(version=copied, by=None, at=AT)
    assert list(Version.objects.filter(procedure=laid.procedure)) == [laid]


def test_only_an_administrator_of_the_whole_tree_changes_procedures(world, nothing):
    version = lay_down(changed())
    for user in (world.ana, world.chi, world.flo):
        with pytest.raises(Denied):
            drafting.copy(version=version, by=user, at=AT)
    assert drafting.copy(version=version, by=world.eva, at=AT).number == 2
    assert CELL


# Limits of time

TET = {date(2024, 2, day): False for day in range(8, 15)} | {date(2024, 2, 17): True}


@pytest.mark.parametrize(
    ("since", "n", "unit", "last"),
    [
        (date(2024, 1, 31), 1, MONTHS, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, MONTHS, date(2023, 2, 28)),
        (date(2023, 2, 28), 12, MONTHS, date(2024, 2, 28)),
        (date(2024, 2, 29), 12, MONTHS, date(2025, 2, 28)),
        (date(2024, 12, 31), 2, MONTHS, date(2025, 2, 28)),
        (date(2024, 2, 28), 2, DAYS, date(2024, 3, 1)),
        (date(2024, 2, 5), 3, WORKING_DAYS, date(2024, 2, 15)),  # Tuesday, Wednesday, then over the new year
        (date(2024, 2, 5), 5, WORKING_DAYS, date(2024, 2, 17)),  # a Saturday worked instead
        (date(2024, 3, 1), 1, WORKING_DAYS, date(2024, 3, 4)),  # over a weekend
        (date(2024, 3, 1), 0, WORKING_DAYS, date(2024, 3, 1)),
    ],
)
def test_a_limit_ends_on_its_day(since, n, unit, last):
    assert last_day(since, n, unit, TET) == last


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 400), st.integers(0, 60))
def test_working_days_are_counted_one_by_one_and_a_limit_that_rested_has_as_many_left(since, n, rested):
    due = last_day(since, n, WORKING_DAYS, TET)
    counted = [since + timedelta(k) for k in range(1, (due - since).days + 1)]
    assert sum(is_working(each, TET) for each in counted) == n
    stopped = since + timedelta(rested)
    later = postponed(due, since, stopped, WORKING_DAYS, TET)
    assert later >= due
    assert postponed(due, since, stopped, DAYS, {}) == due + timedelta(rested)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 600))
def test_months_later_it_is_the_same_day_or_the_last_of_the_month(day, months):
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(1)).day == 1)
