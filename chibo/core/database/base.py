"""Django's PostgreSQL, its pool giving out first the connection that came back last."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool


class NewestFirst(ConnectionPool[Connection[Any]]):
    """Gives the connection that came back last: what it was asked is still at hand in the database.

    Each backend plans and reads its catalogs for itself. Given out in turn, as the library does, all of them stay
    half warm; so, one is warm, and those not needed are closed after a while.
    """

    def _get_ready_connection(self, timeout: float | None) -> Connection[Any] | None:
        self._pool.rotate(1)  # they come back at the end, and go from the beginning
        return super()._get_ready_connection(timeout)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own but for its pool."""

    @property
    def pool(self) -> ConnectionPool[Connection[Any]] | None:
        """The pool of the process, made at the first question; none where none is asked for."""
        found: ConnectionPool[Connection[Any]] | None = super().pool
        if found is not None and type(found) is not NewestFirst:
            found.__class__ = NewestFirst  # Django names the class it makes itself
        return found
