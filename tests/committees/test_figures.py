"""Figures of committees: counted from terms and posts, open to them, and in step with every change."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.committees.actions import record_term
from chibo.committees.models import Term, What
from chibo.committees.queries import committee_of, posts_on, shares_of, term_on
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.members import actions
from chibo.members.models import Person, Post, PostKind
from chibo.organizations.actions import move
from chibo.organizations.trees import Tree
from tests.permission_table import signed_in
from tests.world import AT, TODAY

CODES = ("committees.seats", "committees.regulation", "committees.village_heads", "committees.agency_heads")
STRUCTURE = {
    "committees.women": What.WOMEN,
    "committees.young": What.YOUNG,
    "committees.minority": What.MINORITY,
    "committees.first_time": What.FIRST_TIME,
}


def figures(unit, period="2023", codes=CODES, tree=Tree.THEN):
    folding.fold_all(by=None, at=AT)
    found = queries.figures([unit.pk], Period.parse(period), tree=tree)[unit.pk]
    return {code: (found[code].numerator, found[code].denominator) for code in codes if code in found}


def structure(unit, period="2023", tree=Tree.THEN):
    return figures(unit, period, STRUCTURE, tree)


def of_its_page(unit, day):
    """The structure of a committee as its own page counts it."""
    committee = committee_of(posts_on(unit, day))
    shares = {share.what: share for share in shares_of(term_on(unit, day), committee, day)}
    return {code: (shares[what].of_sort, shares[what].all) for code, what in STRUCTURE.items()}


@action("tests.recorded")
def record(*, make, by, at):
    """Something recorded past every check but the database's own."""
    return make()


def recorded(make):
    return record(make=make, by=None, at=AT)


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


def test_the_structure_of_a_committee_is_in_every_month_what_its_page_counts(world):
    expected = {
        "committees.women": (1, 3), "committees.young": (1, 3), "committees.minority": (2, 3),
        "committees.first_time": (2, 3),
    }  # fmt: skip
    assert structure(world.north) == structure(world.province) == expected
    for month in Period.parse("2023").months:
        assert structure(world.north, str(month)) == of_its_page(world.north, month.last_day), month
    assert structure(world.north, "2023-06")["committees.young"] == (1, 3)  # Quý, still deputy; An is 43
    assert structure(world.south) == {}


def test_whoever_sits_in_a_committee_twice_counts_once_and_by_name_alone_only_among_all(world):
    post(world, "M1", PostKind.COMMITTEE_MEMBER, "north", date(2023, 3, 1))
    assert structure(world.north)["committees.women"] == (1, 3)
    for name in ("Lò Thị Én", "Vàng A Páo"):
        recorded(
            lambda name=name: Post.objects.create(
                unit=world.north, post=PostKind.COMMITTEE_MEMBER, holder_name=name, from_on=date(2023, 10, 1)
            )
        )
    found = structure(world.north)
    assert found == of_its_page(world.north, date(2023, 12, 31)) | {"committees.first_time": (2, 5)}
    assert found["committees.women"] == (1, 5)
    rows = list(Evidence(registry.get("committees.women"), world.north, Period.parse("2023")).all())
    assert sorted(row.label for row in rows if row.record.startswith("#")) == ["Lò Thị Én", "Vàng A Páo"]


def test_the_structure_follows_corrections_of_people_of_terms_and_of_what_they_held_before(world):
    person = Person.objects.get(code="M2")
    structure(world.north)

    def correct(**values):
        recorded(lambda: Person.objects.filter(pk=person.pk).update(**values))
        return structure(world.north)

    assert correct(sex="f")["committees.women"] == (2, 3)
    assert correct(ethnicity="Kinh")["committees.minority"] == (1, 3)
    assert correct(born_on=date(1983, 12, 31))["committees.young"] == (0, 3)  # forty that very day
    assert correct(born_on=date(1984, 1, 1))["committees.young"] == (1, 3)
    term = Term.objects.get()
    term.young_age = None
    record_term(term=term, by=None, at=AT)
    assert "committees.young" not in structure(world.north)
    recorded(
        lambda: Post.objects.create(
            unit=world.north,
            post=PostKind.COMMITTEE_MEMBER,
            person=person,
            from_on=date(2010, 7, 1),
            to_on=date(2015, 7, 1),
        )
    )
    assert structure(world.north)["committees.first_time"] == (1, 3)
    found = structure(world.province)
    folding.rebuild(by=None, at=AT)
    assert structure(world.province) == found


def test_the_structure_is_as_then_and_as_now_like_every_figure(world):
    record_term(term=Term(unit=world.cell_a, from_on=date(2022, 6, 1)), by=None, at=AT)
    post(world, "M1", PostKind.SECRETARY)
    assert structure(world.upland)["committees.women"] == (1, 1)
    move(unit=world.cell_a, to=world.lowland, on=TODAY, decision="9-QĐ/HU", by=None, at=AT)
    assert structure(world.upland)["committees.women"] == (1, 1)
    assert structure(world.upland, tree=Tree.NOW) == {}
    assert structure(world.lowland, tree=Tree.NOW)["committees.women"] == (1, 1)


@pytest.mark.parametrize("code", STRUCTURE)
def test_the_structure_opens_to_the_people_of_the_committees(world, code):
    numbers = structure(world.province)[code]
    rows = list(Evidence(registry.get(code), world.province, Period.parse("2023")).all())
    assert (sum(row.numerator for row in rows), sum(row.denominator for row in rows)) == numbers
    assert sorted(row.record for row in rows) == ["M1", "M2", "M4"]
    page = signed_in(world, "flo").get(f"/units/{world.province.pk}/figures/{code}/?period=2023")
    assert page.status_code == 200
    assert "Nguyễn Thị An" in page.content.decode()
