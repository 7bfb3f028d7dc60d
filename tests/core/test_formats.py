"""Numbers, days and periods are written exactly, in the language of the page."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import translation

from chibo.core import formats
from chibo.core.periods import Period

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "-1"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(25, 1000), 2, "0.03"),
        (Decimal("0.285"), 2, "0.29"),
        (7, 1, "7.0"),
    ],
)
def test_halves_round_away_from_zero(value, places, shown):
    assert str(formats.half_up(value, places)) == shown


@pytest.mark.parametrize(
    ("numerator", "denominator", "english", "vietnamese"),
    [
        (121, 130, "93.1", "93,1"),
        (79_666, 86_511, "92.1", "92,1"),
        (1, 1, "100.0", "100,0"),
        (9_996, 10_000, "99.9", "99,9"),  # not all
        (99_999_999, 100_000_000, "99.9", "99,9"),
        (10_004, 10_000, "100.1", "100,1"),  # more than all
        (0, 130, "0.0", "0,0"),
        (1, 1000, "0.1", "0,1"),
        (25, 10_000, "0.3", "0,3"),
        (15, 1, "1,500.0", "1.500,0"),
    ],
)
def test_a_ratio_is_a_percentage_with_one_decimal(numerator, denominator, english, vietnamese):
    assert formats.ratio_percent(numerator, denominator) == f"{english}{NBSP}%"
    with translation.override("vi"):
        assert formats.ratio_percent(numerator, denominator) == f"{vietnamese}{NBSP}%"


@pytest.mark.parametrize("denominator", [0, None])
def test_a_ratio_of_nothing_is_a_dash(denominator):
    assert formats.ratio_percent(0, denominator) == "–"


def test_a_percentage_without_decimals_is_not_all_either():
    assert formats.percent(Fraction(999, 1000), 0) == f"99{NBSP}%"
    assert formats.percent(1, 0) == f"100{NBSP}%"


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (Fraction(17, 200), "+8.5 points"),
        (Fraction(-17, 200), "−8.5 points"),
        (Fraction(0), "±0.0 points"),
        (Fraction(1, 100_000), "±0.0 points"),
    ],
)
def test_a_difference_of_ratios_is_in_points_with_its_sign(difference, shown):
    assert formats.points(difference) == shown


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        ("0.02852", "0.02848", "+0.004 points"),  # 2.9 % and 2.8 %
        ("0.9214", "0.9206", "+0.08 points"),  # 92.1 % twice
        ("1", "0.9996", "+0.04 points"),  # 100.0 % and 99.9 %
        ("0.3", "0.215", "+8.5 points"),
        ("0.215", "0.3", "−8.5 points"),
        ("0.3", "0.3", "±0.0 points"),
    ],
)
def test_a_change_never_belies_the_ratios_beside_it(now, before, shown):
    assert formats.change_in_points(Fraction(now), Fraction(before)) == shown


def test_counts_are_grouped_as_the_language_does():
    assert formats.count(6512) == "6,512"
    assert formats.count(-1_234_567) == "−1,234,567"
    with translation.override("vi"):
        assert formats.count(6512) == "6.512"


def test_days_and_moments_are_written_in_full():
    assert formats.day(date(2024, 1, 10)) == "10 January 2024"
    assert formats.moment(datetime(2024, 1, 10, 2, 15, tzinfo=UTC)) == "10 January 2024, 09:15"
    with translation.override("vi"):
        assert formats.day(date(2024, 1, 10)) == "10/1/2024"


@pytest.mark.parametrize(
    ("period", "name"),
    [
        ("2023", "2023"),
        ("2023-H1", "first half of 2023"),
        ("2023-H2", "second half of 2023"),
        ("2023-Q3", "quarter 3 of 2023"),
        ("2023-04", "April 2023"),
    ],
)
def test_periods_have_names(period, name):
    assert formats.period_name(Period.parse(period)) == name


def test_the_day_of_a_moment_is_the_one_of_the_people_there():
    assert formats.day(datetime(2023, 12, 31, 20, tzinfo=UTC)) == "1 January 2024"
    assert formats.moment(datetime(2023, 12, 31, 20, tzinfo=UTC)) == "1 January 2024, 03:00"


def test_every_template_has_the_filters():
    template = Template("{{ a|ratio_percent:130 }} {{ b|count }} {{ c|day }} {{ none|count }}|")
    shown = template.render(Context({"a": 121, "b": 6512, "c": date(2024, 1, 10), "none": None}))
    assert shown == f"93.1{NBSP}% 6,512 10 January 2024 |"
