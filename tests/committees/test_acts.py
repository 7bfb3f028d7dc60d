"""Terms, charges, visits, norms: what may be recorded, and what follows from the end of a post."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.committees import actions, queries
from chibo.committees.models import Charge, Norm, Term, Visit, norms_of
from chibo.core.actions import Denied
from chibo.members import actions as members
from chibo.members.models import Person, Post, PostKind
from tests.organizations.test_two_at_once import meanwhile
from tests.world import AT, TODAY

D = date


def person(code):
    return Person.objects.get(code=code)


def put(world, who="M4", over=None, by="chi", from_on=TODAY, unit="north", **more):
    charge = Charge(
        unit=getattr(world, unit), person=person(who), over_unit=over or world.cell_b, from_on=from_on, **more
    )  # fmt: skip
    return actions.put_in_charge(charge=charge, by=getattr(world, by) if by else None, at=AT)


def test_terms_of_a_unit_follow_one_another(world):
    with pytest.raises(Denied, match="Another term runs at these days, from 1 July 2020"):
        actions.record_term(term=Term(unit=world.north, from_on=D(2024, 1, 1)), by=world.chi, at=AT)
    before = Term(unit=world.north, from_on=D(2015, 7, 1), to_on=D(2020, 7, 1))
    assert actions.record_term(term=before, by=world.chi, at=AT).pk
    with pytest.raises(Denied, match="end after the day it begins"):
        actions.record_term(term=Term(unit=world.upland, from_on=TODAY, to_on=TODAY), by=world.chi, at=AT)
    with pytest.raises(Denied, match="founded on 3 February 2000"):
        actions.record_term(term=Term(unit=world.upland, from_on=D(1999, 1, 1)), by=world.chi, at=AT)
    with pytest.raises(Denied, match="only at your own units"):
        actions.record_term(term=Term(unit=world.lowland, from_on=TODAY), by=world.chi, at=AT)


def test_a_term_has_no_more_parts_than_the_whole_and_its_regulation_in_its_days(world):
    wrong = [
        ({"seats": 3, "standing": 5}, "than for the committee as a whole"),
        ({"regulation_on": D(2019, 1, 1)}, "issued then or later"),
        ({"regulation_on": D(2024, 2, 1)}, "once it is issued"),
    ]
    for given, said in wrong:
        with pytest.raises(Denied, match=said):
            actions.record_term(term=Term(unit=world.upland, from_on=D(2020, 1, 1), **given), by=None, at=AT)


def test_the_committee_is_measured_by_what_was_asked_of_it(world):
    term, committee = world.term, queries.committee_of(queries.posts_on(world.north, TODAY))
    shares = {str(share.what): share for share in queries.shares_of(term, committee, TODAY)}
    assert {what: (s.of_sort, s.all, s.asked, s.is_met) for what, s in shares.items()} == {
        "women": (1, 3, 40, False),
        "young": (1, 3, 20, True),  # Bền is 28
        "minority": (2, 3, None, False),
        "first_time": (2, 3, 33, True),  # Ấm sat there before
    }


def test_a_new_term_begins_with_what_the_rules_ask_of_its_kind(world):
    usual = queries.usual_term(world.north, TODAY)
    assert (usual["seats"], usual["standing"], usual["women"], usual["young_age"]) == (39, 11, 15, 40)
    assert "seats" not in queries.usual_term(world.cell_a, TODAY)  # three members elect no committee
    assert "seats" in queries.usual_term(world.upland, TODAY)


def test_the_rules_change_from_a_day_on_by_an_administrator_of_the_whole_tree(world):
    given = {"kind": "district", "what": "seats", "number": 33, "source": "1-QĐ/TU", "at": AT}
    for by in (world.chi, world.flo, world.ana):
        with pytest.raises(Denied, match="administrator of the whole tree"):
            actions.set_norm(**given, from_on=TODAY, by=by)
    actions.set_norm(**given, from_on=TODAY, by=world.eva)
    assert norms_of("district", D(2024, 1, 9))["seats"] == 39
    assert norms_of("district", TODAY)["seats"] == 33
    with pytest.raises(Denied, match="that day or a later one"):
        actions.set_norm(**given, from_on=D(2023, 1, 1), by=world.eva)
    assert Norm.objects.filter(kind="district", what="seats").count() == 2


@pytest.mark.parametrize("what", ["seats", "after_members"])  # one that the rules name already, one they do not yet
def test_of_two_who_change_a_number_at_once_one_is_told_no(committed_world, what):
    given = {"kind": "district", "what": what, "number": 33, "source": "", "from_on": TODAY, "by": None, "at": AT}
    before = Norm.objects.filter(kind="district", what=what).count()
    answer = meanwhile(actions.set_norm, given, given | {"number": 35})
    assert isinstance(answer, Denied)
    assert "that day or a later one" in str(answer)
    assert Norm.objects.filter(kind="district", what=what).count() == before + 1


def test_who_looks_after_whom_sits_in_the_committee_above(world):
    assert put(world).pk
    with pytest.raises(Denied, match="in charge there already"):
        put(world, from_on=D(2024, 2, 1))
    with pytest.raises(Denied, match="does not sit in this committee"):
        put(world, who="M3")
    with pytest.raises(Denied, match="units under it"):
        put(world, over=world.cell_c)
    with pytest.raises(Denied, match="units under it"):
        put(world, over=world.north)
    with pytest.raises(Denied, match="only at your own units"):
        put(world, by="dan", who="M1")
    assert put(world, who="M1", over_person=None).pk  # several may look after one cell


def test_units_and_members_nobody_looks_after_are_found_by_the_ladder(world):
    norms = norms_of("district", TODAY)
    nobody = queries.without(world.north, queries.looked_after(world.north, norms, TODAY), TODAY)
    assert [unit.code for unit in nobody.order_by("code")] == ["B"]
    assert norms_of("grassroots_committee", TODAY)["after_members"] == 1
    stays = queries.members_without(world.upland, TODAY).order_by("membership__person__code")
    assert [stay.membership.person.code for stay in stays.select_related("membership__person")] == [
        "M1", "M2", "M3", "M4",
    ]  # fmt: skip
    assert norms_of("province", TODAY)["after_grassroots"] == 1


def test_who_leaves_the_committee_looks_after_nobody_for_it(world):
    post = world.post
    actions.end_post(post=post, on=TODAY, by=world.chi, at=AT)
    assert Charge.objects.get().to_on == TODAY


def test_who_changes_the_seat_stays_in_charge(world):
    members.appoint(
        unit=world.north, post=PostKind.COMMITTEE_MEMBER, person=person("M4"), from_on=TODAY, by=world.chi, at=AT
    )  # fmt: skip
    actions.end_post(post=world.post, on=TODAY, by=world.chi, at=AT)
    assert Charge.objects.get().to_on is None


def test_to_hand_over_or_to_correct_an_end_ends_what_hangs_on_it(world):
    actions.hand_over(post=world.post, person=person("M3"), on=D(2024, 1, 5), by=world.chi, at=AT)
    assert Charge.objects.get().to_on == D(2024, 1, 5)
    third = Post.objects.get(unit=world.north, person__code="M1")
    put(world, who="M1", from_on=D(2023, 1, 1))
    actions.correct_post(
        post=third, person=third.person, from_on=third.from_on, to_on=D(2023, 12, 1), by=world.chi, at=AT
    )  # fmt: skip
    assert Charge.objects.get(person__code="M1").to_on == D(2023, 12, 1)


def test_visits_are_of_the_days_in_charge_and_recorded_by_themselves_or_an_officer(world):
    charge = world.charge
    for by in (world.chi, None):
        on = D(2024, 1, 2) if by else D(2024, 1, 3)
        assert actions.record_visit(charge=charge, on=on, note="", by=by, at=AT).pk
    for by in (world.ana, world.ben, world.dan, world.flo, world.eva):
        with pytest.raises(Denied, match="by who made them, or by an officer"):
            actions.record_visit(charge=charge, on=D(2024, 1, 4), note="", by=by, at=AT)
    with pytest.raises(Denied, match="once it was made"):
        actions.record_visit(charge=charge, on=D(2024, 1, 11), note="", by=world.chi, at=AT)
    with pytest.raises(Denied, match="not in charge on that day"):
        actions.record_visit(charge=charge, on=D(2020, 12, 31), note="", by=world.chi, at=AT)
    with pytest.raises(Denied, match="recorded already"):
        actions.record_visit(charge=charge, on=D(2024, 1, 2), note="", by=world.chi, at=AT)
    actions.take_back_visit(visit=Visit.objects.get(on=D(2024, 1, 2)), by=world.chi, at=AT)
    assert Visit.objects.count() == 2


def test_who_looks_after_someone_records_their_own_visits(world):
    own = put(world, who="M2", over=world.cell_b, by=None, from_on=D(2023, 12, 1))
    assert actions.record_visit(charge=own, on=D(2024, 1, 2), note="Họp chi bộ", by=world.ben, at=AT).pk
    with pytest.raises(Denied):
        actions.record_visit(charge=own, on=D(2024, 1, 3), note="", by=world.ana, at=AT)


def test_a_charge_ends_after_its_visits(world):
    with pytest.raises(Denied, match="A visit is recorded of that day or later"):
        actions.end_charge(charge=world.charge, on=D(2023, 12, 3), by=world.chi, at=AT)
    with pytest.raises(Denied, match="only at your own units"):
        actions.end_charge(charge=world.charge, on=TODAY, by=world.ben, at=AT)
    actions.end_charge(charge=world.charge, on=D(2023, 12, 4), by=world.chi, at=AT)
    with pytest.raises(Denied, match="ends before that day already"):
        actions.end_charge(charge=world.charge, on=TODAY, by=world.chi, at=AT)
