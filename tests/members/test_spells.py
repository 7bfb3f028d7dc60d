"""More than one membership a person: never two at once, whoever writes; each in its own days everywhere."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.accounts.models import User
from chibo.core.actions import action
from chibo.core.spans import holding
from chibo.exchange.undoing import undo
from chibo.members import queries
from chibo.members.actions import appoint, link_user, restay
from chibo.members.models import Departure, Membership, Person, Post, Stay, Transfer
from chibo.members.stays import renumber
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.scope import Scope
from tests.exchange.small import load_roll, reasons, roll, rows_of_everything
from tests.integrity.test_checks import found
from tests.organizations.test_followers import recorded
from tests.organizations.test_two_at_once import meanwhile
from tests.world import AT, TODAY

D = date
LEFT = D(2023, 8, 20)  # when M9 of the world left cell D
BACK = D(2023, 11, 5)
DAY_ONE = D(2000, 1, 1)
EVERYWHERE = Scope(subtrees=("",))


def spell(person, cell, joined_on, left_on=None, number=1, **more):
    """A spell past every check but the database's own."""
    made = Membership.objects.create(person=person, cell=cell, joined_on=joined_on, number=number, **more)
    if left_on:
        Departure.objects.create(membership=made, on=left_on, reason="resigned")
    restay([made.pk])
    return made


def at_once():
    """What the database says at commit."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
    except IntegrityError:
        return False
    return True


@pytest.fixture
def back(world):
    """M9, who had left cell D, is a member again, of cell A."""
    person = Person.objects.get(code="M9")
    return recorded(lambda: spell(person, world.cell_a, BACK, number=2))


spans = st.tuples(st.integers(0, 40), st.integers(1, 20), st.booleans())


@settings(max_examples=60)
@given(st.lists(spans, min_size=1, max_size=4))
def test_the_database_takes_spells_exactly_if_none_overlap(world, drawn):
    days = [(begin, None if is_open else begin + length) for begin, length, is_open in drawn]
    days.sort(key=lambda each: each[0])
    expected = all(left is not None and left <= begin for (_, left), (begin, _) in pairwise(days))
    if len({begin for begin, _ in days}) < len(days):
        return  # of two that begin on one day the first would have no day
    with transaction.atomic():
        person = recorded(lambda: Person.objects.create(code="X", full_name="Lý", sex="f", born_on=D(1970, 1, 1)))
        for number, (begin, left) in enumerate(days, 1):
            left_on = DAY_ONE + timedelta(left) if left else None
            recorded(lambda n=number, b=begin, on=left_on: spell(person, world.cell_a, DAY_ONE + timedelta(b), on, n))
        assert at_once() == expected
        transaction.set_rollback(True)


def test_numbers_of_spells_follow_their_days(world, back):
    first = Membership.objects.get(person=back.person, number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        recorded(lambda: Membership.objects.filter(pk=back.pk).update(number=3))
        connection.check_constraints()
    recorded(lambda: Membership.objects.filter(pk=back.pk).update(joined_on=D(2001, 1, 1)))
    recorded(lambda: Departure.objects.create(membership=back, on=D(2002, 1, 1), reason="resigned"))
    assert not at_once()
    recorded(lambda: renumber([back.person_id]))
    assert at_once()
    assert list(Membership.objects.filter(person=back.person).order_by("number")) == [back, first]


@pytest.mark.parametrize("change", ["longer", "gone"])
def test_a_departure_can_no_longer_be_moved_past_the_next_spell_or_taken_back(world, back, change):
    departure = Departure.objects.filter(membership__person=back.person)
    with transaction.atomic():
        recorded((lambda: departure.update(on=BACK + timedelta(1))) if change == "longer" else departure.delete)
        assert not at_once()
        transaction.set_rollback(True)


@action("tests.admitted_again")
def admit_again(*, person, cell, joined_on, number, by, at):
    spell(person, cell, joined_on, number=number)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # as at commit: the person is held from here on


@action("tests.stayed")
def take_back(*, person, by, at):
    Departure.objects.filter(membership__person=person).delete()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def test_of_two_who_admit_the_same_person_at_once_one_is_refused(committed_world):
    world = committed_world
    given = {"person": Person.objects.get(code="M9"), "joined_on": BACK, "number": 2, "by": None, "at": AT}
    error = meanwhile(admit_again, given | {"cell": world.cell_a}, given | {"cell": world.cell_b})
    assert isinstance(error, IntegrityError), error
    assert Membership.objects.get(person__code="M9", number=2).cell == world.cell_a


def test_whoever_takes_a_departure_back_while_the_person_is_admitted_again_is_refused(committed_world):
    person = Person.objects.get(code="M9")
    first = {"person": person, "cell": committed_world.cell_a, "joined_on": BACK, "number": 2, "by": None, "at": AT}
    error = meanwhile(admit_again, first, {"person": person, "by": None, "at": AT}, take_back)
    assert isinstance(error, IntegrityError), error
    assert Departure.objects.filter(membership__person=person).exists()


def test_lists_show_who_is_back_once_and_in_the_spell_of_the_day(world, back):
    def found(day):
        stays = queries.present(EVERYWHERE, day).filter(membership__person=back.person)
        return [(stay.cell_id, stay.membership.number) for stay in stays.select_related("membership").order_by("pk")]

    assert found(LEFT - timedelta(1)) == [(world.cell_d.pk, 1)]
    assert found(LEFT) == found(BACK - timedelta(1)) == []
    assert found(TODAY) == [(world.cell_a.pk, 2)]
    left = Stay.objects.filter(queries.left_by(TODAY), membership__person=back.person)
    assert not left.exists()
    assert Stay.objects.filter(queries.left_by(LEFT), membership__person=back.person).count() == 1


def test_who_is_back_is_no_longer_shown_as_left_nor_far_from_the_cell_of_today(world, back):
    for day, cell in ((LEFT, world.cell_d), (TODAY, world.cell_a)):
        near = Stay.objects.filter(queries.near(Scope(units=(cell.path,)), day), membership__person=back.person)
        assert near.count() == 2, day  # both spells, as it is one person
        other = world.cell_a if cell == world.cell_d else world.cell_d
        near = Stay.objects.filter(queries.near(Scope(units=(other.path,)), day), membership__person=back.person)
        assert not near.exists(), day
        assert queries.place_on(queries.stays_of(back.person_id), day).cell == cell


def test_the_page_of_a_member_tells_of_all_spells(client, world, back):
    client.force_login(world.ana)
    page = client.get(reverse("member", args=[back.person_id])).content.decode()
    assert page.count("Admitted to the Party again") == 1
    assert "No longer a member: Deceased" in page
    assert "5 November 2023" in page


def test_checks_know_that_who_is_back_is_a_member_and_no_double(world, back):
    for code in ("members.doubles", "users.of_departed", "posts.of_those_who_left", "members.too_young"):
        assert not [row for row in found(code) if back.person_id in row[:4]], code
    recorded(lambda: Departure.objects.create(membership=back, on=TODAY, reason="deceased"))
    post = {"unit": world.cell_d, "post": "village_head", "person": back.person, "from_on": D(2023, 1, 1)}
    recorded(lambda: Post.objects.create(**post))
    assert [row[1] for row in found("posts.of_those_who_left") if row[1] == back.person_id]


def test_a_role_by_a_post_of_the_first_spell_does_not_come_back_with_the_second(world, back):
    user = User.objects.create(username="kim", full_name="Kim")
    link_user(person=back.person, user=user, by=None, at=AT)
    appoint(unit=world.cell_b, post="secretary", person=back.person, from_on=D(2023, 1, 1), by=None, at=AT)
    appoint(unit=world.cell_a, post="secretary", person=back.person, from_on=BACK, by=None, at=AT)
    held = {grant.unit_id: grant.to_on for grant in Grant.objects.filter(user=user, source=Source.POST)}
    assert held == {world.cell_b.pk: LEFT, world.cell_a.pk: None}


# The workbook, version 1


def rows_of_records():
    """The rows of the roll, without history and marks."""
    stays = Stay.objects.order_by("membership", "from_on").values_list("membership", "cell", "from_on", "to_on")
    return [[*stays], *([*model.objects.order_by("pk").values_list()] for model in (Membership, Transfer, Departure))]


@pytest.fixture
def again(tmp_path, db):
    """The small roll is loaded, and C, who had left, is admitted again by decision."""
    load_roll(roll(), tmp_path)
    cell = Unit.objects.get(code="S")
    return recorded(lambda: spell(Person.objects.get(code="C"), cell, D(2024, 2, 1), number=2))


def test_the_file_of_the_first_spell_loaded_again_changes_nothing(again, tmp_path):
    before = rows_of_everything()
    load = load_roll(roll(), tmp_path)
    assert {name for runs in load.verdicts.values() for name in runs} == {"unchanged"}
    assert rows_of_everything() == before


def test_a_row_of_members_speaks_of_the_spell_it_names_or_else_of_the_newest(again, tmp_path):
    head = roll()["members"][0]
    newest = ["C", "Lê Thị Chi", "f", D(1990, 2, 28), None, "S", D(2024, 2, 2), None, None]
    load = load_roll({"members": [head, newest]}, tmp_path)
    assert not reasons(load)
    assert [*Membership.objects.filter(person__code="C").order_by("number").values_list("joined_on", flat=True)] == [
        D(2020, 1, 1), D(2024, 2, 2)
    ]  # fmt: skip
    first = ["C", "Lê Thị Chi", "f", D(1990, 2, 28), None, "C2", D(2020, 1, 1), D(2021, 1, 1), None]
    assert not reasons(load_roll({"members": [head, first]}, tmp_path))
    assert Membership.objects.get(person__code="C", number=1).official_on == D(2021, 1, 1)
    assert Membership.objects.get(person__code="C", number=2).official_on is None


def test_acts_belong_to_the_spell_begun_before_them_and_undo_takes_them_back(again, tmp_path):
    before = rows_of_records()
    load = load_roll(
        {
            "transfers": [
                roll()["transfers"][0],
                ["C", "C1", D(2023, 7, 15), "official"],
                ["C", "C1", D(2024, 3, 1), "official"],
            ],
            "departures": [["member_code", "on", "reason"], ["C", D(2024, 5, 1), "resigned"]],
        },
        tmp_path,
    )
    assert not reasons(load)
    acts = Transfer.objects.filter(membership__person__code="C").order_by("on")
    assert [*acts.values_list("membership__number", flat=True)] == [1, 2]
    assert [*Departure.objects.filter(membership__person__code="C").order_by("on").values_list("on", flat=True)] == [
        D(2023, 9, 1), D(2024, 5, 1)
    ]  # fmt: skip
    stays = Stay.objects.filter(holding(D(2024, 4, 1)), membership__person__code="C")
    assert stays.get().cell.code == "C1"
    undo(load=load, reason="", by=None, at=AT)
    assert rows_of_records() == before


@pytest.mark.parametrize("joined_on", [D(2023, 8, 31), D(2021, 1, 1)])
def test_a_second_spell_is_not_moved_into_the_days_of_the_first(again, tmp_path, joined_on):
    row = ["C", "Lê Thị Chi", "f", D(1990, 2, 28), None, "C2", joined_on, None, None]
    load = load_roll({"members": [roll()["members"][0], row]}, tmp_path)
    assert "a member already" in reasons(load)


def test_someone_known_who_was_no_member_becomes_one_by_the_workbook(tmp_path, db):
    load_roll(roll("units"), tmp_path)
    known = recorded(lambda: Person.objects.create(code="A", full_name="Nguyễn An", sex="f", born_on=D(1981, 1, 1)))
    assert not reasons(load_roll(roll("units", "members", "transfers"), tmp_path))
    known.refresh_from_db()
    assert (known.full_name, known.memberships.get().joined_on) == ("Nguyễn Thị An", D(2010, 5, 19))
    other = recorded(lambda: Person.objects.create(code="Z", full_name="Vũ Thị Dung", sex="f", born_on=D(1981, 1, 1)))
    load = load_roll(
        {"departures": [["member_code", "on", "reason"], [other.code, D(2024, 1, 1), "resigned"]]}, tmp_path
    )
    assert reasons(load)
