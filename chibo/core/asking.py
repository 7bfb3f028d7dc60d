"""What a page was asked for: period, sorting, the row to go on after; nonsense in a URL falls back, never fails."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest

from chibo.core.periods import NotAPeriod, Period


def period_asked(request: HttpRequest, today: date) -> Period:
    """The period in `?period=`; the last complete year if none, or none that is one, is named."""
    try:
        return Period.parse(request.GET.get("period", ""))
    except NotAPeriod:
        return Period(today.year - 1, "year", 1)


def is_period_chosen(request: HttpRequest) -> bool:
    """Whether `?period=` names a period: its reader chose one, and goes on with it."""
    try:
        return bool(Period.parse(request.GET.get("period", "")))
    except NotAPeriod:
        return False


def address(path: str, **query: Any) -> str:
    """A path with the query parameters that say something."""
    said = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path


def after_asked(request: HttpRequest, length: int) -> list[Any] | None:
    """The key of the row to go on after, `length` values as `after_key` wrote them; None to begin."""
    try:
        key = json.loads(signing.Signer(salt="after").unsign(request.GET.get("after", "")))
    except (signing.BadSignature, ValueError):
        return None
    return key if isinstance(key, list) and len(key) == length else None


def after_key(key: list[Any]) -> str:
    """The key of a row for a URL, signed so that no other comes back."""
    return signing.Signer(salt="after").sign(json.dumps(key, ensure_ascii=False))
