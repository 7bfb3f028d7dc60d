"""What one page sends twice is done once: a double click, or going back to the page and the same button again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect, render

from chibo.core import clock

WAITS = 20.0  # seconds a second one waits for the first
LOOKS = 0.1  # seconds between two looks
DEAD = timedelta(seconds=60)  # what is under way for longer was cut off
KEPT = timedelta(days=1)
OWN_WAYS = "/accounts/"  # signing in and out knows by itself what was sent twice
TOKEN = "csrfmiddlewaretoken"  # another one on every page shown

# Alone, it is written at once: one of several at the same moment gets a row back. Nobody waits for the disk: what is
# done between is written after the claim, so none of it can stay where the claim is lost.
AT_EASE = "set_config('synchronous_commit', 'off', true)"
CLAIM = f"""
insert into core_sent (key, at) select %(key)s, %(at)s from {AT_EASE}
on conflict (key) do update set at = excluded.at where core_sent.location is null and core_sent.at <= %(dead)s
returning true
"""
ENDED = f"update core_sent set location = %(location)s from {AT_EASE} where key = %(key)s and at = %(at)s"
DROP = f"delete from core_sent using {AT_EASE} where key = %(key)s and at = %(at)s and location is null"
FOUND = "select location from core_sent where key = %(key)s"


View = TypeVar("View", bound=Callable[..., HttpResponse])


def knows_itself(view: View) -> View:
    """Say of a view that it knows what was sent to it twice: by ids that those who send give, it does it once."""
    view.knows_itself = True  # type: ignore[attr-defined]
    return view


class Once:
    """Do what a signed-in user sends from one page once; the same again is led where the first was.

    What was not done (it answered with anything but the way to another page) may be sent again as often as one likes;
    so may what changes only the session or cookies of a browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        claim = request.claim = Claim()  # type: ignore[attr-defined]
        location = ""
        try:
            response = self.get_response(request)
            location = _location(request, response)
        finally:
            if claim.at is not None:
                _ask(ENDED if location else DROP, key=claim.key, at=claim.at, location=location)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Claim what is sent, before it is done; an answer where another one does it, or did."""
        key = "" if getattr(view, "knows_itself", False) else _key(request)
        if not key:
            return None
        until = monotonic() + WAITS
        while (at := _claim(key)) is None:
            found = _ask(FOUND, key=key)
            if found and found[0]:
                return redirect(found[0])
            if monotonic() > until:
                return render(request, "409.html", status=409)
            if found:
                _wait()
        request.claim.key, request.claim.at = key, at  # type: ignore[attr-defined]
        return None


@dataclass
class Claim:
    """What a request does that nobody else does meanwhile; `at` is None where it needs no claim."""

    key: str = ""
    at: datetime | None = None


def sweep(*, at: datetime) -> None:
    """Forget what was sent more than a day ago."""
    _ask("delete from core_sent where at < %(before)s", before=at - KEPT)


def _key(request: HttpRequest) -> str:
    """Who sent what from which page, as a digest; empty for what is none of ours."""
    if request.method != "POST" or request.path.startswith(OWN_WAYS):
        return ""
    try:
        if not request.POST.get(TOKEN) or not request.user.is_authenticated:
            return ""
    except UnreadablePostError:  # who sent it is gone
        return ""
    sent = hashlib.sha256(repr((request.user.pk, request.get_full_path(), list(request.POST.lists()))).encode())
    for field, files in request.FILES.lists():  # not the body: its boundaries are new every time
        for file in files:
            sent.update(repr((field, file.name, file.size)).encode())
            for chunk in file.chunks():
                sent.update(chunk)
            file.seek(0)
    return sent.hexdigest()


def _claim(key: str) -> datetime | None:
    """The moment from which this is ours to do; None if another one does it, or did."""
    at = clock.now()
    return at if _ask(CLAIM, key=key, at=at, dead=at - DEAD) else None


def _location(request: HttpRequest, response: HttpResponse) -> str:
    """Where an answer leads on to; empty if nothing is recorded by it."""
    is_of_the_browser = bool(response.cookies) or request.session.modified
    return response["Location"] if response.status_code in (302, 303) and not is_of_the_browser else ""


def _wait() -> None:
    """Wait a little, and let others have the connection meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
    sleep(LOOKS)


def _ask(statement: str, **given: str | datetime) -> tuple[str] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        row: tuple[str] | None = cursor.fetchone() if cursor.description else None
        return row
