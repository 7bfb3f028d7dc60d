"""A step that waits for whom the case is about: they are told, and do it themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chibo.accounts.models import User
from chibo.core.actions import Denied
from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant
from chibo.organizations.scope import rights_of
from chibo.procedures.actions import sign
from chibo.procedures.waiting import LATELY, MINE, ended, news, waiting, waits
from tests.procedures.conftest import CONCERNED, changed, go, lay_down
from tests.procedures.test_case_pages import browser, text
from tests.world import AT, TODAY


def test_a_step_of_whom_the_case_is_about_waits_for_them_on_their_own_pages(world, people, a_case):
    CONCERNED["Ben"] = [world.ben.pk]
    version = lay_down(changed(prepare={"who": [{"at": "member"}], "asks": []}))
    case = a_case(world.cell_a, version=version, about="Ben", by=world.ana)
    ben = browser(world.ben)
    assert "waits for you" in text(ben.get("/me/"))
    assert "To be done by you" in text(ben.get(f"/cases/{case.pk}/"))
    assert "whom it is about" in text(browser(world.ana).get(f"/cases/{case.pk}/"))


def raw(answer) -> str:
    return answer.content.decode()


def own(**more):
    """A procedure whose first step waits for whom the case is about."""
    return changed(prepare={"who": [{"at": "member"}], "asks": []} | more)


def test_their_desk_shows_the_step_that_waits_for_them_and_no_other_ones_desk_does(world, people, a_case):
    CONCERNED["Ben"] = [world.ben.pk]
    version = lay_down(own())
    case = a_case(world.cell_a, version=version, about="Ben", by=world.ana)
    line = f'<a href="/cases/{case.pk}/">Prepare: Ben</a>'
    assert line in raw(browser(world.ben).get("/"))
    assert line in raw(browser(world.ben).get("/cases/"))
    assert line not in raw(browser(world.ana).get("/"))
    go(case, (world.ben, "send"))
    assert line not in raw(browser(world.ben).get("/"))


def test_a_step_of_theirs_waits_even_where_their_role_could_not_sign_it(world, people, a_case):
    CONCERNED["Ana"] = [world.ana.pk]
    version = lay_down(own(who=[{"at": "cell", "roles": ["secretary"]}, {"at": "member"}], apart_from=["begin"]))
    case = a_case(world.cell_a, version=version, about="Ana", by=world.ana)
    assert [wait.is_free for wait in waits(waiting(rights_of(world.ana, TODAY), world.ana), MINE)] == [True]
    assert f'<a href="/cases/{case.pk}/">Prepare: Ana</a>' in raw(browser(world.ana).get("/"))


def test_who_has_no_role_any_more_still_finds_what_waits_for_them_and_what_was_answered(world, people, a_case):
    one = User.objects.create(username="gone", full_name="Gone", sort_key="gone")
    CONCERNED["Gone"] = [one.pk]
    version = lay_down(own())
    case = a_case(world.cell_a, version=version, about="Gone", by=world.ana)
    assert "Prepare: Gone" in text(browser(one).get("/"))
    go(case, (one, "send"), (people["kim"], "pass"), (people["mai"], "grant"))
    page = raw(browser(one).get("/"))
    assert f'<a href="/cases/{case.pk}/">Small: Granted</a>' in page
    assert "ended 10 January 2024" in page


def test_a_desk_tells_for_a_fortnight_how_a_case_about_its_reader_ended(world, people, a_case):
    CONCERNED["Ben"] = [world.ben.pk]
    version = lay_down(own())
    case = a_case(world.cell_a, version=version, about="Ben", by=world.ana)
    go(case, (world.ben, "send"), (people["kim"], "pass"), (people["mai"], "refuse"))
    assert "Small: Refused" in text(browser(world.ben).get("/"))
    assert "Small: Refused" not in text(browser(world.ana).get("/"))
    assert [each[2:] for each in news(ended(world.ben, TODAY + LATELY - timedelta(1)))] == [("Refused", TODAY)]
    assert news(ended(world.ben, TODAY + LATELY)) == []


def test_the_page_of_a_case_says_first_why_it_came_back_or_was_refused(world, people, a_case):
    case = go(a_case(world.cell_a, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    case = go(case, (people["kim"], "return"))
    page = text(browser(world.ana).get(f"/cases/{case.pk}/"))
    assert page.index("“because”") < page.index("What it is")
    assert "Return · Kim" in page
    case = sign(case=case, number=3, outcome="send", by=world.ana, at=AT)
    page = text(browser(people["kim"]).get(f"/cases/{case.pk}/"))
    assert page.index("“because”") > page.index("The way so far")  # that is past: it was sent again


@pytest.mark.parametrize(
    ("maker", "about", "said"),
    [
        ("ana", "X", "Nguyễn Thị An, for whom you act, had a hand in it before"),
        ("ben", "X", "You had a hand in it before"),
        ("kim", "Ana", "The case is about Nguyễn Thị An, for whom you act"),
        ("kim", "Ben", "The case is about you"),
    ],
)
def test_a_delegate_is_told_whose_hand_is_in_their_way(world, people, a_case, maker, about, said):
    CONCERNED.update({"Ana": [world.ana.pk], "Ben": [world.ben.pk]})
    lent = list(Grant.objects.filter(user=world.ana, role="secretary"))
    until = TODAY + timedelta(days=3)
    organizations.lend(grants=lent, to=world.ben, from_on=TODAY, to_on=until, reason="x", by=world.ana, at=AT)
    told = changed(prepare={"apart_from": ["begin"], "asks": []})
    told["begins"] = [{"at": "cell", "roles": ["secretary"]}, {"at": "grassroots", "roles": ["officer"]}]
    case = a_case(world.cell_a, version=lay_down(told), about=about, by=people[maker])
    with pytest.raises(Denied, match=said):
        go(case, (world.ben, "send"))
    page = text(browser(world.ben).get(f"/cases/{case.pk}/"))
    assert said in page or (about == "Ana" and f"Committee officer or Committee leader, {world.upland.name}" in page)
