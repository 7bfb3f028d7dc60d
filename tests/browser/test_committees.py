"""Stories of committees, from the start page: a vacancy filled, a post handed over, a visit recorded."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import follow

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


def test_an_officer_fills_a_vacancy_from_the_desk(visit, site):
    page = visit("chi", "/", viewport=DESK)
    follow(page, page.get_by_role("link", name=re.compile("vacant here or directly below")))
    expect(page.get_by_role("heading", name="Vacancies here and below")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Đảng ủy xã Thượng Lâm").filter(has_text="Secretary").first
    follow(page, row.get_by_role("link", name=re.compile("Fill it")))
    page.get_by_label("Who", exact=True).fill("zzz")
    follow(page, page.get_by_role("button", name="See what follows"))
    expect(page.get_by_text("No member of your units has this code or these words.")).to_be_visible()
    page.get_by_label("Who", exact=True).fill("ly van am")
    page.get_by_label(re.compile("Decision")).fill("15-QĐ/HU")
    follow(page, page.get_by_role("button", name="See what follows"))
    expect(page.get_by_role("heading", name="What follows")).to_be_visible()
    expect(page.get_by_text("Also holds: Secretary, Huyện ủy Đông Hà.")).to_be_visible()
    follow(page, page.get_by_role("button", name="Change something"))
    expect(page.get_by_label(re.compile("Decision"))).to_have_value("15-QĐ/HU")
    follow(page, page.get_by_role("button", name="See what follows"))
    follow(page, page.get_by_role("button", name="Appoint"))
    expect(page.get_by_text("Lý Văn Ấm: Secretary from 10 January 2024 on.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="15-QĐ/HU").filter(has_text="Lý Văn Ấm")).to_be_visible()


def test_an_officer_hands_a_post_over_without_javascript_on_a_phone(visit, site):
    page = visit("chi", "/units/{cell_b}/committee/", viewport=PHONE, java_script_enabled=False)
    follow(page, page.get_by_role("link", name=re.compile("Fill it")).first)
    page.get_by_label("Who", exact=True).fill("M4")
    follow(page, page.get_by_role("button", name="See what follows"))
    follow(page, page.get_by_role("button", name="Appoint"))
    follow(page, page.get_by_role("link", name=re.compile(r"Hand over\s*: Secretary")))
    page.get_by_label("Who", exact=True).fill("dang thi dao")
    page.get_by_label("Handed over on").fill("2024-01-11")
    follow(page, page.get_by_role("button", name="See what follows"))
    follow(page, page.get_by_role("button", name="Hand it over"))
    expect(page.get_by_text("Đặng Thị Đào: Secretary from 11 January 2024 on.")).to_be_visible()


def test_an_officer_puts_someone_in_charge_and_records_a_visit(visit, site):
    page = visit("chi", "/units/{north}/in-charge/?which=units", viewport=DESK)
    row = page.get_by_role("row").filter(has_text="Chi bộ thôn 10 Thượng Lâm")
    follow(page, row.get_by_role("link", name="Put someone in charge"))
    page.get_by_label("Member of the committee").select_option(label="Trần Văn Bền")
    page.get_by_label("From").fill("2023-12-01")
    follow(page, page.get_by_role("button", name="Put in charge"))
    follow(page, page.get_by_role("link", name="Trần Văn Bền"))
    page.get_by_label("Day of the visit").fill("2024-01-05")
    page.get_by_label(re.compile("What came of it")).fill("Cùng dự họp")
    follow(page, page.get_by_role("button", name="Record it"))
    expect(page.get_by_text("The visit is recorded.")).to_be_visible()
    ben = visit("ben", "/me/", viewport=PHONE)
    expect(ben.get_by_role("heading", name="I look after")).to_be_visible()
