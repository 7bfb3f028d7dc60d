"""The hostile bed is as hostile as it says."""

import socket
import warnings

import pytest
from django.db import connection
from django.template import engines
from django.test import Client
from django.urls import include, path

from chibo.core.actions import action
from chibo.organizations.models import Unit
from tests.bed import Wrote, written
from tests.world import AT

urlpatterns = [path("write/", lambda request: rename(at=AT, by=None)), path("", include("chibo.project.urls"))]


@action("tests.renamed")
def rename(*, by, at):
    Unit.objects.filter(code="A").update(name="other")


@pytest.mark.urls("tests.project.test_hostile")
def test_a_get_changes_no_record(world):
    with pytest.raises(Wrote):
        Client().get("/write/")


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1 for update", set()),
        ('UPDATE "a_b" SET x = 1', {"a_b"}),
        ("with x as (delete from t returning *) select * from x", {"t"}),
        ("merge into indicators_sum s using d", {"indicators_sum"}),
        ('INSERT INTO "django_session" VALUES (1)', set()),
        ("COPY t (a) FROM STDIN", {"t"}),
        ("select updated from t", set()),
    ],
)
def test_what_a_statement_writes_is_seen(sql, tables):
    assert written(sql) == tables


def test_warnings_are_errors():
    with pytest.raises(UserWarning):
        warnings.warn("once", stacklevel=1)


def test_an_unknown_template_variable_fails():
    with pytest.raises(pytest.fail.Exception, match="nowhere"):
        engines["django"].from_string("{{ nowhere }}").render({})


def test_rows_asked_for_in_no_order_come_in_another_one(world):
    ordered = list(Unit.objects.order_by("pk"))
    assert list(Unit.objects.all()) == ordered[::-1]


def test_nothing_leaves_this_machine():
    with socket.socket() as ours, pytest.raises(AssertionError, match="reached"):
        ours.connect(("192.0.2.1", 80))


@pytest.mark.django_db
def test_the_database_is_reached_by_its_socket():
    connection.ensure_connection()
    assert connection.settings_dict["HOST"].startswith("/")
