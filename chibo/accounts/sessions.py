"""Where sessions are kept: as Django keeps them in its table, found by a question that is written out once.

They end by the clock of the database, whatever day the program stands at: as Django gives them their time.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from chibo.core.written import Written, as_sql


def _session(*, key: str) -> tuple[str, tuple[Any, ...]]:
    rows = Session.objects.filter(session_key=key, expire_date__gt=Now()).values_list("session_data", "expire_date")
    return as_sql(rows)


_SESSION = Written(_session, "django_session_")


class SessionStore(db.SessionStore):
    """Sessions in the database; whoever asks for one that is over begins another."""

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        for data, until in [] if "\0" in key else _SESSION.rows(key=key):
            return Session(session_key=key, session_data=data, expire_date=until)
        self._session_key = None
        return None
