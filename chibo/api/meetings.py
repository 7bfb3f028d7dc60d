"""Meetings of cells: read, recorded and corrected by the same actions as on the pages."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from chibo.api.bearer import JSON, Token, caller_of
from chibo.api.meeting_forms import CorrectionIn, MeetingIn, MeetingOut, Meetings, content_in, told
from chibo.api.once import Key, once
from chibo.api.paging import After, Id, Limit, answers, page_of
from chibo.api.problems import Refused
from chibo.api.queries import Caller
from chibo.api.tags import IfMatch, check_seen
from chibo.api.texts import Code, MonthText, period_in
from chibo.meetings import actions
from chibo.meetings.content import content_of
from chibo.meetings.lookup import Lookup
from chibo.meetings.models import Kind, Meeting
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit

router = Router(tags=["meetings"])


def seen(caller: Caller) -> QuerySet[Meeting]:
    """The meetings that a token may see whole, by id. Two queries more than they themselves."""
    scope = caller.rights.scope(P.MEETING_VIEW)
    if not scope:
        raise Refused(403, "The token doesn't name the right to see meetings, or its owner doesn't hold it.")
    found = Meeting.objects.filter(scope.q()).select_related("withdrawal")
    return found.prefetch_related("attendance__person", "scores").order_by("pk")


def find(caller: Caller, pk: int) -> Meeting:
    """A meeting that a token may see; 404 if there is none."""
    found = seen(caller).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/meetings", response=answers(Meetings, 403), operation_id="list_meetings", summary="Meetings, by id")
def meetings(
    request: HttpRequest,
    after: After,
    limit: Limit,
    unit: Annotated[Id | None, Query(None, description="Those of this unit and all under it.")],
    period: Annotated[MonthText | None, Query(None, description="Those that belong to this month: 2024-01.")],
    kind: Annotated[Kind | None, Query(None)],
    code: Annotated[Code | None, Query(None, description="The one with this code.")],
) -> Meetings:
    """The meetings that the token may see, with who attended, in the order of their ids: a new one comes last."""
    caller = caller_of(request)
    found = seen(caller).filter(pk__gt=after or 0)
    if unit is not None:
        found = found.filter(unit__path__startswith=find_unit(caller.rights, unit, P.MEETING_VIEW)[0].path)
    if period is not None:
        found = found.filter(month=period_in(period).first_day)
    if kind is not None:
        found = found.filter(kind=kind)
    if code is not None:
        found = found.filter(code=code)
    rows, further = page_of(request, list(found[: limit + 1]), limit, lambda each: each.pk)
    return Meetings(items=[told(each) for each in rows], next=further)


@router.get("/meetings/{id}", response=answers(MeetingOut, 403), operation_id="read_meeting", summary="A meeting")
def meeting(request: HttpRequest, id: Id) -> MeetingOut:
    """One meeting; its ETag is what a correction has to name."""
    return told(find(caller_of(request), id))


def find_cell(caller: Caller, pk: int) -> Unit:
    """A cell whose meetings are the caller's to record; otherwise 403 or 404."""
    unit, _above = find_unit(caller.rights, pk, P.MEETING_RECORD)
    if not caller.rights.scope(P.MEETING_VIEW).covers(unit):  # what is recorded is answered
        raise PermissionDenied
    if not unit.is_cell:
        raise Http404
    return unit


@router.post(
    "/meetings",
    response=answers(MeetingOut, 400, 403, 409, 413, 415, status=201),
    auth=Token(sends=JSON),
    operation_id="record_meeting",
    summary="Record a meeting",
)
def record(request: HttpRequest, key: Key, said: MeetingIn) -> HttpResponse:
    """Record a meeting of a cell with who attended and, if it was scored, the answers to its sheet (`read_sheet`)."""
    caller = caller_of(request)

    def do() -> MeetingOut:
        unit = find_cell(caller, said.unit)
        uid = uuid5(NAMESPACE_URL, f"chibo:{caller.token}:{key}")  # the action itself knows it again

        def say(lookup: Lookup) -> actions.Said:
            return actions.Said(uid, content_in(said, lookup), said.another)

        made = _done(lambda: actions.record_said(unit=unit, say=say, by=caller.user, at=caller.now))
        return told(find(caller, made.pk))

    return once(request, key, _digest(request), 201, do)


@router.put(
    "/meetings/{id}",
    response=answers(MeetingOut, 400, 403, 409, 412, 413, 415, 428, writes=True),
    auth=Token(sends=JSON),
    operation_id="correct_meeting",
    summary="Correct a meeting",
)
def correct(
    request: HttpRequest,
    id: Id,
    key: Key,
    said: CorrectionIn,
    if_match: IfMatch,
) -> HttpResponse:
    """Say anew what a recorded meeting was, with a reason: what it said before stays to be seen on its page.

    What the API does not tell of a meeting (items, guests, tasks) stays as it is, and points that are not sent, too.
    """
    caller = caller_of(request)
    if not if_match:
        raise Refused(428, "Send the ETag of the meeting as If-Match.")

    def do() -> MeetingOut:
        found = find(caller, id)
        unit = find_cell(caller, found.unit_id)
        seal = (before := content_of(found)).seal(found.version)
        check_seen(if_match, told(find(caller, id)))
        content = content_in(said, Lookup(unit), before)
        made = _done(
            lambda: actions.correct(
                meeting=found, seen=seal, content=content, reason=said.reason, another=said.another,
                by=caller.user, at=caller.now,
            )
        )  # fmt: skip
        return told(find(caller, made.pk))

    return once(request, key, _digest(request), 200, do)


def _done(act: Any) -> Meeting:
    """What an act on a meeting gives; what stands in its way as it is answered."""
    try:
        done: Meeting = act()
    except actions.Conflict as conflict:
        raise Refused(412, str(conflict)) from None
    except actions.Another as another:
        raise Refused(409, str(another), [("body.another", _("Say true if two were held."))]) from None
    return done


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(request.body).hexdigest()
