"""Scope answers "may I?" and "which ones?" the same way, in Python, in Django's and in plain SQL."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, transaction
from django.http import Http404
from hypothesis import given
from hypothesis import strategies as st

from chibo.core.actions import action
from chibo.organizations.actions import grant
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES, Reach, RoleCode
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of, scope_of
from tests.world import AT, TODAY, UNITS

DAY = timedelta(days=1)
NAMES = list(UNITS)
ways = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Reach)), max_size=4)


def in_sql(scope: Scope) -> set[int]:
    """The units a scope covers by its SQL condition."""
    condition, parameters = scope.sql("u.path")
    with connection.cursor() as cursor:
        cursor.execute(f"select id from organizations_unit u where {condition}", parameters)
        return {row[0] for row in cursor.fetchall()}


@given(ways)
def test_the_three_answers_agree(world, held):
    paths = {reach: tuple(getattr(world, name).path for name, r in held if r == reach) for reach in Reach}
    scope = Scope(paths[Reach.SUBTREE], paths[Reach.UNIT])
    covered = {unit.pk for unit in Unit.objects.all() if scope.covers(unit)}
    assert covered == set(Unit.objects.filter(scope.q("")).values_list("pk", flat=True)) == in_sql(scope)
    by_hand = {
        unit.pk
        for unit in Unit.objects.all()
        for name, reach in held
        if getattr(world, name).pk == unit.pk
        or (reach == Reach.SUBTREE and getattr(world, name).pk in unit.ancestor_ids)
    }
    assert covered == by_hand
    assert bool(scope) == bool(held)
    for unit in Unit.objects.all():
        below = {each.pk for each in Unit.objects.filter(path__startswith=unit.path)}
        assert in_sql(scope.below(unit)) == covered & below, unit


def test_a_scope_walks_to_the_unit_of_other_rows(world):
    scope = scope_of(world.chi, P.UNIT_VIEW, TODAY)
    assert set(Grant.objects.filter(scope.q("unit")).values_list("user__username", flat=True)) >= {"ana", "ben", "chi"}
    assert not Grant.objects.filter(scope.q("unit"), user=world.dan).exists()


def test_a_number_that_begins_as_another_is_another_unit():
    scope = Scope(subtrees=("1/4/",))
    assert scope.covers(Unit(path="1/4/")) and scope.covers(Unit(path="1/4/7/"))
    assert not scope.covers(Unit(path="1/41/"))


def test_a_role_holds_from_its_first_day_until_the_day_before_its_last(world):
    begin, end = date(2023, 3, 1), date(2023, 4, 1)
    grant(user=world.hoa, role=RoleCode.LEADER, unit=world.south, from_on=begin, to_on=end, by=world.eva, at=AT)
    for day, holds in ((begin - DAY, False), (begin, True), (end - DAY, True), (end, False)):
        assert scope_of(world.hoa, P.REPORT_VIEW, day).covers(world.south) is holds


def test_rights_follow_todays_tree(world):
    assert scope_of(world.dan, P.EVIDENCE_VIEW, TODAY).covers(world.cell_d)
    assert not scope_of(world.chi, P.EVIDENCE_VIEW, TODAY).covers(world.cell_d)
    assert world.cell_d.path.startswith(world.south.path)


def test_who_is_blocked_or_not_signed_in_holds_nothing(world):
    assert rights_of(world.gus, TODAY) == rights_of(AnonymousUser(), TODAY) == Rights()
    assert not scope_of(world.gus, P.UNIT_VIEW, TODAY)


@pytest.mark.parametrize("role", RoleCode)
def test_a_role_gives_what_it_holds_as_far_as_it_reaches_and_no_more(world, role):
    grant(user=world.hoa, role=role, unit=world.upland, from_on=TODAY, by=world.eva, at=AT)
    for permission in P:
        covered = {u.code for u in Unit.objects.filter(scope_of(world.hoa, permission, TODAY).q(""))}
        reached = {"T-N-1"} if ROLES[role].reach == Reach.UNIT else {"T-N-1", "A", "B"}
        assert covered == (reached if permission in ROLES[role].permissions else set())


def test_every_role_there_is_holds_something():
    assert set(ROLES) == set(RoleCode)
    assert all(role.permissions for role in ROLES.values())


def test_an_unknown_role_is_refused_by_the_database(world):
    with pytest.raises(Error, match="grant_role"), transaction.atomic():
        grant(user=world.ana, role="emperor", unit=world.province, from_on=TODAY, by=None, at=AT)


def test_a_unit_is_found_with_those_above_it(world):
    unit, above = find_unit(rights_of(world.flo, TODAY), world.cell_a.pk, P.REPORT_VIEW)
    assert unit == world.cell_a
    assert above == [world.province, world.north, world.upland]


def test_a_unit_outside_is_not_found_and_one_inside_without_the_right_is_refused(world):
    with pytest.raises(Http404):
        find_unit(rights_of(world.dan, TODAY), world.cell_a.pk, P.UNIT_VIEW)
    with pytest.raises(PermissionDenied):
        find_unit(rights_of(world.ben, TODAY), world.cell_a.pk, P.EVIDENCE_VIEW)


@action("tests.closed")
def close(*, unit, by, at):
    Unit.objects.filter(pk=unit.pk).update(closed_on=TODAY)


def test_a_closed_unit_is_still_seen(world):
    close(unit=world.cell_a, by=None, at=AT)
    assert find_unit(rights_of(world.ana, TODAY), world.cell_a.pk, P.UNIT_VIEW)


def test_a_role_at_a_unit_that_has_no_place_in_the_tree_yet_holds_nowhere(world):
    """An empty path is the beginning of every path."""

    @action("tests.adrift")
    def adrift(*, by, at):
        return Unit.objects.create(code="adrift", name="adrift", kind="district", founded_on=TODAY)

    unit = adrift(by=None, at=AT)
    grant(user=world.hoa, role=RoleCode.OFFICER, unit=unit, from_on=TODAY, by=None, at=AT)
    scope = scope_of(world.hoa, P.UNIT_VIEW, TODAY)
    assert not any(scope.covers(each) for each in Unit.objects.all())
    assert not Unit.objects.filter(scope.q("")).exists()
    assert in_sql(scope) == set()
