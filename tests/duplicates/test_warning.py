"""A load says of every row who of its people is probably recorded already; it refuses nothing for that."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.test import Client

from chibo.duplicates import finding
from chibo.duplicates.actions import find, tell_apart
from chibo.exchange.models import Load
from chibo.exchange.verdicts import write_verdicts
from chibo.members.models import Person
from tests.exchange.small import load_roll, put, roll
from tests.world import AT, PEOPLE

AGAIN = ["X", "Nguyen Thi An", "f", date(1980, 1, 1), "Kinh", "C2", date(2012, 5, 19), None, None]
TWICE = ["Y", "Trần Văn Mười", "m", date(1971, 4, 2), "Kinh", "C2", date(2012, 5, 19), None, None]


def only(*rows):
    """A roll of these members alone."""
    return {"members": [roll()["members"][0], *(list(row) for row in rows)]}


def warned(load):
    return [(each["sheet"], each["row"], each["value"], each["reason"]) for each in load.warnings]


def seen(code, why):
    return f"probably the same person as {code} ({why})"


@pytest.fixture(params=[2000, 0], ids=["a few", "many"])
def loaded(db, tmp_path, monkeypatch, request):
    """The small roll is loaded, and nobody has looked yet who is like whom."""
    monkeypatch.setattr(finding, "FEW", request.param)
    assert load_roll(roll(), tmp_path).warnings == []
    return tmp_path


def test_who_is_recorded_already_or_twice_in_the_file_is_told_and_written(loaded):
    first = load_roll(only(AGAIN, TWICE, ["Z", *TWICE[1:]]), loaded)
    expected = [
        ("members", 2, "Nguyen Thi An", seen("A", "same name but for accents, same day of birth")),
        ("members", 4, "Trần Văn Mười", seen("Y", "same name, same day of birth")),
    ]
    assert warned(first) == expected
    assert first.outcome == Load.Outcome.DONE
    assert Person.objects.filter(code__in="XYZ").count() == 3
    second = load_roll(only(AGAIN, TWICE, ["Z", *TWICE[1:]]), loaded)
    assert second.warnings == []  # nothing of it is new


def test_a_rehearsal_and_a_refused_load_tell_it_too(loaded):
    assert len(load_roll(only(AGAIN), loaded, check=True).warnings) == 1
    refused = load_roll(put(only(AGAIN, TWICE), "members", 3, "sex", "x"), loaded)
    assert refused.outcome == Load.Outcome.REFUSED
    assert [each["row"] for each in refused.warnings] == [2]
    assert not Person.objects.filter(code="X").exists()


def test_of_a_changed_row_it_is_told_only_if_it_is_now_said_to_be_someone_else(loaded):
    load_roll(only(AGAIN), loaded)
    find(by=None, at=AT)
    assert load_roll(put(only(AGAIN), "members", 2, "ethnicity", "Tày"), loaded).warnings == []
    renamed = load_roll(put(only(AGAIN), "members", 2, "full_name", "Nguyễn Thị An"), loaded)
    assert warned(renamed) == [("members", 2, "Nguyễn Thị An", seen("A", "same name, same day of birth"))]


def test_two_people_that_somebody_told_apart_are_not_told_again(loaded):
    load_roll(only(AGAIN), loaded)
    one, other = (Person.objects.get(code=code).pk for code in "AX")
    tell_apart(one=one, other=other, by=None, at=AT)
    load_roll(put(only(AGAIN), "members", 2, "full_name", "Nguyễn Thị An"), loaded)
    again = load_roll(only(AGAIN), loaded)  # says again what it said when they were compared
    assert again.outcome == Load.Outcome.DONE
    assert again.warnings == []


def test_warnings_stand_on_the_page_and_at_the_row_of_the_verdicts(world, tmp_path):
    heads = ["member_code", "full_name", "sex", "born_on", "cell_code", "joined_on"]
    load = load_roll({"members": [heads, ["N1", *PEOPLE["M1"][:3], "A", PEOPLE["M1"][5]]]}, tmp_path)
    told = seen("M1", "same name, same day of birth")
    client = Client()
    client.force_login(world.eva)
    page = client.get(f"/loads/{load.pk}/").content.decode()
    assert told in page
    file = io.BytesIO()
    write_verdicts(load, file, warnings=load.warnings)
    book = openpyxl.load_workbook(file)
    assert book["warnings"]["E2"].value == told
