"""A desk's question is written out once for everyone of the same kind, and answers what is asked of each anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from chibo.accounts.models import User
from chibo.meetings.models import Meeting
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights, rights_of
from chibo.portal import alike, further
from chibo.portal.alike import Alike

DAYS = (date(2024, 1, 10), date(2024, 2, 29), date(2024, 3, 31), date(2023, 12, 31), date(2024, 4, 1))


def told(found: Any) -> list[tuple[str, ...]]:
    return sorted((tag, one or "", two or "") for tag, one, two in found)


def test_everyone_is_told_at_each_unit_what_is_asked_anew(world):
    desk, seen = Alike(further._asked), 0
    for user in User.objects.order_by("pk"):
        rights = rights_of(user, DAYS[0])
        homes = Unit.objects.filter(pk__in=rights.homes)
        for unit, days in [
            *((unit, DAYS if user == world.ana else DAYS[:1]) for unit in homes),
            (world.north, DAYS[:1]),
        ]:
            for day in days:
                anew = told(further._asked(rights, user, unit, day))
                assert told(desk.rows(rights, user, unit, day)) == anew, (user, unit)
                seen += len(anew)
    assert seen > 20
    assert None not in desk.texts.values(), "each can be written out"
    assert len(desk.texts) > 5


def test_no_more_kinds_are_prepared_than_a_connection_has_room_for(world, monkeypatch):
    monkeypatch.setattr(alike, "PREPARED", 1)
    desk, ways = Alike(asked), []
    for user, unit in ((world.ana, world.cell_a), (world.chi, world.north), (world.ana, world.cell_a)):
        rights = rights_of(user, DAYS[0])
        with CaptureQueriesContext(connection) as queries:
            rows = desk.rows(rights, user, unit, DAYS[0])
        assert told(rows) == told(asked(rights, user, unit, DAYS[0]))
        ways.append(queries[0]["sql"].startswith("execute"))
    assert ways == [True, False, True]


def test_of_a_whole_country_the_paths_are_part_of_the_question(world):
    root = Unit(pk=world.south.pk, path=world.south.path, kind=Kind.CENTRAL)
    other = Unit(pk=9999, path=world.south.path.replace(f"{world.south.pk}/", "9999/"), kind=Kind.CENTRAL)
    desk, rights, day = Alike(asked), rights_of(world.ana, DAYS[0]), DAYS[0]
    ways = []
    for unit in (root, other, root):
        with CaptureQueriesContext(connection) as queries:
            rows = desk.rows(rights, world.ana, unit, day)
        assert told(rows) == told(asked(rights, world.ana, unit, day))
        ways.append(queries[0]["sql"].startswith("execute"))
    [(_paths, prepared)] = desk.of_country.values()
    assert f"LIKE '{root.path}%'" in prepared.sql
    assert ways == [True, False, True]


def asked(rights: Rights, user: Any, unit: Unit, today: date) -> Any:
    """Meetings of a unit from the year's first day to the end of the month before, and of what a reader reaches."""
    until = today.replace(day=1) - timedelta(1)
    found = Meeting.objects.filter(unit__path__startswith=unit.path, held_on__range=(date(today.year, 1, 1), until))
    found = found.exclude(recorded_by=user.pk).filter(unit__path__in=[each.path for each in rights.held])
    years = {"held_on__year__in": [today.year - 1, today.year]}
    return (
        found.filter(**years)
        .order_by()
        .values_list(Value(f"meetings of {today.year - 1}", CharField()), Cast("pk", CharField()), F("topic"))
    )


def test_it_is_made_once_for_readers_of_a_kind_and_asked_in_one_query(world, monkeypatch):
    made: list[date] = []

    def make(*given: Any) -> Any:
        made.append(given[-1])
        return asked(*given)

    question = Alike(make)
    for user in (world.ana, world.ben):
        for day in DAYS[:1] * 2:
            rights, unit = rights_of(user, day), world.cell_a
            with CaptureQueriesContext(connection) as queries:
                rows = question.rows(rights, user, unit, day)
            assert len(queries) == 1
            assert told(rows) == told(asked(rights, user, unit, day))
    assert len(made) == 3 * len(question.texts)
    for text in filter(None, question.texts.values()):  # what lies below is found by an index where it is planned once
        assert " LIKE $" not in text.prepared.sql
        assert '"organizations_unit"."path" ~>=~ left($' in text.prepared.sql
    with override("en"):
        question.rows(rights, user, unit, day)
    assert len(made) == 3 * len(question.texts)


@pytest.mark.parametrize(
    "hidden",
    [
        lambda unit, today: Meeting.objects.filter(pk=unit.meetings.count()),  # asks the database
        lambda unit, today: Meeting.objects.filter(held_on=today.replace(day=min(today.day + 1, 20))),  # no known way
        lambda unit, today: Meeting.objects.filter(topic=str(today.day)),
        lambda unit, today: Meeting.objects.filter(pk=today.day),
        lambda unit, today: Meeting.objects.filter(held_on=today) if today.day < 10 else Meeting.objects.all(),
    ],
)
def test_what_does_not_follow_from_what_is_given_is_asked_anew(world, caplog, hidden):
    make: Any = lambda _rights, _user, unit, today: hidden(unit, today).order_by().values_list("pk")  # noqa: E731
    question, day = Alike(make), DAYS[0]
    for _ in range(2):
        rows = question.rows(Rights(), world.ana, world.cell_a, day)
        assert sorted(rows) == sorted(hidden(world.cell_a, day).values_list("pk"))
    assert list(question.texts.values()) == [None]
    assert caplog.text.count("made anew each time") == 1
