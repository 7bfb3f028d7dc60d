"""Exports: lists that are made as files by the worker, for a program that asks, follows and fetches them.

The lists are those of the pages, asked through their very views; a token sees the exports that it asked for itself.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from chibo.api.bearer import JSON, Token, caller_of
from chibo.api.once import Key, once
from chibo.api.paging import After, Id, Limit, Page, answers, page_of
from chibo.api.problems import Refused
from chibo.api.queries import Caller
from chibo.core.actions import Denied
from chibo.exchange import export_actions, exporting
from chibo.exchange.models import Export
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
MOST = 20  # things said of one list
State = Literal["waiting", "running", "done", "refused", "failed", "deleted"]
Said = Annotated[str, StringConstraints(min_length=1, max_length=200)]
router = Router(tags=["exports"])


class ExportOut(Schema):
    """A list that is made as a file, or was."""

    id: int
    kind: Literal["export"] = "export"
    title: str
    form: str
    state: State = Field(description="Done: the file can be fetched. Deleted: it is no longer kept.")
    reason: str = Field(description="Why it was refused.")
    at: datetime
    made_at: datetime | None
    until: datetime | None = Field(description="When the file is deleted.")
    rows: int | None
    size: int | None = Field(description="In bytes.")
    file_name: str


class Exports(Page):
    """A page of exports."""

    items: list[ExportOut]


class ExportIn(Schema):
    """Which list is to be made as a file."""

    list: Literal["members", "register", "cases", "sources", "matrix", "evidence", "sheet"]
    form: Export.Form
    unit: Id | None = Field(None, description="Of this unit and all under it; members and cases also without.")
    asked: dict[Said, Said] = Field(
        {},
        max_length=MOST,
        description="What the list is asked for: `code` of an indicator for evidence, `sheet` for a sheet of the roll"
        " (`roll` for all); and the filters of its page, as `period`, `on` or `tree`.",
    )

    model_config = {"extra": "forbid"}


def told(export: Export) -> ExportOut:
    """An export as it is told."""
    is_done = export.outcome == Export.Outcome.DONE
    is_kept = is_done and export.kept_file is not None
    return ExportOut(
        id=export.pk,
        title=export.title,
        form=export.form,
        state="deleted" if is_done and not is_kept else export.outcome,  # type: ignore[arg-type]
        reason=export.reason,
        at=export.at,
        made_at=export.made_at,
        until=export.until,
        rows=export.rows if is_done else None,
        size=export.size if is_done else None,
        file_name=export.file_name,
    )


def seen(caller: Caller) -> QuerySet[Export]:
    """The exports that a token asked for, by id: another token may reach less far, or further."""
    return Export.objects.filter(by=caller.user.pk, limits__token=caller.token).order_by("pk")


def find(caller: Caller, pk: int) -> Export:
    """An export that a token asked for; 404 if there is none."""
    found = seen(caller).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/exports", response=answers(Exports), operation_id="list_exports", summary="Exports, by id")
def exports(request: HttpRequest, after: After, limit: Limit) -> Exports:
    """The exports that this token asked for, in the order of their ids: a new one comes last."""
    listed = list(seen(caller_of(request)).filter(pk__gt=after or 0)[: limit + 1])
    rows, further = page_of(request, listed, limit, lambda each: each.pk)
    return Exports(items=[told(each) for each in rows], next=further)


@router.get("/exports/{id}", response=answers(ExportOut), operation_id="read_export", summary="An export")
def export(request: HttpRequest, id: Id) -> ExportOut:
    """How far an export is; ask until its state is none of waiting and running."""
    return told(find(caller_of(request), id))


@router.post(
    "/exports",
    response=answers(ExportOut, 400, 403, 409, 413, 415, status=202),
    auth=Token(sends=JSON),
    operation_id="begin_export",
    summary="Have a list made as a file",
)
def begin(request: HttpRequest, key: Key, said: ExportIn) -> HttpResponse:
    """Have the worker make a file of a list, as its page gives it, with no more than the token may see of it then."""
    caller = caller_of(request)

    def do() -> ExportOut:
        listing = exporting.listings()[said.list]
        unit = None if said.unit is None else find_unit(caller.rights, said.unit, P.UNIT_VIEW)[0]
        title = listing.called(_checked(listing, said.asked))
        of = listing.address(said.unit, said.asked)
        if of is None:
            raise Refused(422, faults=[("body.unit", _("Say which unit."))])
        limits = {
            "token": caller.token,
            "permissions": sorted(caller.rights.permissions),
            "unit": int(caller.rights.path.split("/")[-2]) if caller.rights.path else None,
        }
        try:
            made = export_actions.ask(
                of=of, title=f"{title}, {unit.name}" if unit else title, form=said.form, language=get_language() or "",
                limits=limits, by=caller.user, at=caller.now,
            )  # fmt: skip
        except exporting.NotSeen as hidden:
            raise Refused(403 if hidden.is_there else 404) from None
        except export_actions.Busy as busy:
            raise Refused(409, str(busy)) from None
        return told(made)

    return once(request, key, hashlib.sha256(request.body).hexdigest(), 202, do)


def _checked(listing: exporting.Listing, asked: dict[str, str]) -> dict[str, str]:
    """What is asked of a list that stands in its path; refused where something is missing, unknown or can't be so."""
    known = {**listing.needs, **listing.asks}
    faults = [
        (f"body.asked.{name}", "This has to be said of such a list.") for name in listing.needs if name not in asked
    ]
    for name, value in asked.items():
        if name not in known:
            faults.append(("body.asked", f"Of such a list can be asked: {', '.join(known) or 'nothing'}."))
        elif not known[name](value):
            faults.append((f"body.asked.{name}", "This can't be asked for."))
    if faults:
        raise Refused(422, faults=faults)
    return {name: asked[name] for name in listing.needs}


@router.post(
    "/exports/{id}/file",
    response=answers(None, 403, 409, writes=True),
    operation_id="fetch_export",
    summary="The file of an export",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file",
                "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()},
            }
        }
    },
)
def fetch(request: HttpRequest, id: Id) -> FileResponse:
    """The file itself, again and again until it is deleted; each time is kept, so it is a POST, and takes no key.

    409 while it is not made; 403 once a role is lost by which it was.
    """
    caller = caller_of(request)
    found = find(caller, id)
    state = told(found).state
    if state in ("waiting", "running"):
        raise Refused(409, "It is not made yet.")
    if state != "done" or (found.until is not None and found.until <= caller.now):
        raise Http404
    try:
        path = export_actions.fetch(export=found, by=caller.user, at=caller.now)
    except Denied as denied:
        raise Refused(403, str(denied)) from None
    kind = KINDS[found.file_name.rpartition(".")[2]]
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=found.file_name, content_type=kind)
    answer["Cache-Control"] = "no-store"
    return answer
