"""Lives of members as their people bring them about: month after month, on the phone and at the desk."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chibo.accounts.models import User
from chibo.members.lives import recognise
from chibo.members.models import Membership, Person
from chibo.organizations import actions as organizations
from chibo.project import embedded
from tests import place
from tests.browser.conftest import follow, serving, sign_in
from tests.database import use
from tests.lifecycle.going import listed
from tests.world import AT, PASSWORD, TODAY, World
from tests.worlds import make_world

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
OFFICES = {  # who acts where, beside those of the world
    "kim": ("Kim Văn Thanh", "officer", "upland"),
    "lam": ("Lâm Thị Vân", "leader", "north"),
    "tam": ("Tạ Thị Tâm", "secretary", "cell_c"),
    "uyen": ("Đào Thị Uyên", "officer", "lowland"),
    "son": ("Cao Văn Sơn", "leader", "south"),
    "oanh": ("Phùng Thị Oanh", "leader", "upland"),
    "phu": ("Mai Văn Phú", "officer", "province"),
}
SHOTS = os.environ.get("CHIBO_SHOTS", "")


@dataclass
class Town:
    """The small world with all its offices, and a server that can be made to stand at any day."""

    browser: Browser
    world: World
    port: int
    environment: dict[str, str]
    data: Path
    stack: ExitStack = field(default_factory=ExitStack)
    windows: dict[str, BrowserContext] = field(default_factory=dict)
    joining: int = 0  # the key of the one who is to join

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
                base_url=f"http://127.0.0.1:{self.port}", viewport=size, reduced_motion="reduce", locale="en"
            )
            sign_in(self.windows[person].new_page(), person)
        page = self.windows[person].new_page()
        page.goto("/")
        return page


@pytest.fixture(scope="module")
def town(
    browser: Browser, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name, data = f"life_{own}", tmp_path_factory.mktemp("life")

    def prepared() -> tuple[World, int]:
        make_world(name)
        world = World.found()
        for username, (full_name, role, unit) in OFFICES.items():
            user = User.objects.create(username=username, full_name=full_name, sort_key=username)
            organizations.grant(
                user=user, role=role, unit=getattr(world, unit), from_on=date(2023, 1, 1), by=None, at=AT
            )
        User.objects.update(password=Argon2PasswordHasher().encode(PASSWORD, "saltsaltsalt"))
        for membership in Membership.objects.filter(cell=world.cell_a, joined_on__lt=date(2020, 1, 1)):
            if membership.official_on is None:
                recognise(membership=membership, official_on=date(2021, 1, 1), by=None, at=AT)
        person = Person(code="QC-1", full_name="Hà Thị Mơ", sex="f", born_on=date(1999, 5, 5))
        listed(person, world.cell_a, date(2023, 10, 2))
        return world, person.pk

    world, joining = outside(django_db_blocker, own, prepared)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
        "DATABASE_URL": embedded.address(place.folder(), name),
        "CHIBO_DATA": str(data),
        "CHIBO_SECRET_KEY": "the lives' own",
    }
    run(
        [sys.executable, "-m", "chibo", "collectstatic", "--no-input"], env=environment, check=True, capture_output=True
    )
    town = Town(browser, world, port, environment, data, joining=joining)
    yield town
    for window in town.windows.values():
        window.close()
    town.stack.close()


def outside(blocker: Any, own: str, ask: Callable[[], Any]) -> Any:
    """Ask the database where the loop of the browser does not stand in the way of Django."""
    from concurrent.futures import ThreadPoolExecutor

    def asked() -> Any:
        with blocker.unblock():
            try:
                return ask()
            finally:
                connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(asked).result()
    use(own)
    return found


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def open_step(page: Page, step: str) -> None:
    """From the desk to the case that waits, by its line."""
    page.goto("/")
    follow(page, page.get_by_role("link", name=step).first)


def sign(page: Page, outcome: str, says: str = "Signed") -> None:
    """Press the button of an outcome; the page says that it is signed."""
    follow(page, page.get_by_role("button", name=outcome, exact=True))
    expect(page.get_by_role("status").first).to_contain_text(says)


def lies_elsewhere(page: Page) -> None:
    """Say of every paper that is missing where it lies."""
    papers = page.locator(".case-paper")
    for n in range(papers.count()):
        paper = papers.nth(n)
        paper.get_by_text("The paper lies elsewhere").click()
        paper.get_by_label("Its number").fill(f"{n + 1}")
        paper.get_by_label("Of the day").fill("2024-01-08")
        paper.get_by_label("Where it lies").fill("Tủ hồ sơ chi bộ")


def vote(page: Page, of: int) -> None:
    page.get_by_label("Summoned").fill(str(of))
    page.get_by_label("Present").fill(str(of))
    page.get_by_label("For", exact=True).first.fill(str(of))
    page.get_by_label("Against", exact=True).first.fill("0")


def test_from_source_to_official_member_over_fourteen_months(town):
    town.stand_at(TODAY)
    ana = town.page("ana", PHONE)
    ana.goto(f"/members/{town.joining}/cases/")
    shot(ana, "begin-list")
    follow(ana, ana.get_by_role("link", name="Admission to the Party", exact=True))
    follow(ana, ana.get_by_role("button", name="Begin"))
    shot(ana, "file-step")
    lies_elsewhere(ana)
    sign(ana, "File is together")

    kim = town.page("kim", DESK)
    shot(kim, "desk-kim")
    open_step(kim, "Hà Thị Mơ")
    lies_elsewhere(kim)
    shot(kim, "background")
    sign(kim, "Background is clear")

    open_step(ana, "Hà Thị Mơ")
    lies_elsewhere(ana)
    sign(ana, "Opinions are gathered")
    open_step(ana, "Hà Thị Mơ")
    vote(ana, 3)
    shot(ana, "cell-vote")
    sign(ana, "Propose admission")

    open_step(kim, "Hà Thị Mơ")
    vote(kim, 7)
    sign(kim, "Propose admission")

    chi = town.page("chi", DESK)
    open_step(chi, "Hà Thị Mơ")
    chi.get_by_label("Day the whole file was received").fill("2024-01-10")
    sign(chi, "File is complete")

    lam = town.page("lam", DESK)
    shot(lam, "desk-lam")
    open_step(lam, "Hà Thị Mơ")
    lam.get_by_label("Number of the decision").fill("15-QĐ/HU")
    lam.get_by_label("Day of the decision").fill("2024-01-10")
    sign(lam, "Decide admission")
    shot(lam, "decided")

    town.stand_at(date(2024, 2, 3))
    open_step(ana, "Hà Thị Mơ")
    ana.get_by_label("Day of the ceremony").fill("2024-02-03")
    sign(ana, "The ceremony was held", "ended")
    shot(ana, "admitted")

    town.stand_at(date(2025, 2, 4))
    open_step(ana, "Hà Thị Mơ")
    lies_elsewhere(ana)
    shot(ana, "probation")
    sign(ana, "Probation is over")
    open_step(ana, "Hà Thị Mơ")
    vote(ana, 3)
    sign(ana, "Propose recognition")
    open_step(kim, "Hà Thị Mơ")
    vote(kim, 7)
    sign(kim, "Propose recognition")
    town.stand_at(date(2025, 3, 10))
    open_step(chi, "Hà Thị Mơ")
    chi.get_by_label("Day the whole file was received").fill("2025-03-10")
    sign(chi, "File is complete")
    open_step(lam, "Hà Thị Mơ")
    lam.get_by_label("Number of the decision").fill("20-QĐ/HU")
    lam.get_by_label("Day of the decision").fill("2025-03-10")
    sign(lam, "Decide recognition", "ended")
    ana.goto(f"/members/{town.joining}/")
    expect(ana.get_by_text("Became an official member")).to_be_visible()
    shot(ana, "member")
