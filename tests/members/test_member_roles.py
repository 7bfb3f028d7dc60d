"""Who signs in as a member has that role where they are a member, from the day they came to the day they left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.exchange.undoing import undo
from chibo.meetings.models import Meeting
from chibo.members import lives
from chibo.members.actions import link_user, restay
from chibo.members.models import Departure, Membership, Person, Post, Reason, Transfer
from chibo.members.queries import person_of
from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import reaching, rights_of
from chibo.portal import actions as portal
from tests.exchange.small import ROLL, add, load_roll, roll
from tests.world import AT, TODAY

DAY = timedelta(days=1)


@pytest.fixture
def kim(world):
    """Kim signs in as M4, a member of cell B who holds no post any more, and was given nothing."""

    @action("tests.no_posts")
    def end(*, by, at):
        Post.objects.filter(person__code="M4").update(to_on=TODAY - 30 * DAY)

    end(by=None, at=AT)
    return linked("kim", "M4")


def linked(name, code):
    user = User.objects.create(username=name, full_name=name, sort_key=name)
    link_user(person=Person.objects.get(code=code), user=user, by=None, at=AT)
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def spell(user):
    return Membership.objects.get(person__user=user)


def cells(user, day=TODAY):
    """Codes of the cells whose meetings someone opens on a day."""
    return sorted(Unit.objects.filter(rights_of(user, day).scope(P.MEETING_OWN).q("")).values_list("code", flat=True))


def goes(user, cell, kind="official", on=TODAY):
    return lives.transfer(membership=spell(user), to_cell=cell, on=on, kind=kind, by=None, at=AT)


def answers(user, cell):
    """What someone gets of a cell: its page, its past, its meetings."""
    pages = [f"/units/{cell.pk}/{page}" for page in ("", "history/")]
    held = Meeting.objects.filter(unit=cell).order_by("pk").values_list("pk", flat=True)
    pages += [f"/units/{cell.pk}/meetings/{pk}/" for pk in held]
    return {signed_in(user).get(page).status_code for page in pages}


def exports(user, cell):
    """What someone gets who asks for a cell's workbooks."""
    names = ("members/members.xlsx", "meetings/matrix.xlsx", "register/register.xlsx", "cases/cases.xlsx")
    return {signed_in(user).get(f"/units/{cell.pk}/{name}").status_code for name in names}


def test_who_is_a_member_of_a_cell_needs_nobody_to_give_them_the_role(world, kim):
    assert cells(kim) == ["B"]
    assert answers(kim, world.cell_b) == {200}
    assert answers(kim, world.cell_a) == {404}


def test_from_the_day_of_the_transfer_they_see_the_new_cell_and_no_longer_the_old(world, kim):
    goes(kim, world.cell_c)
    assert [cells(kim, day) for day in (TODAY - DAY, TODAY, TODAY + DAY)] == [["B"], ["C"], ["C"]]
    assert answers(kim, world.cell_b) == exports(kim, world.cell_b) == {404}
    assert answers(kim, world.cell_c) == {200}
    assert world.cell_b.name not in signed_in(kim).get("/").content.decode()


def test_who_attends_another_cell_for_a_time_has_both_until_they_are_home(world, kim):
    goes(kim, world.cell_c, kind="temporary", on=TODAY - 2 * DAY)
    assert [cells(kim, day) for day in (TODAY - 3 * DAY, TODAY)] == [["B"], ["B", "C"]]
    lives.end_temporary(membership=spell(kim), on=TODAY, by=None, at=AT)
    assert [cells(kim, day) for day in (TODAY - DAY, TODAY)] == [["B", "C"], ["B"]]


@pytest.mark.parametrize("reason", Reason.values)
def test_who_leaves_for_whatever_reason_has_nothing_from_that_day(world, reason):
    organizations.grant(user=world.hoa, role="member", unit=world.cell_b, from_on=TODAY - 9 * DAY, by=None, at=AT)
    link_user(person=Person.objects.get(code="M4"), user=world.hoa, by=None, at=AT)
    lives.depart(membership=spell(world.hoa), on=TODAY, reason=reason, by=None, at=AT)
    assert [cells(world.hoa, day) for day in (TODAY - DAY, TODAY)] == [["B"], []]
    assert answers(world.hoa, world.cell_b) == exports(world.hoa, world.cell_b) == {404}


def test_corrected_days_are_those_of_the_role(world, kim):
    made = goes(kim, world.cell_c)

    @action("tests.corrected")
    def correct(*, on, by, at):
        Transfer.objects.filter(pk=made.pk).update(on=on)
        restay([made.membership_id])

    correct(on=TODAY - 9 * DAY, by=None, at=AT)
    assert cells(kim, TODAY - 9 * DAY) == ["C"]
    correct(on=TODAY + DAY, by=None, at=AT)
    assert [cells(kim, day) for day in (TODAY, TODAY + DAY)] == [["B"], ["C"]]


def test_what_a_workbook_says_counts_at_once_and_undone_no_longer(db, tmp_path):
    assert load_roll(roll(), tmp_path).faults == []
    ann, em = linked("ann", "A"), linked("em", "E")
    assert (cells(ann), cells(em)) == (["C2"], ["S"])
    more = {sheet: [ROLL[sheet][0][:]] for sheet in ("transfers", "departures")}
    add(more, "transfers", member_code="A", to_cell_code="C1", on=date(2023, 12, 1), kind="official")
    add(more, "departures", member_code="E", on=date(2023, 12, 2), reason="expelled")
    done = load_roll(more, tmp_path)
    assert done.faults == []
    assert (cells(ann), cells(em)) == (["C1"], [])
    undo(load=done, reason="Wrong file", by=None, at=AT)
    assert (cells(ann), cells(em)) == (["C2"], ["S"])


def test_a_given_role_of_who_is_no_member_on_record_stays_as_it_was_given(world):
    organizations.grant(user=world.hoa, role="member", unit=world.cell_b, from_on=TODAY, by=None, at=AT)
    assert cells(world.hoa) == ["B"]


def test_nobody_gives_the_role_to_who_signs_in_as_a_member_but_other_roles_they_do(world, kim):
    with pytest.raises(Denied, match="for as long as they are"):
        organizations.grant(user=kim, role="member", unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    organizations.grant(user=kim, role="secretary", unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    assert rights_of(kim, TODAY).scope(P.MEETING_RECORD).covers(world.cell_a)


def test_an_office_given_by_hand_stays_until_who_gave_it_ends_it(world, kim):
    organizations.grant(user=kim, role="secretary", unit=world.cell_b, from_on=TODAY, by=None, at=AT)
    goes(kim, world.cell_c)
    assert rights_of(kim, TODAY).scope(P.MEETING_RECORD).covers(world.cell_b)


def test_unlinked_after_leaving_what_was_given_long_ago_does_not_come_back(world):
    lives.depart(membership=spell(world.ben), on=TODAY, reason="expelled", by=None, at=AT)
    portal.link_member(user=world.ben, person=None, by=world.eva, at=AT)
    assert cells(world.ben) == []
    assert Grant.objects.get(user=world.ben).to_on == TODAY


def test_a_role_that_gives_nothing_is_not_lent_and_its_user_page_says_so(world, kim):
    lent = organizations.lend(
        grants=list(Grant.objects.filter(user=world.ben)), to=kim, from_on=TODAY, to_on=TODAY + DAY, reason="away",
        by=None, at=AT,
    )  # fmt: skip
    assert [grant.role for grant in lent] == ["member"]
    assert cells(kim) == ["B"]
    page = signed_in(world.eva).get(f"/users/{world.ben.pk}/").content.decode()
    assert "gives nothing: the records say where they are a member" in page
    assert "a member there, by the records" in page
    assert f"{world.cell_b.name}" in page


def test_who_can_see_it_lists_those_who_see_it_as_members(world, kim):
    listed = {grant.user.username for grant in reaching(world.cell_b, [P.MEETING_OWN], TODAY)}
    assert listed == {"kim", "ben"}, "Ben attends there for a time"
    assert (
        "a member there, by the records"
        in signed_in(world.chi).get(f"/units/{world.cell_b.pk}/access/").content.decode()
    )


def test_an_administrator_of_the_receiving_cell_finds_them_and_one_of_the_former_can_no_longer_take_them_over(world):
    for user, unit in ((world.hoa, world.north), (world.gus, world.south)):
        User.objects.filter(pk=user.pk).update(is_active=True)
        organizations.grant(user=user, role="administrator", unit=unit, from_on=TODAY, by=None, at=AT)
    ben = world.ben
    assert portal.make_code(user=ben, by=world.hoa, at=AT)
    goes(ben, world.cell_c)
    with pytest.raises(Denied, match="outside your units"):
        portal.make_code(user=ben, by=world.hoa, at=AT)
    gus = User.objects.get(pk=world.gus.pk)
    assert signed_in(gus).get(f"/users/{ben.pk}/").status_code == 200
    assert portal.make_code(user=ben, by=gus, at=AT)


def test_nobody_moves_themself_to_a_cell_whose_meetings_they_would_like_to_read(world):
    with pytest.raises(Denied, match="about yourself"):
        lives.transfer(
            membership=spell(world.ana), to_cell=world.cell_c, on=TODAY, kind="official", by=world.ana, at=AT
        )
    with pytest.raises(Denied, match="about yourself"):
        lives.admit(person=person_of(world.ana), cell=world.cell_a, joined_on=TODAY, by=world.ana, at=AT)


def test_a_departure_taken_out_gives_the_role_back(world, kim):
    gone = lives.depart(membership=spell(kim), on=TODAY, reason="resigned", by=None, at=AT)

    @action("tests.taken_out")
    def take_out(*, by, at):
        Departure.objects.filter(pk=gone.pk).delete()
        restay([gone.membership_id])

    take_out(by=None, at=AT)
    assert cells(kim) == ["B"]
