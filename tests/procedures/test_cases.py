"""How cases go: who signs by which right, who does not, what is kept, and how they end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chibo.core.actions import Denied, action
from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant
from chibo.organizations.scope import Scope, rights_of
from chibo.procedures import nightly, queries
from chibo.procedures.actions import begin, record_vote, resume, sign, suspend, tell, withdraw
from chibo.procedures.models import Case, Deed, Reminder, Signature, Version
from tests.procedures.conftest import CELL, COMMITTEE, CONCERNED, changed, go, lay_down, name, on
from tests.world import AT, TODAY, World

VOTE = {
    "electorate": "everybody",
    "quorum": {"n": 1, "m": 2, "of": "summoned", "more": True},
    "carried": {"n": 2, "m": 3, "of": "summoned"},
}


@pytest.fixture
def small(nothing, world) -> Version:
    return lay_down(changed())


def begun(version: Version, world: World, about: str = "Something") -> Case:
    return begin(version=version, unit=world.cell_a, about=about, told={"why": "so"}, by=world.ana, at=AT)


def test_a_case_goes_from_step_to_step_and_ends_with_its_result(small, world, people):
    case = begun(small, world)
    case = go(case, (people["ana"], "send"), (people["kim"], "pass"), (people["chi"], "grant"))
    assert (case.status, case.result, case.ended_on) == ("ended", "granted", TODAY)
    signed = Signature.objects.filter(stage__case=case).order_by("pk")
    assert [(each.deed, each.outcome, each.by.username if each.by else "") for each in signed] == [
        ("began", "", "ana"), ("signed", "send", "ana"), ("signed", "pass", "kim"), ("signed", "grant", "chi"),
    ]  # fmt: skip
    assert [each.unit.code for each in signed if each.unit] == ["A", "A", "T-N-1", "T-N"]
    assert len({each.seal for each in signed}) == 4


def test_a_right_from_above_does_not_act_for_those_below(small, world, people):
    case = begun(small, world)
    with pytest.raises(Denied, match="your role has no part"):
        go(case, (people["chi"], "send"))


def test_what_a_step_asks_has_to_be_told_before_it_is_left(small, world, people):
    case = begin(version=small, unit=world.cell_a, about="X", by=world.ana, at=AT)
    with pytest.raises(Denied, match="Still to be told: Why"):
        go(case, (people["ana"], "send"))
    tell(case=case, number=1, told={"why": "so"}, by=people["ana"], at=AT)
    assert go(case, (people["ana"], "send")).stages.latest("number").step == "check"


def test_who_prepared_a_case_never_checks_it_by_any_other_role_of_theirs(small, world, people):
    organizations.grant(user=world.ana, role="officer", unit=world.upland, from_on=date(2020, 1, 1), by=None, at=AT)
    case = go(begun(small, world), (people["ana"], "send"))
    with pytest.raises(Denied, match="had a hand in it"):
        go(case, (people["ana"], "pass"))


def test_who_prepared_a_case_never_checks_it_through_someone_who_acts_for_them_nor_acting_for_who_checks(
    small, world, people
):
    lent = Grant.objects.get(user=people["kim"])
    organizations.lend(
        grants=[lent],
        to=people["ana"],
        from_on=TODAY,
        to_on=TODAY + timedelta(5),
        reason="away",
        by=people["kim"],
        at=AT,
    )
    case = go(begun(small, world), (people["ana"], "send"))
    with pytest.raises(Denied, match="had a hand in it"):
        go(case, (people["ana"], "pass"))


def test_someone_who_acts_for_the_secretary_signs_in_their_own_name_by_the_right_lent_to_them(small, world, people):
    lent = Grant.objects.get(user=world.ana)
    organizations.lend(
        grants=[lent], to=people["kim"], from_on=TODAY, to_on=TODAY + timedelta(5), reason="away", by=world.ana, at=AT
    )
    case = go(begun(small, world), (people["kim"], "send"))
    signature = Signature.objects.filter(stage__case=case, deed=Deed.SIGNED).get()
    assert (signature.by, signature.lent_by, signature.role) == (people["kim"], world.ana, "secretary")
    with pytest.raises(Denied, match="had a hand in it"):
        go(case, (people["kim"], "pass"))
    assert go(case, (people["lam"], "pass")).stages.latest("number").step == "decide"


def test_nobody_decides_on_a_case_about_themselves(small, world, people):
    CONCERNED["Kim"] = [people["kim"].pk]
    case = go(begun(small, world, "Kim"), (people["ana"], "send"))
    with pytest.raises(Denied, match="about you"):
        go(case, (people["kim"], "pass"))


def test_whom_a_case_is_about_acts_for_themself_where_the_procedure_lets_them(nothing, world, people):
    CONCERNED["Ben"] = [people["ben"].pk]
    version = lay_down(changed(check={"who": [COMMITTEE, {"at": "member"}]}))
    case = go(begun(version, world, "Ben"), (people["ana"], "send"), (people["ben"], "pass"))
    assert case.stages.latest("number").step == "decide"
    other = go(begun(version, world, "Somebody else"), (people["ana"], "send"))
    with pytest.raises(Denied, match="your role has no part"):
        go(other, (people["ben"], "pass"))


def test_whom_a_case_is_about_is_one_of_those_who_are_needed_and_no_more(nothing, world, people):
    CONCERNED["Ben"] = [people["ben"].pk]
    told = changed(check={"need": 2, "who": [COMMITTEE, {"at": "member"}]}) | {"by_member": True}
    version = lay_down(told)
    case = go(begun(version, world, "Ben"), (people["ana"], "send"), (people["ben"], "pass"))
    with pytest.raises(Denied, match="waits for another person"):
        go(case, (people["ben"], "pass"))
    assert go(case, (people["kim"], "pass")).stages.latest("number").step == "decide"
    own = begin(version=version, unit=world.cell_a, about="Ben", told={"why": "so"}, by=people["ben"], at=AT)
    own = go(own, (people["ana"], "send"))
    with pytest.raises(Denied, match="another person has to sign"):  # it is kept apart from the beginning
        go(own, (people["ben"], "pass"))


def test_a_step_that_needs_two_waits_for_another_person(nothing, world, people):
    case = go(begun(lay_down(changed(check={"need": 2})), world), (people["ana"], "send"))
    case = go(case, (people["kim"], "pass"))
    assert case.stages.latest("number").step == "check"
    with pytest.raises(Denied, match="waits for another person"):
        go(case, (people["kim"], "pass"))
    assert go(case, (people["lam"], "pass")).stages.latest("number").step == "decide"


def test_a_step_for_all_is_left_once_each_party_signed_in_any_order(nothing, world, people):
    both = changed(check={"need": "all", "who": [COMMITTEE, {"at": "above_grassroots", "roles": ["officer"]}]})
    case = go(begun(lay_down(both), world), (people["ana"], "send"), (people["mai"], "pass"))
    assert [turn.unit.code for turn in case.stages.latest("number").turns.order_by("pk")] == ["T-N-1", "T-N-1"]
    with pytest.raises(Denied, match="signed for you already"):
        go(case, (people["chi"], "pass"))
    assert go(case, (people["kim"], "pass")).stages.latest("number").step == "decide"


def test_two_who_sign_have_to_sign_the_same_and_one_alone_gives_it_back(nothing, world, people):
    told = changed(check={"need": 2})
    told["steps"][1]["outcomes"].append({"code": "other", "name": name("Other"), "to": "decide"})
    case = go(begun(lay_down(told), world), (people["ana"], "send"), (people["kim"], "pass"))
    with pytest.raises(Denied, match="another outcome"):
        go(case, (people["lam"], "other"))
    case = go(case, (people["lam"], "return"))
    assert case.stages.latest("number").step == "prepare"


def test_a_case_is_returned_with_a_reason_and_comes_back(small, world, people):
    case = go(begun(small, world), (people["ana"], "send"))
    with pytest.raises(Denied, match="Say why"):
        sign(case=case, number=2, outcome="return", by=people["kim"], at=AT)
    case = go(case, (people["kim"], "return"), (people["ana"], "send"), (people["lam"], "pass"))
    assert [stage.step for stage in case.stages.order_by("number")] == [
        "begin", "prepare", "check", "prepare", "check", "decide",
    ]  # fmt: skip


def test_who_comes_second_is_told_who_was_first(small, world, people):
    case = go(begun(small, world), (people["ana"], "send"))
    sign(case=case, number=2, outcome="pass", by=people["kim"], at=AT)
    with pytest.raises(Denied, match="Kim was faster"):
        sign(case=case, number=2, outcome="pass", by=people["lam"], at=AT)


def test_a_vote_decides_which_outcomes_there_are(nothing, world, people, everybody):
    told = changed(prepare={"vote": VOTE, "asks": []})
    told["steps"][0]["outcomes"] = [
        {"code": "send", "name": name("Send"), "to": "check", "guards": ["carried"]},
        {"code": "stop", "name": name("Stop"), "ends": "refused", "guards": ["not_carried"]},
    ]
    case = begun(lay_down(told), world)
    given = {"case": case, "number": 1, "held_on": TODAY, "by": people["ana"], "at": AT}
    with pytest.raises(Denied, match="still to be recorded"):
        go(case, (people["ana"], "send"))
    with pytest.raises(Denied, match="More votes"):
        record_vote(summoned=9, present=5, votes_for=4, against=2, **given)
    record_vote(summoned=9, present=6, votes_for=5, against=1, **given)
    with pytest.raises(Denied, match="not carried"):
        go(case, (people["ana"], "send"))
    record_vote(summoned=9, present=6, votes_for=6, against=0, **given)
    with pytest.raises(Denied, match="was carried"):
        go(case, (people["ana"], "stop"))
    assert go(case, (people["ana"], "send")).stages.latest("number").step == "check"


def test_too_few_present_and_a_vote_does_not_count(nothing, world, people, everybody):
    rule = {**VOTE, "carried": {"n": 1, "m": 2, "of": "present", "more": True}}
    told = changed(prepare={"vote": rule, "asks": []})
    told["steps"][0]["outcomes"][0]["guards"] = ["carried"]
    told["steps"][0]["outcomes"].append({"code": "stop", "name": name("Stop"), "ends": "refused", "reason": True})
    case = begun(lay_down(told), world)
    record_vote(
        case=case, number=1, held_on=TODAY, summoned=8, present=4, votes_for=4, against=0, by=people["ana"], at=AT
    )
    with pytest.raises(Denied, match="Too few"):
        go(case, (people["ana"], "send"))


def test_a_case_begun_under_one_version_ends_under_it_after_the_rule_has_changed(small, world, people):
    case = go(begun(small, world), (people["ana"], "send"))
    other = changed(check={"need": 2})
    newer = lay_down(other, valid_from=TODAY)
    assert queries.version_on("small", TODAY) == newer
    assert queries.version_on("small", TODAY - timedelta(1)) == Version.objects.get(pk=small.pk)
    with pytest.raises(Denied, match="not valid today"):
        begun(Version.objects.get(pk=small.pk), world)
    assert go(case, (people["kim"], "pass"), (people["chi"], "grant")).result == "granted"
    case = go(begun(newer, world), (people["ana"], "send"), (people["kim"], "pass"))
    assert case.stages.latest("number").step == "check"


def test_a_suspended_case_waits_and_its_limit_with_it(small, world, people):
    case = begun(small, world)
    due = case.stages.latest("number").due_on
    suspend(case=case, reason="ill", by=people["ana"], at=AT)
    with pytest.raises(Denied, match="suspended"):
        go(case, (people["ana"], "send"))
    resume(case=case, by=people["ana"], at=on(TODAY + timedelta(7)))
    assert case.stages.latest("number").due_on == due + timedelta(7)
    assert go(case, (people["ana"], "send")).status == Case.Status.OPEN


def test_a_case_is_withdrawn_by_those_who_begin_such_and_by_nobody_else(small, world, people):
    case = go(begun(small, world), (people["ana"], "send"))
    with pytest.raises(Denied):
        withdraw(case=case, reason="no", by=people["kim"], at=AT)
    assert withdraw(case=case, reason="no", by=people["ana"], at=AT).status == Case.Status.WITHDRAWN
    with pytest.raises(Denied, match="over"):
        go(case, (people["kim"], "pass"))


def test_a_limit_that_is_over_has_its_effect_by_itself_and_reminds_before(nothing, world, people):
    told = changed(
        prepare={
            "limit": {"n": 10, "unit": "days", "then": "lapse"},
            "reminders": [{"days": -3, "to": "who"}, {"days": 0, "to": "above"}],
        }
    )
    told["results"]["lapsed"] = name("Lapsed")
    told["steps"][0]["outcomes"].append({"code": "lapse", "name": name("Lapse"), "ends": "lapsed", "reason": True})
    case = begun(lay_down(told), world)
    nightly.look_after(at=on(TODAY + timedelta(6)))
    assert not Reminder.objects.exists()
    nightly.look_after(at=on(TODAY + timedelta(7)))
    nightly.look_after(at=on(TODAY + timedelta(8)))
    assert [each.unit.code for each in Reminder.objects.order_by("pk")] == ["A"]
    nightly.look_after(at=on(TODAY + timedelta(10)))
    assert [each.unit.code for each in Reminder.objects.order_by("pk")] == ["A", "T-N-1"]
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    nightly.look_after(at=on(TODAY + timedelta(11)))
    case.refresh_from_db()
    assert (case.status, case.result) == (Case.Status.ENDED, "lapsed")


def test_a_step_is_left_out_where_it_does_not_apply(nothing, world, people):
    told = changed(check={"skip": {"when": "is_grassroots", "to": "decide"}})
    version = lay_down(told)
    assert go(begun(version, world), (people["ana"], "send")).stages.latest("number").step == "check"
    organizations.grant(user=world.ana, role="secretary", unit=world.cell_d, from_on=TODAY, by=None, at=AT)
    case = begin(version=version, unit=world.cell_d, about="X", told={"why": "so"}, by=world.ana, at=AT)
    case = go(case, (people["ana"], "send"))
    assert case.stages.latest("number").step == "decide"
    assert case.stages.get(step="check").is_skipped


def test_the_desk_lists_what_waits_and_the_committee_what_is_stuck_below(small, world, people):
    case = begun(small, world)
    waits = queries.waiting_for(rights_of(world.ana, TODAY), world.ana)
    assert [stage.case for stage in waits] == [case]
    assert not queries.waiting_for(rights_of(people["kim"], TODAY), people["kim"])
    later = TODAY + timedelta(30)
    assert not queries.stuck(world.north, TODAY)
    assert [stage.case for stage in queries.stuck(world.north, later)] == [case]
    assert not queries.stuck(world.south, later)


@pytest.fixture
def everybody():
    from chibo.procedures import registry

    registry.electorate("everybody", label="Everybody")(lambda unit, day: 9)
    yield
    del registry.electorates["everybody"]


def test_who_may_begin_is_said_by_the_procedure(small, world, people):
    with pytest.raises(Denied, match="begun by those"):
        begin(version=small, unit=world.cell_b, about="X", by=world.ana, at=AT)
    assert CELL["roles"] == ["secretary"]


@action("tests.sent")
def send_to(*, case, unit, by, at):
    case.to_unit = unit
    case.save()


def test_the_cases_seen_are_those_of_the_units_and_those_that_come_to_them_however_wide_the_scope(small, world):
    units = [world.province, world.north, world.south, world.upland, world.lowland, world.cell_a, world.cell_c]
    cases = [begun(small, world), begin(version=small, unit=world.cell_c, about="x", told={"why": "y"}, by=None, at=AT)]
    send_to(case=cases[0], unit=world.lowland, by=world.ana, at=AT)
    scopes = [Scope((a.path,)) for a in units] + [Scope((a.path, b.path)) for a in units for b in units]
    for scope in [*scopes, *(Scope((), (each.path,)) for each in units), Scope()]:
        for unit in [None, *units]:
            expected = {
                case.pk
                for case in cases
                for at in ([case.unit, case.to_unit] if case.to_unit else [case.unit])
                if scope.covers(at)
            }
            if unit is not None:
                expected &= {
                    case.pk for case in cases
                    if any(at and at.path.startswith(unit.path) for at in (case.unit, case.to_unit))
                }  # fmt: skip
            assert set(queries.seen(scope, unit).values_list("pk", flat=True)) == expected, (scope, unit)
