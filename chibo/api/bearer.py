"""How a program comes in: by a token in the header alone, so often a minute, with what can be read."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from chibo.api.actions import fingerprint
from chibo.api.problems import Refused
from chibo.api.queries import Caller, come_in
from chibo.core import clock
from chibo.exchange.reading import most_bytes

JSON = "application/json"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 1 << 20  # bytes of what is sent as JSON


class Token(HttpBearer):
    """A token in `Authorization: Bearer`; no session or cookie lets anyone in here."""

    def __init__(self, sends: str = "") -> None:
        """`sends` is of which kind what is sent has to be, where something is."""
        super().__init__()
        self.sends = sends

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """Who comes in, if not too often; what they send is looked at only then."""
        caller = come_in(fingerprint(token.strip()), clock.now())
        if caller is None:
            return None
        if caller.times > settings.CHIBO_API_PER_MINUTE:
            left = max(1, 60 - caller.now.second)
            raise Refused(429, f"At most {settings.CHIBO_API_PER_MINUTE} a minute.", headers={"Retry-After": str(left)})
        if self.sends:
            _check_sent(request, self.sends, LARGEST if self.sends == JSON else most_bytes())
        return caller


def _check_sent(request: HttpRequest, kind: str, most: int) -> None:
    if request.content_type != kind:
        raise Refused(415, f"What is sent has to be {kind}.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise Refused(413, f"At most {most:,} bytes.")


def caller_of(request: HttpRequest) -> Caller:
    """Who asks."""
    return cast(Any, request).auth  # type: ignore[no-any-return]
