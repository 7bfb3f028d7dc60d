"""What is sent under a key is done once: sent again it is answered as it was, whichever worker it comes to.

The key is written in the transaction of what is done, so neither is ever there without the other; a second one that
comes meanwhile waits for the first at the key itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Header, Schema

from chibo.api.bearer import caller_of
from chibo.api.models import Answer
from chibo.api.problems import Refused
from chibo.api.tags import said

KEPT = timedelta(days=1)
WAITS = "10s"  # for the first to end
CLAIM = """
insert into api_answer (token_id, key, digest, status, body, at) values (%s, %s, %s, 0, '', %s)
on conflict (token_id, key) do nothing returning id
"""
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A word of your own, another one for everything you do: sent again under it within a day, it is"
        " done no second time and answered as it was.",
    ),
]


def once(request: HttpRequest, key: str, what: str, status: int, do: Callable[[], Schema]) -> HttpResponse:
    """Do something once and answer it with a status; `what` is a digest of all that was sent."""
    caller = caller_of(request)
    digest = hashlib.sha256(repr((request.method, request.get_full_path(), what)).encode()).hexdigest()
    with transaction.atomic():
        claimed = _claim(caller.token, key, digest, caller.now)
        if claimed is None:
            return _again(caller.token, key, digest)
        body = said(do()).decode()
        Answer.objects.filter(pk=claimed).update(status=status, body=body)
    return _answer(status, body)


def _claim(token: int, key: str, digest: str, at: datetime) -> int | None:
    """The row of a key that is ours to do; None where it is done. What is done now is waited for."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('lock_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("select set_config('lock_timeout', %s, true)", [WAITS])
            cursor.execute(CLAIM, [token, key, digest, at])
            row = cursor.fetchone()
            cursor.execute("select set_config('lock_timeout', %s, true)", [before])
            return row[0] if row else None
    except OperationalError:
        raise Refused(409, "The same is being done at this moment.", headers={"Retry-After": "10"}) from None


def _again(token: int, key: str, digest: str) -> HttpResponse:
    known = Answer.objects.get(token=token, key=key)
    if known.digest != digest:
        raise Refused(422, "Under this key something else was sent.", [("header.Idempotency-Key", "It was used.")])
    answer = _answer(known.status, known.body)
    answer["Idempotency-Replayed"] = "true"
    return answer


def _answer(status: int, body: str) -> HttpResponse:
    answer = HttpResponse(body, status=status, content_type="application/json; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def sweep(*, at: datetime) -> None:
    """Forget what was sent more than a day ago."""
    Answer.objects.filter(at__lt=at - KEPT).delete()
