"""A post handed over with its rights, and someone who acts for another, as the people see it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date

import pytest
from playwright.sync_api import expect

from chibo.project import embedded
from tests import place
from tests.browser.conftest import follow
from tests.exchange.small import ROLL, add, write
from tests.world import PASSWORD, TODAY

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def load(site, tmp_path):
    """Load posts from a workbook, as the administrator does on the command line."""
    name = f"browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
        "DATABASE_URL": embedded.address(place.folder(), name),
        "CHIBO_DATA": str(tmp_path),
        "CHIBO_SECRET_KEY": "the browser tests' own",
        "CHIBO_TODAY": TODAY.isoformat(),
    }

    def of(*posts):
        roll = {"posts": [ROLL["posts"][0][:]]}
        for row in posts:
            add(roll, "posts", unit_code="C", post="secretary", **row)
        path = write(roll, tmp_path / "posts.xlsx")
        subprocess.run([sys.executable, "-m", "chibo", "load", str(path)], env=environment, check=True)

    return of


def link(visit, user, code):
    """Let the administrator say which member a user is."""
    page = visit("eva", f"/users/?q={user}", viewport=DESK)
    follow(page, page.locator("tbody a").first)
    page.get_by_label("Member code").fill(code)
    follow(page, page.get_by_role("button", name="Save the link"))
    expect(page.get_by_text(f"Linked to the record of member {code}.")).to_be_visible()


def test_a_secretarys_post_is_handed_over_with_its_rights(visit, site, load):
    load({"member_code": "M5", "from": date(2023, 1, 1)})
    hoa = visit("hoa", "/", viewport=PHONE)
    expect(hoa.get_by_text("You have no role in any unit yet")).to_be_visible()
    link(visit, "hoa", "M5")
    hoa.reload()
    expect(hoa.get_by_role("heading", level=1)).to_have_text("Chi bộ thôn 2 Hạ Lâm")
    expect(hoa.get_by_role("link", name="Record it").first).to_be_visible()

    page = visit("eva", "/users/new/", viewport=DESK)
    page.get_by_label("User name").fill("dao")
    page.get_by_label("Full name").fill("Đặng Thị Đào")
    page.get_by_label("Role").select_option("member")
    page.get_by_label("Unit", exact=True).fill("A")
    follow(page, page.get_by_role("button", name="Invite"))
    code = page.locator(".code").inner_text()
    dao = visit("nobody", "/accounts/invitation/", viewport=PHONE)
    dao.get_by_label("User name").fill("Dao")  # capitals are no matter
    dao.get_by_label("Code").fill(code)
    dao.get_by_label("New password", exact=True).fill(PASSWORD)
    dao.get_by_label("New password, once more").fill(PASSWORD)
    follow(dao, dao.locator("main button[type=submit]"))
    link(visit, "dao", "M3")
    dao.goto(f"/units/{site.world.cell_c.pk}/")
    expect(dao.get_by_role("heading", level=1)).not_to_have_text("Chi bộ thôn 2 Hạ Lâm")

    load({"member_code": "M5", "from": date(2023, 1, 1), "to": TODAY}, {"member_code": "M3", "from": TODAY})

    dao.goto("/")
    expect(dao.get_by_role("heading", level=1)).to_have_text("Chi bộ thôn 2 Hạ Lâm")
    follow(dao, dao.get_by_role("link", name="Record it").first)
    expect(dao.get_by_role("heading", level=1)).to_be_visible()
    hoa.goto("/")
    expect(hoa.get_by_role("heading", level=1)).to_have_text("Chi bộ thôn 2 Hạ Lâm")  # a member there, and no more
    expect(hoa.get_by_role("link", name="Record it")).to_have_count(0)
    page = visit("eva", "/units/{cell_c}/access/", viewport=DESK)
    row = page.get_by_role("row", name=re.compile("Đặng Thị Đào"))
    expect(row).to_contain_text("by the post “Secretary”")
    expect(row).to_contain_text("10 January 2024")
    expect(page.get_by_role("row", name=re.compile("Bùi Thị Hoa"))).to_contain_text("a member there, by the records")
    page = visit("eva", "/users/?q=hoa", viewport=DESK)
    follow(page, page.get_by_role("link", name="Bùi Thị Hoa"))
    expect(page.get_by_role("row", name=re.compile("by the post “Secretary”"))).to_contain_text("ended")


def test_who_is_away_lets_another_act_and_both_desks_say_so(visit, site):
    ana = visit("ana", "/", viewport=PHONE)
    follow(ana, ana.get_by_role("link", name="Someone acts for me"))
    ana.get_by_label("Who acts?").fill("tran van ben")
    ana.get_by_label("Last day").fill("2024-01-20")
    ana.get_by_label("Why?").fill("in hospital")
    follow(ana, ana.get_by_role("button", name="Let them act"))
    ben = visit("ben", "/", viewport=PHONE)
    expect(ben.get_by_text("You act for Nguyễn Thị An until 20 January 2024.")).to_be_visible()
    expect(ben.get_by_role("link", name="Record it").first).to_be_visible()
    ana.goto("/")
    expect(ana.get_by_text("Trần Văn Bền acts for you until 20 January 2024.")).to_be_visible()
    follow(ana, ana.get_by_role("link", name="See or end it"))
    follow(ana, ana.get_by_role("button", name=re.compile("End this")))
    expect(ana.get_by_text("Ended.")).to_be_visible()
    ben.reload()
    expect(ben.get_by_text("You act for")).to_have_count(0)
    expect(ben.get_by_role("link", name="Record it")).to_have_count(0)


def test_an_administrator_reviews_the_roles_that_are_due(visit, site):
    page = visit("eva", "/", viewport=DESK)
    follow(page, page.get_by_role("link", name=re.compile("due for their review")))
    first = page.locator("tbody tr").filter(has_text="Phạm Văn Đan")
    follow(page, first.get_by_role("button", name=re.compile("Keep")))
    expect(page.get_by_text("1 role stays.")).to_be_visible()
    expect(page.locator("tbody").get_by_text("Phạm Văn Đan")).to_have_count(0)
    boxes = page.locator("tbody input[type=checkbox]")
    for at in range(2):
        boxes.nth(at).check()
    follow(page, page.get_by_role("button", name="Keep those chosen"))
    expect(page.get_by_text("2 roles stay.")).to_be_visible()
