"""Reports on either tree: made, kept and said in every form."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client

from chibo.core.periods import Period
from chibo.indicators import folding
from chibo.organizations.actions import move
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from chibo.reports import proof
from chibo.reports.actions import make_snapshot
from chibo.reports.content import report_of
from chibo.reports.files import FORMS
from chibo.reports.models import Snapshot
from chibo.reports.queries import changed_since
from tests.reports.opening import docx_texts, pdf_texts, xlsx_rows
from tests.world import AT, TODAY

HALF = Period.parse("2023-H1")  # cell D stood in the north until it ended, and stands in the south since
SAID = {Tree.THEN: "as it stood then", Tree.NOW: "as of today (10 January 2024)"}


def made(unit, tree):
    return make_snapshot(kind="half-year", unit=unit, period=HALF, by=None, at=AT, tree=tree)


def test_a_report_is_of_the_units_and_records_of_its_tree(world):
    then, now = (made(world.south, tree) for tree in Tree)
    assert (then.tree, now.tree) == (Tree.THEN, Tree.NOW)
    assert [unit["code"] for unit in then.content["below"]] == ["T-S-1"]
    assert {unit["code"] for unit in now.content["below"]} == {"T-S-1", "D"}
    for snapshot, is_there in ((then, False), (now, True)):
        kept = snapshot.evidence.get(indicator="meetings.attendance")
        rows = proof.unpacked(bytes(kept.rows))
        assert any(row.unit_code == "D" for row in rows) is is_there
        assert sum(row.numerator for row in rows) == snapshot.content["figures"]["meetings.attendance"][0]


@pytest.mark.parametrize("tree", Tree)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_tree(world, form, tree):
    written = FORMS[form].write(report_of(made(world.south, tree)), "/reports/x/")
    if form == "json":
        assert json.loads(written)["tree"] == tree.value
        return
    if form == "xlsx":
        about = xlsx_rows(written)["About"]
        assert ("Tree of units", SAID[tree]) in [tuple(cell.value for cell in row) for row in about]
        return
    text = {"html": bytes.decode, "docx": docx_texts, "pdf": pdf_texts}[form](written)
    assert f"tree of units {SAID[tree]}" in " ".join(str(text).split())


def test_what_has_changed_is_counted_on_the_tree_the_report_was_made_on(world):
    then, now = (made(world.south, tree) for tree in Tree)
    assert changed_since(report_of(then)) == changed_since(report_of(now)) == []
    south, d = (Unit.objects.get(pk=unit.pk) for unit in (world.south, world.cell_d))
    move(unit=d, to=world.north, on=TODAY, decision="9-QĐ", by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    assert changed_since(report_of(then)) == []
    assert "meetings.attendance" in {each.code for each in changed_since(report_of(now)) if each.unit.pk == south.pk}


def test_a_report_made_from_the_page_has_the_tree_of_the_page_and_its_own_page_says_so(world):
    client = Client()
    client.force_login(world.dan)
    url = f"/units/{world.south.pk}/reports/half-year/"
    shown = client.get(url, {"period": str(HALF), "tree": "now"}).content.decode()
    assert '<input type="hidden" name="tree" value="now">' in shown
    for tree in ("now", "then", "else", ""):
        answer = client.post(f"{url}make/", {"period": str(HALF), "tree": tree})
        snapshot = Snapshot.objects.get(code=answer.url.strip("/").split("/")[-1])
        assert snapshot.tree is (Tree.NOW if tree == "now" else Tree.THEN)
        assert f"tree of units {SAID[snapshot.tree]}" in client.get(answer.url).content.decode()


def test_the_command_makes_a_report_on_the_tree_asked_for(world, tmp_path):
    for arguments, tree in (([], "then"), (["--tree", "then"], "then"), (["--tree", "now"], "now")):
        file = tmp_path / "report.json"
        call_command(
            "report",
            "half-year",
            "--unit",
            "T-S",
            "--period",
            str(HALF),
            "--format",
            "json",
            "-o",
            str(file),
            *arguments,
        )
        assert json.loads(file.read_text(encoding="utf-8"))["tree"] == tree
