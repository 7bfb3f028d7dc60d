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
CUT = """() => {  // words outside the window, or cut off by the box they stand in, that can't be scrolled to
    const over = (each) => getComputedStyle(each).overflowX
    const bounds = (each) => {
        if (each === document.body) return { left: 0, right: document.documentElement.clientWidth }
        if (/auto|scroll/.test(over(each))) return null
        return /hidden|clip/.test(over(each)) ? each.getBoundingClientRect() : bounds(each.parentElement)
    }
    const found = []
    const words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT)
    while (words.nextNode()) {
        const { data, parentElement: each } = words.currentNode
        if (!data.trim() || each.closest(".visually-hidden, svg, option, script, template")) continue
        if (!each.checkVisibility({ visibilityProperty: true })) continue
        const range = document.createRange()
        range.selectNodeContents(words.currentNode)
        const [{ left, right }, box] = [range.getBoundingClientRect(), bounds(each)]
        if (box && box.right - box.left < 2) continue  // for who listens, as the heads of a table that stacks
        if (box && (left < box.left - 1 || right > box.right + 1)) found.push(`${each.outerHTML.slice(0, 120)}`)
    }
    return found.slice(0, 8)
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
        cut = page.evaluate(CUT)
        assert not cut, "\n".join(cut)
        assert not page.evaluate(WIDER), page.evaluate(OUT_OF_SIGHT)


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
