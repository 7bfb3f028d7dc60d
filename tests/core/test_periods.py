"""Periods of the calendar."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from chibo.core import clock
from chibo.core.periods import FIRST_YEAR, GRAINS, LAST_YEAR, NotAPeriod, Period, year_of

years = st.integers(FIRST_YEAR, LAST_YEAR)
periods = years.flatmap(lambda year: st.sampled_from(year_of(year)))


@given(periods)
def test_a_period_is_read_as_it_is_written(period):
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    ["", "2023-13", "2023-00", "2023-1", "2023-Q5", "2023-Q0", "2023-H3", "23", "1899", "2200", "2023-h1", "٢٠٢٣"],
)
def test_what_names_no_period_is_refused_with_the_forms_allowed(text):
    with pytest.raises(NotAPeriod, match="2023-Q3"):
        Period.parse(text)


@given(periods)
def test_a_period_is_its_months_one_after_the_other(period):
    months = period.months
    assert (months[0].first_day, months[-1].last_day) == (period.first_day, period.last_day)
    assert len(months) == period.length == GRAINS[period.grain]
    for month, following in pairwise(months):
        assert month.last_day + timedelta(days=1) == following.first_day
    assert months[-1].first_day == period.last_month


@given(periods.filter(lambda period: period.first_day.year > FIRST_YEAR))
def test_the_period_before_ends_the_day_before(period):
    assert period.before.last_day + timedelta(days=1) == period.first_day
    assert period.before < period


@given(years)
def test_a_year_has_nineteen_periods(year):
    assert len(set(year_of(year))) == len(year_of(year)) == 19


@given(st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
def test_a_day_lies_in_its_month(day):
    month = Period.month_of(day)
    assert month.first_day <= day <= month.last_day
    assert month.is_over(month.last_day + timedelta(days=1))
    assert not month.is_over(month.last_day)


def test_a_year_holds_quarters_and_a_month_does_not():
    assert Period.parse("2023").holds("quarter")
    assert not Period.parse("2023-04").holds("quarter")


def test_the_clock_stands_at_its_own_day():
    assert clock.today() == settings.CHIBO_TODAY == date(2024, 1, 10)
    assert clock.now().tzinfo is not None


def test_the_clock_runs_where_no_day_is_set(settings):
    settings.CHIBO_TODAY = None
    first = clock.now()
    assert clock.now() >= first
    assert clock.today() == clock.now().date()
