"""What a page says of a meeting where nobody else can, and what stays on the phone until it is recorded."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import test_offline as offline
from tests.browser.conftest import follow

cell, devices, phone, recorded = offline.cell, offline.devices, offline.phone, offline.recorded


def begin(page: Page, topic: str) -> None:
    """Type a topic, and wait until the server has it."""
    page.get_by_label("Topic").fill(topic)
    expect(page.get_by_text(re.compile(r"^saved \d\d:\d\d"))).to_be_visible()


def test_without_a_line_the_page_says_what_is_wrong_before_it_says_that_all_is_done(phone, recorded):
    page = phone("2021-03")
    page.context.set_offline(True)
    page.get_by_label("Duration in minutes").fill("ninety")
    page.get_by_role("button", name="Attendance", exact=True).click()
    page.locator(".roll-row").nth(4).get_by_role("radio", name="Excused").click()
    page.get_by_role("button", name="Agenda", exact=True).click()
    page.get_by_text("Something else was dealt with").click()
    page.locator("#agenda [data-grows] [name$=_text]").first.fill("Kết nạp")
    votes = page.locator("#agenda [data-grows] [name$=_for]").first
    page.locator("#agenda [data-grows] [name$=_kind]").first.select_option("vote")
    page.locator("#agenda [data-grows] [name$=_how][value=hands]").first.check()
    votes.fill("45")
    for step in ("Conclusions", "Points"):
        page.get_by_role("button", name=step, exact=True).click()
    page.locator("#id_k_praise").get_by_label("Yes").check()
    page.get_by_role("button", name="Save the meeting").click()
    expect(page.get_by_text("4 things are to be put right. Nothing is lost.")).to_be_visible()
    expect(page.get_by_role("heading", name="What was held?")).to_be_visible()  # where the first is
    expect(page.get_by_text("Write a number, such as 4 or 4.5.").last).to_be_visible()
    wrong = page.locator(".wrong").filter(visible=True)
    expect(wrong.get_by_text(re.compile("Say why Lường .+ is excused"))).to_be_visible()
    expect(wrong.get_by_text("More votes than the 31 present who may vote.")).to_be_visible()
    expect(wrong.get_by_text("criteria have no answer. Answer all, or say below")).to_be_visible()
    expect(page.get_by_text("Not sent yet: the meeting is finished")).to_be_hidden()
    wrong.get_by_role("link", name="Votes for").click()
    expect(votes).to_be_focused()
    votes.fill("25")
    page.get_by_role("button", name="Conclusions", exact=True).click()
    page.get_by_role("button", name="Points", exact=True).click()
    page.get_by_role("button", name="Save the meeting").click()
    expect(page.get_by_text("3 things are to be put right.")).to_be_visible()
    page.get_by_role("button", name="Keep it as it is").click()
    offline.waits(page)
    expect(page.get_by_text("It will come back for what is still to be put right:")).to_be_visible()
    assert recorded("2021-03") == []
    page.context.set_offline(False)
    expect(page.get_by_text("3 things are to be put right.")).to_be_visible()  # the server says the same
    assert recorded("2021-03") == []
    page.locator(".wrong").get_by_role("link", name="Duration in minutes").click()
    page.get_by_label("Duration in minutes").fill("90")
    page.get_by_role("button", name="Attendance", exact=True).click()
    page.locator(".roll-row").nth(4).get_by_label("Why?").fill("Ốm")
    for step in ("Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=step, exact=True).click()
    page.get_by_label("Not scored yet").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save the meeting").click()
    assert len(recorded("2021-03")) == 1


def test_what_was_typed_with_a_line_is_there_without_one_and_of_two_the_newer_wins(phone, cell):
    url = f"/units/{cell}/meetings/record/?month=2021-04"
    page = phone("2021-04")
    begin(page, "Gõ khi có sóng")
    page.context.set_offline(True)
    page.goto(url)
    expect(page.get_by_label("Topic")).to_have_value("Gõ khi có sóng")
    page.context.set_offline(False)
    other = phone("2021-04", device=2)  # goes on with the draft that the server has
    expect(other.get_by_label("Topic")).to_have_value("Gõ khi có sóng")
    other.wait_for_timeout(1100)  # the server's clock of a demonstration counts seconds
    begin(other, "Gõ ở máy kia")
    page.goto(url)
    expect(page.get_by_label("Topic")).to_have_value("Gõ ở máy kia")
    follow(page, page.get_by_role("button", name="Throw it away").first)
    expect(page.get_by_label("Topic")).to_have_value("")


def test_a_draft_on_the_phone_goes_when_its_meeting_is_recorded_elsewhere(phone, cell, recorded):
    page = phone("2021-05")
    page.route("**/meetings/drafts/**", lambda route: route.abort())
    page.get_by_label("Topic").fill("Chỉ trên máy này")
    expect(page.get_by_text("kept on this phone", exact=True)).to_be_visible()
    page.unroute_all()
    url = f"/units/{cell}/meetings/record/?month=2021-06"
    page.goto(url)
    left = page.get_by_text(
        re.compile(r"not sent yet: May 2021, Regular meeting, 0 absent\. Kept \d+ \w+ \d{4}, \d\d:")
    )
    expect(left).to_be_visible()
    other = phone("2021-05", device=2)
    offline.finish(other, "Ghi ở máy khác")
    other.wait_for_url(re.compile(r"/meetings/\d+/"))
    for kind in ("", "&kind=thematic"):
        page.goto(url + kind)
        offline.until(page, "document.readyState === 'complete'")
        if not kind:
            stored = "(await self.chiboOutbox.hidden(await self.chiboOutbox.owner(), 'chibo:'))"
            offline.until(page, f"!{stored}.some(({{ content }}) => content.typed.month === '2021-05')")
        expect(page.locator("[data-left]")).to_be_hidden()
    assert len(recorded("2021-05")) == 1
