"""Random small rolls: figures and evidence are those counted by hand, and add up as figures do."""

import os
from collections import defaultdict
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.periods import Period
from chibo.exchange.loading import load
from chibo.exchange.models import Load
from chibo.indicators import folding, registry
from chibo.indicators.models import Mark
from chibo.organizations.trees import Tree
from tests.indicators.comparing import (
    ON,
    check_figures,
    differences,
    engine_evidence,
    engine_figures,
    figures_from_facts,
    in_order,
    undone,
)
from tests.indicators.writing import changes, put
from tests.reference import INDICATORS, Reference, Roll, months_of, periods_of
from tests.rolls import rolls, write, years_of

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "6"))
AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
FLOWS = [i.code for i in registry.every() if i.over_time is registry.SUM]


def enter(roll: Roll) -> None:
    put(rows=changes(roll), by=None, at=AT)
    folding.fold_all(by=None, at=AT)


@settings(max_examples=EXAMPLES)
@given(roll=rolls())
def test_every_figure_is_the_one_counted_by_hand(roll: Roll) -> None:
    with undone():
        enter(roll)
        check_figures(Reference(roll), years_of(roll))


@settings(max_examples=EXAMPLES)
@given(roll=rolls(moves=False))
def test_a_workbook_loaded_has_the_same_figures_and_loaded_twice_changes_nothing(tmp_path: Path, roll: Roll) -> None:
    file = write(roll, tmp_path / "roll.xlsx")
    with undone():
        assert load(path=file, file_name=file.name, by=None, at=AT).faults == []
        folding.fold_all(by=None, at=AT)
        check_figures(Reference(roll), years_of(roll))
        again = load(path=file, file_name=file.name, by=None, at=AT)
        assert again.outcome == Load.Outcome.DONE
        assert all(set(rows) <= {"unchanged"} for rows in again.verdicts.values())
        assert not Mark.objects.exists()


@settings(max_examples=EXAMPLES)
@given(roll=rolls(), data=st.data())
def test_a_year_that_is_not_kept_has_the_same_figures(roll: Roll, data: st.DataObject) -> None:
    with undone():
        enter(roll)
        year = data.draw(st.sampled_from(years_of(roll)))
        for tree in Tree:
            for period, figures in figures_from_facts(periods_of(year), tree).items():
                assert differences(figures, Reference(roll).figures(period, ON[tree])) == [], (tree, period)


@settings(max_examples=EXAMPLES)
@given(roll=rolls(), data=st.data())
def test_evidence_is_the_records_counted_by_hand(roll: Roll, data: st.DataObject) -> None:
    with undone():
        enter(roll)
        reference = Reference(roll)
        year = data.draw(st.sampled_from(years_of(roll)[1:-1]))
        units = {roll["units"][0]["code"], data.draw(st.sampled_from(roll["units"]))["code"]}
        for period in {str(year), data.draw(st.sampled_from(periods_of(year)))}:
            for indicator in INDICATORS:
                if not registry.get(indicator).said_of(Period.parse(period)):
                    continue
                for unit, tree in product(units, Tree):
                    expected = in_order(reference.evidence(indicator, unit, period, ON[tree]))
                    found = engine_evidence(indicator, unit, period, tree)
                    assert found == expected, (indicator, unit, period, tree)


@settings(max_examples=EXAMPLES)
@given(roll=rolls(moves=False))
def test_a_figure_is_the_units_own_facts_and_its_childrens(roll: Roll) -> None:
    with undone():
        enter(roll)
        reference = Reference(roll)
        for period, figures in engine_figures(map(str, years_of(roll))).items():
            own: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
            for indicator in INDICATORS:
                for fact in reference.facts(indicator, period):
                    own[fact.unit, indicator][0] += fact.numerator
                    own[fact.unit, indicator][1] += fact.denominator or 0
            for unit in reference.units:
                children = [code for code, row in reference.units.items() if row.get("parent_code") == unit]
                for code in INDICATORS:
                    parts = [own[unit, code], *(_sum(figures, child, code) for child in children)]
                    assert _sum(figures, unit, code) == [sum(part) for part in zip(*parts, strict=True)], (unit, code)


@settings(max_examples=EXAMPLES)
@given(roll=rolls())
def test_a_longer_periods_flows_are_those_of_its_months(roll: Roll) -> None:
    with undone():
        enter(roll)
        year = years_of(roll)[1]
        months = engine_figures(months_of(str(year)))
        for period, whole in engine_figures(periods_of(year)[:7]).items():
            for unit in (row["code"] for row in roll["units"]):
                for code in FLOWS:
                    if registry.get(code).grain == "month":
                        parts = [_sum(months[month], unit, code) for month in months_of(period)]
                        assert _sum(whole, unit, code) == [sum(part) for part in zip(*parts, strict=True)]


def _sum(figures: dict[str, dict[str, list[int | None]]], unit: str, code: str) -> list[int]:
    return [number or 0 for number in figures.get(unit, {}).get(code, [0, 0])]
