"""Evidence of many records: pages found by the sums kept are those the facts themselves give."""

from datetime import date

import pytest

from chibo.core.periods import Period
from chibo.indicators import evidence, registry
from chibo.indicators.evidence import Evidence, Filter, Row
from chibo.indicators.models import KeptYear, Mark
from chibo.organizations.models import Unit

pytestmark = pytest.mark.usefixtures("sample")
YEAR = Period.parse("2023")


def walked(code: str, unit: Unit, period: Period, which: str, size: int) -> list[Row]:
    """All records, page by page as a reader turns them."""
    asked = Evidence(registry.get(code), unit, period, only=Filter(which))
    rows: list[Row] = []
    while True:
        page = asked.page(rows[-1].key if rows else None, size)
        rows += page[:size]
        if len(page) <= size:
            return rows


@pytest.mark.parametrize("which", ["", "counted", "missed"])
@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("meetings.good", "2023"),
        ("meetings.regular_held", "2023-Q1"),
        ("members.women", "2023-05"),
        ("cells.good", "2023"),
        ("units.grassroots", "2023-H2"),
    ],
)
def test_pages_are_the_same_by_the_sums_kept(
    code: str, period: str, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district, asked = Unit.objects.get(code="HU-TD"), Period.parse(period)
    plainly = walked(code, district, asked, which, 5000)
    monkeypatch.setattr(evidence, "MANY", -1)
    assert walked(code, district, asked, which, 97) == plainly
    facts = Evidence(registry.get(code), district, asked, only=Filter(which))
    assert list(facts.all()) == plainly
    if which:
        assert facts.totals() is None
    else:
        totals = facts.totals()
        assert totals is not None and totals.rows is None
        assert totals.numerator == sum(row.numerator for row in plainly)
        assert (totals.denominator or 0) == sum(row.denominator or 0 for row in plainly)


@pytest.mark.parametrize("why", ["a year not kept", "changes not folded", "words"])
def test_where_the_sums_can_not_stand_for_the_records_these_are_asked(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = Unit.objects.get(code="HU-TD")
    monkeypatch.setattr(evidence, "MANY", -1)
    if why == "a year not kept":
        KeptYear.objects.all().delete()
    elif why == "changes not folded":
        cell = Unit.objects.filter(path__startswith=district.path).cells().order_by("pk")[0]
        Mark.objects.create(unit=cell, from_on=date(2023, 1, 1), subject="meetings")
    only = Filter(words="thon") if why == "words" else Filter()
    totals = Evidence(registry.get("meetings.good"), district, YEAR, only=only).totals()
    assert totals is not None and totals.rows
