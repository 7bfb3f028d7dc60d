"""The diagram of a procedure, and its words; procedures that come with the program, read, printed, seeded."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from chibo.procedures import describing, diagram, editing, shipped
from chibo.procedures.checking import faults
from chibo.procedures.flow import read
from chibo.procedures.models import Version
from chibo.procedures.trying import tried
from chibo.project import documentation
from tests.procedures.conftest import SMALL, changed, name

GONE = ["send@2024-01-11", "return@2024-01-12", "send@2024-01-15"]


def test_every_step_who_acts_and_every_outcome_is_in_the_drawing_and_in_its_words():
    drawn = diagram.drawn(read(changed()))
    said = " ".join(each.text for each in drawn.words)
    for words in ("1. Prepare", "2. Check", "3. Decide", "Cell secretary, the cell", "within 5 working days", "Send",
                  "Pass", "Return", "Grant", "Granted", "Refuse", "Refused"):  # fmt: skip
        assert words in said
    assert len(drawn.told) == 3
    assert "Return → to: Prepare; with a reason" in drawn.told[1]


def test_an_outcome_that_leads_back_has_a_line_up_and_one_that_leads_on_a_line_down():
    drawn = diagram.drawn(read(changed()))
    back = [way for way in drawn.ways if "back" in way.kind]
    assert len(back) == 1
    found = re.fullmatch(r"M22 ([\d.]+)H([\d.]+)V([\d.]+)H([\d.]+)", back[0].d)
    from_y, x, to_y, _end = map(float, found.groups())
    assert to_y < from_y
    assert x <= diagram.WIDTH
    assert len([way for way in drawn.ways if re.fullmatch(r"M22 [\d.]+V[\d.]+", way.d) and way.head]) == 2


def test_the_way_of_a_case_is_marked_in_words():
    flow = read(changed())
    drawn = diagram.drawn(flow, tried(flow, date(2024, 1, 10), GONE, {}).stages)
    said = [each.text for each in drawn.words]
    assert "✓ Done on 15 January 2024 (2 times)" in said
    assert "● Stands here, until 15 February 2024 (2 times)" in said or "● Stands here, until 15 February" in " ".join(
        said
    )
    assert "✓ Return ↑ 1" in said
    assert [box.kind for box in drawn.boxes if box.kind.startswith("step")] == ["step done", "step now", "step"]
    left = changed(check={"skip": {"when": "is_grassroots", "to": "decide"}})
    flow = read(left)
    drawn = diagram.drawn(flow, tried(flow, date(2024, 1, 10), ["send@2024-01-11", "-@2024-01-11"], {}).stages)
    assert "○ Left out" in [each.text for each in drawn.words]


def test_the_drawing_carries_no_style_and_escapes_what_is_called_strangely():
    told = changed(prepare={"name": name('<b onclick="x">&')})
    page = render_to_string("procedures/diagram.html", {"diagram": diagram.drawn(read(told))})
    assert "style=" not in page
    assert "<b" not in page
    assert "&lt;b" in page


LONG = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120)


@given(st.lists(LONG, min_size=3, max_size=3), st.sampled_from(["any", "all", 3]))
def test_nothing_is_drawn_beside_the_sheet_however_things_are_called(names, need):
    steps = dict(
        zip(("prepare", "check", "decide"), ({"name": name(each), "need": need} for each in names), strict=True)
    )
    drawn = diagram.drawn(read(changed(**steps)))
    for words in drawn.words:
        assert 0 <= words.x < diagram.WIDTH
        assert 0 <= words.y <= drawn.height
        assert words.x + len(words.text) * diagram.LETTER * 0.9 < diagram.WIDTH + 5
    for box in drawn.boxes:
        assert box.x + box.width <= diagram.WIDTH
        assert box.y + box.height <= drawn.height


@given(LONG, st.integers(20, 400))
def test_wrapping_loses_no_letter(text, width):
    assert "".join("".join(diagram.wrapped(text, width)).split()) == "".join(unicodedata.normalize("NFC", text).split())


# In words


def test_a_vote_and_a_limit_are_said_as_people_say_them():
    vote = {"electorate": "x", "quorum": {"n": 1, "m": 2, "of": "summoned", "more": True},
            "carried": {"n": 2, "m": 3, "of": "present"}}  # fmt: skip
    flow = read(changed(prepare={"vote": vote, "limit": {"n": 1, "unit": "months", "since": "case", "then": "send"},
                                 "reminders": [{"days": -3}, {"days": 0, "to": "above"}]}))  # fmt: skip
    told = dict(describing.facts(flow, flow.steps[0]))
    assert told["Vote"] == ["Votes: x", "Counts with more than 1/2 of those summoned present",
                            "Carried by at least 2/3 of those present"]  # fmt: skip
    assert told["Time"] == [
        "within 1 month since the case began, then by itself: Send",
        "reminds those who act 3 days before the last day",
        "reminds the committee above on the last day",
    ]


# Those that come with the program


def _file(folder: Any, number: int, valid_from: str, **more: Any) -> None:
    told = {"code": "brought", "subject": "nothing", "number": number, "name": name("Brought"), "basis": "1-QĐ/TW",
            "valid_from": valid_from, "definition": SMALL, **more}  # fmt: skip
    (folder / f"brought-{number}.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    _file(tmp_path, 1, "2015-01-01")
    _file(tmp_path, 2, "2021-07-28")
    monkeypatch.setattr(shipped, "folders", [tmp_path])
    return tmp_path


def test_what_comes_with_the_program_is_printed_with_its_diagram(folder):
    assert [(each.code, each.number) for each in shipped.every()] == [("brought", 1), ("brought", 2)]
    page = documentation.procedures()
    assert "## Brought, version 2" in page
    assert 's2 -->|"Return"| s1' in page
    assert 's3 -->|"Grant"| e1' in page
    assert "Cell secretary, the cell" in page


def test_a_file_that_is_no_version_is_named(folder):
    (folder / "odd.json").write_text('{"code": "odd"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.json"):
        shipped.every()


@pytest.mark.django_db
def test_seeded_versions_hold_from_their_day_and_end_each_other(folder):
    with connection.schema_editor() as editor:
        shipped.seed(apps, editor, folder, ["brought-2", "brought-1"])
    found = Version.objects.filter(procedure__code="brought").order_by("number")
    assert [(each.valid_from, each.valid_to) for each in found] == [
        (date(2015, 1, 1), date(2021, 7, 28)),
        (date(2021, 7, 28), None),
    ]
    event = Version.pgh_event_models["insert"].objects.get(pgh_obj=found[1], pgh_label="insert")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["action"] == "procedures.seeded"


def test_every_procedure_that_comes_with_the_program_can_end_and_is_told_in_both_languages():
    for each in shipped.every():
        assert faults(each.definition) == [], each.code
        assert {"en", "vi"} <= set(each.name), each.code
        assert editing.sound(each.definition) == each.flow
        assert read(editing.told(each.flow)) == each.flow
