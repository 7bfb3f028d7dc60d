"""A preparatory meeting is the committee's own: a plain member of the cell opens nothing of it, whichever way."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import action
from chibo.meetings.models import Attendance, Kind, Meeting
from chibo.members.models import Person, Post, PostKind
from tests.resolutions.saying import lock
from tests.world import AT

NAMES = ("ana", "ben", "chi", "dan", "eva", "flo")


@action("tests.prepared")
def _prepared(*, meeting, by, at, marked):
    """The meeting was the committee's own; of others only who is marked came."""
    Meeting.objects.filter(pk=meeting.pk).update(kind=Kind.COMMITTEE)
    Attendance.objects.filter(meeting=meeting).exclude(person__code__in=marked).delete()


@action("tests.seated_on_committee")
def _seat(*, unit, by, at, **spell):
    Post.objects.create(unit=unit, post=PostKind.COMMITTEE_MEMBER, person=Person.objects.get(code="M2"), **spell)


@action("tests.written_by_another")
def _hand_over(*, minutes, code, by, at):
    minutes.secretary = Person.objects.get(code=code)
    minutes.save(update_fields=["secretary"])


@pytest.fixture
def got(world, held, minutes, client_of):
    """What each gets of September's meeting, its minutes, their file, and the search."""
    lock(world, minutes)
    _hand_over(minutes=minutes, code="M3", by=None, at=AT)
    page = f"/units/{world.cell_a.pk}/meetings/{held.pk}/"

    def get(names=NAMES):
        answers = {}
        for way in (page, page + "minutes/", page + "minutes/minutes.pdf"):
            answers[way] = [client_of(name).get(way).status_code for name in names]
        return [*answers.values(), [_hits(client_of(name)) for name in names]]

    return get


def _hits(client):
    answer = client.get("/minutes/?q=nguyen")
    return len(answer.context["hits"]) if answer.status_code == 200 else answer.status_code


def test_a_plain_member_opens_no_meeting_of_the_committee(world, held, got):
    ways = [[200, 200, 200, 404, 403, 200]] * 3
    assert got() == [*ways, [1, 1, 1, 0, 404, 1]]
    _prepared(meeting=held, marked=["M1"], by=None, at=AT)
    ways = [[200, 404, 200, 404, 403, 200]] * 3
    assert got() == [*ways, [1, 0, 1, 0, 404, 1]]


@pytest.mark.parametrize(
    "spell, opens",
    [
        ({"from_on": date(2023, 1, 1)}, True),
        ({"from_on": date(2023, 1, 1), "to_on": date(2023, 10, 1)}, True),  # was of it that day
        ({"from_on": date(2024, 1, 1)}, True),  # is of it today
        ({"from_on": date(2023, 10, 1), "to_on": date(2023, 12, 1)}, False),
    ],
    ids=["still", "then", "now", "between"],
)
def test_the_committee_does(world, held, got, spell, opens):
    _prepared(meeting=held, marked=["M1"], by=None, at=AT)
    _seat(unit=world.cell_a, by=None, at=AT, **spell)
    assert got(["ben"]) == ([[200]] * 3 + [[1]] if opens else [[404]] * 3 + [[0]])


def test_a_seat_elsewhere_opens_nothing_and_who_came_may_read(world, held, got):
    _prepared(meeting=held, marked=["M1", "M2"], by=None, at=AT)
    assert got(["ben"]) == [[200]] * 3 + [[1]]
    _prepared(meeting=held, marked=["M1"], by=None, at=AT)
    _seat(unit=world.cell_b, from_on=date(2023, 1, 1), by=None, at=AT)
    assert got(["ben"]) == [[404]] * 3 + [[0]]


def test_the_last_meeting_of_ones_cell_is_not_the_committees(world, client_of):
    last = Meeting.objects.get(code="A-5")
    ben = client_of("ben")

    def told():
        return [each.title for each in ben.get("/").context["own"] if str(each.title).startswith("The last meeting")]

    assert told() == ["The last meeting of your cell: 3 January 2024"]
    _prepared(meeting=last, marked=["M1"], by=None, at=AT)
    assert told() == ["The last meeting of your cell: 4 September 2023"]
