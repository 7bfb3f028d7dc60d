"""How sums are kept: each once, a year in a row, under a number that stays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.models import KeptYear, Numbered, OwnSum, Path, Sum
from chibo.organizations.actions import move
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from tests.indicators.comparing import figures_kept, kept

AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
TOTAL = "members.total"


def test_a_cell_has_only_own_sums_and_a_committee_what_came_from_below(world):
    cells = Unit.objects.filter(kind="cell")
    assert OwnSum.objects.filter(unit__in=cells).exists() and not Sum.objects.filter(unit__in=cells).exists()
    (row,) = Sum.objects.filter(unit=world.upland, year=2023, indicator__code=TOTAL)
    below = OwnSum.objects.filter(unit__path__startswith=world.upland.path, year=2023, indicator__code=TOTAL)
    assert row.n12 == sum(each.n12 for each in below) > 0


def test_a_unit_that_moves_has_a_place_more_and_no_row_of_the_past_is_written_again(world):
    before = set(OwnSum.objects.filter(unit=world.cell_b, year__lte=2023).values_list())
    move(unit=world.cell_b, to=world.lowland, on=date(2024, 1, 8), decision="3-QĐ", by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    assert before and set(OwnSum.objects.filter(unit=world.cell_b, year__lte=2023).values_list()) == before
    paths = dict(Path.objects.filter(unit=world.cell_b).values_list("place", "path"))
    assert len(paths) == len(set(paths.values())) == 2
    assert Unit.objects.get(pk=world.cell_b.pk).path in paths.values()


def test_an_indicator_keeps_its_number_and_a_new_one_gets_the_next(world):
    numbers = dict(Numbered.objects.values_list("code", "number"))
    assert set(registry.codes()) <= set(numbers)
    OwnSum.objects.filter(indicator__code=TOTAL).delete()
    Numbered.objects.filter(code=TOTAL).update(code="gone")
    folding.rebuild(by=None, at=AT)
    after = dict(Numbered.objects.values_list("code", "number"))
    assert after.pop("gone") == numbers[TOTAL]
    assert after == numbers | {TOTAL: max(numbers.values()) + 1}
    assert not OwnSum.objects.filter(indicator__code="gone").exists()


def test_what_comes_to_nothing_takes_no_room(world):
    with connection.cursor() as cursor:
        for table in ("ownsum", "sum", "shift"):
            nothing = " or ".join(f"{side}{month} = 0" for side in "nd" for month in range(1, 13))
            cursor.execute(f"select count(*) from indicators_{table} where {nothing}")
            assert cursor.fetchone() == (0,)
    assert len(kept()[0]) > OwnSum.objects.count()  # months of a row


def test_figures_are_the_sums_kept_whatever_part_of_a_year_is_asked(world):
    by_month = {
        (unit, month, code): (int(n), int(d)) for unit, month, code, n, d in figures_kept() if month.year == 2023
    }
    units = [world.south.pk, world.upland.pk, world.cell_a.pk]
    for text in ("2023-H1", "2023-Q3", "2023-04"):
        period = Period.parse(text)
        for unit, figures in queries.figures(units, period).items():
            for code, figure in figures.items():
                months = [period.last_month] if figure.indicator.over_time is registry.LAST else [
                    month.first_day for month in period.months
                ]  # fmt: skip
                found = [by_month.get((unit, month, code), (0, 0)) for month in months]
                assert figure.numerator == sum(n for n, _d in found)
                assert (figure.denominator or 0) == (sum(d for _n, d in found) if figure.denominator is not None else 0)


def test_a_year_not_kept_is_not_counted_merely_to_compare_with(world):
    year = Period.parse("2023")
    units = [world.south.pk, world.cell_a.pk]
    both = queries.figures_in(units, [year], [TOTAL], beside=year.before)
    assert both[year.before][world.south.pk][TOTAL].numerator > 0
    KeptYear.objects.filter(year=2022).delete()
    one = queries.figures_in(units, [year], [TOTAL], beside=year.before)
    assert one[year] == both[year] and one[year.before] == {unit: {} for unit in units}


@pytest.mark.parametrize("tree", Tree)
def test_the_facts_of_few_units_come_to_the_same_as_those_of_all(world, tree, monkeypatch):
    units = [world.south.pk, world.upland.pk, world.cell_a.pk]
    periods = [Period.parse("2023"), Period.parse("2023-04")]
    some = queries.figures_in(units, periods, tree=tree, kept=set())
    monkeypatch.setattr(queries, "FEW", 0)
    assert queries.figures_in(units, periods, tree=tree, kept=set()) == some
    assert some[periods[0]][world.south.pk]
