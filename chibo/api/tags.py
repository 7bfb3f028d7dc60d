"""What an answer says as it is sent, and its ETag: a word that differs as soon as that does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Header, Schema
from ninja.renderers import JSONRenderer

from chibo.api.problems import Refused

IfMatch = Annotated[
    str | None, Header(None, alias="If-Match", max_length=200, description="The ETag of what you correct.")
]


class Plain(JSONRenderer):
    """JSON in which letters stand as they are."""

    json_dumps_params: Mapping[str, Any] = {"ensure_ascii": False}


def said(told: Schema) -> bytes:
    """An answer as it is sent."""
    nobody: Any = None  # the renderer asks no more of the request
    text = Plain().render(nobody, told.model_dump(), response_status=200)
    return text.encode() if isinstance(text, str) else bytes(text)


def tag_of(content: bytes) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def check_seen(if_match: str, told: Schema) -> None:
    """Refused unless who writes has read what is told now."""
    if tag_of(said(told)) not in tags_in(if_match):
        raise Refused(412, _("It has changed since you read it. Read it once more."))


def tags_in(header: str) -> set[str]:
    """The ETags that a header names; weak ones are as good, as answers are told byte by byte."""
    return {each.strip().removeprefix("W/") for each in header.split(",")}
