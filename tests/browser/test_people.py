"""Each of the people's month from the start page, at their width; the secretary's is `test_recording.py`."""

from __future__ import annotations

import io
import re

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.conftest import follow

DESK = {"width": 1280, "height": 900}
TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 360, "height": 740}


def heading(page: Page, text: str) -> None:
    """Stand on the page of that name."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(text))


def test_an_officer_reminds_the_cells_that_are_late(visit, site):
    page = visit("chi", "/", viewport=DESK)
    expect(page.get_by_role("heading", name="Waits for you")).to_be_visible()
    follow(page, page.get_by_role("link", name=re.compile(r"not recorded (its|their) meeting of December 2023")))
    boxes = page.locator("main input[type=checkbox][name]")
    assert boxes.count() >= 2
    for at in range(2):
        boxes.nth(at).check()
    follow(page, page.get_by_role("button", name="Remind the cells chosen"))
    expect(page.get_by_text("2 cells were reminded")).to_be_visible()
    secretary = visit("ana", "/", viewport=PHONE)
    expect(secretary.get_by_text(re.compile("Lê Thị Chi reminded you on 10 January 2024")).first).to_be_visible()


def test_an_officer_goes_down_the_tree_and_through_the_tabs_of_a_unit(visit, site):
    page = visit("chi", "/", viewport=DESK)
    follow(page, page.get_by_role("link", name="Units", exact=True).locator("visible=true"))
    page.get_by_role("main").get_by_label(re.compile("Name or code")).fill("thuong lam")
    expect(page.get_by_role("main").get_by_text("Chi bộ thôn 10 Thượng Lâm")).to_be_visible()
    assert "q=thuong" in page.url
    follow(page, page.get_by_role("main").get_by_role("link", name="Đảng ủy xã Thượng Lâm", exact=True).first)
    for tab in ("Members", "Targets", "Reports", "History", "Meetings"):
        follow(page, page.get_by_role("navigation", name="Pages of this unit").get_by_role("link", name=tab))
        heading(page, "Thượng Lâm")
    follow(page, page.locator(".matrix a.square.is-held").first)
    expect(page.get_by_text("Attendance", exact=False).first).to_be_visible()
    assert re.search(r"/units/\d+/meetings/\d+/$", page.url)


def test_an_officer_finds_members_chooses_and_takes_them_to_excel(visit, site):
    page = visit("chi", "/", viewport=DESK, accept_downloads=True)
    follow(page, page.get_by_role("link", name="Members", exact=True).locator("visible=true"))
    page.get_by_role("main").get_by_label(re.compile("Name or code")).fill("ly van am")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody input[type=checkbox]").check()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export selected").click()
    book = openpyxl.load_workbook(io.BytesIO(begun.value.path().read_bytes()))
    rows = list(book.worksheets[0].values)
    assert len(rows) == 2
    assert "Lý Văn Ấm" in rows[1]
    follow(page, page.get_by_role("link", name="Lý Văn Ấm"))
    heading(page, "Lý Văn Ấm")
    expect(page.get_by_text("Admitted", exact=False).first).to_be_visible()


def test_an_officer_goes_anywhere_by_two_keys(visit, site):
    page = visit("chi", "/", viewport=DESK)
    page.keyboard.press("Control+k")
    page.keyboard.type("thon 10")
    option = page.get_by_role("option", name=re.compile("Chi bộ thôn 10 Thượng Lâm"))
    expect(option.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    heading(page, "Chi bộ thôn 10 Thượng Lâm")


def test_a_leader_sees_what_stands_out_and_opens_its_records(visit, site):
    page = visit("flo", "/", viewport=TABLET)
    for section in ("Off target", "Changed most", "Best and worst below", "Late and weak below"):
        expect(page.get_by_role("heading", name=section)).to_be_visible()
    for section in ("off-target", "ranks", "late"):
        page.goto("/")
        follow(page, page.locator(f"section[aria-labelledby={section}] tbody td a, [aria-labelledby={section}] a").last)
        assert "/figures/" in page.url or "/meetings/" in page.url or "/late/" in page.url
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_member_sees_the_own_cell_and_record_and_nothing_more(visit, site):
    page = visit("ben", "/", viewport=PHONE)
    heading(page, "Chi bộ thôn 1 Thượng Lâm")
    page.get_by_text("Menu", exact=True).click()
    assert page.get_by_role("link", name="Members", exact=True).locator("visible=true").count() == 0
    follow(page, page.get_by_role("link", name="My record").locator("visible=true"))
    heading(page, "Trần Văn Bền")
    expect(page.get_by_text("Present").first).to_be_visible()
    assert "Nguyễn Thị An" not in page.content()
    for foreign in (f"/units/{site.world.cell_c.pk}/", f"/units/{site.world.upland.pk}/"):
        assert page.goto(foreign).status == 404
    for own in (site.world.cell_a, site.world.cell_b):  # where he is a member, and where he attends for a time
        assert page.goto(f"/units/{own.pk}/").status == 200
        assert page.goto(f"/units/{own.pk}/members/").status == 403


def test_an_administrator_invites_someone_who_then_signs_in(visit, site):
    page = visit("eva", "/", viewport=DESK)
    follow(page, page.get_by_role("link", name="Users", exact=True).locator("visible=true"))
    follow(page, page.get_by_role("link", name=re.compile("Invite")))
    page.get_by_label("User name").fill("kim")
    page.get_by_label("Full name").fill("Cao Thị Kim")
    page.get_by_role("main").get_by_label("Unit", exact=False).first.fill("B")
    follow(page, page.get_by_role("main").locator("button[type=submit]").last)
    code = re.search(r"\b[a-z]{4}(-[a-z]{4}){3}\b", page.get_by_role("main").inner_text())
    assert code, page.get_by_role("main").inner_text()
    new = visit("nobody", "/accounts/invitation/", viewport=PHONE)
    new.get_by_label("User name").fill("kim")
    new.get_by_label(re.compile("code", re.IGNORECASE)).fill(code[0])
    for field in new.locator("input[type=password]").all():
        field.fill("a quite long pass-word 9")
    follow(new, new.get_by_role("main").locator("button[type=submit]").last)
    expect(new.get_by_role("heading", level=1)).to_contain_text("Chi bộ thôn 10 Thượng Lâm")
