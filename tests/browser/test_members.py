"""Finding people and things in a browser: as one types, by keyboard, on a phone, without JavaScript."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.browser.looking import OUT_OF_SIGHT


def test_the_list_follows_what_is_typed_and_the_address_with_it(visit):
    page = visit("chi", "/members/")
    box = page.get_by_role("searchbox", name="Name or code")
    box.press_sequentially("tran van b")
    expect(page.get_by_role("link", name="Trần Văn Bền")).to_be_visible()
    expect(page.get_by_role("link", name="Lý Văn Ấm")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/members/\?q=tran\+van\+b$"))
    expect(box).to_be_focused()
    page.get_by_label("Sex").select_option("f")
    expect(page.get_by_text("No member fits all of this.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Trần Văn Bền")).to_be_visible()


def test_a_day_is_sent_once_its_year_is_written(visit):
    page = visit("chi", "/members/")
    sent, wrong = [], []
    page.on("request", lambda request: sent.append(request.url) if "/members/?" in request.url else None)
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.get_by_text("More filters").click()
    box = page.get_by_label("Joined from")
    box.focus()
    page.keyboard.type("05202019", delay=30)
    expect(page).to_have_url(re.compile(r"joined_from=2019-05-20"))
    box = page.get_by_label("Joined to")
    box.evaluate("box => { box.value = '2019-12-31'; box.dispatchEvent(new Event('input', {bubbles: true})) }")
    expect(page).to_have_url(re.compile(r"joined_from=2019-05-20&joined_to=2019-12-31"))
    page.get_by_label("Joined from").fill("2015-01-01")
    page.get_by_label("Joined to").fill("2023-12-31")
    expect(page).to_have_url(re.compile(r"joined_from=2015-01-01&joined_to=2023-12-31"))
    expect(page.get_by_role("link", name="Trần Văn Bền")).to_be_visible()
    assert wrong == []
    assert not [url for url in sent if re.search(r"joined_\w+=0", url)]
    page.get_by_label("Joined to").fill("")
    expect(page).to_have_url(re.compile(r"joined_from=2015-01-01$"))


def test_many_are_picked_and_counted(visit):
    page = visit("chi", "/members/")
    expect(page.get_by_label("Select all on this page")).to_be_visible()
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_role("button", name="Export selected")).to_have_text(re.compile(r"\(4\)"))
    page.get_by_label("Select Trần Văn Bền").uncheck()
    expect(page.get_by_role("button", name="Export selected")).to_have_text(re.compile(r"\(3\)"))
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export selected").click()
    assert begun.value.suggested_filename.endswith(".xlsx")


def test_all_can_be_picked_after_the_list_was_filtered(visit):
    page = visit("chi", "/members/")
    page.get_by_label("Sex").select_option("m")
    expect(page.get_by_role("link", name="Nguyễn Thị An")).to_have_count(0)
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_role("button", name="Export selected")).to_have_text(re.compile(r"\(2\)"))


def test_the_switcher_is_worked_by_keyboard_alone(visit):
    page = visit("chi", "/units/")
    back = page.get_by_role("searchbox", name="Name or code")
    back.focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find units")
    expect(box).to_be_focused()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_have_text("My desk")  # before any word is typed
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.type("thuong lam")
    expect(options).to_have_count(3)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    expect(options.nth(0)).to_contain_text("Đảng ủy xã Thượng Lâm")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(back).to_be_focused()
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("dang thi dao")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("Chi bộ thôn 1 Thượng Lâm")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đặng Thị Đào")


def test_a_slash_opens_the_switcher_but_is_a_letter_where_one_writes(visit):
    page = visit("chi", "/")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find units")).to_be_focused()
    page.keyboard.press("Escape")
    page.goto("/units/")
    page.get_by_role("searchbox", name="Name or code").press_sequentially("1/2")
    expect(page.get_by_role("searchbox", name="Name or code")).to_have_value("1/2")


def test_figures_are_found_by_their_name_and_that_of_a_unit(visit):
    page = visit("chi", "/")
    page.get_by_role("searchbox", name="Find anything").locator("visible=true").click()
    page.keyboard.type("attendance thon 10")
    option = page.get_by_role("option").filter(has_text="Attendance")
    expect(option).to_have_count(1)
    follow(page, option)
    assert "/figures/meetings.attendance/?period=2023" in page.url


def test_without_javascript_the_box_leads_to_a_page_of_what_is_found(visit):
    page = visit("chi", "/", java_script_enabled=False)
    box = page.get_by_role("searchbox", name="Find anything").locator("visible=true")
    box.fill("dao")
    with page.expect_navigation():
        box.press("Enter")
    assert page.url.endswith("/find/?q=dao")
    follow(page, page.get_by_role("link", name="Đặng Thị Đào"))
    page.goto("/members/?sex=f")
    page.get_by_label("Name or code").fill("an")
    follow(page, page.get_by_role("button", name="Show", exact=True))
    assert page.get_by_role("link", name="Nguyễn Thị An").count() == 1


def test_a_members_month_on_a_phone(visit):
    """From the start: my cell's figures, my record, my meetings of the year, nothing beyond the edge."""
    page = visit("ben", "/", viewport={"width": 360, "height": 740})
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chi bộ thôn 1 Thượng Lâm")
    page.get_by_text("Menu", exact=True).click()
    follow(page, page.get_by_role("link", name="My record").locator("visible=true"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Trần Văn Bền")
    expect(page.get_by_text("3 January 2024")).to_be_visible()
    follow(page, page.get_by_role("link", name="2023", exact=True))
    expect(page.get_by_text("4 September 2023")).to_be_visible()
    expect(page.get_by_text("Transferred for a time to another cell")).to_be_visible()
    assert page.evaluate(OUT_OF_SIGHT) == []
    text = page.content()
    assert "Nguyễn Thị An" not in text
    assert "Đặng Thị Đào" not in text
