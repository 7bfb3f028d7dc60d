"""What is vacant against what was approved, and since when."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.committees import vacancies
from chibo.committees.actions import record_term, set_norm
from chibo.committees.models import Term
from chibo.members import actions
from chibo.members.models import Person, PostKind
from chibo.organizations.permissions import P
from chibo.organizations.scope import scope_of
from tests.world import AT, TODAY

D = date


def at(unit, day=TODAY):
    """What is vacant at a unit: what, how many, since when, why since then."""
    return [(v.what, v.missing, v.since, v.how) for v in vacancies.at_units([unit.pk], day)]


def seat(world, who, post=PostKind.COMMITTEE_MEMBER, unit="north", from_on=TODAY, to_on=None):
    return actions.appoint(
        unit=getattr(world, unit), post=post, person=Person.objects.get(code=who), from_on=from_on, to_on=to_on,
        by=None, at=AT,
    )  # fmt: skip


def test_a_missing_deputy_is_told_once_and_the_rest_beside_it(world):
    """Approved are five, three of them standing, one a deputy; three sit there, the deputy left in July."""
    assert at(world.north) == [
        ("committee_member", 1, D(2020, 7, 1), "term"),
        ("deputy_secretary", 1, D(2023, 7, 1), "left"),
    ]


def test_a_unit_without_a_term_still_has_to_have_a_secretary(world):
    assert at(world.cell_a) == [("secretary", 1, D(2000, 2, 3), "founded")]
    seat(world, "M3", PostKind.SECRETARY, "cell_a", D(2023, 1, 1), D(2024, 1, 1))
    assert at(world.cell_a) == [("secretary", 1, D(2024, 1, 1), "left")]
    assert at(world.cell_a, D(2023, 12, 31)) == []


def test_vacancies_are_filled_oldest_first(world):
    term = Term.objects.get()
    term.seats, term.standing, term.deputies = 6, None, None
    record_term(term=term, by=None, at=AT)
    seat(world, "M3", from_on=D(2021, 1, 1), to_on=D(2022, 3, 1))
    seat(world, "M5", from_on=D(2021, 1, 1), to_on=D(2023, 4, 1))
    assert at(world.north) == [("committee_member", 3, D(2022, 3, 1), "left")]
    seat(world, "M6", from_on=D(2023, 10, 1))
    assert at(world.north) == [("committee_member", 2, D(2023, 4, 1), "left")]
    seat(world, "M3", from_on=D(2024, 1, 2))
    assert at(world.north) == [("committee_member", 1, D(2023, 7, 1), "left")]


def test_who_goes_from_one_seat_to_another_leaves_none_vacant_in_the_committee(world):
    term = Term.objects.get()
    term.seats, term.standing, term.deputies = 3, None, None
    record_term(term=term, by=None, at=AT)
    two = seat(world, "M3", from_on=D(2021, 1, 1), to_on=D(2023, 1, 1))
    seat(world, "M3", PostKind.STANDING_MEMBER, from_on=two.to_on)
    assert at(world.north) == []


def test_a_post_that_begins_tomorrow_is_vacant_today(world):
    seat(world, "M3", PostKind.SECRETARY, "cell_a", D(2024, 1, 11))
    assert [what for what, *_rest in at(world.cell_a)] == ["secretary"]
    assert at(world.cell_a, D(2024, 1, 11)) == []


def test_no_unit_that_is_closed_lacks_anybody_and_no_kind_for_which_the_rules_ask_nothing(world):
    set_norm(kind="cell", what="secretary", number=0, from_on=D(2024, 1, 5), source="x", by=world.eva, at=AT)
    assert at(world.cell_a) == []
    assert at(world.cell_a, D(2024, 1, 4)) != []
    assert at(world.cell_a, D(1999, 1, 1)) == []


def test_the_board_is_of_the_scope_oldest_first_and_paged_by_key(world, django_assert_num_queries):
    scope = scope_of(world.flo, P.POST_VIEW, TODAY)
    with django_assert_num_queries(1):
        every = vacancies.below(world.province, scope, TODAY, size=100)
    assert [(v.since, v.unit_id, v.what) for v in every] == sorted((v.since, v.unit_id, v.what) for v in every)
    assert len(every) == 10  # the north's two, and a secretary everywhere else
    pages, after = [], None
    while page := vacancies.below(world.province, scope, TODAY, after=after, size=2):
        pages += page
        after = vacancies.key_in(page[-1].key)
    assert pages == every
    theirs = vacancies.below(world.province, scope_of(world.chi, P.POST_VIEW, TODAY), TODAY, size=100)
    assert {v.code for v in theirs} == {"T-N", "T-N-1", "A", "B"}
    only = vacancies.below(world.province, scope, TODAY, what="deputy_secretary", size=100)
    assert [v.code for v in only] == ["T-N"]


@pytest.mark.parametrize("key", [None, [D(2023, 1, 1), 1, "x"]])
def test_a_key_of_no_vacancy_begins_anew(key):
    assert vacancies.key_in(key) is None
