"""Resolutions: numbered without gap or double, registered; their tasks said done, confirmed, returned, carried over."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import Error, transaction

from chibo.committees.models import Term
from chibo.core.actions import Denied, action
from chibo.documents.models import Document
from chibo.meetings.models import Kind, Meeting
from chibo.resolutions import queries, resolving
from chibo.resolutions.models import Resolution, Rule, Task
from tests.resolutions.saying import issue, task
from tests.world import AT


@action("tests.laid_down")
def _lay_down(*, model, by, at, **facts):
    return model.objects.create(**facts)


@action("tests.ruled")
def _rule(*, by, at, **facts):
    Rule.objects.update(**facts)


def meeting(unit, held_on, n=1, kind=Kind.REGULAR):
    facts = {"unit": unit, "held_on": held_on, "month": held_on.replace(day=1), "kind": kind}
    return _lay_down(model=Meeting, code=f"{unit.code}-{held_on}-{n}", by=None, at=AT, **facts)


def test_numbers_follow_each_other_in_the_series_of_the_year(world, held, an):
    codes = [issue(held, world.ana, task(an), title=f"Lần {n}").code for n in range(3)]
    assert codes == ["01-NQ/CB", "02-NQ/CB", "03-NQ/CB"]
    assert set(Resolution.objects.values_list("series", flat=True)) == {"2023"}
    later = Meeting.objects.get(code="A-5")  # January 2024
    assert issue(later, world.ana, votes_for=1).code == "01-NQ/CB"


def test_where_a_term_is_recorded_they_run_through_the_term(world, held):
    facts = {"unit": world.cell_a, "from_on": date(2022, 7, 1)}
    _lay_down(model=Term, by=None, at=AT, **facts)
    issue(held, world.ana)
    later = issue(Meeting.objects.get(code="A-5"), world.ana, votes_for=1)
    assert (later.code, later.series) == ("02-NQ/CB", "2022-07-01")
    _rule(per="year", by=None, at=AT)
    again = issue(Meeting.objects.get(code="A-5"), world.ana, votes_for=1, title="Khác")
    assert (again.code, again.series) == ("01-NQ/CB", "2024")


def test_the_register_of_documents_has_it(world, held):
    issued = issue(held, world.ana)
    document = Document.objects.get(issuer=world.cell_a)
    assert (document.number, document.issued_on, document.title) == (issued.code, held.held_on, issued.title)


def test_the_same_sent_again_is_the_one_that_stands(world, held, an):
    first = issue(held, world.ana, task(an), after=0)
    assert issue(held, world.ana, task(an), after=0) == first
    with pytest.raises(Denied):
        issue(held, world.ana, task(an), after=0, title="Khác")
    assert (Resolution.objects.count(), Task.objects.count()) == (1, 1)


def test_it_is_written_once(world, held):
    issue(held, world.ana)
    with pytest.raises(Error), transaction.atomic():
        _change(rows=Resolution.objects.all(), body="x", by=None, at=AT)
    with pytest.raises(Error), transaction.atomic():
        _delete(rows=Resolution.objects.all(), by=None, at=AT)


@action("tests.resolution_changed")
def _change(*, rows, by, at, **what):
    rows.update(**what)


@action("tests.resolution_deleted")
def _delete(*, rows, by, at):
    rows._raw_delete("default")


@pytest.mark.parametrize(
    "wrong", [{"votes_for": 3}, {"votes_for": 1, "votes_against": 1}, {"html": "<p> </p>"}], ids=str
)
def test_what_can_not_be_is_not_issued(world, held, an, wrong):
    with pytest.raises(Denied):
        issue(held, world.ana, task(an), **wrong)
    assert not Resolution.objects.exists()


def test_a_task_is_for_somebody_and_due_after_the_meeting(world, held, an):
    for wrong in (task(), task(an, due_on=date(2023, 9, 3)), task(an, due_on=date(2099, 1, 1))):
        with pytest.raises(Denied):
            issue(held, world.ana, wrong)
    assert issue(held, world.ana, task(by_committee=True)).tasks.get().by_committee


@pytest.mark.parametrize("name", ["ben", "chi", "dan", "eva", "flo"])
def test_only_who_records_the_meetings_issues(world, held, name):
    with pytest.raises(Denied):
        issue(held, getattr(world, name))


def test_whoever_was_given_a_task_says_it_is_done_and_the_secretary_confirms(world, held, ben_person):
    given = issue(held, world.ana, task(ben_person)).tasks.get()
    with pytest.raises(Denied):
        resolving.say_done(task=given, note="", by=world.chi, at=AT)
    said = resolving.say_done(task=given, note="Xong 200 m", by=world.ben, at=AT)
    assert (said.state, said.done_on) == ("said", date(2024, 1, 10))
    with pytest.raises(Denied):
        resolving.confirm(task=given, note="", by=world.ben, at=AT)
    with pytest.raises(Denied, match="Say why"):
        resolving.give_back(task=given, note="", by=world.ana, at=AT)
    returned = resolving.give_back(task=given, note="Còn 50 m", by=world.ana, at=AT)
    assert (returned.state, returned.done_on) == ("open", None)
    resolving.say_done(task=given, note="", by=world.ben, at=AT)
    assert resolving.confirm(task=given, note="", by=world.ana, at=AT).state == "done"
    assert [each.deed for each in given.deeds.order_by("pk")] == ["said", "returned", "said", "confirmed"]
    with pytest.raises(Denied):
        resolving.drop(task=given, note="Thôi", by=world.ana, at=AT)


def test_the_result_of_the_last_resolution_carries_over_what_is_undone(world, held, an):
    issued = issue(
        held, world.ana, task(an, what="một"), task(an, what="hai"), task(an, what="ba", due_on=date(2024, 1, 31)),
        task(an, what="bốn"),
    )  # fmt: skip
    one, two, _three, four = issued.tasks.order_by("place")
    resolving.confirm(task=one, note="", by=world.ana, at=AT.replace(year=2023, month=9, day=20))
    resolving.drop(task=four, note="Không cần", by=world.ana, at=AT)
    assert queries.result_of_last(world.cell_a, date(2023, 9, 4)) == (0, 0)  # the meeting that gave them
    assert queries.result_of_last(world.cell_a, date(2023, 10, 3)) == (1, 2)
    meeting(world.cell_a, date(2023, 10, 3))
    meeting(world.cell_a, date(2023, 10, 20), 2, Kind.COMMITTEE)  # the committee's own hears nothing
    assert queries.result_of_last(world.cell_a, date(2023, 11, 3)) == (0, 1)
    resolving.confirm(task=two, note="", by=world.ana, at=AT.replace(year=2023, month=11, day=1))
    assert queries.result_of_last(world.cell_a, date(2023, 11, 3)) == (1, 1)
    assert queries.result_of_last(world.cell_b, date(2023, 11, 3)) == (0, 0)
