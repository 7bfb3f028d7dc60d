"""Counting: kept by unit and all above it, asked for by those who may, done by the worker, shown on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from chibo.core import clock
from chibo.core.actions import Denied, action
from chibo.integrity import actions, registry, tasks
from chibo.integrity.models import CheckCount, CheckRun
from chibo.integrity.queries import counts_of
from chibo.members.models import Person
from chibo.organizations.models import Threshold
from chibo.organizations.permissions import P
from tests.integrity.test_checks import plant
from tests.world import AT, TODAY

Outcome = CheckRun.Outcome


@pytest.fixture(autouse=True)
def at_home(settings):
    settings.CHIBO_TODAY = TODAY


def count(unit, by=None):
    """Ask for a run, and do the worker's part."""
    run = actions.ask(unit=unit, by=by, at=clock.now())
    tasks.run_checks.func(run=run.pk)
    run.refresh_from_db()
    return run


def of(unit):
    return counts_of(unit, whole=True)


def test_what_is_found_is_kept_for_the_unit_and_all_above_it(tidy):
    plant(tidy, "members.too_old", by=None, at=AT)
    run = count(tidy.units["P"])
    assert (run.outcome, run.done) == (Outcome.DONE, len(registry.every()))
    for code, found in (("P", 1), ("D", 1), ("X", 1), ("X1", 1), ("X2", 0)):
        assert of(tidy.units[code]).get("members.too_old", 0) == found
    assert counts_of(tidy.units["X"], whole=False).get("members.too_old", 0) == 0
    assert counts_of(tidy.units["X1"], whole=False) == of(tidy.units["X1"])


def test_a_part_counted_anew_leaves_the_rest_as_it_was_and_the_totals_right(tidy):
    plant(tidy, "members.too_old", by=None, at=AT)
    plant(tidy, "cells.without_deputy", by=None, at=AT)
    count(tidy.units["P"])
    mend(by=None, at=AT)
    count(tidy.units["X"])
    assert "members.too_old" not in of(tidy.units["P"])
    assert of(tidy.units["P"])["cells.without_deputy"] == 1
    count(tidy.units["X"])
    assert not CheckCount.objects.filter(code="members.too_old").exists()


@action("tests.mended")
def mend(*, by, at):
    Person.objects.filter(code="NEW").update(born_on=TODAY.replace(year=1980))


def test_a_run_under_way_is_not_begun_twice_but_one_that_stands_still_is(tidy):
    first = actions.ask(unit=tidy.units["X"], by=None, at=AT)
    assert actions.ask(unit=tidy.units["X1"], by=None, at=AT) == first
    assert actions.ask(unit=tidy.units["P"], by=None, at=AT) != first
    assert actions.ask(unit=tidy.units["X"], by=None, at=AT + timedelta(minutes=20)).pk > first.pk


def test_a_run_that_was_broken_off_goes_on_where_it_was(tidy):
    run = actions.ask(unit=tidy.units["X"], by=None, at=AT)
    for check in registry.every()[:3]:
        actions.count(check=check, run=run, by=None, at=AT)
    run.refresh_from_db()
    assert (run.outcome, run.done) == (Outcome.RUNNING, 3)
    tasks.run_checks.func(run=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.done) == (Outcome.DONE, len(registry.every()))


def test_every_night_the_whole_tree_is_counted(tidy):
    tasks.check_everything.func(timestamp=0)
    assert CheckRun.objects.get().unit == tidy.units["P"]


def test_who_may_have_what_checked(world):
    with pytest.raises(Denied):
        actions.ask(unit=world.south, by=world.chi, at=AT)
    with pytest.raises(Denied):
        actions.ask(unit=world.cell_a, by=world.ana, at=AT)
    assert actions.ask(unit=world.upland, by=world.chi, at=AT).by == world.chi


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_what_was_counted_and_the_desk_says_so(world):
    chi = browser(world.chi)
    assert "not been counted" in chi.get("/checks/").content.decode()
    assert chi.post(f"/units/{world.north.pk}/checks/run/").url == f"/checks/?unit={world.north.pk}"
    assert "being counted anew" in chi.get("/checks/").content.decode()
    tasks.run_checks.func(run=CheckRun.objects.get().pk)
    page = chi.get("/checks/").content.decode()
    assert "Units without a secretary" in page
    assert "Roles of blocked users" not in page  # gus's: for administrators
    assert "records to put right" in chi.get("/").content.decode()
    assert browser(world.chi).get("/checks/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    found = chi.get("/checks/units.without_secretary/").content.decode()
    assert "Đảng ủy xã Thượng Lâm" in found
    assert "Hạ Lâm" not in found
    assert chi.get("/checks/", {"unit": world.south.pk}).status_code == 404


def test_an_administrator_sees_roles_of_blocked_users_and_members_by_code_alone(world):
    eva = browser(world.eva)
    assert "Vũ Văn Gù" in eva.get("/checks/grants.of_blocked/").content.decode()
    found = eva.get("/checks/members.long_probation/").content.decode()
    assert "Nguyễn Thị An" not in found
    assert "M1" in found
    assert "Nguyễn Thị An" in browser(world.flo).get("/checks/members.long_probation/").content.decode()


def test_an_administrator_sets_a_limit_from_a_day(world):
    eva = browser(world.eva)
    given = {"code": "cell_least_official", "value": "4", "valid_from": "2024-01-10", "decision": "294-QĐ/TW"}
    assert eva.post("/checks/limits/", given | {"value": "-1"}).status_code == 200
    assert eva.post("/checks/limits/", given | {"value": "3"}).status_code == 200
    assert eva.post("/checks/limits/", given | {"valid_from": "2011-01-19"}).status_code == 200
    assert eva.post("/checks/limits/", given).status_code == 302
    assert Threshold.objects.on(TODAY)["cell_least_official"] == 4
    assert Threshold.objects.on(TODAY - timedelta(days=1))["cell_least_official"] == 3
    assert "294-QĐ/TW" in eva.get("/checks/limits/").content.decode()
    assert browser(world.flo).post("/checks/limits/", given).status_code == 404


def test_every_check_has_a_page(tidy):
    client = browser(tidy.user)
    for check in registry.every():
        expected = 404 if check.right is P.USER_MANAGE else 200
        assert client.get(f"/checks/{check.code}/").status_code == expected, check.code
