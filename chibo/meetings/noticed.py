"""Which notice a recorded meeting is of: by cell, kind and month; of several the one of the nearest day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Greatest, JSONObject, Least
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.agendas import registry
from chibo.agendas.kinds import Kind
from chibo.agendas.models import Notice, NoticePaper, Status
from chibo.agendas.waiting import HELD
from chibo.core.components import Item
from chibo.core.formats import count, day
from chibo.meetings.models import Meeting
from chibo.meetings.registry import beside
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

BEFORE = timedelta(7)  # a meeting held so long before its day is still the one of a notice


def nearest(meeting: Meeting, given: list[Notice]) -> Notice | None:
    """Of the notices given of a kind of meeting in a month the one that a meeting was of; of the same, the last."""
    on = meeting.held_on
    fits = [each for each in given if _is_near(each, on)]
    return min(fits, key=lambda each: (abs(each.on - on), -each.pk), default=None)


def _is_near(notice: Notice, held_on: date) -> bool:
    """What was held before notice was given is not the meeting told, nor, of one not regular, what was long before."""
    if notice.given_on is None or notice.given_on > held_on:
        return False
    return notice.kind == Kind.REGULAR or held_on >= notice.on - BEFORE


def given_for(meeting: Meeting) -> QuerySet[Notice]:
    """The notices given of such a meeting in its month."""
    found = Notice.objects.filter(unit=meeting.unit_id, kind=meeting.kind, month=meeting.month, status=Status.GIVEN)
    return found.order_by("pk")


def notice_of(meeting: Meeting) -> Notice | None:
    """The notice of a meeting that was held. One query."""
    return nearest(meeting, list(given_for(meeting)))


def held_of(notice: Notice) -> Meeting | None:
    """The meeting that a notice was of, once it is recorded. Two queries."""
    held = Meeting.objects.filter(unit=notice.unit_id, kind=notice.kind, month=notice.month, withdrawal=None)
    found = [each for each in held.order_by("held_on", "pk") if _is_near(notice, each.held_on)]
    if not found or notice.status != Status.GIVEN:
        return None
    given = list(given_for(found[0]))
    return next((each for each in found if nearest(each, given) == notice), None)


@registry.held
def is_held(*, elsewhen: bool) -> Exists:
    """Condition on notices: the meeting told is recorded; `elsewhen`: as held on another day than was told."""
    apart = {"unit": OuterRef("unit"), "kind": OuterRef("kind"), "month": OuterRef("month"), "status": Status.GIVEN}
    away = _away(F("on"), OuterRef("held_on"))
    near = Q(kind=Kind.REGULAR) | Q(on__lte=OuterRef("held_on") + BEFORE)
    nearer = Notice.objects.filter(near, given_on__lte=OuterRef("held_on"), **apart).annotate(away=away).filter(
        Q(away__lt=OuterRef("away")) | Q(away=OuterRef("away"), pk__gt=OuterRef("notice"))
    )  # fmt: skip
    found = Meeting.objects.annotate(
        away=_away(F("held_on"), OuterRef("on")), notice=Cast(OuterRef("pk"), Meeting._meta.pk)
    ).filter(
        Q(kind=Kind.REGULAR) | Q(held_on__gte=OuterRef("on") - BEFORE), ~Exists(nearer),
        unit=OuterRef("unit"), kind=OuterRef("kind"), month=OuterRef("month"), withdrawal=None,
        held_on__gte=OuterRef("given_on"),
    )  # fmt: skip
    return Exists(found.exclude(held_on=OuterRef("on")) if elsewhen else found)


def _away(one: Any, other: Any) -> Any:
    """How many days lie between two."""
    days = {"output_field": DateField()}
    return ExpressionWrapper(Greatest(one, other, **days) - Least(one, other, **days), DurationField())


@registry.held_months
def regular_held(unit: Unit, since: date) -> QuerySet[Any, Any]:
    """The months from one on whose regular meeting a cell has recorded, as a desk asks them."""
    found = Meeting.objects.filter(unit=unit, kind=Kind.REGULAR, month__gte=since, withdrawal=None).order_by()
    named: QuerySet[Any, Any] = found.annotate(
        tag=Value(HELD, CharField()), one=Cast("month", CharField()), two=Cast(JSONObject(), CharField())
    )
    return named.values_list("tag", "one", "two")


@registry.outcome
def outcome(notice: Notice) -> registry.Held | None:
    """What is recorded of the meeting of a notice. Two queries."""
    found = held_of(notice)
    if found is None:
        return None
    return registry.Held(reverse("meeting", args=[found.unit_id, found.pk]), found.held_on)


@beside(40)
def before_it(rights: Rights, user: Any, unit: Unit, meeting: Meeting) -> list[Item]:
    """The notice of a meeting with its papers, and how the committee prepared it. One query."""
    records, whole = (rights.scope(each).covers(unit) for each in (P.MEETING_RECORD, P.MEETING_VIEW))
    if not (records or whole or (meeting.kind != Kind.COMMITTEE and rights.scope(P.MEETING_OWN).covers(unit))):
        return []
    given = Notice.objects.filter(
        unit=OuterRef("unit"), kind=OuterRef("kind"), month=OuterRef("month"), status=Status.GIVEN
    ).order_by("pk")  # fmt: skip
    papers = NoticePaper.objects.filter(notice=OuterRef("pk")).order_by().values("notice").annotate(n=Count("pk"))
    told = JSONObject(pk="pk", on="on", given_on="given_on", kind="kind", papers=Subquery(papers.values("n")))
    met = Meeting.objects.filter(
        unit=OuterRef("unit"), kind=Kind.COMMITTEE, month=OuterRef("month"), withdrawal=None,
        held_on__lte=OuterRef("held_on"),
    ).order_by("-held_on", "-pk")  # fmt: skip
    asked = Meeting.objects.filter(pk=meeting.pk).values_list(
        ArraySubquery(given.values(said=told)), Subquery(met.values("pk")[:1]), Subquery(met.values("held_on")[:1])
    )
    rows, prepared, prepared_on = asked.get()
    notices = [
        Notice(
            pk=each["pk"], kind=each["kind"], on=date.fromisoformat(each["on"]),
            given_on=date.fromisoformat(each["given_on"]),
        )
        for each in rows
    ]  # fmt: skip
    items = []
    if notice := nearest(meeting, notices):
        said = [_("It told %(day)s.") % {"day": day(notice.on)}] if notice.on != meeting.held_on else []
        n = next(each["papers"] for each in rows if each["pk"] == notice.pk)
        if n:
            said.append(_("Papers: %(n)s.") % {"n": count(n)})
        items.append(
            Item(title=_("Notice of the meeting"), url=reverse("notice", args=[notice.pk]), text=" ".join(said))
        )
    if (records or whole) and prepared is not None and meeting.kind in (Kind.REGULAR, Kind.THEMATIC):
        url = reverse("meeting", args=[unit.pk, prepared])
        items.append(Item(title=_("How the committee prepared it"), url=url, text=day(prepared_on)))
    return items
