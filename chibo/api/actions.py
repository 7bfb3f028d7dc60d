"""Tokens made and revoked by those whose they are."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from chibo.accounts.models import User
from chibo.api import policies
from chibo.api.models import Answer, Token
from chibo.api.queries import good_tokens
from chibo.core.actions import action
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

WORD = "chibo_"  # what every token begins with, so that one that was lost somewhere is known for what it is


@action("api.token_made")
def make_token(
    *, name: str, permissions: Collection[str], unit: Unit | None, until: date, by: Any, at: datetime
) -> tuple[Token, str]:
    """Make a token of one's own, and say it: only this once.

    Denied: it would allow what its maker may not do, or for too long; or there are too many.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    today = timezone.localtime(at).date()
    named = sorted({*permissions, P.UNIT_VIEW})  # nothing is found without seeing units
    policies.check_can_make(rights_of(by, today), named, unit, until, today, good_tokens(by, today).count())
    said = WORD + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=by, name=name, fingerprint=fingerprint(said), begins=said[:12], permissions=[str(each) for each in named],
        unit=unit, made_at=at, until=until,
    )  # fmt: skip
    return token, said


@action("api.token_revoked")
def revoke_token(*, token: Token, by: Any, at: datetime) -> Token:
    """Let a token in no more, at once and for good; what was answered to it is forgotten."""
    token = Token.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
    Answer.objects.filter(token=token).delete()
    return token


def fingerprint(said: str) -> str:
    """What is kept of a token; it is too long to be guessed, so nothing slow is needed."""
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
