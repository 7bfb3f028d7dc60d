"""A database of a test's own: a server beside the run's, begun with what that one has."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from chibo.project import embedded, standby
from tests import place
from tests.worlds import server

AS_ASKED = ("fsync=off", "lock_timeout=120s", "shared_buffers=32MB")  # synchronous_commit as shipped


def name() -> str:
    """The database of the test, on whatever server."""
    return str(connection.settings_dict["NAME"])


@contextmanager
def database_of_its_own() -> Iterator[Path]:
    """The data folder of a server that holds what the run's server held, and takes writes."""
    first = place.of_its_own("first")
    connections.close_all()
    standby.make(first, server())
    with embedded.share(first, name(), AS_ASKED) as url:
        standby.promote(url)
        _leave_alone(url)
    standby.release(server(), standby.name_of(first))
    try:
        yield first
    finally:
        throw_away(first)


def _leave_alone(url: str) -> None:
    """Drop what else the run's server held: everything of a server is copied again and again by what is tried here."""
    with psycopg.connect(url, autocommit=True) as connection:
        kept = "('postgres', current_database())"
        asked = f"select datname from pg_database where not datistemplate and datname not in {kept}"
        for (other,) in connection.execute(asked).fetchall():
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(other)))
        connection.execute("checkpoint")


@contextmanager
def at(url: str) -> Iterator[None]:
    """Have Django work on the test's database as another server has it."""
    default, host = connections["default"], str(conninfo_to_dict(url)["host"])
    run = default.settings_dict["HOST"]
    default.close()
    for each in (default.settings_dict, settings.DATABASES["default"]):
        each["HOST"] = host
    try:
        yield
    finally:
        default.close()
        for each in (default.settings_dict, settings.DATABASES["default"]):
            each["HOST"] = run


def figures(url: str) -> str:
    """All figures of a year and one of its months, as the command tells them."""
    told = io.StringIO()
    with at(url):
        call_command("figures", below=["T"], period=[["2023", "2023-10"]], json=True, stdout=told)
    return told.getvalue()


def throw_away(folder: Path) -> None:
    """A data folder with its server and its socket."""
    embedded.discard(folder)
    shutil.rmtree(embedded.socket_folder(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
