"""What changed since: nothing is missed whatever order transactions end in, and what leaves my sight is gone."""

import threading
import time
from datetime import date

import pytest
from django.db import connection, transaction

from chibo.api.following import Place
from chibo.core.actions import action
from chibo.members.models import Person
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from tests.api.asking import Program
from tests.api.test_writing import said
from tests.world import AT, TODAY


def follow(program, since, limit=500, until=lambda changes: True):
    """What changed since, asked until it is all there; other tests' transactions may hold it up for a while."""
    changes, end = [], time.monotonic() + 330  # one of them goes through all admissions of a district
    while True:
        answer = program.get("/changes", since=since, limit=limit)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        changes, since = changes + told["changes"], told["since"]
        if not told["more"] and until(changes):
            return [(each["kind"], each["code"], each["how"]) for each in changes], since
        assert time.monotonic() < end, changes
        time.sleep(0 if told["more"] else 0.5)


def begin(program):
    return program.get("/changes").json()["since"]


@action("tests.named")
def name(*, unit, said, by, at):
    Unit.objects.filter(pk=unit.pk).update(name=said)


def test_from_the_beginning_all_is_told_once_in_pages_of_any_size(world, settings):
    settings.CHIBO_API_PER_MINUTE = 5000
    program = Program.of(world.flo)
    sight = begin(program).rsplit(".", 1)[1]
    whole, _since = follow(program, f"0.0.0.{sight}", 2000)
    assert {(kind, code) for kind, code, _how in whole if kind == "unit"} == {
        ("unit", each["code"]) for each in program.all("/units")
    }
    assert {code for kind, code, _how in whole if kind == "member"} == {f"M{n}" for n in range(1, 10)}
    assert {code for kind, code, _how in whole if kind == "meeting"} == {
        each["code"] for each in program.all("/meetings")
    }
    assert len(whole) == len(set(whole))
    assert all(how in ("made", "changed") for _kind, _code, how in whole)
    for limit in (1, 7):
        paged, _since = follow(program, f"0.0.0.{sight}", limit)
        assert {each[:2] for each in paged} == {each[:2] for each in whole}


def test_each_sees_what_is_theirs_and_what_was_theirs_is_gone(world):
    program = Program.of(world.chi)
    whole, _since = follow(program, f"0.0.0.{begin(program).rsplit('.', 1)[1]}")
    seen = {(kind, code): how for kind, code, how in whole}
    assert seen["unit", "D"] == seen["member", "M8"] == seen["meeting", "D-1"] == "gone"  # moved to the south
    assert seen["member", "M5"] == "gone"  # transferred there
    assert {code for kind, code in seen if kind == "unit"} == {"T-N", "T-N-1", "A", "B", "D"}
    assert ("member", "M6") not in seen
    alone = Program.of(world.chi, "unit.view")
    whole, _since = follow(alone, f"0.0.0.{begin(alone).rsplit('.', 1)[1]}")
    assert {kind for kind, _code, _how in whole} == {"unit"}


def test_a_copy_has_to_begin_anew_where_other_rights_or_another_time_began(world):
    program = Program.of(world.chi)
    since = begin(program)
    *numbers, sight = since.split(".")
    assert program.get("/changes", since=f"{2**62}.0.0.{sight}").status_code == 410
    assert program.get("/changes", since=f"{2**63}.0.0.{sight}").status_code == 422
    assert Program.of(world.flo).get("/changes", since=since).status_code == 410
    assert program.get("/changes", since=".".join([*numbers, "0" * 12])).status_code == 410
    assert Place.parse(since) is not None
    assert Place.parse("x") is None


def test_what_is_written_is_told_to_who_follows(committed_world):
    world = committed_world
    program, writes = Program.of(world.chi), Program.of(world.ana)
    since = begin(program)
    assert follow(program, since)[0] == []
    made = writes.send("POST", "/meetings", said(world)).json()
    name(unit=world.cell_a, said="Chi bộ khác", by=None, at=AT)
    changes, since = follow(program, since, until=lambda found: len(found) == 2)
    assert changes == [("meeting", made["code"], "made"), ("unit", "A", "changed")]
    organizations.move(unit=world.upland, to=world.south, on=TODAY, decision="1", by=None, at=AT)
    changes, since = follow(program, since, until=bool)
    assert {each for each in changes if each[0] == "unit"} >= {
        ("unit", code, "gone") for code in ("T-N-1", "A", "B")
    }  # fmt: skip
    assert follow(program, since)[0] == []


def test_who_commits_late_is_told_all_the_same(committed_world):
    """The one that begins first ends last: who asks between must neither see it nor pass it by."""
    world = committed_world
    program = Program.of(world.flo)
    since = begin(program)
    wrote, may_end = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            name(unit=world.cell_a, said="late", by=None, at=AT)
            wrote.set()
            assert may_end.wait(60)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert wrote.wait(60)
    name(unit=world.cell_b, said="early", by=None, at=AT)  # begins later, ends sooner
    told = program.get("/changes", since=since).json()
    assert told["changes"] == []  # nothing that could be overtaken
    may_end.set()
    thread.join()
    changes, _since = follow(program, told["since"], until=lambda found: len(found) == 2)
    assert changes == [("unit", "A", "changed"), ("unit", "B", "changed")]


def test_what_is_no_more_is_gone(committed_world):
    world = committed_world
    program = Program.of(world.dan)
    since = begin(program)
    unit = Unit(code="E", name="Chi bộ mới", kind="cell", setting="village", founded_on=date(2024, 1, 1))
    organizations.found(unit=unit, parent=world.lowland, by=None, at=AT)
    changes, since = follow(program, since, until=bool)
    assert changes == [("unit", "E", "made")]


@action("tests.spelled")
def spell(*, person, said, by, at):
    person.full_name = said
    person.save()


def test_many_changes_of_one_thing_are_told_once_and_names_never(committed_world):
    world = committed_world
    program = Program.of(world.chi)
    since = begin(program)
    for n in range(5):
        spell(person=Person.objects.get(code="M1"), said=f"Nguyễn Thị An {n}", by=None, at=AT)
    changes, _since = follow(program, since, until=bool)
    assert set(changes) == {("member", "M1", "changed")}


@pytest.mark.parametrize("who", ["chi", "flo"])
def test_a_constant_number_of_questions(world, who, django_assert_max_num_queries):
    program = Program.of(getattr(world, who))
    since = f"0.0.0.{begin(program).rsplit('.', 1)[1]}"
    with django_assert_max_num_queries(9):
        assert len(program.get("/changes", since=since, limit=2000).json()["changes"]) > 20
