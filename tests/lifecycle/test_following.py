"""What ends or goes along with what: departures, transfers, refusals; a case about the one who would act on it."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.accounts.models import User
from chibo.admissions.models import Source, State
from chibo.core.actions import Denied, action
from chibo.indicators import folding
from chibo.lifecycle.queries import place_of
from chibo.members import lives
from chibo.members.models import Departure, Membership, Person, TemporaryStay, Transfer
from chibo.organizations.actions import end_grant, grant
from chibo.procedures import nightly, papering
from chibo.procedures.actions import withdraw
from chibo.procedures.models import Case, Signature
from chibo.procedures.places import Lines
from tests.admissions.test_steps import official
from tests.admissions.test_steps import person as newcomer
from tests.indicators.comparing import engine_figures
from tests.lifecycle.going import Office, begun, listed, on, step
from tests.lifecycle.test_cases import joined, person
from tests.organizations.acting import do
from tests.permission_table import signed_in
from tests.procedures.test_counted_twice import lines
from tests.reference_cases import figures as case_figures
from tests.reference_cases import gone, rows
from tests.world import AT, TODAY

D = date
LATER = D(2024, 1, 20)


def again(case):
    return Case.objects.get(pk=case.pk)


def why(case):
    return Signature.objects.filter(stage__case=case).latest("pk").reason


def test_the_other_cases_of_who_died_end_and_name_the_one_that_said_so_but_for_their_badge(world):
    office = Office.at(world.cell_a)
    removal = begun("removal", person("M3"), world.cell_a, office.secretary, TODAY)
    badge = begun("badge", person("M3"), world.cell_a, office.secretary, TODAY)
    death = begun("death", person("M3"), world.cell_a, office.secretary, TODAY)
    death = step(death, office.secretary, "send", TODAY, on=D(2024, 1, 9))
    step(death, office.officer, "confirm", TODAY)
    assert (again(removal).status, again(badge).status, again(death).status) == ("withdrawn", "open", "ended")
    assert str(death.pk) in why(removal)
    assert Signature.objects.filter(stage__case=removal).latest("pk").by is None


def test_cases_about_who_left_by_another_way_end_by_the_night(world):
    office = Office.at(world.cell_a)
    cases = [begun(code, person("M3"), world.cell_a, office.secretary, TODAY) for code in ("removal", "badge")]
    lives.depart(
        membership=Membership.objects.get(person=person("M3")), on=D(2024, 1, 9), reason="expelled", by=None, at=AT
    )
    nightly.look_after(at=AT)
    assert [again(each).status for each in cases] == ["withdrawn", "withdrawn"]
    assert why(cases[0]) == "Khai trừ, 9/1/2024."


def moved(world, day):
    """M3 of cell A belongs to cell C from a day on, by a case of its own."""
    office, there = Office.at(world.cell_a), User.objects.get(username="dan")
    grant(user=there, role="secretary", unit=world.cell_c, from_on=D(2023, 1, 1), by=None, at=AT)
    case = begun("transfer", person("M3"), world.cell_a, office.secretary, day, to_unit=world.cell_c)
    case = step(case, office.secretary, "agree", day)
    case = step(case, office.officer, "agree", day)
    case = step(case, office.leader, "agree", day)
    for role, unit in (("officer", world.south), ("leader", world.lowland)):
        who = User.objects.create(username=f"{role}-there", full_name=role, sort_key=role)
        grant(user=who, role=role, unit=unit, from_on=D(2023, 1, 1), by=None, at=AT)
        case = step(case, who, "agree", day)
    return step(case, there, "receive", day, on=day), there


def test_a_probation_goes_on_at_the_new_cell_whose_secretary_acts(world):
    office = Office.at(world.cell_a)
    joined(code="M3", day=D(2023, 1, 5), by=None, at=AT)
    case = begun("recognition", person("M3"), world.cell_a, office.secretary, TODAY)
    _transfer, there = moved(world, TODAY)
    case = again(case)
    assert (case.unit, place_of(person("M3"), TODAY)) == (world.cell_c, world.cell_c)
    assert signed_in(world, "dan").get(f"/cases/{case.pk}/").status_code == 200
    with pytest.raises(Denied):
        step(case, office.secretary, "over", TODAY)
    case = step(case, there, "over", TODAY)
    assert {each.unit for each in case.stages.latest("number").turns.all()} == {world.cell_c}


def test_a_transfer_goes_on_to_the_cell_that_came_of_the_receiving_one(world):
    office = Office.at(world.cell_a)
    case = begun("transfer", person("M3"), world.cell_a, office.secretary, TODAY, to_unit=world.cell_c)
    there = User.objects.get(username="dan")
    grant(user=there, role="secretary", unit=world.cell_b, from_on=D(2023, 1, 1), by=None, at=AT)
    do("merge", TODAY, units=[world.cell_c.code], into=world.cell_b.code)
    nightly.look_after(at=AT)
    case = again(case)
    lines = Lines(case, TODAY)
    assert lines.receiving == lines.find("receiving_cell") == world.cell_b
    assert papering._units(lines, None)["to_unit"] == world.cell_b.name
    page = signed_in(world, "ana").get(f"/cases/{case.pk}/").content.decode()
    assert world.cell_b.name in page.split("Receiving unit")[1][:300]
    assert signed_in(world, "dan").get(f"/cases/{case.pk}/").status_code == 200
    case = step(case, office.secretary, "agree", TODAY)
    case = step(case, office.officer, "agree", TODAY)
    assert case.stages.latest("number").step == "cell_in"  # under one grassroots committee now
    step(case, there, "receive", TODAY, on=TODAY)
    assert place_of(person("M3"), TODAY) == world.cell_b


def test_a_transfer_to_the_cell_into_which_ones_own_went_comes_to_nothing(world):
    case = begun("transfer", person("M3"), world.cell_a, Office.at(world.cell_a).secretary, TODAY, to_unit=world.cell_c)
    do("merge", TODAY, units=[world.cell_c.code], into=world.cell_b.code)
    do("merge", TODAY, units=[world.cell_a.code], into=world.cell_b.code)
    nightly.look_after(at=AT)
    assert (again(case).status, why(case)) == ("withdrawn", "Đảng viên đã thuộc chi bộ nơi đến.")


def test_a_case_goes_along_with_a_transfer_that_was_recorded_otherwise(world):
    case = begun("removal", person("M3"), world.cell_a, Office.at(world.cell_a).secretary, TODAY)
    lives.transfer(
        membership=Membership.objects.get(person=person("M3")), to_cell=world.cell_c, on=TODAY, kind="official",
        by=None, at=AT,
    )  # fmt: skip
    folding.fold_all(by=None, at=AT)
    nightly.look_after(at=AT)
    assert again(case).unit == world.cell_c
    folding.fold_all(by=None, at=AT)  # what was marked
    told = engine_figures(["2024"])["2024"]
    begun_at = {unit: each["procedures.begun"][0] for unit, each in told.items() if "procedures.begun" in each}
    assert (begun_at[world.cell_a.code], begun_at.get(world.cell_c.code, 0)) == (1, 0)  # where it began, as it stood
    assert case_figures(gone(rows()), lines().line, "2024")[world.cell_a.code]["procedures.begun"][0] == 1


def test_who_is_not_recognised_is_struck_from_the_list_by_a_decision_of_its_own(world):
    office = Office.at(world.cell_a)
    joined(code="M3", day=D(2022, 12, 1), by=None, at=AT)
    case = begun("recognition", person("M3"), world.cell_a, office.secretary, D(2023, 12, 4))
    case = step(case, office.secretary, "over", D(2023, 12, 4))
    case = step(case, office.secretary, "not_adopted", D(2023, 12, 8), vote={"votes_for": 1, "against": 8})
    case = step(case, office.appraiser, "complete", D(2023, 12, 12), received_on=D(2023, 12, 12))
    case = step(case, office.leader, "refuse", D(2023, 12, 15))
    assert not Departure.objects.filter(membership__person=person("M3")).exists()
    case = step(
        case, office.leader, "strike", D(2023, 12, 15), decision="9-QĐ/HU", decided_on=D(2023, 12, 15)
    )  # fmt: skip
    gone = Departure.objects.get(membership__person=person("M3"))
    assert (case.result, gone.reason, gone.on) == ("not_recognised", "name_removed", D(2023, 12, 15))


def test_who_withdraws_an_admission_leaves_no_applicant_behind(world):
    office = Office.at(world.cell_a)
    official(codes=["M1", "M2"], by=None, at=AT)
    new = newcomer()
    listed(new, world.cell_a, D(2023, 5, 2))
    case = begun("admission", new, world.cell_a, office.secretary, TODAY)
    case = step(case, office.secretary, "send", TODAY)
    assert Source.objects.get(person=new).state == State.APPLICANT
    withdraw(case=case, reason="đi nước ngoài", by=office.secretary, at=on(TODAY))
    assert Source.objects.get(person=new).state == State.SYMPATHISER


@action("tests.is_user")
def be(*, code, user, by, at):
    """Someone signs in as a user."""
    Person.objects.filter(user=user).update(user=None)
    Person.objects.filter(code=code).update(user=user)


def test_a_case_about_the_only_secretary_goes_on_by_the_committee_and_comes_back_to_another_one(world):
    office = Office.at(world.cell_a)
    be(code="M3", user=office.secretary, by=None, at=AT)
    grants = world.cell_a.grants.filter(role="secretary").exclude(user=office.secretary)
    for each in list(grants):
        end_grant(grant=each, on=TODAY, by=None, at=AT)
    case = begun("removal", person("M3"), world.cell_a, office.officer, TODAY)
    assert {each.unit for each in case.stages.latest("number").turns.all()} == {world.upland}
    with pytest.raises(Denied, match="about you"):
        step(case, office.secretary, "heard", TODAY, ground="card", statement="x")
    grant(user=world.ben, role="secretary", unit=world.cell_a, from_on=TODAY, by=None, at=AT)
    nightly.look_after(at=AT)
    assert {each.unit for each in case.stages.latest("number").turns.all()} == {world.cell_a}
    case = step(case, world.ben, "heard", TODAY, ground="card", statement="gửi trả thẻ")
    assert case.stages.latest("number").step == "cell_vote"


def test_an_objection_needs_its_text_and_nobody_is_asked_to_say_that_they_do_not_object(world):
    office = Office.at(world.cell_a)
    be(code="M3", user=world.ben, by=None, at=AT)
    case = begun("removal", person("M3"), world.cell_a, office.secretary, TODAY)
    case = step(case, office.secretary, "heard", TODAY, ground="card", statement="gửi trả thẻ")
    case = step(case, office.secretary, "adopt", TODAY, vote={})
    case = step(case, office.officer, "adopt", TODAY, vote={})
    case = step(case, office.leader, "remove", TODAY, decision="3-QĐ/HU", decided_on=TODAY)
    ben, url = signed_in(world, "ben"), f"/cases/{case.pk}/"
    page = ben.get(url).content.decode()
    assert 'value="objects"' in page
    assert 'value="none"' not in page
    with pytest.raises(Denied, match="follows by itself"):
        step(case, world.ben, "none", D(2024, 6, 3))
    number = str(case.stages.latest("number").number)
    for empty in ("", "  "):
        answer = ben.post(url, {"number": number, "outcome": "objects", "ask_objection": empty})
        assert answer.status_code == 422
        assert 'id="id_ask_objection_error"' in answer.content.decode()
    with pytest.raises(Denied, match="The objection"):
        step(case, world.ben, "objects", TODAY)
    assert ben.post(url, {"number": number, "outcome": "objects", "ask_objection": "Sai"}).status_code == 302


def test_a_temporary_transfer_lasts_as_long_as_the_rules_say_and_is_extended_by_another_case(world):
    office = Office.at(world.cell_a)
    there = User.objects.create(username="there", full_name="There", sort_key="there")
    grant(user=there, role="secretary", unit=world.cell_b, from_on=D(2023, 1, 1), by=None, at=AT)
    for day, early, until in (
        (D(2023, 6, 1), D(2023, 8, 31), D(2023, 12, 1)), (D(2023, 11, 20), D(2024, 2, 19), D(2024, 5, 1)),
    ):  # fmt: skip
        case = begun("transfer_temporary", person("M3"), world.cell_a, office.secretary, day, to_unit=world.cell_b)
        with pytest.raises(Denied, match="From 3 months to less than 12 months after “Away from”"):
            step(case, office.secretary, "agree", day, purpose="work", from_on=day, until=early)
        case = step(case, office.secretary, "agree", day, purpose="work", from_on=day, until=until)
        case = step(case, office.officer, "agree", day)
        case = step(case, there, "receive", day, on=day)
        assert case.result == "transferred"
    assert TemporaryStay.objects.get(membership__person=person("M3"), to_on=None).cell == world.cell_b
    assert Transfer.objects.get(membership__person=person("M3"), kind="temporary").until == D(2024, 5, 1)
