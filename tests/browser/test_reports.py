"""A report made by its reader: from the list to the page behind its code, its charts, files and records."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.browser.looking import OUT_OF_SIGHT, SIZES, objections_in

SAID = {"counted": "1 of 1", "not counted": "0 of 1"}
DRAWN = "images => images.every(each => each.complete && each.naturalWidth > 0)"


def make(visit, **settings):
    """Choose the last year and make its report, as a leader does."""
    page = visit("flo", "/units/{north}/reports/", **settings)
    follow(page, page.get_by_role("link", name="2023", exact=True))
    follow(page, page.get_by_role("button", name="Make this report"))
    assert "/reports/" in page.url
    return page


@pytest.mark.parametrize("script", [True, False])
def test_a_report_is_made_and_taken_home_in_every_form(visit, script):
    page = make(visit, java_script_enabled=script, accept_downloads=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Annual report 2023")
    expect(page.get_by_text("every figure is today what it was")).to_be_visible()
    begins = {"Word": b"PK", "PDF": b"%PDF", "Excel": b"PK", "JSON": b"{"}
    for name, sign in begins.items():
        with page.expect_download() as begun:
            page.get_by_role("link", name=name, exact=True).click()
        assert begun.value.path().read_bytes().startswith(sign), name
    follow(page, page.locator("a[href*='/figures/meetings.attendance/']").first)
    line = page.get_by_text(re.compile(r"\d+ of \d+ · ")).inner_text()
    told = page.locator("tbody tr td:last-child").all_inner_texts()
    pairs = [[int(n) for n in SAID.get(each, each).split(" of ")] for each in told]
    assert line.startswith("{} of {} · ".format(*map(sum, zip(*pairs, strict=True)))), (line, told)
    follow(page, page.get_by_role("link", name="Changed since"))
    expect(page.get_by_text("every record counts today as it did")).to_be_visible()


def test_axe_objects_to_nothing_in_a_report(visit):
    page = make(visit, bypass_csp=True)
    base, said = page.url, []
    for part in ("", "figures/meetings.attendance/", "changes/meetings.attendance/"):
        page.goto(base + part)
        said += [(part, *each) for each in objections_in(page)]
    assert not said, "\n".join(map(str, said))


def test_a_report_fits_a_phone_and_its_charts_are_drawn(visit):
    page = make(visit, viewport=SIZES["phone"])
    refused = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    base = page.url
    for part in ("figures/meetings.attendance/", "changes/meetings.attendance/", ""):
        page.goto(base + part)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), page.evaluate(OUT_OF_SIGHT)
    for chart in page.locator(".report-chart img").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_js_property("complete", True)
    assert page.locator(".report-chart img").evaluate_all(DRAWN)
    assert not refused
