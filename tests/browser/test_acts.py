"""Acts on units as one does them: found, merge, look, take back; with a mistake on the way; without JavaScript."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import follow


def press(page: Page, name: str) -> None:
    """A button of the page that leads on."""
    follow(page, page.get_by_role("button", name=name, exact=True).locator("visible=true").last)


def found(page: Page, above: int, name: str, code: str, kind: str) -> str:
    """Found a unit by the form; the address of the act."""
    page.goto(f"/units/{above}/change/found/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Code").fill(code)
    page.get_by_label("Kind").select_option(label=kind)
    page.get_by_label("Takes effect on").fill("2023-12-01")
    page.get_by_label("Decision").fill("40-QĐ/HU")
    press(page, "Show what it would do")
    expect(page.get_by_text("is founded under", exact=False).first).to_be_visible()
    press(page, "Found this unit")
    expect(page.get_by_role("status")).to_contain_text("Done.")
    return page.url


def take_back(page: Page, act: str) -> None:
    """Take an act back from its page."""
    page.goto(act)
    follow(page, page.get_by_role("link", name="Take it back"))
    press(page, "Take it back")
    expect(page.get_by_role("status")).to_contain_text("Taken back")


def test_two_communes_merge_from_the_units_page_to_the_reversal(visit, site):
    north, upland = site.world.north.pk, site.world.upland.pk
    page = visit("chi", "/")
    made = found(page, north, "Đảng ủy xã Trung Lâm", "T-N-2", "Grassroots committee")
    page.goto(f"/units/{upland}/")
    follow(page, page.get_by_role("link", name="Change this unit"))  # one
    follow(page, page.get_by_role("link", name="Merge it"))  # two
    page.get_by_label("Merges with").fill("trung lam")
    choice = page.get_by_role("checkbox", name="Đảng ủy xã Trung Lâm")
    expect(choice).to_be_visible()  # found as one types
    choice.check()  # three
    page.get_by_label("Takes effect on").fill("2024-01-05")
    page.get_by_label("Decision").fill("41-QĐ/HU")
    press(page, "Show what it would do")  # four
    expect(page.get_by_role("heading", name="Before", exact=True)).to_be_visible()
    expect(page.locator(".shape-closed")).to_contain_text("Đảng ủy xã Trung Lâm")
    press(page, "Merge these units")  # five: done
    expect(page.get_by_role("status")).to_contain_text("Done.")
    act = page.url
    follow(page, page.get_by_role("link", name="Đảng ủy xã Trung Lâm").last)
    expect(page.get_by_text("Closed since 5 January 2024.")).to_be_visible()
    take_back(page, act)
    take_back(page, made)


def test_a_cell_is_founded_and_a_mistake_keeps_what_was_typed(visit, site):
    page = visit("chi", f"/units/{site.world.upland.pk}/change/found/")
    page.get_by_label("Name", exact=True).fill("Chi bộ thôn 12 Thượng Lâm")
    page.get_by_label("Code").fill("A")  # taken
    page.get_by_label("Decision").fill("42-QĐ/HU")
    page.get_by_label("Takes effect on").fill("2024-01-05")
    page.get_by_label("Members who come to it").fill("M1")
    member = page.get_by_role("checkbox", name="Nguyễn Thị An")
    expect(member).to_be_visible()
    member.check()
    press(page, "Show what it would do")
    expect(page.get_by_text("There is a unit with the code A already.")).to_be_visible()
    press(page, "Back, to change it")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Chi bộ thôn 12 Thượng Lâm")
    expect(page.get_by_label("Decision")).to_have_value("42-QĐ/HU")
    expect(page.get_by_role("checkbox", name="Nguyễn Thị An")).to_be_checked()
    page.get_by_label("Code").fill("A12")
    press(page, "Show what it would do")
    expect(page.get_by_text("Members who go over")).to_be_visible()
    press(page, "Found this unit")
    expect(page.get_by_role("status")).to_contain_text("Done.")
    take_back(page, page.url)


def test_without_javascript_a_unit_is_found_picked_and_merged(visit, site):
    page = visit("chi", f"/units/{site.world.cell_a.pk}/change/merge/", java_script_enabled=False)
    page.get_by_label("Merges with").fill("thon 10")
    follow(page, page.get_by_role("button", name="Search", exact=True).last)
    page.get_by_role("checkbox", name="Chi bộ thôn 10 Thượng Lâm").check()
    page.get_by_label("Takes effect on").fill("2024-01-05")
    press(page, "Show what it would do")
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Chi bộ thôn 10 Thượng Lâm")).to_be_checked()
    page.get_by_label("Decision").fill("43-QĐ/ĐU")
    press(page, "Show what it would do")
    press(page, "Merge these units")
    expect(page.get_by_role("status")).to_contain_text("Done.")
    take_back(page, page.url)


def test_a_new_unit_is_asked_for_only_where_one_takes_the_place_of_all(visit, site):
    page = visit("chi", f"/units/{site.world.cell_a.pk}/change/merge/")
    expect(page.get_by_label("Name of the new unit")).to_be_hidden()
    page.get_by_label("A new one takes the place of all").check()
    expect(page.get_by_label("Name of the new unit")).to_be_visible()
