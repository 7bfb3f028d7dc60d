"""Tokens of a user; whose a token is that comes in, and how often it came this minute."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

from chibo.accounts.models import User
from chibo.api.models import Token
from chibo.organizations.scope import Narrowed, rights_of

USER = [str(field.column) for field in User._meta.concrete_fields]
# Whose the token is, and its use counted in the same question. Nobody waits for the disk to have counted.
COME_IN = f"""
with found as (
  select t.id, t.permissions, coalesce(x.path, '') path, {", ".join(f"u.{column} u_{column}" for column in USER)}
  from api_token t join accounts_user u on u.id = t.user_id left join organizations_unit x on x.id = t.unit_id
  where t.fingerprint = %(fingerprint)s and t.revoked_at is null and t.until > %(today)s and u.is_active
), pace as (
  insert into api_pace (token_id, minute, times)
  select found.id, %(minute)s, 1 from found, set_config('synchronous_commit', 'off', true)
  on conflict (token_id) do update set minute = excluded.minute,
    times = case when api_pace.minute = excluded.minute then api_pace.times + 1 else 1 end
  returning times
)
select pace.times, found.* from found, pace
"""


@dataclass(frozen=True)
class Caller:
    """Someone as whom a program came in: the user, what they hold today as far as the token names it."""

    token: int
    user: User
    rights: Narrowed
    now: datetime
    times: int  # it came this minute

    @property
    def today(self) -> date:
        return self.now.date()


def come_in(fingerprint: str, now: datetime) -> Caller | None:
    """Who comes in with a token; None where it lets nobody in. Two queries."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COME_IN, {"fingerprint": fingerprint, "today": now.date(), "minute": minute})
        row: Any = cursor.fetchone()
    if row is None:
        return None
    times, pk, permissions, path, *columns = row
    names = [field.attname for field in User._meta.concrete_fields]
    user = User.from_db(DEFAULT_DB_ALIAS, names, columns)
    held = rights_of(user, now.date())
    return Caller(pk, user, Narrowed(held.held, frozenset(_codes(permissions)), path), now, times)


def _codes(told: Any) -> list[str]:
    """The codes of a column that the driver gives as text, or as a list."""
    return list(json.loads(told)) if isinstance(told, str) else list(told)


def good_tokens(user: Any, today: date) -> QuerySet[Token]:
    """The tokens of a user that let someone in that day."""
    return Token.objects.filter(user=user, revoked_at=None, until__gt=today).order_by("-pk")


def tokens_of(user: Any) -> QuerySet[Token]:
    """All tokens of a user, the newest first, with their unit and when each was last used."""
    return Token.objects.filter(user=user).select_related("unit", "pace").order_by("-pk")
