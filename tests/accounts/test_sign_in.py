"""Signing in and out, and changing one's password."""

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client

from chibo.accounts import actions
from chibo.accounts.models import User
from chibo.core.actions import Denied
from tests.world import AT, PASSWORD

LOGIN = "/accounts/login/"
CHANGE = "/accounts/password/change/"
FRESH = "another long pass-word 8"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more):
    return client.post(LOGIN, {"login": username, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_who_has_the_password_gets_in(world):
    client = Client()
    answer = sign_in(client, "chi")
    assert (answer.status_code, answer.url) == (302, "/")
    assert is_in(client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    ("username", "password"), [("chi", "wrong"), ("nobody", PASSWORD), ("gus", PASSWORD), ("chi", ""), ("CHI\x00", "x")]
)
def test_who_has_not_stays_outside(world, username, password):
    client = Client()
    sign_in(client, username, password)
    assert not is_in(client)


def test_the_way_on_leads_nowhere_else(world):
    assert sign_in(Client(), "chi", next="/units/").url == "/units/"
    for elsewhere in ("https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org"):
        assert sign_in(Client(), "chi", next=elsewhere).url == "/"
        answer = Client().post("/i18n/setlang/", {"language": "vi", "next": elsewhere})
        assert answer.url == "/"


def test_too_many_failures_close_the_door_also_to_who_knows_the_password(world):
    client = Client()
    for _ in range(5):
        assert "The user name or the password is wrong" in sign_in(client, "chi", "wrong").content.decode()
    assert "Too many attempts" in sign_in(client, "chi").content.decode()
    assert not is_in(client)
    assert sign_in(Client(), "dan").status_code == 302


def test_nobody_signs_up_or_is_sent_a_password(world):
    for url in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/admin/", "/accounts/"):
        assert Client().get(url).status_code == 404


def test_signing_out_takes_a_post(world):
    client = Client()
    client.force_login(world.chi)
    client.get("/accounts/logout/")
    assert is_in(client)
    client.post("/accounts/logout/")
    assert not is_in(client)


def test_a_form_from_elsewhere_is_refused(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.chi)
    assert client.post("/accounts/logout/").status_code == 403
    assert client.post(CHANGE, {"oldpassword": PASSWORD, "password1": FRESH, "password2": FRESH}).status_code == 403
    assert Client(enforce_csrf_checks=True).post(LOGIN, {"login": "chi", "password": PASSWORD}).status_code == 403


def test_a_changed_password_ends_sessions_elsewhere(world):
    here, elsewhere = Client(), Client()
    sign_in(here, "chi")
    sign_in(elsewhere, "chi")
    here.post(CHANGE, {"oldpassword": PASSWORD, "password1": FRESH, "password2": FRESH})
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not is_in_with(PASSWORD)
    assert is_in_with(FRESH)


def is_in_with(password: str) -> bool:
    client = Client()
    sign_in(client, "chi", password)
    return is_in(client)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", FRESH, FRESH, "not your present password"),
        (PASSWORD, FRESH, "something else 9", "differ"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "1234567890", "1234567890", "commonly used"),
    ],
)
def test_a_password_that_will_not_do_is_said(world, old, new, again, said):
    client = Client()
    client.force_login(world.chi)
    page = client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again}).content.decode()
    assert said in page
    assert not is_in_with(new)


@pytest.mark.parametrize("username", ["CHI", "Chi", " chi "])
def test_capitals_of_a_user_name_are_no_matter(world, username):
    client = Client()
    sign_in(client, username)
    assert is_in(client)


def test_a_user_name_is_taken_whatever_its_capitals(world):
    with pytest.raises(IntegrityError, match="user_name_once"), transaction.atomic():
        User.objects.create(username="CHI")
    with pytest.raises(Denied, match="This user name is taken"):
        actions.invite(username="Chi", full_name="Chi", by=world.eva, at=AT)
    again = actions.make_user(username="CHI", full_name="Lê Thị Chi", password=FRESH, by=None, at=AT)
    assert again == world.chi
    assert again.username == "chi"
