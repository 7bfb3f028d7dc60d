"""The hostile bed: what would go wrong one day somewhere goes wrong here at once.

Warnings are errors; a template variable nobody gave fails; rows that were asked for in no order come in another one;
nothing leaves this machine; a GET that would change a record is refused.
"""

import gc
import os
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.db.models.query import QuerySet
from django.http import HttpRequest
from django.test.client import ClientHandler
from django.utils import translation

os.environ["FAIL_INVALID_TEMPLATE_VARS"] = "true"
hypothesis.settings.register_profile(
    "bed",
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("bed")

WRITES = re.compile(
    r"\b(?:insert\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy|alter\s+table|drop\s+table)"
    r"\s+(?:only\s+)?\"?(\w+)|\bupdate\s+(?:only\s+)?\"?(\w+)\"?\s+(?:\w+\s+)?set\b|\bnextval\b",
    re.IGNORECASE,
)
OWN_PATHS = {"django_session", "core_cache", "api_pace"}  # sessions and limits have their own named write path


gc.disable()  # until all is loaded


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for what may go costs a twentieth of a run."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


class Wrote(AssertionError):
    """A GET changed a record."""


def written(sql: str) -> set[str]:
    """The tables a statement would change."""
    return {one or other for one, other in WRITES.findall(sql)} - OWN_PATHS


def refuse_writes(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Refuse a statement that changes a record: wraps the execution of statements while a GET is answered."""
    if tables := written(str(sql)):
        raise Wrote(f"A GET changed {', '.join(tables)}: {sql}")
    return execute(sql, params, many, context)


@pytest.fixture(autouse=True)
def get_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GET or HEAD of the test client may not change a record."""
    answer = ClientHandler.get_response

    def get_response(self: ClientHandler, request: HttpRequest) -> Any:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            return answer(self, request)
        with connection.execute_wrapper(refuse_writes):
            return answer(self, request)

    monkeypatch.setattr(ClientHandler, "get_response", get_response)


@pytest.fixture(autouse=True)
def each_begins_in_the_language_of_the_settings() -> Iterator[None]:
    """The language of the last page asked for ends with the test that asked."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def unordered_is_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were asked for in no order come in the other one: who relies on it finds out here."""
    fetch = QuerySet._fetch_all

    def fetch_all(self: Any) -> None:
        fresh = self._result_cache is None
        fetch(self)
        if fresh and len(self._result_cache) > 1 and not self.ordered:
            self._result_cache.reverse()

    monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all)


@pytest.fixture(autouse=True, scope="session")
def nothing_leaves_this_machine() -> Iterator[None]:
    """Sockets are closed but for those of this machine."""

    def guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
                raise AssertionError(f"A test reached for {address}.")
            return connect(self, address)

        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield
