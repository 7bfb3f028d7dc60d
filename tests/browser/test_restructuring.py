"""Restructurings by a workbook and by hand: faults seen beside their cells, mended, rehearsed, done, taken back."""

from __future__ import annotations

import subprocess
import sys

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.browser.looking import objections
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
    page.get_by_label("Workbook (optional)", exact=True).set_input_files(sheet | {"buffer": workbook(*BAD)})
    follow(page, page.get_by_role("button", name="Rehearse"))
    expect(page.get_by_role("status")).to_contain_text("Being rehearsed")
    work()
    expect(page.get_by_text("Mend the rows named below")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("row 2, into_code")).to_be_visible()
    expect(page.get_by_role("button", name="Do it whole")).to_have_count(0)

    follow(page, page.get_by_role("link", name="Every row with its verdict"))
    expect(page.get_by_text("has the code B9")).to_be_visible()
    assert objections(page) == []
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
    assert objections(page) == []
    assert is_open(page)
    follow(page, page.get_by_role("link", name="The tree before and after"))
    before = page.get_by_role("region", name="Before")
    expect(before.get_by_text("goes into Chi bộ thôn 10 Thượng Lâm (B)")).to_be_visible()
    assert objections(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 360", timeout=10_000)
    page.go_back()

    follow(page, page.get_by_role("button", name="Do it whole"))
    work()
    expect(page.get_by_role("link", name="Take it back whole")).to_be_visible(timeout=20_000)
    assert not is_open(page)

    follow(page, page.get_by_role("link", name="Take it back whole"))
    follow(page, page.get_by_role("button", name="Take it back whole"))
    work()
    expect(page.get_by_text("Taken back").first).to_be_visible(timeout=20_000)
    assert is_open(page)


def closed(visit) -> bool:
    """Whether the commune that is merged is closed, by the list of units."""
    other = visit("flo", "/units/?q=T-S-1")
    line = other.locator(".branch").filter(has_text="T-S-1").first
    expect(line).to_be_visible()
    said = line.inner_text()
    other.close()
    return "closed" in said


def pick(page, label, words, name):
    """Type words and tick what they find."""
    field = page.locator(".picking").filter(has=page.get_by_text(label))
    field.get_by_role("searchbox").fill(words)
    choice = field.locator("label").filter(has=page.get_by_text(name, exact=True)).locator("input")
    expect(choice).to_be_visible()
    choice.check()


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, {"width": 360, "height": 740}])
def test_two_communes_are_merged_and_renamed_on_the_page_and_taken_back(visit, work, size):
    page = visit("eva", "/restructurings/", viewport=size)
    page.get_by_label("What it is called").fill("Sắp xếp hai xã")
    page.get_by_label("The unit above all that take part").fill("T")
    page.get_by_label("Day on which it takes effect").fill(ON.isoformat())
    page.get_by_label("Decision").fill("15-NQ/TW")
    follow(page, page.get_by_role("button", name="Put it together here").last)
    pick(page, "Which units close?", "lam ha", "Đảng ủy xã Hạ Lâm")
    pick(page, "Into which unit do they go?", "T-N-1", "Đảng ủy xã Thượng Lâm")
    follow(page, page.get_by_role("button", name="Add").last)
    expect(page.get_by_text("1 row added.")).to_be_visible()
    follow(page, page.get_by_role("button", name="Rename"))
    page.get_by_label("Which unit?").fill("T-N-1")
    page.get_by_label("New name").fill("Đảng ủy xã Lâm Hà")
    follow(page, page.get_by_role("button", name="Add").last)
    follow(page, page.get_by_role("button", name="Dissolve"))
    page.get_by_label("Which units are dissolved?").fill("A")
    follow(page, page.get_by_role("button", name="Add").last)
    expect(page.get_by_role("link", name="4. Dissolve")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    follow(page, page.get_by_role("button", name="Rehearse"))
    work()
    expect(page.get_by_text("Nothing can be done yet")).to_be_visible(timeout=20_000)
    follow(page, page.get_by_role("link", name="Every row with its verdict"))
    expect(page.get_by_text("Members would be left without a cell")).to_be_visible()
    assert objections(page) == []
    follow(page, page.get_by_role("link", name="4. Dissolve"))
    wrong = page.locator(".field-wrong")
    expect(wrong).to_contain_text("To which cell do its members go?")
    expect(wrong).to_contain_text("Members would be left without a cell")
    assert objections(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    pick(page, "To which cell do its members go?", "B", "Chi bộ thôn 10 Thượng Lâm")
    follow(page, page.get_by_role("button", name="Save this row").last)
    expect(page.get_by_text("Row 4 saved.")).to_be_visible()
    follow(page, page.get_by_role("button", name="Rehearse"))
    work()
    expect(page.get_by_text("The rehearsal found no fault")).to_be_visible(timeout=20_000)
    assert not closed(visit)

    follow(page, page.get_by_role("button", name="Do it whole"))
    work()
    expect(page.get_by_role("link", name="Take it back whole")).to_be_visible(timeout=20_000)
    assert closed(visit)
    follow(page, page.get_by_role("link", name="Take it back whole"))
    follow(page, page.get_by_role("button", name="Take it back whole"))
    work()
    expect(page.get_by_text("Taken back").first).to_be_visible(timeout=20_000)
    assert not closed(visit)
