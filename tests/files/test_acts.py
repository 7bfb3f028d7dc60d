"""What may be written in a member's file, by whom, and what is kept of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from chibo.core.actions import Denied
from chibo.files import actions
from chibo.files.groups import SENSITIVE, SPECS, Group
from chibo.files.models import Basis, Copy, Entry, Opening
from chibo.files.queries import entries, fact_histories, histories, last_event
from chibo.members.models import Person
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.world import AT, TODAY

DECLARED = {"source": "declared"}


def test_an_entry_says_what_its_group_asks_for_on_its_days(world, person):
    given = {"person": person("M3"), "group": Group.WORK, "by": world.ana, "at": AT, **DECLARED}
    entry = actions.record(said={"work": "  Giáo viên ", "place": ""}, from_on=date(2020, 9, 5), **given)
    assert entry.said == {"work": "Giáo viên"}
    for wrong in (
        {"said": {}},
        {"said": {"work": "   "}},
        {"said": {"place": "Xã Thượng Lâm"}},
        {"said": {"work": "x", "salary": "y"}},
        {"said": {"work": "x" * 501}},
        {"said": {"work": "a\0b"}},
        {"said": {"work": "a\u202eb"}},
        {"said": {"work": "\ud800"}},
        {"said": {"work": 7}},
        {"said": {"work": "x"}, "from_on": TODAY + timedelta(days=1)},
        {"said": {"work": "x"}, "from_on": date(1812, 1, 1)},
        {"said": {"work": "x"}, "from_on": TODAY, "to_on": TODAY},
        {"said": {"work": "x"}, "source": "document"},
        {"said": {"work": "x"}, "source": "load", "paper": "roll.xlsx"},
        {"said": {"work": "x"}, "source": "hearsay"},
        {"said": {"work": "x"}, "paper_on": TODAY + timedelta(days=1)},
        {"said": {"reward": "x"}, "group": Group.REWARDS},
        {"said": {"home": "x"}, "group": Group.IDENTITY, "from_on": TODAY},
        {"said": {"post": "x"}, "group": Group.POSTS},
        {"said": {"post": "x"}, "group": "none"},
    ):
        with pytest.raises(Denied):
            actions.record(**(given | wrong))
    assert Entry.objects.count() == 1


def test_who_keeps_the_cell_records_there_and_only_there_and_never_of_themselves(world, person, keeper):
    said = {"said": {"work": "x"}, "at": AT, "group": Group.WORK, **DECLARED}
    for by, code in ((world.ana, "M3"), (world.chi, "M1"), (keeper, "M4"), (None, "M6"), (world.dan, "M8")):
        actions.record(person=person(code), by=by, **said)
    for by, code in (
        (world.ana, "M1"),  # her own
        (world.ana, "M4"),
        (world.ben, "M3"),
        (world.chi, "M5"),  # moved away
        (world.flo, "M3"),  # reads only
        (world.eva, "M3"),
        (keeper, "M6"),
        (world.gus, "M3"),
    ):
        with pytest.raises(Denied):
            actions.record(person=person(code), by=by, **said)


@pytest.mark.parametrize("group", sorted(SENSITIVE))
def test_only_who_may_open_a_sensitive_group_records_in_it(world, person, keeper, record, group):
    entry = record("M3", group, by=keeper)
    for by in (world.ana, world.chi):
        with pytest.raises(Denied):
            record("M3", group, by=by)
        with pytest.raises(Denied):
            actions.correct(entry=entry, said=entry.said, from_on=entry.from_on, by=by, at=AT, **DECLARED)
        with pytest.raises(Denied):
            actions.strike(entry=entry, reason="not theirs", by=by, at=AT)


def test_what_an_entry_said_before_stays_with_who_changed_it_and_by_which_source(world, record):
    entry = record("M3", Group.TRAINING, by=world.ana)
    seen = last_event(entry)
    said = entry.said | {"place": "Trường Chính trị"}
    actions.correct(entry=entry, said=said, from_on=entry.from_on, seen=seen, by=world.chi, at=AT, **DECLARED)
    with pytest.raises(Denied, match="meanwhile"):
        actions.correct(entry=entry, said=said, from_on=entry.from_on, seen=seen, by=world.ana, at=AT, **DECLARED)
    actions.end(entry=entry, on=date(2021, 1, 1), paper="8-QĐ/HU", by=world.ana, at=AT)
    for on in (date(2021, 1, 1), date(2022, 1, 1), date(2020, 3, 2)):
        with pytest.raises(Denied):
            actions.end(entry=entry, on=on, by=world.ana, at=AT)
    actions.strike(entry=entry, reason="of someone else", by=world.chi, at=AT)
    told = histories([entry])[entry.pk]
    assert [(each.act, each.by) for each in told] == [
        ("recorded", world.ana.pk), ("corrected", world.chi.pk), ("ended", world.ana.pk), ("struck", world.chi.pk)
    ]  # fmt: skip
    assert told[1].pairs == (("place", "training place", "Trường Chính trị"),)
    assert (told[0].source, told[0].paper, told[1].source) == ("document", "12-QĐ/HU", "declared")
    assert told[3].reason == "of someone else"
    for act in (
        lambda: actions.correct(entry=entry, said=said, by=None, at=AT, **DECLARED),
        lambda: actions.end(entry=entry, on=date(2020, 5, 1), by=None, at=AT),
        lambda: actions.strike(entry=entry, reason="once more", by=None, at=AT),
    ):
        with pytest.raises(Denied, match="taken out"):
            act()
    assert not entries(Person.objects.get(code="M3"))


def test_what_was_on_one_day_does_not_end(world, record):
    entry = record("M3", Group.REWARDS, by=world.ana)
    with pytest.raises(Denied):
        actions.end(entry=entry, on=date(2021, 1, 1), by=world.ana, at=AT)


def test_a_fact_of_a_person_is_put_right_where_it_is_kept_with_its_source(world, person):
    given = {"person": person("M3"), "by": world.ana, "at": AT, "source": "form", "paper": "2-HSĐV"}
    actions.correct_fact(fact="religion", value="Phật giáo", was="", **given)
    actions.correct_fact(fact="born_on", value=date(2000, 3, 1), **given)
    assert (person("M3").religion, person("M3").born_on) == ("Phật giáo", date(2000, 3, 1))
    told = fact_histories(person("M3"))
    assert (told["religion"][-1].source, told["religion"][-1].paper) == ("form", "2-HSĐV")
    assert told["born_on"][0].source == ""  # nobody said
    assert told["born_on"][-1].pairs == (("born_on", date(2000, 2, 29), date(2000, 3, 1)),)
    for wrong in (
        {"fact": "religion", "value": "Phật giáo"},
        {"fact": "religion", "value": "Không", "was": "Công giáo"},
        {"fact": "full_name", "value": " "},
        {"fact": "sex", "value": "x"},
        {"fact": "born_on", "value": None},
        {"fact": "born_on", "value": date(2023, 5, 19)},
        {"fact": "code", "value": "M99"},
        {"fact": "user", "value": world.ana},
        {"fact": "occupation", "value": "x", "paper": ""},
        {"fact": "occupation", "value": "x", "by": world.flo},
        {"fact": "occupation", "value": "x", "person": person("M1")},
    ):
        with pytest.raises(Denied):
            actions.correct_fact(**(given | wrong))
    assert Basis.objects.count() == 2


def test_a_sensitive_group_opens_with_the_right_and_a_reason_and_every_opening_is_a_row(world, person, keeper):
    given = {"person": person("M3"), "group": Group.FAMILY, "by": keeper, "at": AT}
    actions.open_group(reason="Xác minh lý lịch", **given)
    row = Opening.objects.get()
    assert (row.by, row.role, row.unit, row.grant.user) == (keeper, RoleCode.FILE_KEEPER, world.north, keeper)
    for wrong in (
        {"reason": "    a "},
        {"reason": "x" * 501},
        {"reason": "Xác\0minh"},
        {"reason": "Xác minh", "group": Group.WORK},
        {"reason": "Xác minh", "group": "none"},
        {"reason": "Xác minh", "by": world.chi},
        {"reason": "Xác minh", "by": world.eva},
        {"reason": "Xác minh", "by": None},
        {"reason": "Xác minh", "person": person("M6")},
        {"reason": "Xác minh", "person": person("M5")},  # moved away
    ):
        with pytest.raises(Denied):
            actions.open_group(**(given | wrong))
    assert Opening.objects.count() == 1


def test_the_log_of_openings_and_copies_is_never_changed(world, person, keeper):
    actions.open_group(person=person("M2"), group=Group.HEALTH, reason="Xác minh", by=keeper, at=AT)
    actions.take_copy(person=person("M2"), form="json", sha256="0" * 64, by=world.ben, at=AT)
    for model in (Opening, Copy):
        for change in (lambda rows: rows.delete(), lambda rows: rows.update(by=world.ana)):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(model.objects.all())
    with pytest.raises(Denied):
        actions.take_copy(person=person("M2"), form="json", sha256="0" * 64, by=keeper, at=AT)
    with pytest.raises(Denied):
        actions.take_copy(person=person("M3"), form="json", sha256="0" * 64, by=None, at=AT)


def test_outside_an_action_the_database_takes_nothing(world, record):
    entry = record("M3", Group.WORK)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(paper="x")


def test_who_acts_for_the_keeper_opens_by_the_grant_that_was_lent(world, person, keeper):
    lent = grant(user=world.chi, role=RoleCode.FILE_KEEPER, unit=world.upland, from_on=TODAY, by=world.eva, at=AT)
    actions.open_group(person=person("M4"), group=Group.CONTACT, reason="Đối chiếu", by=world.chi, at=AT)
    assert Opening.objects.get().grant == lent


def test_the_groups_are_whole():
    assert set(SPECS) == set(Group) - {Group.POSTS}
    assert set(Group) > SENSITIVE
    for spec in SPECS.values():
        names = [field.name for field in spec.fields]
        assert len(names) == len(set(names))
        assert not {"from_on", "to_on", "end_paper"} & set(names)
