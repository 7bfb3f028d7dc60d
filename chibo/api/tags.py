"""What an answer says as it is sent, and its ETag: a word that differs as soon as that does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ninja import Schema
from ninja.renderers import JSONRenderer


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


def tags_in(header: str) -> set[str]:
    """The ETags that a header names; weak ones are as good, as answers are told byte by byte."""
    return {each.strip().removeprefix("W/") for each in header.split(",")}
