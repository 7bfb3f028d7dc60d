"""What a page was asked for: period, sorting, the row to go on after; nonsense in a URL falls back, never fails."""

from __future__ import annotations

import json
from datetime import date, datetime
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


def after_asked(request: HttpRequest, *kinds: type) -> list[Any] | None:
    """The key of the row to go on after, a value of each of these kinds as `after_key` wrote them; None to begin.

    A key of another list is none: its values are of other kinds, or lead nowhere outside what its reader may see.
    """
    try:
        told = json.loads(signing.Signer(salt="after").unsign(request.GET.get("after", "")))
        return [_value(each, kind) for each, kind in zip(told, kinds, strict=True)] if isinstance(told, list) else None
    except (signing.BadSignature, ValueError):
        return None


def _value(told: Any, kind: type) -> Any:
    """A value of a key; ValueError if it is not of its kind, or nothing a database takes."""
    if kind is int and type(told) is int and abs(told) < 2**63:
        return told
    if kind is int or not isinstance(told, str) or "\0" in told:
        raise ValueError(told)
    if kind is datetime:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            raise ValueError(told)
        return moment
    return date.fromisoformat(told) if kind is date else told


def after_key(key: list[Any]) -> str:
    """The key of a row for a URL, signed so that no other comes back; days and moments as ISO writes them."""
    return signing.Signer(salt="after").sign(json.dumps(key, ensure_ascii=False))
