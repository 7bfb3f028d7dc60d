"""A workbook of verdicts that was mended loads as it is; a load pauses where there are faults enough."""

from __future__ import annotations

import openpyxl
import pytest
from django.conf import settings
from django.utils import translation

from chibo.exchange import tasks
from chibo.exchange.loading import load
from chibo.exchange.models import Load
from chibo.exchange.verdicts import write_verdicts
from tests.exchange.small import AT, put, roll, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_verdicts_are_mended_and_loaded(language, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    (tmp_path / "uploads").mkdir()
    of = roll()
    put(of, "members", 3, "sex", "woman")
    path = write(of, tmp_path / "uploads" / "roll.xlsx")
    refused = load(path=path, file_name="roll.xlsx", by=None, at=AT)
    refused.kept_as = path.name
    with translation.override(language), (tmp_path / "verdict.xlsx").open("wb") as target:
        write_verdicts(refused, target)
    book = openpyxl.load_workbook(tmp_path / "verdict.xlsx")
    sheet = book["members"]
    column = [cell.value for cell in sheet[1]].index("sex") + 1
    assert sheet.cell(3, column).fill.fgColor.rgb == "FFF6D3CC"
    sheet.cell(3, column).value = "m"
    book.save(tmp_path / "mended.xlsx")

    done = load(path=tmp_path / "mended.xlsx", file_name="mended.xlsx", by=None, at=AT)

    assert (done.outcome, done.faults) == (Load.Outcome.DONE, [])


def test_a_column_of_verdicts_of_somebody_else_is_a_fault(tmp_path):
    of = roll()
    of["members"][0].append("verdict")
    refused = load(path=write(of, tmp_path / "roll.xlsx"), file_name="roll.xlsx", by=None, at=AT)
    assert [fault["value"] for fault in refused.faults] == ["verdict"]


def test_a_load_pauses_at_faults_enough(tmp_path):
    of = roll()
    for row in range(2, 7):
        put(of, "members", row, "sex", "woman")
    path = write(of, tmp_path / "roll.xlsx")

    paused = load(path=path, file_name="roll.xlsx", by=None, at=AT, pause_at=3)

    assert paused.outcome == Load.Outcome.REFUSED
    assert [fault["row"] for fault in paused.faults if fault["row"]] == [2, 3, 4]
    assert any("3" in fault["reason"] and fault["sheet"] is None for fault in paused.faults)
    assert tasks.MOST_FAULTS == 1_000
    assert len(load(path=path, file_name="roll.xlsx", by=None, at=AT, pause_at=5).faults) == 5
