"""Lists page by page, each page going on after the key of the last one; and what every operation may answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from chibo.api.problems import Problem

MOST = 500
LARGEST_KEY = 2**63 - 1
T = TypeVar("T")

Id = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Limit = Annotated[int, Query(50, ge=1, le=MOST, description="How many a page has at most.")]
After = Annotated[
    int | None, Query(None, ge=0, le=LARGEST_KEY, description="Go on after the one of this id: see `next`.")
]


class Page(Schema):
    """A page of a list; where it goes on, if it does."""

    next: str | None = Field(None, description="The address of the page that follows; null on the last one.")


def answers(ok: Any, *also: int, status: int = 200, writes: bool = False) -> dict[int, Any]:
    """All that an operation may answer: what it is asked for, and each way in which it is refused."""
    reads = {304: None} if status == 200 and not writes else {}
    refusals = dict.fromkeys(sorted({401, 404, 422, 429, *also}), Problem)
    return {status: ok} | reads | refusals


def page_of(request: HttpRequest, rows: Sequence[T], limit: int, key: Any) -> tuple[list[T], str | None]:
    """The rows of a page, of one more than it has, and the address of the next; `key` tells a row's."""
    shown = list(rows[:limit])
    if len(rows) <= limit:
        return shown, None
    return shown, address_of(request, after=key(shown[-1]))


def address_of(request: HttpRequest, **changes: Any) -> str:
    """The address that was asked, with other parameters."""
    asked = [(name, value) for name, values in request.GET.lists() for value in values if name not in changes]
    return f"{request.path}?{urlencode([*asked, *changes.items()])}"
