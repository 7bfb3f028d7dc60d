"""The tests' database: one embedded server a run, one migrated template, a clone of it for each worker."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from psycopg import sql

from chibo.project import embedded
from tests import place

TEMPLATE = "template_chibo"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # a crash loses nothing anybody wants
PATIENT = ("lock_timeout=120s",)  # who waits for ever for a lock is told so
shared = ExitStack()
_kept: dict[str, BaseDatabaseWrapper] = {}  # connections of the main thread to the databases it works in, by name


def pytest_unconfigure(config: pytest.Config) -> None:
    shared.close()
    place.leave()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Share the run's server and work in a database of one's own, cloned from the migrated template."""
    url = shared.enter_context(embedded.share(place.folder(), "postgres", QUICK + PATIENT))
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        with (place.folder() / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not exists(url, TEMPLATE):
                _migrate(url)
        clone(url, name)

    def made_anew(_test: object) -> None:  # TRUNCATE is refused by the history
        if connections["default"].settings_dict["NAME"] == name:
            clone(url, name)
        else:  # what was written lies in a clone of something else, which its fixture makes anew
            close()

    TransactionTestCase._fixture_teardown = made_anew
    os.environ["DATABASE_URL"] = embedded.address(place.folder(), name)
    yield
    with django_db_blocker.unblock():
        close()


def clone(url: str, name: str, template: str = TEMPLATE) -> None:
    """Put a fresh clone of a template in the place of a database, and have Django use it."""
    close()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {} template {}").format(database, sql.Identifier(template)))
    _kept.pop(name, None)  # of the main thread, where another one cloned: it is cut off
    use(name)


def use(name: str) -> None:
    """Have Django use a database of the run's server, by the connection this process has to it."""
    chosen = {"NAME": name, "USER": "chibo", "HOST": str(embedded.socket_folder(place.folder()))}
    settings.DATABASES["default"].update(chosen)
    if not _is_main():  # a thread that ends soon, and its connection with it
        connections.close_all()
        connections["default"].settings_dict.update(chosen)
        return
    if name not in _kept:
        _kept[name] = connections.create_connection("default")
        _kept[name].settings_dict = {**connections["default"].settings_dict, **chosen}
    connections["default"] = _kept[name]


def close() -> None:
    """Close what this thread has open."""
    while _is_main() and _kept:
        _kept.popitem()[1].close()
    connections.close_all()


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


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
