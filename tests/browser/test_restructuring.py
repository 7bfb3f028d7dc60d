"""A restructuring by a workbook with faults in it: seen beside their cells, mended, rehearsed, done, taken back."""

from __future__ import annotations

import os

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from playwright.sync_api import expect

from chibo.organizations.models import Unit
from chibo.restructurings import tasks
from chibo.restructurings.models import Restructuring
from tests.browser.conftest import follow
from tests.database import use
from tests.restructurings.working import ON, row, workbook

BAD = (row("merge", "A", into_code="B9"), row("rename", "T-N-1"))
MENDED = (row("merge", "A", into_code="B"), row("rename", "T-N-1", name="Đảng ủy xã Lâm Thượng"))


@pytest.fixture
def work(site, django_db_blocker, monkeypatch):
    """Do what the worker would, in the database and the folder of the server that is visited."""
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    monkeypatch.setattr(settings, "DATA", site.data)

    def run() -> None:
        with django_db_blocker.unblock():
            use(f"browser_{own}")
            for pk in list(Restructuring.objects.exclude(job="").order_by("pk").values_list("pk", flat=True)):
                tasks.run_job(restructuring=pk)
            connections.close_all()
            use(own)

    return run


def unit_is_open(django_db_blocker, code: str) -> bool:
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        use(f"browser_{own}")
        found = Unit.objects.get(code=code).closed_on is None
        connections.close_all()
        use(own)
    return found


def test_a_restructuring_by_a_workbook_with_faults_in_it(visit, work, django_db_blocker, tmp_path):
    page = visit("chi", "/restructurings/")
    page.get_by_label("What it is called").fill("Sắp xếp xã Thượng Lâm")
    page.get_by_label("The unit above all that take part").fill("T-N")
    page.get_by_label("Day on which it takes effect").fill(ON.isoformat())
    page.get_by_label("Decision").fill("15-NQ/TW")
    sheet = {"name": "reform.xlsx", "mimeType": "application/octet-stream"}
    page.get_by_label("Workbook", exact=True).set_input_files(sheet | {"buffer": workbook(*BAD)})
    follow(page, page.get_by_role("button", name="Rehearse"))
    expect(page.get_by_role("status")).to_contain_text("Being rehearsed")
    work()
    expect(page.get_by_text("Correct the cells named below")).to_be_visible()
    expect(page.get_by_text("row 2, into_code")).to_be_visible()
    expect(page.get_by_role("button", name="Do it whole")).to_have_count(0)

    follow(page, page.get_by_role("link", name="Every row with its verdict"))
    expect(page.get_by_text("has the code B9")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name="Your workbook with the verdicts").click()
    path = tmp_path / "verdicts.xlsx"
    download.value.save_as(path)
    assert openpyxl.load_workbook(path)["acts"].cell(2, 3).comment is not None

    page.get_by_label("Workbook", exact=True).set_input_files(sheet | {"buffer": workbook(*MENDED)})
    follow(page, page.get_by_role("button", name="Send and rehearse"))
    work()
    expect(page.get_by_text("The rehearsal found no fault")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    assert unit_is_open(django_db_blocker, "A")
    follow(page, page.get_by_role("link", name="The tree before and after"))
    before = page.get_by_role("region", name="Before")
    before.get_by_role("button", name="Units below Đảng ủy xã Thượng Lâm").click()
    expect(before.get_by_text("goes into Chi bộ thôn 10 Thượng Lâm (B)")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    page.go_back()

    follow(page, page.get_by_role("button", name="Do it whole"))
    work()
    expect(page.get_by_role("button", name="Take it back whole")).to_be_visible()
    assert not unit_is_open(django_db_blocker, "A")

    follow(page, page.get_by_role("button", name="Take it back whole"))
    work()
    expect(page.get_by_text("Taken back").first).to_be_visible()
    assert unit_is_open(django_db_blocker, "A")
