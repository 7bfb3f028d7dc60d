"""Party age: whole years and months, leap days, interruptions; in Python and in SQL the same; badges by it."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.actions import Denied
from chibo.members import badges, lives
from chibo.members.models import Badge, Departure, Membership, Person, Suspension
from chibo.members.party_age import COUNTED, Age, Spell, after_years, between, counted, party_age, spells_of, taken_off
from tests.members.test_spells import spell
from tests.organizations.test_followers import recorded
from tests.world import AT, TODAY

D = date
days = st.dates(D(1930, 1, 1), D(2030, 12, 31))


@pytest.mark.parametrize(
    ("first", "day", "years", "months"),
    [
        (D(1994, 2, 3), D(2024, 2, 2), 29, 11),
        (D(1994, 2, 3), D(2024, 2, 3), 30, 0),
        (D(1996, 2, 29), D(2023, 2, 28), 26, 11),
        (D(1996, 2, 29), D(2023, 3, 1), 27, 0),
        (D(1996, 2, 29), D(2024, 2, 29), 28, 0),
        (D(2023, 1, 31), D(2023, 2, 28), 0, 0),
        (D(2023, 1, 31), D(2023, 3, 1), 0, 1),
        (D(2023, 1, 31), D(2023, 1, 1), 0, 0),
    ],
)
def test_years_and_months_are_whole_ones(first, day, years, months):
    assert between(first, day) == Age(years, months)


@given(first=days, years=st.integers(0, 90), before=st.integers(1, 27))
def test_years_are_full_on_their_day_and_not_before(first, years, before):
    on = after_years(first, years)
    assert between(first, on) == Age(years, 0)
    assert on == first or between(first, on - timedelta(before)) == Age(years - 1, 11)
    assert (on.month, on.day) == (first.month, first.day) or not calendar.isleap(on.year)


@given(first=days, length=st.integers(0, 30_000), cut=st.integers(0, 30_000))
def test_a_membership_cut_in_two_without_a_gap_counts_as_one(first, length, cut):
    end, middle = first + timedelta(length), first + timedelta(min(cut, length))
    whole = [Spell(first, first, None)]
    parts = [Spell(first, first, middle), Spell(middle, middle, None)]
    assert counted(parts, [], end) == counted(whole, [], end) == (first, end)


@given(first=days, gap=st.integers(0, 5000), off=st.integers(0, 400), length=st.integers(500, 20_000))
def test_interruptions_are_taken_off_day_by_day(first, gap, off, length):
    left = first + timedelta(length)
    back = left + timedelta(gap)
    spells = [Spell(first, first, left), Spell(back, back, None)]
    pause = (first + timedelta(50), first + timedelta(50 + off))
    today = back + timedelta(900)
    assert counted(spells, [pause], today) == (first + timedelta(gap + off), today)


def test_who_is_back_on_probation_keeps_the_years_of_before_and_adds_none():
    spells = [Spell(D(1990, 1, 1), D(1991, 1, 1), D(2001, 2, 1)), Spell(D(2023, 1, 1), None, None)]
    assert party_age(spells, [], D(2024, 1, 1)) == Age(11, 1)


def test_who_is_not_recognised_yet_has_no_party_age_and_then_from_the_decision_on():
    probation = [Spell(D(2020, 5, 1), None, None)]
    assert party_age(probation, [], D(2021, 6, 1)) is None
    official = [Spell(D(2020, 5, 1), D(2021, 5, 19), None)]
    assert party_age(official, [], D(2021, 5, 18)) is None
    assert party_age(official, [], D(2021, 5, 19)) == Age(1, 0)


def test_of_who_left_party_age_stands_still_on_that_day():
    spells = [Spell(D(1990, 1, 1), D(1991, 1, 1), D(2001, 2, 1))]
    assert party_age(spells, [], D(2024, 1, 1)) == Age(11, 1)


drawn = st.tuples(st.integers(0, 3000), st.integers(1, 3000), st.integers(0, 400), st.booleans(), st.integers(0, 200))


@settings(max_examples=25)
@given(parts=st.lists(drawn, min_size=1, max_size=3), later=st.integers(0, 2000), stays=st.booleans())
def test_the_database_counts_as_the_function_does(world, parts, later, stays):
    begin = D(1996, 2, 29)
    with transaction.atomic():
        person = recorded(lambda: Person.objects.create(code="X", full_name="Lý", sex="f", born_on=D(1970, 1, 1)))
        for number, (gap, length, probation, is_recognised, pause) in enumerate(parts, 1):
            joined = begin + timedelta(gap)
            begin = left = joined + timedelta(length)
            is_open = stays and number == len(parts)
            official = joined + timedelta(min(probation, length - 1)) if is_recognised else None
            given_days = {"official_on": official, "decided_on": joined - timedelta(min(gap, 20))}
            made = recorded(
                lambda j=joined, n=number, on=None if is_open else left, more=given_days: spell(
                    person, world.cell_a, j, on, n, **more
                )
            )
            until = joined + timedelta(pause) if pause else None
            off = {"membership": made, "from_on": joined, "to_on": until}
            if is_recognised and pause:
                recorded(lambda off=off: Suspension.objects.create(**off))
        day = begin + timedelta(later)
        spells = spells_of(Membership.objects.filter(person=person).select_related("departure").order_by("number"))
        off = taken_off(Suspension.objects.filter(membership__person=person).order_by("from_on"))
        with connection.cursor() as cursor:
            which = "and m.person_id = %(person)s"
            cursor.execute(COUNTED.format(which=which), {"day": day, "person": person.pk})
            found = cursor.fetchall()
        expected = counted(spells, off, day)
        assert [tuple(row[1:]) for row in found] == ([expected] if expected else [])
        transaction.set_rollback(True)


# Badges


def member(world, code, since, **more):
    person = recorded(lambda: Person.objects.create(code=code, full_name=f"Lý {code}", sex="f", born_on=D(1940, 1, 1)))
    recorded(lambda: spell(person, world.cell_a, since, official_on=since, **more))
    return person


def named(found):
    return [(each.code, each.years, each.full_on) for each in found]


def test_badges_are_awarded_on_the_days_of_the_year_laid_down(world):
    assert badges.award_days(D(2024, 1, 10)) == [D(2024, 2, 3), D(2024, 5, 19), D(2024, 9, 2), D(2024, 11, 7)]
    assert badges.award_days(D(2024, 9, 3), 2) == [D(2024, 11, 7), D(2025, 2, 3)]
    assert badges.award_day_before(D(2024, 2, 3)) == D(2023, 11, 7)
    grades = [(each.years, each.early_months) for each in badges.grades(TODAY)]
    assert grades[:2] == [(30, 12), (40, 12)] and grades[-1] == (90, 24) and len(grades) == 12


def test_who_is_due_by_each_award_day_who_is_late_and_who_may_have_it_early(world):
    member(world, "T1", D(1994, 2, 3))  # 30 years on the next award day
    member(world, "T2", D(1994, 2, 4))  # the day after
    late = member(world, "T3", D(1983, 1, 1))  # 40 years, and no badge is recorded
    member(world, "T4", D(1996, 2, 29))
    asked = badges.Asked(path=world.upland.path, day=TODAY)
    next_day, then, *_later = badges.award_days(TODAY)
    last = badges.award_day_before(TODAY)
    assert named(asked.due(last)) == [("T3", 40, D(2023, 1, 1))]
    assert named(asked.due(next_day, last)) == [("T1", 30, D(2024, 2, 3))]
    assert named(asked.due(then, next_day)) == [("T2", 30, D(2024, 2, 4))]
    assert named(asked.early()) == [("T1", 30, D(2024, 2, 3)), ("T2", 30, D(2024, 2, 4))]
    (first,) = badges.Asked(path=world.upland.path, day=TODAY, size=1).early()
    page = badges.Asked(path=world.upland.path, day=TODAY, size=1, after=[first.sort_key, first.pk])
    assert [first.code, *(each.code for each in page.early())] == ["T1", "T2"]
    assert not badges.Asked(path=world.lowland.path, day=TODAY).due(last)
    lives.award_badge(person=late, years=40, awarded_on=D(2023, 2, 3), by=world.chi, at=AT)
    assert not asked.due(last)


def test_the_family_of_who_died_shortly_before_the_years_were_full_may_be_given_the_badge(world):
    died = member(world, "T5", D(1994, 6, 1), left_on=D(2023, 12, 1))
    member(world, "T6", D(1995, 6, 1), left_on=D(2023, 12, 1))
    asked = badges.Asked(path=world.upland.path, day=TODAY)
    assert not asked.posthumous()
    recorded(lambda: Departure.objects.update(reason="deceased"))
    assert named(asked.posthumous()) == [("T5", 30, D(2024, 6, 1))]
    assert died.memberships.get().departure.reason == "deceased"


def test_a_badge_is_awarded_once_of_a_grade_there_is_by_who_may(world):
    person = member(world, "T1", D(1993, 2, 3))
    given = {"person": person, "awarded_on": D(2023, 9, 2), "at": AT}
    for more, said in (
        ({"years": 31, "by": None}, "no badge for 31"),
        ({"years": 30, "by": None, "awarded_on": D(2030, 1, 1)}, "still to come"),
        ({"years": 30, "by": None, "decided_on": D(2023, 9, 3)}, "before the award"),
        ({"years": 30, "by": world.dan}, "only in your own units"),
    ):
        with pytest.raises(Denied, match=said):
            lives.award_badge(**(given | more))
    lives.award_badge(**given, years=30, by=world.chi, number="123456", decided_on=D(2023, 8, 1))
    with pytest.raises(Denied, match="already"):
        lives.award_badge(**given, years=30, by=world.chi)
    assert Badge.objects.get().number == "123456"
    assert Membership.objects.filter(person=person).count() == 1
