"""The tests' database: one embedded server a run, one migrated template, a clone of it for each worker."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from chibo.project import embedded
from tests import place

TEMPLATE = "template_chibo"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # a crash loses nothing anybody wants
shared = ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    shared.close()
    place.leave()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Share the run's server and work in a database of one's own, cloned from the migrated template."""
    url = shared.enter_context(embedded.share(place.folder(), "postgres", QUICK))
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        with (place.folder() / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not exists(url, TEMPLATE):
                _migrate(url)
        clone(url, name)
    TransactionTestCase._fixture_teardown = lambda self: clone(url, name)  # TRUNCATE is refused by the history
    os.environ["DATABASE_URL"] = embedded.address(place.folder(), name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def clone(url: str, name: str, template: str = TEMPLATE) -> None:
    """Put a fresh clone of a template in the place of a database, and have Django use it."""
    connections.close_all()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {} template {}").format(database, sql.Identifier(template)))
    use(name)


def use(name: str) -> None:
    """Have Django use a database of the run's server."""
    connections.close_all()
    chosen = {"NAME": name, "USER": "chibo", "HOST": str(embedded.socket_folder(place.folder()))}
    settings.DATABASES["default"].update(chosen)
    connections["default"].settings_dict.update(chosen)


def exists(url: str, name: str) -> bool:
    with closing(psycopg.connect(url)) as connection:
        return connection.execute("select from pg_database where datname = %s", [name]).fetchone() is not None


def _migrate(url: str) -> None:
    """Make the template: built under another name, so that only a whole one is ever found."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("drop database if exists half with (force)")
        connection.execute("create database half")
    use("half")
    call_command("migrate", verbosity=0)
    connections.close_all()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(sql.SQL("alter database half rename to {}").format(sql.Identifier(TEMPLATE)))
