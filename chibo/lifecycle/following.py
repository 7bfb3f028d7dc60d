"""What becomes of cases that are under way when whom they are about leaves, or is elsewhere from now on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from chibo.admissions import actions as admissions
from chibo.admissions.models import Place, Source, State
from chibo.core.actions import Denied
from chibo.core.formats import day as written_day
from chibo.core.spans import holding
from chibo.members.models import Departure, Person, Reason, Stay
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES
from chibo.papers.making import LANGUAGE
from chibo.procedures import actions as procedures
from chibo.procedures.flow import Flow
from chibo.procedures.models import Case
from chibo.procedures.places import Lines

ACTING = [str(code) for code, role in ROLES.items() if P.CASE_ACT in role.permissions]
MEMBERS = {  # what a case of a member began under, and holds of nobody who has left
    "members.is_member", "members.is_probationary", "members.is_exempt", "members.is_not_exempt", "members.is_abroad",
}  # fmt: skip
OR_DIED = "members.is_or_died_member"


def _under_way(subject: str) -> QuerySet[Case]:
    found = Case.objects.filter(status__in=[Case.Status.OPEN, Case.Status.SUSPENDED])
    return found.filter(version__procedure__subject=subject, member_case__isnull=False)


def _strays(subject: str, here: QuerySet[Stay] | QuerySet[Place]) -> QuerySet[Case]:
    """Cases about people who are elsewhere than their case, or who act on cases by some role of their own."""
    away = Q(unit__closed_on=None) & Exists(here) & ~Exists(here.filter(cell=OuterRef("unit")))
    acts = Exists(Grant.objects.filter(user__person=OuterRef("member_case__person"), role__in=ACTING))
    return _under_way(subject).filter(away | acts)


def member_strays(day: date) -> QuerySet[Case]:
    """Cases about members who belong to another cell by now, or act on cases themselves. No query yet."""
    return _strays("member", Stay.objects.filter(holding(day), membership__person=OuterRef("member_case__person")))


def joining_strays(day: date) -> QuerySet[Case]:
    """The same of those who are to join, and are on the list of another cell by now."""
    return _strays("joining", Place.objects.filter(holding(day), source__person=OuterRef("member_case__person")))


def lapsed(day: date) -> Iterator[tuple[Case, str]]:
    """Cases about who is no member any more, or belongs to the receiving cell already, each with why.

    Four queries, and a few for each case whose receiving cell is closed.
    """
    stays = Stay.objects.filter(holding(day), membership__person=OuterRef("member_case__person"))
    last = Departure.objects.filter(membership__person=OuterRef("member_case__person"), on__lte=day).order_by("-on")
    left = _under_way("member").filter(~Exists(stays)).annotate(departure=last.values("pk")[:1])
    found = list(left.exclude(departure=None).select_related("version").order_by("pk"))
    departures = Departure.objects.in_bulk([each.departure for each in found])
    for case in found:
        departure = departures[case.departure]
        if ends_with(case.version.flow, departure.reason):
            with override(LANGUAGE):
                because = f"{departure.get_reason_display()}, {written_day(departure.on)}."
            yield case, because
    for there in _under_way("member").filter(Exists(stays.filter(cell=OuterRef("to_unit")))).order_by("pk"):
        yield there, _there()
    closed = _under_way("member").filter(to_unit__closed_on__lte=day).select_related("to_unit", "unit")
    for each in closed.select_related("member_case__person", "version__procedure").order_by("pk"):
        received = Lines(each, day).receiving
        here = Stay.objects.filter(holding(day), membership__person=each.member_case.person)
        if received is not None and here.filter(cell=received).exists():
            yield each, _there()


def ends_with(flow: Flow, reason: str) -> bool:
    """Whether cases of a procedure come to nothing once whom they are about has left for a reason."""
    return bool(MEMBERS & set(flow.when)) or (OR_DIED in flow.when and reason != Reason.DECEASED)


def left(departure: Departure, case: Case, at: datetime) -> None:
    """Whom a case is about has left by it: the others about them end, and name it. Part of an action."""
    with override(LANGUAGE):
        words = {
            "reason": departure.get_reason_display(), "day": written_day(departure.on), "procedure": str(case.version),
            "number": case.pk,
        }  # fmt: skip
        because = _("%(reason)s, %(day)s: %(procedure)s, case %(number)s.") % words
    for other in _others(departure.membership.person, case):
        if ends_with(other.version.flow, departure.reason):
            procedures.lapse(case=other, because=because, by=None, at=at)


def go_along(person: Person, to: Unit, case: Case, at: datetime) -> None:
    """Whom a case is about belongs to another cell by it: the others about them go along. Part of an action.

    One that can't go on there is left to the night, and to people.
    """
    for other in _others(person, case):
        if other.to_unit_id == to.pk:
            procedures.lapse(case=other, because=_there(), by=None, at=at)
            continue
        try:
            with transaction.atomic():
                procedures.move(case=other, unit=to, by=None, at=at)
        except Denied:
            continue


def _others(person: Person, case: Case) -> list[Case]:
    found = _under_way("member").filter(member_case__person=person).exclude(pk=case.pk)
    return list(found.select_related("version").order_by("pk"))


def _there() -> str:
    with override(LANGUAGE):
        return _("They belong to the receiving cell already.")


def set_aside(case: Case, at: datetime) -> None:
    """The application of whom a case is about comes to nothing with it. Part of an action."""
    source = Source.objects.filter(person__cases__case=case, to_on=None, state=State.APPLICANT).first()
    if source is not None:
        admissions.set_aside(source=source, by=None, at=at)
