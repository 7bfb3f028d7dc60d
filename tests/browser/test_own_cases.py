"""A member asks for their record to be put right, and a delegate signs while the secretary is away; page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import follow
from tests.browser.test_life import town
from tests.browser.town import DESK, PHONE, Town, shot, sign
from tests.world import TODAY

__all__ = ["town"]
WHY_BACK = "Giấy khai sinh ghi ngày khác: đối chiếu lại."
WHY_NOT = "Giấy khai sinh và hồ sơ đều ghi 28/02/1995."


class Walk:
    """Someone at their desk, and how many pages they were shown since they sat down."""

    def __init__(self, town: Town, person: str) -> None:
        self.town, self.person = town, person
        self.page = town.page(person, DESK if person == "kim" else PHONE)
        self.before = town.pages[person] - 1

    @property
    def pages(self) -> int:
        return self.town.pages[self.person] - self.before

    def follow(self, name: str, role: Any = "link", *, exact: bool = False) -> Page:
        """Go where a link or a button that reads like this leads."""
        follow(self.page, self.page.get_by_role(role, name=name, exact=exact).first)
        return self.page


@pytest.fixture(scope="module")
def sit(town: Town) -> Callable[[str], Walk]:
    """Lets someone sit down at their desk, on the phone or in the office."""
    town.stand_at(TODAY)
    return lambda person: Walk(town, person)


def ask(ben: Walk, what: str, value: str, why: str) -> None:
    """From the desk to the case by the shortest way there is."""
    ben.page.get_by_text("Menu", exact=True).click()
    ben.follow("My record")
    shot(ben.page, "me")
    ben.follow("Something here is wrong")
    ben.page.get_by_label("What is to be corrected").select_option(label=what)
    ben.page.get_by_label("As it should be").fill(value)
    ben.page.get_by_label("How one can see it").fill(why)
    shot(ben.page, "ask")
    ben.follow("Ask for it", "button")


def test_a_member_asks_on_the_phone_and_the_record_is_corrected(town, sit):
    ben = sit("ben")
    ask(ben, "Occupation", "Thợ điện", "Hợp đồng lao động từ tháng 11")
    expect(ben.page.get_by_role("status").first).to_contain_text("Your request is on its way")
    expect(ben.page.get_by_text("It waits for:")).to_be_visible()
    shot(ben.page, "asked")
    assert ben.pages == 4  # the desk, my record, the question, the case

    ana = sit("ana")
    ana.follow("The cell checks the correction against papers: Trần Văn Bền")
    expect(ana.page.get_by_text("Recorded now")).to_be_visible()
    ana.page.get_by_text("The paper lies elsewhere").click()
    for label in ("Its number", "Of the day", "Where it lies"):  # nothing says that one of them could be left out
        expect(ana.page.get_by_label(label, exact=True)).to_be_visible()
    shot(ana.page, "check")
    sign(ana.page, "Agrees with the papers")
    shot(ana.page, "checked")
    assert ana.pages == 3

    kim = sit("kim")
    shot(kim.page, "kim")
    kim.follow("The committee corrects the record: Trần Văn Bền")
    shot(kim.page, "decide")
    sign(kim.page, "Correct", "The case has ended")
    shot(kim.page, "corrected")
    assert kim.pages == 3

    ben = sit("ben")
    shot(ben.page, "ben-desk")
    expect(ben.page.get_by_role("link", name="Correction of one's record: Corrected")).to_be_visible()
    ben.page.get_by_text("Menu", exact=True).click()
    ben.follow("My record")
    expect(ben.page.get_by_text("Occupation: “not known” became “Thợ điện”")).to_be_visible()
    shot(ben.page, "me-after")
    ben.follow("File", exact=True)
    shot(ben.page, "own-file")
    assert ben.pages == 3


def test_a_correction_returned_and_refused_says_why_and_loses_nothing(town, sit):
    ben = sit("ben")
    ask(ben, "Day of birth", "không nhớ", "Giấy khai sinh")
    expect(ben.page.get_by_text("This is no day: không nhớ. Write it like")).to_be_visible()
    shot(ben.page, "no-day")
    assert ben.page.get_by_label("How one can see it").input_value() == "Giấy khai sinh"
    ben.page.get_by_label("As it should be").fill("27/02/1995")
    ben.follow("Ask for it", "button")
    assert ben.pages == 5  # one more for the mistake

    ana, kim = sit("ana"), sit("kim")
    ana.follow("The cell checks the correction against papers: Trần Văn Bền")
    sign(ana.page, "Agrees with the papers")
    kim.page.goto("/")
    kim.follow("The committee corrects the record: Trần Văn Bền")
    kim.page.get_by_text("Return · Refuse").click()
    follow(kim.page, kim.page.get_by_role("button", name="Return", exact=True))
    expect(kim.page.get_by_text("Say why.").first).to_be_visible()
    kim.page.get_by_label("Why").first.fill(WHY_BACK)
    sign(kim.page, "Return")
    shot(kim.page, "returned")

    ana = sit("ana")
    ana.follow("The cell checks the correction against papers: Trần Văn Bền")
    expect(ana.page.get_by_role("region", name="To be done by you").get_by_text(WHY_BACK)).to_be_visible()
    shot(ana.page, "came-back")
    ana.page.get_by_role("group").filter(has_text="Refuse").get_by_text("Refuse").first.click()
    ana.page.get_by_label("Why").first.fill(WHY_NOT)
    sign(ana.page, "Refuse", "ended")
    assert ana.pages == 3

    ben = sit("ben")
    ben.follow("Correction of one's record: Refused")
    expect(ben.page.get_by_role("region", name="How it ended").get_by_text(WHY_NOT)).to_be_visible()
    shot(ben.page, "refused")
    ben.follow("Ask again")
    assert ben.page.get_by_label("What is to be corrected").input_value() == "born_on"
    assert ben.page.get_by_label("As it should be").input_value() == "27/02/1995"
    assert ben.page.get_by_label("How one can see it").input_value() == "Giấy khai sinh"
    shot(ben.page, "again")
    assert ben.pages == 3

    ben.page.goto("/me/")
    expect(ben.page.get_by_text("28 February 1995")).to_be_visible()


def lend(away: Walk, to: str, last: str) -> None:
    away.follow("Someone acts for me")
    shot(away.page, "lend")
    away.page.get_by_label("Who acts?").fill(to)
    away.page.get_by_label("Last day").fill(last)
    away.page.get_by_label("Why?").fill("Đi học lý luận chính trị")
    away.follow("Let them act", "button")
    expect(away.page.get_by_role("status").first).to_contain_text("acts from")
    shot(away.page, "lent")
    assert away.pages == 3  # the desk, the page of it, the same with a word


def test_a_delegate_signs_while_the_secretary_is_away_and_never_checks_what_they_made(town, sit):
    lend(sit("ana"), "Trần Văn Bền", "2024-01-14")
    lend(sit("oanh"), "Kim Văn Thanh", "2024-01-14")

    kim = sit("kim")
    kim.page.goto("/members/?q=dang+thi+dao")
    kim.follow("Đặng Thị Đào")
    kim.page.goto(f"{kim.page.url}cases/")
    kim.follow("Correction of one's record")
    kim.page.get_by_label("What is to be corrected").select_option(label="Ethnicity")
    kim.page.get_by_label("As it should be").fill("Tày")
    kim.follow("Begin", "button")

    ben = sit("ben")
    shot(ben.page, "delegate-desk")
    expect(ben.page.get_by_text("You act for Nguyễn Thị An until")).to_be_visible()
    ben.follow("The cell checks the correction against papers: Đặng Thị Đào")
    expect(ben.page.get_by_text("You sign in the place of Nguyễn Thị An")).to_be_visible()
    shot(ben.page, "delegate-step")
    left_open = town.windows["ben"].new_page()
    left_open.goto(ben.page.url)
    sign(ben.page, "Agrees with the papers")
    way = ben.page.get_by_role("region", name="The way so far")
    expect(way).to_contain_text("Trần Văn Bền, acting for Nguyễn Thị An, Cell secretary, Chi bộ thôn 1 Thượng Lâm")
    shot(ben.page, "delegate-signed")
    assert ben.pages == 3

    kim = sit("kim")  # an officer, and the delegate of the commune's secretary: both by one person who began it
    expect(kim.page.get_by_text("You act for Phùng Thị Oanh until")).to_be_visible()
    expect(kim.page.get_by_role("link", name="The committee corrects the record: Đặng Thị Đào")).to_have_count(0)
    kim.follow("Cases")
    others = kim.page.get_by_role("region", name="Waits for another person in your role")
    expect(others).to_contain_text("The committee corrects the record: Đặng Thị Đào")
    shot(kim.page, "maker-list")
    kim.follow("The committee corrects the record: Đặng Thị Đào")
    expect(kim.page.get_by_text("had a hand in it before")).to_be_visible()
    expect(kim.page.get_by_role("button", name="Correct", exact=True)).to_have_count(0)
    shot(kim.page, "maker")

    town.stand_at(date(2024, 1, 15))
    follow(left_open, left_open.get_by_role("button", name="Agrees with the papers"))
    expect(left_open.get_by_role("heading", level=1)).to_contain_text("not")
    shot(left_open, "too-late")
    ben = sit("ben")
    expect(ben.page.get_by_text("You act for")).to_have_count(0)
    shot(ben.page, "after")

    ana = sit("ana")
    shot(ana.page, "secretary-back")
    ana.follow("1 step was signed in your name")
    signed = ana.page.get_by_role("region", name="Signed in my name", exact=True)
    expect(signed).to_contain_text("Đặng Thị Đào")
    expect(signed).to_contain_text("Agrees with the papers")
    expect(signed).to_contain_text("Trần Văn Bền")
    shot(ana.page, "signed-in-my-name")
    assert ana.pages == 2

    oanh = sit("oanh")
    oanh.follow("The committee corrects the record: Đặng Thị Đào")
    sign(oanh.page, "Correct", "The case has ended")
    assert oanh.pages == 3
