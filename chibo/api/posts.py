"""Posts: who holds which at which unit; given and ended by the same forms and actions as on the page of a committee."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import JSON, Token, caller_of
from chibo.api.once import Key, once
from chibo.api.paging import After, Id, Limit, Page, answers, page_of
from chibo.api.problems import Refused, faults_of
from chibo.api.queries import Caller
from chibo.api.texts import Code, Line, OurDay
from chibo.committees import actions
from chibo.committees.forms import EndPostForm, PostForm
from chibo.core.actions import Denied
from chibo.core.spans import holding
from chibo.members import actions as members
from chibo.members import policies
from chibo.members.models import Person, Post, PostKind
from chibo.members.queries import present
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit

router = Router(tags=["posts"])


class PostOut(Schema):
    """A post that someone holds, or held; a member by id and code, whoever else by name."""

    id: int
    unit: int
    post: PostKind
    place: str = Field(description="Of which village or residential group someone is the head.")
    member: int | None
    member_code: str | None
    holder_name: str = Field(description="Of who is no member.")
    from_on: date
    to_on: date | None = Field(description="First day it is no longer held.")
    decision: str
    end_decision: str


class Posts(Page):
    """A page of posts."""

    items: list[PostOut]


class PostIn(Schema):
    """A post that is given to someone."""

    unit: Id = Field(description="The id of the unit.")
    post: PostKind
    place: Line = Field("", description="Of heads of villages and residential groups: of which.")
    member: Code | None = Field(None, description="The member's code.")
    holder_name: Line = Field("", description="Of who is no member: only heads of villages, groups and agencies.")
    from_on: OurDay
    to_on: OurDay | None = Field(None, description="First day it is no longer held, if that is known.")
    decision: Line = ""

    model_config = {"extra": "forbid"}


class EndIn(Schema):
    """That a post is no longer held."""

    on: OurDay = Field(description="First day it is no longer held.")
    decision: Line = ""

    model_config = {"extra": "forbid"}


def told(post: Post) -> PostOut:
    """A post as it is told."""
    return PostOut(
        id=post.pk,
        unit=post.unit_id,
        post=PostKind(post.post),
        place=post.place,
        member=post.person_id,
        member_code=post.person.code if post.person else None,
        holder_name="" if post.person else post.holder_name,
        from_on=post.from_on,
        to_on=post.to_on,
        decision=post.decision,
        end_decision=post.end_decision,
    )


def seen(caller: Caller) -> QuerySet[Post]:
    """The posts that a token may see, by id."""
    scope = caller.rights.scope(P.POST_VIEW)
    if not scope:
        raise Refused(403, "The token doesn't name the right to see committees, or its owner doesn't hold it.")
    return Post.objects.filter(scope.q()).select_related("unit", "person").order_by("pk")


def find(caller: Caller, pk: int) -> Post:
    """A post that a token may see; 404 if there is none."""
    found = seen(caller).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/posts", response=answers(Posts, 403), operation_id="list_posts", summary="Posts, by id")
def posts(
    request: HttpRequest,
    after: After,
    limit: Limit,
    unit: Annotated[Id | None, Query(None, description="Those of this unit and all under it.")],
    member: Annotated[Code | None, Query(None, description="Those of the member with this code.")],
    on: Annotated[OurDay | None, Query(None, description="Those held on this day.")],
) -> Posts:
    """The posts that the token may see, also those that ended, in the order of their ids: a new one comes last."""
    caller = caller_of(request)
    found = seen(caller).filter(pk__gt=after or 0)
    if unit is not None:
        found = found.filter(unit__path__startswith=find_unit(caller.rights, unit, P.POST_VIEW)[0].path)
    if member is not None:
        found = found.filter(person__code=member)
    if on is not None:
        found = found.filter(holding(on))
    rows, further = page_of(request, list(found[: limit + 1]), limit, lambda each: each.pk)
    return Posts(items=[told(each) for each in rows], next=further)


@router.get("/posts/{id}", response=answers(PostOut, 403), operation_id="read_post", summary="A post")
def post(request: HttpRequest, id: Id) -> PostOut:
    """One post."""
    return told(find(caller_of(request), id))


def _find_unit(caller: Caller, pk: int) -> Unit:
    """A unit whose posts are the caller's to record; otherwise 403 or 404."""
    unit, _above = find_unit(caller.rights, pk, P.POST_MANAGE)
    if not caller.rights.scope(P.POST_VIEW).covers(unit):  # what is recorded is answered
        raise PermissionDenied
    return unit


def _check_may(caller: Caller, unit: Unit, person: Person | None) -> None:
    try:
        policies.check_may(caller.user, unit, caller.today, person)
    except Denied as denied:
        raise Refused(403, str(denied)) from None


@router.post(
    "/posts",
    response=answers(PostOut, 400, 403, 409, 413, 415, status=201),
    auth=Token(sends=JSON),
    operation_id="give_post",
    summary="Give a post",
)
def give(request: HttpRequest, key: Key, said: PostIn) -> HttpResponse:
    """Let a member, or someone by name where others may, hold a post at a unit from a day on; nobody records their own.

    Who holds it now is not ended by this: end theirs first, on the same day, where one person at a time holds it.
    """
    caller = caller_of(request)

    def do() -> PostOut:
        unit = _find_unit(caller, said.unit)
        given = _form(caller, unit, said).made()
        _check_may(caller, unit, given.person)
        made = members.appoint(
            unit=unit, post=given.post, place=given.place, person=given.person, holder_name=given.holder_name,
            from_on=given.from_on, to_on=given.to_on, decision=given.decision, by=caller.user, at=caller.now,
        )  # fmt: skip
        return told(find(caller, made.pk))

    return once(request, key, hashlib.sha256(request.body).hexdigest(), 201, do)


def _form(caller: Caller, unit: Unit, said: PostIn) -> PostForm:
    """The form of the page filled in so, a member by the code alone; refused with each fault at its field."""
    scope = caller.rights.scope(P.MEMBER_VIEW)
    if said.member and said.holder_name:
        raise Refused(
            422, faults=[("body.holder_name", _("A post is held by a member or by somebody named, not both."))]
        )
    if said.member and not present(scope, caller.today).filter(membership__person__code=said.member).exists():
        raise Refused(422, faults=[("body.member", _("No member of your units has this code."))])
    data = said.model_dump(exclude={"unit", "member"}) | {"post": str(said.post), "who": said.member or ""}
    form = PostForm(data, unit, scope, caller.today, fixed=str(said.post))
    faults = faults_of(form, {"who": "member", "chosen": "member"})
    faults += [
        (f"body.{name}", str(form.base_fields[name].help_text))
        for name in ("place", "holder_name")
        if name not in form.fields and getattr(said, name)
    ]
    if faults:
        raise Refused(422, faults=faults)
    return form


@router.post(
    "/posts/{id}/end",
    response=answers(PostOut, 400, 403, 409, 413, 415, writes=True),
    auth=Token(sends=JSON),
    operation_id="end_post",
    summary="End a post",
)
def end(request: HttpRequest, id: Id, key: Key, said: EndIn) -> HttpResponse:
    """Say that a post is no longer held from a day on, and whom its holder looked after for the committee no longer."""
    caller = caller_of(request)

    def do() -> PostOut:
        found = find(caller, id)
        _find_unit(caller, found.unit_id)
        _check_may(caller, found.unit, found.person)
        form = EndPostForm(said.model_dump(), found, caller.today)
        if faults := faults_of(form):
            raise Refused(422, faults=faults)
        actions.end_post(post=found, on=said.on, decision=said.decision, by=caller.user, at=caller.now)
        return told(find(caller, id))

    return once(request, key, hashlib.sha256(request.body).hexdigest(), 200, do)
