"""Who signs in and is signed in: as allauth has it, but found by a question that is written out once."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import DEFAULT_DB_ALIAS

from chibo.accounts.models import User
from chibo.core.written import Written, as_sql

FIELDS = [each.attname for each in User._meta.concrete_fields]
LARGEST = 2**63 - 1  # of a key


def _user(*, pk: int) -> tuple[str, tuple[Any, ...]]:
    return as_sql(User.objects.filter(pk=pk).order_by().values_list(*FIELDS))


_USER = Written(_user, "accounts_user_")


class Backend(AuthenticationBackend):
    """Signing in by user name and password; every page asks by its session who it is."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session; None if there is none, or they may not sign in any more."""
        for row in _USER.rows(pk=user_id) if user_id <= LARGEST else []:
            user = User.from_db(DEFAULT_DB_ALIAS, FIELDS, row)
            return user if self.user_can_authenticate(user) else None
        return None
