"""Jobs: workbooks that are loaded, by whom, how far they are, and the verdict on their rows."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime
from typing import IO, Annotated, Any, Literal

from django.db.models import F, Func, IntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import WORKBOOK, Token, caller_of
from chibo.api.once import Key, once
from chibo.api.paging import After, Id, Limit, Page, answers, page_of
from chibo.api.problems import Refused
from chibo.api.queries import Caller
from chibo.api.texts import Code
from chibo.exchange import actions, uploads
from chibo.exchange.models import Load
from chibo.exchange.reading import most_bytes
from chibo.organizations.permissions import P

FAULTS = 500
CHUNK = 1 << 16
State = Literal["waiting", "running", "done", "refused", "rehearsed", "failed"]
router = Router(tags=["jobs"])


class Verdicts(Schema):
    """How many rows of a sheet got which verdict."""

    sheet: str
    new: int
    changed: int
    unchanged: int


class FaultOut(Schema):
    """What is wrong with a cell of a workbook."""

    sheet: str
    row: int | None
    column: str
    value: str
    reason: str


class JobOut(Schema):
    """A workbook that is loaded, or was."""

    id: int
    kind: Literal["load"] = "load"
    file_name: str
    state: State
    only_check: bool
    undone: bool
    at: datetime
    by: str | None = Field(description="The user name; null: from the command line.")
    verdicts: list[Verdicts]
    faults: int
    percent: int | None = Field(description="How much is done, while it runs.")


class JobWithFaults(JobOut):
    """The same with its faults: the first five hundred; the page of the load has all."""

    first_faults: list[FaultOut]


class Jobs(Page):
    """A page of jobs."""

    items: list[JobOut]


def check_may(caller: Caller) -> None:
    """Refused unless the token may load: that concerns the whole tree."""
    if not caller.rights.over_all(P.ROLL_LOAD):
        raise Refused(403, "Loading takes the right to load workbooks, from the root of the tree down.")


def _facts(load: Load, faults: int) -> dict[str, Any]:
    running = load.outcome == Load.Outcome.RUNNING
    return {
        "id": load.pk,
        "file_name": load.file_name,
        "state": load.outcome,
        "only_check": load.only_check,
        "undone": load.undone_at is not None,
        "at": load.at,
        "by": load.by.username if load.by else None,
        "verdicts": [
            Verdicts(sheet=sheet, **{each: _rows(runs.get(each, [])) for each in ("new", "changed", "unchanged")})
            for sheet, runs in load.verdicts.items()
        ],
        "faults": faults,
        "percent": uploads.told(load.kept_as).percent if running and load.kept_as else None,
    }


def _rows(runs: list[list[int]]) -> int:
    return sum(last - first + 1 for first, last in runs)


@router.get("/jobs", response=answers(Jobs, 403), operation_id="list_jobs", summary="Loads, by id")
def jobs(request: HttpRequest, after: After, limit: Limit) -> Jobs:
    """The workbooks that were loaded, in the order of their ids: a new one comes last."""
    check_may(caller_of(request))
    told = Func(F("faults"), function="jsonb_array_length", output_field=IntegerField())
    found = Load.objects.select_related("by").defer("faults", "warnings").annotate(told=told)
    listed = list(found.filter(pk__gt=after or 0).order_by("pk")[: limit + 1])
    rows, further = page_of(request, listed, limit, lambda each: each.pk)
    return Jobs(items=[JobOut(**_facts(each, each.told)) for each in rows], next=further)


@router.get("/jobs/{id}", response=answers(JobWithFaults, 403), operation_id="read_job", summary="A load")
def job(request: HttpRequest, id: Id) -> JobWithFaults:
    """How far a load is; once it ended, the verdicts and what is wrong."""
    check_may(caller_of(request))
    return told(id)


def told(pk: int) -> JobWithFaults:
    """A load as it is told; 404 if there is none. One query."""
    found = Load.objects.select_related("by").filter(pk=pk).first()
    if found is None:
        raise Http404
    faults = [
        FaultOut(
            sheet=each["sheet"] or "",
            row=each["row"],
            column=each["column"] or "",
            value="" if each["value"] is None else str(each["value"]),
            reason=str(each["reason"]),
        )
        for each in found.faults[:FAULTS]
    ]
    return JobWithFaults(**_facts(found, len(found.faults)), first_faults=faults)


@router.post(
    "/jobs",
    response=answers(JobWithFaults, 403, 409, 413, 415, status=202),
    auth=Token(sends=WORKBOOK),
    operation_id="begin_job",
    summary="Load a workbook",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def begin(
    request: HttpRequest,
    key: Key,
    file_name: Annotated[Code, Query("api.xlsx", description="What the load is called in the list.")],
    only_check: Annotated[bool, Query(False, description="Only rehearse it: nothing is written.")],
) -> HttpResponse:
    """Send an .xlsx workbook to be loaded by the worker, all of it or nothing; ask for the job until it has ended."""
    caller = caller_of(request)
    check_may(caller)
    with tempfile.TemporaryFile() as file:
        digest = _read(request, file)

        def do() -> JobWithFaults:
            file.seek(0)
            chunks = iter(lambda: file.read(CHUNK), b"")
            made = actions.take(
                chunks=chunks, file_name=file_name, only_check=only_check, language=get_language() or "",
                by=caller.user, at=caller.now,
            )  # fmt: skip
            return told(made.pk)

        return once(request, key, digest, 202, do)


def _read(request: HttpRequest, file: IO[bytes]) -> str:
    """Put what is sent into a file, as far as it is read at all; its digest."""
    digest, size = hashlib.sha256(), 0
    while chunk := request.read(CHUNK):
        size += len(chunk)
        if size > most_bytes():
            raise Refused(413, f"At most {most_bytes():,} bytes.")
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()
