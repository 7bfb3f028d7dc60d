"""A town for stories: a small world with its offices, a server that stands at any day, the pages each person needed."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import run
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from chibo.accounts.models import User
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.project import embedded
from tests import place
from tests.browser.conftest import follow, free_port, serving, shut, sign_in
from tests.database import use
from tests.world import AT, PASSWORD

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SHOTS = os.environ.get("CHIBO_SHOTS", "")


@dataclass
class Town:
    """A small world and its people, and a server that can be made to stand at any day."""

    browser: Browser
    prepared: Any  # what the story prepared in the database
    port: int
    environment: dict[str, str]
    data: Path
    blocker: Any
    name: str
    stack: ExitStack = field(default_factory=ExitStack)
    windows: dict[str, BrowserContext] = field(default_factory=dict)
    pages: Counter[str] = field(default_factory=Counter)  # how many each person was shown, since they signed in

    def stand_at(self, day: date) -> None:
        """From now on it is that day."""
        self.stack.close()
        environment = self.environment | {"CHIBO_TODAY": day.isoformat()}
        self.stack.enter_context(serving(self.port, environment, self.data / "server.log"))

    def night(self, day: date) -> None:
        """What the worker does in the night to a day."""
        environment = self.environment | {"CHIBO_TODAY": day.isoformat()}
        code = "from chibo.core import clock; from chibo.procedures import nightly; nightly.look_after(at=clock.now())"
        run([sys.executable, "-m", "chibo", "shell", "-c", code], env=environment, check=True, capture_output=True)

    def page(self, person: str, size: dict[str, int]) -> Page:
        """The desk of someone, in a window of their own."""
        if person not in self.windows:
            self.windows[person] = self.browser.new_context(
                base_url=f"http://127.0.0.1:{self.port}", viewport=size, reduced_motion="reduce", locale="en",
                service_workers="block",
            )  # fmt: skip
            sign_in(self.windows[person].new_page(), person)
        page = self.windows[person].new_page()
        page.on("domcontentloaded", lambda: self.pages.update([person]))
        page.goto("/")
        return page

    def ask(self, question: Callable[[], Any]) -> Any:
        """What a question to the database of the town finds."""
        return outside(self.blocker, lambda: (use(self.name), question())[1])


@contextmanager
def opened(browser: Browser, blocker: Any, name: str, prepare: Callable[[str], Any], data: Path) -> Iterator[Town]:
    """A town over a database that `prepare` makes under a name, until it is left; its server stands nowhere yet."""
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    def prepared() -> Any:
        found = prepare(name)
        User.objects.update(password=Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt"))
        return found

    found = outside(blocker, prepared)
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
        "DATABASE_URL": embedded.address(place.folder(), name),
        "CHIBO_DATA": str(data),
        "CHIBO_SECRET_KEY": "the town's own",
    }
    collect = [sys.executable, "-m", "chibo", "collectstatic", "--no-input"]
    run(collect, env=environment, check=True, capture_output=True)
    town = Town(browser, found, port, environment, data, blocker, name)
    yield town
    for window in town.windows.values():
        shut(window)
    town.stack.close()


def outside(blocker: Any, ask: Callable[[], Any]) -> Any:
    """Ask the database where the loop of the browser does not stand in the way of Django."""

    def asked() -> Any:
        with blocker.unblock():
            try:
                return ask()
            finally:
                use(os.environ.get("PYTEST_XDIST_WORKER", "main"))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asked).result()


def give_offices(offices: Mapping[str, tuple[str, str, str]], units: Mapping[str, Unit]) -> None:
    """Let people act where they act: by user name the full name, the role and the name of the unit."""
    for username, (full_name, role, unit) in offices.items():
        user = User.objects.create(username=username, full_name=full_name, sort_key=username)
        organizations.grant(user=user, role=role, unit=units[unit], from_on=date(2023, 1, 1), by=None, at=AT)


def shot(page: Page, name: str) -> None:
    """A picture of a page, by day and by night, on the phone and at the desk, where somebody asked for pictures."""
    if not SHOTS:
        return
    before = page.viewport_size
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{SHOTS}/{name}-{size['width']}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)


def open_step(page: Page, step: str) -> None:
    """From the desk to the case that waits, by its line."""
    page.goto("/")
    go_to(page, step)


def own_record(page: Page) -> None:
    """From the desk to one's own record, by the menu."""
    if page.viewport_size == PHONE:
        page.get_by_text("Menu", exact=True).click()
    go_to(page, "My record")


def go_to(page: Page, name: str | Any) -> None:
    """Follow the first link of a name."""
    follow(page, page.get_by_role("link", name=name).first)


def press(page: Page, name: str) -> None:
    """Press a button that leads on."""
    follow(page, page.get_by_role("button", name=name, exact=True))


def sign(page: Page, outcome: str, says: str = "Signed") -> None:
    """Press the button of an outcome; the page says that it is signed."""
    press(page, outcome)
    expect(page.get_by_role("status").first).to_contain_text(says)


def lies_elsewhere(page: Page) -> None:
    """Say of the papers that are missing where they lie: once for all where there are several."""
    folder = page.locator(".case-folder")
    for n, paper in enumerate(folder.all() or page.locator(".case-paper").all(), 1):
        say_where(paper, str(n))


def say_where(paper: Locator, number: str, day: str = "2024-01-08", at: str = "Tủ hồ sơ chi bộ") -> None:
    """Say of a paper, or of a folder of papers, where it lies."""
    paper.get_by_text(re.compile("lies? (elsewhere|in one folder)")).click()
    paper.get_by_label("Its number").fill(number)
    paper.get_by_label("Of the day").fill(day)
    paper.get_by_label("Where it lies").fill(at)


def vote(page: Page, of: int) -> None:
    """All who were summoned came and voted for it."""
    page.get_by_label("Summoned").fill(str(of))
    page.get_by_label("Present").fill(str(of))
    page.get_by_label("For", exact=True).first.fill(str(of))
    page.get_by_label("Against", exact=True).first.fill("0")
