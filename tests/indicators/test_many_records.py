"""Evidence of many records: pages found by the sums kept are those the facts themselves give."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from chibo.core.actions import action
from chibo.core.clock import now
from chibo.core.periods import Period
from chibo.indicators import evidence, folding, registry
from chibo.indicators.evidence import Evidence, Filter, Row
from chibo.indicators.models import KeptYear, Mark
from chibo.meetings.models import Attendance, Meeting, Score
from chibo.organizations import acts
from chibo.organizations.actions import move
from chibo.organizations.models import Act, Unit
from chibo.organizations.trees import Tree

YEAR = Period.parse("2023")
AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def undone(sample: None) -> Iterator[None]:
    """What a test does to the sample is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def walked(code: str, unit: Unit, period: Period, which: str, size: int, tree: Tree = Tree.THEN) -> list[Row]:
    """All records, page by page as a reader turns them."""
    asked = Evidence(registry.get(code), unit, period, only=Filter(which), tree=tree)
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


@action("tests.changed")
def change(*, district: Unit, by: None, at: datetime) -> Unit:
    """Records of four cells change, and of one there are none any more, without a fold; that one."""
    first, *others = Unit.objects.filter(path__startswith=district.path).cells().order_by("sort_key", "pk")[:5]
    Attendance.objects.filter(meeting__unit__in=others, state="present").update(state="absent", reason="")
    theirs = Meeting.objects.filter(unit=first)
    Score.objects.filter(meeting__in=theirs).delete()
    Attendance.objects.filter(meeting__in=theirs).delete()
    assert Mark.objects.filter(unit=first, from_on__year=2023).exists()
    return first


@pytest.mark.parametrize("tree", Tree)
@pytest.mark.parametrize("which", ["", "counted", "missed"])
@pytest.mark.parametrize(("code", "period"), [("meetings.attendance", "2023"), ("meetings.good", "2023-Q2")])
def test_what_is_not_folded_yet_is_told_by_its_records(
    code: str, period: str, which: str, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    district, asked = Unit.objects.get(code="HU-TD"), Period.parse(period)
    before = Evidence(registry.get(code), district, asked, tree=tree).totals()
    gone = change(district=district, by=None, at=now())
    plainly = walked(code, district, asked, which, 5000, tree)
    assert gone.pk not in {row.unit_id for row in plainly}
    counted = Evidence(registry.get(code), district, asked, tree=tree).totals()
    monkeypatch.setattr(evidence, "MANY", -1)
    assert walked(code, district, asked, which, 97, tree) == plainly
    totals = Evidence(registry.get(code), district, asked, tree=tree).totals()
    assert totals is not None and totals.rows is None and counted is not None
    assert (totals.numerator, totals.denominator) == (counted.numerator, counted.denominator)
    assert before is not None and (before.numerator, before.denominator) != (totals.numerator, totals.denominator)


def put_elsewhere(how: str, first: Unit, second: Unit) -> None:
    """A cell with records goes from one committee to another, and perhaps back; what came last is not folded."""
    cell = Unit.objects.filter(path__startswith=first.path).cells().order_by("pk")[0]

    def to(unit: Unit, on: date) -> None:
        move(unit=Unit.objects.get(pk=cell.pk), to=unit, on=on, decision="7-QĐ", by=None, at=AT)

    to(second, date(2023, 8, 1))
    if how == "moved":
        return
    folding.fold_all(by=None, at=AT)
    if how == "moved again, after all that is asked":
        to(first, date(2024, 2, 1))
    else:
        acts.reverse(act=Act.objects.get(decision="7-QĐ"), by=None, at=AT)


@pytest.mark.parametrize("tree", Tree)
@pytest.mark.parametrize("how", ["moved", "moved again, after all that is asked", "taken back"])
def test_a_unit_that_moved_and_is_not_folded_yet_is_counted_once_where_it_belongs(
    how: str, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = Unit.objects.get(code="HU-TD")
    committees = Unit.objects.filter(path__startswith=district.path, kind="grassroots_committee").order_by("pk")
    first, second = [each for each in committees if Unit.objects.filter(path__startswith=each.path).count() > 5][:2]
    put_elsewhere(how, first, second)
    for code in ("meetings.attendance", "meetings.regular_held"):
        for unit in (first, second, district):
            plainly = Evidence(registry.get(code), unit, YEAR, tree=tree).totals()
            rows = walked(code, unit, YEAR, "", 5000, tree)
            with monkeypatch.context() as patch:
                patch.setattr(evidence, "MANY", -1)
                totals = Evidence(registry.get(code), unit, YEAR, tree=tree).totals()
                assert walked(code, unit, YEAR, "", 97, tree) == rows
            assert totals is not None and plainly is not None and totals.rows is None
            assert totals.numerator == plainly.numerator == sum(row.numerator for row in rows), (code, unit)
            assert totals.denominator == sum(row.denominator or 0 for row in rows), (code, unit)


def test_changes_of_another_time_or_of_other_records_are_none_of_a_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    district = Unit.objects.get(code="HU-TD")
    cell = Unit.objects.filter(path__startswith=district.path).cells().order_by("pk")[0]
    Mark.objects.create(unit=cell, from_on=date(2024, 1, 1), to_on=date(2024, 2, 1), subject="meetings")
    Mark.objects.create(unit=cell, from_on=date(2023, 1, 1), subject="committees")
    monkeypatch.setattr(evidence, "MANY", -1)
    asked = Evidence(registry.get("meetings.attendance"), district, YEAR)
    assert asked._kept is not None and asked._kept[1] == []


@pytest.mark.parametrize("why", ["a year not kept", "too many changes not folded", "words"])
def test_where_the_sums_can_not_stand_for_the_records_these_are_asked(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = Unit.objects.get(code="HU-TD")
    monkeypatch.setattr(evidence, "MANY", -1)
    if why == "a year not kept":
        KeptYear.objects.all().delete()
    elif why == "too many changes not folded":
        monkeypatch.setattr(evidence, "CHANGED", 0)
        cell = Unit.objects.filter(path__startswith=district.path).cells().order_by("pk")[0]
        Mark.objects.create(unit=cell, from_on=date(2023, 1, 1), subject="meetings")
    only = Filter(words="thon") if why == "words" else Filter()
    totals = Evidence(registry.get("meetings.good"), district, YEAR, only=only).totals()
    assert totals is not None and totals.rows
