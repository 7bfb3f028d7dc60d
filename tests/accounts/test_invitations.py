"""Coming in with a code: once, within seven days, not by guessing."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from chibo.accounts import actions
from chibo.accounts.models import Invitation, UserAct
from chibo.core.actions import Denied
from tests.accounts.test_sign_in import is_in, sign_in
from tests.world import AT, PASSWORD

PAGE = "/accounts/invitation/"
FRESH = "another long pass-word 8"


def come(client, username, code, password=FRESH, again=None):
    given = {"username": username, "code": code, "password1": password, "password2": again or password}
    return client.post(PAGE, given)


@pytest.fixture
def kim(world):
    """Someone just invited, and the code."""
    return actions.invite(username="kim", full_name="Kim Thị Lan", by=world.eva, at=AT)


@pytest.mark.parametrize("writing", ["{}", " {} ", "upper", "plain", "spaced"])
def test_a_code_lets_in_however_it_is_written(kim, writing):
    _user, code = kim
    ways = {"upper": code.upper(), "plain": code.replace("-", ""), "spaced": code.replace("-", "  ")}
    client = Client()
    answer = come(client, "kim", ways.get(writing) or writing.format(code))
    assert (answer.status_code, answer.url) == (302, "/")
    assert is_in(client)
    elsewhere = Client()
    sign_in(elsewhere, "kim", FRESH)
    assert is_in(elsewhere)


def test_a_code_works_once(kim):
    _user, code = kim
    assert come(Client(), "kim", code).status_code == 302
    client = Client()
    assert "no longer good" in come(client, "kim", code, "a third pass-word 9").content.decode()
    assert not is_in(client)


def test_a_code_works_for_seven_days(kim, world):
    user, code = kim
    assert actions.invited("kim", code, AT + timedelta(days=6, hours=23))[0] == user
    with pytest.raises(Denied):
        actions.invited("kim", code, AT + timedelta(days=7))


def test_a_newer_code_makes_the_older_void(kim, world):
    user, code = kim
    newer = actions.make_code(user=user, by=world.eva, at=AT)
    assert come(Client(), "kim", code).status_code == 200
    assert come(Client(), "kim", newer).status_code == 302


def test_a_code_is_good_for_no_one_else_and_not_for_who_is_blocked(kim, world):
    user, code = kim
    client = Client()
    assert "no longer good" in come(client, "chi", code).content.decode()
    assert "no longer good" in come(client, "nobody", code).content.decode()
    actions.block(user=user, by=world.eva, at=AT)
    assert "no longer good" in come(client, "kim", code).content.decode()
    assert not is_in(client)


def test_who_guesses_is_shut_out_for_a_while_also_with_the_code(kim):
    _user, code = kim
    for _ in range(5):
        assert come(Client(), "kim", "bbbb-bbbb-bbbb-bbbb").status_code == 200
    answer = come(Client(), "kim", code)
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", None, "too short"),
        ("1234567890", None, "too common"),
        (FRESH, "x" + FRESH, "differ"),
        ("Kim Thị Lan", None, "too similar"),
    ],
)
def test_a_password_that_will_not_do_is_said_and_the_code_still_good(kim, password, again, said):
    _user, code = kim
    assert said in come(Client(), "kim", code, password, again).content.decode()
    assert come(Client(), "kim", code).status_code == 302


def test_the_code_itself_is_kept_nowhere(kim):
    _user, code = kim
    letters = code.replace("-", "")
    for row in [*Invitation.objects.values(), *UserAct.objects.values()]:
        assert letters not in str(row)
        assert code not in str(row)


def test_an_old_password_works_until_the_code_is_used_and_then_ends_everywhere(world):
    client = Client()
    sign_in(client, "chi")
    code = actions.make_code(user=world.chi, by=world.eva, at=AT)
    assert is_in(client)
    come(Client(), "chi", code)
    assert not is_in(client)
    again = Client()
    sign_in(again, "chi", PASSWORD)
    assert not is_in(again)


def test_nobody_blocks_or_gives_a_code_to_themself(world):
    for act in (actions.block, actions.make_code):
        with pytest.raises(Denied):
            act(user=world.eva, by=world.eva, at=AT)


def test_what_happened_to_a_user_is_never_changed(kim):
    for change in (UserAct.objects.all().delete, lambda: UserAct.objects.update(act="joined")):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_the_page_tells_no_other_page_where_one_was(world):
    answer = Client().get(PAGE)
    assert answer["Referrer-Policy"] == "same-origin"  # without an origin the browser's form would be refused
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("username", ["", "\x00", "a" * 5000, "<b>", "kim\x00"])
def test_nonsense_is_answered(kim, username):
    assert come(Client(), username, "\x00").status_code == 200


def test_a_code_lets_in_whatever_the_capitals_of_the_name(world):
    _user, code = actions.invite(username="Kim", full_name="Kim Thị Lan", by=world.eva, at=AT)
    client = Client()
    assert come(client, "kim", code).status_code == 302
    assert Client().login(username="Kim", password=FRESH)
    assert is_in(client)
