"""Stories of admissions: a secretary keeps the list on a phone, an officer sees where too few are."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


def test_a_secretary_keeps_the_list_of_sources_on_a_phone_without_javascript(visit):
    page = visit("ana", "/units/{cell_a}/sources/", viewport=PHONE, java_script_enabled=False)
    follow(page, page.get_by_role("link", name="Put someone on the list"))
    page.get_by_label("Full name").fill("Hà Văn Tới")
    page.get_by_label("Man", exact=True).check()
    page.get_by_label("Born on").fill("1998-04-04")
    page.get_by_label("Students").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Put on the list").click(click_count=3)  # by someone impatient
    expect(page.get_by_role("heading", name="Hà Văn Tới")).to_be_visible()
    expect(page.get_by_text("Give them a helper")).to_be_visible()
    page.get_by_text("Certificate of the awareness class").click()
    page.get_by_label("Number of the certificate").fill("17/CN-NTVĐ")
    page.get_by_label("Issued on").fill("2023-12-01")
    follow(page, page.locator("details[open]").get_by_role("button", name="Save"))
    expect(page.get_by_text("The certificate is recorded.")).to_be_visible()
    page = visit("ana", "/units/{cell_a}/sources/", viewport=PHONE, java_script_enabled=False)
    expect(page.get_by_role("link", name="Hà Văn Tới")).to_have_count(1)
    follow(page, page.get_by_role("link", name="Review of this month"))
    page.get_by_label("Doesn't stay: Hà Văn Tới").check()
    follow(page, page.get_by_role("button", name="Record the review"))
    expect(page.get_by_text("Say why.")).to_be_visible()
    page.get_by_label(re.compile("^Why: Hà Văn Tới")).fill("Chuyển đi nơi khác")
    follow(page, page.get_by_role("button", name="Record the review"))
    expect(page.get_by_text("The review of the list is recorded.")).to_be_visible()
    expect(page.get_by_text("Last reviewed on 10 January 2024")).to_be_visible()


def test_a_secretary_screens_the_members_on_a_phone_and_the_officer_sees_it(visit):
    page = visit("ana", "/units/{cell_a}/screening/", viewport=PHONE)
    follow(page, page.get_by_role("link", name="Screen the members for 2024"))
    line = page.get_by_role("listitem").filter(has=page.locator("summary").filter(has_text="Trần Văn Bền"))
    line.locator("summary").click()
    line.get_by_label("Proposed for removal").check()
    follow(page, page.get_by_role("button", name="Record the screening"))
    expect(page.get_by_text("Say why.")).to_be_visible()
    line.get_by_label("Why").fill("Bỏ sinh hoạt ba tháng")
    follow(page, page.get_by_role("button", name="Record the screening"))
    expect(page.get_by_text("The screening is recorded.")).to_be_visible()
    page = visit("chi", "/units/{north}/screening/", viewport=DESK)
    follow(page, page.get_by_role("link", name="Proposed for removal"))
    follow(page, page.get_by_role("link", name="Trần Văn Bền"))
    page.get_by_label("Improved").check()
    page.get_by_label(re.compile("In words")).fill("Đã sinh hoạt lại")
    follow(page, page.get_by_role("button", name="Save").first)
    expect(page.get_by_text("Đã sinh hoạt lại")).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESK])
def test_no_page_of_admissions_scrolls_sideways(visit, viewport):
    for who, url in (
        ("ana", "/units/{cell_a}/sources/"), ("ana", "/units/{cell_a}/sources/new/"),
        ("ana", "/units/{cell_a}/screening/new/"), ("chi", "/units/{north}/sources/"),
        ("chi", "/units/{north}/admissions/"), ("chi", "/units/{north}/heads/"),
        ("chi", "/units/{north}/without-admission/"), ("chi", "/units/{north}/screening/"),
    ):  # fmt: skip
        page = visit(who, url, viewport=viewport)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], url
