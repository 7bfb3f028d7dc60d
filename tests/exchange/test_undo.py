"""Undoing a load: all is as it was before it, the figures too; or, where something was built on it, nothing changes."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.actions import Denied, action
from chibo.exchange.loading import load
from chibo.exchange.models import Load
from chibo.exchange.undoing import Undoing, kept_tables, undo
from chibo.indicators import folding
from chibo.meetings.models import Attendance, Meeting
from chibo.members.models import Person, Stay, TemporaryStay
from chibo.organizations.models import Lineage, Unit
from tests import rolls
from tests.exchange.small import AT, ROLL, add, load_roll, put, roll
from tests.exchange.test_any_split import PARTS
from tests.indicators.comparing import engine_figures, figures_from_facts
from tests.reference import periods_of

EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "7"))
DERIVED = (Stay, TemporaryStay, Lineage)


def everything() -> dict[str, Any]:
    """Every record and what is derived of them, whatever the keys of the derived rows."""
    found: dict[str, Any] = {}
    for each in kept_tables():
        found[each.table] = {row["id"]: row for row in each.model._base_manager.values()}
    for model in DERIVED:
        names = [f.attname for f in model._meta.concrete_fields if f.name != "id"]
        found[model._meta.db_table] = sorted(model._base_manager.values_list(*names), key=repr)
    return found


def loaded(of: Any, folder: Path) -> Load:
    path = rolls.write(of, folder / "roll.xlsx")
    done = load(path=path, file_name=path.name, by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    return done


def taken_back(of: Load) -> Load:
    undone = undo(load=of, reason="Wrong file", by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    return undone


def changed(of: Any, draw: Any) -> Any:
    """The roll with other values here and there, still within the rules."""
    rows = {sheet: [dict(row) for row in of[sheet]] for sheet in rolls.COLUMNS}
    for row in rows["units"]:
        row["name"] += draw(st.sampled_from(["", " mới"]))
    for row in rows["members"]:
        row["ethnicity"] = draw(st.sampled_from(["Kinh", "Dao", ""]))
        row["full_name"] += draw(st.sampled_from(["", " B"]))
    for row in rows["attendance"]:
        row["state"] = draw(st.sampled_from(rolls.STATES))
    for row in rows["scores"]:
        row |= rolls.points(draw(st.sampled_from(rolls.TOTALS)))
    for row in rows["departures"]:
        row["reason"] = draw(st.sampled_from(["resigned", "deceased"]))
    return rows


@pytest.mark.django_db
@settings(max_examples=EXAMPLES)
@given(of=rolls.rolls(moves=False), data=st.data())
def test_whatever_a_load_did_undone_it_never_was(of, data):
    periods = [period for year in rolls.years_of(of)[:3] for period in (str(year), *periods_of(year)[-12:])]
    first = {sheet for part in PARTS[: data.draw(st.integers(1, len(PARTS)))] for sheet in part}
    known = {sheet: of[sheet] for sheet in first}
    if len(first) == 1:
        known["units"] = of["units"][: data.draw(st.integers(1, len(of["units"])))]
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        assert loaded(known, Path(folder)).faults == []
        before, figures = everything(), engine_figures(periods)
        second = loaded(changed(of, data.draw), Path(folder))
        assert second.faults == []
        after = everything()

        taken_back(second)

        assert everything() == before
        assert engine_figures(periods) == figures == figures_from_facts(periods)
        with pytest.raises(Denied, match="undone already"):
            undo(load=second, reason="", by=None, at=AT)
        third = loaded(changed(of, lambda strategy: data.draw(strategy)), Path(folder))
        assert third.faults == []
        assert {table: len(rows) for table, rows in everything().items()} == {t: len(rows) for t, rows in after.items()}
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


@pytest.fixture
def both(tmp_path, db):
    """The small roll, but without what a second load brings: a cell, a member, a transfer, a meeting."""
    assert load_roll(roll(), tmp_path).faults == []
    of = {sheet: [ROLL[sheet][0][:]] for sheet in ("units", "members", "transfers", "meetings", "attendance")}
    add(of, "units", code="C9", name="Chi bộ 9", kind="cell", parent_code="G", founded_on=date(2023, 1, 1))
    add(of, "members", member_code="N", full_name="Người Mới", sex="f", born_on=date(1999, 1, 1), cell_code="C9",
        joined_on=date(2023, 2, 3))  # fmt: skip
    add(of, "members", member_code="E", full_name="Phạm Văn Êm", sex="m", born_on=date(1985, 1, 1), cell_code="S",
        joined_on=date(2015, 1, 1))  # fmt: skip
    add(of, "transfers", member_code="E", to_cell_code="C1", on=date(2023, 8, 1), kind="official")
    add(of, "meetings", meeting_code="M9", unit_code="C9", kind="regular", held_on=date(2023, 3, 3), period="2023-03")
    second = load_roll(of, tmp_path)
    assert second.faults == []
    folding.fold_all(by=None, at=AT)
    return second


def built_on(of: Load) -> list[tuple[str, int, bool]]:
    return [(built.table, built.rows, built.refer) for built in Undoing(of).built()]


def refused(of: Load, match: str = "built on") -> None:
    before = everything()
    with pytest.raises(Denied, match=match):
        undo(load=of, reason="", by=None, at=AT)
    assert everything() == before
    assert Load.objects.get(pk=of.pk).undone_at is None


def test_a_load_that_nothing_was_built_on_is_undone(both):
    assert built_on(both) == []
    undone = undo(load=both, reason="Wrong file", by=None, at=AT)
    assert (undone.undone_at, undone.undone_reason) == (AT, "Wrong file")
    assert not Unit.objects.filter(code="C9").exists()
    assert Person.objects.get(code="E").full_name == "Phạm Văn Em"
    assert not Stay.objects.filter(cell__code="C1", membership__person__code="E").exists()


@action("tests.later")
def later(write, *, by, at):
    write()


def test_what_was_changed_since_is_not_undone(both):
    later(lambda: Person.objects.filter(code="E").update(religion="x"), by=None, at=AT)
    assert built_on(both) == [("members_person", 1, False)]
    refused(both)


def test_what_is_referred_to_since_is_not_undone(both):
    unit = Unit.objects.get(code="C9")
    later(
        lambda: Meeting.objects.create(
            code="by hand", unit=unit, kind="regular", held_on=date(2023, 4, 3), month=date(2023, 4, 1)
        ),
        by=None,
        at=AT,
    )
    assert built_on(both) == [("meetings_meeting", 1, True)]
    refused(both)


def test_a_later_load_is_named_and_undone_first(both, tmp_path):
    of = put({"units": [ROLL["units"][0][:], ROLL["units"][1][:]]}, "units", 2, "code", "C9")
    put(put(of, "units", 2, "kind", "cell"), "units", 2, "parent_code", "G")
    put(put(of, "units", 2, "founded_on", date(2023, 1, 1)), "units", 2, "name", "Chi bộ chín")
    third = load_roll(of, tmp_path)
    assert third.faults == []
    assert [(built.table, built.load) for built in Undoing(both).built()] == [("organizations_unit", third)]
    refused(both)
    undo(load=third, reason="", by=None, at=AT)
    assert Unit.objects.get(code="C9").name == "Chi bộ 9"
    undo(load=both, reason="", by=None, at=AT)
    assert not Unit.objects.filter(code="C9").exists()


def test_what_was_recorded_since_must_still_fit(both):
    """E came to C1 by the second load and attended there since: without the transfer that could not be."""
    meeting = Meeting.objects.create

    def record() -> None:
        held = meeting(
            code="by hand", unit=Unit.objects.get(code="C1"), kind="regular", held_on=date(2023, 9, 3),
            month=date(2023, 9, 1),
        )  # fmt: skip
        Attendance.objects.create(meeting=held, person=Person.objects.get(code="E"), state="present")

    later(record, by=None, at=AT)
    assert built_on(both) == []
    refused(both, "no longer fit")


def test_a_load_that_wrote_nothing_is_not_undone(both, tmp_path):
    checked = load_roll(roll(), tmp_path, check=True)
    with pytest.raises(Denied, match="wrote nothing"):
        undo(load=checked, reason="", by=None, at=AT)
    Load.objects.filter(pk=both.pk).update(context=None)
    with pytest.raises(Denied, match="before loads could be undone"):
        undo(load=both, reason="", by=None, at=AT)


def test_every_table_a_load_writes_belongs_to_a_sheet(both):
    from chibo.exchange import sheets

    tables = {table for sheet in sheets.every() for table in (*sheet.tables, *sheet.derived)}
    assert tables <= {model._meta.db_table for model in apps.get_models()}
    assert {*Undoing(both).made, *Undoing(both).changed} <= tables
