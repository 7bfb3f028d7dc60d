"""Who is called to a meeting, which meetings someone is called to, what was told and when; the year of a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from chibo.agendas import registry
from chibo.agendas.kinds import Kind
from chibo.agendas.models import HandedTopic, Notice, Rhythm, Sending, Status, Topic, rule_on
from chibo.committees.models import Charge
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.members.models import Exemption, Membership, Person, Post, PostKind, Stay, TemporaryStay
from chibo.organizations.models import Unit
from chibo.procedures.limits import Special, is_working, special_days

NEWEST = 60  # notices of a cell that are looked at: what is told ahead lies within a year
COMMITTEE = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY, PostKind.STANDING_MEMBER, PostKind.COMMITTEE_MEMBER)


def _attends(person: Any, unit: Any, on: Any) -> Q:
    """Someone has to come to the meetings of a cell on a day; each told as a value, or by where it stands."""
    spell = {"membership__person": person}
    home = Exists(Stay.objects.filter(holding(on), cell=unit, **spell))
    stays = TemporaryStay.objects.filter(holding(on), **spell)
    exempt = Exists(Exemption.objects.filter(holding(on), **spell))
    until = Exists(Membership.objects.filter(person=person, exempt_from__lte=on))
    there = (Q(home) & ~Q(Exists(stays.exclude(cell=unit)))) | Q(Exists(stays.filter(cell=unit)))
    return there & ~Q(exempt) & ~Q(until)


def _in_charge(person: Any, unit: Any, on: Any) -> Q:
    """Someone of a committee above looks after the cell on a day."""
    return Q(Exists(Charge.objects.filter(holding(on), over_unit=unit, person=person)))


def _sits(person: Any, unit: Any, on: Any) -> Q:
    """Someone is of the committee of the cell on a day."""
    return Q(Exists(Post.objects.filter(holding(on), unit=unit, person=person, post__in=COMMITTEE)))


def called_to(person: int, since: date) -> QuerySet[Notice]:
    """The notices of meetings from a day on to which someone is called: members who must come, who is in charge.

    What is recorded as held on another day than was told calls nobody to that day.
    """
    unit, on = OuterRef("unit"), OuterRef("on")
    still = Q(to_on=None) | Q(to_on__gt=since)
    cells = Stay.objects.filter(still, membership__person=person).values("cell")
    guest = TemporaryStay.objects.filter(still, membership__person=person).values("cell")
    after = Charge.objects.filter(still, person=person, over_unit__isnull=False).values("over_unit")
    near = Q(unit__in=cells.union(guest, after))  # found by them first: notices are many
    whole = _attends(person, unit, on) & (~Q(kind=Kind.COMMITTEE) | _sits(person, unit, on))
    called = whole | (~Q(kind=Kind.COMMITTEE) & _in_charge(person, unit, on))
    found = Notice.objects.filter(near, called, on__gte=since).exclude(given_at=None)
    return registry.still_called(found, elsewhen=True)


def audience(notice: Notice) -> QuerySet[Person]:
    """Who is called to a meeting: by the same rule, from its other side."""
    person, unit, on = OuterRef("pk"), notice.unit_id, notice.on
    home = Stay.objects.filter(holding(on), cell=unit).values("membership__person")
    guest = TemporaryStay.objects.filter(holding(on), cell=unit).values("membership__person")
    called = _attends(person, unit, on)
    if notice.kind == Kind.COMMITTEE:
        return Person.objects.filter(called, _sits(person, unit, on), pk__in=home.union(guest))
    after = Charge.objects.filter(holding(on), over_unit=unit).values("person")
    return Person.objects.filter(called | _in_charge(person, unit, on), pk__in=home.union(guest, after))


def is_called(notice: Notice, user: Any) -> bool:
    """Whether a user is called to a meeting. One query."""
    return audience(notice).filter(user=user.pk).exists()


def rhythm_on(unit: Unit, day: date) -> Rhythm | None:
    """The day of the month on which a cell meets, as laid down for a day. One query."""
    return Rhythm.objects.filter(holding(day), unit=unit).order_by("-from_on").first()


def planned_day(rhythm: Rhythm, month: date, special: Special) -> date:
    """The day of a month on which a cell with this rhythm meets."""
    last = Period.month_of(month).last_day
    day = month.replace(day=min(rhythm.day, last.day))
    while rhythm.off == "next" and not is_working(day, special):
        day += timedelta(1)
    return day


def planned_days(rhythm: Rhythm, months: Iterable[date]) -> list[date]:
    """The days of some months, in order, on which it meets. At most one query."""
    found = list(months)
    special = special_days(found[0], found[-1] + timedelta(62)) if rhythm.off == "next" and found else {}
    return [planned_day(rhythm, month, special) for month in found]


def open_notice(unit: Unit, month: date, kind: str) -> Notice | None:
    """The newest notice of a kind of meeting of a month that was not cancelled. One query."""
    found = Notice.objects.filter(unit=unit, month=month, kind=kind).exclude(status=Status.CANCELLED)
    return found.order_by("-on", "-pk").first()


def notices_of(unit: Unit) -> list[Notice]:
    """The newest notices of a cell, the latest meeting first. One query."""
    return list(Notice.objects.filter(unit=unit).order_by("-on", "-pk")[:NEWEST])


def given_notice(unit: Unit, month: date, kind: str) -> Notice | None:
    """The newest notice of a kind of meeting of a month that was given, and stands. One query."""
    found = Notice.objects.filter(unit=unit, month=month, kind=kind, status=Status.GIVEN)
    return found.order_by("-on", "-pk").first()


@dataclass(frozen=True)
class Before:
    """How long before a meeting its notice was given and its papers were there, beside what the rule asks."""

    notice: Notice
    papers_at: datetime | None  # none: there were no papers
    days: int
    asked: int

    @property
    def in_time(self) -> bool:
        return self.days >= self.asked


def notice_before(unit: Unit, kind: str, month: date, held_on: date) -> Before | None:
    """What records tell of the notice of a meeting that was held; None if none was given by its day. Three queries."""
    given = Notice.objects.filter(unit=unit, kind=kind, month=month, status=Status.GIVEN)
    for notice in given.order_by("given_at"):
        if notice.given_at is None or notice.given_on is None or notice.given_on > held_on:
            continue
        papers = notice.papers.order_by("-paper__at").values_list("paper__at", flat=True)
        last = next((at for at in papers if localdate(at) <= held_on), None)
        ready = max(notice.given_at, last) if last else notice.given_at
        return Before(notice, last, (held_on - localdate(ready)).days, rule_on(held_on))
    return None


def sendings_of(notice: Notice) -> list[Any]:
    """What was told of a meeting, the newest first. One query."""
    return list(Sending.objects.filter(notice=notice).select_related("by").order_by("-number"))


def handed_to(unit: Unit, since: date, until: date) -> QuerySet[HandedTopic]:
    """Topics that committees above a cell handed down to it for quarters from a day to a day."""
    chosen = Q(to_all=True) | Q(cells=unit.pk)
    found = HandedTopic.objects.filter(chosen, unit__in=unit.ancestor_ids, quarter__range=(since, until))
    return found.filter(withdrawn_on=None).select_related("unit").order_by("quarter", "unit__path", "pk").distinct()


def topics_of(unit: Unit, year: int) -> dict[date, Topic]:
    """The topics in the year plan of a cell, by month. One query."""
    found = Topic.objects.filter(unit=unit, month__year=year).select_related("handed__unit").order_by("month")
    return {each.month: each for each in found}


def next_month(unit: Unit, kind: str, today: date) -> date:
    """The first month whose meeting of a kind is still to come, and has no notice that was given. Three queries."""
    first = today.replace(day=1)
    following = (first + timedelta(31)).replace(day=1)
    if kind != Kind.REGULAR:
        return first
    given = Notice.objects.filter(unit=unit, kind=kind, status=Status.GIVEN, month__in=[first, following])
    told = set(given.values_list("month", flat=True))
    rhythm = rhythm_on(unit, today)
    if first not in told and (rhythm is None or planned_days(rhythm, [first])[0] >= today):
        return first
    return following if following not in told else (following + timedelta(31)).replace(day=1)
