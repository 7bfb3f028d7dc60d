"""Figures of committees: counted from terms and posts, open to them, and in step with every change."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.committees.actions import record_term
from chibo.committees.models import Term
from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.members import actions
from chibo.members.models import Person, PostKind
from tests.permission_table import signed_in
from tests.world import AT, TODAY

CODES = ("committees.seats", "committees.regulation", "committees.village_heads", "committees.agency_heads")


def figures(unit, period="2023"):
    folding.fold_all(by=None, at=AT)
    found = queries.figures([unit.pk], Period.parse(period))[unit.pk]
    return {code: (found[code].numerator, found[code].denominator) for code in CODES if code in found}


def post(world, who, kind, unit="cell_a", from_on=date(2023, 2, 1), **more):
    return actions.appoint(
        unit=getattr(world, unit), post=kind, person=Person.objects.get(code=who), from_on=from_on, by=None, at=AT,
        **more,
    )  # fmt: skip


def test_seats_and_regulations_are_counted_on_the_last_day(world):
    assert figures(world.north) == {"committees.seats": (3, 5), "committees.regulation": (1, 1)}
    assert figures(world.province, "2023-06") == {"committees.seats": (3, 5), "committees.regulation": (1, 1)}
    assert figures(world.south) == {}
    term = Term.objects.get()
    term.regulation_on = date(2023, 8, 1)
    record_term(term=term, by=None, at=AT)
    assert figures(world.north, "2023-H1")["committees.regulation"] == (0, 1)
    assert figures(world.north, "2023-H2")["committees.regulation"] == (1, 1)


def test_secretaries_who_are_village_heads_are_counted_where_a_term_is_recorded(world):
    post(world, "M1", PostKind.SECRETARY)  # head of village 1
    post(world, "M4", PostKind.SECRETARY, "cell_b")
    assert "committees.village_heads" not in figures(world.upland)
    for cell in (world.cell_a, world.cell_b):
        record_term(term=Term(unit=cell, from_on=date(2022, 6, 1)), by=None, at=AT)
    assert figures(world.upland)["committees.village_heads"] == (1, 2)
    head = post(world, "M4", PostKind.VILLAGE_HEAD, "upland", place="Thôn 11", from_on=date(2023, 12, 1))
    assert figures(world.upland)["committees.village_heads"] == (2, 2)  # the post is at another unit
    assert figures(world.upland, "2023-11")["committees.village_heads"] == (1, 2)
    actions.end_post(post=head, on=date(2023, 12, 20), by=None, at=AT)
    assert figures(world.upland)["committees.village_heads"] == (1, 2)


def test_secretaries_who_head_the_agency_are_counted_where_someone_does(world):
    record_term(term=Term(unit=world.cell_d, from_on=date(2022, 6, 1)), by=None, at=AT)
    secretary = post(world, "M8", PostKind.SECRETARY, "cell_d")
    assert "committees.agency_heads" not in figures(world.south)
    head = post(world, "M6", PostKind.AGENCY_HEAD, "cell_d")
    assert figures(world.south)["committees.agency_heads"] == (0, 1)
    actions.hand_over(post=head, person=secretary.person, on=date(2023, 10, 1), by=None, at=AT)
    assert figures(world.south)["committees.agency_heads"] == (1, 1)


@pytest.mark.parametrize("code", CODES)
def test_a_figure_opens_to_its_records_and_a_rebuild_comes_to_the_same(world, code):
    record_term(term=Term(unit=world.cell_a, from_on=date(2022, 6, 1), seats=3), by=None, at=AT)
    post(world, "M1", PostKind.SECRETARY)
    post(world, "M1", PostKind.AGENCY_HEAD)
    before = figures(world.province)
    assert set(before) == set(CODES)
    rows = list(Evidence(registry.get(code), world.province, Period.parse("2023")).all())
    assert (sum(row.numerator for row in rows), sum(row.denominator for row in rows)) == before[code]
    assert len({(row.record, row.day) for row in rows}) == len(rows)
    page = signed_in(world, "flo").get(f"/units/{world.province.pk}/figures/{code}/?period=2023")
    assert page.status_code == 200
    assert ("term since 1 June 2022" if code in CODES[:2] else "Secretary") in page.content.decode()
    folding.rebuild(by=None, at=AT)
    assert figures(world.province) == before


def test_a_correction_of_a_post_moves_the_figure_of_the_past(world):
    record_term(term=Term(unit=world.cell_a, from_on=date(2022, 6, 1), seats=1), by=None, at=AT)
    begun = post(world, "M1", PostKind.SECRETARY, from_on=date(2023, 5, 1))
    assert figures(world.cell_a, "2023-03")["committees.seats"] == (0, 1)
    actions.correct_post(
        post=begun, person=begun.person, from_on=date(2023, 3, 1), to_on=TODAY, by=None, at=AT
    )  # fmt: skip
    assert figures(world.cell_a, "2023-03")["committees.seats"] == (1, 1)
