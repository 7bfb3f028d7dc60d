"""A member moves to another province; a member's name is removed, and they object: by the people who do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from chibo.accounts.models import User
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.core.text import name_sort_key, search_key
from chibo.indicators import folding
from chibo.indicators.queries import figures
from chibo.members import lives
from chibo.members.actions import link_user
from chibo.members.models import Membership, Person
from chibo.organizations import actions as organizations
from chibo.organizations.kinds import Kind as UnitKind
from chibo.organizations.models import Unit
from tests.browser.conftest import follow
from tests.browser.town import (
    DESK,
    PHONE,
    Town,
    give_offices,
    go_to,
    opened,
    own_record,
    press,
    say_where,
    shot,
    sign,
    vote,
)
from tests.database import TEMPLATE, clone
from tests.lifecycle.going import miss
from tests.world import AT, FOUNDED, TODAY, build
from tests.worlds import server

BEYOND = {  # the other province: code, name, kind, under which, setting
    "coast": ("V", "Tỉnh ủy Bình Hải", UnitKind.PROVINCE, "country", ""),
    "harbour": ("V-C", "Quận ủy Cảng Đông", UnitKind.DISTRICT, "coast", ""),
    "ward": ("V-C-1", "Đảng ủy phường Bến Mới", UnitKind.GRASSROOTS_COMMITTEE, "harbour", "commune"),
    "cell_v": ("V-C-1-3", "Chi bộ khu phố 3 Bến Mới", UnitKind.CELL, "ward", "residential_group"),
}
OFFICES = {  # who acts where, beside those of the world
    "kim": ("Kim Văn Thanh", "officer", "upland"),
    "lam": ("Lâm Thị Vân", "leader", "north"),
    "phu": ("Mai Văn Phú", "officer", "province"),
    "nga": ("Lưu Thị Nga", "member", "cell_a"),
    "vinh": ("Tống Văn Vinh", "member", "cell_a"),
    "hai": ("Trịnh Văn Hải", "officer", "harbour"),
    "sen": ("Châu Thị Sen", "officer", "ward"),
    "loc": ("Giang Văn Lộc", "secretary", "cell_v"),
}
MEMBERS = {"nga": ("N1", "f", date(1990, 3, 3)), "vinh": ("N2", "m", date(1978, 7, 7))}


@pytest.fixture(scope="module")
def town(
    browser: Browser, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    with opened(browser, django_db_blocker, "moves", two_provinces, tmp_path_factory.mktemp("moves")) as town:
        yield town


def two_provinces(name: str) -> dict[str, int]:
    """The small world as one of two provinces: its units by name, two more members by their user names."""
    clone(server(), name, TEMPLATE)
    root = Unit(code="TW", name="Trung ương", kind=UnitKind.CENTRAL, founded_on=FOUNDED)
    units = {"country": organizations.found(unit=root, parent=None, by=None, at=AT)}
    units |= {each: unit for each, unit in vars(build(units["country"])).items() if isinstance(unit, Unit)}
    for each, (code, label, kind, above, setting) in BEYOND.items():
        unit = Unit(code=code, name=label, kind=kind, setting=setting, founded_on=FOUNDED)
        units[each] = organizations.found(unit=unit, parent=units[above], by=None, at=AT)
    give_offices(OFFICES, units)
    people = {each: joined(each, units["cell_a"]) for each in MEMBERS}
    for membership in Membership.objects.filter(cell=units["cell_a"], official_on=None, joined_on__lt=date(2022, 1, 1)):
        lives.recognise(membership=membership, official_on=date(2021, 1, 1), by=None, at=AT)
    missed = [date(2023, month, 1) for month in (10, 11, 12)]
    miss(code=people["vinh"].code, cell=units["cell_a"], months=missed, by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    return {each: row.pk for each, row in (units | people).items()}


def joined(username: str, cell: Unit) -> Person:
    """An official member for years, who signs in."""
    user, (code, sex, born_on) = User.objects.get(username=username), MEMBERS[username]
    name = user.full_name
    person = enter(code=code, name=name, sex=sex, born_on=born_on, by=None, at=AT)
    membership = lives.admit(person=person, cell=cell, joined_on=date(2012, 2, 3), by=None, at=AT)
    lives.recognise(membership=membership, official_on=date(2013, 2, 3), by=None, at=AT)
    return link_user(person=person, user=user, by=None, at=AT)


@action("tests.entered")
def enter(*, code: str, name: str, sex: str, born_on: date, by: None, at: datetime) -> Person:
    keys = {"sort_key": name_sort_key(name), "search_key": search_key(name)}
    return Person.objects.create(code=code, full_name=name, sex=sex, born_on=born_on, **keys)


def counted(town: Town) -> dict[str, int]:
    """How many members the records of the year so far count at units, once the worker has followed."""
    period, units = Period.parse("2024"), {town.prepared[each]: each for each in ("country", "cell_a", "cell_v")}

    def found() -> dict[str, int]:
        folding.fold_all(by=None, at=timezone.now())
        told = figures(list(units), period, ["members.total"])
        return {name: told[pk]["members.total"].numerator if told[pk] else 0 for pk, name in units.items()}

    answer: dict[str, int] = town.ask(found)
    return answer


def status(page: Page, url: str) -> int:
    """How the server answers someone at an address, without a page."""
    return page.request.get(url).status


def test_a_member_moves_to_another_province_by_letters_from_level_to_level(town):
    ids, record = town.prepared, f"/members/{town.prepared['nga']}/"
    town.stand_at(TODAY)
    before = counted(town)

    nga = town.page("nga", PHONE)
    own_record(nga)
    go_to(nga, "Ask for ...")
    shot(nga, "move-ask")
    go_to(nga, "Official transfer")
    nga.get_by_label("Receiving cell").fill("V-C-1-3")
    shot(nga, "move-form")
    press(nga, "Ask for it")
    expect(nga.get_by_label("Chi bộ khu phố 3 Bến Mới")).to_be_checked()
    shot(nga, "move-cell-found")
    press(nga, "Ask for it")
    expect(nga.get_by_text("Chi bộ khu phố 3 Bến Mới")).to_be_visible()
    shot(nga, "move-asked")
    case = nga.url

    ana = town.page("ana", PHONE)
    go_to(ana, "Lưu Thị Nga")
    assert status(ana, record) == 200
    say_where(ana.locator(".case-paper"), "1")
    shot(ana, "move-cell-lets-go")
    sign(ana, "Agree and write the letter")
    loc = town.page("loc", PHONE)
    assert status(loc, case) == 200, "where it goes"
    assert status(loc, record) == 404, "not theirs yet"
    for person, where in (
        ("kim", "Chi bộ thôn 1"),
        ("chi", "Chi bộ thôn 1"),
        ("hai", "khu phố 3"),
        ("sen", "khu phố 3"),
    ):
        officer = town.page(person, DESK)
        go_to(officer, "Lưu Thị Nga")
        expect(officer.get_by_role("link", name="Letter of introduction")).to_be_visible()
        expect(officer.locator("dd").get_by_role("link", name=re.compile(where))).to_be_visible()
        shot(officer, f"move-letter-{person}")
        sign(officer, "Agree and stamp the letter")
        expect(officer.locator("h1 a")).to_have_count(1 if person in ("kim", "chi") else 0)

    town.stand_at(date(2024, 1, 22))
    loc.goto("/")
    shot(loc, "move-desk")
    go_to(loc, "Lưu Thị Nga")
    loc.get_by_label("Day from which they meet here").fill("2024-01-22")
    shot(loc, "move-receive")
    sign(loc, "Receive the member", "ended")
    assert town.pages == {"nga": 6, "ana": 3, "loc": 4, "kim": 3, "chi": 3, "hai": 3, "sen": 3}

    follow(loc, loc.locator("h1 a"))
    expect(loc.get_by_text("Transferred officially to another cell")).to_be_visible()
    shot(loc, "move-received")
    ana.goto(case)
    expect(ana.locator("h1")).to_have_text("Lưu Thị Nga")
    expect(ana.locator("h1 a")).to_have_count(0)
    letter = ana.get_by_role("link", name="Letter of introduction").get_attribute("href")
    assert letter
    assert {person: status(town.windows[person].pages[0], letter) for person in ("ana", "nga", "sen", "loc")} == {
        "ana": 200, "nga": 200, "sen": 200, "loc": 200
    }  # fmt: skip
    assert status(town.windows["hai"].pages[0], record) == 200
    assert {person: status(town.windows[person].pages[0], record) for person in ("ana", "kim", "chi")} == {
        "ana": 404, "kim": 404, "chi": 404
    }  # fmt: skip
    nga.goto("/me/")
    expect(nga.locator(".heading-note")).to_contain_text("Chi bộ khu phố 3 Bến Mới")
    for page, cell, is_there in ((ana, "cell_a", False), (loc, "cell_v", True)):
        page.goto(f"/units/{ids[cell]}/members/")
        expect(page.get_by_role("link", name="Lưu Thị Nga")).to_have_count(int(is_there))
    after = counted(town)
    assert {each: after[each] - before[each] for each in after} == {"country": 0, "cell_a": -1, "cell_v": 1}


def test_a_name_is_removed_and_the_member_objects(town):
    ids, begun_on = town.prepared, date(2024, 1, 24)
    town.stand_at(begun_on)
    town.pages.clear()
    before = counted(town)

    ana = town.page("ana", PHONE)
    shot(ana, "name-desk")
    go_to(ana, "1 member to look at")
    expect(ana.get_by_text("Absent without a reason in 3 months")).to_be_visible()
    shot(ana, "name-grounds")
    go_to(ana, "Begin: removal of name")
    shot(ana, "name-begin")
    press(ana, "Begin")
    expect(ana.get_by_label("Ground")).to_have_value("absent")
    ana.get_by_label("What the member said").fill("Đi làm xa, không nhờ ai xin phép giúp.")
    shot(ana, "name-hear")
    sign(ana, "Heard, or did not come")
    vote(ana, 2)
    shot(ana, "name-vote")
    sign(ana, "Propose removal")
    case = ana.url
    kim = town.page("kim", DESK)
    go_to(kim, "Tống Văn Vinh")
    vote(kim, 7)
    shot(kim, "name-committee")
    sign(kim, "Propose removal")
    lam = town.page("lam", DESK)
    go_to(lam, "Tống Văn Vinh")
    lam.get_by_label("Number of the decision").fill("30-QĐ/HU")
    lam.get_by_label("Day of the decision").fill(begun_on.isoformat())
    shot(lam, "name-decide")
    sign(lam, "Decide removal")
    assert counted(town) == before, "a member until the time to object is over"

    vinh = town.page("vinh", PHONE)
    own_record(vinh)
    shot(vinh, "name-own-record")
    go_to(vinh, "Removal of name")
    expect(vinh.get_by_role("link", name="Decision", exact=True)).to_be_visible()
    vinh.get_by_label("The objection").fill("Tôi có nhắn tin xin nghỉ cho phó bí thư.")
    shot(vinh, "name-object")
    sign(vinh, "Object to the removal")
    for person in ("ana", "kim", "lam"):
        page = town.windows[person].pages[0]
        answer = page.request.get(case).text()
        assert "xin nghỉ cho phó bí thư" in answer
        assert 'value="upheld"' not in answer, "who proposed or decided it has no say in the objection"

    phu = town.page("phu", DESK)
    go_to(phu, "Tống Văn Vinh")
    shot(phu, "name-review")
    press(phu, "The decision stands")
    expect(phu.get_by_text("Say why.")).to_be_visible()
    phu.get_by_label("Why").fill("Không ai nhận được tin nhắn; đã vắng ba tháng.")
    sign(phu, "The decision stands", "ended")
    shot(phu, "name-ended")
    assert town.pages == {"ana": 6, "kim": 3, "lam": 3, "vinh": 4, "phu": 4}

    vinh.goto("/me/")
    expect(vinh.locator(".heading-note")).to_contain_text("no longer a member")
    expect(vinh.get_by_role("row", name="Removal of name")).to_contain_text("Name removed")
    expect(vinh.get_by_text("No longer a member: Name removed")).to_be_visible()
    shot(vinh, "name-own-record-after")
    go_to(vinh, "Removal of name")
    expect(vinh.get_by_text("Không ai nhận được tin nhắn; đã vắng ba tháng.").first).to_be_visible()
    ana.goto("/")
    expect(ana.get_by_text("to look at")).to_have_count(0)
    ana.goto(f"/units/{ids['cell_a']}/members/")
    expect(ana.get_by_role("link", name="Tống Văn Vinh")).to_have_count(0)
    assert counted(town)["cell_a"] == before["cell_a"] - 1
