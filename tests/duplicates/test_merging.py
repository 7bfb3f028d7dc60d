"""Two records become one, with nothing lost; taken apart, every row is again what it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chibo.committees.models import Charge, Visit
from chibo.core.actions import Denied, action
from chibo.core.text import search_key
from chibo.duplicates import drafting
from chibo.duplicates.actions import merge, take_apart
from chibo.duplicates.queries import former_codes, successor
from chibo.exchange.loading import load
from chibo.exchange.writing import write_workbook
from chibo.indicators import folding
from chibo.meetings.models import Attendance, Kind, Meeting
from chibo.members import identity
from chibo.members.actions import link_user
from chibo.members.models import Membership, Person, Post, Stay
from chibo.organizations import rows
from tests.duplicates.people import BORN, change, record
from tests.indicators.comparing import figures_kept
from tests.world import AT

OWN = ("duplicates_", "pghistory_", "procrastinate_", "django_", "indicators_", "meetings_keptcellyear", "core_")
DATED = {"organizations_grant", "members_postrole", "members_postmark"}  # roles given keep the days they were held
NUMBERED = {"members_stay", "members_temporarystay"}  # derived: the same rows, made anew


def all_rows() -> dict[str, Any]:
    """Every row of every table that says something; of those derived what they say."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        name = model._meta.db_table
        if name.startswith(OWN) or name.endswith("event") or name in DATED or not model._meta.managed:
            continue
        columns = [f.column for f in model._meta.concrete_fields if name not in NUMBERED or f.column != "id"]
        found[name] = sorted(map(repr, model._default_manager.order_by().values_list(*columns)))
    return found


@action("tests.noted")
def note(*, meeting, person, state, by, at):
    return Attendance.objects.create(meeting=meeting, person=person, state=state)


def attend(person: Person, meeting: Meeting, state: str = "present") -> None:
    note(meeting=meeting, person=person, state=state, by=None, at=AT)


@action("tests.meeting_made")
def _meeting(*, unit, held_on, n, by, at):
    return Meeting.objects.create(
        code=f"X{n}", unit=unit, kind=Kind.REGULAR, held_on=held_on, month=held_on.replace(day=1)
    )


def meeting(unit: Any, held_on: date, n: int) -> Meeting:
    return _meeting(unit=unit, held_on=held_on, n=n, by=None, at=AT)


@action("tests.made")
def _make(*, model, by, at, **facts):
    return model.objects.create(**facts)


def make(model: Any, **facts: Any) -> Any:
    return _make(model=model, by=None, at=AT, **facts)


def alike_in(world: Any, **more: Any) -> tuple[Person, Person]:
    first = record(code="H1", cell=world.cell_a, ethnicity="Tày", occupation="Nông dân")
    return first, record(code="H2", name="Luong Thi Hanh", cell=world.cell_a, religion="Phật giáo", **more)


def test_every_table_that_refers_to_people_has_said_how_its_rows_follow():
    pending, seen, unsaid = ["members_person"], set(), []
    while pending:
        table = pending.pop()
        seen.add(table)
        for there, column in drafting.references(table):
            rule = identity.rule_of(there, column)
            if rule is None:
                unsaid.append((table, there, column))
            elif rule.once is not None or rule.way is identity.Way.SPELLS:
                pending += [there] if there not in seen else []
            names = set(rows.table(there).fields)
            if rule is not None:
                assert {*(rule.once or ()), *(rule.span or ())} <= names
    assert not unsaid


def test_what_refers_to_one_record_refers_to_the_other_then(world):
    first, second = alike_in(world)
    held = meeting(world.cell_a, date(2023, 12, 4), 1)
    attend(second, held)
    make(Post, unit=world.north, post="committee_member", person=second, from_on=date(2020, 7, 1))
    charge = make(Charge, unit=world.north, person=second, over_unit=world.cell_b, from_on=date(2022, 1, 1))
    link_user(person=second, user=world.dan, by=None, at=AT)
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, reason="Nhập hai lần", by=world.chi, at=AT)
    first.refresh_from_db()
    assert (first.full_name, first.ethnicity, first.religion) == ("Lương Thị Hạnh", "Tày", "Phật giáo")
    assert first.user == world.dan
    assert Attendance.objects.get(meeting=held).person == first
    assert Post.objects.get(unit=world.north, from_on=date(2020, 7, 1), person=first)
    assert Charge.objects.get(pk=charge.pk).person == first
    assert Membership.objects.get(person=first).cell == world.cell_a
    assert not Person.objects.filter(pk=second.pk).exists()
    assert former_codes(["H2", "H1", "none"]) == {"H2": "H1"}
    assert successor(second.pk) == first.pk
    take_apart(merge=done, reason="Là hai người", by=world.chi, at=AT)
    assert all_rows() == before
    assert former_codes(["H2"]) == {}
    assert successor(second.pk) is None


def test_what_differs_is_what_was_chosen(world):
    first, second = alike_in(world, born_on=date(1984, 5, 3), occupation="Giáo viên")
    choices = {"fact_full_name": "second", "fact_occupation": "second"}
    merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    first.refresh_from_db()
    assert (first.full_name, first.search_key) == ("Luong Thi Hanh", search_key("Luong Thi Hanh"))
    assert (first.occupation, first.born_on) == ("Giáo viên", BORN)


def test_two_users_two_posts_and_spells_nobody_chose_of_are_told_before(world):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2", cell=world.cell_b, joined_on=date(2014, 6, 1))
    link_user(person=first, user=world.dan, by=None, at=AT)
    link_user(person=second, user=world.hoa, by=None, at=AT)
    for n, person in enumerate((first, second)):
        make(Post, unit=world.north, post="committee_member", person=person, from_on=date(2020, 7, 1 + n))
    before = all_rows()
    with pytest.raises(Denied) as refused:
        merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    for said in ("linked to a user", "Posts", "which spell"):
        assert said in str(refused.value)
    assert all_rows() == before


def test_marks_of_one_meeting_that_differ_are_chosen_and_the_same_are_one(world):
    first, second = alike_in(world)
    one, two = (meeting(world.cell_a, date(2023, 12, day), day) for day in (4, 5))
    attend(first, one), attend(second, one), attend(first, two), attend(second, two, "absent")
    with pytest.raises(Denied, match="which of the two"):
        merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    choices = {"rows_meetings_attendance_person_id": "second"}
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    said = dict(Attendance.objects.filter(person=first).values_list("meeting", "state"))
    assert said == {one.pk: "present", two.pk: "absent"}
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_someone_entered_anew_where_they_moved_to_has_moved_there(world):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2", cell=world.cell_b, joined_on=date(2018, 6, 1))
    here, there, ghost = (
        meeting(unit, on, n)
        for n, (unit, on) in enumerate(
            ((world.cell_a, date(2017, 2, 3)), (world.cell_b, date(2019, 2, 3)), (world.cell_a, date(2019, 2, 3)))
        )
    )
    attend(first, here), attend(second, there), attend(first, ghost, "absent")
    name = f"spell_{Membership.objects.get(person=second).pk}"
    choices = {name: "first_second", name.replace("spell", "spell_day"): date(2018, 6, 1)}
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, choices=choices, by=world.chi, at=AT)
    stays = Stay.objects.filter(membership__person=first).order_by("from_on")
    assert [(s.cell, s.from_on, s.to_on) for s in stays] == [
        (world.cell_a, date(2012, 6, 1), date(2018, 6, 1)),
        (world.cell_b, date(2018, 6, 1), None),
    ]
    assert set(Attendance.objects.filter(person=first).values_list("meeting", flat=True)) == {here.pk, there.pk}
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_spells_that_do_not_overlap_are_kept_beside_each_other(world):
    first = record(code="H1", cell=world.cell_a, joined_on=date(2018, 6, 1))
    second = record(code="H2", cell=world.cell_b, joined_on=date(2004, 6, 1), left_on=date(2011, 1, 1))
    before = all_rows()
    done = merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    spells = Membership.objects.filter(person=first).order_by("joined_on")
    assert [each.joined_on.year for each in spells] == [2004, 2018]
    assert [each.number for each in spells] == [1, 2]
    take_apart(merge=done, by=world.chi, at=AT)
    assert all_rows() == before


def test_days_that_make_no_sense_are_refused_at_their_field(world):
    first = record(code="H1", cell=world.cell_a)
    second = record(code="H2", cell=world.cell_b, joined_on=date(2018, 6, 1))
    pk = Membership.objects.get(person=second).pk
    for day in (None, date(2012, 6, 1), date(2017, 1, 1)):
        made = drafting.draft(first.pk, second.pk, {f"spell_{pk}": "first_second", f"spell_day_{pk}": day})
        assert [at for at, _why in made.refusals] == [f"spell_day_{pk}"]


def test_only_who_sees_both_decides_and_nobody_of_their_own(world):
    first, second = alike_in(world)
    away = record(code="H3", cell=world.cell_c)
    for by, pair in ((world.dan, (first, second)), (world.chi, (first, away)), (world.ana, (first, second))):
        with pytest.raises(Denied, match="outside your units"):
            merge(kept=pair[0].pk, gone=pair[1].pk, by=by, at=AT)
    link_user(person=second, user=world.chi, by=None, at=AT)
    with pytest.raises(Denied, match="own record"):
        merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    with pytest.raises(Denied, match="no more"):
        merge(kept=first.pk, gone=first.pk, by=world.chi, at=AT)


def test_what_was_changed_since_is_not_taken_apart(world):
    first, second = alike_in(world)
    held = meeting(world.cell_a, date(2023, 12, 4), 1)
    attend(second, held)
    done = merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    first.refresh_from_db()
    change(first, religion="Công giáo")
    with pytest.raises(Denied, match="changed since"):
        take_apart(merge=done, by=world.chi, at=AT)
    change(first, religion="Phật giáo")
    take_apart(merge=done, by=world.chi, at=AT)
    with pytest.raises(Denied, match="already"):
        take_apart(merge=done, by=world.chi, at=AT)


def test_merges_of_merges_come_apart_in_turn(world):
    first, second = alike_in(world)
    third = record(code="H3", cell=world.cell_b)
    before = all_rows()
    one = merge(kept=second.pk, gone=first.pk, by=world.chi, at=AT)
    pk = Membership.objects.get(person=second).pk
    between = all_rows()
    two = merge(kept=third.pk, gone=second.pk, choices={f"spell_{pk}": "second"}, by=world.chi, at=AT)
    assert former_codes(["H1", "H2"]) == {"H1": "H3", "H2": "H3"}
    assert successor(first.pk) == third.pk
    with pytest.raises(Denied, match="Take that apart first"):
        take_apart(merge=one, by=world.chi, at=AT)
    take_apart(merge=two, by=world.chi, at=AT)
    assert all_rows() == between
    take_apart(merge=one, by=world.chi, at=AT)
    assert all_rows() == before


def fold() -> None:
    folding.fold_all(by=None, at=AT)


def figures() -> list[Any]:
    """Every stored figure that is not nothing."""
    return sorted(figures_kept())


def rebuilt() -> list[Any]:
    folding.rebuild(by=None, at=AT)
    return figures()


CELLS = ("cell_a", "cell_b")
DAY = st.integers(0, 5000).map(lambda n: date(2009, 1, 1) + timedelta(days=n))
FACTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Lương Thị Hạnh", "Luong Thi Hanh"]),
        "ethnicity": st.sampled_from(["", "Tày", "Kinh"]),
        "occupation": st.sampled_from(["", "Nông dân", "Giáo viên"]),
        "cell": st.sampled_from(CELLS),
        "days": st.lists(DAY, min_size=1, max_size=4, unique=True).map(sorted),
        "kinds": st.lists(st.sampled_from(["official", "temporary"]), min_size=3, max_size=3),
        "left": st.booleans(),
        "marks": st.lists(st.sampled_from(["present", "absent", "excused", ""]), min_size=6, max_size=6),
        "posts": st.lists(st.sampled_from(["committee_member", "deputy_secretary"]), max_size=2, unique=True),
        "charges": st.integers(0, 2),
    }
)


def build(world: Any, code: str, facts: dict[str, Any], meetings: list[Meeting]) -> Person:
    days = facts["days"]
    left = days[-1] if facts["left"] and len(days) > 1 else None
    acts = days[1:-1] if left else days[1:]
    cells = [world.cell_b, world.cell_a] if facts["cell"] == "cell_a" else [world.cell_a, world.cell_b]
    transfers = tuple((on, cells[n % 2], kind) for n, (on, kind) in enumerate(zip(acts, facts["kinds"], strict=False)))
    person = record(
        code=code, name=facts["name"], ethnicity=facts["ethnicity"], occupation=facts["occupation"],
        cell=getattr(world, facts["cell"]), joined_on=days[0], left_on=left, transfers=transfers,
    )  # fmt: skip
    for held, mark in zip(meetings, facts["marks"], strict=True):
        if mark:
            attend(person, held, mark)
    for post in facts["posts"]:
        make(Post, unit=world.north, post=post, person=person, from_on=date(2020, 7, 1))
    for n in range(facts["charges"]):
        charge = make(
            Charge, unit=world.north, person=person, over_unit=(world.cell_a, world.cell_b)[n], from_on=date(2021, 1, 1)
        )  # fmt: skip
        make(Visit, charge=charge, on=date(2022, 1, 1))
    return person


@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    FACTS,
    FACTS,
    st.sampled_from(["first", "second", "first_second", "second_first"]),
    DAY,
    st.lists(st.sampled_from(["first", "second"]), min_size=6, max_size=6),
    st.integers(0, 5),
)
def test_whatever_was_merged_is_taken_apart_again_to_the_same_rows_and_figures(
    world, one, other, join, day, picks, chance
):
    with transaction.atomic():
        meetings = [
            meeting((world.cell_a, world.cell_b)[n % 2], date(2010 + 2 * n, 3, 3), n) for n in range(6)
        ]  # fmt: skip
        first, second = build(world, "H1", one, meetings), build(world, "H2", other, meetings)
        before = all_rows()
        counts = not chance  # figures of the whole world take their time
        if counts:
            fold()
        sums = figures() if counts else []
        choices: dict[str, Any] = {}
        for spelled in Membership.objects.filter(person=second):
            choices |= {f"spell_{spelled.pk}": join, f"spell_day_{spelled.pk}": day}
        names = ["fact_full_name", "fact_ethnicity", "fact_occupation"]
        names += [f"rows_{t}_person_id" for t in ("meetings_attendance", "committees_charge")]
        choices |= dict(zip(names, picks, strict=False))
        try:
            done = merge(kept=first.pk, gone=second.pk, choices=choices, by=None, at=AT)
        except Denied:
            assert all_rows() == before
        else:
            after = all_rows()
            kept_rows = sum(map(len, after.values()))
            assert Person.objects.filter(code__in=["H1", "H2"]).count() == 1
            lost = sum(1 for row in done.rows.all() if row.after is None)
            made = sum(1 for row in done.rows.all() if row.before is None)
            derived = sum(len(after[name]) - len(before[name]) for name in NUMBERED)
            assert kept_rows == sum(map(len, before.values())) - lost + made + derived
            if counts:
                fold()
                assert figures() == rebuilt()
            take_apart(merge=done, by=None, at=AT)
            assert all_rows() == before
            if counts:
                fold()
                assert figures() == sums
        transaction.set_rollback(True)


def test_a_workbook_that_names_a_code_that_went_is_told_the_one_that_stays(world, tmp_path):
    first, second = alike_in(world)
    merge(kept=first.pk, gone=second.pk, by=world.chi, at=AT)
    path = tmp_path / "roll.xlsx"
    heads = ["member_code", "full_name", "sex", "born_on", "cell_code", "joined_on"]
    row = ["H2", "Luong Thi Hanh", "f", "1984-03-05", "A", "2012-06-01"]
    marks = [["A-1", "H2", "present"]]
    with path.open("wb") as file:
        write_workbook(
            file, {"members": (heads, [row]), "attendance": (["meeting_code", "member_code", "state"], marks)}
        )  # fmt: skip
    told = load(path=path, file_name="roll.xlsx", by=world.eva, at=AT)
    assert told.outcome == "refused"
    assert all("H1" in fault["reason"] for fault in told.faults)
    assert {fault["sheet"] for fault in told.faults} >= {"members"}
    with path.open("wb") as file:
        write_workbook(file, {"attendance": (["meeting_code", "member_code", "state"], marks)})
    told = load(path=path, file_name="roll.xlsx", by=world.eva, at=AT)
    assert [(fault["sheet"], "H1" in fault["reason"]) for fault in told.faults] == [("attendance", True)]
