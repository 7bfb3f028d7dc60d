"""A restructuring by a workbook with faults in it: seen beside their cells, mended, rehearsed, done, taken back."""

from __future__ import annotations

import subprocess
import sys

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.restructurings.working import ON, row, workbook

BAD = (row("merge", "A", into_code="B9"), row("rename", "T-N-1"))
MENDED = (row("merge", "A", into_code="B"), row("rename", "T-N-1", name="Đảng ủy xã Lâm Thượng"))


WORKER = """
import django; django.setup()
from chibo.restructurings import tasks
from chibo.restructurings.models import Restructuring
for pk in Restructuring.objects.exclude(job="").order_by("pk").values_list("pk", flat=True):
    tasks.run_job(restructuring=pk)
"""


@pytest.fixture
def work(site):
    """Do what the worker would, beside the server that is visited."""
    return lambda: subprocess.run([sys.executable, "-c", WORKER], env=site.environment, check=True)


def is_open(page) -> bool:
    """Whether the cell that is merged is open, by the list of units."""
    other = page.context.new_page()
    other.goto("/units/?q=A")
    line = other.locator(".branch").filter(has_text="Chi bộ thôn 1 Thượng Lâm")
    expect(line).to_be_visible()
    closed = "closed" in line.inner_text()
    other.close()
    return not closed


def test_a_restructuring_by_a_workbook_with_faults_in_it(visit, work, tmp_path):
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
    expect(page.get_by_text("Correct the cells named below")).to_be_visible(timeout=20_000)
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
    expect(page.get_by_text("The rehearsal found no fault")).to_be_visible(timeout=20_000)
    assert Axe().run(page).violations_count == 0
    assert is_open(page)
    follow(page, page.get_by_role("link", name="The tree before and after"))
    before = page.get_by_role("region", name="Before")
    before.get_by_role("button", name="Units below Đảng ủy xã Thượng Lâm").click()
    expect(before.get_by_text("goes into Chi bộ thôn 10 Thượng Lâm (B)")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 360", timeout=10_000)
    page.go_back()

    follow(page, page.get_by_role("button", name="Do it whole"))
    work()
    expect(page.get_by_role("button", name="Take it back whole")).to_be_visible(timeout=20_000)
    assert not is_open(page)

    follow(page, page.get_by_role("button", name="Take it back whole"))
    work()
    expect(page.get_by_text("Taken back").first).to_be_visible(timeout=20_000)
    assert is_open(page)
