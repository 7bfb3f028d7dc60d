"""Scoring sheets as a program needs them to send the points a cell gives its meeting."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import caller_of
from chibo.api.paging import Id, answers
from chibo.api.problems import Refused
from chibo.api.texts import Code, OurDay
from chibo.meetings.content import padded, plain
from chibo.meetings.models import Kind
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit
from chibo.scoring.models import SheetVersion
from chibo.scoring.queries import rule_on
from chibo.scoring.sheet import NOT_HELD, Criterion, told_points

router = Router(tags=["meetings"])
MOST = 200  # criteria of a sheet
PLACES = 9  # behind the point


class OptionOut(Schema):
    """One of the answers that can be chosen."""

    code: str
    name: dict[str, str] = Field(description="By language.")
    points: float


class CriterionOut(Schema):
    """What is judged, and how it is answered."""

    code: str
    group: str
    name: dict[str, str] = Field(description="By language.")
    options: list[OptionOut] = Field(description="Answer with the code of one; where there are none, with points.")
    most: float = Field(description="The most points there are for it.")
    may_be_missing: bool = Field(description=f"Whether it can be answered “{NOT_HELD}”: there was none this month.")


class SheetOut(Schema):
    """The scoring sheet of a cell's meeting."""

    id: int = Field(description="To be sent with the answers.")
    code: str
    number: int = Field(description="Which version of it.")
    criteria: list[CriterionOut]


class PointsIn(Schema):
    """The points a cell gives its own meeting: an answer to every criterion of the sheet of that day."""

    sheet: Id = Field(description="The id of the sheet that was answered.")
    on: OurDay | None = Field(None, description="The day they were given; without it, that of the meeting.")
    answers: dict[Code, Code] = Field(max_length=MOST, description="By the code of a criterion: an option, or points.")

    model_config = {"extra": "forbid"}


def _told(version: SheetVersion) -> SheetOut:
    return SheetOut(
        id=version.pk,
        code=version.code,
        number=version.number,
        criteria=[
            CriterionOut(
                code=each.code,
                group=group.code,
                name=_words(each.name),
                options=[
                    OptionOut(code=one.code, name=_words(one.name), points=float(one.worth)) for one in each.options
                ],
                most=float(each.full),
                may_be_missing=bool(each.only),
            )
            for group in version.sheet.groups
            for each in group.criteria
        ],
    )


def _words(name: Any) -> dict[str, str]:
    return dict(name)


@router.get(
    "/units/{id}/sheet",
    response=answers(SheetOut, 403),
    operation_id="read_sheet",
    summary="The sheet by which a cell scores a meeting",
)
def sheet(
    request: HttpRequest,
    id: Id,
    on: Annotated[OurDay, Query(description="The day of the meeting.")],
    kind: Annotated[Kind, Query()] = Kind.REGULAR,
) -> SheetOut:
    """The sheet by which the meetings of a cell on that day are scored; 404 where none is laid down."""
    caller = caller_of(request)
    if not caller.rights.scope(P.MEETING_VIEW):
        raise Refused(403, "The token doesn't name the right to see meetings, or its owner doesn't hold it.")
    unit, _above = find_unit(caller.rights, id, P.MEETING_VIEW)
    rule = rule_on(unit, str(kind), on) if unit.is_cell else None
    if rule is None:
        raise Http404
    return _told(rule.version)


def points_in(said: PointsIn, held_on: date) -> dict[str, Any]:
    """Answers as a meeting's content has them, with what they give; every answer that is none is named. One query.

    Whether it is the sheet of that day says the action.
    """
    version = SheetVersion.objects.filter(pk=said.sheet).first()
    if version is None:
        raise Refused(422, faults=[("body.score.sheet", _("There is no such scoring sheet."))])
    known = {each.code: each for each in version.sheet.criteria}
    faults = [
        (f"body.score.answers.{code}", _("The sheet has no such criterion."))
        for code in said.answers
        if code not in known
    ]
    faults += [
        (f"body.score.answers.{code}", _("This is none of the answers."))
        for code, each in known.items()
        if not _is_answered(each, said.answers.get(code, ""))
    ]
    if faults:
        raise Refused(422, faults=faults)
    given = {code: _plain(each, said.answers[code]) for code, each in known.items()}
    return {
        "sheet": version.pk,
        "answers": given,
        "points": padded(version.sheet.points(given).groups),
        "scored_on": said.on or held_on,
    }


def _is_answered(criterion: Criterion, answer: str) -> bool:
    try:
        criterion.worth(answer)
    except ValueError:
        return False
    return not _is_told(criterion, answer) or round(told_points(answer), PLACES) == told_points(answer)


def _is_told(criterion: Criterion, answer: str) -> bool:
    """Whether an answer is points, not an option."""
    return not criterion.options and answer != NOT_HELD


def _plain(criterion: Criterion, answer: str) -> str:
    """An answer in its one writing: points without needless noughts."""
    return plain(abs(told_points(answer))) if _is_told(criterion, answer) else answer
