"""A member's file on a phone: recorded by the secretary, opened with a reason, seen by the member."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow

PHONE = {"width": 360, "height": 740}


PREPARE = """
from chibo.accounts.models import User
from chibo.files.actions import record
from chibo.members.models import Person
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from tests.world import AT, TODAY
users, person = User.objects.in_bulk(field_name="username"), Person.objects.get(code="M2")
north = Unit.objects.get(code="T-N")
grant(user=users["chi"], role="file_keeper", unit=north, from_on=TODAY, by=users["eva"], at=AT)
said = {"relation": "Vợ", "name": "Lò Thị Mây"}
record(person=person, group="family", said=said, source="form", paper="2-KNĐ", by=None, at=AT)
print("person", person.pk)
"""


@pytest.fixture(scope="module")
def of_ben(site) -> int:
    """The number of Ben's record, whose file tells of his family; Chi keeps the files of the north too."""
    done = subprocess.run(
        [sys.executable, "-m", "chibo", "shell", "-c", PREPARE], env=site.environment, check=True, capture_output=True
    )
    return int(done.stdout.split()[-1])


def test_a_secretary_records_a_reward_on_a_phone(visit, of_ben):
    page = visit("ana", f"/members/{of_ben}/", viewport=PHONE)
    follow(page, page.get_by_role("link", name="File", exact=True))
    expect(page.get_by_text("Lò Thị Mây")).to_have_count(0)
    follow(page, page.get_by_role("link", name=re.compile("^Add ?: Rewards$")))
    page.get_by_label("Reward").fill("Giấy khen")
    page.get_by_label("Day", exact=True).fill("2023-02-03")
    follow(page, page.get_by_role("button", name="Record it"))
    expect(page.get_by_text("Give the number of the document, or the name of the form.")).to_be_visible()
    page.get_by_label("Number of the document, or name of the form").fill("15-QĐ/HU")
    follow(page, page.get_by_role("button", name="Record it"))
    expect(page.get_by_text("Source: 15-QĐ/HU")).to_be_visible()
    page.get_by_text("History: Giấy khen").click()
    expect(page.get_by_text(re.compile("Recorded, by Nguyễn Thị An"))).to_be_visible()


def test_a_keeper_says_why_and_the_member_sees_who_looked_and_takes_a_copy(visit, of_ben):
    page = visit("chi", f"/members/{of_ben}/file/", viewport=PHONE)
    follow(page, page.get_by_role("link", name=re.compile("^Open ?: Family$")))
    expect(page.get_by_text("Lò Thị Mây")).to_have_count(0)
    follow(page, page.get_by_role("button", name="Open it"))
    expect(page.get_by_text("Lò Thị Mây")).to_have_count(0)  # no reason, nothing opened
    page.get_by_label("Why?").fill("Xác minh lý lịch")
    follow(page, page.get_by_role("button", name="Open it"))
    expect(page.get_by_text("Vợ: Lò Thị Mây", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    follow(page, page.get_by_role("button", name=re.compile("^Correct ?: Vợ: Lò Thị Mây$")))
    page.get_by_label("Year of birth").fill("1996")
    follow(page, page.get_by_role("button", name="Correct it"))
    expect(page.get_by_text("What it said before stays in its history.")).to_be_visible()
    mine = visit("ben", "/me/", viewport=PHONE, accept_downloads=True)
    follow(mine, mine.get_by_role("main").get_by_role("link", name="File", exact=True))
    expect(mine.get_by_text("Xác minh lý lịch").first).to_be_visible()
    expect(mine.get_by_text("1996").first).to_be_visible()
    with mine.expect_download() as begun:
        mine.get_by_role("button", name="Copy for other programs (.json)").click()
    told = json.loads(begun.value.path().read_text(encoding="utf-8"))
    assert [each["by"] for each in told["openings"]] == ["Lê Thị Chi", "Lê Thị Chi"]
