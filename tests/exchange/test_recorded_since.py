"""A workbook written before something was decided does not undo it: that stays, and the verdict says so."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.test import Client

from chibo.exchange.verdicts import write_verdicts
from chibo.members import lives
from chibo.members.models import Exemption, Membership, Transfer
from tests.exchange.small import AT, load_roll, reasons, roll
from tests.world import TODAY

D = date
COLUMNS = ["member_code", "full_name", "sex", "born_on", "cell_code", "joined_on", "official_on", "exempt_from"]
EXEMPT = ["A", "Nguyễn Thị An", "f", D(1980, 1, 1), "C1", D(2010, 5, 19), D(2011, 5, 19), D(2022, 3, 1)]


def only(*row):
    return {"members": [COLUMNS, list(row)]}


def spell() -> Membership:
    return Membership.objects.get(person__code="A")


def warned(load):
    return [(each["row"], each["column"], each["reason"]) for each in load.warnings]


@pytest.fixture
def loaded(db, tmp_path):
    assert load_roll(roll(), tmp_path).faults == []
    assert load_roll(only(*EXEMPT), tmp_path).warnings == []
    assert spell().exempt_from == D(2022, 3, 1)
    return tmp_path


def test_who_returned_is_not_exempt_again_by_an_old_workbook(loaded):
    lives.return_from_exemption(membership=spell(), on=D(2023, 4, 5), by=None, at=AT)
    load = load_roll(only(*EXEMPT), loaded)
    assert load.verdicts == {"members": {"unchanged": [[2, 2]]}}
    said = "not exempt since 5 April 2023, as recorded later: that stays"
    assert warned(load) == [(2, "exempt_from", said)]
    assert spell().exempt_from is None
    file = io.BytesIO()
    write_verdicts(load, file, warnings=load.warnings)
    assert openpyxl.load_workbook(file)["warnings"]["E2"].value == said
    assert load_roll(only(*EXEMPT[:-1], None), loaded).warnings == []  # it says what is recorded


def test_another_exemption_from_the_day_of_return_on_is_taken(loaded):
    lives.return_from_exemption(membership=spell(), on=D(2023, 4, 5), by=None, at=AT)
    load = load_roll(only(*EXEMPT[:-1], D(2023, 4, 5)), loaded)
    assert load.warnings == []
    assert spell().exempt_from == D(2023, 4, 5)
    assert Exemption.objects.count() == 1


def test_who_was_exempted_and_recognised_since_stays_so(loaded):
    load_roll(only(*EXEMPT[:-2], None, None), loaded)
    assert spell().official_on is None  # what workbooks said they correct
    lives.exempt(membership=spell(), from_on=D(2023, 1, 1), by=None, at=AT)
    lives.recognise(membership=spell(), official_on=D(2011, 6, 1), by=None, at=AT)
    load = load_roll(only("A", "Nguyễn Thị Ân", *EXEMPT[2:-2], None, None), loaded)
    assert load.verdicts == {"members": {"changed": [[2, 2]]}}
    assert warned(load) == [
        (2, "official_on", "official since 1 June 2011, as recorded later: that stays"),
        (2, "exempt_from", "exempt since 1 January 2023, as recorded later: that stays"),
    ]
    found = spell()
    assert (found.exempt_from, found.official_on) == (D(2023, 1, 1), D(2011, 6, 1))
    assert found.person.full_name == "Nguyễn Thị Ân"


def test_of_who_was_exempt_twice_the_first_time_does_not_come_back_and_another_day_corrects(loaded):
    lives.return_from_exemption(membership=spell(), on=D(2023, 4, 5), by=None, at=AT)
    lives.exempt(membership=spell(), from_on=D(2023, 9, 1), by=None, at=AT)
    load = load_roll(only(*EXEMPT), loaded)
    assert warned(load) == [(2, "exempt_from", "exempt since 1 September 2023, as recorded later: that stays")]
    assert spell().exempt_from == D(2023, 9, 1)
    assert load_roll(only(*EXEMPT[:-1], D(2023, 9, 3)), loaded).warnings == []
    assert spell().exempt_from == D(2023, 9, 3)


def test_the_page_of_the_load_says_what_stays(world, tmp_path):
    spell = Membership.objects.get(person__code="M2")
    lives.exempt(membership=spell, from_on=D(2022, 1, 1), by=world.ana, at=AT)
    lives.return_from_exemption(membership=spell, on=TODAY, by=world.ana, at=AT)
    who = spell.person
    row = ["M2", who.full_name, who.sex, who.born_on, "A", spell.joined_on, spell.official_on, D(2022, 1, 1)]
    load = load_roll(only(*row), tmp_path)
    client = Client()
    client.force_login(world.eva)
    page = client.get(f"/loads/{load.pk}/").content.decode()
    assert "not exempt since 10 January 2024" in page
    assert "What was recorded after this workbook was written stays" in page
    assert "probably recorded already" not in page


def test_a_transfer_that_becomes_one_for_good_has_no_end_any_more(db, tmp_path):
    assert load_roll(roll("units", "members", "transfers"), tmp_path).faults == []
    spell = Membership.objects.get(person__code="B")
    lives.extend_temporary(membership=spell, until=D(2024, 6, 5), by=None, at=AT)
    of = {"transfers": roll()["transfers"]}
    assert load_roll(of, tmp_path).verdicts["transfers"].keys() == {"unchanged"}
    assert Transfer.objects.get(membership=spell).until == D(2024, 6, 5)
    of["transfers"][2][3] = "official"
    assert reasons(load_roll(of, tmp_path)) == ""
    assert (Transfer.objects.get(membership=spell).kind, Transfer.objects.get(membership=spell).until) == (
        "official", None,
    )  # fmt: skip
