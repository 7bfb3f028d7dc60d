"""What cases of members do at the edges: begun by hand, after death, after an exemption, when a cell has closed."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import Denied
from chibo.lifecycle.actions import come_back, go_abroad
from chibo.lifecycle.queries import can_begin
from chibo.members import lives
from chibo.members.models import Badge, Membership, Person, Way
from chibo.organizations.actions import grant
from chibo.organizations.scope import rights_of
from chibo.procedures import nightly
from chibo.procedures.actions import resume, suspend, withdraw
from chibo.procedures.models import Case, Vote
from tests.admissions.test_steps import official
from tests.lifecycle.going import Office, begun, joined, on, step
from tests.members.test_party_age import member
from tests.organizations.acting import do
from tests.permission_table import signed_in
from tests.world import AT, TODAY

D = date


def person(code):
    return Person.objects.get(code=code)


def test_a_probation_begun_by_hand_runs_from_the_day_of_joining(world):
    joined(code="M3", day=D(2023, 5, 19), by=None, at=AT)
    case = begun("recognition", person("M3"), world.cell_a, Office.at(world.cell_a).secretary, TODAY)
    assert case.stages.latest("number").due_on == D(2024, 5, 19)


def test_a_cell_votes_on_a_recognition_once_the_twelve_months_are_over(world):
    office = Office.at(world.cell_a)
    joined(code="M3", day=D(2023, 1, 7), by=None, at=AT)
    case = begun("recognition", person("M3"), world.cell_a, office.secretary, D(2024, 1, 8))
    case = step(case, office.secretary, "over", D(2024, 1, 8))
    with pytest.raises(Denied, match="from 7 January 2024 on"):
        step(case, office.secretary, "adopt", D(2024, 1, 6), vote={})


def test_no_more_vote_than_could_by_the_records_whoever_records_it(world):
    office = Office.at(world.cell_a)
    official(codes=["M1", "M2"], by=None, at=AT)
    case = begun("exemption", person("M2"), world.cell_a, office.secretary, TODAY, told={"why": "già yếu"})
    with pytest.raises(Denied, match="2 at most could vote"):
        step(case, office.secretary, "agree", TODAY, vote={"summoned": 3, "present": 3, "votes_for": 3})
    assert not Vote.objects.exists()


def test_the_day_of_joining_is_that_of_the_records_whatever_is_told(world):
    joined(code="M3", day=D(2023, 5, 19), by=None, at=AT)
    told = {"joined_on": "2020-01-01"}
    case = begun("recognition", person("M3"), world.cell_a, Office.at(world.cell_a).secretary, TODAY, told=told)
    assert case.told["joined_on"] == "2023-05-19"


def test_who_died_as_a_member_is_awarded_their_badge_after_death_and_no_other(world):
    office = Office.at(world.cell_a)
    late = member(world, "T1", D(1994, 5, 1))
    spell = Membership.objects.get(person=late)
    lives.depart(membership=spell, on=D(2023, 12, 20), reason="deceased", by=None, at=AT)
    case = begun("badge", late, world.cell_a, office.secretary, TODAY)
    with pytest.raises(Denied, match="posthumous for who died"):
        step(case, office.secretary, "send", TODAY, years="30", why="due")
    case = step(case, office.secretary, "send", TODAY, years="30", why="posthumous")
    case = step(case, office.officer, "send", TODAY)
    case = step(case, office.appraiser, "right", TODAY)
    case = step(
        case, office.leader, "award", TODAY, decision="9-QĐ/TU", decided_on=D(2024, 1, 9), awarded_on=D(2024, 1, 9)
    )
    assert (case.result, Badge.objects.get(person=late).way) == ("awarded", Way.POSTHUMOUS)


def test_a_badge_is_not_begun_for_who_left_otherwise(world):
    office = Office.at(world.cell_a)
    gone = member(world, "T1", D(1994, 5, 1))
    lives.depart(membership=Membership.objects.get(person=gone), on=D(2023, 12, 20), reason="expelled", by=None, at=AT)
    with pytest.raises(Denied, match="did not die as one"):
        begun("badge", gone, world.cell_a, office.secretary, TODAY)


def test_who_left_while_abroad_and_joined_again_is_at_home(world):
    gone = person("M3")
    spell = Membership.objects.get(person=gone)
    go_abroad(membership=spell, from_on=D(2023, 6, 1), country="Lào", by=None, at=AT)
    lives.depart(membership=spell, on=D(2023, 9, 1), reason="resigned", by=None, at=AT)
    lives.admit(person=gone, cell=world.cell_a, joined_on=D(2024, 1, 2), decided_on=D(2023, 12, 20), by=None, at=AT)
    codes = {each.procedure.code for each in can_begin(gone, world.cell_a, rights_of(world.ana, TODAY), TODAY)}
    assert "abroad" in codes and "back" not in codes


def test_an_exemption_that_was_decided_is_not_withdrawn(world):
    office = Office.at(world.cell_a)
    official(codes=["M2"], by=None, at=AT)
    case = begun("exemption", person("M2"), world.cell_a, office.secretary, TODAY, told={"why": "già yếu"})
    case = step(case, office.secretary, "adopt", TODAY, vote={}, ground="age", from_on=TODAY)
    with pytest.raises(Denied, match="stands in the records"):
        withdraw(case=case, reason="no", by=office.secretary, at=on(TODAY))


def test_a_removal_under_way_goes_with_the_member_when_the_cell_is_merged(world):
    case = begun("removal", person("M3"), world.cell_a, Office.at(world.cell_a).secretary, TODAY)
    do("merge", D(2024, 1, 8), units=["A"], into="B")
    grant(user=world.ben, role="secretary", unit=world.cell_b, from_on=TODAY, by=None, at=AT)
    nightly.look_after(at=AT)
    case = step(Case.objects.get(pk=case.pk), world.ben, "heard", TODAY, ground="card", statement="gửi trả thẻ")
    assert case.stages.latest("number").step == "cell_vote"


def test_the_page_of_notes_leads_to_a_removal_only_who_begins_one(world):
    url = f"/members/{person('M3').pk}/grounds/"
    assert "/cases/removal/" in signed_in(world, "ana").get(url).content.decode()
    page = signed_in(world, "chi").get(url).content.decode()
    assert "Note a ground" in page
    assert "/cases/removal/" not in page


def test_who_is_recognised_is_official_since_the_twelve_months_were_over_however_long_the_case_rested(world):
    office = Office.at(world.cell_a)
    joined(code="M3", day=D(2022, 12, 1), by=None, at=AT)
    case = begun("recognition", person("M3"), world.cell_a, office.secretary, D(2023, 11, 20))
    suspend(case=case, reason="ốm", by=office.secretary, at=on(D(2023, 11, 21)))
    resume(case=case, by=office.secretary, at=on(D(2023, 11, 28)))
    case = step(case, office.secretary, "over", D(2023, 12, 8))
    case = step(case, office.secretary, "adopt", D(2023, 12, 8), vote={})
    case = step(case, office.officer, "adopt", D(2023, 12, 11), vote={})
    case = step(case, office.appraiser, "complete", D(2023, 12, 12), received_on=D(2023, 12, 12))
    step(case, office.leader, "recognise", D(2023, 12, 15), decision="9-QĐ/HU", decided_on=D(2023, 12, 15))
    assert Membership.objects.get(person=person("M3")).official_on == D(2023, 12, 1)


def test_nobody_goes_abroad_on_a_day_on_which_they_were_abroad_already(world):
    spell = Membership.objects.get(person=person("M3"))
    go_abroad(membership=spell, from_on=D(2023, 6, 1), country="Lào", by=None, at=AT)
    come_back(membership=spell, on=D(2023, 9, 1), by=None, at=AT)
    with pytest.raises(Denied, match="abroad"):
        go_abroad(membership=spell, from_on=D(2023, 8, 31), country="Lào", by=None, at=AT)
    assert go_abroad(membership=spell, from_on=D(2023, 9, 1), country="Lào", by=None, at=AT).pk
