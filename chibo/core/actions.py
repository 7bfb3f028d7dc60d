"""Every write happens in an action: one transaction, its name and maker in the history of all it changes."""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from chibo.core.prepared import Prepared

P = ParamSpec("P")
R = TypeVar("R")
names: set[str] = set()


class Denied(Exception):
    """The user may not do this; the message is a reason a person understands, of a field if it is about one.

    Where another record stands in the way, `by` is that record: who may see it is led there.
    """

    def __init__(self, said: str, field: str = "", by: Any = None) -> None:
        super().__init__(said)
        self.field, self.by = field, by


_running: ContextVar[str] = ContextVar("action", default="")
_endings: list[Callable[[Any, datetime], None]] = []


def at_end(function: Callable[[Any, datetime], None]) -> Callable[[Any, datetime], None]:
    """Have every action do this last, in its own name and transaction: derive what follows from what it wrote.

    It is told who acts and when. An action called by another leaves it to that one.
    """
    _endings.append(function)
    return function


def action(name: str, *, one_moment: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a keyword-only function with `by` (a user, or None for the system) and `at` an action.

    The context is set in SQL, local to the transaction, before the first statement of the function, so that also
    what COPY and plain SQL change carries it; outside an action tracked tables refuse every write. An action called
    by another joins it: the outer name stands.

    With `one_moment` all its questions are answered as of one moment, whatever others commit meanwhile; inside a
    transaction that is open already that one's rule stands.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        names.add(name)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if _running.get():
                return function(*args, **kwargs)
            inside = connection.in_atomic_block
            token = _running.set(name)
            try:
                with transaction.atomic():
                    if one_moment and not inside:
                        _stand_still()
                    by: Any = kwargs["by"]
                    at: Any = kwargs["at"]
                    metadata = {"action": name, "user": by.pk if by else None, "at": at.isoformat()}
                    _describe(str(uuid.uuid4()), json.dumps(metadata))
                    result = function(*args, **kwargs)
                    for ending in _endings:
                        ending(by, at)
                    if inside:
                        _describe("", "")
                    return result
            finally:
                _running.reset(token)

        return run

    return wrap


def context_now() -> uuid.UUID:
    """Under what the history keeps what the running action writes."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('pghistory.context_id')")
        return uuid.UUID(cursor.fetchone()[0])


def told_now() -> tuple[int | None, datetime]:
    """Who runs the running action, by key, and when: for what is written deep below it."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('pghistory.context_metadata')")
        metadata = json.loads(cursor.fetchone()[0])
    return metadata["user"], datetime.fromisoformat(metadata["at"])


def _stand_still() -> None:
    """Let the transaction see the records of one moment; only its first statement can ask for it."""
    with connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")


def _describe(context: str, metadata: str) -> None:
    """Name the action in the settings of the transaction, where the history's triggers read it."""
    _DESCRIBED.rows([context, metadata])


_DESCRIBED = Prepared(
    "select set_config('pghistory.context_id', $1, true), set_config('pghistory.context_metadata', $2, true)"
)
