"""The API itself: its nouns, how one comes in, ETags on what is read, and the document that describes it all."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from chibo.api import (
    changes,
    exports,
    figures,
    jobs,
    meetings,
    particulars,
    point_forms,
    posts,
    problems,
    units,
)
from chibo.api.bearer import Token
from chibo.api.tags import Plain, tag_of, tags_in

ABOUT = """\
Everything is read and written by the same rights, rules and actions as on the pages. Come in with a token of yours in
the header: `Authorization: Bearer chibo_…`. A token allows what it names of what you hold at that moment, within the
unit it is limited to. What lies outside is not found (404); what lies inside without the right is refused (403).

Lists go on page by page: ask for the address in `next` until it is null. What is read carries an ETag: send it as
`If-None-Match` and an answer that would be the same is a 304 without a body. What is written takes an
`Idempotency-Key`. A refusal is a problem document (RFC 9457) that says what is wrong with which part.
"""
HEADERS = {
    "ETag": "A word that differs as soon as the answer does.",
    "Retry-After": "How many seconds to wait.",
    "WWW-Authenticate": "How to come in.",
    "Idempotency-Replayed": "`true` where it was answered before and done no second time.",
}


class Interface(NinjaAPI):
    """The API, with an ETag on all that is read, and all headers and kinds of answers described."""

    def create_response(
        self, request: HttpRequest, data: Any, *, status: int | None = None, temporal_response: Any = None
    ) -> HttpResponse:
        """An answer; 304 where who asks has the same already."""
        response = super().create_response(request, data, status=status, temporal_response=temporal_response)
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"
        if request.method == "GET" and response.status_code == 200:
            response["ETag"] = tag_of(response.content)
            if response["ETag"] in tags_in(request.headers.get("If-None-Match", "")):
                same = HttpResponse(status=304)
                same["ETag"], same["Cache-Control"] = response["ETag"], response["Cache-Control"]
                del same["Content-Type"]
                return same
        return response

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """The document, with problems told as such and headers named; written once, as it is the same for all."""
        where = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if where not in self._documents:
            self._documents[where] = self._document(where)
        return self._documents[where]

    @functools.cached_property
    def _documents(self) -> dict[str, Any]:
        return {}

    def _document(self, path_prefix: str) -> Any:
        document: Any = super().get_openapi_schema(path_prefix=path_prefix)
        for methods in document["paths"].values():
            for method, operation in methods.items():
                for status, answer in operation["responses"].items():
                    _describe(method, int(status), answer)
                if method == "get":
                    operation["parameters"].append(IF_NONE_MATCH)
        return document


IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of the answer you have.",
}


def _describe(method: str, status: int, answer: dict[str, Any]) -> None:
    if status >= 400:
        answer["description"] = problems.TITLES[status]
        answer["content"] = {problems.MEDIA: next(iter(answer["content"].values()))}
    named = {200: ["ETag"], 304: ["ETag"], 429: ["Retry-After"], 401: ["WWW-Authenticate"]}.get(status, [])
    if method != "get" and status == 200 and "application/json" not in answer.get("content", {}):
        named = []  # a file
    elif method != "get" and status < 300:
        named = ["Idempotency-Replayed"]
    if named:
        answer["headers"] = {
            name: {
                "description": HEADERS[name],
                "schema": {"type": "string"},
                "required": name != "Idempotency-Replayed",
            }
            for name in named
        }


api = Interface(
    title="Chibo",
    version="1",
    description=ABOUT,
    auth=Token(),
    renderer=Plain(),
    docs_url=None,
    urls_namespace="api",
)
problems.register(api)
# `particulars` writes at the address that `members` reads: by the router of that.
for noun in (units, particulars, posts, point_forms, meetings, figures, jobs, exports, changes):
    api.add_router("", noun.router)
