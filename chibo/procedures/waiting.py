"""What waits for someone, told in one query together with other things: steps to act on, steps late below."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Func,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)  # fmt: skip
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, JSONObject

from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures import queries
from chibo.procedures.flow import MEMBER, said, which
from chibo.procedures.models import Case, Deed, Reminder, Signature, Stage, Turn

MINE, ABOVE, STUCK = "case", "case_above", "case_stuck"  # the tags of what is told
ENDED, LENT = "case_ended", "case_lent"
LATELY = timedelta(days=14)  # for so long a desk tells what was done for its reader
Told = tuple[str, str, str]  # of which sort, and two texts
MOST = 50


class Wait(NamedTuple):
    """A step of a case that waits: for the reader, or late below them."""

    case: int
    about: str
    unit: str
    procedure: str
    which: str  # of several about the same person
    step: str
    due_on: date | None
    since: date  # when the case came to it
    is_free: bool  # false: it waits for another person, as this one had a hand in it or it is about them


class StepTold(Func):
    """How a step goes, out of the version of its procedure."""

    template = "jsonb_path_query_first(%(expressions)s)"
    output_field = JSONField()

    def __init__(self, definition: Any, step: Any) -> None:
        path = Func(Value("$.steps[*] ? (@.code == $code)"), template="%(expressions)s::jsonpath")
        super().__init__(definition, path, JSONObject(code=step))


def mine(rights: Rights, user: Any, size: int = MOST) -> QuerySet[Stage, Any] | None:
    """Stages that wait for someone, the most urgent first, as (tag, case, JSON) for `waits`; None if none can."""
    if not any(each.reaches(P.CASE_ACT) for each in rights.held):
        return None
    hands = Signature.objects.filter(
        Q(by=user.pk) | Q(lent_by=user.pk), stage__case=OuterRef("case"), deed__in=[Deed.SIGNED, Deed.BEGAN]
    )
    step = StepTold(F("case__version__definition"), F("step"))
    two = JSONObject(
        **_plain("case__", ""),
        step=KeyTransform("name", step),
        apart=KeyTransform("apart_from", step),
        hands=ArraySubquery(hands.order_by().values("stage__step")),
        is_own=Exists(queries.about(user).filter(pk=OuterRef("case"))),
    )
    return _told(queries.waiting_for(rights, user), MINE, Cast("case_id", CharField()), two)[:size]


def own(user: Any, size: int = MOST) -> QuerySet[Stage, Any]:
    """Stages that wait for someone as the one a case is about, told as `mine` tells, so that both can be asked at once.

    Their cases are found first: they are few, however many wait.
    """
    step = StepTold(F("case__version__definition"), F("step"))
    two = JSONObject(**_plain("case__", ""), step=KeyTransform("name", step))
    signed = Signature.objects.filter(stage=OuterRef("pk"), deed=Deed.SIGNED, by=user.pk)
    about = queries.about(user).distinct()  # else the planner takes its tables for more than it can put in order
    theirs = Stage.objects.filter(~Exists(signed), case__in=about, done_on=None, case__status=Case.Status.OPEN)
    asked = theirs.annotate(who=KeyTransform("who", step)).filter(Q(who__contains=[{"at": MEMBER}]))
    return _told(asked.order_by(F("due_on").asc(nulls_last=True), "pk"), MINE, Cast("case_id", CharField()), two)[:size]


def waiting(rights: Rights, user: Any, size: int = MOST) -> QuerySet[Stage, Any]:
    """Stages that wait for someone by their role, and as the one a case is about, told as `mine` tells. One query."""
    by_role, theirs = mine(rights, user, size), own(user, size)
    return theirs if by_role is None else by_role.union(theirs, all=True)


def above(rights: Rights, size: int = MOST) -> QuerySet[Reminder, Any] | None:
    """Late steps of which the units someone acts at were told as those above, as (tag, case, JSON) for `waits`."""
    units = {each.unit_id for each in rights.held if each.reaches(P.CASE_ACT)}
    if not units:
        return None
    theirs = Turn.objects.filter(stage=OuterRef("stage"), unit=OuterRef("unit"))
    found = Reminder.objects.filter(
        ~Exists(theirs), unit__in=units, stage__done_on=None, stage__case__status=Case.Status.OPEN
    )
    step = StepTold(F("stage__case__version__definition"), F("stage__step"))
    two = JSONObject(**_plain("stage__case__", "stage__"), step=KeyTransform("name", step))
    return _told(found.order_by("stage__due_on", "pk"), ABOVE, Cast("stage__case_id", CharField()), two)[:size]


def ended(user: Any, today: date) -> QuerySet[Case, Any]:
    """Cases about someone that came to a result lately, the newest first, as (tag, case, JSON) for `news`."""
    since = today - LATELY
    found = queries.about(user).filter(status=Case.Status.ENDED, ended_on__gt=since).order_by("-ended_on", "-pk")
    results = KeyTransform("results", F("version__definition"))
    two = JSONObject(procedure=F("version__name"), results=results, result=F("result"), on=F("ended_on"))
    return _told(found, ENDED, Cast("pk", CharField()), two)[:MOST]


def lent(user: Any, today: date) -> QuerySet[Signature, Any]:
    """How many steps others signed lately in someone's place, as (tag, number, name), by name."""
    since = today - LATELY
    found = Signature.objects.filter(lent_by=user.pk, deed=Deed.SIGNED, at__date__gt=since).order_by()
    counted = found.values(tag=Value(LENT, CharField()), two=F("by__full_name"))
    return counted.annotate(one=Cast(Count("pk"), CharField())).values_list("tag", "one", "two")


def stuck(rights: Rights, unit: Unit, today: date) -> QuerySet[Stage, Any] | None:
    """How many cases are late below a unit, and the earliest last day, as (tag, number, day); None of cells."""
    if unit.is_cell or not rights.scope(P.CASE_VIEW).covers(unit):
        return None
    turns = Turn.objects.filter(stage=OuterRef("pk"), unit__path__startswith=unit.path).exclude(unit=unit.pk)
    late = Stage.objects.filter(Exists(turns), done_on=None, due_on__lt=today, case__status=Case.Status.OPEN)
    tag = late.order_by().values(tag=Value(STUCK, CharField()))
    counted = tag.annotate(one=Cast(Count("pk"), CharField()), two=Cast(Min("due_on"), CharField()))
    return counted.values_list("tag", "one", "two")


def _plain(case: str, stage: str) -> dict[str, Any]:
    return {
        "about": F(f"{case}about"), "unit": F(f"{case}unit__name"), "procedure": F(f"{case}version__name"),
        "due_on": F(f"{stage}due_on"), "since": F(f"{stage}entered_on"),
        "told": F(f"{case}told"), "asks": KeyTransform("asks", F(f"{case}version__definition")),
    }  # fmt: skip


def _told(found: QuerySet[Any], tag: str, one: Any, two: Any) -> QuerySet[Any, Any]:
    told: QuerySet[Any, Any] = found.annotate(tag=Value(tag, CharField()), one=one, two=Cast(two, CharField()))
    listed: QuerySet[Any, Any] = told.values_list("tag", "one", "two")
    return listed


def waits(told: Iterable[Told], tag: str) -> list[Wait]:
    """What was told of a sort, each case once, the most urgent first."""
    found: dict[int, Wait] = {}
    for each, case, text in told:
        if each == tag:
            known = json.loads(text)
            due_on = date.fromisoformat(known["due_on"]) if known["due_on"] else None
            hand = set(known.get("hands") or ()) & set(known.get("apart") or ())
            wait = Wait(
                int(case), known["about"], known["unit"], said(known["procedure"]), which(known, known["told"]),
                said(known["step"] or {}), due_on, date.fromisoformat(known["since"]),
                not hand and not known.get("is_own"),
            )  # fmt: skip
            if wait.is_free or wait.case not in found:  # one's own step may wait for one's role as well
                found[wait.case] = wait
    return sorted(found.values(), key=lambda wait: (wait.due_on or date.max, wait.case))


def how_stuck(told: Iterable[Told]) -> tuple[int, date] | None:
    """How many cases are late below, and the earliest last day among them; None if none is."""
    for tag, n, day in told:
        if tag == STUCK and n != "0":
            return int(n), date.fromisoformat(day)
    return None


def news(told: Iterable[Told]) -> list[tuple[int, str, str, date]]:
    """Of the cases about someone that ended lately: each with its procedure, its result in words and the day."""
    found = []
    for tag, case, text in told:
        if tag == ENDED:
            known = json.loads(text)
            result = said((known["results"] or {}).get(known["result"]) or {}) or known["result"]
            found.append((int(case), said(known["procedure"]), result, date.fromisoformat(known["on"])))
    return sorted(found, key=lambda each: (each[3], each[0]), reverse=True)
