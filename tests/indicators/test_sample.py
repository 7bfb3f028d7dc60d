"""The sample roll: every figure of every unit and period of 2023 is as expected and opens to its records."""

import gzip
import json
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.indicators.models import Mark, OwnSum, Sum
from chibo.organizations.models import Unit
from tests.indicators.comparing import differences, engine_evidence, engine_figures, figures_from_facts, kept, undone
from tests.reference import Figures, periods_of

pytestmark = pytest.mark.usefixtures("sample")
AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
FILE = Path(__file__).parent.parent / "data" / "tam-duong-2023.expected.json.gz"
EXPECTED: dict[str, Figures] = json.loads(gzip.decompress(FILE.read_bytes()))
PERIODS = periods_of(2023)
DISTRICT = "HU-TD"


def test_all_49892_values_are_as_expected_and_nothing_more() -> None:
    assert sorted(EXPECTED) == sorted(PERIODS)
    found = engine_figures(PERIODS)
    for period in PERIODS:
        assert differences(found[period], EXPECTED[period]) == [], period
    assert sum(len(figures) for units in found.values() for figures in units.values()) == 49892


def test_where_most_units_are_marked_all_own_sums_are_compared_and_it_comes_to_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with undone():
        before = kept()
        wrong = OwnSum.objects.filter(indicator__code="members.total")
        assert wrong.update(n2=F("n2") + 1)
        Mark.objects.bulk_create(
            Mark(unit=unit, from_on=date(2023, 5, 1), subject="members") for unit in Unit.objects.all()
        )
        monkeypatch.setattr(folding, "FEW", 100)
        folding.fold(by=None, at=AT)
        assert not Mark.objects.exists()
        after = kept()
        assert after[0] == before[0]  # own sums are those of the records in months before the marks as well
        assert after[1] != before[1]  # and the difference went up
        OwnSum.objects.all().delete()
        Sum.objects.all().delete()
        Mark.objects.bulk_create(Mark(unit=unit, from_on=date(2023, 5, 1), subject="") for unit in Unit.objects.all())
        folding.fold(by=None, at=AT)
        assert kept() == before


def test_a_year_that_is_not_kept_has_the_same_figures() -> None:
    found = figures_from_facts(PERIODS)
    for period in PERIODS:
        assert differences(found[period], EXPECTED[period]) == [], period


def test_a_rebuild_comes_to_the_same_sums() -> None:
    with undone():
        as_folded = kept()
        folding.rebuild(by=None, at=AT)
        assert kept() == as_folded


@pytest.mark.parametrize("indicator", registry.codes())
def test_the_evidence_of_the_whole_tree_adds_up_to_every_unit_in_every_period(indicator: str) -> None:
    root = Unit.objects.get(path__regex=r"^\d+/$")
    paths = dict(Unit.objects.values_list("pk", "path"))  # no unit of the sample was ever moved
    codes = dict(Unit.objects.values_list("pk", "code"))
    for text in PERIODS:
        period = Period.parse(text)
        if not registry.get(indicator).said_of(period):
            assert all(indicator not in figures for figures in EXPECTED[text].values())
            continue
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in Evidence(registry.get(indicator), root, period).all():
            for ancestor in paths[row.unit_id].split("/")[:-1]:
                sums[codes[int(ancestor)]][0] += row.numerator
                sums[codes[int(ancestor)]][1] += row.denominator or 0
        expected = {unit: [n or 0 for n in figures.get(indicator, [0, 0])] for unit, figures in EXPECTED[text].items()}
        assert {unit: pair for unit, pair in sums.items() if any(pair)} == {
            unit: pair for unit, pair in expected.items() if any(pair)
        }, text


@pytest.mark.parametrize(
    ("unit", "period"), [(DISTRICT, "2023"), (DISTRICT, "2023-Q1"), ("DU-01", "2023-H2"), ("DU-01-T01", "2023-04")]
)
def test_the_evidence_of_a_unit_adds_up_to_its_figures(unit: str, period: str) -> None:
    for indicator in registry.every():
        if indicator.said_of(Period.parse(period)):
            facts = engine_evidence(indicator.code, unit, period)
            nothing = [0, 0 if indicator.has_denominator else None]
            numerator, denominator = EXPECTED[period][unit].get(indicator.code, nothing)
            assert sum(fact.numerator for fact in facts) == numerator
            assert len({(fact.record, fact.day) for fact in facts}) == len(facts), "a record counted twice"
            if denominator is None:
                assert all(fact.denominator is None for fact in facts)
            else:
                assert sum(fact.denominator or 0 for fact in facts) == denominator


def test_the_figures_of_a_unit_and_year_are_two_queries(django_assert_num_queries: Any) -> None:
    unit = Unit.objects.get(code=DISTRICT)
    with django_assert_num_queries(2, connection=connection):
        assert queries.figures([unit.pk], Period.parse("2023"))[unit.pk]
