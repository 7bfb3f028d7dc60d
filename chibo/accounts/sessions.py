"""Where sessions are kept: as Django keeps them in its table, found by a question that is written out once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from chibo.core.written import Written


def _session(*, key: str) -> tuple[str, tuple[Any, ...]]:
    rows = Session.objects.filter(session_key=key).values_list("session_data", "expire_date")
    made: tuple[str, tuple[Any, ...]] = rows.query.sql_with_params()
    return made


_SESSION = Written(_session)


class SessionStore(db.SessionStore):
    """Sessions in the database; whoever asks for one that is over begins another."""

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        found = [] if "\0" in key else _SESSION.rows(key=key)
        if found and found[0][1] > timezone.now():
            return Session(session_key=key, session_data=found[0][0], expire_date=found[0][1])
        self._session_key = None
        return None
