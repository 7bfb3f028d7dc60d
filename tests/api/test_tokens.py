"""Tokens: what they allow beside what their owner holds, for how long, how often; and the pages they are made on."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client

from chibo.accounts.actions import block
from chibo.api import actions, policies
from chibo.api.models import LONGEST, Pace, Token
from chibo.core.actions import Denied
from chibo.organizations.actions import grant
from chibo.organizations.models import Grant
from chibo.organizations.roles import RoleCode
from tests.api.asking import Program, token_of
from tests.world import AT, TODAY


def test_a_token_allows_only_what_it_names(world):
    program = Program.of(world.chi, "unit.view", "meeting.view")
    assert program.get("/units").status_code == 200
    assert program.get("/meetings").status_code == 200
    assert program.get("/members").status_code == 403
    figures = f"/units/{world.cell_a.pk}/figures/members.total/evidence?period=2023"
    assert program.get(figures).status_code == 403
    assert Program.of(world.eva, "unit.view").get("/jobs").status_code == 403


def test_a_token_reaches_no_further_than_its_unit(world):
    program = Program.of(world.flo, unit=world.upland)
    assert {each["code"] for each in program.all("/units")} == {"T-N-1", "A", "B"}
    assert {each["code"] for each in program.all("/members")} == {"M1", "M2", "M3", "M4"}
    assert program.get(f"/units/{world.north.pk}").status_code == 404
    assert program.get(f"/figures?below={world.north.pk}&period=2023").status_code == 404
    assert Program.of(world.eva, unit=world.north).get("/jobs").status_code == 403  # no longer the whole tree


def test_a_role_that_ended_ends_in_the_token_at_once(world):
    program = Program.of(world.chi)
    assert program.get("/members").status_code == 200
    held = Grant.objects.get(user=world.chi)
    ended(grant=held, by=world.eva, at=AT)
    assert program.get("/members").status_code == 403
    assert program.get(f"/units/{world.north.pk}").status_code == 404
    grant(user=world.chi, role=RoleCode.OFFICER, unit=world.upland, from_on=TODAY, by=world.eva, at=AT)
    assert {each["code"] for each in program.all("/units")} == {"T-N-1", "A", "B"}


@actions.action("tests.ended")
def ended(*, grant, by, at):
    grant.to_on = TODAY
    grant.save()


def test_a_token_ends_on_its_day_when_revoked_and_with_its_owner(world, settings):
    program = Program.of(world.chi, days=7)
    settings.CHIBO_TODAY = TODAY + timedelta(6)
    assert program.get("/units").status_code == 200
    settings.CHIBO_TODAY = TODAY + timedelta(7)
    answer = program.get("/units")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    settings.CHIBO_TODAY = TODAY
    assert program.get("/units").status_code == 200
    block(user=world.chi, by=world.eva, at=AT)
    assert program.get("/units").status_code == 401
    token, said = token_of(world.flo)
    actions.revoke_token(token=token, by=world.flo, at=AT)
    assert Program(said).get("/units").status_code == 401


def test_only_a_fingerprint_is_kept(world):
    token, said = token_of(world.chi)
    event = apps.get_model("api", "TokenEvent")
    kept = str(list(Token.objects.values())) + str(list(event.objects.values()))
    assert said not in kept
    assert said[12:] not in kept
    assert said.startswith(token.begins)
    assert [each.pgh_context.metadata["action"] for each in event.objects.all()] == ["api.token_made"]


def test_so_often_a_minute_and_no_more(world, settings):
    settings.CHIBO_API_PER_MINUTE = 3
    program, other = Program.of(world.chi), Program.of(world.chi)
    assert [program.get("/units").status_code for _n in range(4)] == [200, 200, 200, 429]
    answer = program.get("/units")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Content-Type"] == "application/problem+json"
    assert other.get("/units").status_code == 200  # each token by itself, kept where every worker finds it
    assert Pace.objects.get(token__fingerprint=actions.fingerprint(program.said)).times == 5
    Pace.objects.update(minute=AT - timedelta(minutes=5))  # a minute on, it begins anew
    assert program.get("/units").status_code == 200


def test_nobody_names_what_they_do_not_hold(world):
    for user, named, unit, days in (
        (world.ben, "member.view", None, 30),
        (world.chi, "roll.load", None, 30),
        (world.chi, "file.open", None, 30),
        (world.chi, "nonsense", None, 30),
        (world.chi, "unit.view", world.south, 30),
        (world.chi, "unit.view", None, 0),
        (world.chi, "unit.view", None, LONGEST + 1),
        (world.hoa, "unit.view", None, 30),
    ):
        with pytest.raises(Denied):
            token_of(user, named, unit=unit, days=days)
    for _n in range(policies.MOST):
        token_of(world.chi)
    with pytest.raises(Denied):
        token_of(world.chi)


def test_someone_makes_a_token_sees_it_once_and_revokes_it(world):
    client = Client()
    client.force_login(world.chi)
    assert "You have made no token yet." in client.get("/me/tokens/").content.decode()
    given = {"name": "Excel", "permissions": ["unit.view", "member.view"], "unit": "T-N-1", "days": "30"}
    page = client.post("/me/tokens/new/", given)
    said = re.search(r"chibo_[\w-]{43}", page.content.decode())[0]
    assert "no-store" in page["Cache-Control"]
    assert {each["code"] for each in Program(said).all("/units")} == {"T-N-1", "A", "B"}
    token = Token.objects.get()
    for address in ("/me/tokens/", f"/me/tokens/{token.pk}/"):
        shown = client.get(address).content.decode()
        assert "Excel" in shown
        assert said not in shown
    other = Client()
    other.force_login(world.flo)
    assert other.get(f"/me/tokens/{token.pk}/").status_code == 404
    assert other.post(f"/me/tokens/{token.pk}/").status_code == 404
    assert client.post(f"/me/tokens/{token.pk}/").status_code == 302
    assert Program(said).get("/units").status_code == 401
    assert "revoked" in client.get("/me/tokens/").content.decode()


def test_what_is_wrong_with_a_token_to_be_made_is_said(world):
    client = Client()
    client.force_login(world.chi)
    good = {"name": "x", "permissions": ["unit.view"], "unit": "", "days": "30"}
    for wrong in ({"name": ""}, {"permissions": ["roll.load"]}, {"unit": "T-S"}, {"unit": "none"}, {"days": "900"}):
        answer = client.post("/me/tokens/new/", good | wrong)
        assert answer.status_code == 422, wrong
        assert 'class="field-error"' in answer.content.decode()
    assert not Token.objects.exists()
    hoa = Client()
    hoa.force_login(world.hoa)
    assert "You hold no role" in hoa.get("/me/tokens/new/").content.decode()
    assert hoa.post("/me/tokens/new/", good).status_code == 422


def test_the_page_of_the_api_tells_of_every_operation(world):
    client = Client()
    client.force_login(world.ben)
    page = client.get("/api/").content.decode()
    document = client.get("/api/v1/openapi.json").json()
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(operations) == 24
    for path, method in operations:
        assert f"{method.upper()} {path}" in page
