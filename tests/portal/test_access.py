"""Who can see it, and why: whoever is listed gets the page, whoever is not does not; also after a move, to the day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.accounts.models import User
from chibo.members.models import Person
from chibo.members.queries import place_on, stays_of
from chibo.organizations import actions
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES, Reach, RoleCode
from chibo.organizations.scope import reaching, rights_of
from tests.members.test_post_roles import give
from tests.world import AT, PEOPLE, TODAY, UNITS

DAY = timedelta(days=1)
NAMES = ["ana", "ben", "chi", "dan", "flo", "gus", "hoa"]
grants = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from([r for r in RoleCode if r != "administrator"]),
        st.sampled_from(list(UNITS)), st.booleans(), st.integers(-20, 5), st.integers(1, 30),
    ),
    max_size=8,
)  # fmt: skip
lent = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(NAMES), st.integers(0, 3), st.integers(1, 9)), max_size=6)
ended = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=3)
moved = st.lists(
    st.tuples(st.sampled_from(["cell_a", "cell_c", "upland", "lowland", "cell_d"]), st.integers(0, 3)), max_size=2
)
TO = {
    "cell": ["upland", "lowland"],
    "grassroots_committee": ["north", "south", "province"],
    "grassroots_cell": ["north", "south", "province"],
}


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def status(user, url):
    """What someone gets there; who is blocked is sent to sign in."""
    return client_of(user).get(url).status_code


def make(world, given_, lent_, ended_, moved_):
    """A world of its own: roles given, lent, ended, units moved, as far as each may be."""
    for name, role, unit, near, begins, length in given_:
        reach = Reach.UNIT if near or ROLES[role].reach == Reach.UNIT else Reach.SUBTREE
        _try(
            actions.grant, user=getattr(world, name), role=role, unit=getattr(world, unit), reach=reach,
            from_on=TODAY + begins * DAY, to_on=TODAY + (begins + length) * DAY, by=None, at=AT,
        )  # fmt: skip
    for number, name, begins, length in lent_:
        every = list(Grant.objects.order_by("pk"))
        _try(
            actions.lend, grants=[every[number % len(every)]], to=getattr(world, name), from_on=TODAY + begins * DAY,
            to_on=TODAY + (begins + length) * DAY, reason="away", by=None, at=AT,
        )  # fmt: skip
    for number, after in ended_:
        every = list(Grant.objects.order_by("pk"))
        _try(actions.end_grant, grant=every[number % len(every)], on=TODAY + after * DAY, by=None, at=AT)
    for name, number in moved_:
        unit = Unit.objects.get(pk=getattr(world, name).pk)
        ways = TO[unit.kind]
        to = Unit.objects.get(pk=getattr(world, ways[number % len(ways)]).pk)
        _try(actions.move, unit=unit, to=to, on=TODAY, decision="1", by=None, at=AT)


def _try(act, **given_):
    try:
        with transaction.atomic():
            act(**given_)
    except actions.Denied:
        pass


@settings(max_examples=12)
@given(grants, lent, ended, moved)
def test_who_is_listed_and_nobody_else_gets_the_page(world, given_, lent_, ended_, moved_):
    with transaction.atomic():
        make(world, given_, lent_, ended_, moved_)
        users = list(User.objects.order_by("pk"))
        clients = {user.pk: client_of(user) for user in users}
        scopes = {user.pk: rights_of(user, TODAY).scope(P.UNIT_VIEW) for user in users}

        def let_in(url):
            return {pk for pk, client in clients.items() if client.get(url).status_code == 200}

        for unit in Unit.objects.order_by("pk"):
            listed = {grant.user_id for grant in reaching(unit, [P.UNIT_VIEW], TODAY)}
            assert listed == {pk for pk, scope in scopes.items() if scope.covers(unit)}
            if unit.pk in (world.cell_a.pk, world.upland.pk, world.south.pk):
                assert listed == let_in(f"/units/{unit.pk}/history/")
        for code in ("M1", "M5", "M8"):
            pk = Person.objects.get(code=code).pk
            cell = place_on(stays_of(pk), TODAY).cell
            listed = {grant.user_id for grant in reaching(cell, [P.MEMBER_VIEW], TODAY)}
            assert listed == let_in(f"/members/{pk}/")
        transaction.set_rollback(True)


@settings(max_examples=15)
@given(grants, lent, st.sampled_from(list(UNITS)))
def test_each_permission_is_held_by_whom_it_is_listed_of(world, given_, lent_, name):
    with transaction.atomic():
        make(world, given_, lent_, [], [])
        unit = Unit.objects.get(pk=getattr(world, name).pk)
        rights = {user.pk: rights_of(user, TODAY) for user in User.objects.order_by("pk")}
        for permission in P:
            listed = {grant.user_id for grant in reaching(unit, [permission], TODAY)}
            may = {pk for pk, held in rights.items() if held.scope(permission).covers(unit)}
            assert listed == may
        transaction.set_rollback(True)


def page(user, url):
    return re.sub(r"\s+", " ", client_of(user).get(url).content.decode())


def test_moving_a_unit_moves_sight_of_it_at_once_and_to_the_right_people_only(world):
    everyone = [getattr(world, name) for name in ("ana", "ben", "chi", "dan", "eva", "flo", "hoa")]
    urls = [f"/units/{world.cell_a.pk}/", f"/units/{world.upland.pk}/", f"/members/{Person.objects.get(code='M1').pk}/"]

    def seen():
        return {url: {str(user.username) for user in everyone if status(user, url) == 200} for url in urls}

    before = seen()
    assert before[urls[0]] == {"ana", "ben", "chi", "eva", "flo"}
    actions.move(unit=world.upland, to=world.south, on=TODAY, decision="7", by=world.eva, at=AT)
    after = seen()
    for url in urls:
        assert after[url] == {"dan" if name == "chi" else name for name in before[url]}
    listed = page(world.eva, urls[0] + "access/")
    assert "Phạm Văn Đan" in listed
    assert "Lê Thị Chi" not in listed
    assert world.cell_a.name not in page(world.chi, f"/units/{world.north.pk}/access/")
    other = f"/units/{world.cell_c.pk}/"
    assert {user.username for user in everyone if status(user, other) == 200} == {"dan", "eva", "flo"}


def test_who_works_above_is_not_named_to_those_below_but_counted(world):
    told = page(world.chi, f"/units/{world.cell_a.pk}/access/")
    assert "Nguyễn Thị An" in told
    assert "Hoàng Thị Phượng" not in told
    assert told.count("someone above your units") == 2
    assert re.search(r"<td[^>]*>\s*T\s*<span[^>]*>and all under it", told), "the province by its code"
    assert "Hoàng Thị Phượng" in page(world.eva, f"/units/{world.cell_a.pk}/access/")


def test_an_officer_reads_it_in_short_an_administrator_with_days_and_reasons(world):
    own = Grant.objects.get(user=world.ana)
    actions.lend(
        grants=[own], to=world.ben, from_on=TODAY, to_on=TODAY + 5 * DAY, reason="in hospital", by=world.ana, at=AT
    )
    url = f"/units/{world.cell_a.pk}/access/"
    short, full = page(world.chi, url), page(world.eva, url)
    assert "acts for Nguyễn Thị An" in short
    assert "acts for Nguyễn Thị An" in full
    assert "1 January 2023" not in short
    assert "1 January 2023" in full
    assert "15 January 2024" in full


def test_an_administrator_reads_of_a_member_without_the_name(world):
    pk = Person.objects.get(code="M1").pk
    told = page(world.eva, f"/members/{pk}/access/")
    assert "M1" in told
    assert told.count("Nguyễn Thị An") == 1, "as the secretary who sees, not as the member who is seen"
    assert "Đỗ Thị Ê" not in re.sub(r"<header.*?</header>", "", told)
    assert "Nguyễn Thị An" in page(world.chi, f"/members/{pk}/access/")


def test_the_list_pages_by_name(world, monkeypatch):
    monkeypatch.setattr("chibo.portal.access_views.ROWS", 2)
    url, seen = f"/units/{world.cell_a.pk}/access/", []
    while url:
        told = client_of(world.eva).get(url).content.decode()
        seen += re.findall(r'href="/users/(\d+)/"', told)
        found = re.search(r'href="([^"]*after=[^"]*)"', told)
        url = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == 6, "the secretary of the cell is a member of it too"
    assert len(set(seen)) == 5


def test_the_page_of_a_role_by_a_post_says_which(world):

    give(unit=world.cell_a, person=Person.objects.get(code="M1"), by=None, at=AT)
    assert Grant.objects.filter(user=world.ana, source=Source.POST).exists()
    assert "by the post “Secretary”" in page(world.eva, f"/units/{world.cell_a.pk}/access/")
    told = page(world.eva, f"/users/{world.ana.pk}/")
    assert "by the post “Secretary”" in told
    assert "By a post, the role “Cell secretary” from 1 January 2022" in told


@pytest.mark.parametrize("code", PEOPLE)
def test_asking_who_sees_a_member_is_for_who_may_know(world, code):
    pk = Person.objects.get(code=code).pk
    cell = place_on(stays_of(pk), TODAY).cell
    for user in User.objects.filter(is_active=True).order_by("pk"):
        expected = 200 if rights_of(user, TODAY).scope(P.ACCESS_VIEW).covers(cell) else 404
        assert status(user, f"/members/{pk}/access/") == expected
