"""Lives of members as their people bring them about: month after month, on the phone and at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from chibo.members.lives import recognise
from chibo.members.models import Membership, Person
from tests.browser.conftest import follow
from tests.browser.town import DESK, PHONE, Town, give_offices, lies_elsewhere, open_step, opened, shot, sign, vote
from tests.lifecycle.going import listed
from tests.world import AT, TODAY, World
from tests.worlds import make_world

OFFICES = {  # who acts where, beside those of the world
    "kim": ("Kim Văn Thanh", "officer", "upland"),
    "lam": ("Lâm Thị Vân", "leader", "north"),
    "tam": ("Tạ Thị Tâm", "secretary", "cell_c"),
    "uyen": ("Đào Thị Uyên", "officer", "lowland"),
    "son": ("Cao Văn Sơn", "leader", "south"),
    "oanh": ("Phùng Thị Oanh", "leader", "upland"),
    "phu": ("Mai Văn Phú", "officer", "province"),
}


@pytest.fixture(scope="module")
def town(
    browser: Browser, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    def prepared(name: str) -> tuple[World, int]:
        make_world(name)
        world = World.found()
        give_offices(OFFICES, vars(world))
        for membership in Membership.objects.filter(cell=world.cell_a, joined_on__lt=date(2020, 1, 1)):
            if membership.official_on is None:
                recognise(membership=membership, official_on=date(2021, 1, 1), by=None, at=AT)
        person = Person(code="QC-1", full_name="Hà Thị Mơ", sex="f", born_on=date(1999, 5, 5))
        listed(person, world.cell_a, date(2023, 10, 2))
        return world, person.pk

    with opened(browser, django_db_blocker, "life", prepared, tmp_path_factory.mktemp("life")) as town:
        yield town


def test_from_source_to_official_member_over_fourteen_months(town):
    _world, joining = town.prepared
    town.stand_at(TODAY)
    ana = town.page("ana", PHONE)
    ana.goto(f"/members/{joining}/cases/")
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
    vote(ana, 2)
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
    vote(ana, 2)
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
    ana.goto(f"/members/{joining}/")
    expect(ana.get_by_text("Became an official member")).to_be_visible()
    shot(ana, "member")
