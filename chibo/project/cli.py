"""`chibo ...`: Django's manage.py of this project, with the embedded database at hand where no other is named."""

from __future__ import annotations

import gc
import logging
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg

from chibo.project import embedded, place

# Commands that ask nothing of a database, and those that see to its tables themselves.
WITHOUT_DATABASE = {"help", "version", "--help", "-h", "--version", "makemessages", "compilemessages"}
ELSEWHERE = {"standby", "promote"}  # commands on a database of another folder, which they see to themselves
AS_IT_IS = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "check", "docs", "up"}
DEMONSTRATION_DAY = "2024-01-10"


def main() -> NoReturn:
    """Run one command; what is expected to go wrong is said in one line, and no process is left behind."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chibo.project.settings")
    gc.set_threshold(100_000, 20, 100)  # what a start makes stays: looking through it took a fifth of it
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # the error that follows says it
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name == "demo":
        os.environ.setdefault("CHIBO_TODAY", DEMONSTRATION_DAY)
    try:
        if name in WITHOUT_DATABASE | ELSEWHERE or {"--help", "-h", "--into"} & set(sys.argv):
            _run()
        elif url := os.environ.get("DATABASE_URL"):
            if name not in AS_IT_IS - {"up", "migrate"}:
                _reach(url)
            _run()
        else:
            _run_embedded(name)
    except embedded.Trouble as trouble:
        _fail(str(trouble), 2)
    except KeyboardInterrupt:
        _fail("", 130)
    except BrokenPipeError:  # whoever read what is printed has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(0)


def _run_embedded(name: str) -> None:
    """Run on the embedded database of the data folder, with its tables brought up to date."""
    data = place.data_folder()
    if name == "demo" and "--fresh" in sys.argv:
        embedded.discard(data)
    with embedded.share(data) as url:
        os.environ["DATABASE_URL"] = url
        try:
            if name not in AS_IT_IS:
                _bring_up_to_date()
            _run()
        finally:
            _disconnect()


def _reach(url: str) -> None:
    """See that a database given by its address answers: the pool would try for long and not say what is wrong."""
    if not url.startswith(("postgresql://", "postgres://")):
        _fail("DATABASE_URL must begin with postgresql://; no other database is supported.", 2)
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        _fail(f"The database of DATABASE_URL can't be reached: {str(error).splitlines()[0]}", 2)


def _run() -> None:
    from django.core.management import execute_from_command_line

    with _reached():
        execute_from_command_line(sys.argv)


def _bring_up_to_date() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    with _reached():
        if is_behind():
            call_command("migrate", verbosity=0)


@contextmanager
def _reached() -> Iterator[None]:
    """A database that goes away meanwhile is said in one line."""
    from django.db.utils import OperationalError

    try:
        yield
    except OperationalError as error:
        _fail(f"The database can't be reached: {str(error).splitlines()[0]}", 2)


def is_behind() -> bool:
    """Whether the database's tables are older than the program."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.recorder import MigrationRecorder

    if _shipped() <= MigrationRecorder(connection).applied_migrations().keys():
        return False  # what every start comes to, without a look into each of them
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _shipped() -> set[tuple[str, str]]:
    """The migrations there are, by app and name."""
    from django.apps import apps

    found = set()
    for app in apps.get_app_configs():
        paths = getattr(app.module, "__path__", [])
        for module in pkgutil.iter_modules([str(Path(path) / "migrations") for path in paths]):
            if not module.ispkg and module.name[0] not in "_~":  # as Django counts them
                found.add((app.label, module.name))
    return found


def _disconnect() -> None:
    from django.db import connections

    connection: Any = connections["default"]
    connection.close()
    connection.close_pool()


def _fail(words: str, code: int) -> NoReturn:
    if words:
        print(words, file=sys.stderr)  # noqa: T201
    sys.exit(code)
