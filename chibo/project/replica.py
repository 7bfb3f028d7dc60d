"""Figures and lists are read from a standby, where there is one and it is hardly behind; everything else is not.

While such a page is made, the connection called `default` is one to the standby: whatever asks, by querysets or in
SQL, asks there. It can't write: the standby refuses. What it can't answer is asked of the database itself. ADR 0036.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, PermissionDenied
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import Http404, HttpRequest, HttpResponse

REPLICA = "replica"  # its name among the connections
PAGES = {  # the lists and figures; no form, no case, no page of one record
    "desk", "units", "unit", "unit_below", "unit_meetings", "unit_scores", "matrix_workbook", "unit_objectives",
    "unit_late", "unit_targets", "unit_plan", "unit_history", "evidence", "evidence_workbook", "unit_classifications",
    "by_value", "unit_badges", "find", "checks", "check", "updating", "scores_waiting",
    "members", "members_workbook", "unit_members", "unit_members_workbook", "alike",
    "unit_sources", "unit_sources_workbook", "unit_heads", "unit_without", "unit_screening",
    "unit_committee", "unit_vacancies", "unit_several", "unit_charges", "unit_weak", "unit_absent", "unit_grounds",
    "cases", "cases_workbook", "unit_cases", "unit_cases_workbook",
}  # fmt: skip
WROTE = "wrote"  # the cookie of who wrote a moment ago: up to where the database's log had come by then
FAR = 2**63  # a place in the log nobody has come to
LOOK = 0.5  # seconds between two looks at how far the database is
REST = 10.0  # seconds a standby that did not answer is left alone
MOMENT = 60  # seconds, beside those a standby may be behind, for which it is remembered who wrote

# Places in the log are numbers of bytes: of two databases that follow each other, the same ones.
WRITTEN_SO_FAR = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
FOLLOWED_SO_FAR = "select pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint where pg_is_in_recovery()"


class Following:
    """How far the standby is behind, by one clock: what it has is compared with where the database was a moment ago."""

    def __init__(self) -> None:
        self.looks: deque[tuple[float, int]] = deque()  # when, and how far the database was; newest last
        self.resting_until = 0.0
        self.lock = Lock()

    def may_read(self, wrote: int) -> bool:
        """Whether the standby has what was written up to a place, and is behind by no more than it may be."""
        now = time.monotonic()
        if now < self.resting_until:
            return False
        self._look(now)
        resting, self.resting_until = self.resting_until, now + REST  # while one tries, others wait for nothing
        try:
            followed = _place(connections[REPLICA], FOLLOWED_SO_FAR)
        except Error:
            connections[REPLICA].close()
            return False
        self.resting_until = resting
        if followed is None or followed < wrote:  # it follows nobody: it became a database of its own
            return False
        with self.lock:
            return any(followed >= place and now - at <= settings.CHIBO_REPLICA_SECONDS for at, place in self.looks)

    def rest(self) -> None:
        """Leave the standby alone for a while: it does not answer."""
        self.resting_until = time.monotonic() + REST

    def _look(self, now: float) -> None:
        """See how far the database is, unless somebody did a moment ago."""
        with self.lock:
            while self.looks and now - self.looks[0][0] > settings.CHIBO_REPLICA_SECONDS:
                self.looks.popleft()
            if self.looks and now - self.looks[-1][0] < LOOK:
                return
        place = _place(connections[DEFAULT_DB_ALIAS], WRITTEN_SO_FAR)
        assert place is not None
        with self.lock:
            self.looks.append((now, place))


class FromReplica:
    """Answer a GET of a list or of figures from the standby, where it has all that its reader wrote."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if REPLICA not in connections.settings:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.following = Following()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _remember(response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The page as the standby has it; None where the database itself is to be asked."""
        if not _is_list(request) or not self.following.may_read(_wrote(request)):
            return None
        try:
            with standing_in():
                response: HttpResponse = view(request, *args, **kwargs)
                if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                    response = response.render()
                return response
        except (Http404, PermissionDenied):  # what is new, or was just allowed, may not be there yet
            return None
        except Error:
            connections[REPLICA].close()
            return None


class Router:
    """Tables are made and changed on the database itself: its standby follows."""

    def allow_migrate(self, db: str, *_args: Any, **_hints: Any) -> bool | None:
        """Never on the standby; elsewhere as Django has it."""
        return False if db == REPLICA else None


@contextmanager
def standing_in() -> Iterator[None]:
    """While it lasts, whatever this thread asks of the database it asks of the standby."""
    database = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[REPLICA]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = database


def _is_list(request: HttpRequest) -> bool:
    """Whether someone who is signed in asks for a list or figures; who that is, is asked of the database itself."""
    found = request.resolver_match
    return (
        request.method in ("GET", "HEAD")
        and found is not None
        and found.view_name in PAGES
        and not connections[DEFAULT_DB_ALIAS].in_atomic_block
        and request.user.is_authenticated
    )


def _wrote(request: HttpRequest) -> int:
    """How far the log had come when this browser wrote last; 0 if that was long ago, too far if it says nonsense."""
    said = request.COOKIES.get(WROTE, "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else FAR


def _remember(response: HttpResponse) -> None:
    """Tell the browser how far the log is, now that something was sent: its next page is no older."""
    try:
        place = _place(connections[DEFAULT_DB_ALIAS], WRITTEN_SO_FAR)
    except Error:
        place = None
    response.set_cookie(
        WROTE,
        str(FAR if place is None else place),
        max_age=settings.CHIBO_REPLICA_SECONDS + MOMENT,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _place(connection: Any, question: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        return None if row is None else row[0]
