"""Text twice as large on the narrowest phone, and where the keyboard goes: the pages that are used most."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.looking import OUT_OF_SIGHT, SETTLED, SIZES, WIDER
from tests.browser.places import PAGES

USED = (
    "desk", "cell", "matrix", "meetings of a cell", "recording a meeting", "a meeting", "minutes", "a new notice",
    "notice", "late and weak", "objectives", "my record",
)  # fmt: skip
CUT = """() => {  // what of the page lies outside the window, or is cut off by its own box, and can't be scrolled to
    const wide = document.documentElement.clientWidth
    const over = (each) => getComputedStyle(each).overflowX
    const scrolls = (each) => each !== null && (/auto|scroll/.test(over(each)) || scrolls(each.parentElement))
    const seen = (each) => each.checkVisibility({ visibilityProperty: true }) && each.getBoundingClientRect().width > 1
    const outside = ({ left, right }) => left < -1 || right > wide + 1
    const cut = (each) => /hidden|clip/.test(over(each)) && each.scrollWidth > each.clientWidth + 1
    return [...document.querySelectorAll("main *")]
        .filter((each) => !each.closest(".visually-hidden, svg") && seen(each) && !scrolls(each.parentElement))
        .filter((each) => outside(each.getBoundingClientRect()) || (cut(each) && each.innerText?.trim()))
        .map((each) => `${each.tagName}.${each.className}: ${each.innerText?.slice(0, 40)}`).slice(0, 8)
}"""
FOCUSED = """() => {  // what has the focus: its place in the document and on the page; none in a bar that stays in view
    const each = document.activeElement
    if (!each || each === document.body || !document.querySelector("main").contains(each)) return null
    const { left, right, top, bottom } = (each.closest("label") ?? each).getBoundingClientRect()
    const still = (one) => /sticky|fixed/.test(getComputedStyle(one).position)
    const stays = (one) => one !== null && (still(one) || stays(one.parentElement))
    const n = [...document.querySelectorAll("*")].indexOf(each)
    const box = stays(each) ? null : [left, right, top + scrollY, bottom + scrollY]
    return { n, box, what: each.outerHTML.slice(0, 120) }
}"""
TABS = 60  # pressed on a page, at most


@pytest.mark.parametrize("name", USED)
def test_text_twice_as_large_stays_within_the_narrowest_phone(visit: Callable[..., Page], name: str) -> None:
    person, url = PAGES[name]
    page = visit(person, url, viewport=SIZES["phone"])
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for step in range(5 if name == "recording a meeting" else 1):
        if step:
            page.locator("[data-next]").click()
        page.evaluate(SETTLED)
        assert not page.evaluate(WIDER), page.evaluate(OUT_OF_SIGHT) + page.evaluate(CUT)
        cut = page.evaluate(CUT)
        assert not cut, "\n".join(cut)


def went(page: Page) -> list[Any]:
    """Where Tab leads through what a page has to say, one after the other."""
    page.evaluate("document.getElementById('main').focus()")
    found = []
    for _n in range(TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        found.append(focused)
    return found


@pytest.mark.parametrize("size", ["phone", "wide"])
@pytest.mark.parametrize("name", ["recording a meeting", "minutes", "matrix"])
def test_the_keyboard_goes_through_a_page_as_one_reads_it(visit: Callable[..., Page], name: str, size: str) -> None:
    person, url = PAGES[name]
    page = visit(person, url, viewport=SIZES[size])
    for step in range(5 if name == "recording a meeting" else 1):
        if step:
            page.locator("[data-next]").click()
        stops = went(page)
        assert len(stops) > 1
        for before, after in pairwise(stops):
            assert after["n"] >= before["n"], (before["what"], after["what"])  # a day has stops of its own
            if before["box"] is None or after["box"] is None:
                continue
            _left, right, top, _bottom = before["box"]
            is_back_up = after["box"][3] <= top and after["box"][0] < right  # wholly above it, not in a column beside
            assert not is_back_up, (before["what"], after["what"])
