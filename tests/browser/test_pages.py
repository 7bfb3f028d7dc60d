"""What only a browser shows: nothing axe objects to, nothing the policy blocks, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Response

from tests.browser.conftest import Site, follow, shut
from tests.browser.looking import OUT_OF_SIGHT, SETTLED, SIZES, WIDER, objections_in
from tests.browser.places import PAGES


@dataclass
class Shown:
    """A page before someone's eyes, and what the browser said of it since it was asked for."""

    name: str
    page: Page
    answer: Response
    said: list[str]


@pytest.fixture(scope="module")
def windows(
    browser: Browser, site: Site, cookies: Callable[[str], Any]
) -> Iterator[Callable[[str], tuple[Page, list[str]]]]:
    """The window of each person and what the browser says in it, opened once: what all pages share is fetched once."""
    opened: dict[str, tuple[Page, list[str]]] = {}

    def of(person: str) -> tuple[Page, list[str]]:
        if person not in opened:
            said: list[str] = []
            context = browser.new_context(
                base_url=site.address, storage_state=cookies(person), reduced_motion="reduce", locale="en",
                service_workers="block",
            )  # fmt: skip
            context.add_init_script(AXE_SCRIPT)  # it lies in the browser: half a megabyte is not sent for every page
            page = context.new_page()
            page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: said.append(str(error)))
            opened[person] = page, said
        return opened[person]

    yield of
    for page, _said in opened.values():
        shut(page.context)


@pytest.fixture(scope="module", params=PAGES)
def shown(request: pytest.FixtureRequest, site: Site, windows: Callable[[str], tuple[Page, list[str]]]) -> Shown:
    """One of the pages, loaded on a phone: once for all that is asked of it, under the policy."""
    person, url = PAGES[request.param]
    page, said = windows(person)
    said.clear()
    page.set_viewport_size(SIZES["phone"])
    page.emulate_media(color_scheme="light")
    answer = page.goto(site.path(url))
    assert answer is not None
    return Shown(request.param, page, answer, said)


def test_a_page_is_no_wider_than_a_phone(shown):
    shown.page.set_viewport_size(SIZES["phone"])
    shown.page.evaluate(SETTLED)
    assert not shown.page.evaluate(WIDER), shown.page.evaluate(OUT_OF_SIGHT)


def test_axe_objects_to_nothing(shown):
    said = objections_in(shown.page)
    assert not said, "\n".join(map(str, said))


def test_the_policy_blocks_nothing_and_no_script_fails(shown):
    shown.page.wait_for_load_state("networkidle")
    assert "style-src 'self'" in shown.answer.headers["content-security-policy"]
    expected = {"not found": "status of 404", "not allowed": "status of 403"}.get(shown.name)
    expected = expected or "Service Worker registration blocked by Playwright"  # its own tests: test_offline.py
    assert [text for text in shown.said if expected not in text] == []


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_page_is_in_the_language_chosen(visit, language):
    page = visit("flo", "/")
    follow(page, page.locator(f"button[name=language][value={language}]:visible").first)
    assert page.locator("html").get_attribute("lang") == language


def test_the_theme_chosen_stays(visit):
    page = visit("flo", "/", color_scheme="light")
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Dark").locator("visible=true").first.click()
    page.goto("/units/")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != paper
