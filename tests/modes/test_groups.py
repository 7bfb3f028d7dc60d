"""Party groups of a cell: laid down by its secretary, kept with their days, shown where the cell meets by them."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.agendas import actions as agendas
from chibo.core.actions import Denied, action
from chibo.meetings.models import Mode
from chibo.meetings.queries import roll_on
from chibo.meetings.sheets import Meetings
from chibo.members.models import Person, Stay
from chibo.modes import actions, queries
from chibo.modes.actions import Said
from chibo.modes.models import GroupMember, PartyGroup
from tests.agendas.saying import UID, content
from tests.permission_table import signed_in
from tests.world import AT, TODAY


@action("tests.left")
def leave(*, codes, by, at):
    Stay.objects.filter(membership__person__code__in=codes).update(to_on=TODAY)


def key(code):
    return Person.objects.get(code=code).pk


def said(name="Tổ 1", *, leader="M1", people=("M1", "M3")):
    return Said(name=name, people=frozenset(key(code) for code in people), leader=key(leader) if leader else None)


def divide(world, *groups, by="ana", at=AT, seen=None):
    seen = queries.seal_of(queries.groups_on(world.cell_a, at.date())) if seen is None else seen
    return actions.divide(unit=world.cell_a, groups=groups, seen=seen, by=getattr(world, by), at=at)


def told(world, day=TODAY):
    groups = queries.groups_on(world.cell_a, day)
    return [(each.name, [(row.person.code, row.is_leader) for row in each.here]) for each in groups]


def test_a_group_has_its_leader_and_goes_on_under_its_name(world):
    divide(world, said())
    assert told(world) == [("Tổ 1", [("M1", True), ("M3", False)])]
    later = AT.replace(day=20)
    divide(world, said(leader="M3"), at=later)
    assert PartyGroup.objects.count() == 1
    assert told(world) == [("Tổ 1", [("M1", True), ("M3", False)])]
    assert told(world, later.date()) == [("Tổ 1", [("M3", True), ("M1", False)])]
    divide(world, at=AT.replace(day=25))
    assert told(world, date(2024, 1, 25)) == []
    assert told(world, date(2024, 1, 24)) == told(world, later.date())


def test_who_lays_down_groups_that_another_has_changed_meanwhile_is_told(world):
    seen = queries.seal_of(queries.groups_on(world.cell_a, TODAY))
    divide(world, said())
    with pytest.raises(Denied, match="meanwhile"):
        divide(world, said(leader="M3"), seen=seen)


def test_who_left_the_cell_is_in_none_of_its_groups(world):
    divide(world, said())
    leave(codes=["M1", "M3"], by=None, at=AT)
    assert told(world) == [("Tổ 1", [])]
    assert not queries.has_groups(world.cell_a, TODAY)


def test_what_is_put_right_the_same_day_leaves_one_row(world):
    divide(world, said(leader="M3"))
    divide(world, said())
    assert GroupMember.objects.count() == 2
    divide(world)
    assert not PartyGroup.objects.exists()


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ([{"leader": None}], "who leads"),
        ([{"leader": "M2"}], "who leads"),
        ([{"people": ("M1",)}], "at least 2"),
        ([{}, {"name": "TỔ 1"}], "same name"),
        ([{}, {"name": "Tổ 2"}], "two Party groups"),
        ([{"people": ("M1", "M2")}], "does not meet in the cell"),
        ([{"people": ("M1", "M4")}], "does not meet in the cell"),
    ],
)
def test_what_no_group_can_be(world, groups, why):
    with pytest.raises(Denied, match=why):
        divide(world, *(said(**each) for each in groups))


def test_only_who_records_for_the_cell_lays_them_down(world):
    for name in ("ben", "chi", "dan"):
        with pytest.raises(Denied):
            divide(world, said(), by=name)


def test_the_roll_stands_group_by_group_and_those_in_none_last(world):
    before = [each.code for each in roll_on(world.cell_a, TODAY)]
    divide(world, said(people=("M1", "M3"), leader="M3"))
    roll = roll_on(world.cell_a, TODAY)
    assert sorted(each.code for each in roll) == sorted(before)
    assert [(each.code, each.group, each.leads) for each in roll] == [
        ("M1", "Tổ 1", False), ("M3", "Tổ 1", True), ("M2", "", False),
    ]  # fmt: skip
    ana = signed_in(world, "ana")
    page = ana.get(f"/units/{world.cell_a.pk}/meetings/record/?month=2024-01")
    assert 'class="roll-group" lang="vi">Tổ 1<' in page.content.decode()
    assert Mode.BY_GROUP in dict(page.context["form"].fields["mode"].choices)
    assert "Tổ 1" in ana.get(f"/units/{world.cell_a.pk}/meetings/sheet/").content.decode()


def test_by_group_meets_only_a_cell_that_has_groups(world):
    ana = signed_in(world, "ana")
    new = f"/units/{world.cell_a.pk}/notices/new/?month=2024-01"
    record = f"/units/{world.cell_a.pk}/meetings/record/?month=2024-01"
    for url in (new, record):
        assert Mode.BY_GROUP not in dict(ana.get(url).context["form"].fields["mode"].choices)
    given = {"unit": world.cell_a, "uid": UID, "seen": 0, "give": True, "by": world.ana, "at": AT}
    with pytest.raises(Denied, match="no Party groups"):
        agendas.save(content=content(mode="by_group"), **given)
    divide(world, said())
    assert Mode.BY_GROUP in dict(ana.get(new).context["form"].fields["mode"].choices)
    assert agendas.save(content=content(mode="by_group"), **given).mode == Mode.BY_GROUP


def test_the_page_lays_groups_down_and_says_what_is_wrong(world):
    ana, url = signed_in(world, "ana"), f"/units/{world.cell_a.pk}/groups/"
    page = ana.get(url)
    one, three = str(key("M1")), str(key("M3"))
    sent = {"seen": page.context["form"]["seen"].value(), "name_1": "Tổ 1", "leader_1": one}
    sent |= {f"of_{one}": "1", f"of_{three}": "1"}
    for wrong in ({"name_1": ""}, {"leader_1": ""}, {f"of_{three}": ""}, {f"of_{one}": "99"}, {"seen": "x"}):
        assert ana.post(url, sent | wrong).status_code == 422, wrong
    assert ana.post(url, sent).status_code == 302
    assert told(world) == [("Tổ 1", [("M1", True), ("M3", False)])]
    assert "Someone else has changed" in ana.post(url, sent).content.decode()
    chi = signed_in(world, "chi")
    assert "Tổ 1" in chi.get(url).content.decode() and chi.post(url, sent).status_code == 403


def test_the_workbook_knows_no_further_way_of_meeting():
    column = next(each for each in Meetings.columns if each.name == "mode")
    assert column.words == ("in_person", "online")
