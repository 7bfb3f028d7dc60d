"""What goes out in a workbook is what it was: text that looks like a formula is text."""

from datetime import date

import openpyxl
import pytest

from chibo.exchange.writing import write_workbook

SIGNS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org", "00012", "\t=1", "a\x07b"]


@pytest.mark.parametrize("text", SIGNS)
def test_text_stays_text(text, tmp_path):
    path = tmp_path / "out.xlsx"

    write_workbook(str(path), {"facts": ([text], [[text, 1, 2.5, date(2023, 1, 31), None, 7]])})

    sheet = openpyxl.load_workbook(path)["facts"]
    head, row = list(sheet.iter_rows())
    assert head[0].data_type == row[0].data_type == "s"
    assert row[0].hyperlink is None
    assert "\x07" in text or row[0].value == text
    assert [cell.value for cell in row[1:3]] == [1, 2.5]
    assert row[3].is_date
    assert (row[4].value, row[5].value) == (None, 7)
