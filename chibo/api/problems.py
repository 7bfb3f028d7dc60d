"""What is answered where something can't be done: always in one form, RFC 9457's, never with what was sent in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from chibo.core.actions import Denied

MEDIA = "application/problem+json"
TITLES = {
    400: "This is no request that can be read.",
    401: "No token, or one that lets nobody in.",
    403: "The token has not the right to do this here.",
    404: "There is nothing here, or nothing that the token may see.",
    405: "This can't be done here.",
    409: "Something else stands in the way.",
    410: "The copy has to begin anew.",
    412: "It is not what you believe it to be any more.",
    413: "This is too large.",
    415: "What is sent is of another kind than is read here.",
    422: "Something of it can't be so.",
    428: "Say what you believe it to be.",
    429: "Too much at once.",
}


class Fault(Schema):
    """What is wrong with one thing that was sent."""

    where: str
    what: str


class Problem(Schema):
    """Why something was not done."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    faults: list[Fault] = []


class Refused(Exception):
    """Something is not done: with which status, why, and what of it is wrong."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        faults: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})
        self.faults = [{"where": where, "what": what} for where, what in faults]


def answer(refused: Refused) -> HttpResponse:
    """A refusal as it is answered."""
    told = {
        "type": "about:blank",
        "title": TITLES[refused.status],
        "status": refused.status,
        "detail": refused.detail,
        "faults": refused.faults,
    }
    response = JsonResponse(told, status=refused.status, content_type=MEDIA, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    for name, value in refused.headers.items():
        response[name] = value
    return response


def refused_of(error: Exception) -> Refused:
    """The refusal that an exception means."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Denied):
        return Refused(422, str(error), [(error.field, str(error))] if error.field else ())
    if isinstance(error, ValidationError):
        return Refused(422, faults=[(_where(each), str(each["msg"])) for each in error.errors])
    if isinstance(error, AuthenticationError):
        return Refused(401, headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, PermissionDenied):
        return Refused(403)
    if isinstance(error, HttpError) and error.status_code in TITLES:
        return Refused(error.status_code)
    return Refused(404)


def _where(error: dict[str, Any]) -> str:
    """Where a fault is: `query.limit`, `body.attendance.3.state`."""
    where, *rest = [str(each) for each in error["loc"]]
    return ".".join([where, *(rest[1:] if where == "body" and len(rest) > 1 else rest)])


def faults_of(form: Form, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """What is wrong with a form of a page, each where it was sent; `names` says where fields are called otherwise."""
    faults = []
    for field, said in form.errors.items():
        where = "body" if field == "__all__" else f"body.{(names or {}).get(field, field)}"
        faults += [(where, str(each)) for each in said]
    return faults


def register(api: NinjaAPI) -> None:
    """Have an API answer every refusal so."""

    def told(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(refused_of(error))

    for kind in (Refused, Denied, ValidationError, HttpError, PermissionDenied, Http404):
        api.add_exception_handler(kind, told)


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer under every address of the API that there is not."""
    return answer(Refused(404))
