"""Questions about cases of members: of whom, at which cell, which can begin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet

from chibo.admissions.models import Place
from chibo.core.spans import holding
from chibo.lifecycle.models import MemberCase
from chibo.members.models import Membership, Person, Stay
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights
from chibo.procedures.flow import BEGIN
from chibo.procedures.models import Case, Stage, Version
from chibo.procedures.places import PLACES, Lines
from chibo.procedures.queries import version_on
from chibo.procedures.registry import Moment, guards

SUBJECTS = ("member", "joining")


def membership_on(person: Person, day: date) -> Membership | None:
    """The membership that holds on a day; None of someone who is no member then. One query."""
    stay = Stay.objects.filter(holding(day), membership__person=person).select_related("membership").first()
    return stay.membership if stay else None


def cases_of(person: Person) -> QuerySet[Case]:
    """Cases about a person, the newest first."""
    found = Case.objects.filter(member_case__person=person).order_by("-begun_on", "-pk")
    return found.select_related("version__procedure", "unit")


def valid_versions(subjects: Iterable[str], day: date) -> list[Version]:
    """The versions of procedures about such things under which cases begin that day. One query."""
    valid = Version.objects.filter(procedure__subject__in=list(subjects), valid_from__lte=day)
    return [
        each for each in valid.select_related("procedure").order_by("pk") if not each.valid_to or each.valid_to > day
    ]


def users_of(case: Case) -> list[int]:
    """The users whom a case concerns: the person it is about, if they sign in. One query."""
    found: Any = Person.objects.filter(cases__case=case, user__isnull=False).values_list("user_id", flat=True)
    return list(found)


def valid_version(code: str, day: date) -> Version | None:
    """The version of a procedure of the member's life under which cases begin that day; None if there is none."""
    found = version_on(code, day)
    return found if found is not None and found.procedure.subject in SUBJECTS else None


def place_of(person: Person, day: date) -> Unit | None:
    """The cell someone is in that day, else the one they were last in, or whose source they are; None of nobody's."""
    stays = Stay.objects.filter(membership__person=person, from_on__lte=day).select_related("cell")
    last = stays.order_by("-from_on").first()
    if last is not None and (last.to_on is None or last.to_on > day):
        return last.cell
    listed = Place.objects.filter(holding(day), source__person=person).select_related("cell").first()
    return listed.cell if listed else last.cell if last else None


def can_begin(person: Person, place: Unit, user: Any, rights: Rights, day: date, *, own: bool = False) -> list[Version]:
    """The procedures that someone can begin about a person as things stand, by their own right or as that person."""
    found = []
    for version in valid_versions(SUBJECTS, day):
        flow = version.flow
        case = Case(version=version, unit=place, begun_on=day)
        case.member_case = MemberCase(case=case, person=person)
        by_role = any(
            party.roles and any(each.unit_id == unit.pk and each.role in party.roles for each in rights.held)
            for party in flow.begins
            if (unit := Lines(case).find(party.at)) is not None
        )
        if (own and flow.by_member) or (not own and by_role):
            found.append((version, case))
    return [version for version, case in found if is_possible(case, day)]


def cells_to_begin(code: str, cells: Iterable[Unit], rights: Rights, day: date) -> set[int]:
    """The cells at which someone's own role begins cases of a procedure. Two queries."""
    version, cells = valid_version(code, day), list(cells)
    if version is None or not cells:
        return set()
    known = Unit.objects.in_bulk({pk for cell in cells for pk in _line(cell)})
    found = set()
    for cell in cells:
        line = [known[pk] for pk in reversed(_line(cell))]
        for party in version.flow.begins:
            unit = PLACES[party.at][1](line)
            if unit is not None and any(each.unit_id == unit.pk and each.role in party.roles for each in rights.held):
                found.add(cell.pk)
    return found


def _line(cell: Unit) -> list[int]:
    return [int(pk) for pk in cell.path.strip("/").split("/")]


def is_possible(case: Case, day: date) -> bool:
    """Whether a case could begin as things stand."""
    flow = case.version.flow
    stage = Stage(case=case, number=0, step=BEGIN, entered_on=day)
    moment = Moment(case=case, stage=stage, flow=flow, step=flow.first, today=day, vote=None)
    return all(guards[code].function(moment) is None for code in flow.when)
