"""The yearly review: what is due waits on the desk; kept or ended, one or many; every verdict stays; also the rules."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import Error, transaction
from django.test import Client

from chibo.core.actions import Denied
from chibo.members.models import Person, PostRule
from chibo.organizations import actions, held_roles
from chibo.organizations.models import Grant, GrantReview, GrantTerms, Source
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from tests.members.test_post_roles import give, kim, nobody_in_post  # noqa: F401
from tests.world import AT, TODAY

DAY = timedelta(days=1)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def eva(world):
    return browser(world.eva)


@pytest.fixture
def hoa(world):
    """Hoa is administrator of the north."""
    actions.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    return browser(world.hoa)


def text(client, url):
    return re.sub(r"\s+", " ", client.get(url).content.decode())


def due(user, today=TODAY):
    scope = rights_of(user, TODAY).scope(P.USER_MANAGE)
    months = held_roles.terms_on(today).review_months
    return set(held_roles.overdue(scope, user, today, months).values_list("user__username", flat=True))


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2024, 1, 10), 12, date(2023, 1, 10)), (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)), (date(2024, 1, 31), 2, date(2023, 11, 30)),
        (date(2024, 12, 31), 6, date(2024, 6, 30)), (date(2024, 5, 15), 60, date(2019, 5, 15)),
    ],
)  # fmt: skip
def test_so_many_months_before(day, months, before):
    assert held_roles.months_before(day, months) == before


def test_a_role_is_due_a_year_after_it_was_given_or_looked_at(world):
    assert due(world.eva) == {"ana", "chi", "dan", "flo", "gus"}, "what Ben was given gives nothing: he is a member"
    grant = Grant.objects.get(user=world.chi)
    actions.review(grant=grant, verdict="keep", by=world.eva, at=AT)
    assert "chi" not in due(world.eva)
    assert "chi" not in due(world.eva, date(2025, 1, 9))
    assert "chi" in due(world.eva, date(2025, 1, 10))


def test_ones_own_roles_are_for_another(world, eva):
    own = Grant.objects.get(user=world.eva)
    with pytest.raises(Denied, match="your own account"):
        actions.review(grant=own, verdict="keep", by=world.eva, at=AT)
    assert "Đỗ Thị Ê" not in re.sub(r"<header.*?</header>", "", text(eva, "/users/review/"))
    actions.grant(user=world.hoa, role="administrator", unit=world.province, from_on=TODAY, by=world.eva, at=AT)
    assert "eva" in due(world.hoa)


def test_an_administrator_of_a_district_looks_at_its_roles_alone(world, hoa):
    assert due(world.hoa) == {"ana", "chi", "gus"}
    with pytest.raises(Denied):
        actions.review(grant=Grant.objects.get(user=world.dan), verdict="keep", by=world.hoa, at=AT)
    told = hoa.post("/users/review/", {"keep": str(Grant.objects.get(user=world.dan).pk)}, follow=True)
    assert "Choose the roles first" in told.content.decode()
    assert not GrantReview.objects.exists()


def test_one_is_kept_and_one_ended_with_one_press_each(world, eva):
    chi, dan = Grant.objects.get(user=world.chi), Grant.objects.get(user=world.dan)
    assert "1 role stays." in eva.post("/users/review/", {"keep": str(chi.pk)}, follow=True).content.decode()
    assert "1 role ended today." in eva.post("/users/review/", {"end": str(dan.pk)}, follow=True).content.decode()
    dan.refresh_from_db()
    assert dan.to_on == TODAY
    assert not rights_of(world.dan, TODAY).held
    said = list(
        GrantReview.objects.order_by("pk").values_list("grant__user__username", "verdict", "by__username", "on")
    )
    assert said == [("chi", "keep", "eva", TODAY), ("dan", "end", "eva", TODAY)]
    assert "Reviewed: the role “Committee officer” ends" in text(eva, f"/users/{world.dan.pk}/")
    assert "Reviewed: the role “Committee officer” stays" in text(eva, f"/users/{world.chi.pk}/")


def test_many_are_settled_at_once_and_what_can_not_be_is_said(world, hoa):
    actions.grant(user=world.chi, role="officer", unit=world.south, from_on=TODAY, by=world.eva, at=AT)
    pks = [
        str(pk) for pk in Grant.objects.filter(user__username__in=["ana", "ben", "chi"]).values_list("pk", flat=True)
    ]
    told = hoa.post("/users/review/", {"verdict": "end", "grant": pks}, follow=True).content.decode()
    assert "2 roles ended today." in told
    assert "also holds a role outside your units" in told
    assert rights_of(world.chi, TODAY).held
    assert {each.role for each in rights_of(world.ana, TODAY).held} == {"member"}, "by the records, as before"


def test_what_is_due_waits_on_the_desk_of_the_administrator_alone(world, eva):
    assert "5 roles are due for their review" in text(eva, "/")
    for name in ("chi", "ana", "flo"):
        assert "due for" not in text(browser(getattr(world, name)), "/")
    pks = [str(pk) for pk in Grant.objects.values_list("pk", flat=True)]
    eva.post("/users/review/", {"verdict": "keep", "grant": pks})
    assert "due for their review" not in text(eva, "/")
    assert "No role is due" in text(eva, "/users/review/")


def test_who_acts_for_another_needs_no_review(world):
    actions.lend(
        grants=list(Grant.objects.filter(user=world.ana)), to=world.ben, from_on=TODAY, to_on=TODAY + 5 * DAY,
        reason="ill", by=world.ana, at=AT,
    )  # fmt: skip
    lent = Grant.objects.get(source=Source.ACTING)
    with pytest.raises(Denied, match="no review"):
        actions.review(grant=lent, verdict="keep", by=world.eva, at=AT)
    assert lent.pk not in held_roles.to_review(
        rights_of(world.eva, TODAY).scope(P.USER_MANAGE), world.eva, TODAY
    ).values_list("pk", flat=True)


def test_a_verdict_is_never_changed(world):
    said = actions.review(grant=Grant.objects.get(user=world.chi), verdict="keep", by=world.eva, at=AT)
    for write in (lambda: GrantReview.objects.update(verdict="end"), said.delete):
        with pytest.raises(Error), transaction.atomic():
            write()


def test_the_terms_say_how_often_from_their_day_on(world, eva):
    assert "looked at once in 12 months" in text(eva, "/users/review/")
    told = eva.post(
        "/users/rules/", {"act": "terms", "review_months": "24", "acting_days": "30", "from_on": "2024-01-10"}
    )
    assert told.status_code == 302
    assert due(world.eva) == set()
    assert GrantTerms.objects.count() == 2
    assert held_roles.terms_on(TODAY - DAY).review_months == 12


@pytest.mark.parametrize("value", ["0", "61", "x", "", "9" * 30, "-1", "\x00"])
def test_terms_that_can_not_be_are_said_beside_the_field(eva, value):
    told = eva.post("/users/rules/", {"act": "terms", "review_months": value, "acting_days": value, "from_on": value})
    assert told.status_code == 422
    assert GrantTerms.objects.count() == 1


def test_a_rule_is_laid_down_and_ended_on_the_page(world, eva, kim):  # noqa: F811
    give(unit=world.cell_b, person=Person.objects.get(code="M4"), post="deputy_secretary", by=None, at=AT)
    given = {
        "act": "rule",
        "post": "deputy_secretary",
        "unit_kind": "cell",
        "role": "secretary",
        "from_on": "2024-01-10",
    }
    assert "does not reach those under it" in eva.post("/users/rules/", given | {"reach": "subtree"}).content.decode()
    assert eva.post("/users/rules/", given | {"reach": "unit"}).status_code == 302
    assert "secretary" in {each.role for each in rights_of(kim, TODAY).held}
    assert "brings this role already" in eva.post("/users/rules/", given | {"reach": "unit"}).content.decode()
    rule = PostRule.objects.get(post="deputy_secretary", unit_kind="cell")
    told = eva.post("/users/rules/", {"act": "end", "rule": rule.pk, "on": "2024-01-09"})
    assert told.status_code == 422
    assert eva.post("/users/rules/", {"act": "end", "rule": rule.pk, "on": "2024-01-10"}).status_code == 302
    assert {each.role for each in rights_of(kim, TODAY).held} == {"member"}, "by the records"


def test_what_is_held_back_is_let_hold_by_another(world, eva, kim):  # noqa: F811
    actions.grant(user=kim, role="administrator", unit=world.province, from_on=TODAY, by=world.eva, at=AT)
    give(unit=world.upland, person=Person.objects.get(code="M4"), by=kim, at=AT)
    assert not rights_of(kim, TODAY).scope(P.MEMBER_VIEW)
    assert "1 role that comes with a post is held back" in text(eva, "/")
    assert "held back" not in text(browser(kim), "/")
    assert "Lý Văn Ấm" in text(eva, "/users/review/?which=back")
    grant = Grant.objects.get(user=kim, source=Source.POST)
    assert (
        "1 role holds." in eva.post("/users/review/?which=back", {"let": str(grant.pk)}, follow=True).content.decode()
    )
    assert rights_of(kim, TODAY).scope(P.MEMBER_VIEW).covers(world.cell_a)


@pytest.mark.parametrize("value", ["\x00", "9" * 40, "-1", "x", "١"])
def test_nonsense_is_answered(world, eva, value):
    names = (
        "keep",
        "end",
        "let",
        "verdict",
        "grant",
        "act",
        "rule",
        "on",
        "post",
        "role",
        "reach",
        "from_on",
        "unit_kind",
    )
    for act in (value, "rule", "end", "terms"):
        assert eva.post("/users/rules/", dict.fromkeys(names, value) | {"act": act}).status_code in (302, 422)
    assert eva.post("/users/review/", dict.fromkeys(names, value)).status_code == 302
    assert eva.get("/users/review/", {"which": value, "after": value}).status_code == 200
    fields = dict.fromkeys(("who", "grants", "chosen", "from_on", "last_on", "reason", "grant"), value)
    for url in ("/acting/", f"/users/{world.chi.pk}/acting/"):
        assert eva.post(url, fields).status_code == 422
        assert eva.post(url, fields | {"act": "end"}).status_code == 302
    assert not GrantReview.objects.exists()
