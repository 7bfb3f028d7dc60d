"""Minutes on a phone: begun, written, kept while one types, adopted, signed by two; a resolution with its task."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.browser.looking import objections

PHONE = {"viewport": {"width": 360, "height": 740}}


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def axe(page) -> None:
    """Nothing axe objects to."""
    assert objections(page) == []


def test_from_a_meeting_to_signed_minutes_and_a_task_that_is_done(site, visit):
    page = visit("ana", "/units/{cell_a}/meetings/?period=2023", **PHONE)
    follow(page, page.get_by_role("row").filter(has_text="September 2023").get_by_role("link").first)
    meeting = page.url
    follow(page, page.get_by_role("button", name="Begin the minutes"))  # nobody knows yet who chairs and who writes
    page.get_by_label("Chair of the meeting").select_option(label="Nguyễn Thị An")
    page.get_by_label("Secretary of the meeting").select_option(label="Trần Văn Bền")
    follow(page, page.get_by_role("button", name="Begin the minutes"))
    follow(page, page.get_by_role("link", name="Go on writing"))

    page.evaluate("async () => { await self.chiboOutbox.line() }")  # as on a phone that keeps what is typed on it
    editor = page.get_by_role("textbox", name="Text")
    expect(editor).to_contain_text("Nguyễn Thị An")
    fill = "e => { e.innerHTML = e.innerHTML.replaceAll('………', '19:30'); e.dispatchEvent(new Event('input')) }"
    editor.evaluate(fill)  # hours and place, of which no notice told
    editor.press("Control+End")
    editor.press("Enter")
    page.get_by_role("button", name="Bold").click()
    editor.press_sequentially("Nạo vét mương")
    expect(page.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Kept on this device.")).to_be_visible()
    assert fits(page)
    axe(page)
    kept = "Object.entries(localStorage).filter(([key]) => key.includes(':minutes:')).join()"
    assert "mương" not in page.evaluate(kept)  # it is sealed: a phone may have several users
    page.reload()  # nothing was saved: what was typed is there all the same
    expect(page.get_by_text("This is what you had typed and not saved.")).to_be_visible()
    expect(editor.locator("b, strong").filter(has_text="Nạo vét mương")).to_be_visible()
    follow(page, page.get_by_role("button", name="Save"))
    expect(page.locator(".minutes strong")).to_have_text("Nạo vét mương")
    assert fits(page)

    expect(page.get_by_text("Still open in the text:")).to_be_visible()
    page.get_by_label("Votes for").fill("2")
    follow(
        page, page.get_by_role("button", name="The meeting adopted these minutes with the places left open", exact=True)
    )
    follow(page, page.get_by_role("button", name="Sign with the places left open", exact=True))
    expect(page.get_by_text("Signed. One signature is missing.")).to_be_visible()
    other = visit("ben", urlsplit(meeting).path + "minutes/", **PHONE)
    follow(other, other.get_by_role("button", name="Sign with the places left open", exact=True))
    expect(other.get_by_text("Signed. The text is fixed now.")).to_be_visible()
    assert fits(other)
    axe(other)

    page.goto(meeting)
    follow(page, page.get_by_role("link", name="Issue a resolution"))
    page.get_by_label("On what").fill("Về thủy lợi")
    page.get_by_role("textbox", name="Text").fill("Làm thủy lợi nội đồng")
    task = page.get_by_role("group", name="Task 1")
    task.get_by_label("What is to be done").fill("Nạo vét 200 m mương")
    task.get_by_role("group", name="Who does it").get_by_label("Trần Văn Bền").check()
    task.get_by_label("Until").fill("2024-01-31")
    assert fits(page)
    expect(page.get_by_text("Kept on this device.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("This is what you had typed and not saved.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Text")).to_have_text("Làm thủy lợi nội đồng")
    expect(task.get_by_label("Trần Văn Bền")).to_be_checked()
    follow(page, page.get_by_role("button", name="Issue it"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Resolution \d\d-NQ/CB"))
    assert fits(page)

    other.goto("/")
    follow(other, other.get_by_role("link", name="Nạo vét 200 m mương"))
    other.get_by_label("A word on it").fill("Xong")
    follow(other, other.get_by_role("button", name="It is done"))
    page.goto("/")
    follow(page, page.get_by_role("link", name="1 task is said to be done"))
    follow(page, page.get_by_role("button", name="Confirm that it is done"))
    expect(page.get_by_text("Confirmed.", exact=True)).to_be_visible()

    bare = visit("ana", urlsplit(meeting).path + "minutes/edit/", java_script_enabled=False, **PHONE)
    text = bare.get_by_label("Text", exact=True)
    assert text.input_value().startswith("# ")
    text.fill("# Thảo luận\n\n- một\n- *hai*")
    bare.get_by_label(re.compile("Why is it corrected")).fill("Viết lại")
    follow(bare, bare.get_by_role("button", name="Save"))
    expect(bare.locator(".minutes h2")).to_have_text("Thảo luận")
    expect(bare.locator(".minutes li em")).to_have_text("hai")
    assert fits(bare)
