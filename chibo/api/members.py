"""Members: what the page of a member shows to who may see it; nothing of the groups of the file that are sensitive."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import caller_of
from chibo.api.paging import After, Id, Limit, Page, answers, page_of
from chibo.api.problems import Refused
from chibo.api.queries import Caller
from chibo.api.texts import Code
from chibo.core.spans import holding
from chibo.members.models import Stay
from chibo.members.queries import Row, cells_called, left_by, rows
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit

router = Router(tags=["members"])


class MemberOut(Schema):
    """A member, where they are one today or were last."""

    id: int
    code: str
    full_name: str
    sex: str
    born_on: date
    ethnicity: str
    religion: str
    occupation: str
    education: str
    theory: str
    cell: int = Field(description="The id of the cell: that of today, or the last one.")
    cell_code: str
    joined_on: date
    official_on: date | None
    exempt_from: date | None = Field(description="Exempt from meetings since.")
    left_on: date | None = Field(description="First day no longer a member.")
    reason: str | None = Field(description="Why they left.")


class Members(Page):
    """A page of members."""

    items: list[MemberOut]


def told(row: Row) -> MemberOut:
    """A member as they are told."""
    return MemberOut(
        id=row.pk,
        code=row.code,
        full_name=row.full_name,
        sex=row.sex,
        born_on=row.born_on,
        ethnicity=row.ethnicity,
        religion=row.religion,
        occupation=row.occupation,
        education=row.education,
        theory=row.theory,
        cell=row.cell_pk,
        cell_code=row.cell_code,
        joined_on=row.joined_on,
        official_on=row.official_on,
        exempt_from=row.exempt_from,
        left_on=row.left_on,
        reason=row.reason,
    )


def places(today: date) -> Q:
    """Condition on stays: where someone is a member today, or was last, or will be first; one of each person.

    The same as `members.queries.place_on` finds.
    """
    first = Q(from_on__gt=today, prev_to=None, membership__number=1)
    return holding(today) | left_by(today) | first


def seen(caller: Caller) -> QuerySet[Stay]:
    """Members that a token may see, by the stay where they are today or were last."""
    scope = caller.rights.scope(P.MEMBER_VIEW)
    if not scope:
        raise Refused(403, "The token doesn't name the right to see members, or its owner doesn't hold it.")
    found = Stay.objects.filter(places(caller.today), scope.q("cell"))
    return cells_called(found, None, caller.today).order_by("membership__person_id")


@router.get("/members", response=answers(Members, 403), operation_id="list_members", summary="Members, by id")
def members(
    request: HttpRequest,
    after: After,
    limit: Limit,
    unit: Annotated[Id | None, Query(None, description="Those of this unit and all under it.")],
    code: Annotated[Code | None, Query(None, description="The one with this code.")],
) -> Members:
    """The members that the token may see, also those who left, in the order of their ids: a new one comes last."""
    caller = caller_of(request)
    found = seen(caller).filter(membership__person_id__gt=after or 0)
    if unit is not None:
        found = found.filter(cell__path__startswith=find_unit(caller.rights, unit, P.MEMBER_VIEW)[0].path)
    if code is not None:
        found = found.filter(membership__person__code=code)
    listed, further = page_of(request, rows(found, limit + 1), limit, lambda each: each.pk)
    return Members(items=[told(each) for each in listed], next=further)


@router.get("/members/{id}", response=answers(MemberOut, 403), operation_id="read_member", summary="A member")
def member(request: HttpRequest, id: Id) -> MemberOut:
    """One member."""
    listed = rows(seen(caller_of(request)).filter(membership__person_id=id), 1)
    if not listed:
        raise Http404
    return told(listed[0])
