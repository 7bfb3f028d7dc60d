"""What is known of a member put right, by the same form and action as on the page of their file.

Only what the API tells of a member; what lies in the groups of the file that are sensitive is neither told nor taken.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from chibo.api.bearer import JSON, Token, caller_of
from chibo.api.members import MemberOut, router, seen, told
from chibo.api.once import Key, once
from chibo.api.paging import Id, answers
from chibo.api.problems import Refused, faults_of
from chibo.api.queries import Caller
from chibo.api.tags import IfMatch, check_seen
from chibo.api.texts import Line
from chibo.core.actions import Denied
from chibo.files import actions, policies
from chibo.files.forms import FactForm
from chibo.files.groups import FACTS
from chibo.members.models import Person, Sex
from chibo.members.queries import Row, rows
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P


class ParticularsIn(Schema):
    """What is to be said of a member, and where it is known from; what is left out or null stays as it is."""

    full_name: Line | None = None
    sex: Sex | None = None
    born_on: date | None = None
    ethnicity: Line | None = None
    religion: Line | None = None
    education: Line | None = None
    theory: Line | None = None
    occupation: Line | None = None
    source: Literal["document", "form", "declared"] = Field(description="Where it comes from.")
    paper: Line = Field("", description="Number of the document, or name of the form; needed of both.")
    paper_on: date | None = Field(None, description="The day of that paper.")

    model_config = {"extra": "forbid"}


def _find(caller: Caller, pk: int) -> Row:
    listed = rows(seen(caller).filter(membership__person_id=pk), 1)
    if not listed:
        raise Http404
    return listed[0]


@router.patch(
    "/members/{id}",
    response=answers(MemberOut, 400, 403, 409, 412, 413, 415, 428, writes=True),
    auth=Token(sends=JSON),
    operation_id="correct_member",
    summary="Correct a member's particulars",
)
def correct(request: HttpRequest, id: Id, key: Key, said: ParticularsIn, if_match: IfMatch) -> HttpResponse:
    """Put right what is known of a member, all of what is sent or nothing; what it said before stays in the history.

    It takes the right to record in the member's file. What is recorded so already is refused, as on the page.
    """
    caller = caller_of(request)
    if not if_match:
        raise Refused(428, "Send the ETag of the member as If-Match.")

    def do() -> MemberOut:
        row = _find(caller, id)
        if not caller.rights.scope(P.FILE_KEEP).covers(Unit(path=row.cell_path)):
            raise PermissionDenied
        person = Person.objects.select_for_update().get(pk=id)  # nobody comes between the ETag and the act
        check_seen(if_match, told(_find(caller, id)))
        values = {name: value for name in FACTS if (value := getattr(said, name)) is not None}
        if not values:
            raise Refused(422, faults=[("body", _("Fill in at least one field."))])
        filled = {fact: _form(caller, person, fact, value, said) for fact, value in values.items()}
        faults = [
            fault for fact, form in filled.items() for fault in faults_of(form, {"value": fact}) if form.errors
        ]  # fmt: skip
        if faults:
            raise Refused(422, faults=dict.fromkeys(faults))
        for fact, form in filled.items():
            _correct(caller, person, fact, form.cleaned_data)
        return told(_find(caller, id))

    return once(request, key, hashlib.sha256(request.body).hexdigest(), 200, do)


def _form(caller: Caller, person: Person, fact: str, value: Any, said: ParticularsIn) -> FactForm:
    """The form of the page as if it was filled in so; 403 where the file is not theirs to record in."""
    try:
        policies.check_keeps(caller.user, person, FACTS[fact][0], caller.today)
    except Denied as denied:
        raise Refused(403, str(denied)) from None
    data = {"value": str(value), "source": said.source, "paper": said.paper, "paper_on": said.paper_on}
    return FactForm(data, person, fact, caller.today)


def _correct(caller: Caller, person: Person, fact: str, given: dict[str, Any]) -> None:
    try:
        actions.correct_fact(
            person=person, fact=fact, value=given["value"], source=given["source"], paper=given["paper"],
            paper_on=given["paper_on"], by=caller.user, at=caller.now,
        )  # fmt: skip
    except Denied as denied:
        raise Refused(422, faults=[(f"body.{fact}", str(denied))]) from None
