"""What other apps keep of a person follows when two records become one, and comes back when they are taken apart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chibo.admissions.models import Certificate, Helper, Place, Remark, Screened, Screening, Source
from chibo.core.actions import Denied, action
from chibo.duplicates import drafting
from chibo.duplicates.actions import merge, take_apart
from chibo.duplicates.queries import places_of
from chibo.files import actions as files
from chibo.files.groups import Group
from chibo.files.models import Entry, Opening
from chibo.files.queries import histories, openings_of
from chibo.members.life_models import Badge, Exemption, Suspension
from chibo.members.models import Departure, Membership, Person, Transfer
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from chibo.registers.models import PayerSpell, Payment, Relief
from tests.duplicates.people import record
from tests.duplicates.test_merging import alike_in, all_rows, make
from tests.world import AT, TODAY


@action("tests.updated")
def update(*, row, by, at, **facts):
    type(row).objects.filter(pk=row.pk).update(**facts)


def spell_of(person: Person) -> Membership:
    return Membership.objects.get(person=person)


def papers_of(person: Person, paid: date, cell: Any) -> None:
    """Something in every table that refers to a person or their membership."""
    spell = spell_of(person)
    make(Badge, person=person, years=30, awarded_on=date(2019, 5, 19))
    make(Exemption, membership=spell, from_on=date(2015, 1, 1), to_on=date(2016, 1, 1))
    make(Suspension, membership=spell, from_on=date(2017, 1, 1), to_on=date(2017, 3, 1))
    make(Payment, person=person, month=paid, cell=cell, state="paid")
    make(PayerSpell, person=person, rule="pension", from_month=paid)
    make(Relief, person=person, rule="hardship", percent=100, from_month=date(2021, 1, 1), to_month=date(2021, 4, 1))
    make(Certificate, person=person, number="1", issued_on=date(2011, 1, 1))


def listed(person: Person, cell: Any, **more: Any) -> Source:
    made = make(Source, person=person, from_on=date(2022, 1, 1), **more)
    make(Place, source=made, cell=cell, from_on=date(2022, 1, 1))
    make(Helper, source=made, person=Person.objects.get(code="M1"), from_on=date(2022, 1, 1))
    make(Remark, source=made, on=date(2022, 6, 1), text="Tốt")
    return made


def test_what_only_one_record_has_goes_over_and_what_both_have_is_one(world):
    first, second = alike_in(world)
    papers_of(first, date(2023, 1, 1), world.cell_a)
    papers_of(second, date(2023, 2, 1), world.cell_a)
    files.record(person=second, group=Group.WORK, said={"work": "Thợ nề"}, source="declared", by=None, at=AT)
    screening = make(Screening, cell=world.cell_a, year=2023, on=date(2023, 12, 1))
    make(Screened, screening=screening, person=second)
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    assert [each.month.month for each in Payment.objects.filter(person=first).order_by("month")] == [1, 2]
    for model in (Badge, Relief, Certificate, Screened, Entry):
        assert model.objects.filter(person=first).count() == 1
    for model in (Exemption, Suspension):
        assert model.objects.filter(membership__person=first).count() == 1
    (entry,) = Entry.objects.filter(person=first)
    assert [each.act for each in histories([entry])[entry.pk]] == ["recorded"]
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_of_two_on_a_list_one_goes_with_all_that_is_recorded_of_it(world):
    first, second = record(code="H1"), record(code="H2", name="Luong Thi Hanh")
    one, other = listed(first, world.cell_a), listed(second, world.cell_b, introduced_by="Đoàn xã")
    assert places_of([first.pk, second.pk], TODAY) == {first.pk: world.cell_a.pk, second.pk: world.cell_b.pk}
    before = all_rows()
    with pytest.raises(Denied, match="which of the two"):
        merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    choices = {f"rows_admissions_{name}": "second" for name in ("source_person_id", "place_source_id")}
    done = merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    assert Source.objects.get(person=first) == other
    assert Place.objects.get(source=other).cell == world.cell_b
    assert Remark.objects.filter(source=other).count() == Helper.objects.filter(source=other).count() == 1
    assert not Source.objects.filter(pk=one.pk).exists()
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


@pytest.mark.parametrize("right", ["first", "second"])
@pytest.mark.parametrize("join", ["first", "second"])
def test_of_rows_of_two_spells_those_of_the_record_that_was_chosen_stay(world, join, right):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2", cell=world.cell_b, joined_on=date(2014, 6, 1))
    for person, ends in ((first, date(2018, 1, 1)), (second, date(2018, 6, 1))):
        make(Suspension, membership=spell_of(person), from_on=date(2017, 1, 1), to_on=ends)
    before = all_rows()
    choices = {f"spell_{spell_of(second).pk}": join, "rows_members_suspension_membership_id": right}
    done = merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    assert Suspension.objects.get(membership__person=first).to_on.month == (1 if right == "first" else 6)
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_a_row_that_refers_to_both_is_set_aside_once(world):
    first, second = record(code="H1"), record(code="H2", name="Luong Thi Hanh")
    one, other = listed(first, world.cell_a), listed(second, world.cell_a)
    update(row=Helper.objects.get(source=other), person=second, by=None, at=AT)
    before = all_rows()
    choices = {"rows_admissions_source_person_id": "first", "rows_admissions_helper_source_id": "first"}
    done = merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    assert [each.source for each in Helper.objects.filter(source__person=first)] == [one]
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_openings_of_a_file_are_told_of_the_record_it_went_into(world):
    first, second = alike_in(world)
    grant(user=world.hoa, role=RoleCode.FILE_KEEPER, unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    files.open_group(person=second, group=Group.HEALTH, reason="Xác minh", by=world.hoa, at=AT)
    done = merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    assert [each.person_id for each in openings_of(first)] == [second.pk]
    take_apart(merge=done, by=world.chi, at=AT)
    assert openings_of(first) == []
    assert Opening.objects.get().person == second


def test_of_two_that_left_and_came_again_the_spells_are_numbered_anew_with_their_papers(world):
    first = record(code="H1", cell=world.cell_a, joined_on=date(2018, 6, 1))
    second = record(code="H2", cell=world.cell_b, joined_on=date(2004, 6, 1), left_on=date(2011, 1, 1))
    make(Suspension, membership=spell_of(second), from_on=date(2007, 1, 1), to_on=date(2007, 6, 1))
    make(Badge, person=second, years=30, awarded_on=date(2009, 5, 19))
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    spells = Membership.objects.filter(person=first).order_by("number")
    assert [(each.number, each.joined_on.year, each.suspensions.count()) for each in spells] == [
        (1, 2004, 1), (2, 2018, 0),
    ]  # fmt: skip
    assert Departure.objects.get(membership__person=first).on == date(2011, 1, 1)
    assert first.badges.get().years == 30
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_where_a_temporary_transfer_ended_they_no_longer_attend(world):
    first = record(code="H1", cell=world.cell_a, transfers=((date(2019, 1, 1), world.cell_b, "temporary"),))
    update(row=Transfer.objects.get(membership__person=first), ended_on=date(2019, 7, 1), by=None, at=AT)
    second = record(code="H2", cell=world.cell_a, joined_on=date(2012, 7, 1))
    choices = {f"spell_{spell_of(second).pk}": "first"}
    (spell,) = drafting.draft(first.pk, second.pk, choices).spells
    assert (world.cell_b.pk, date(2019, 1, 1), date(2019, 7, 1)) in spell.places()
