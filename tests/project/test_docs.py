"""`chibo docs`: the generated pages are printed from the code, and a stale one is told."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chibo.project.documentation import pages, table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path, settings):
    """A checkout without its generated pages."""
    (tmp_path / "docs/generated").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    settings.BASE = tmp_path / "chibo"
    return tmp_path


def test_pages_are_the_same_on_every_run_in_every_language(settings):
    first = pages(ROOT)
    settings.LANGUAGE_CODE = "vi"
    assert pages(ROOT) == first
    assert set(first) == {"api.md", "checks.md", "indicators.md", "layers.md", "procedures.md", "roles.md", "sheets.md"}


def test_a_stale_page_is_told_and_printed_anew(checkout):
    with pytest.raises(CommandError, match=r"indicators\.md"):
        call_command("docs", check=True)
    call_command("docs")
    call_command("docs", check=True)
    (checkout / "docs/generated/roles.md").write_text("other")
    (checkout / "docs/generated/gone.md").write_text("of what there was once")
    with pytest.raises(CommandError, match=r"roles\.md, gone\.md"):
        call_command("docs", check=True)
    call_command("docs")
    assert not (checkout / "docs/generated/gone.md").exists()
    call_command("docs", check=True)


def test_outside_a_checkout_it_says_so(tmp_path, settings):
    settings.BASE = tmp_path / "chibo"
    with pytest.raises(CommandError, match="checkout"):
        call_command("docs")


def test_a_bar_in_a_cell_does_not_end_it():
    assert table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |\n"
