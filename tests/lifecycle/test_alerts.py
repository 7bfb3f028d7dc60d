"""Who the records put under a ground for the removal of their name, and who sees it."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.admissions import screening
from chibo.core.actions import Denied, action
from chibo.lifecycle import alerts as grounds
from chibo.lifecycle.actions import note_ground, strike_ground
from chibo.lifecycle.forms import NoteForm
from chibo.lifecycle.models import Note
from chibo.meetings.models import Kind, State
from chibo.members.models import Membership, Person
from chibo.organizations.scope import Scope
from chibo.registers.models import DuesMonth, Paid, Payment
from tests.lifecycle.going import Office, begun, miss, step
from tests.permission_table import signed_in
from tests.world import AT, TODAY

D = date


def found(world, unit="cell_a", today=TODAY, most=50, after=None):
    unit = getattr(world, unit)
    listed = grounds.alerts(unit, Scope(subtrees=(world.province.path,)), today, most, after)
    return {each.code: [(told.sort, told.ground) for told in each.told] for each in listed}


def person(code):
    return Person.objects.get(code=code)


@action("tests.unpaid")
def leave_unpaid(*, code, cell, months, reason="", by, at):
    """Months noted as not paid."""
    for month in months:
        DuesMonth.objects.get_or_create(cell=cell, month=month, defaults={"at": at})
        Payment.objects.create(person=person(code), month=month, cell=cell, state=Paid.UNPAID, reason=reason)


@action("tests.exempted")
def exempt(*, code, on, by, at):
    Membership.objects.filter(person__code=code).update(exempt_from=on)


def months(*numbers, year=2023):
    return [date(year, n, 1) for n in numbers]


def test_three_months_absent_in_the_year_are_told_two_are_not(world):
    miss(code="M1", cell=world.cell_a, months=months(5, 7), by=None, at=AT)
    assert found(world) == {}
    miss(code="M1", cell=world.cell_a, months=months(10), by=None, at=AT)
    assert found(world) == {"M1": [("absent", "absent")]}
    assert found(world, "province") == {"M1": [("absent", "absent")]}
    assert found(world, "cell_c") == {}


def test_who_came_in_the_same_month_or_was_excused_or_missed_another_sort_of_meeting_is_not_told(world):
    miss(code="M1", cell=world.cell_a, months=months(5, 6, 7), by=None, at=AT)
    miss(code="M1", cell=world.cell_a, months=months(7), state=State.PRESENT, by=None, at=AT)
    miss(code="M1", cell=world.cell_a, months=months(8), kind=Kind.THEMATIC, by=None, at=AT)
    miss(code="M1", cell=world.cell_a, months=months(10), state=State.EXCUSED, by=None, at=AT)
    assert found(world) == {}


def test_three_months_running_are_told_across_the_turn_of_the_year(world):
    miss(code="M1", cell=world.cell_a, months=[*months(11, 12, year=2024), *months(1, year=2025)], by=None, at=AT)
    assert found(world, today=D(2025, 2, 1)) == {"M1": [("absent", "absent")]}
    miss(code="M3", cell=world.cell_a, months=[*months(10, 12, year=2024), *months(1, year=2025)], by=None, at=AT)
    assert list(found(world, today=D(2025, 2, 1))) == ["M1"]


def test_meetings_after_an_exemption_are_no_ground(world):
    miss(code="M1", cell=world.cell_a, months=months(5, 6, 7), by=None, at=AT)
    exempt(code="M1", on=D(2023, 7, 1), by=None, at=AT)
    assert found(world) == {}


def test_three_months_owed_without_a_reason_are_told(world):
    leave_unpaid(code="M3", cell=world.cell_a, months=months(8, 9), by=None, at=AT)
    leave_unpaid(code="M3", cell=world.cell_a, months=months(10), reason="ốm nặng", by=None, at=AT)
    assert found(world) == {}
    leave_unpaid(code="M3", cell=world.cell_a, months=months(11), by=None, at=AT)
    assert found(world) == {"M3": [("owing", "absent")]}


def test_help_that_should_have_ended_is_told(world):
    screening.screen(
        cell=world.cell_a, year=2023, on=D(2023, 1, 5),
        found={person("M1").pk: screening.Found("removal", "bỏ bê công việc")}, by=None, at=AT,
    )  # fmt: skip
    assert found(world) == {"M1": [("removal", "will")]}


def test_a_note_is_told_until_it_is_taken_out(world):
    ana = world.ana
    note = note_ground(person=person("M3"), ground="card", on=D(2024, 1, 5), text="gửi trả thẻ", by=ana, at=AT)
    assert found(world) == {"M3": [("note", "card")]}
    strike_ground(note=note, because="nhầm người", by=ana, at=AT)
    assert found(world) == {}
    assert Note.objects.get().struck_because == "nhầm người"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ground": "absent"}, "records themselves"),
        ({"on": D(2024, 2, 1)}, "to come"),
        ({"on": D(1990, 2, 1)}, "no member"),
        ({"text": " "}, "Say what"),
    ],
)
def test_a_note_that_can_not_be_is_refused_with_its_reason(world, wrong, said):
    given = {"ground": "card", "on": D(2024, 1, 5), "text": "gửi trả thẻ"} | wrong
    with pytest.raises(Denied, match=said):
        note_ground(person=person("M3"), **given, by=world.ana, at=AT)


def test_only_who_acts_at_the_cell_notes_and_nobody_of_themself(world):
    given = {"ground": "card", "on": D(2024, 1, 5), "text": "gửi trả thẻ", "at": AT}
    for user, code in ((world.dan, "M3"), (world.ben, "M3"), (world.ana, "M1")):
        with pytest.raises(Denied):
            note_ground(person=person(code), **given, by=user)


def test_what_a_removal_looked_at_is_told_no_more_and_one_under_way_is_led_to(world):
    office = Office.at(world.cell_a)
    miss(code="M3", cell=world.cell_a, months=months(6, 7, 8), by=None, at=AT)
    case = begun("removal", person("M3"), world.cell_a, office.secretary, D(2024, 1, 3), told={"ground": "absent"})
    page = signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/grounds/").content.decode()
    assert f"/cases/{case.pk}/" in page
    step(case, office.secretary, "drop", D(2024, 1, 4))
    assert found(world) == {}
    note_ground(person=person("M3"), ground="card", on=D(2024, 1, 8), text="gửi trả thẻ", by=None, at=AT)
    assert found(world) == {"M3": [("note", "card")]}


def test_the_list_goes_on_after_its_last_row(world):
    for code in ("M1", "M3"):
        miss(code=code, cell=world.cell_a, months=months(6, 7, 8), by=None, at=AT)
    (first,) = grounds.alerts(world.cell_a, Scope(subtrees=(world.province.path,)), TODAY, 1)
    rest = found(world, after=[first.sort_key, first.person])
    assert {first.code, *rest} == {"M1", "M3"}
    assert len(rest) == 1


def test_each_row_opens_its_records_and_begins_the_removal_with_its_ground(world, django_assert_max_num_queries):
    miss(code="M3", cell=world.cell_a, months=months(6, 7, 8), by=None, at=AT)
    leave_unpaid(code="M3", cell=world.cell_a, months=months(9, 10, 11), by=None, at=AT)
    client = signed_in(world, "ana")
    with django_assert_max_num_queries(10):
        page = client.get(f"/units/{world.cell_a.pk}/grounds/").content.decode()
    pk = person("M3").pk
    begin = f"/members/{pk}/cases/removal/?ground=absent"
    for url in (f"/members/{pk}/", f"/members/{pk}/dues/", begin):
        assert f'href="{url}"' in page
    assert "3 months" in page
    assert "Absent from meetings or no dues" in client.get(begin).content.decode()
    response = client.post(begin)
    assert response.status_code == 302
    case = person("M3").cases.get().case
    assert response.url == f"/cases/{case.pk}/"
    assert case.told == {"ground": "absent"}


def test_the_desk_of_who_acts_there_says_how_many_until_a_removal_is_under_way(world, django_assert_max_num_queries):
    miss(code="M3", cell=world.cell_a, months=months(6, 7, 8), by=None, at=AT)
    office = Office.at(world.cell_a)
    way = f'href="/units/{world.cell_a.pk}/grounds/"'
    client = signed_in(world, "ana")
    with django_assert_max_num_queries(12):
        desk = client.get("/").content.decode()
    assert way in desk
    assert "1 member to look at" in desk
    assert "to look at" not in signed_in(world, "chi").get("/").content.decode(), "an office above lists no names"
    begun("removal", person("M3"), world.cell_a, office.secretary, D(2024, 1, 3), told={"ground": "absent"})
    assert "to look at" not in client.get("/").content.decode()


def test_who_sees_without_a_part_in_removals_is_shown_no_way_to_begin(world):
    miss(code="M3", cell=world.cell_a, months=months(6, 7, 8), by=None, at=AT)
    page = signed_in(world, "flo").get(f"/units/{world.province.pk}/grounds/").content.decode()
    assert person("M3").full_name in page
    assert "/cases/removal/" not in page


def test_the_page_of_notes_notes_and_takes_out(world):
    client = signed_in(world, "ana")
    url = f"/members/{person('M3').pk}/grounds/"
    wrong = client.post(url, {"act": "note", "ground": "absent", "on": "9", "text": "gửi trả\0"})
    assert wrong.status_code == 422
    assert client.post(url, {"act": "none"}).status_code == 422
    sent = client.post(url, {"act": "note", "ground": "card", "on": "2024-01-05", "text": "gửi trả thẻ"})
    assert sent.status_code == 302
    note = Note.objects.get()
    assert note.by == world.ana
    assert client.post(url, {"act": "strike", "note": "9" * 30, "because": "nhầm"}).status_code == 422
    assert client.post(url, {"act": "strike", "note": str(note.pk), "because": "nhầm"}).status_code == 302
    assert "taken out: nhầm" in client.get(url).content.decode()
    assert signed_in(world, "dan").post(url, {"act": "note"}).status_code == 404


def test_a_ground_that_the_records_tell_is_refused_in_words():
    form = NoteForm({"ground": "absent", "on": "2023-11-01", "text": "Vắng"})
    assert form.errors == {"ground": ["This ground is told by the records themselves."]}
