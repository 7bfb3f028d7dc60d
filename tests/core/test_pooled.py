"""Behind a pooler each transaction may go through another connection to the database: nothing is kept with one."""

from __future__ import annotations

from datetime import date
from itertools import cycle

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.models import F, QuerySet
from django.test import Client

from chibo.accounts.models import User
from chibo.core import prepared
from chibo.core.together import Question, together
from chibo.core.written import Written, as_sql
from chibo.meetings.models import Meeting, NoMeeting
from chibo.members.models import Stay
from chibo.organizations.models import Unit


@pytest.fixture
def pooled(committed_world, settings, monkeypatch):
    """Three connections in turn: each transaction, and each statement outside of one, by the next."""
    settings.CHIBO_POOLED = True
    connection.ensure_connection()
    first = connection.connection
    others = [connection.get_new_connection(connection.get_connection_params()) for _n in range(2)]
    for other in others:
        other.autocommit = True
        connection._configure_connection(other)
    turns, ask, stands = cycle([first, *others]), DatabaseWrapper._cursor, DatabaseWrapper._set_autocommit

    def cursor(self, name=None):
        if not self.in_atomic_block and self.connection is not None:
            self.connection = next(turns)
        return ask(self, name)

    def set_autocommit(self, autocommit):
        if not autocommit:
            self.connection = next(turns)
        stands(self, autocommit)

    def remains(self):
        """A connection outlives the page it was opened for."""

    class OneDriver(dict):
        """What a program knows of the one connection it has to the pooler, whichever is behind."""

        def get(self, _driver):
            return super().get("it")

        def __setitem__(self, _driver, known):
            super().__setitem__("it", known)

    def ensure(self):
        assure(self)
        if not self.in_atomic_block and self.autocommit:
            self.connection = next(turns)

    assure = DatabaseWrapper.ensure_connection
    monkeypatch.setattr(prepared, "_known", OneDriver())
    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", ensure)
    monkeypatch.setattr(DatabaseWrapper, "_cursor", cursor)
    monkeypatch.setattr(DatabaseWrapper, "_set_autocommit", set_autocommit)
    monkeypatch.setattr(DatabaseWrapper, "close_if_unusable_or_obsolete", remains)
    yield committed_world
    connection.connection = first
    for other in others:
        other.close()


def client(username):
    made = Client()
    made.force_login(User.objects.get(username=username))
    return made


def _asks(*, unit: int, day: date, code: str) -> dict[str, QuerySet]:
    return {
        "stays": Stay.objects.filter(cell=unit, from_on__lte=day).order_by("pk"),
        "units": Unit.objects.filter(code=code, pk=unit).order_by("pk"),
    }


def test_a_question_written_out_says_the_same_unprepared(pooled):
    given = {"unit": pooled.cell_a.pk, "day": date(2023, 6, 1), "code": "A"}
    plain = together(_asks(**given))
    question = Question(_asks)
    for _turn in range(4):
        told = question.ask(**given)
        assert [each.pk for each in told["stays"]] == [each.pk for each in plain["stays"]]
        assert [each.pk for each in told["units"]] == [pooled.cell_a.pk]
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where name like 'chibo%'")
        assert cursor.fetchone() == (0,)


def test_a_question_that_fails_fails_as_every_other(pooled):
    written = Written(lambda *, n: ("select 1 / (%s - 2)", (n,)))
    assert written.rows(n=3) == [(1,)]
    with pytest.raises(DatabaseError, match="zero"):
        written.rows(n=2)


def test_what_is_given_is_what_it_is_compared_with(pooled):
    def asks(*, unit: int, day: date) -> tuple[str, tuple]:
        return as_sql(
            Meeting.objects.filter(unit=unit, held_on__gte=day, unit__pk=F("unit")).order_by("pk").values_list("code")
        )

    given = {"unit": pooled.cell_a.pk, "day": date(2023, 3, 1)}
    assert Written(asks).rows(**given) == list(
        Meeting.objects.filter(unit=given["unit"], held_on__gte=given["day"]).order_by("pk").values_list("code")
    )


def test_the_simulation_finds_what_is_kept_with_a_connection(pooled, settings):
    settings.CHIBO_POOLED = False
    question = Question(_asks)
    given = {"unit": pooled.cell_a.pk, "day": date(2023, 6, 1), "code": "A"}
    with pytest.raises((DatabaseError, psycopg.Error), match="prepared statement"):
        for _turn in range(6):
            question.ask(**given)


def test_pages_and_writes_work_through_changing_connections(pooled):
    unit, cell = pooled.upland.pk, pooled.cell_a.pk
    for username, paths in {
        "chi": ["/", "/units/", f"/units/{unit}/", f"/units/{unit}/meetings/", "/members/", "/cases/", "/checks/"],
        "ana": ["/", f"/units/{cell}/meetings/record/?month=2023-12", f"/units/{cell}/meetings/"],
    }.items():
        visitor = client(username)
        for path in paths:
            assert visitor.get(path).status_code == 200, path
    sent = client("ana").post(f"/units/{cell}/meetings/none/", {"month": "2023-12", "reason": "Bão lũ", "seen": ""})
    assert sent.status_code == 302
    assert NoMeeting.objects.filter(unit=cell).exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pghistory_context where metadata->>'action' = 'meetings.none_held'")
        assert cursor.fetchone()[0] >= 1
