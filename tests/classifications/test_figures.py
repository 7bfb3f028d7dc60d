"""Figures by classification: they add up to the unit's own, by the day, by the nearest unit above."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from chibo.classifications.models import Scheme
from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence, Filter
from chibo.portal.by_value import figures_by
from tests.classifications.test_classifying import put, value
from tests.world import AT, FOUNDED

YEAR = Period.parse("2023")


@pytest.fixture
def regions(world):
    """The north is a delta, its commune midland until July and mountains since; cell A is at the border."""
    put([world.north], value("region", "delta"), FOUNDED, by=world.chi)
    put([world.upland], value("region", "midland"), FOUNDED, by=world.chi)
    put([world.upland], value("region", "mountains"), date(2023, 7, 1), by=world.chi)
    put([world.cell_a], value("region", "border"), date(2023, 9, 30), by=world.chi)
    folding.fold_all(by=None, at=AT)
    return world


def by_code(world, unit, period, *codes):
    scheme = Scheme.objects.get(code="region")
    names = {each.pk: each.code for each in scheme.values.order_by("pk")} | {None: None}
    found = figures_by(unit, scheme, period, list(codes) or registry.codes())
    return {names[pk]: figures for pk, figures in found.figures.items()}


def test_a_month_counts_as_what_the_unit_was_on_its_last_day(regions):
    found = by_code(regions, regions.north, YEAR, "meetings.attendance")
    marked = {code: figures["meetings.attendance"].denominator for code, figures in found.items()}
    # A and B met in January, February, March and September; D stood in the north in the first half
    assert set(marked) == {"midland", "mountains", "border", "delta"}
    whole = queries.figures([regions.north.pk], YEAR, ["meetings.attendance"])[regions.north.pk]
    assert sum(marked.values()) == whole["meetings.attendance"].denominator
    assert marked["border"] == by_code(
        regions, regions.cell_a, Period.parse("2023-09"), "meetings.attendance"
    )["border"]["meetings.attendance"].denominator  # fmt: skip


@pytest.mark.parametrize("period", ["2023", "2023-H1", "2023-Q3", "2023-09", "2024-01", "2021", "2021-05"])
@pytest.mark.parametrize("name", ["province", "north", "upland", "cell_d"])
def test_all_values_together_are_the_figures_of_the_unit(regions, name, period):
    unit, period = getattr(regions, name), Period.parse(period)
    found = by_code(regions, unit, period)
    whole = queries.figures([unit.pk], period)[unit.pk]
    for code, figure in whole.items():
        of = [figures[code] for figures in found.values() if code in figures]
        assert sum(each.numerator for each in of) == figure.numerator, code
        assert sum(each.denominator or 0 for each in of) == (figure.denominator or 0), code
    assert {code for figures in found.values() for code in figures} == set(whole)


@pytest.mark.parametrize("code", ["members.total", "meetings.attendance", "meetings.regular_held", "members.admitted"])
def test_the_records_of_a_value_add_up_to_its_figure(regions, code):
    for name, figures in by_code(regions, regions.north, YEAR, code).items():
        totals = Evidence(registry.get(code), regions.north, YEAR, None, Filter(value=value("region", name))).totals()
        assert (totals.numerator, totals.denominator) == (figures[code].numerator, figures[code].denominator)


def test_the_page_leads_to_the_records_and_says_what_counts(regions):
    client = Client()
    client.force_login(regions.chi)
    scheme, border = Scheme.objects.get(code="region"), value("region", "border")
    page = client.get(f"/units/{regions.north.pk}/by/{scheme.pk}/?period=2023").content.decode()
    way = f"/units/{regions.north.pk}/figures/meetings.attendance/?period=2023&amp;value={border.pk}"
    assert way in page
    assert "nearest one above" in page
    records = client.get(way.replace("&amp;", "&")).content.decode()
    assert "Region: Border" in records
    assert "Thượng Lâm" in records


def test_the_matrix_shows_the_cells_that_count_as_a_value(regions):
    client = Client()
    client.force_login(regions.chi)
    url = f"/units/{regions.north.pk}/meetings/"
    mountains = client.get(url, {"period": "2023", "value": value("region", "mountains").pk}).content.decode()
    assert "Chi bộ thôn 10 Thượng Lâm" in mountains
    assert "Chi bộ thôn 1 Thượng Lâm" not in mountains
