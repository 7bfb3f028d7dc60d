"""What a browser shows of a page: nothing axe objects to, nothing wider than a phone, in both themes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}
SETTLED = """async () => {  // colours on their way to another theme have no contrast yet; one cut off has ended too
    const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const still = async () => {
        await frames()
        for (let going; (going = document.getAnimations()).length; await frames())  // where one ends others may begin
            await Promise.all(going.map(each => each.finished.catch(() => {})))
    }
    const long = new Promise(done => setTimeout(done, 5000))  // no frame comes to a page that nobody paints
    await Promise.race([still(), long])
}"""
OUT_OF_SIGHT = """() => {
    const wide = document.documentElement.clientWidth
    return document.documentElement.scrollWidth <= wide ? [] : [...document.querySelectorAll("body *")]
        .filter(each => each.getBoundingClientRect().right > wide + 1)
        .map(each => each.tagName + "." + each.className).slice(0, 8)
}"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
BOTH = (("phone", "light"), ("wide", "dark"))  # sizes and themes share no rule


def objections(page: Page) -> list[Any]:
    """What axe objects to on a page as it stands: the rule, and the first places."""
    if not page.evaluate("'axe' in window"):  # half a megabyte, once a page
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(results => results.violations)")
    return [
        (each["id"], [(node["html"][:160], node["failureSummary"][:300]) for node in each["nodes"][:3]])
        for each in found
    ]


def objections_in(page: Page, ways: Iterable[tuple[str, str]] = BOTH) -> list[Any]:
    """What axe objects to on a page at several sizes and in several themes."""
    said: list[Any] = []
    for size, theme in ways:
        page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.evaluate(SETTLED)
        said += [(size, theme, *each) for each in objections(page)]
    return said
