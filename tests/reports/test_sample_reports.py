"""Reports of the sample: every figure in Word and Excel is the figure of the store, for district, commune and cell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from django.utils import translation

from chibo.core.formats import percent
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.organizations.models import Unit
from chibo.reports.files import FORMS
from chibo.reports.report import BELOW, make
from tests.reports.opening import docx_tables, xlsx_rows

pytestmark = pytest.mark.usefixtures("sample")
AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
UNITS = [("HU-TD", "annual", "2023"), ("DU-01", "half-year", "2023-H2"), ("DU-01-T01", "annual", "2023")]


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def shown(figure: Figure | None, code: str) -> str:
    """A figure as print says it."""
    indicator = registry.get(code)
    if figure is None:
        return "–" if indicator.has_denominator else "0"
    if figure.denominator is None:
        return f"{figure.numerator:,}"
    return percent(Fraction(figure.numerator, figure.denominator)) if figure.denominator else "–"


@pytest.mark.parametrize(("code", "kind", "period"), UNITS)
def test_every_figure_in_word_is_that_of_the_store(code, kind, period) -> None:
    unit, when = Unit.objects.get(code=code), Period.parse(period)
    figures = queries.figures([unit.pk], when)[unit.pk]
    labels = {str(registry.get(each).label): each for each in registry.codes()}
    with translation.override("en"):
        tables = docx_tables(FORMS["docx"].write(make(kind=kind, unit=unit, period=when, at=AT), ""))
    found = {}
    for table in tables:
        if table[0][:1] == ["Figure"]:
            for label, value, of, *_rest in table[1:]:
                each = labels[label]
                assert value == shown(figures.get(each), each)
                if found_of := re.fullmatch(r"([\d,]+) of ([\d,]+)", of):
                    found[each] = whole(found_of[1]), whole(found_of[2])
                else:
                    found[each] = whole(value), None
    assert {each: pair for each, pair in found.items() if any(pair)} == {
        each: (figure.numerator, figure.denominator) for each, figure in figures.items()
    }
    children = {child.name: child.pk for child in Unit.objects.under(unit, when.last_day)}
    codes = [each for each in BELOW if registry.get(each).said_of(when)]
    below = [table for table in tables if table[0][:1] == ["Unit"]]
    assert len(below) == bool(children)
    store = queries.figures(list(children.values()), when, codes)
    for table in below:
        assert {row[0] for row in table[1:]} == set(children)
        for name, *values in table[1:]:
            for each, value in zip(codes, values, strict=True):
                said = re.sub(r"^[✓▲■◊] ", "", value)
                assert re.sub(r"\s+[≥>=≤<] .*$", "", said) == shown(store[children[name]].get(each), each)


@pytest.mark.parametrize(("code", "kind", "period"), UNITS)
def test_every_figure_in_excel_is_that_of_the_store(code, kind, period) -> None:
    unit, when = Unit.objects.get(code=code), Period.parse(period)
    figures = queries.figures([unit.pk], when)[unit.pk]
    sheets = xlsx_rows(FORMS["xlsx"].write(make(kind=kind, unit=unit, period=when, at=AT), ""))
    report = [[cell.value for cell in row] for row in sheets["Report"]][1:]
    found = {row[-1]: (row[3], row[4]) for row in report}
    assert {each: pair for each, pair in found.items() if any(pair)} == {
        each: (figure.numerator, figure.denominator) for each, figure in figures.items()
    }
    for row in report:
        if row[-1] in figures:
            assert row[2] == pytest.approx(figures[row[-1]].value, rel=1e-15, abs=0)
    children = {child.code: child.pk for child in Unit.objects.under(unit, when.last_day)}
    store = queries.figures(list(children.values()), when)
    lines = [[cell.value for cell in row] for row in sheets.get("Units below", [])]
    assert {line[1] for line in lines[1:]} == set(children)
    for line in lines[1:]:
        by_head = dict(zip(lines[0], line, strict=True))
        for each in BELOW:
            figure, label = store[children[line[1]]].get(each), str(registry.get(each).label)
            if figure is not None:
                assert by_head[label] == pytest.approx(figure.value, rel=1e-15, abs=0)
                if figure.denominator is not None:
                    assert (by_head[f"{label}: counted"], by_head[f"{label}: of"]) == (
                        figure.numerator,
                        figure.denominator,
                    )
