"""The real server over the small world, and Debian's Chromium before it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect, sync_playwright

from chibo.accounts.models import User
from chibo.project import embedded
from tests import place
from tests.browser.standing import stand
from tests.database import use
from tests.world import PASSWORD, TODAY, World
from tests.worlds import make_world

expect.set_options(timeout=20_000)  # what is sent and answered may take its time on a machine that is busy
CHROMIUM = shutil.which("chromium")
QUIET = (
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--disable-gpu", "--disable-gpu-rasterization", "--disable-extensions",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM or os.environ.get("CHIBO_BROWSER") == "required":
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@dataclass(frozen=True)
class Site:
    """A running server and the world it serves."""

    address: str
    world: World
    environment: dict[str, str]  # in which the server runs, and whatever works beside it
    stands: dict[str, Any]  # what else stands in it, by name

    def path(self, url: str) -> str:
        """A path of the site in which what stands in the world is called by its name."""
        known = vars(self.world) | self.stands
        return url.format(**{name: one.pk for name, one in known.items()})


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The program as it is run: its own settings, hashed files, granian, a database with the small world."""
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name, data = f"browser_{own}", tmp_path_factory.mktemp("data")
    with django_db_blocker.unblock():
        make_world(name)
        hashed = Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt")
        User.objects.update(password=hashed)
        world = World.found()
        stands = stand(world)
        connections.close_all()
        use(own)
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
        "DATABASE_URL": embedded.address(place.folder(), name),
        "CHIBO_DATA": str(data),
        "CHIBO_SECRET_KEY": "the browser tests' own",
        "CHIBO_TODAY": TODAY.isoformat(),
    }
    chibo = [sys.executable, "-m", "chibo"]
    subprocess.run([*chibo, "collectstatic", "--no-input"], env=environment, check=True, capture_output=True)
    with serving(port, environment, data / "server.log"):
        yield Site(f"http://127.0.0.1:{port}", world, environment, stands)


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(port: int, environment: dict[str, str], log: Path) -> Iterator[None]:
    """A server that answers at a port, until it is left."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as written:
        server = subprocess.Popen(
            [*command, "--workers", "1", "--blocking-threads", "4", "chibo.project.wsgi:application"],
            env=environment, stdout=written, stderr=written,
        )  # fmt: skip
        try:
            _await(port, server, log)
            yield
        finally:
            server.terminate()
            server.wait(20)


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers."""
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        with closing(socket.socket()) as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="package")
def browser(site: Site) -> Iterator[Browser]:
    """Chromium. It ends with the last test here: its loop would be in the way of Django elsewhere."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        shut(chromium)


def shut(window: Browser | BrowserContext) -> None:
    """Close a window, or all of them; one that does not close in half a minute ends with the program that drives it."""
    with suppress(TimeoutError, Error):  # Playwright itself waits for ever
        window._sync(asyncio.wait_for(window._impl_obj.close(None), 30))


@pytest.fixture(scope="package")
def cookies(browser: Browser, site: Site) -> Callable[[str], Any]:
    """What a browser keeps of someone who has signed in, once a person."""
    kept: dict[str, Any] = {"nobody": None}

    def of(person: str) -> Any:
        if person not in kept:
            context = browser.new_context(base_url=site.address)
            sign_in(context.new_page(), person)
            kept[person] = context.storage_state()
            shut(context)
        return kept[person]

    return of


def sign_in(page: Page, person: str) -> None:
    """Sign in by the form."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    follow(page, page.get_by_role("button", name="Sign in"))


def sign_out(page: Page) -> None:
    """Sign out by the menu of a phone."""
    page.get_by_text("Menu").click()
    follow(page, page.get_by_role("button", name="Sign out").filter(visible=True))


def follow(page: Page, way: Locator) -> None:
    """Click what leads to another page, and stand on it: a click alone may return before."""
    with page.expect_navigation():
        way.click()


@pytest.fixture
def visit(browser: Browser, site: Site, cookies: Callable[[str], Any]) -> Iterator[Callable[..., Page]]:
    """A page of a fresh window of someone, `nobody` without signing in; with settings of Playwright's contexts."""
    contexts: list[BrowserContext] = []

    def go(person: str, url: str, **settings: Any) -> Page:
        usual = {"reduced_motion": "reduce", "locale": "en", "service_workers": "block"}  # with one: test_offline.py
        context = browser.new_context(base_url=site.address, storage_state=cookies(person), **(usual | settings))
        contexts.append(context)
        page = context.new_page()
        page.goto(site.path(url))
        return page

    yield go
    for context in contexts:
        shut(context)
