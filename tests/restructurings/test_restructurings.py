"""A restructuring from its workbook to its reversal: rehearsed row by row, done whole, taken back whole."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from chibo.core.actions import Denied, action
from chibo.members.actions import restay
from chibo.members.models import Membership, Transfer, TransferKind
from chibo.organizations.actions import grant
from chibo.organizations.models import Act, Grant, Unit
from chibo.organizations.roles import RoleCode
from chibo.portal.policies import check_alone
from chibo.restructurings import actions, tasks
from chibo.restructurings.models import Place, Restructuring
from chibo.restructurings.workbook import groups
from tests.organizations.acting import do, on, preview, records, reverse
from tests.restructurings.working import ON, done, faults, rehearsed, row, take, taken_back, work
from tests.world import AT, TODAY

Status = Restructuring.Status
OWN = {f"restructurings_{name}" for name in ("restructuring", "line", "place", "unsettled", "part")}
MERGED = (
    row("dissolve", "T-S"),
    row("merge", "T-N-1", into_code="T-1"),
    row("merge", "T-S-1", into_code="T-1"),
    row("found", "T-1", name="Đảng ủy xã Lâm Hà", kind="grassroots_committee", setting="commune", parent_code="T"),
    row("move", "D", parent_code="T"),
    row("dissolve", "T-N"),
    row("rename", "A", name="Chi bộ thôn Trung"),
)


@action("tests.went_over")
def go(*, code, cell, day, by, at):
    membership = Membership.objects.get(person__code=code)
    Transfer.objects.create(membership=membership, to_cell=cell, on=day, kind=TransferKind.OFFICIAL)
    restay([membership.pk])


@action("tests.roles_taken")
def without_roles(*, user, by, at):
    Grant.objects.filter(user=user).delete()


def tables():
    return {name: rows for name, rows in records().items() if name not in OWN}


def test_rows_in_any_order_are_rehearsed_done_whole_and_taken_back(world):
    before = tables()
    found = rehearsed(world, *MERGED)
    assert (found.status, found.job, faults(found), found.reasons) == (Status.REHEARSED, "", [], [])
    assert found.verdicts == {"acts": {"sound": [[2, 8]]}}
    assert found.counts["acts"] == 6
    assert tables() == before

    found = done(world, found)

    assert (found.status, found.reasons) == (Status.DONE, [])
    assert set(Unit.objects.filter(closed_on=None).values_list("code", flat=True)) == {"T", "T-1", "A", "B", "C", "D"}
    assert Unit.objects.get(code="A").name == "Chi bộ thôn Trung"
    assert Act.objects.filter(restructured__restructuring=found, status="done").count() == 6
    root, commune = world.province.path, Unit.objects.get(code="T-1").path
    assert all(Unit.objects.get(code=code).path.startswith(commune) for code in ("A", "B", "C", "T-N-1", "T-S-1"))
    assert commune.startswith(root)

    with pytest.raises(Denied, match="as a whole"):
        check_alone(Act.objects.filter(restructured__restructuring=found)[0])

    found = taken_back(world, found)

    assert (found.status, found.reasons) == (Status.REVERSED, [])
    assert tables() == before


def test_the_tree_before_and_after_holds_what_changes_and_what_is_above(world):
    found = rehearsed(world, *MERGED)

    def below(side, code):
        return [
            (place.code, place.fates)
            for place in Place.objects.filter(restructuring=found, side=side, parent_code=code).order_by(
                "sort_key", "pk"
            )
        ]

    assert below("before", "") == [("T", [])]
    assert below("after", "") == [("T", [])]
    assert {code for code, _fates in below("before", "T")} == {"T-N", "T-S"}
    into = ["into", "T-1", "Đảng ủy xã Lâm Hà"]
    assert below("before", "T-S") == [("D", [["move", "", ""]]), ("T-S-1", [into])]
    assert {code for code, _fates in below("after", "T")} == {"T-1", "D"}
    (fates,) = [fates for code, fates in below("after", "T") if code == "T-1"]
    assert fates == [
        ["founded", "", ""],
        ["from", "T-N-1", "Đảng ủy xã Thượng Lâm"],
        ["from", "T-S-1", "Đảng ủy xã Hạ Lâm"],
    ]
    assert {code for code, _fates in below("after", "T-1")} == {"A", "B", "C"}


def test_one_of_a_day_to_come_is_kept_and_done_on_its_day(world, monkeypatch):
    before, day = tables(), date(2024, 2, 1)
    found = done(world, rehearsed(world, *MERGED, on=day))
    assert (found.status, found.reasons) == (Status.PLANNED, [])
    assert tables() == before
    coming = preview("rename", date(2024, 2, 5), unit="T-1", name="Đảng ủy xã Lâm")
    assert not coming.is_blocked, coming.reasons

    monkeypatch.setattr(settings, "CHIBO_TODAY", date(2024, 1, 31))
    tasks.take_up_again()
    assert not Restructuring.objects.get(pk=found.pk).job
    monkeypatch.setattr(settings, "CHIBO_TODAY", day)
    tasks.take_up_again()
    found = work(found)

    assert (found.status, found.reasons) == (Status.DONE, [])
    assert Unit.objects.get(code="T-N").closed_on == day


def test_one_that_is_to_come_can_be_given_up(world):
    before = tables()
    found = taken_back(world, done(world, rehearsed(world, *MERGED, on=date(2024, 2, 1))))
    assert found.status == Status.REVERSED
    assert tables() == before
    assert not actions.ask_due(at=on(date(2024, 3, 1)))


def test_one_that_can_not_be_done_on_its_day_waits_for_a_person(world, monkeypatch):
    found = done(world, rehearsed(world, *MERGED, on=date(2024, 2, 1)))
    do("rename", date(2024, 1, 9), unit="A", name="Chi bộ thôn Trung")
    before = tables()
    monkeypatch.setattr(settings, "CHIBO_TODAY", date(2024, 2, 2))
    tasks.take_up_again()
    found = work(found)
    assert found.status == Status.FAILED
    assert "bears this name" in found.reasons[0]
    assert tables() == before


def test_what_changed_since_the_rehearsal_is_not_done_unseen(world):
    found = rehearsed(world, *MERGED)
    grant(user=world.hoa, role=RoleCode.OFFICER, unit=world.north, from_on=TODAY, by=None, at=AT)
    before = tables()
    found = done(world, found)
    assert found.status == Status.REHEARSED
    assert "Rehearse it again" in found.reasons[0]
    assert tables() == before
    found = done(world, work(actions.ask(restructuring=found, job="rehearse", by=world.eva, at=AT)))
    assert found.status == Status.DONE


@pytest.mark.parametrize("day", [ON, date(2024, 2, 1)], ids=["at once", "on its day"])
def test_a_unit_that_stands_elsewhere_by_now_is_left_alone(world, monkeypatch, day):
    found = rehearsed(world, row("rename", "T-N-1", name="Đảng ủy xã Lâm"), unit=world.north, on=day)
    found = actions.ask(restructuring=found, job="do", by=world.eva, at=AT)
    if day > TODAY:
        found = work(found)
        assert found.status == Status.PLANNED
    do("move", date(2024, 1, 9), unit="T-N-1", to="T-S")
    before = tables()
    monkeypatch.setattr(settings, "CHIBO_TODAY", max(day, TODAY))
    tasks.take_up_again()
    found = work(found)
    assert "Rehearse it again" in found.reasons[0]
    assert found.status == (Status.FAILED if day > TODAY else Status.REHEARSED)
    assert tables() == before


def test_people_who_belong_elsewhere_by_now_are_left_where_they_are(world, monkeypatch):
    day = date(2024, 2, 1)
    cell = {"name": "Chi bộ thôn 4", "kind": "cell", "parent_code": "T-N-1"}
    found = done(world, rehearsed(world, row("found", "A-4", members="M2", **cell), unit=world.north, on=day))
    assert found.status == Status.PLANNED, found.faults
    go(code="M2", cell=world.cell_c, day=date(2024, 1, 9), by=None, at=AT)
    before = tables()
    monkeypatch.setattr(settings, "CHIBO_TODAY", day)
    tasks.take_up_again()
    found = work(found)
    assert (found.status, len(found.reasons)) == (Status.FAILED, 1)
    assert "Rehearse it again" in found.reasons[0]
    assert tables() == before


@pytest.mark.parametrize("day", [ON, date(2024, 2, 1)], ids=["at once", "on its day"])
def test_who_lost_the_right_since_asking_gets_nothing_done(world, monkeypatch, day):
    found = rehearsed(world, *MERGED, on=day)
    asked = actions.ask(restructuring=found, job="do", by=world.eva, at=AT)
    if day > TODAY:
        asked = work(asked)
    without_roles(user=world.eva, by=None, at=AT)
    before = tables()
    monkeypatch.setattr(settings, "CHIBO_TODAY", max(day, TODAY))
    tasks.take_up_again()
    assert work(asked).reasons == ["You restructure only units under the committee you work for."]
    assert tables() == before


def test_who_lost_the_right_since_asking_gets_nothing_taken_back(world):
    found = done(world, rehearsed(world, *MERGED))
    asked = actions.ask(restructuring=found, job="reverse", by=world.eva, at=AT)
    without_roles(user=world.eva, by=None, at=AT)
    found = work(asked)
    assert found.status == Status.DONE
    assert found.reasons == ["You restructure only units under the committee you work for."]


def test_what_was_built_on_it_stands_in_the_way_of_taking_it_back(world):
    found = done(world, rehearsed(world, *MERGED))
    later = do("rename", TODAY, unit="T-1", name="Đảng ủy xã Lâm")
    found = taken_back(world, found)
    assert found.status == Status.DONE
    assert found.reasons
    reverse(later)
    assert taken_back(world, found).status == Status.REVERSED


def test_work_that_is_broken_off_again_and_again_is_given_up(world, monkeypatch):
    found = take(world, *MERGED)

    def killed(**given):
        raise KeyboardInterrupt

    monkeypatch.setattr(actions, "rehearse_now", killed)
    for _time in range(3):
        with pytest.raises(KeyboardInterrupt):
            tasks.run_job(restructuring=found.pk)
    found = work(found)
    assert (found.job, found.status) == ("", Status.DRAFT)
    assert "broken off" in found.reasons[0]


def test_cells_split_become_committees_and_open_again_by_rows_too(world):
    before = tables()
    found = rehearsed(
        world,
        row("split_off", "A", into_code="A-2", name="Chi bộ thôn 3 Thượng Lâm", members="M2; M3"),
        row("dissolve", "D", into_code="C"),
        row("change_kind", "B", kind="sub_committee"),
        row("change_kind", "B", into_code="B-1", name="Chi bộ tổ 1"),
        row("change_kind", "B", into_code="B-2", name="Chi bộ tổ 2", members="M4"),
    )  # fmt: skip
    assert faults(found) == []
    found = done(world, found)
    assert (found.status, found.reasons) == (Status.DONE, [])
    assert Unit.objects.get(code="B").kind == "sub_committee"
    under = Unit.objects.filter(path__startswith=Unit.objects.get(code="B").path)
    assert set(under.values_list("code", flat=True)) == {
        "B", "B-1", "B-2",
    }  # fmt: skip
    assert Unit.objects.get(code="D").closed_on == ON
    found = taken_back(world, found)
    assert (found.status, found.reasons) == (Status.REVERSED, [])
    assert tables() == before
    again = done(world, rehearsed(world, row("dissolve", "D", into_code="C"), on=date(2024, 1, 4)))
    assert again.status == Status.DONE, again.reasons
    opened = done(world, rehearsed(world, row("reopen", "D", parent_code="T-N")))
    assert opened.status == Status.DONE, (opened.reasons, opened.faults)
    assert Unit.objects.get(code="D").closed_on is None


def test_rows_are_put_into_the_order_in_which_they_can_be_done():
    cell = {"name": "x", "kind": "cell"}
    rows = [
        row("dissolve", "X"),
        row("dissolve", "X-1"),
        row("merge", "B", into_code="C"),
        row("merge", "A", into_code="B"),
        row("found", "N-1", parent_code="N", **cell),
        row("found", "N", parent_code="T", **cell),
        row("rename", "Q", name="x"),
        row("merge", "L", into_code="M"),
        row("merge", "M", into_code="L"),
    ]
    made = groups(enumerate(rows, 2), ON, "", {"X": 2, "X-1": 3})
    assert [each.numbers for each in made] == [(7,), (6,), (8,), (5,), (4,), (10,), (9,), (3,), (2,)]
