"""The story of a form: its template taken home, changed, refused, laid down, looked at, and ended again."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import follow
from tests.papers.words import text

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}


@pytest.mark.parametrize("size", SIZES)
def test_an_administrator_gives_a_form_the_look_of_the_province(visit, site, tmp_path, size):
    code = {"desk": "8-KNĐ", "phone": "6-KNĐ"}[size]  # each its own: the site is shared
    page = visit("eva", "/forms/", viewport=SIZES[size])
    follow(page, page.get_by_role("link", name=code, exact=True))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the template").click()
    home = tmp_path / "home.docx"
    download.value.save_as(home)
    assert "{{ full_name }}" in text(home.read_bytes())
    assert _sent(page, _changed(home, "Vĩnh Sơn {{ ful_name }}")) == 422
    expect(page.get_by_text("perhaps full_name is meant")).to_be_visible()
    assert _sent(page, _changed(home, "Riêng của Vĩnh Sơn: {{ full_name }}")) == 200
    expect(page.get_by_text("Riêng của Vĩnh Sơn: Trần Thị Mây")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as Word file").click()
    assert "Riêng của Vĩnh Sơn: Trần Thị Mây" in text(Path(download.value.path()).read_bytes())
    follow(page, page.get_by_role("button", name="End the template of 10 January 2024"))
    expect(page.get_by_text("the shipped one holds again")).to_be_visible()
    expect(page.get_by_text("Riêng của Vĩnh Sơn")).to_have_count(0)


def _changed(home: Path, line: str) -> bytes:
    """The template as someone changed it in Word."""
    document, target = docx.Document(str(home)), io.BytesIO()
    document.add_paragraph(line)
    document.save(target)
    return target.getvalue()


def _sent(page, data: bytes) -> int:
    """Choose the file, send it; how the server answered in the end."""
    page.get_by_label("Word template").set_input_files(
        {"name": "mẫu.docx", "mimeType": "application/octet-stream", "buffer": data}
    )
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Check it and lay it down").click()
    return navigation.value.status
