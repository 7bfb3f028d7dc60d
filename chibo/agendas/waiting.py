"""What of meetings to come stands on a desk, told in one query with other things: who is called, who is to prepare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.agendas import registry
from chibo.agendas.kinds import Kind
from chibo.agendas.models import Notice, NoticeRule, Rhythm, Status
from chibo.agendas.queries import called_to, planned_day
from chibo.core.asking import address
from chibo.core.components import Item
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.procedures.models import SpecialDay

CALLED, RHYTHM, NOTICE, RULE, SPECIAL = "called", "rhythm", "notice", "notice_rule", "special_day"
HELD = "regular_held"  # months whose regular meeting is recorded: nobody is asked to go on with the draft of its notice
AHEAD = 10  # days before a meeting from which its notice is asked for
SHOWN = 5
Told = tuple[str, str, str]  # of which sort, and two texts


def _told(found: QuerySet[Any], tag: str, one: Any, **two: Any) -> QuerySet[Any, Any]:
    """Rows as (tag, text, JSON), in no order: that is given to them when they are read."""
    named: QuerySet[Any, Any] = found.order_by().annotate(
        tag=Value(tag, CharField()), one=Cast(one, CharField()), two=Cast(JSONObject(**two), CharField())
    )
    return named.values_list("tag", "one", "two")


def called(user: Any, today: date) -> QuerySet[Any, Any]:
    """Meetings to come to which a user is called."""
    person: Any = Person.objects.filter(user=user.pk).values("pk")[:1]
    found = registry.still_called(called_to(person, today))
    return _told(
        found, CALLED, F("pk"), kind=F("kind"), on=F("on"), at=F("at_time"), place=F("place"), unit=F("unit__name"),
        status=F("status"),
    )  # fmt: skip


def to_prepare(unit: Unit, today: date) -> list[QuerySet[Any, Any]]:
    """What tells whether a cell has a notice to give: its day, its notices, the rule, days off."""
    rhythms = Rhythm.objects.filter(Q(to_on=None) | Q(to_on__gt=today), unit=unit)
    notices = Notice.objects.filter(unit=unit, kind=Kind.REGULAR, month__gte=today.replace(day=1)).exclude(
        status=Status.CANCELLED
    )
    days = SpecialDay.objects.filter(day__range=(today - timedelta(31), today + timedelta(93)))
    return [
        _told(rhythms, RHYTHM, F("day"), off=F("off"), from_on=F("from_on")),
        _told(notices, NOTICE, F("pk"), month=F("month"), on=F("on"), status=F("status")),
        *registry.months_held(unit, today.replace(day=1)),
        _told(NoticeRule.objects.filter(holding(today)), RULE, F("days"), days=F("days")),
        _told(days, SPECIAL, F("day"), is_working=F("is_working")),
    ]  # fmt: skip


def _of(told: Iterable[Told], tag: str) -> list[tuple[str, dict[str, Any]]]:
    return [(one, json.loads(two)) for each, one, two in told if each == tag]


def calls(told: Iterable[Told]) -> bool:
    """Whether someone is called to a meeting that is not cancelled."""
    return any(known["status"] != Status.CANCELLED for _pk, known in _of(told, CALLED))


def called_items(told: Iterable[Told]) -> list[Item]:
    """The meetings someone is called to, the next first."""
    items = []
    for pk, known in sorted(_of(told, CALLED), key=lambda each: (each[1]["on"], int(each[0])))[:SHOWN]:
        on = day(date.fromisoformat(known["on"]))
        title = _("Cancelled: %(kind)s on %(day)s") if known["status"] == Status.CANCELLED else _("%(kind)s on %(day)s")
        at = str(known["at"] or "")[:5]
        items.append(
            Item(
                title=title % {"kind": Kind(known["kind"]).label, "day": on},
                url=reverse("notice", args=[int(pk)]),
                text=" · ".join(each for each in (at, known["place"], known["unit"]) if each),
            )
        )
    return items


def to_prepare_items(unit: Unit, told: list[Told], today: date) -> list[Item]:
    """The notice a cell has to give next, from some days before its meeting on; a draft that was begun."""
    notices = {date.fromisoformat(known["month"]): (int(pk), known) for pk, known in _of(told, NOTICE)}
    held = {date.fromisoformat(one) for one, _known in _of(told, HELD)}
    before = max((known["days"] for _days, known in _of(told, RULE)), default=0)
    drafts = [
        (month, pk, known)
        for month, (pk, known) in sorted(notices.items())
        if known["status"] == Status.DRAFT and month not in held
    ]
    for month, pk, known in drafts:
        on = date.fromisoformat(known["on"])
        if on >= today:
            return [_item(month, on, before, reverse("notice_change", args=[pk]), today, is_draft=True)]
    special = {date.fromisoformat(one): known["is_working"] for one, known in _of(told, SPECIAL)}
    for nominal, known in _of(told, RHYTHM):
        if date.fromisoformat(known["from_on"]) > today:
            continue
        rhythm = Rhythm(day=int(nominal), off=known["off"])
        first = today.replace(day=1)
        for month in (first, (first + timedelta(31)).replace(day=1)):
            on = planned_day(rhythm, month, special)
            if month not in notices and today <= on <= today + timedelta(AHEAD):
                url = address(reverse("notice_new", args=[unit.pk]), kind=Kind.REGULAR, month=Period.month_of(month))
                return [_item(month, on, before, url, today)]
    return []


def day_to_lay_down(unit: Unit, told: Iterable[Told]) -> list[Item]:
    """That a cell has still to say on which day it meets; nothing once it has, be it from a later day on."""
    if _of(told, RHYTHM):
        return []
    return [
        Item(
            title=_("On which day does the cell meet?"),
            url=reverse("unit_rhythm", args=[unit.pk]),
            text=_("Once the fixed day is laid down, notices and plans begin with it."),
            act=_("Lay it down"),
        )
    ]


def _item(month: date, on: date, before: int, url: str, today: date, *, is_draft: bool = False) -> Item:
    due = on - timedelta(before)
    said = {"month": period_name(Period.month_of(month))}
    title = _("Give notice of the meeting of %(month)s")
    if is_draft:
        title = _("The notice of the meeting of %(month)s is a draft")
    return Item(
        title=title % said,
        url=url,
        text=_("The cell meets on %(day)s.") % {"day": day(on)},
        when=_("due %(day)s") % {"day": day(due)},
        late=due < today,
        act=_("Go on with it") if is_draft else _("Prepare it"),
    )  # fmt: skip
