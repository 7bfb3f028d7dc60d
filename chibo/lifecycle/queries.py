"""Questions about cases of members: of whom, at which cell, which can begin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from chibo.admissions.models import Place
from chibo.core.spans import holding
from chibo.lifecycle.models import Abroad, MemberCase
from chibo.members.models import Departure, Membership, Person, Reason, Stay
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights
from chibo.procedures.flow import BEGIN
from chibo.procedures.models import Case, Stage, Version
from chibo.procedures.places import PLACES
from chibo.procedures.queries import opened, version_on
from chibo.procedures.registry import Moment, guards

SUBJECTS = ("member", "joining")


def membership_on(person: Person, day: date) -> Membership | None:
    """The membership that holds on a day; None of someone who is no member then. One query."""
    stay = Stay.objects.filter(holding(day), membership__person=person).select_related("membership").first()
    return stay.membership if stay else None


def cases_of(person: Person, user: Any, rights: Rights) -> QuerySet[Case]:
    """Cases about a person that a user opens, the newest first; the very person opens all of them."""
    found = Case.objects.filter(member_case__person=person).order_by("-begun_on", "-pk")
    if person.user_id != user.pk:
        found = found.filter(opened(rights))
    return found.select_related("version__procedure", "unit")


def under_way(person: Person, version: Version) -> QuerySet[Case]:
    """The cases of a procedure about a person that are under way, the oldest first. No query yet."""
    found = Case.objects.filter(member_case__person=person, version__procedure=version.procedure_id)
    return found.filter(status__in=[Case.Status.OPEN, Case.Status.SUSPENDED]).order_by("begun_on", "pk")


def told_before(person: Person, version: Version, pk: str) -> dict[str, Any]:
    """What was told when the same was asked for in an earlier case about someone; nothing if there is no such case."""
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return {}
    same = Case.objects.filter(member_case__person=person, version__procedure=version.procedure_id, pk=int(pk))
    found = same.values_list("told", flat=True).first()
    return dict(found or {})


def valid_versions(subjects: Iterable[str], day: date) -> list[Version]:
    """The versions of procedures about such things under which cases begin that day. One query."""
    valid = Version.objects.filter(procedure__subject__in=list(subjects), valid_from__lte=day)
    return [
        each for each in valid.select_related("procedure").order_by("pk") if not each.valid_to or each.valid_to > day
    ]


def users_of(case: Case) -> list[int]:
    """The users whom a case concerns: the person it is about, if they sign in. One query; none once that is known."""
    about = about_of(case)
    return [about.person.user_id] if about is not None and about.person.user_id else []


def about_of(case: Case) -> MemberCase | None:
    """Whom a case is about, kept with it; None for a case that is about nobody yet. One query the first time."""
    if not MemberCase.case.field.remote_field.is_cached(case):
        found = MemberCase.objects.filter(case=case).select_related("person").first()
        if found is None:
            return None
        case.member_case = found
    return case.member_case


def about_user(user: Any) -> QuerySet[Case]:
    """The cases about someone who signs in. No query yet."""
    return Case.objects.filter(member_case__person__user=user.pk)


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


class Known:
    """What guards ask of someone on a day: each asked of the database once, when needed."""

    def __init__(self, person: Person, day: date) -> None:
        self.person, self.day = person, day

    @cached_property
    def membership(self) -> Membership | None:
        """The membership that holds that day."""
        return membership_on(self.person, self.day)

    @cached_property
    def was_member(self) -> bool:
        """Whether there is any membership."""
        return self.membership is not None or Membership.objects.filter(person=self.person).exists()

    @cached_property
    def is_abroad(self) -> bool:
        """Whether they are abroad; who left the Party there is not."""
        spell = self.membership
        return spell is not None and Abroad.objects.filter(membership=spell, to_on=None).exists()

    @cached_property
    def died(self) -> bool:
        """Whether they died as a member."""
        return Departure.objects.filter(membership__person=self.person, reason=Reason.DECEASED).exists()

    @cached_property
    def under_way(self) -> set[tuple[int, int]]:
        """The cases about them that are under way, each with its procedure."""
        under_way = [Case.Status.OPEN, Case.Status.SUSPENDED]
        found = MemberCase.objects.filter(person=self.person, case__status__in=under_way).order_by()
        return set(found.values_list("case__version__procedure", "case"))


def known_of(moment: Moment) -> Known:
    """What is known of whom a case is about: as it was asked before for a case that is only thought of, else anew."""
    about = moment.case.member_case
    known: Known | None = getattr(about, "known", None)
    return known or Known(about.person, moment.today)


def can_begin(person: Person, place: Unit, rights: Rights, day: date, *, own: bool = False) -> list[Version]:
    """The procedures that someone can begin about a person as things stand, by their own right or as that person.

    At most seven queries.
    """
    above = Unit.objects.in_bulk(place.ancestor_ids) if rights.held and not own else {}
    line = [place, *(above[pk] for pk in reversed(place.ancestor_ids) if pk in above)]
    known, found = Known(person, day), []
    for version in valid_versions(SUBJECTS, day):
        if not (version.flow.by_member if own else _has_role(version, line, rights)):
            continue
        if is_possible(case_of(version, person, place, day, known), day):
            found.append(version)
    return found


def _has_role(version: Version, line: list[Unit], rights: Rights) -> bool:
    """Whether someone's own role is one that begins such cases where a line of units begins."""
    for party in version.flow.begins:
        unit = PLACES[party.at][1](line) if party.at in PLACES else None
        if unit is not None and any(each.unit_id == unit.pk and each.role in party.roles for each in rights.held):
            return True
    return False


def cells_to_begin(code: str, cells: Iterable[Unit], rights: Rights, day: date) -> set[int]:
    """The cells at which someone's own role begins cases of a procedure. Two queries."""
    version, cells = valid_version(code, day), list(cells)
    if version is None or not cells:
        return set()
    units = Unit.objects.in_bulk({pk for cell in cells for pk in _line(cell)})
    lines = {cell.pk: [units[pk] for pk in reversed(_line(cell))] for cell in cells}
    return {pk for pk, line in lines.items() if _has_role(version, line, rights)}


def _line(cell: Unit) -> list[int]:
    return [int(pk) for pk in cell.path.strip("/").split("/")]


def is_possible(case: Case, day: date) -> bool:
    """Whether a case could begin as things stand."""
    return not why_not(case, day)


def why_not(case: Case, day: date) -> list[str]:
    """Why a case can't begin as things stand, reason by reason."""
    flow = case.version.flow
    stage = Stage(case=case, number=0, step=BEGIN, entered_on=day)
    moment = Moment(case=case, stage=stage, flow=flow, step=flow.first, today=day, vote=None)
    return [str(why) for code in flow.when if (why := guards[code].function(moment)) is not None]


def case_of(version: Version, person: Person, place: Unit, day: date, known: Known | None = None) -> Case:
    """A case as it would be, not kept."""
    case = Case(version=version, unit=place, begun_on=day)
    about = MemberCase(case=case, person=person)
    about.known = known or Known(person, day)  # type: ignore[attr-defined]
    case.member_case = about
    return case
