"""A secretary prepares a meeting on a phone and gives notice of it; who is called reads it; it is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, follow
from tests.browser.looking import OUT_OF_SIGHT, SETTLED, SIZES, WIDER, objections
from tests.browser.test_recording import COUNTED

PHONE: dict[str, Any] = {"viewport": SIZES["phone"], "has_touch": True}


def is_sound(page: Page) -> None:
    """Nothing axe objects to, nothing wider than the phone."""
    page.evaluate(SETTLED)
    assert not page.evaluate(WIDER), page.url
    assert not page.evaluate(OUT_OF_SIGHT), page.url
    assert objections(page) == []


def texts(page: Page) -> list[str]:
    return [each.input_value() for each in page.locator(".agenda-text").all()]


def test_a_meeting_from_its_day_of_the_month_to_its_notice_and_back(visit: Callable[..., Page], site: Site) -> None:
    page = visit("ana", "/units/{cell_a}/rhythm/", **PHONE)
    is_sound(page)
    page.get_by_label("Day of the month").fill("12")
    page.get_by_label("The cell meets all the same").check()
    page.get_by_label("Time").fill("19:30")
    page.get_by_label("Place").fill("Nhà văn hóa thôn 1")
    follow(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("12 January 2024")).to_be_visible()
    page.get_by_label("Topic of January 2024").fill("Giữ lời thề đảng viên")
    is_sound(page)
    follow(page, page.get_by_role("button", name="Save the plan"))

    page.add_init_script(COUNTED)
    page.goto("/")
    page.evaluate("sessionStorage.taps = 0")
    with page.expect_navigation():
        page.get_by_role("link", name="Prepare it").tap()
    expect(page.get_by_label("Topic (optional)")).to_have_value("Giữ lời thề đảng viên")
    is_sound(page)
    first, second = texts(page)[:2]
    page.get_by_role("button", name="Item 1 down").tap()
    expect(page.get_by_label("Item 1", exact=True)).to_have_value(second)
    expect(page.get_by_label("Item 2", exact=True)).to_have_value(first)
    with page.expect_navigation():
        page.get_by_role("button", name="Give notice").tap()
    expect(page.get_by_text("The notice is given")).to_be_visible()
    assert int(page.evaluate("sessionStorage.taps")) <= 6
    is_sound(page)
    notice = page.url

    follow(page, page.get_by_role("link", name="Add a paper"))
    is_sound(page)
    page.get_by_label("Title of the paper").fill("Nghị quyết")
    page.get_by_text("It is a paper of state secrecy").click()
    page.get_by_label("Its number").fill("05-NQ/TU")
    page.get_by_label("Of the day").fill("2024-01-05")
    page.get_by_label("Where it lies").fill("Văn phòng Huyện ủy")
    follow(page, page.get_by_role("button", name="Add it"))
    expect(page.get_by_text("no. 05-NQ/TU of 5 January 2024")).to_be_visible()

    ben = visit("ben", "/", **PHONE)
    ben.goto(notice)
    expect(ben.get_by_text("Nhà văn hóa thôn 1")).to_be_visible()
    expect(ben.get_by_role("link", name="Change it")).to_have_count(0)

    page.goto("/me/calendar/")
    is_sound(page)
    follow(page, page.get_by_role("button", name="Make the address of my calendar"))
    address = page.locator(".agenda-address code").inner_text()
    is_sound(page)
    with_notice = page.request.get(address).text()
    assert "LOCATION:Nhà văn hóa thôn 1" in with_notice

    page.goto(notice)
    follow(page, page.get_by_role("link", name="Cancel this meeting"))
    page.get_by_label("Why is the meeting cancelled?").fill("Mưa lũ")
    follow(page, page.get_by_role("button", name="Cancel the meeting"))
    expect(page.get_by_text("This meeting is cancelled.")).to_be_visible()
    assert "STATUS:CANCELLED" in page.request.get(address).text()


def test_rows_of_an_agenda_move_without_javascript(visit: Callable[..., Page]) -> None:
    page = visit(
        "ana", "/units/{cell_a}/notices/new/?kind=extraordinary&month=2024-01", java_script_enabled=False, **PHONE
    )
    first, second = texts(page)[:2]
    follow(page, page.get_by_role("button", name="Item 2 up"))
    assert texts(page)[:2] == [second, first]
    follow(page, page.get_by_role("button", name="Add an item"))
    assert texts(page)[-1] == ""


def test_an_administrator_lays_down_agendas_and_a_committee_hands_down_topics(visit: Callable[..., Page]) -> None:
    page = visit("eva", "/agendas/", **PHONE)
    is_sound(page)
    follow(page, page.get_by_role("link", name="Regular meeting").first)
    is_sound(page)
    page = visit("chi", "/units/{north}/year/", **PHONE)
    is_sound(page)
