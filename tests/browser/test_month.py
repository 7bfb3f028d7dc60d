"""A whole month of a cell of thirty: from the topic handed down to the agenda of the next meeting, taps counted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, follow, shut, sign_in
from tests.browser.lan import found_with_committee
from tests.browser.looking import OUT_OF_SIGHT, SIZES, WIDER, objections
from tests.browser.test_offline import ready, until, waits
from tests.browser.test_recording import COUNTED, SECONDS, TAPS, spent

PHONE: dict[str, Any] = {"viewport": SIZES["phone"], "has_touch": True, "locale": "en", "reduced_motion": "reduce"}


class Hand:
    """The thumb of the secretary: every tap is counted, of Enter and of a line in a list, too; every letter typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(COUNTED)
        page.goto("/")

    def open(self, role: Any, name: str) -> None:
        """Tap what leads to another page, and see that it is sound."""
        with self.page.expect_navigation():
            self.tap(role, name)
        is_sound(self.page)

    def tap(self, role: Any, name: str) -> None:
        self.page.get_by_role(role, name=name).first.tap()


def link(page: Page, name: str) -> Any:
    """A link that is to be seen, by its whole name."""
    return page.get_by_role("link", name=name, exact=True).locator("visible=true").first


def is_sound(page: Page) -> None:
    """Nothing wider than the window, nothing axe objects to."""
    assert not page.evaluate(WIDER), page.evaluate(OUT_OF_SIGHT)
    assert objections(page) == []


@pytest.fixture
def cell(site: Site, django_db_blocker: Any) -> int:
    """The cell of Mai. Made in a thread of its own: the browser's loop holds this one."""
    name = f"browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with django_db_blocker.unblock(), ThreadPoolExecutor(1) as pool:
        return pool.submit(found_with_committee, name, site.world).result()


@pytest.mark.usefixtures("cell")
def test_a_month_in_25_taps(visit: Callable[..., Page], site: Site, browser: Browser) -> None:
    officer = visit("dan", "/", viewport=SIZES["wide"])
    for way in (officer.get_by_role("heading", level=1).get_by_role("link"), link(officer, "Meetings")):
        follow(officer, way)
    follow(officer, link(officer, "Year plan"))
    officer.get_by_role("textbox", name="Topic").fill("Giữ lời thề đảng viên")
    follow(officer, officer.get_by_role("button", name="Hand it down"))

    phone = browser.new_context(base_url=site.address, service_workers="allow", **PHONE)
    page = phone.new_page()
    sign_in(page, "mai")
    mai = Hand(page)

    # before: the topic from above is planned with the notice; the committee has prepared the meeting
    mai.open("link", "Prepare it")
    expect(page.get_by_label("Topic (optional)")).to_have_value("Giữ lời thề đảng viên")
    mai.open("button", "Give notice")
    mai.open("link", "Record how the committee prepared it")
    expect(page.get_by_text("2 must attend. 2 present")).to_be_visible()
    mai.open("button", "Save the meeting")
    minh = visit("minh", "/", **PHONE)
    follow(minh, minh.get_by_role("link", name=re.compile("Regular meeting on")).first)
    expect(minh.get_by_text("Nhà văn hóa bản Mé").first).to_be_visible()

    # the meeting, without a line
    mai.open("link", "Record it")
    ready(page)
    phone.set_offline(True)
    page.get_by_label("Duration in minutes").tap()
    page.keyboard.type("125")
    page.keyboard.press("Enter")
    page.locator(".roll-row").nth(25).get_by_role("radio", name="Absent").tap()
    for n, why in ((3, "In hospital"), (11, "Travelling for work")):
        page.locator(".roll-row").nth(n).get_by_role("radio", name="Excused").tap()
        page.keyboard.type(why)
    expect(page.get_by_text("30 must attend. 27 present, 2 excused, 1 absent: 90.0 %")).to_be_visible()
    page.keyboard.press("Enter")
    mai.tap("button", "All who are present spoke")
    page.locator(".speaker:visible").nth(4).tap()
    expect(page.get_by_text("26 of 27 present spoke")).to_be_visible()
    mai.tap("button", "Conclusions")
    page.keyboard.type("Nạo vét 200 m mương trong tháng.")
    task = page.get_by_role("group", name="Task 1")
    task.get_by_label("What is to be done").tap()
    page.keyboard.type("Nạo vét 200 m mương")
    who = task.get_by_label("Who does it")
    who.tap()
    who.select_option(who.locator("option", has_text="Lường Văn Minh").first.get_attribute("value"))
    mai.tap("button", "Points")
    mai.tap("button", "All that is not answered in full")
    mai.tap("button", "Save the meeting")
    waits(page)
    phone.set_offline(False)
    page.wait_for_url(re.compile(r"/meetings/\d+/"), timeout=20_000)
    is_sound(page)
    meeting = page.url.partition("?")[0]

    # after: minutes and a resolution that begin with all that was recorded, and the next agenda with its task
    mai.open("button", "Begin the minutes")
    expect(page.locator(".minutes")).to_contain_text("Nạo vét 200 m mương")
    mai.open("button", "The meeting adopted these minutes with the places left open, and I sign them")
    mai.open("link", "Issue a resolution")
    mai.open("button", "Issue it")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("01-NQ/CB"))
    expect(page.get_by_role("table")).to_contain_text("Lường Văn Minh")
    mai.open("link", "Prepare the next meeting")
    items = " ".join(each.input_value() for each in page.locator(".agenda-text").all())
    assert "Nạo vét 200 m mương" in items
    taps, seconds = spent(page)
    assert 15 < taps <= TAPS
    assert 60 < seconds <= SECONDS

    # the member signs, and does what was given to him
    minh.goto("/")
    follow(minh, minh.get_by_role("link", name="Read and sign").first)
    follow(minh, minh.get_by_role("button", name="Sign with the places left open", exact=True))
    expect(minh.get_by_text("Signed. The text is fixed now.")).to_be_visible()
    minh.goto("/")
    follow(minh, minh.get_by_role("link", name="Nạo vét 200 m mương").first)
    follow(minh, minh.get_by_role("button", name="It is done"))

    # the officer confirms what is claimed beside what the records say
    for name in ("Scores beside the records", "Scores that wait for your confirmation", "all that wait for you"):
        follow(officer, link(officer, name))
    follow(officer, officer.get_by_role("link", name="Chi bộ bản Mé").first)
    is_sound(officer)
    follow(officer, officer.get_by_role("button", name="Confirm", exact=True))
    mai.open("link", "Chi bộ bản Mé")
    follow(page, page.get_by_role("link", name="Meetings", exact=True).first)
    follow(page, page.locator(f"main a[href='{urlsplit(meeting).path}']").first)
    expect(page.get_by_text("confirmed").first).to_be_visible()
    follow(page, page.locator(".side-narrow a").first)
    until(page, "!(await self.chiboOutbox.all()).length")
    shut(phone)
