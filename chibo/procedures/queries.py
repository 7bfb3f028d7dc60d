"""Questions about cases: what waits for someone, what is stuck below and where, how long cases take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from chibo.accounts.models import User
from chibo.core.together import together
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.organizations.trees import holds_much
from chibo.papers.models import Paper
from chibo.procedures import registry
from chibo.procedures.models import Case, CasePaper, Deed, Procedure, Signature, Stage, Turn, Version, Vote


def version_on(code: str, day: date) -> Version | None:
    """The version of a procedure under which cases begin that day; None if there is none. One query."""
    valid = Version.objects.filter(procedure__code=code, valid_from__lte=day)
    return valid.filter(Q(valid_to=None) | Q(valid_to__gt=day)).select_related("procedure").first()


def seen(scope: Scope, unit: Unit | None = None) -> QuerySet[Case]:
    """Cases of the units in scope, and those that come to them; with a unit only of it and below, or to there."""
    if unit is not None and unit.path.startswith(scope.subtrees):
        scope, unit = Scope((unit.path,)), None  # said twice, the database would take it for two limits
    if not scope.subtrees:
        units = [int(path.rstrip("/").split("/")[-1]) for path in scope.units]
        found = Case.objects.filter(Q(unit__in=units) | Q(to_unit__in=units))  # few: found by index
    elif not any(map(holds_much, scope.subtrees)):
        below = Unit.objects.filter(scope.q("")).order_by().values("pk")
        theirs, to_them = Case.objects.filter(unit__in=below), Case.objects.filter(to_unit__in=below)
        found = Case.objects.filter(pk__in=theirs.order_by().values("pk").union(to_them.order_by().values("pk")))
    else:
        found = Case.objects.filter(scope.q() | scope.q("to_unit"))
    if unit is None:
        return found
    return found.filter(Q(unit__path__startswith=unit.path) | Q(to_unit__path__startswith=unit.path))


def opened(rights: Rights) -> Q:
    """Condition on cases: someone opens them by their roles, seeing them or asked at the step they stand at."""
    scope = rights.scope(P.CASE_VIEW)
    mine = Q(pk__in=())
    for each in rights.held:
        mine |= Q(unit=each.unit_id, role=each.role)
    asked = Turn.objects.filter(mine, stage__case=OuterRef("pk"), stage__done_on=None)
    return scope.q() | scope.q("to_unit") | Q(Exists(asked))


def about(user: Any) -> QuerySet[Case]:
    """Cases that are about a user, as far as their subjects tell. They are few, and found first: each is asked once."""
    tell = dict.fromkeys(each.of_user for each in registry.subjects.values() if each.of_user is not None)
    found = [of_user(user).order_by().values("pk") for of_user in tell]
    if not found:
        return Case.objects.none()
    return Case.objects.filter(pk__in=found[0].union(*found[1:]) if found[1:] else found[0])


class Row(NamedTuple):
    """A case in a list: where it stands, since when and until when."""

    pk: int
    about: str
    version_id: int
    unit_id: int
    unit_path: str
    unit_name: str
    unit_code: str
    status: str
    result: str
    begun_on: date
    ended_on: date | None
    step: str | None
    since: date | None
    due_on: date | None
    told: Mapping[str, Any]
    waits: Sequence[Mapping[str, Any]] = ()  # as of `stages_of`


ROW = (
    *("pk", "about", "version_id", "unit_id", "unit__path", "unit__name", "unit__code", "status", "result"),
    *("begun_on", "ended_on", "now__step", "now__entered_on", "now__due_on", "told"),
)


def with_now(found: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with the stage they stand at, as `now`."""
    return found.annotate(now=FilteredRelation("stages", condition=Q(stages__done_on=None)))


def rows(found: QuerySet[Case], after: tuple[date, int] | None, size: int) -> list[Row]:
    """So many of these cases, the newest first, those after a key, each with whom it waits for. One query."""
    if after is not None:
        begun_on, pk = after
        found = found.filter(Q(begun_on__lt=begun_on) | Q(begun_on=begun_on, pk__lt=pk), begun_on__lte=begun_on)
    turns = ArraySubquery(_turns(stage__case=OuterRef("pk"), stage__done_on=None))
    listed = with_now(found).order_by("-begun_on", "-pk").annotate(waits=turns).values_list(*ROW, "waits")
    return [Row(*each) for each in listed[:size]]


def all_rows(found: QuerySet[Case]) -> Iterator[Row]:
    """All of these cases, the newest first, a few thousand in memory at a time."""
    listed = with_now(found).order_by("-begun_on", "-pk").values_list(*ROW)
    return (Row(*each) for each in listed.iterator(chunk_size=2000))


def versions(pks: Iterable[int]) -> dict[int, Version]:
    """These versions, with their procedures, by their ids. One query."""
    return Version.objects.select_related("procedure").in_bulk(set(pks))


def newest_versions() -> list[Version]:
    """Of every procedure the newest version that was laid down, without how it goes, by code. One query."""
    laid_down = Version.objects.filter(valid_from__isnull=False).select_related("procedure").defer("definition")
    return list(laid_down.order_by("procedure__code", "-number").distinct("procedure__code"))


def stages_of(case: Case) -> list[Stage]:
    """The stages of a case, the first first, each with `waits`: at which unit for whom it waits. One query."""
    stages = Stage.objects.filter(case=case).annotate(waits=ArraySubquery(_turns(stage=OuterRef("pk"))))
    return list(stages.order_by("number"))


class Kept(NamedTuple):
    """What people did to a case, the first first: with whom, and for papers what they are."""

    signatures: list[Signature]
    votes: list[Vote]
    papers: list[CasePaper]
    beside: Mapping[str, Sequence[Any]]


def kept_of(case: Case, stages: Iterable[Stage], beside: Mapping[str, QuerySet[Any]]) -> Kept:
    """The signatures, votes and papers of a case of which the stages are known, and rows asked beside. One query."""
    signed = Signature.objects.filter(stage__case=case).order_by("pk")
    put = CasePaper.objects.filter(stage__case=case).order_by("pk")
    users = Q(pk__in=signed.values("by")) | Q(pk__in=signed.values("lent_by")) | Q(pk__in=put.values("by"))
    asked: dict[str, QuerySet[Any]] = {
        "signatures": signed,
        "votes": Vote.objects.filter(stage__case=case).order_by("pk"),
        "put": put,
        "papers": Paper.objects.filter(pk__in=put.values("paper")).order_by(),
        "users": User.objects.filter(users).order_by(),
        "units": Unit.objects.filter(pk__in=signed.values("unit")).order_by(),
    }
    found = together(asked | dict(beside))
    known = {name: {each.pk: each for each in found[name]} for name in ("papers", "users", "units")}
    of = {stage.pk: stage for stage in stages}
    for each in found["signatures"]:
        each.stage, each.unit = of[each.stage_id], known["units"].get(each.unit_id)
        each.by, each.lent_by = (known["users"].get(pk) for pk in (each.by_id, each.lent_by_id))
    for each in found["put"]:
        each.stage, each.by = of[each.stage_id], known["users"].get(each.by_id)
        each.paper = known["papers"][each.paper_id]
    return Kept(found["signatures"], found["votes"], found["put"], {name: found[name] for name in beside})


def _turns(**of: Any) -> QuerySet[Any, Any]:
    """For whom stages wait: at which unit, in which role."""
    told = JSONObject(party="party", unit="unit_id", path="unit__path", name="unit__name", role="role")
    return Turn.objects.filter(**of).order_by("pk").values_list(told)


def waiting_for(rights: Rights, user: Any) -> QuerySet[Stage]:
    """Stages that wait for a role someone holds at the very unit, and that they have not signed; the most urgent first.

    Whether they had a hand in what is checked there is said when they open it.
    """
    mine = Q(pk__in=())
    for each in rights.held:
        mine |= Q(unit=each.unit_id, role=each.role)
    turns = Turn.objects.filter(mine, stage=OuterRef("pk"))
    mine_already = Q(by=user.pk) | Q(lent_by=user.pk)
    signed = Signature.objects.filter(mine_already, stage=OuterRef("pk"), deed=Deed.SIGNED)
    found = Stage.objects.filter(Exists(turns), ~Exists(signed), done_on=None, case__status=Case.Status.OPEN)
    ordered = found.order_by(F("due_on").asc(nulls_last=True), "pk")
    return ordered.select_related("case__version__procedure", "case__unit")


def stuck(unit: Unit, today: date, longest: int = 0, *, late: bool = True) -> QuerySet[Stage]:
    """Stages that wait too long for units at or below a unit: those past their last day, the longest first.

    After them so many without a last day that have waited longest; these alone without `late`.
    """
    turns = Turn.objects.filter(stage=OuterRef("pk"), unit__path__startswith=unit.path)
    waiting = Stage.objects.filter(Exists(turns), done_on=None, case__status=Case.Status.OPEN)
    oldest = waiting.filter(due_on=None).order_by("entered_on", "pk").values("pk")[:longest]
    wanted = Q(pk__in=oldest) | Q(due_on__lt=today) if late else Q(pk__in=oldest)
    ordered = waiting.filter(wanted).order_by(F("due_on").asc(nulls_last=True), "entered_on", "pk")
    return ordered.select_related("case__version__procedure", "case__unit")


class Stuck(NamedTuple):
    """So many cases that are past their last day at the same step and wait for the same unit."""

    version_id: int
    step: str
    unit_id: int
    unit_path: str
    unit_name: str
    unit_code: str
    n: int
    since: date  # the last day of the one that is longest past it


STUCK = """
select c.version_id, s.step, u.id, u.path, u.name, u.code, count(distinct s.id), min(s.due_on)
from procedures_stage s
join procedures_case c on c.id = s.case_id and c.status = 'open'
join procedures_turn t on t.stage_id = s.id
join organizations_unit u on u.id = t.unit_id
where s.done_on is null and s.due_on < %(today)s and u.path like %(under)s
group by c.version_id, s.step, u.id order by min(s.due_on), count(distinct s.id) desc, u.id, s.step limit %(size)s
"""


def stuck_by_unit(unit: Unit, today: date, size: int) -> list[Stuck]:
    """The same counted by step and by the unit they wait for, those that are longest past first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STUCK, {"under": unit.path + "%", "today": today, "size": size})
        return [Stuck(*row) for row in cursor.fetchall()]


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
