"""Ways through the program: without JavaScript, by keyboard, on a phone."""

import io
import re

import openpyxl
from playwright.sync_api import expect

from tests.browser.conftest import follow, sign_in


def test_everything_works_without_javascript(visit, site):
    page = visit("nobody", "/accounts/login/", java_script_enabled=False, accept_downloads=True)
    sign_in(page, "chi")
    assert page.url == site.address + "/"
    follow(page, page.get_by_role("heading", level=1).get_by_role("link"))
    assert f"/units/{site.world.north.pk}/" in page.url
    follow(page, page.locator("a[href*='/figures/meetings.attendance/']").first)
    assert re.search(r"\d+ records add up to \d+ of \d+", page.get_by_role("main").inner_text())
    page.get_by_role("main").get_by_role("searchbox").fill("thon 1")
    follow(page, page.get_by_role("button", name="Filter"))
    assert "q=thon+1" in page.url
    assert "As filtered" in page.content()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Export").click()
    book = openpyxl.load_workbook(io.BytesIO(begun.value.path().read_bytes()))
    assert book.sheetnames == ["evidence", "about"]
    rows = list(book["evidence"].values)
    assert rows[0] == ("record", "label", "unit", "unit_name", "day", "numerator", "denominator")
    assert {row[2] for row in rows[1:]} <= {"A", "B"}
    page.goto("/")
    follow(page, page.get_by_role("link", name=re.compile("Annual report")))
    assert "/reports/annual/" in page.url
    page.goto("/")
    follow(page, page.get_by_role("button", name="Sign out").locator("visible=true").first)
    page.goto("/")
    assert "/accounts/login/" in page.url


def test_the_first_tab_leads_past_the_navigation(visit):
    page = visit("flo", "/")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("e => e === document.activeElement")
    box = skip.bounding_box()
    assert box["x"] >= 0 and box["y"] >= 0 and box["width"] > 20
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_focus_is_always_seen(visit):
    page = visit("flo", "/units/{north}/")
    seen = "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 }"
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle("document.activeElement").as_element()
        if focused.evaluate("e => e === document.body"):
            break
        assert focused.evaluate(seen), focused.evaluate("e => e.outerHTML.slice(0, 200)")


def test_the_menu_opens_on_a_phone(visit):
    page = visit("flo", "/", viewport={"width": 360, "height": 740})
    way = page.get_by_role("link", name="Units", exact=True).locator("visible=true")
    assert way.count() == 0
    page.get_by_text("Menu", exact=True).click()
    follow(page, way.first)
    assert page.url.endswith("/units/")


def test_a_wrong_password_is_said_and_tells_nothing(visit):
    page = visit("nobody", "/accounts/login/")
    answers = []
    for name in ("chi", "nobody-at-all", "gus"):
        page.goto("/accounts/login/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill("not the pass-word")
        follow(page, page.get_by_role("button", name="Sign in"))
        answers.append(
            page.get_by_role("alert").all_inner_texts() or page.locator(".field-error, .notice").all_inner_texts()
        )
    assert answers[0]
    assert answers[0] == answers[1] == answers[2]


def test_members_stand_a_line_each_on_a_phone_and_how_many_are_here_stays_in_view(visit, site):
    page = visit(
        "ana", f"/units/{site.world.cell_a.pk}/meetings/record/?month=2023-05", viewport={"width": 360, "height": 740}
    )
    page.get_by_role("button", name="Attendance").click()
    expect(page.get_by_role("heading", name="Who was there?")).to_be_visible()
    parts = (".roll-row", ".roll-name", ".roll-row .segments")
    row, name, marks = (page.locator(each).first.bounding_box() for each in parts)
    assert marks["x"] >= name["x"] + name["width"] and row["height"] < 66
    page.set_viewport_size({"width": 360, "height": 300})
    page.locator(".roll-row").last.scroll_into_view_if_needed()
    expect(page.locator("[data-roll-line]")).to_be_in_viewport()
    line, head = (page.locator(each).bounding_box() for each in ("[data-roll-line]", ".side"))
    assert line["y"] >= head["y"] + head["height"] - 1
    for step in ("Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=step).click()
    before = int(page.locator("[data-total]").inner_text().split()[0])
    page.locator("#id_k_steers").get_by_label("Yes").check()
    expect(page.locator("[data-total]")).to_contain_text(f"{before + 4} so far")


def test_who_leaves_what_is_ticked_and_not_saved_is_asked_first(visit, site):
    page = visit("ana", f"/units/{site.world.cell_a.pk}/dues/")
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    before = page.url
    box = page.get_by_role("checkbox").first
    box.check()
    page.evaluate("location.assign('/')")
    expect(box).to_be_checked()
    page.get_by_role("link", name="Quarter", exact=True).click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert page.url == before
    assert set(asked) == {"beforeunload"}
    asked.clear()
    follow(page, page.get_by_role("button", name="Note amounts too"))  # sent: nothing to ask
    assert not asked
    expect(page.get_by_role("checkbox").first).to_be_checked()
    expect(page.get_by_label("Amount, đồng").first).to_be_attached()
