"""What follows an act on units, what a person has to settle, and what stands in the way of taking it back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from chibo.accounts.models import User
from chibo.committees.models import Charge, Visit
from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.indicators import folding, queries
from chibo.integrity.actions import set_limit
from chibo.meetings.models import Attendance, Draft, Meeting
from chibo.members.actions import link_user, restay
from chibo.members.models import Departure, Membership, Person, Post, Transfer
from chibo.organizations import standing
from chibo.organizations.actions import grant
from chibo.organizations.models import Act, Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.targets.models import Target
from tests.organizations.acting import do, preview, records, reverse
from tests.world import AT, TODAY

DAY = timedelta(days=1)
ON = date(2024, 1, 8)


def matters(plan):
    return {matter.code: matter for matter in plan.matters}


@action("tests.recorded")
def record(*, make, by, at):
    """Something recorded past every check but the database's own."""
    return make()


def recorded(make):
    return record(make=make, by=None, at=AT)


# Names


@pytest.mark.parametrize("name", ["Chi bộ thôn 10 Thượng Lâm", "chi bo thon 10 thuong lam"])
def test_a_name_that_another_unit_beside_bears_is_told_accents_or_not(world, name):
    beside = Unit.objects.get(code="B")
    told = matters(preview("rename", ON, unit="A", name=name))["alike"]
    assert told.records == (f"{name} (A), {beside.name} (B)",)
    assert not told.blocks
    assert "alike" not in matters(preview("rename", ON, unit="A", name="Chi bộ thôn 22"))


# Posts


def test_the_head_of_a_village_stays_its_head_where_the_cell_goes(world):
    plan = preview("merge", ON, units=["A"], into="B")
    assert {counted.code: counted.number for counted in plan.counts}["posts"] == 1
    do("merge", ON, units=["A"], into="B")
    heads = Post.objects.filter(post="village_head", to_on=None).order_by("place")
    assert [(head.place, head.unit.code, head.from_on) for head in heads] == [
        ("Thôn 1", "B", ON), ("Thôn 10", "B", date(2022, 7, 1)), ("Thôn 2", "C", date(2022, 7, 1)),
    ]  # fmt: skip
    folding.fold_all(by=None, at=AT)
    figure = queries.figures([world.province.pk], Period.parse("2024-01"))[world.province.pk]["village_heads.members"]
    assert (figure.numerator, figure.denominator) == (2, 3)


def test_posts_of_the_committee_end_with_the_unit_and_are_named(world):
    recorded(
        lambda: Post.objects.create(
            unit=world.cell_a, post="secretary", holder_name="Lò Thị Én", from_on=date(2022, 1, 1)
        )
    )
    told = matters(preview("merge", ON, units=["A"], into="B"))["posts"]
    assert told.records == ("Lò Thị Én, Secretary, Chi bộ thôn 1 Thượng Lâm",)
    assert not told.blocks
    do("merge", ON, units=["A"], into="B")
    assert Post.objects.get(holder_name="Lò Thị Én").to_on == ON


def test_a_post_that_begins_later_blocks_the_closing(world):
    recorded(lambda: Post.objects.create(unit=world.cell_a, post="secretary", holder_name="Lò Thị Én", from_on=TODAY))
    assert matters(preview("merge", ON, units=["A"], into="B"))["posts_late"].blocks


def test_a_head_without_a_unit_to_go_to_is_for_a_person_to_settle(world):
    assert matters(preview("dissolve", ON, unit="A", members_to="B"))["heads"].count == 1


# People in charge


def visit(day, note=""):
    return Visit.objects.create(charge=Charge.objects.get(), on=day, note=note)


@pytest.mark.parametrize(("given", "named"), [
    ({"units": ["A"], "into": "B"}, "the unit looked after"),
    ({"units": ["T-N"], "into": "T-S"}, "the committee"),
])  # fmt: skip
def test_nobody_is_in_charge_of_a_unit_that_is_no_more_or_for_a_committee_that_is_no_more(world, given, named):
    before = records()
    plan = preview("merge", ON, **given)
    assert {counted.code: counted.number for counted in plan.counts}["charges"] == 1, named
    assert matters(plan)["charges"].records == ("M4, Huyện ủy Đông Hà",)
    act = do("merge", ON, **given)
    assert Charge.objects.get().to_on == ON
    assert standing.in_the_way([act], TODAY) == []
    reverse(act)
    assert records() == before


def test_a_charge_that_would_begin_later_never_begins_and_is_given_back(world):
    def later():
        return Charge.objects.create(
            unit=world.north, person=Person.objects.get(code="M1"), over_unit=world.cell_a, from_on=ON
        )

    late = recorded(later)
    before = records()
    act = do("merge", ON, units=["A"], into="B")
    assert not Charge.objects.filter(pk=late.pk).exists()
    reverse(act)
    assert records() == before
    assert Charge.objects.get(pk=late.pk).from_on == ON


def test_visits_since_block_the_closing(world):
    assert "visits" not in matters(preview("merge", date(2023, 12, 4), units=["A"], into="B"))
    recorded(lambda: visit(ON))
    told = matters(preview("merge", ON, units=["A"], into="B"))["visits"]
    assert told.blocks
    assert told.records == ("M4, Huyện ủy Đông Hà, 8 January 2024",)
    with pytest.raises(Denied, match="Visits were made there"):
        do("merge", ON, units=["A"], into="B")


def test_opening_again_is_not_taken_back_while_somebody_looks_after_the_unit(world):
    do("dissolve", date(2024, 1, 4), unit="A", members_to="B")
    act = do("reopen", ON, unit="A", to="T-N-1")
    recorded(
        lambda: Charge.objects.create(
            unit=world.north, person=Person.objects.get(code="M4"), over_unit=world.cell_a, from_on=ON
        )
    )
    told = {matter.code: matter for matter in standing.in_the_way([act], TODAY)}
    assert told["charged"].text == "People are in charge at a unit that would be closed: 1."
    assert told["charged"].records == ("M4",)


# Members


def test_members_must_go_somewhere(world):
    told = matters(preview("dissolve", ON, unit="A"))["left"]
    assert told.blocks
    assert told.count == 3
    assert told.records[0].endswith("(M1)")


def test_who_came_on_that_day_or_later_blocks_an_earlier_act(world):
    assert matters(preview("merge", date(2023, 5, 19), units=["A"], into="B"))["late"].records == ("Đặng Thị Đào (M3)",)
    assert "late" not in matters(preview("merge", date(2023, 5, 20), units=["A"], into="B"))


def test_attending_elsewhere_for_a_time_ends_and_is_told(world):
    assert matters(preview("merge", ON, units=["A"], into="C"))["away"].records == ("Trần Văn Bền (M2)",)
    assert "away" not in matters(preview("merge", ON, units=["A"], into="B"))


def test_who_attends_for_a_time_in_a_cell_that_goes_into_another_attends_there(world):
    do("merge", ON, units=["B"], into="C")
    transfer = Transfer.objects.get(on=ON, membership__person__code="M2")
    assert (transfer.kind, transfer.to_cell.code) == ("temporary", "C")


def test_small_cells_and_few_members_of_a_committee_are_told_by_the_rules_of_the_day(world):
    recorded(lambda: Membership.objects.update(official_on=F("joined_on")))
    new = {"code": "A1", "name": "Chi bộ mới", "members": ["M2"]}
    assert "3 official members" in matters(preview("split", ON, unit="A", parts=[new]))["small"].text
    few = {"unit": "D", "kind": "grassroots_committee", "cells": [{"code": "D1", "name": "Chi bộ 1"}]}
    assert "at least 30" in matters(preview("change_kind", ON, **few))["few"].text
    given = {"code": "committee_from_official", "valid_from": date(2024, 1, 1), "by": None, "at": AT}
    set_limit(**given, value=Decimal(1), decision="1-QĐ")
    assert "few" not in matters(preview("change_kind", ON, **few))
    assert "few" in matters(preview("change_kind", date(2023, 12, 31), **few))


# Meetings, targets, roles


def holds(user):
    return [(held.role, held.unit_id) for held in rights_of(user, TODAY).held]


def test_a_role_by_a_post_goes_and_comes_back_with_the_post(world):
    user, person = User.objects.create(username="kim", full_name="Đặng Thị Đào"), Person.objects.get(code="M3")
    link_user(person=person, user=user, by=None, at=AT)
    recorded(lambda: Post.objects.create(unit=world.cell_a, post="secretary", person=person, from_on=date(2022, 1, 1)))
    assert rights_of(user, TODAY).held
    act = do("merge", ON, units=["A"], into="B")
    assert holds(user) == [("member", world.cell_b.pk)], "a member where they are one now, and nothing else"
    reverse(act)
    assert holds(user) == [("secretary", world.cell_a.pk), ("member", world.cell_a.pk)]


def test_a_meeting_held_since_blocks_and_drafts_and_targets_are_told(world):
    assert matters(preview("merge", date(2024, 1, 3), units=["A"], into="B"))["meetings"].blocks
    Draft.objects.create(uid="6f9619ff-8b86-d011-b42d-00cf4fc964ff", unit=world.cell_a, by=world.ana, saved_at=AT)
    recorded(lambda: Target.objects.create(
        unit=world.cell_a, indicator="meetings.attendance", period="2024", comparator=">", value="0.8"))  # fmt: skip
    told = matters(preview("merge", ON, units=["A"], into="B"))
    assert (told["drafts"].count, told["targets"].count) == (1, 1)
    assert not any(matter.blocks for matter in told.values())


def test_roles_at_a_unit_that_closes_end_and_nobody_gets_any(world):
    roles = Grant.objects.count()
    do("merge", ON, units=["A"], into="B")
    assert Grant.objects.count() == roles
    assert set(Grant.objects.filter(unit=world.cell_a).values_list("to_on", flat=True)) == {TODAY}
    assert holds(world.ana) == [("member", world.cell_b.pk)], "she went along with the members"


def test_what_moves_is_seen_at_once_by_those_above_it_now_and_no_more_by_those_before(world):
    counts = {counted.code: counted.number for counted in preview("move", ON, unit="T-N-1", to="T-S").counts}
    assert (counts["units"], counts["members_below"], counts["gain"], counts["lose"]) == (2, 4, 1, 2)
    do("move", ON, unit="T-N-1", to="T-S")
    cell = Unit.objects.get(code="A")
    assert rights_of(world.dan, TODAY).scope(P.MEMBER_VIEW).covers(cell)
    assert not rights_of(world.chi, TODAY).scope(P.MEMBER_VIEW).covers(cell)


# What stands in the way


def attend(code="M1", unit="B"):
    held = Meeting.objects.create(
        code="since", unit=Unit.objects.get(code=unit), kind="regular", held_on=TODAY, month=date(2024, 1, 1)
    )  # fmt: skip
    Attendance.objects.create(meeting=held, person=Person.objects.get(code=code), state="present")


def leave():
    spell = Membership.objects.get(person__code="M2")
    Departure.objects.create(membership=spell, on=TODAY, reason="resigned")
    restay([spell.pk])


def go_on():
    spell = Membership.objects.get(person__code="M2")
    Transfer.objects.create(membership=spell, to_cell=Unit.objects.get(code="C"), on=TODAY, kind="official")
    restay([spell.pk])


SINCE = {
    "Attendance since": (attend, "since"),
    "Departures since": (leave, "Trần Văn Bền"),
    "Transfers since": (go_on, "Trần Văn Bền"),
    "Posts changed": (lambda: Post.objects.filter(place="Thôn 1", unit__code="B").update(to_on=TODAY), "M1"),
}


@pytest.mark.parametrize("said", SINCE)
def test_what_was_built_on_a_merger_stands_in_the_way_of_taking_it_back(world, said):
    act = do("merge", ON, units=["A"], into="B")
    assert standing.in_the_way([act], TODAY) == []
    make, named = SINCE[said]
    recorded(make)
    (matter,) = standing.in_the_way([act], TODAY)
    assert said in matter.text
    assert matter.records == (named,)
    before = records()
    with pytest.raises(Denied, match=said):
        reverse(act)
    assert records() == before


def test_what_was_recorded_of_a_unit_since_it_was_founded_stands_in_the_way(world):
    act = do("found", ON, code="N", name="Chi bộ mới", kind="cell", parent="T-N-1")
    unit = Unit.objects.get(code="N")
    grant(user=world.hoa, role="member", unit=unit, from_on=TODAY, by=None, at=AT)
    later = do("rename", TODAY, unit="N", name="Chi bộ mới hơn")
    told = {matter.code: matter.text for matter in standing.in_the_way([act], TODAY)}
    assert told["recorded"] == "Roles recorded since: 1."
    assert "changed since" in told["changed"]
    assert standing.in_the_way([later], TODAY) == []


def test_a_unit_is_not_given_back_to_a_parent_that_is_closed_by_now(world):
    act = do("move", ON, unit="D", to="T-N")
    recorded(lambda: None)
    do("merge", ON + DAY, units=["T-S"], into="T-N")
    (matter,) = standing.in_the_way([act], TODAY)
    assert matter.code == "stray"
    with pytest.raises(Denied, match="closed by now"):
        reverse(act)


def test_opening_again_is_not_taken_back_while_it_has_members_posts_or_meetings(world):
    do("dissolve", date(2024, 1, 4), unit="A", members_to="B")
    act = do("reopen", ON, unit="A", to="T-N-1")
    assert standing.in_the_way([act], TODAY) == []
    other = do("found", TODAY, code="N", name="Chi bộ", kind="cell", parent="T-N-1", members=["M4"])
    reverse(other)
    recorded(lambda: Post.objects.create(unit=world.cell_a, post="secretary", holder_name="Én", from_on=ON))
    recorded(lambda: attend(unit="A"))
    recorded(lambda: _join("M1"))
    assert {m.code for m in standing.in_the_way([act], TODAY)} == {"left", "held"}


def _join(code):
    spell = Membership.objects.get(person__code=code)
    Transfer.objects.create(membership=spell, to_cell=Unit.objects.get(code="A"), on=TODAY, kind="official")
    restay([spell.pk])


@pytest.mark.parametrize("now", Act.Status)
@pytest.mark.parametrize("then", Act.Status)
def test_an_act_goes_only_from_a_state_to_those_that_may_follow(world, now, then):
    from chibo.core import states

    act = recorded(lambda: Act.objects.create(kind="move", on=ON, given={}, status=now, at=AT))
    if then in Act.TRANSITIONS[now]:
        recorded(lambda: states.move(act, then))
        assert Act.objects.get(pk=act.pk).status == then
    else:
        with pytest.raises(states.NotAllowed):
            recorded(lambda: states.move(act, then))
