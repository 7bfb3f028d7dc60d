"""The procedures that come with the program: none has a fault, each can end from wherever a case stands."""

from __future__ import annotations

from pathlib import Path

import pytest

import chibo.lifecycle
from chibo.papers.models import Form
from chibo.procedures import registry
from chibo.procedures.checking import always_open, faults
from chibo.procedures.models import Version
from chibo.procedures.shipped import every

FOLDER = Path(chibo.lifecycle.__file__).parent / "shipped"
SHIPPED = every()


def named(each) -> str:
    return f"{each.code}.{each.number}"


def test_every_file_of_the_folder_is_shipped_and_laid_down(db):
    assert {path.stem for path in FOLDER.glob("*.json")} == {named(each) for each in SHIPPED}
    laid = {f"{each.procedure.code}.{each.number}": each for each in Version.objects.select_related("procedure")}
    for each in SHIPPED:
        version = laid[named(each)]
        assert version.definition == each.definition, "a file that was shipped is never changed: add a version"
        assert version.valid_from == each.valid_from


@pytest.mark.parametrize("each", SHIPPED, ids=named)
def test_it_has_no_fault(each):
    assert faults(each.definition) == []


@pytest.mark.parametrize("each", SHIPPED, ids=named)
def test_an_end_is_reached_from_every_step_by_every_choice_of_conditions(each):
    """From each step some outcome is open whatever holds, and steps that never turn back lead to an end."""
    flow = each.flow
    for step in flow.steps:
        assert always_open(step), step.code
        seen, todo = set(), [step.code]
        while todo:
            code = todo.pop()
            if code not in seen:
                seen.add(code)
                todo += [to for to in flow.step(code).ways() if to]
        assert any(outcome.ends for code in seen for outcome in flow.step(code).outcomes), step.code


@pytest.mark.parametrize("each", SHIPPED, ids=named)
def test_what_it_names_is_there_in_english_and_vietnamese(each, db):
    flow = each.flow
    assert each.subject in registry.subjects
    told = [each.name, *flow.results.values()]
    for step in flow.steps:
        told += [
            step.name,
            *(o.name for o in step.outcomes),
            *(p.name for p in step.papers),
            *(a.name for a in step.asks),
        ]
    assert all(name.get("en") and name.get("vi") for name in told)
    forms = {slot.form for step in flow.steps for slot in step.papers if slot.form}
    assert forms <= set(Form.objects.values_list("code", flat=True))


@pytest.mark.parametrize("each", SHIPPED, ids=named)
def test_every_result_is_reached_by_some_outcome(each):
    reached = {outcome.ends for step in each.flow.steps for outcome in step.outcomes if outcome.ends}
    assert reached == set(each.flow.results)
