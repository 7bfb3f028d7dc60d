"""Questions about cases: what waits for someone, what is stuck below and where, how long cases take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights, Scope
from chibo.procedures.models import Case, Deed, Procedure, Signature, Stage, Turn, Version, Vote


def version_on(code: str, day: date) -> Version | None:
    """The version of a procedure under which cases begin that day; None if there is none. One query."""
    valid = Version.objects.filter(procedure__code=code, valid_from__lte=day)
    return valid.filter(Q(valid_to=None) | Q(valid_to__gt=day)).select_related("procedure").first()


def seen(scope: Scope) -> QuerySet[Case]:
    """Cases of the units in scope, and those that come to them."""
    return Case.objects.filter(scope.q() | scope.q("to_unit"))


def waiting_for(rights: Rights, user: Any) -> QuerySet[Stage]:
    """Stages that wait for a role someone holds at the very unit, and that they have not signed; the most urgent first.

    Whether they had a hand in what is checked there is said when they open it.
    """
    mine = Q(pk__in=())
    for each in rights.held:
        mine |= Q(unit=each.unit_id, role=each.role)
    turns = Turn.objects.filter(mine, stage=OuterRef("pk"))
    signed = Signature.objects.filter(stage=OuterRef("pk"), deed=Deed.SIGNED, by=user.pk)
    found = Stage.objects.filter(Exists(turns), ~Exists(signed), done_on=None, case__status=Case.Status.OPEN)
    ordered = found.order_by(F("due_on").asc(nulls_last=True), "pk")
    return ordered.select_related("case__version__procedure", "case__unit")


def stuck(unit: Unit, today: date) -> QuerySet[Stage]:
    """Stages past their last day that wait for units at or below a unit, the longest first."""
    turns = Turn.objects.filter(stage=OuterRef("pk"), unit__path__startswith=unit.path)
    late = Stage.objects.filter(Exists(turns), done_on=None, due_on__lt=today, case__status=Case.Status.OPEN)
    return late.order_by("due_on", "pk").select_related("case__version__procedure", "case__unit")


def vote_of(stage: Stage) -> Vote | None:
    """The vote that counts at a stage: the one recorded last."""
    return Vote.objects.filter(stage=stage).order_by("-pk").first()


class Took(NamedTuple):
    """How many cases of a procedure came to a result in a span of days, and how many days half of them took at most."""

    procedure: str
    version: int
    result: str
    n: int
    in_time: int
    median: float


TOOK = """
select p.code, max(v.id), c.result, count(*),
       count(*) filter (where not exists (
           select from procedures_stage s where s.case_id = c.id and s.due_on < s.done_on)),
       percentile_cont(0.5) within group (order by c.ended_on - c.begun_on)
from procedures_case c
join procedures_version v on v.id = c.version_id join procedures_procedure p on p.id = v.procedure_id
join organizations_unit u on u.id = c.unit_id
where u.path like %(under)s and c.status = 'ended' and c.ended_on >= %(first)s and c.ended_on <= %(last)s
group by p.code, c.result order by p.code, count(*) desc, c.result
"""


def took(unit: Unit, first: date, last: date) -> list[Took]:
    """By procedure and result: how many cases ended at a unit and under it, within all limits, and the median days."""
    with connection.cursor() as cursor:
        cursor.execute(TOOK, {"under": unit.path + "%", "first": first, "last": last})
        return [Took(*row) for row in cursor.fetchall()]


def procedures(subjects: Iterable[str] = ()) -> QuerySet[Procedure]:
    """Procedures about these things, or all, by their codes."""
    found = Procedure.objects.order_by("code")
    return found.filter(subject__in=list(subjects)) if subjects else found
