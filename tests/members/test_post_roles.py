"""Roles that follow from posts: they begin and end on the days of the post, whoever writes it and however."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.members import actions as members
from chibo.members.models import Departure, Membership, Person, Post, PostKind, PostMark, PostRole, PostRule
from chibo.organizations import actions as organizations
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import Reach, RoleCode
from chibo.organizations.scope import rights_of
from chibo.portal import actions as portal
from tests.world import AT, TODAY

DAY = timedelta(days=1)
SOON = TODAY + 30 * DAY
BEGUN = date(2022, 1, 1)


@action("tests.post_given")
def give(*, unit, person, post=PostKind.SECRETARY, from_on=BEGUN, to_on=None, by, at):
    return Post.objects.create(unit=unit, post=post, person=person, from_on=from_on, to_on=to_on)


@action("tests.post_changed")
def change(*, post, by, at, **fields):
    Post.objects.filter(pk=post.pk).update(**fields)


@action("tests.post_gone")
def take(*, post, by, at):
    Post.objects.filter(pk=post.pk).delete()


@action("tests.handed_over")
def hand_over(*, post, to, on, by, at):
    Post.objects.filter(pk=post.pk).update(to_on=on)
    return Post.objects.create(unit=post.unit, post=post.post, person=to, from_on=on)


@pytest.fixture(autouse=True)
def nobody_in_post(world):
    """What the world's own posts bring is not asked here."""
    vacate(by=None, at=AT)


@action("tests.vacated")
def vacate(*, by, at):
    Post.objects.exclude(post=PostKind.VILLAGE_HEAD).delete()


def person(code):
    return Person.objects.get(code=code)


def by_post(user):
    return Grant.objects.get(user=user, source=Source.POST)


def roles(user):
    """What someone holds today, but what every member does."""
    return [each for each in rights_of(user, TODAY).held if each.role != "member"]


@pytest.fixture
def kim(world):
    """Kim signs in as M4, a member of cell B, and holds no role."""
    user = User.objects.create(username="kim", full_name="Lý Văn Ấm")
    members.link_user(person=person("M4"), user=user, by=None, at=AT)
    return user


@pytest.fixture
def lan(world):
    """Lan signs in as M3, a member of cell A, and holds no role."""
    user = User.objects.create(username="lan", full_name="Đặng Thị Đào")
    members.link_user(person=person("M3"), user=user, by=None, at=AT)
    return user


def records(user, unit, day=TODAY):
    return rights_of(user, day).scope(P.MEETING_RECORD).covers(unit)


def test_who_is_secretary_of_a_cell_records_its_meetings_and_no_other(world, kim):
    assert not roles(kim)
    give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    assert records(kim, world.cell_b)
    assert not records(kim, world.cell_a)
    grant = by_post(kim)
    assert (grant.from_on, grant.to_on, grant.reach) == (BEGUN, None, Reach.UNIT)
    assert not PostMark.objects.exists()


def test_secretary_and_deputy_of_a_committee_lead_it_and_all_under_it(world, kim, lan):
    give(unit=world.upland, person=person("M4"), by=None, at=AT)
    give(unit=world.north, person=person("M3"), post=PostKind.DEPUTY_SECRETARY, by=None, at=AT)
    assert rights_of(kim, TODAY).scope(P.MEETING_REMIND).covers(world.cell_b)
    assert not rights_of(kim, TODAY).scope(P.UNIT_VIEW).covers(world.north)
    assert rights_of(lan, TODAY).scope(P.MEETING_REMIND).covers(world.cell_b)
    assert not rights_of(lan, TODAY).scope(P.UNIT_VIEW).covers(world.south)


def test_handing_over_the_post_hands_over_the_rights_that_day(world, kim, lan):
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    hand_over(post=post, to=person("M3"), on=TODAY, by=world.flo, at=AT)
    assert records(lan, world.cell_b)
    assert not records(kim, world.cell_b)
    assert records(kim, world.cell_b, TODAY - DAY)
    assert not records(lan, world.cell_b, TODAY - DAY)


def test_handed_over_beforehand_the_rights_change_on_the_day_itself(world, kim, lan):
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    hand_over(post=post, to=person("M3"), on=SOON, by=world.flo, at=AT)
    for day, holder, other in ((TODAY, kim, lan), (SOON - DAY, kim, lan), (SOON, lan, kim), (SOON + DAY, lan, kim)):
        assert records(holder, world.cell_b, day)
        assert not records(other, world.cell_b, day)


def test_the_role_comes_with_the_account_and_goes_with_it_but_stays_seen(world, kim):
    give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    portal.link_member(user=kim, person=None, by=world.eva, at=AT)
    assert not records(kim, world.cell_b)
    ended = by_post(kim)
    assert (ended.from_on, ended.to_on) == (BEGUN, TODAY)
    portal.link_member(user=kim, person=person("M4"), by=world.eva, at=AT)
    assert records(kim, world.cell_b)
    assert by_post(kim).pk == ended.pk, "the same day again, as if nothing had been"


def test_linked_again_later_it_is_another_role_and_the_gap_stays_a_gap(world, kim):
    give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    portal.link_member(user=kim, person=None, by=world.eva, at=AT)
    portal.link_member(user=kim, person=person("M4"), by=world.eva, at=AT + 10 * DAY)
    spans = Grant.objects.filter(user=kim).order_by("from_on").values_list("from_on", "to_on")
    assert list(spans) == [(BEGUN, TODAY), (TODAY + 10 * DAY, None)]


def test_corrected_days_of_a_post_are_those_of_the_role(world, kim):
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    change(post=post, from_on=date(2022, 5, 1), to_on=SOON, by=world.eva, at=AT)
    assert (by_post(kim).from_on, by_post(kim).to_on) == (date(2022, 5, 1), SOON)
    change(post=post, to_on=None, by=world.eva, at=AT)
    assert by_post(kim).to_on is None
    change(post=post, unit=world.cell_c, by=world.eva, at=AT)
    assert not records(kim, world.cell_b)
    assert records(kim, world.cell_c)


def test_a_post_that_is_taken_out_takes_the_role_along_from_today(world, kim):
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    take(post=post, by=world.eva, at=AT)
    assert not records(kim, world.cell_b)
    assert by_post(kim).to_on == TODAY
    late = give(unit=world.cell_b, person=person("M4"), from_on=SOON, by=None, at=AT)
    take(post=late, by=world.eva, at=AT)
    assert set(Grant.objects.filter(user=kim).values_list("from_on", "to_on")) == {(BEGUN, TODAY), (SOON, SOON)}


def test_who_leaves_the_party_loses_what_the_post_brought(world, kim):
    give(unit=world.cell_b, person=person("M4"), by=None, at=AT)

    @action("tests.left")
    def leave(*, by, at):
        return Departure.objects.create(
            membership=Membership.objects.get(person__code="M4"), on=SOON, reason="expelled"
        )

    leave(by=None, at=AT)
    assert records(kim, world.cell_b, SOON - DAY)
    assert not records(kim, world.cell_b, SOON)


def test_a_unit_that_becomes_of_another_kind_brings_what_that_kind_brings(world, kim):
    give(unit=world.cell_b, person=person("M4"), by=None, at=AT)

    @action("tests.grown_up")
    def grow(*, by, at):
        Unit.objects.filter(pk=world.cell_b.pk).update(kind=Kind.SUB_COMMITTEE)

    grow(by=None, at=AT)
    assert [(each.role, each.reach) for each in roles(kim)] == [("leader", "subtree")]


def test_a_rule_brings_and_takes_a_role_on_its_days(world, kim):
    give(unit=world.cell_b, person=person("M4"), post=PostKind.DEPUTY_SECRETARY, by=None, at=AT)
    assert not roles(kim)
    rule = members.set_rule(
        post="deputy_secretary", unit_kind="cell", role="secretary", reach="unit", from_on=SOON, by=world.eva, at=AT
    )
    assert not records(kim, world.cell_b, SOON - DAY)
    assert records(kim, world.cell_b, SOON)
    members.end_rule(rule=rule, on=SOON + 5 * DAY, by=world.eva, at=AT)
    assert records(kim, world.cell_b, SOON + 4 * DAY)
    assert not records(kim, world.cell_b, SOON + 5 * DAY)


def test_rules_are_of_the_whole_tree_of_days_to_come_and_said_once(world):
    given = {"post": "deputy_secretary", "unit_kind": "cell", "role": "secretary", "reach": "unit", "at": AT}
    organizations.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=None, at=AT)
    with pytest.raises(Denied, match="whole tree"):
        members.set_rule(**given, from_on=TODAY, by=world.hoa)
    with pytest.raises(Denied, match="whole tree"):
        members.set_rule(**given, from_on=TODAY, by=world.chi)
    with pytest.raises(Denied, match="today or a later day"):
        members.set_rule(**given, from_on=TODAY - DAY, by=world.eva)
    with pytest.raises(Denied, match="one unit alone"):
        members.set_rule(**(given | {"reach": "subtree"}), from_on=TODAY, by=world.eva)
    rule = members.set_rule(**given, from_on=TODAY, by=world.eva)
    with pytest.raises(Denied, match="already"):
        members.set_rule(**given, from_on=SOON, by=world.eva)
    with pytest.raises(Denied, match="whole tree"):
        members.end_rule(rule=rule, on=SOON, by=world.hoa, at=AT)
    members.end_rule(rule=rule, on=TODAY, by=world.eva, at=AT)
    members.set_rule(**given, from_on=TODAY, by=world.eva)


def test_no_post_makes_anyone_an_administrator(world):
    with pytest.raises(Exception, match="post_rule_words"):
        members.set_rule(
            post="secretary", unit_kind="cell", role="administrator", reach="unit", from_on=TODAY, by=world.eva, at=AT
        )


# Nobody gives themself a role


@pytest.fixture
def eva_is_m8(world):
    """The administrator signs in as M8, a member of cell D."""
    members.link_user(person=person("M8"), user=world.eva, by=None, at=AT)
    return world.eva


def of_eva(world):
    return [each.role for each in roles(world.eva) if each.role != "administrator"]


def test_who_appoints_themself_gets_nothing_until_another_agrees(world, eva_is_m8):
    give(unit=world.north, person=person("M8"), by=world.eva, at=AT)
    assert of_eva(world) == []
    grant = by_post(world.eva)
    with pytest.raises(Denied, match="your own account"):
        members.let_hold(grant=grant, by=world.eva, at=AT)
    change(post=Post.objects.get(person__code="M8"), from_on=BEGUN + DAY, by=world.eva, at=AT)
    assert of_eva(world) == [], "nor by writing it once more"
    organizations.grant(user=world.hoa, role="administrator", unit=world.province, from_on=TODAY, by=None, at=AT)
    members.let_hold(grant=grant, by=world.hoa, at=AT)
    assert of_eva(world) == ["leader"]


def test_a_rule_made_by_who_holds_the_post_gives_them_nothing(world, eva_is_m8, kim):
    give(unit=world.cell_d, person=person("M8"), post=PostKind.DEPUTY_SECRETARY, by=None, at=AT)
    give(unit=world.cell_b, person=person("M4"), post=PostKind.DEPUTY_SECRETARY, by=None, at=AT)
    for kind in ("cell", "grassroots_cell"):
        members.set_rule(
            post="deputy_secretary", unit_kind=kind, role="secretary", reach="unit", from_on=TODAY, by=world.eva, at=AT
        )
    assert of_eva(world) == []
    assert records(kim, world.cell_b), "others it gives what it says"


def test_nobody_lengthens_their_own_post_to_keep_the_role(world, eva_is_m8):
    post = give(unit=world.north, person=person("M8"), to_on=SOON, by=None, at=AT)
    assert of_eva(world) == ["leader"]
    change(post=post, to_on=None, by=world.eva, at=AT)
    assert rights_of(world.eva, SOON - DAY).scope(P.MEMBER_VIEW)
    assert not rights_of(world.eva, SOON).scope(P.MEMBER_VIEW)
    change(post=post, to_on=SOON + DAY, by=world.flo, at=AT)
    assert not rights_of(world.eva, SOON).scope(P.MEMBER_VIEW), "held back until somebody says so"


def test_nobody_begins_their_own_post_earlier(world, eva_is_m8):
    post = give(unit=world.north, person=person("M8"), from_on=SOON, by=None, at=AT)
    change(post=post, from_on=BEGUN, by=world.eva, at=AT)
    assert of_eva(world) == []
    assert rights_of(world.eva, SOON).scope(P.MEMBER_VIEW)


def test_linking_a_user_to_someone_with_a_post_above_is_not_for_an_administrator_below(world):
    organizations.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=None, at=AT)
    puppet, _code = organizations.invite(
        username="puppet", full_name="Puppet", role="member", unit=world.cell_a, from_on=TODAY, by=world.hoa, at=AT
    )
    give(unit=world.province, person=person("M4"), by=None, at=AT)
    with pytest.raises(Denied, match="post outside your units"):
        portal.link_member(user=puppet, person=person("M4"), by=world.hoa, at=AT)
    assert not rights_of(puppet, TODAY).scope(P.MEMBER_VIEW)
    portal.link_member(user=puppet, person=person("M4"), by=world.eva, at=AT)
    assert rights_of(puppet, TODAY).scope(P.MEMBER_VIEW).covers(world.south)
    with pytest.raises(Denied, match="outside your units"):
        portal.make_code(user=puppet, by=world.hoa, at=AT)


def test_an_administrator_ends_a_role_by_a_post_and_it_stays_ended_whatever_the_post(world, kim):
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    organizations.end_grant(grant=by_post(kim), on=TODAY, by=world.eva, at=AT)
    change(post=post, from_on=BEGUN + DAY, by=world.flo, at=AT)
    assert not records(kim, world.cell_b)
    members.let_hold(grant=by_post(kim), by=world.eva, at=AT)
    assert records(kim, world.cell_b)
    with pytest.raises(Denied, match="not held back"):
        members.let_hold(grant=by_post(kim), by=world.eva, at=AT)


# However it is written


def test_many_posts_written_at_once_cost_no_more_statements(world, kim):
    @action("tests.many")
    def write(*, years, by, at):
        holder = person("M4")
        Post.objects.bulk_create(
            Post(
                unit=world.cell_b,
                post=PostKind.SECRETARY,
                person=holder,
                from_on=date(n, 1, 1),
                to_on=date(n, 6, 1),
            )
            for n in years
        )

    with CaptureQueriesContext(connection) as few:
        write(years=[1950], by=None, at=AT)
    with CaptureQueriesContext(connection) as many:
        write(years=range(1951, 1991), by=None, at=AT)
    assert len(few) == len(many) <= 16
    assert Grant.objects.filter(user=kim, source=Source.POST).count() == 41


def test_an_action_that_touches_no_post_pays_one_statement(world, django_assert_num_queries):
    @action("tests.nothing")
    def nothing(*, by, at):
        pass

    with django_assert_num_queries(5):  # savepoint, its name, the marks, its name away, savepoint
        nothing(by=None, at=AT)


def test_what_is_derived_anew_is_what_is_there(world, kim, lan):
    """Nothing is left undone: a derivation of everything changes no row."""
    post = give(unit=world.cell_b, person=person("M4"), by=None, at=AT)
    hand_over(post=post, to=person("M3"), on=SOON, by=world.flo, at=AT)
    organizations.end_grant(grant=by_post(lan), on=SOON + DAY, by=world.eva, at=AT)
    before = list(Grant.objects.order_by("pk").values()), list(PostRole.objects.order_by("pk").values())

    @action("tests.derived")
    def derive_all(*, by, at):
        PostMark.objects.bulk_create(
            PostMark(subject="person", number=each.pk) for each in Person.objects.order_by("pk")
        )

    derive_all(by=None, at=AT)
    assert before == (list(Grant.objects.order_by("pk").values()), list(PostRole.objects.order_by("pk").values()))


def test_the_rules_shipped_are_those_of_secretaries_and_deputies(world):
    said = {(rule.post, rule.unit_kind, rule.role) for rule in PostRule.objects.all()}
    assert ("secretary", "cell", "secretary") in said
    assert ("deputy_secretary", "grassroots_committee", "leader") in said
    assert RoleCode.ADMINISTRATOR not in {role for _post, _kind, role in said}
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from members_postmark")
        assert cursor.fetchone()[0] == 0
