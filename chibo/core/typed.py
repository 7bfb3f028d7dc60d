"""What a form sends, read at once: of a meeting's ninety fields reading took longer than checking."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.utils.datastructures import MultiValueDict

PLAIN = "application/x-www-form-urlencoded"
BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")  # as no browser sends it: left to Django
LARGEST = 1_000_000  # bytes that are looked at; more is left to Django, which knows what is too much


def read_forms(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Have what a plain form sends read in one go, to the same fields as Django reads from it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.content_type == PLAIN and _is_small(request):
            with suppress(UnreadablePostError):  # who sent it is gone
                if (fields := fields_of(request.body)) is not None:
                    request._post, request._files = fields, MultiValueDict()  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def fields_of(body: bytes) -> QueryDict | None:
    """The fields of a form as it was sent; None of what browsers don't send, or of more fields than are allowed."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if not body.isascii() or BROKEN.search(body) or (most is not None and body.count(b"&") >= most):
        return None
    sent: dict[str, list[str]] = {}
    for part in body.decode("ascii").replace("+", " ").split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if "%" in part:
            name, value = _decoded(name), _decoded(value)
        sent.setdefault(name, []).append(value)
    fields = QueryDict(mutable=True)
    dict.update(fields, sent)
    fields._mutable = False
    return fields


def _decoded(text: str) -> str:
    """What %-signs stand for: the same as a text of a mail once these are equals signs, and that is read fast."""
    return a2b_qp(text.replace("=", "=3D").replace("%", "=")).decode("utf-8", "replace")


def _is_small(request: HttpRequest) -> bool:
    """Whether its length is said and small, and its letters are those that all pages use."""
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    encoding = (request.encoding or settings.DEFAULT_CHARSET).lower().replace("_", "-")
    return 0 < size <= min(LARGEST, most if most is not None else LARGEST) and encoding in ("utf-8", "utf8")
