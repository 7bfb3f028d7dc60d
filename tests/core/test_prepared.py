"""Statements prepared once give and refuse what a cursor gives and refuses."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from psycopg import pq
from psycopg.types.json import Jsonb

from chibo.core.inserting import insert
from chibo.core.prepared import Prepared, _checked
from chibo.organizations.models import Unit

VALUES: list[tuple[str, Any]] = [
    ("int", 7), ("bigint", 2**62), ("text", "Lê 'Ân' %s $1 \\"), ("text", ""), ("text", None), ("boolean", True),
    ("date", date(2024, 2, 29)), ("numeric", Decimal("1.50")), ("uuid", UUID(int=5)), ("bigint[]", [1, 2, 3]),
    ("text[]", ["a,b", '"', "", "{}"]), ("boolean[]", [True, False]), ("double precision", 0.1),
    ("timestamptz", datetime(2024, 1, 1, 12, 30, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), VALUES)
@pytest.mark.django_db
def test_values_go_and_come_as_through_a_cursor(kind, value):
    with connection.cursor() as cursor:
        cursor.execute(f"select %s::{kind}", [value])
        (by_cursor,) = cursor.fetchone()
    statement = Prepared(f"select $1::{kind}")
    assert [statement.rows([value]), statement.rows([value])] == [[(by_cursor,)]] * 2
    assert type(statement.rows([value])[0][0]) is type(by_cursor)


@pytest.mark.django_db
def test_json_comes_as_through_a_cursor():
    with connection.cursor() as cursor:
        cursor.execute("select %s::jsonb", [Jsonb({"a": [1, None]})])
        (by_cursor,) = cursor.fetchone()
    assert Prepared("select $1::jsonb").rows([Jsonb({"a": [1, None]})]) == [(by_cursor,)]


@pytest.mark.django_db
def test_what_the_database_refuses_is_raised_as_by_a_cursor():
    with pytest.raises(ProgrammingError), transaction.atomic():
        Prepared("select nothing_of_the_kind").rows()
    statement = Prepared("select 1 / $1::int")
    assert statement.rows([1]) == [(1,)]
    with pytest.raises(Exception, match="division by zero"), transaction.atomic():
        statement.rows([0])
    assert statement.rows([1]) == [(1,)]
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            statement.rows([1])


def test_a_row_that_is_there_already_is_refused_with_the_name_of_what_it_breaks(world):
    key = Prepared("insert into core_sent (key, at) values ($1, now())")
    assert key.rows(["twice"]) == []
    with pytest.raises(IntegrityError, match="core_sent"), transaction.atomic():
        key.rows(["twice"])


@pytest.mark.django_db
def test_what_watches_over_questions_hears_of_them():
    heard: list[Any] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        heard.append((sql, params, context["connection"]))
        return execute(sql, params, many, context)

    statement = Prepared("select $1::int + 1")
    with connection.execute_wrapper(watch), CaptureQueriesContext(connection) as captured:
        assert statement.rows([1]) == [(2,)]
    assert [(sql, params) for sql, params, _ in heard] == [("select $1::int + 1", [1])]
    assert [each["sql"] for each in captured] == [f"execute {statement.name}(1)"]


@pytest.mark.django_db(transaction=True)
def test_the_first_of_a_transaction_begins_it(world):
    write = Prepared("insert into core_sent (key, at) values ($1, now())")
    with pytest.raises(RuntimeError), transaction.atomic():
        write.rows(["gone"])
        raise RuntimeError
    with transaction.atomic():
        write.rows(["kept"])
    assert Prepared("select key from core_sent").rows() == [("kept",)]
    Prepared("delete from core_sent").rows()


@pytest.mark.django_db(transaction=True)
def test_others_go_on_while_one_waits(world):
    begun = monotonic()
    over: list[float] = []

    def sleep() -> None:
        try:
            Prepared("select pg_sleep(0.5)").rows()
            over.append(monotonic() - begun)
        finally:
            connection.close()

    sleepers = [threading.Thread(target=sleep) for _ in range(2)]
    for each in sleepers:
        each.start()
    turns = 0
    while any(each.is_alive() for each in sleepers):
        turns += 1
    for each in sleepers:
        each.join()
    assert len(over) == 2
    assert turns > 1000  # the interpreter was not held


def test_a_fresh_object_outside_an_action_is_refused_and_has_no_key(world):
    fresh = Unit(code="new", name="New", kind="cell", founded_on=date(2020, 1, 1), path="")
    with pytest.raises(Exception, match="context"), transaction.atomic():
        insert(fresh)
    assert fresh.pk is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_server_that_is_gone_is_said_to_be_as_through_a_cursor(is_known):
    statement, said = Prepared("select $1::int"), []

    def ask():
        try:
            if is_known:
                assert statement.rows([1]) == [(1,)]
            gone.append(connection.connection.info.backend_pid if is_known else _backend())
            told.set()
            ended.wait(30)
            with transaction.atomic():
                statement.rows([2])
        except Exception as error:
            said.append(type(error))
        finally:
            connection.close()

    gone, told, ended = [], threading.Event(), threading.Event()
    asking = threading.Thread(target=ask)
    asking.start()
    assert told.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 10000)", gone)
    ended.set()
    asking.join(30)
    assert said == [OperationalError]


@pytest.mark.django_db
def test_what_the_database_did_not_say_itself_means_that_it_is_gone():
    """As when another process of it was killed: all lose theirs, with a word to each before."""
    connection.ensure_connection()
    driver = connection.connection
    with pytest.raises(psycopg.OperationalError):
        _checked(driver, driver.pgconn.make_empty_result(pq.ExecStatus.FATAL_ERROR))
    assert driver.pgconn.status == pq.ConnStatus.OK


def _backend():
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_one_plan_does_for_all_values_where_it_is_said_so():
    statement = Prepared("select id from organizations_unit where id = $1 and id <> $2 -- once", is_planned_once=True)
    assert [statement.rows([number, 0]) for number in range(3)] == [[]] * 3
    plans = "select generic_plans, custom_plans from pg_prepared_statements where name = %s"
    with connection.cursor() as cursor:
        cursor.execute(plans, [statement.name])
        assert cursor.fetchall() == [(3, 0)]


@pytest.mark.django_db
def test_what_is_refused_leaves_the_others_planned_as_before():
    statement = Prepared("select 1 / $1::int -- once", is_planned_once=True)
    with connection.cursor() as cursor:
        for value, refused in ((1, False), (0, True)):
            try:
                with transaction.atomic():
                    statement.rows([value])
            except psycopg.Error as why:
                raise AssertionError("raised as by a cursor") from why
            except DataError:
                assert refused
            cursor.execute("show plan_cache_mode")
            assert cursor.fetchone() == ("auto",)
