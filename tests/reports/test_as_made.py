"""A report is of one moment and of the day it was made, and names what it tells of whatever is undone later."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from threading import Thread

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.exchange.undoing import undo
from chibo.indicators import folding
from chibo.meetings.models import Attendance, State
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.reports import proof
from chibo.reports.actions import make_snapshot
from chibo.reports.files import FORMS
from chibo.reports.models import Snapshot
from chibo.reports.report import make
from tests.exchange.small import ROLL, add, load_roll, roll
from tests.world import AT

YEAR = Period.parse("2023")
NEW_YEAR = datetime(2023, 12, 31, 20, tzinfo=UTC)  # three in the morning of 1 January where the people are


@action("tests.struck")
def strike(*, by, at) -> None:
    """Someone excused was never awaited at a meeting of cell A: only a denominator becomes less."""
    excused = Attendance.objects.filter(meeting__unit__code="A", state=State.EXCUSED, meeting__held_on__year=2023)
    excused.order_by("pk")[0].delete()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_others_commit_while_a_report_is_made_is_not_in_it(committed_world, monkeypatch):
    def commit() -> None:
        strike(by=None, at=AT)
        connections.close_all()

    read, struck = proof.rows_now, []

    def rows_now(unit, code, period, tree):
        if not struck:
            struck.append(Thread(target=commit))
            struck[0].start()
            struck[0].join()
        return read(unit, code, period, tree)

    monkeypatch.setattr(proof, "rows_now", rows_now)
    before = Attendance.objects.count()
    made = make_snapshot(kind="annual", unit=committed_world.north, period=YEAR, by=None, at=AT)
    assert Attendance.objects.count() == before - 1
    for each in made.evidence.all():
        rows = proof.unpacked(bytes(each.rows))
        sums = [sum(row.numerator for row in rows), sum(row.denominator or 0 for row in rows)]
        numerator, denominator = made.content["figures"][each.indicator]
        assert sums == [numerator, denominator or 0], each.indicator


def test_a_report_whose_records_do_not_add_up_to_its_denominators_is_not_made(world, monkeypatch):
    strike(by=None, at=AT)
    monkeypatch.setattr(folding, "fold_all", lambda **_: None)
    with pytest.raises(Denied, match="changing just now"):
        make_snapshot(kind="annual", unit=world.north, period=YEAR, by=None, at=AT)
    assert not Snapshot.objects.exists()


def test_a_report_made_before_dawn_of_the_new_year_is_of_a_year_that_is_over(world):
    made = make_snapshot(kind="annual", unit=world.north, period=YEAR, by=world.chi, at=NEW_YEAR)
    client, url = signed_in(world.chi), reverse("snapshot", args=[made.code])
    assert "This period is not over" not in client.get(url).content.decode()
    report = make(kind="annual", unit=world.north, period=YEAR, at=NEW_YEAR)
    assert report.day == date(2024, 1, 1)
    assert b"This period is not over" not in FORMS["html"].write(report, "")


def test_without_a_period_the_last_whole_half_year_is_shown(world):
    page = signed_in(world.chi).get(f"/units/{world.north.pk}/reports/half-year/").content.decode()
    assert "second half of 2023" in re.sub(r"\s+", " ", re.search(r"<h1.*?</h1>", page, re.DOTALL)[0])


def test_a_unit_whose_load_was_undone_keeps_its_name_in_a_report(db, tmp_path):
    assert load_roll(roll(), tmp_path).faults == []
    brought = {"units": [ROLL["units"][0][:]], "members": [ROLL["members"][0][:]]}
    add(brought, "units", code="C9", name="Chi bộ 9", kind="cell", parent_code="G", founded_on=date(2023, 1, 1))
    add(brought, "members", member_code="N", full_name="Người Mới", sex="f", born_on=date(1999, 1, 1),
        cell_code="C9", joined_on=date(2023, 2, 3))  # fmt: skip
    second = load_roll(brought, tmp_path)
    assert second.faults == []
    unit, lan = Unit.objects.get(code="G"), User.objects.create(username="lan", full_name="Lê Thị Lan")
    grant(user=lan, role=RoleCode.OFFICER, unit=unit, from_on=date(2023, 1, 1), by=None, at=AT)
    made = make_snapshot(kind="annual", unit=unit, period=YEAR, by=None, at=AT)
    client, url = signed_in(lan), reverse("snapshot", args=[made.code])
    names = re.compile(r"Chi bộ 9|Người Mới")

    def named() -> dict[str, list[str]]:
        pages = {"below": "report.json", "records": "figures/members.total/"}
        return {name: names.findall(client.get(url + page).content.decode()) for name, page in pages.items()}

    before = named()
    assert before == {"below": ["Chi bộ 9"], "records": ["Người Mới", "Chi bộ 9"]}
    gone = Unit.objects.get(code="C9").pk
    undo(load=second, reason="", by=None, at=AT)
    assert named() == before
    assert "Chi bộ 9" in client.get(url).content.decode()
    assert f"/units/{gone}/" not in client.get(f"{url}figures/members.total/").content.decode()
