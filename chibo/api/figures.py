"""Figures as `chibo figures` prints them, and the evidence behind one as `chibo evidence` does."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db.models import Q
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import caller_of
from chibo.api.paging import After, Id, Limit, Page, address_of, answers, page_of
from chibo.api.problems import Refused
from chibo.api.texts import Code, PeriodText, period_in
from chibo.core.asking import after_asked, after_key
from chibo.indicators import queries, registry
from chibo.indicators.evidence import Evidence
from chibo.indicators.models import Mark
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit
from chibo.organizations.trees import Tree

UNITS, PERIODS = 100, 20  # at most of one question
router = Router(tags=["figures"])


class FigureOut(Schema):
    """A figure: what it counts, of how many, and what that comes to."""

    numerator: int
    denominator: int | None
    value: float | int | None


class FiguresOut(Schema):
    """The figures of a unit in a period; what has nothing to count is left out."""

    unit: str = Field(description="The unit's code.")
    period: str
    figures: dict[str, FigureOut]


class Figures(Page):
    """A page of figures: all periods of some units."""

    items: list[FiguresOut]
    updating: bool = Field(description="Records have changed whose figures follow within seconds.")


class FactOut(Schema):
    """A record behind a figure, and what it adds."""

    record: str
    label: str | None = Field(description="Null where the unit is none the token may see: it adds up all the same.")
    unit: str
    day: date
    numerator: int
    denominator: int | None


class Facts(Page):
    """A page of evidence."""

    items: list[FactOut]


def indicators_in(codes: list[str]) -> list[str]:
    """Codes of indicators that there are; refused if one is none."""
    known = set(registry.codes())
    if wrong := [n for n, code in enumerate(codes) if code not in known]:
        raise Refused(422, faults=[(f"query.indicator.{n}", "No indicator is called so.") for n in wrong])
    return codes


@router.get("/figures", response=answers(Figures, 403), operation_id="list_figures", summary="Figures of units")
def figures(
    request: HttpRequest,
    after: After,
    limit: Limit,
    period: Annotated[list[PeriodText], Query(..., min_length=1, max_length=PERIODS, description="2023, 2023-H1 ...")],
    unit: Annotated[list[Id], Query([], max_length=UNITS, description="Of these units, by id.")],
    below: Annotated[Id | None, Query(None, description="Of this unit and all under it, in the period or today.")],
    indicator: Annotated[list[Code], Query([], max_length=500, description="Only these.")],
    tree: Annotated[Tree, Query(Tree.THEN, description="On the tree as it stood then, or as it stands now.")],
) -> Figures:
    """Figures of units in periods, unit after unit in the order of their ids."""
    rights = caller_of(request).rights
    codes = indicators_in(indicator) or None
    if not unit and below is None:
        raise Refused(422, faults=[("query.unit", "Say which units: unit or below.")])
    asked, scope = Q(pk__in=unit), rights.scope(P.UNIT_VIEW)
    if below is not None:
        top = find_unit(rights, below, P.UNIT_VIEW)[0]
        asked |= Q(**{f"{'path' if tree is Tree.NOW else 'lineages__path'}__startswith": top.path})
    found = Unit.objects.filter(scope.q(""), asked, pk__gt=after or 0).order_by("pk").distinct()
    rows, further = page_of(request, list(found.values_list("pk", "code")[: limit + 1]), limit, lambda each: each[0])
    if after is None and set(unit) - set(Unit.objects.filter(scope.q(""), pk__in=unit).values_list("pk", flat=True)):
        raise Http404
    periods = [period_in(each) for each in period]
    counted = queries.figures_in([pk for pk, _code in rows], periods, codes, tree)
    items = [
        FiguresOut(
            unit=code,
            period=str(each),
            figures={
                one.indicator.code: FigureOut(numerator=one.numerator, denominator=one.denominator, value=one.value)
                for one in counted[each][pk].values()
            },
        )
        for pk, code in rows
        for each in dict.fromkeys(periods)
    ]
    return Figures(items=items, next=further, updating=Mark.objects.exists())


@router.get(
    "/units/{id}/figures/{indicator}/evidence",
    response=answers(Facts, 403),
    operation_id="list_evidence",
    summary="Evidence behind a figure",
)
def evidence(
    request: HttpRequest,
    id: Id,
    indicator: str,
    limit: Limit,
    period: Annotated[PeriodText, Query(...)],
    tree: Annotated[Tree, Query(Tree.THEN)],
    after: Annotated[str | None, Query(None, max_length=5000, description="As `next` has it.")],
) -> Facts:
    """The records behind a figure; they add up to it. Names of units that the token may not see are left out."""
    rights = caller_of(request).rights
    unit, _above = find_unit(rights, id, P.EVIDENCE_VIEW)
    if indicator not in registry.codes():
        raise Http404
    named, asked = registry.get(indicator), period_in(period)
    key = after_asked(request, str, int, date, str) if after else None
    if after and key is None:
        raise Refused(422, faults=[("query.after", "Go on as `next` says.")])
    if not named.said_of(asked):
        return Facts(items=[], next=None)
    rows = Evidence(named, unit, asked, rights.scope(P.EVIDENCE_VIEW), tree=tree).page(key, limit)
    shown = rows[:limit]
    items = [
        FactOut(
            record=row.record,
            label=row.label,
            unit=row.unit_code,
            day=row.day,
            numerator=row.numerator,
            denominator=row.denominator,
        )
        for row in shown
    ]
    further = address_of(request, after=after_key(shown[-1].key)) if len(rows) > limit else None
    return Facts(items=items, next=further)
