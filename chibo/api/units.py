"""Units, as far as a token may see them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import caller_of
from chibo.api.paging import After, Id, Limit, Page, answers, page_of
from chibo.api.texts import Code
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit

router = Router(tags=["units"])


class UnitOut(Schema):
    """A unit as it stands today."""

    id: int
    code: str
    name: str
    kind: str
    setting: str
    founded_on: date
    closed_on: date | None = Field(description="First day it is no longer open.")
    decision: str
    parent: int | None = Field(description="The id of the unit directly above, also where that one can't be read.")


class Units(Page):
    """A page of units."""

    items: list[UnitOut]


def told(unit: Unit) -> UnitOut:
    """A unit as it is told."""
    above = unit.ancestor_ids
    return UnitOut(
        id=unit.pk,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        setting=unit.setting,
        founded_on=unit.founded_on,
        closed_on=unit.closed_on,
        decision=unit.decision,
        parent=above[-1] if above else None,
    )


@router.get("/units", response=answers(Units), operation_id="list_units", summary="Units, by id")
def units(
    request: HttpRequest,
    after: After,
    limit: Limit,
    below: Annotated[Id | None, Query(None, description="This unit and all under it.")],
    code: Annotated[Code | None, Query(None, description="The one with this code.")],
    kind: Annotated[Kind | None, Query(None)],
) -> Units:
    """The units that the token may see, in the order of their ids: a new one comes last."""
    rights = caller_of(request).rights
    scope = rights.scope(P.UNIT_VIEW)
    if below is not None:
        scope = scope.below(find_unit(rights, below, P.UNIT_VIEW)[0])
    found = Unit.objects.filter(scope.q(""), pk__gt=after or 0)
    if code is not None:
        found = found.filter(code=code)
    if kind is not None:
        found = found.filter(kind=kind)
    rows, further = page_of(request, list(found.order_by("pk")[: limit + 1]), limit, lambda each: each.pk)
    return Units(items=[told(each) for each in rows], next=further)


@router.get("/units/{id}", response=answers(UnitOut), operation_id="read_unit", summary="A unit")
def unit(request: HttpRequest, id: Id) -> UnitOut:
    """One unit."""
    return told(find_unit(caller_of(request).rights, id, P.UNIT_VIEW)[0])
