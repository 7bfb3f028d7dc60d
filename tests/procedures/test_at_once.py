"""Two who act on one case at the same moment: one wins, the other is told, and what is there is the winner's alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.lifecycle.actions import begin as begin_of_member
from chibo.members.models import Person
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.procedures import going, nightly, registry
from chibo.procedures.actions import begin, decide, record_vote, sign, suspend, time_out, withdraw
from chibo.procedures.models import Case, Version
from chibo.procedures.queries import version_on
from tests.organizations.test_two_at_once import meanwhile, told
from tests.procedures.acting import NEEDS, all_there, flowing, is_whole, know
from tests.procedures.conftest import changed, go, lay_down, name, on, people_of
from tests.procedures.test_case_pages import browser, text
from tests.procedures.test_cases import VOTE
from tests.world import AT, TODAY, World

Made = dict[str, Any]


@pytest.fixture(scope="module")
def crowd(shared_world: World) -> dict[str, Any]:
    """The people of a world that is committed, with a second secretary of the cell and a third officer above it."""
    people: dict[str, Any] = people_of(shared_world)
    for username, role, unit in (("noa", "secretary", shared_world.cell_a), ("oto", "officer", shared_world.upland)):
        people[username] = User.objects.create(username=username, full_name=username.title(), sort_key=username)
        organizations.grant(user=people[username], role=role, unit=unit, from_on=date(2020, 1, 1), by=None, at=AT)
    people["cell"] = shared_world.cell_a
    return people


@pytest.fixture(autouse=True)
def effects(nothing: registry.Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "effects", dict(registry.effects))
    know()


@pytest.fixture
def begun(crowd: Made, request: pytest.FixtureRequest) -> Callable[..., Case]:
    """Begins a case at the cell that goes as far as these sign; the first of a test lays its procedure down."""

    def case(definition: Made, *acts: tuple[str, str]) -> Case:
        code = hashlib.md5(request.node.name.encode()).hexdigest()
        version = Version.objects.filter(procedure__code=code).first() or lay_down(definition, code=code)
        found = begin(version=version, unit=crowd["cell"], about="X", told={"why": "so"}, by=crowd["ana"], at=AT)
        return go(found, *((crowd[who], outcome) for who, outcome in acts))

    return case


def posting(user: User, case: Case, sent: dict[str, object], answers: list[Any]) -> Any:
    """An act through the web, of someone who had the page open: what is answered is put into a list."""
    client = browser(user)

    def post() -> None:
        answers.append(client.post(f"/cases/{case.pk}/", sent))

    return post


def test_of_two_who_decide_at_once_the_second_is_told_and_leaves_nothing(crowd, begun):
    case = begun(flowing(), ("ana", "send"))
    given = {"case": case, "number": 2, "at": AT}
    first = given | {"outcome": "pass", "by": crowd["kim"]}
    refused = meanwhile(sign, first, given | {"outcome": "return", "reason": "no date", "by": crowd["lam"]})
    assert isinstance(refused, Denied)
    assert str(refused) == "Kim was faster: this step is done. Look at the case as it stands now."
    found = all_there(case)
    assert found["signatures"] == [("began", "", "ana"), ("signed", "send", "ana"), ("signed", "pass", "kim")]
    assert found["stages"] == [
        ("begin", "", TODAY), ("prepare", "send", TODAY), ("check", "pass", TODAY), ("decide", "", None),
    ]  # fmt: skip
    assert found["turns"] == [(3, "T-N", "officer")]
    assert found["papers"] == [("paper", "check", 1, "kim")]
    assert (found["loose"], found["followed"]) == (0, 1)


def test_on_the_web_the_second_is_told_with_409_and_what_they_typed_is_shown(crowd, begun):
    case, answers = begun(flowing()), list[Any]()
    typed = {
        "number": 1, "ask_why": "as noa <b>says", "outcome": "send", "paper-number_minutes": "77-BB",
        "paper-on_minutes": "2024-01-09", "paper-at_minutes": "the safe",
    }  # fmt: skip
    paper = {"slot": "minutes", "paper_number": "5-BB", "dated_on": TODAY, "kept_at": "the file"}
    mine: Made = {"case": case, "number": 1, "outcome": "send", "told": {"why": "as ana says"}, "handed_in": [paper]}
    meanwhile(decide, mine | {"by": crowd["ana"], "at": AT}, {}, then=posting(crowd["noa"], case, typed, answers))
    page = text(answers[0])
    assert answers[0].status_code == 409
    assert "Nguyễn Thị An was faster" in page
    for each in ("as noa &lt;b&gt;says", "77-BB", "2024-01-09", "the safe"):
        assert each in page.split("What you had written")[1]
    found = all_there(case)
    assert found["case"][2] == {"why": "as ana says"}
    assert found["papers"] == [("minutes", "prepare", 1, "ana")]
    assert [who for _deed, _outcome, who in found["signatures"]] == ["ana", "ana"]
    assert found["turns"] == [(2, "T-N-1", "leader"), (2, "T-N-1", "officer")]


@pytest.mark.parametrize(("need", "who"), NEEDS, ids=["two", "all"])
def test_the_last_two_of_a_group_sign_at_once_and_the_step_is_left_once(crowd, begun, need, who):
    case = begun(flowing(need, who), ("ana", "send"))
    given = {"case": case, "number": 2, "outcome": "pass", "at": AT}
    other = crowd["lam"] if need == 2 else crowd["mai"]
    assert meanwhile(sign, given | {"by": crowd["kim"]}, given | {"by": other}) is None
    found = all_there(case)
    assert [each[0] for each in found["stages"]] == ["begin", "prepare", "check", "decide"]
    assert (found["papers"], found["followed"]) == ([("paper", "check", 1, other.username)], 1)
    assert [each[2] for each in found["signatures"][2:]] == ["kim", other.username]
    assert is_whole(case)


def test_of_three_who_sign_at_once_where_two_are_needed_two_do_and_one_is_told(crowd, begun, monkeypatch):
    case = begun(flowing(2), ("ana", "send"))
    ready, hold = Barrier(3, timeout=60), going.hold

    def together(held: Case) -> Case:
        ready.wait(30)
        return hold(held)

    monkeypatch.setattr(going, "hold", together)
    given = {"case": case, "number": 2, "outcome": "pass", "at": AT}
    with ThreadPoolExecutor(3) as pool:
        said = [pool.submit(told, sign, **given, by=crowd[who]) for who in ("kim", "lam", "oto")]
        answers = [each.result(60) for each in said]
    refused = [each for each in answers if each is not None]
    assert len(refused) == 1
    assert "was faster: this step is done" in str(refused[0])
    found = all_there(case)
    assert len(found["signatures"]) == 4
    assert len(found["stages"]) == 4
    assert is_whole(case)
    assert found["followed"] == 1


def test_one_person_who_signs_twice_at_once_is_counted_once(crowd, begun):
    case = begun(flowing(2), ("ana", "send"))
    given = {"case": case, "number": 2, "outcome": "pass", "by": crowd["kim"], "at": AT}
    refused = meanwhile(sign, given, given)
    assert str(refused) == "You have signed this step. It waits for another person."
    assert [each[0] for each in all_there(case)["stages"]] == ["begin", "prepare", "check"]
    assert all_there(case)["papers"] == []


def test_what_one_of_a_group_has_signed_is_not_told_otherwise_by_the_other(crowd, begun):
    registry.electorate("everybody", label="Everybody")(lambda unit, day: 9)
    definition = changed(check={"need": 2, "vote": VOTE, "asks": [{"code": "n", "kind": "text", "name": name("N")}]})
    case = begun(definition, ("ana", "send"))
    vote = {"held_on": TODAY, "summoned": 9, "present": 9, "votes_for": 9, "against": 0}
    given: Made = {"case": case, "number": 2, "outcome": "pass", "at": AT}
    mine = given | {"told": {"n": "12"}, "vote": vote, "by": crowd["kim"]}
    refused = meanwhile(decide, mine, mine | {"told": {"n": "13"}, "by": crowd["lam"]})
    assert "Kim has signed this step as it stands" in str(refused)
    with pytest.raises(Denied, match="Kim has signed this step"):
        record_vote(case=case, number=2, **vote | {"votes_for": 7}, by=crowd["lam"], at=AT)
    assert (all_there(case)["case"][2], all_there(case)["votes"]) == ({"why": "so", "n": "12"}, 1)
    assert decide(**given, told={"n": "12"}, by=crowd["lam"]).stages.latest("number").step == "decide"
    del registry.electorates["everybody"]


def test_who_decides_while_it_is_withdrawn_is_told_and_who_withdraws_while_it_ends_too(crowd, begun):
    case, answers = begun(flowing(), ("ana", "send")), list[Any]()
    sent = {"number": 2, "outcome": "return", "reason": "the day is wrong"}
    taken = {"case": case, "reason": "no more", "by": crowd["ana"], "at": AT}
    meanwhile(withdraw, taken, {}, then=posting(crowd["kim"], case, sent, answers))
    assert answers[0].status_code == 409
    assert "This case is over." in text(answers[0])
    assert "the day is wrong" in text(answers[0])
    found = all_there(case)
    assert found["case"][0] == Case.Status.WITHDRAWN
    assert (found["papers"], found["turns"], found["followed"]) == ([], [], 0)
    assert found["signatures"][-1] == ("withdrew", "", "ana")

    other = begun(flowing(), ("ana", "send"), ("kim", "pass"))
    last = {"case": other, "number": 3, "outcome": "grant", "by": crowd["chi"], "at": AT}
    back = {"number": 3, "act": "withdraw", "reason": "we want it back"}
    meanwhile(sign, last, {}, then=posting(crowd["ana"], other, back, answers))
    assert answers[1].status_code == 409
    assert "This case is over." in text(answers[1])
    assert "we want it back" in text(answers[1])
    found = all_there(other)
    assert found["case"][:2] == (Case.Status.ENDED, "granted")
    assert found["signatures"][-1] == ("signed", "grant", "chi")
    assert is_whole(other)


def test_who_signs_while_it_is_suspended_is_told_and_may_after(crowd, begun):
    case = begun(flowing(), ("ana", "send"))
    given = {"case": case, "number": 2, "outcome": "pass", "by": crowd["kim"], "at": AT}
    refused = meanwhile(suspend, {"case": case, "reason": "ill", "by": crowd["ana"], "at": AT}, given, then=sign)
    assert "suspended" in str(refused)
    assert all_there(case)["papers"] == []


def test_the_night_and_a_person_end_a_step_at_once_and_only_one_of_them_does(crowd, begun):
    definition = flowing(decide={"limit": {"n": 5, "unit": "days", "then": "lapse"}})
    definition["results"]["lapsed"] = name("Lapsed")
    definition["steps"][2]["outcomes"].append(
        {"code": "lapse", "name": name("Lapse"), "ends": "lapsed", "effect": "counted"}
    )
    case = begun(definition, ("ana", "send"), ("kim", "pass"))
    late = on(TODAY + timedelta(6))
    granted = {"case": case, "number": 3, "outcome": "grant", "by": crowd["chi"], "at": late}
    assert meanwhile(sign, granted, {"at": late}, then=nightly.look_after) is None
    found = all_there(case)
    assert found["case"][1] == "granted"
    assert found["signatures"][-1] == ("signed", "grant", "chi")
    assert found["followed"] == 1

    other = begun(definition, ("ana", "send"), ("kim", "pass"))
    stage = other.stages.latest("number")
    night = {"stage": stage, "by": None, "at": late}
    refused = meanwhile(time_out, night, granted | {"case": other}, then=sign)
    assert str(refused) == "This case is over."
    found = all_there(other)
    assert found["case"][1] == "lapsed"
    assert found["signatures"][-1] == ("timed_out", "lapse", "")
    assert found["followed"] == 2  # what was checked, and the end by itself


@action("tests.closed")
def close(*, unit: Unit, closed_on: date | None, by: None, at: Any) -> None:
    """A unit is closed, or open again: the night looks after its steps."""
    Unit.objects.filter(pk=unit.pk).update(closed_on=closed_on)


def test_the_night_waits_anew_only_where_nobody_acts_meanwhile(crowd, begun):
    case = begun(flowing("all", NEEDS[1][1]), ("ana", "send"), ("kim", "pass"))
    close(unit=crowd["cell"], closed_on=TODAY, by=None, at=AT)
    nightly.rewait(by=None, at=AT)
    assert all_there(case)["turns"] == [(2, "T-N", "officer")]  # the committee was heard
    given = {"case": case, "number": 2, "outcome": "pass", "by": crowd["mai"], "at": AT}
    meanwhile(sign, given, {"by": None, "at": AT}, then=nightly.rewait)
    assert all_there(case)["turns"] == [(3, "T-N", "officer")]
    close(unit=crowd["cell"], closed_on=None, by=None, at=AT)


def test_two_who_begin_the_same_about_one_person_at_once_begin_it_once(crowd):
    person, version = Person.objects.get(code="M3"), version_on("removal", TODAY)
    given: Made = {"version": version, "person": person, "unit": crowd["cell"], "told": {"ground": "absent"}, "at": AT}
    refused = meanwhile(begin_of_member, given | {"by": crowd["ana"]}, given | {"by": crowd["noa"]})
    assert str(refused) == "Such a case is under way already."
    assert Case.objects.filter(version__procedure__code="removal").count() == 1
