"""What cases of the member's life are about, as procedures name it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chibo.admissions.models import Place
from chibo.core.asking import address
from chibo.core.spans import holding
from chibo.files.groups import FACTS
from chibo.lifecycle import badges, following
from chibo.lifecycle.actions import JOINED
from chibo.lifecycle.queries import about_of, about_user, membership_on, place_of, users_of
from chibo.lifecycle.values import joining_values, member_values, recorded_now
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures.models import Case
from chibo.procedures.registry import Subject, days, subject


def _url(case: Case, rights: Rights, day: date) -> str:
    """The page of the member for who looks after members where they are that day; empty for everyone else."""
    scope = rights.scope(P.MEMBER_VIEW)
    about = about_of(case) if scope else None
    place = place_of(about.person, day) if about else None
    return reverse("member", args=[about.person_id]) if about and place and scope.covers(place) else ""


def _joining_url(case: Case, rights: Rights, day: date) -> str:
    """The page of the source for who may see it, the member's once they joined; empty for everyone else."""
    scope = rights.scope(P.MEMBER_VIEW)
    held = Place.objects.filter(holding(day), source__person__cases__case=case, source__to_on=None)
    place = held.select_related("cell").first() if scope else None
    if place is not None:
        return reverse("source", args=[place.source_id]) if scope.covers(place.cell) else ""
    return _url(case, rights, day)


def _facts(case: Case) -> list[tuple[str, str]]:
    """What a record says now that is to be corrected, as long as it is not decided."""
    fact = str(case.told.get("what", ""))
    if case.is_over or fact not in FACTS:
        return []
    person = case.member_case.person
    return [(gettext("Recorded now"), recorded_now(person, fact) or gettext("not known"))]


def _hints(case: Case, today: date) -> dict[str, str]:
    """Of a badge: what the records know of Party age."""
    return {"years": badges.known(case.member_case.person, today)} if badges.awards(case.version.flow) else {}


def _faults(case: Case, told: Mapping[str, Any], today: date) -> dict[str, str]:
    """Of a badge: what the records can't bear."""
    if not badges.awards(case.version.flow) or not told.get("years") or not told.get("why"):
        return {}
    person = case.member_case.person
    return badges.faults(person, told, today, is_member=membership_on(person, today) is not None)


def _again(case: Case) -> str:
    code = case.version.procedure.code
    return address(reverse("begin_own", args=[code]), again=case.pk)


def _place(case: Case, day: date) -> Unit | None:
    return place_of(case.member_case.person, day)


MEMBER = subject(
    Subject(
        code="member", label=_("a member"), concerned=users_of, of_user=about_user, values=member_values, url=_url,
        facts=_facts, hints=_hints, faults=_faults, again=_again, place=_place,
        strays=following.member_strays, lapsed=following.lapsed,
    )
)  # fmt: skip
JOINING = subject(
    Subject(
        code="joining", label=_("someone who is to join"), concerned=users_of, of_user=about_user,
        values=joining_values, url=_joining_url, place=_place, strays=following.joining_strays,
        undo=following.set_aside,
    )
)  # fmt: skip
days[JOINED] = _("day of joining")
