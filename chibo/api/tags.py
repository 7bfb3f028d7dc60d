"""ETags: what an answer says, as a word that differs as soon as it does."""

from __future__ import annotations

import hashlib


def tag_of(content: bytes) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def tags_in(header: str) -> set[str]:
    """The ETags that a header names; weak ones are as good, as answers are told byte by byte."""
    return {each.strip().removeprefix("W/") for each in header.split(",")}
