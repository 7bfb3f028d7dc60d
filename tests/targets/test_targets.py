"""How a figure stands to its target, and how that is said."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import Error, transaction

from chibo.core.actions import action
from chibo.core.components import Mark
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.project import sample
from chibo.targets.models import Target
from chibo.targets.queries import judge, targets_of
from chibo.targets.tiles import change_of, goal_of, mark_of, status_of, tile_of, value_of
from tests.world import AT, TODAY

YEAR = Period.parse("2023")
RATIO = registry.get("meetings.attendance")
COUNT = registry.get("members.admitted")


def target(indicator, comparator, value):
    return Target(indicator=indicator.code, comparator=comparator, value=Decimal(value))


@pytest.mark.parametrize(
    ("comparator", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("=", False, True, False),
        ("<=", True, True, False),
        ("<", True, False, False),
    ],
)
def test_a_figure_is_held_against_its_target_exactly(comparator, below, at, above):
    aim = target(RATIO, comparator, "0.9")
    for numerator, met in ((899_999, below), (900_000, at), (900_001, above)):
        assert judge(aim, Figure(RATIO, numerator, 1_000_000), YEAR, TODAY).is_met is met


def test_a_third_is_not_met_by_less_than_a_third():
    assert judge(target(RATIO, ">=", "0.333333333333"), Figure(RATIO, 1, 3), YEAR, TODAY).is_met
    assert not judge(target(RATIO, "<=", "0.333333333333"), Figure(RATIO, 1, 3), YEAR, TODAY).is_met


def test_a_count_without_a_record_counts_as_none_and_a_share_of_nothing_is_unknown():
    assert judge(target(COUNT, ">=", "1"), None, YEAR, TODAY).is_met is False
    assert judge(target(COUNT, "<=", "0"), None, YEAR, TODAY).is_met is True
    assert judge(target(RATIO, ">=", "0.9"), None, YEAR, TODAY).is_met is None
    assert judge(target(RATIO, ">=", "0.9"), Figure(RATIO, 0, 0), YEAR, TODAY).is_met is None


def test_a_target_of_a_running_period_is_not_missed_yet():
    aim = target(COUNT, ">=", "5")
    running = judge(aim, Figure(COUNT, 1, None), Period.parse("2024"), TODAY)
    over = judge(aim, Figure(COUNT, 1, None), YEAR, TODAY)
    assert (mark_of(running), mark_of(over)) == (Mark.NEAR, Mark.MISSED)
    assert status_of(COUNT, running) == "target ≥ 5 not met yet"
    assert status_of(COUNT, over) == "target ≥ 5 missed"
    assert running.share == Fraction(1, 5)


@pytest.mark.parametrize(
    ("comparator", "value", "said"),
    [(">=", "0.9", "≥ 90\u00a0%"), (">", "0.855", "> 85.5\u00a0%"), ("=", "1", "= 100\u00a0%")],
)
def test_a_target_of_a_share_is_said_in_percent(comparator, value, said):
    assert goal_of(RATIO, target(RATIO, comparator, value)) == said


def test_a_stock_changes_since_its_period_began_and_a_flow_against_the_one_before():
    stock = registry.get("village_heads.members")
    now, before = Figure(stock, 121, 130), Figure(stock, 110, 130)
    assert change_of(now, before, YEAR) == "+8.5 points since 1 January 2023"
    assert change_of(Figure(COUNT, 5, None), Figure(COUNT, 8, None), YEAR) == "−3 on 2022"
    assert change_of(now, None, YEAR) == ""


def test_a_tile_of_nothing_says_so():
    assert value_of(RATIO, None) == "–"
    assert value_of(COUNT, None) == "0"
    tile = tile_of(RATIO, None, None, target(RATIO, ">=", "0.9"), YEAR, TODAY, "")
    assert (tile.value, tile.mark) == ("–", Mark.NONE)


def test_a_tile_carries_definition_source_and_when_it_was_computed():
    tile = tile_of(RATIO, Figure(RATIO, 9, 10, AT), None, None, YEAR, TODAY, "/x")
    assert (tile.definition, tile.source, tile.computed) == (RATIO.definition, RATIO.source, AT)


def test_targets_are_found_by_unit_and_indicator(world):
    found = targets_of([world.north.pk, world.cell_a.pk], YEAR)
    assert set(found) == {
        (world.north.pk, "meetings.attendance"),
        (world.north.pk, "village_heads.members"),
        (world.cell_a.pk, "meetings.regular_held"),
    }
    figure = queries.figures([world.north.pk], YEAR)[world.north.pk]["meetings.attendance"]
    assert judge(found[world.north.pk, "meetings.attendance"], figure, YEAR, TODAY).is_met is False


def test_two_targets_of_one_figure_are_refused_by_the_database(world):
    @action("tests.aimed")
    def aim(*, by, at, **fields):
        Target.objects.create(**fields)

    same = {"unit": world.north, "indicator": "meetings.attendance", "period": "2023", "value": "1"}
    with pytest.raises(Error, match="target_once"), transaction.atomic():
        aim(**same, comparator=">=", by=None, at=AT)
    with pytest.raises(Error, match="target_comparator"), transaction.atomic():
        aim(**same | {"period": "2024"}, comparator="!=", by=None, at=AT)


def test_a_figure_is_not_over_before_its_last_day_is():
    aim, figure = target(COUNT, ">=", "5"), Figure(COUNT, 1, None)
    assert not judge(aim, figure, YEAR, date(2023, 12, 31)).is_over
    assert judge(aim, figure, YEAR, date(2024, 1, 1)).is_over
    assert figure._replace(numerator=5).exact == 5


def test_the_sample_asks_for_what_the_resolution_does_and_leaves_what_is_laid_down(world):
    code = world.north.code
    sample.targets(unit=code, years=[2021], by=None, at=AT)
    made = Target.objects.filter(unit=world.north, period="2021")
    assert made.count() == len(sample.ASKED)
    assert all(registry.get(each.indicator).has_denominator for each in made)
    sample.targets(unit=code, years=[2021, 2020], by=None, at=AT)
    sample.targets(unit="nowhere", years=[2021], by=None, at=AT)
    assert made.count() == len(sample.ASKED)
    assert Target.objects.filter(unit=world.north, period="2020").count() == len(sample.ASKED)
