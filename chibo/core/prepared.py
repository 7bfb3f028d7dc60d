"""Statements prepared once by each connection, and asked without what a cursor costs: for what is asked all day.

A page that records a meeting asks seventeen of them. Through a cursor, each is put together as text, with its values
written into it, read by the database again, and waited for in generators; so its name and its values are sent alone.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import OperationalError, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
ALIAS = "default"


@dataclass
class Known:
    """What one connection has prepared, and how its values are read and written."""

    context: Any  # a cursor as Django makes it, which says how moments and the like are read
    names: dict[str, Any] = field(default_factory=dict)


_known: WeakKeyDictionary[Any, Known] = WeakKeyDictionary()  # by connection


class Prepared:
    """A statement with numbered places (`$1`), by a name that its text gives it."""

    def __init__(self, sql: str, called: str = "", *, is_planned_once: bool = False) -> None:
        """`called` is part of its name in the database's own log.

        With `is_planned_once` one plan does for all values, also where the database expects more of a plan for each:
        it does not reckon how long it takes to plan a hundred tables.
        """
        self.sql, self.is_planned_once = sql, is_planned_once
        self.name = f"chibo_{called}{hashlib.sha256(sql.encode()).hexdigest()[:24]}"

    def rows(self, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of the answer; none of a statement that gives none. One query.

        What the database refuses is raised as by a cursor; what watches over questions is told the text.
        """
        database = connections[ALIAS]
        database.ensure_connection()
        if not database.execute_wrappers and not database.queries_logged:
            return self._asked(database, values)
        ask: Any = lambda _sql, given, _many, _context: self._asked(database, given)  # noqa: E731
        for wrapper in reversed(database.execute_wrappers):
            ask = functools.partial(wrapper, ask)
        begun = monotonic()
        try:
            found: list[tuple[Any, ...]] = ask(self.sql, list(values), False, {"connection": database})
        finally:
            if database.queries_logged:
                told = f"execute {self.name}({', '.join(map(repr, values))})"
                database.queries_log.append({"sql": told, "time": f"{monotonic() - begun:.3f}"})
        return found

    def _asked(self, database: BaseDatabaseWrapper, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        database.validate_no_broken_transaction()
        with database.wrap_database_errors:
            driver: Any = database.connection
            known = _known.get(driver)
            if known is None:
                known = _known[driver] = Known(database.create_cursor())
            if not driver.autocommit and driver.pgconn.transaction_status == pq.TransactionStatus.IDLE:
                _begin(driver)
            told = known.names.get(self.name) or Transformer(known.context)
            sent = told.dump_sequence(values, [PyFormat.TEXT] * len(values))
            if settings.CHIBO_POOLED:  # what is prepared stays with one of many connections: nobody knows which is next
                result = _checked(driver, driver.pgconn.exec_params(self.sql.encode(), sent))
            else:
                if self.name not in known.names:
                    _checked(driver, driver.pgconn.prepare(self.name.encode(), self.sql.encode()))
                    known.names[self.name] = told
                result = self._executed(driver, sent)
            if not result.ntuples:
                return []
            told.set_pgresult(result)
            found: list[tuple[Any, ...]] = told.load_rows(0, result.ntuples, tuple)
            return found

    def _executed(self, driver: Any, sent: Any) -> Any:
        if not self.is_planned_once:
            return _checked(driver, driver.pgconn.exec_prepared(self.name.encode(), sent))
        _checked(driver, driver.pgconn.exec_(b"set plan_cache_mode = force_generic_plan"))
        try:
            result = driver.pgconn.exec_prepared(self.name.encode(), sent)
        finally:  # refused where the statement was: then the transaction is taken back, and the setting with it
            driver.pgconn.exec_(b"set plan_cache_mode = auto")
        return _checked(driver, result)


def _checked(driver: Any, result: Any) -> Any:
    """A result, unless the database refused; OperationalError if it is there no more.

    Whatever the database itself says has a code. What has none was said by this side of the line, which is cut: that
    may be known before the connection counts as lost.
    """
    if result.status not in DONE:
        if not result.error_field(pq.DiagnosticField.SQLSTATE) or driver.pgconn.status == pq.ConnStatus.BAD:
            raise OperationalError(driver.pgconn.get_error_message())
        raise error_from_result(result, driver.info.encoding)
    return result


def _begin(driver: Any) -> None:
    """Begin the transaction that the driver begins before the first statement of one."""
    if driver.isolation_level is driver.read_only is driver.deferrable is None:
        _checked(driver, driver.pgconn.exec_(b"begin"))
    else:
        driver.execute("select")  # in its own way
