"""How the tests ask the API: as someone, with a token that was made for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from chibo.api.actions import make_token
from chibo.api.models import Token
from chibo.api.policies import may_name
from chibo.organizations.scope import rights_of
from tests.world import AT, TODAY

BASE = "/api/v1"


def token_of(user: Any, *permissions: str, unit: Any = None, days: int = 30) -> tuple[Token, str]:
    """A token of someone with some permissions: all there are for them, if none is named."""
    named = permissions or [str(each) for each in may_name(rights_of(user, TODAY))]
    return make_token(
        name="test", permissions=named, unit=unit, until=TODAY + timedelta(days), by=user, at=AT
    )  # fmt: skip


@dataclass
class Program:
    """A program that comes in with a token."""

    said: str
    client: Client = field(default_factory=Client)

    @classmethod
    def of(cls, user: Any, *permissions: str, **more: Any) -> Program:
        return cls(token_of(user, *permissions, **more)[1])

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        address = path if path.startswith(BASE) else BASE + path
        return self.client.get(address, query or None, headers=self._headers(headers))

    def send(self, method: str, path: str, body: Any, key: str = "k1", headers: dict[str, str] | None = None) -> Any:
        given = {"Idempotency-Key": key} | (headers or {})
        return self.client.generic(
            method, BASE + path, json.dumps(body), content_type="application/json", headers=self._headers(given)
        )

    def all(self, path: str, **query: Any) -> list[Any]:
        """Every item of a list, page after page."""
        answer = self.get(path, **query)
        items: list[Any] = []
        while True:
            assert answer.status_code == 200, answer.content
            items += answer.json()["items"]
            if not answer.json()["next"]:
                return items
            answer = self.get(answer.json()["next"])

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.said}"} | (more or {})
