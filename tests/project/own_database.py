"""A database of a test's own: a server beside the run's, begun with what that one has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, connections

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
    standby.release(server(), standby.name_of(first))
    try:
        yield first
    finally:
        throw_away(first)


def throw_away(folder: Path) -> None:
    """A data folder with its server and its socket."""
    embedded.discard(folder)
    shutil.rmtree(embedded.socket_folder(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
