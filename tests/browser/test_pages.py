"""What only a browser shows: nothing axe objects to, nothing the policy blocks, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.browser.conftest import Site, follow, shut
from tests.browser.looking import OUT_OF_SIGHT, SETTLED, SIZES, WIDER, objections_in

PAGES = {  # name: who, where
    "login": ("nobody", "/accounts/login/"),
    "without a line": ("nobody", "/offline/"),
    "desk": ("chi", "/"),
    "desk of a month": ("chi", "/?period=2023-03"),
    "desk of the running month": ("chi", "/?period=2024-01"),
    "desk without a unit": ("hoa", "/"),
    "unit": ("flo", "/units/{north}/"),
    "cell": ("ben", "/units/{cell_a}/"),
    "units": ("flo", "/units/"),
    "units, found": ("flo", "/units/?q=thon&kind=cell"),
    "units, none found": ("flo", "/units/?q=zzz"),
    "units below": ("flo", "/units/{north}/below/"),
    "committee": ("chi", "/units/{north}/committee/"),
    "committee as it was": ("ana", "/units/{cell_a}/committee/?on=2021-01-01"),
    "fill a post": ("chi", "/units/{north}/posts/new/"),
    "end a post": ("chi", "/units/{north}/posts/{post}/end/"),
    "hand a post over": ("chi", "/units/{north}/posts/{post}/hand-over/"),
    "correct a post": ("chi", "/units/{north}/posts/{post}/correct/"),
    "a term": ("chi", "/units/{north}/committee/terms/{term}/"),
    "vacancies": ("flo", "/units/{province}/vacancies/"),
    "several posts": ("flo", "/units/{province}/several-posts/"),
    "in charge": ("chi", "/units/{north}/in-charge/"),
    "nobody in charge": ("chi", "/units/{north}/in-charge/?which=units"),
    "put in charge": ("chi", "/units/{north}/in-charge/new/?over=A"),
    "charge": ("chi", "/charges/{charge}/"),
    "rules of committees": ("eva", "/norms/"),
    "forms of papers": ("eva", "/forms/"),
    "form of a paper": ("eva", "/forms/9/"),
    "matrix": ("chi", "/units/{north}/meetings/"),
    "matrix of the running month": ("flo", "/units/{province}/meetings/?period=2024-01"),
    "matrix without a cell": ("flo", "/units/{north}/meetings/?period=1950"),
    "meetings of a cell": ("ana", "/units/{cell_a}/meetings/"),
    "late and weak": ("chi", "/units/{north}/late/"),
    "late and weak, read only": ("ana", "/units/{cell_a}/late/"),
    "targets": ("flo", "/units/{province}/targets/"),
    "history": ("dan", "/units/{cell_d}/history/"),
    "acts": ("dan", "/units/{south}/acts/"),
    "acts, none": ("ana", "/units/{cell_a}/acts/"),
    "act": ("dan", "/acts/1/"),
    "changes of a unit": ("chi", "/units/{upland}/change/"),
    "changes below one's own": ("chi", "/units/{north}/change/"),
    "founding": ("chi", "/units/{upland}/change/found/"),
    "merging": ("chi", "/units/{cell_a}/change/merge/"),
    "splitting": ("chi", "/units/{cell_a}/change/split/"),
    "changing the kind": ("chi", "/units/{cell_a}/change/change_kind/"),
    "evidence": ("flo", "/units/{north}/figures/meetings.attendance/"),
    "evidence, none found": ("flo", "/units/{north}/figures/meetings.attendance/?q=zzz"),
    "report": ("flo", "/units/{province}/reports/annual/"),
    "members": ("flo", "/members/"),
    "members, filtered": ("chi", "/units/{upland}/members/?q=an&age_from=20&on=2023-06-30"),
    "members, a filter that is wrong": ("flo", "/members/?age_from=40&age_to=30"),
    "members, none found": ("flo", "/members/?q=zzz"),
    "my record": ("ben", "/me/"),
    "no record": ("flo", "/me/"),
    "my file": ("ben", "/me/file/"),
    "file of a member": ("chi", "/members/1/file/"),
    "a new entry of a file": ("chi", "/members/1/file/rewards/new/"),
    "a fact to correct": ("chi", "/members/1/file/facts/born_on/"),
    "find": ("flo", "/find/?q=an"),
    "find, nothing": ("flo", "/find/?q=zzz"),
    "reports of a unit": ("flo", "/units/{north}/reports/"),
    "checks": ("eva", "/checks/"),
    "check": ("chi", "/checks/units.without_secretary/"),
    "limits": ("eva", "/checks/limits/"),
    "classifications": ("eva", "/classifications/"),
    "scheme": ("eva", "/classifications/3/"),
    "classify": ("chi", "/classifications/3/units/"),
    "classifications of a unit": ("chi", "/units/{cell_a}/classifications/"),
    "figures by classification": ("flo", "/units/{north}/by/1/"),
    "restructurings": ("chi", "/restructurings/"),
    "a restructuring put together here": ("chi", "/restructurings/{drafted}/"),
    "its rows": ("chi", "/restructurings/{drafted}/rows/"),
    "its rows, founding": ("chi", "/restructurings/{drafted}/rows/?act=found&parent_code=T-N-1"),
    "a row of it": ("chi", "/restructurings/{drafted}/rows/2/"),
    "loads": ("eva", "/loads/"),
    "load": ("eva", "/loads/{done}/"),
    "refused load": ("eva", "/loads/{refused}/"),
    "undo": ("eva", "/loads/{done}/undo/"),
    "users": ("eva", "/users/"),
    "user": ("eva", "/users/{chi}/"),
    "own user": ("eva", "/users/{eva}/"),
    "blocked user": ("eva", "/users/{gus}/"),
    "invite": ("eva", "/users/new/"),
    "review of roles": ("eva", "/users/review/?which=all"),
    "roles held back, none": ("eva", "/users/review/?which=back"),
    "roles that come with posts": ("eva", "/users/rules/"),
    "someone acts for a user": ("eva", "/users/{chi}/acting/"),
    "someone acts for me": ("chi", "/acting/"),
    "nothing another could hold": ("eva", "/acting/"),
    "who can see a unit": ("eva", "/units/{cell_a}/access/"),
    "who can see a unit, in short": ("chi", "/units/{cell_a}/access/"),
    "coming in with a code": ("nobody", "/accounts/invitation/"),
    "style guide": ("flo", "/styleguide/"),
    "password change": ("flo", "/accounts/password/change/"),
    "sign-out": ("flo", "/accounts/logout/"),
    "password again": ("flo", "/accounts/reauthenticate/"),
    "inactive": ("nobody", "/accounts/inactive/"),
    "not found": ("flo", "/nowhere/"),
    "not allowed": ("ben", "/units/{cell_a}/figures/members.total/"),
}


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
            page = browser.new_context(
                base_url=site.address, storage_state=cookies(person), reduced_motion="reduce", locale="en",
                service_workers="block",
            ).new_page()  # fmt: skip
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
    expected = {"not found": "404", "not allowed": "403"}.get(shown.name)
    assert [text for text in shown.said if not (expected and f"status of {expected}" in text)] == []


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
