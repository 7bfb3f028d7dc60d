"""Every page about the cell's month is one that a browser looks at, or it is said why not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.browser.places import PAGES

OF_THE_MONTH = ("agendas", "guidance", "meetings", "modes", "resolutions", "scoring")
NOT_A_PAGE = {  # name: why no browser looks at it as a page
    "manifest": "JSON for the browser itself",
    "worker": "a script; tests/browser/test_offline.py",
    "outbox": "a page of what waits on a device: tests/browser/test_offline.py looks at it full",
    "meeting_draft": "JSON for the form that keeps it",
    "updating": "a part of pages that are looked at",
    "notice_send_again": "is posted to",
    "notice_paper": "a file to be taken away",
    "notice_paper_off": "is posted to",
    "topic_withdraw": "is posted to",
    "agenda_end": "is posted to",
    "calendar_feed": "a calendar for other programs",
    "minutes_file": "a file to be taken away",
    "resolution_file": "a file to be taken away",
}


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The names of the pages of the apps of the month."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from named(each.url_patterns)
        elif each.callback.__module__.startswith(tuple(f"chibo.{app}." for app in OF_THE_MONTH)):
            assert each.name, each.pattern
            yield each.name


def looked_at() -> set[str]:
    """The names of the pages that a browser looks at."""
    found = set()
    for _who, url in PAGES.values():
        try:
            found.add(resolve(re.sub(r"\{\w+\}", "1", url).partition("?")[0]).url_name or "")
        except Resolver404:  # one of them is there to be not found
            continue
    return found


@pytest.mark.parametrize("name", sorted(set(named(get_resolver().url_patterns))))
def test_a_page_of_the_month_is_looked_at_by_a_browser(name):
    assert (name in looked_at()) != (name in NOT_A_PAGE), "add it to tests/browser/places.py, or say here why not"


def test_what_is_left_out_is_there():
    assert set(NOT_A_PAGE) <= set(named(get_resolver().url_patterns))
