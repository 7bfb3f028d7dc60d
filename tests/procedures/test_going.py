"""How cases go on when time passes, units change, and those they are about have a hand in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chibo.core.actions import Denied
from chibo.organizations import actions as organizations
from chibo.organizations.scope import rights_of
from chibo.procedures import drafting, limits, nightly, queries, registry, special_days
from chibo.procedures.actions import begin, record_vote, resume, sign, suspend, withdraw
from chibo.procedures.models import Case, Version
from chibo.procedures.registry import Moment
from tests.organizations.acting import do
from tests.procedures.conftest import CELL, CONCERNED, SMALL, changed, go, lay_down, name, on
from tests.world import AT, TODAY, World

D = date
COUNTS = {"summoned": 9, "present": 9, "votes_for": 9, "against": 0}


def begun(version: Version, world: World, about: str = "Something") -> Case:
    return begin(version=version, unit=world.cell_a, about=about, told={"why": "so"}, by=world.ana, at=AT)


def waits_for(case: Case) -> set[str]:
    return {turn.unit.code for turn in case.stages.latest("number").turns.select_related("unit")}


def test_a_case_due_on_the_leap_day_rests_and_goes_on(world, people, nothing):
    case = begun(lay_down(changed(prepare={"limit": {"n": 50, "unit": "days"}})), world)
    assert case.stages.latest("number").due_on == D(2024, 2, 29)
    suspend(case=case, reason="ill", by=people["ana"], at=AT)
    resume(case=case, by=people["ana"], at=on(TODAY + timedelta(7)))
    assert case.stages.latest("number").due_on == D(2024, 3, 7)


def test_the_holidays_of_a_rest_of_years_are_not_counted(world):
    special_days.add(day=D(2027, 6, 1), is_working=False, name="a holiday", by=None, at=AT)
    due, back = D(2024, 1, 17), D(2027, 6, 15)
    rested = sum(limits.is_working(TODAY + timedelta(n), {D(2027, 6, 1): False}) for n in range((back - TODAY).days))
    expected = limits.last_day(due, rested, "working_days", {D(2027, 6, 1): False})
    assert limits.resumed(due, TODAY, back, "working_days") == expected


def test_a_version_that_was_to_end_later_ends_where_the_next_one_begins(world, nothing):
    first = lay_down(SMALL)
    drafting.end(version=first, on=TODAY + timedelta(60), by=None, at=AT)
    second = lay_down(changed(), valid_from=TODAY + timedelta(30))
    assert queries.version_on("small", TODAY + timedelta(29)) == first
    assert queries.version_on("small", TODAY + timedelta(45)) == second
    first.refresh_from_db()
    assert first.valid_to == second.valid_from


def test_a_cell_that_moved_has_its_cases_checked_by_the_committee_above_it_now(world, people, nothing):
    case = go(begun(lay_down(SMALL), world), (people["ana"], "send"))
    assert waits_for(case) == {"T-N-1"}
    do("move", D(2024, 1, 8), unit="A", to="T-S-1")
    nightly.look_after(at=AT)
    assert waits_for(case) == {"T-S-1"}
    nightly.look_after(at=AT)
    assert waits_for(case) == {"T-S-1"}


def test_a_case_at_rest_goes_past_a_step_that_does_not_apply_where_its_cell_is_now(world, people, nothing, monkeypatch):
    def elsewhere(moment: Moment) -> str | None:
        return None if moment.case.unit.path.startswith(world.south.path) else "still in the north"

    monkeypatch.setitem(registry.guards, "elsewhere", registry.Named("elsewhere", "Elsewhere", elsewhere))
    limit = {"n": 10, "unit": "days", "since": "case"}
    told = changed(check={"skip": {"when": "elsewhere", "to": "decide"}}, decide={"limit": limit})
    case = go(begun(lay_down(told), world), (people["ana"], "send"))
    suspend(case=case, reason="ill", by=people["ana"], at=AT)
    do("move", D(2024, 1, 8), unit="A", to="T-S-1")
    nightly.look_after(at=AT)
    assert waits_for(case) == {"T-S"}
    assert case.stages.latest("number").due_on == TODAY + timedelta(10)
    resume(case=case, by=people["ana"], at=on(TODAY + timedelta(7)))
    assert case.stages.latest("number").due_on == TODAY + timedelta(17)


def test_who_has_signed_is_not_waited_for_again_when_a_unit_has_moved(world, people, nothing):
    both = changed(check={"need": "all", "who": [CELL, {"at": "above_grassroots", "roles": ["officer"]}]})
    both["steps"][1]["apart_from"] = []
    case = go(begun(lay_down(both), world), (people["ana"], "send"), (people["ana"], "pass"))
    do("move", D(2024, 1, 8), unit="A", to="T-S-1")
    nightly.look_after(at=AT)
    assert waits_for(case) == {"T-S"}
    assert go(case, (people["dan"], "pass")).stages.latest("number").step == "decide"


def test_a_case_of_a_unit_that_closed_goes_on_where_what_it_is_about_is_found(world, people, nothing):
    elsewhere = registry.Subject(code="nothing", label="Nothing", place=lambda case, day: world.cell_b)
    registry.subjects["nothing"] = elsewhere
    organizations.grant(user=world.ben, role="secretary", unit=world.cell_b, from_on=TODAY, by=None, at=AT)
    case = begun(lay_down(SMALL), world)
    do("merge", D(2024, 1, 8), units=["A"], into="B")
    nightly.look_after(at=AT)
    assert waits_for(case) == {"B"}
    assert [stage.case for stage in queries.waiting_for(rights_of(world.ben, TODAY), world.ben)] == [case]
    assert go(case, (world.ben, "send")).stages.latest("number").step == "check"


def test_a_night_in_which_nobody_is_found_loses_nobody_who_was_waited_for(world, people, nothing):
    told = changed(prepare={"who": [{"at": "grassroots", "roles": ["officer"]}]})
    case = begun(lay_down(told), world)
    do("dissolve", D(2024, 1, 8), unit="A", members_to="B")
    registry.subjects["nothing"] = registry.Subject(code="nothing", label="", place=lambda case, day: world.north)
    nightly.look_after(at=AT)
    assert waits_for(case) == {"T-N-1"}


def test_whom_a_case_is_about_signs_once(world, people, nothing):
    CONCERNED["Ben"] = [people["ben"].pk]
    version = lay_down(changed(check={"who": [{"at": "member"}], "need": 2}))
    case = go(begun(version, world, "Ben"), (people["ana"], "send"), (people["ben"], "pass"))
    with pytest.raises(Denied, match="waits for another person"):
        go(case, (people["ben"], "pass"))


def test_nobody_takes_back_a_case_about_themselves_nor_for_whom_it_is_about(world, people, nothing):
    CONCERNED["Ana"] = [people["ana"].pk]
    case = begun(lay_down(SMALL), world, "Ana")
    lent = world.ana.grants.get(unit=world.cell_a)
    week = TODAY + timedelta(7)
    organizations.lend(
        grants=[lent], to=people["ben"], from_on=TODAY, to_on=week, reason="away", by=people["ana"], at=AT
    )
    for who in ("ana", "ben"):
        with pytest.raises(Denied, match="about you"):
            withdraw(case=case, reason="no", by=people[who], at=AT)
        with pytest.raises(Denied, match="about you"):
            suspend(case=case, reason="no", by=people[who], at=AT)
    own = begun(lay_down({**SMALL, "by_member": True}, code="own"), world, "Ana")
    assert withdraw(case=own, reason="no", by=people["ana"], at=AT).status == Case.Status.WITHDRAWN


def test_a_case_of_which_something_stands_in_the_records_is_not_withdrawn(world, people, nothing):
    registry.effect("tests.lasting", label="it lasts", lasts=True)(lambda moment, by, at: None)
    leaves = {"code": "send", "name": name("Send"), "to": "check", "effect": "tests.lasting"}
    case = begun(lay_down(changed(prepare={"outcomes": [leaves]})), world)
    case = go(case, (people["ana"], "send"))
    with pytest.raises(Denied, match="stands in the records"):
        withdraw(case=case, reason="no", by=people["ana"], at=AT)
    del registry.effects["tests.lasting"]


def test_a_vote_is_not_held_before_the_day_the_case_waited_for(world, people, nothing):
    registry.electorate("everybody", label="Everybody")(lambda unit, day: 9)
    over = {"code": "over", "name": name("Over"), "to": "check", "guards": ["day_reached"]}
    told = changed(
        prepare={"limit": {"n": 10, "unit": "days"}, "outcomes": [over]},
        check={
            "who": [CELL],
            "apart_from": [],
            "vote": {"electorate": "everybody", "carried": {"n": 1, "m": 2, "of": "summoned"}},
        },
    )
    case = begun(lay_down(told), world)
    last = TODAY + timedelta(10)
    case = sign(case=case, number=1, outcome="over", by=people["ana"], at=on(last))
    with pytest.raises(Denied, match="from 20 January 2024 on"):
        record_vote(case=case, number=2, held_on=last - timedelta(1), **COUNTS, by=people["ana"], at=on(last))
    assert record_vote(case=case, number=2, held_on=last, **COUNTS, by=people["ana"], at=on(last)).pk
    del registry.electorates["everybody"]


def test_a_limit_that_runs_since_the_case_began_is_longer_by_what_it_rested_at_an_earlier_step(world, people, nothing):
    case = begun(lay_down(changed(check={"limit": {"n": 30, "unit": "days", "since": "case"}})), world)
    suspend(case=case, reason="ill", by=people["ana"], at=AT)
    back = on(TODAY + timedelta(7))
    resume(case=case, by=people["ana"], at=back)
    case = go(case, (people["ana"], "send"), at=back)
    assert case.stages.latest("number").due_on == TODAY + timedelta(37)
