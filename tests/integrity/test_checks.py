"""Every check finds the one fault that was planted, and in a tidy world none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from chibo.core.actions import action
from chibo.integrity import registry
from chibo.integrity.queries import found_by, parameters_of, question_of, shown_of
from chibo.integrity.registry import SUBJECTS
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import Reach
from chibo.organizations.scope import Held, Rights
from chibo.portal.checking import records
from tests.integrity.faults import PLANTS, forget_marks
from tests.world import AT, TODAY

EVERY = [check.code for check in registry.every()]


def found(code: str) -> list[tuple[Any, ...]]:
    """What a check finds, whoever may see it."""
    sql, more = question_of(registry.get(code))
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters_of(TODAY, Threshold.objects.on(TODAY)) | more)
        return cursor.fetchall()


def rights_at(unit: Unit, *roles: str) -> Rights:
    """What someone may who holds roles at a unit and all below it."""
    return Rights(tuple(Held(role, unit.path, unit.pk, unit.name, Reach.SUBTREE, 0) for role in roles))


@action("tests.planted")
def plant(tidy: Any, code: str, *, by: Any, at: datetime) -> None:
    PLANTS[code](tidy)
    if code != "figures.waiting":
        forget_marks()


def test_there_are_at_least_thirty_and_each_has_a_fault_to_find():
    assert len(EVERY) >= 30
    assert set(PLANTS) == set(EVERY)


@pytest.mark.parametrize("code", EVERY)
def test_a_tidy_world_has_no_fault(tidy, code):
    assert found(code) == []


@pytest.mark.parametrize("code", EVERY)
def test_a_fault_is_found_once_and_shown(tidy, code):
    plant(tidy, code, by=None, at=AT)
    assert len(found(code)) == 1
    every = rights_at(tidy.units["P"], "officer", "administrator")
    check = registry.get(code)
    (shown,) = found_by(check, every, tidy.units["P"], TODAY)
    assert shown.label
    assert bool(shown_of(check, shown)) == bool(check.shown)
    assert "None" not in shown_of(check, shown)


@pytest.mark.parametrize("check", registry.every(), ids=EVERY)
def test_a_check_says_why_it_matters_and_what_mends_it(check):
    assert check.subject in SUBJECTS
    assert len(str(check.label)) > 8
    for sentence in (check.why, check.mend):
        assert str(sentence)[0].isupper()
        assert str(sentence).endswith(".")


def test_what_is_found_stays_with_those_who_may_see_it(tidy):
    plant(tidy, "members.too_old", by=None, at=AT)
    check, province = registry.get("members.too_old"), tidy.units["P"]
    administrator = rights_at(province, "administrator")
    (shown,) = found_by(check, administrator, province, TODAY)
    assert (shown.code, shown.label) == ("NEW", None)
    elsewhere = rights_at(tidy.units["G"], "officer")
    assert found_by(check, elsewhere, province, TODAY) == []
    assert not administrator.scope(P.MEMBER_VIEW)


@pytest.mark.parametrize(("code", "name"), [("cells.few_official", "changes"), ("units.without_secretary", "appoint")])
def test_what_is_found_leads_to_what_mends_it(tidy, code, name):
    plant(tidy, code, by=None, at=AT)
    check, unit = registry.get(code), tidy.units["X1"]
    mends = reverse(name, args=[unit.pk]) + ("?post=secretary" if name == "appoint" else "")
    for role, way in (("officer", mends), ("administrator", "")):
        rights = rights_at(tidy.units["P"], role)
        (row,) = records(check, rights, found_by(check, rights, tidy.units["P"], TODAY)).rows
        assert [cell.url for cell in row if cell.url] == [reverse("unit", args=[unit.pk]), *filter(None, [way])]


def test_pages_by_key_meet_every_record_once(tidy):
    plant(tidy, "cells.many_official", by=None, at=AT)
    province = tidy.units["P"]
    rights = rights_at(province, "officer")
    check = registry.get("units.without_secretary")
    tidy_posts_away(by=None, at=AT)
    met, after = [], None
    while True:
        page = found_by(check, rights, province, TODAY, after, size=2)
        met += [each.unit_code for each in page[:2]]
        if len(page) <= 2:
            break
        after = page[1].key
    assert sorted(met) == sorted(tidy.units)


@action("tests.tidied")
def tidy_posts_away(*, by: Any, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from members_post")


def test_a_limit_that_was_changed_counts_from_its_day(tidy):
    def limits(day: date) -> Decimal:
        return Threshold.objects.on(day)["cell_least_official"]

    plant_limit(by=None, at=AT)
    assert (limits(date(2023, 12, 31)), limits(date(2024, 1, 1))) == (3, 4)
    assert len(found("cells.few_official")) == 4


@action("tests.limited")
def plant_limit(*, by: Any, at: datetime) -> None:
    Threshold.objects.filter(code="cell_least_official").update(valid_to=date(2024, 1, 1))
    Threshold.objects.create(code="cell_least_official", value=4, valid_from=date(2024, 1, 1))


def test_the_command_says_how_much_is_found_and_ends_with_1(tidy, capsys, settings):
    settings.CHIBO_TODAY = TODAY
    call_command("integrity")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(EVERY)
    plant(tidy, "members.too_old", by=None, at=AT)
    with pytest.raises(CommandError) as error:
        call_command("integrity", "--json", "--unit", "X1")
    assert error.value.returncode == 1
    assert '{"check": "members.too_old", "found": 1, "doubt": false}' in capsys.readouterr().out
    call_command("integrity", "--unit", "X2")
    with pytest.raises(CommandError) as error:
        call_command("integrity", "--unit", "none")
    assert error.value.returncode == 2
