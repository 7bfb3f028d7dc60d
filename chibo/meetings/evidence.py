"""What the records answer about a meeting: the measures by which scoring sheets propose points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from chibo.agendas.models import Notice, NoticePaper, Status
from chibo.core.spans import holding
from chibo.core.together import Question
from chibo.meetings.models import SCORED, Attendance, Kind, Meeting, State
from chibo.meetings.queries import COMMITTEE, around_in
from chibo.members.models import Exemption, Membership, Post, PostKind, Stay, TemporaryStay
from chibo.organizations.models import Lineage, Unit
from chibo.scoring.models import SheetVersion
from chibo.scoring.queries import holding_for, nearest

BESIDE_SECRETARY = [post for post in COMMITTEE if post != PostKind.SECRETARY]
Marks = Mapping[int, str]  # by person: present, excused, absent


@dataclass(frozen=True)
class Known:
    """What is known of a meeting beside its own marks."""

    must: frozenset[int]  # who must attend
    running: Mapping[int, int]  # by person: times excused running before it, in its year
    rest: Mapping[str, Fraction]
    it: Around
    also: Mapping[str, list[Any]] = field(default_factory=dict)  # rows that were asked for beside

    def measures(
        self,
        marks: Marks,
        minutes: Any,
        spoke: Collection[int] = (),
        items: Collection[bool] = (),
        judged_on: date | None = None,
    ) -> dict[str, Fraction]:
        """All that can be answered, with its marks, how long it took, and what was said of its course.

        That is who spoke, where somebody was ticked, and of each item whether it was dealt with. Where it is judged on
        a day, what should have been there by then and is not answers too.
        """
        found = dict(self.rest)
        if judged_on is not None and self.it.is_of_here:
            for each in sources:
                found |= each.misses(self.it, self.also, judged_on)
        states = [state for person, state in marks.items() if person in self.must]
        found["members"] = Fraction(len(self.must))
        if states:
            found["present"] = Fraction(states.count(State.PRESENT), len(states))
            found["absent"] = Fraction(states.count(State.ABSENT))
            excused = [person for person, state in marks.items() if state == State.EXCUSED and person in self.must]
            found["excused_running"] = Fraction(max((self.running.get(each, 0) + 1 for each in excused), default=0))
        there = {person for person, state in marks.items() if state == State.PRESENT}
        if said := there & set(spoke):
            found["speakers"] = Fraction(len(said), len(there))
        if items:
            found["items_done"] = Fraction(sum(items), len(items))
        if minutes is not None:
            found["minutes"] = Fraction(minutes)
        return found


BACK = 400  # days before a meeting in which the one before it is looked for


@dataclass(frozen=True)
class Around:
    """A meeting of a cell, recorded or to be, and those held before it, the first first."""

    unit: Unit
    held_on: date
    kind: str
    month: date
    meeting: Meeting | None
    since: date  # from when on earlier meetings are looked for
    before: Sequence[Meeting] = ()

    @property
    def is_of_here(self) -> bool:
        """Whether it is recorded here, or to be: of one from a workbook nothing is known but what that said."""
        return self.meeting is None or self.meeting.recorded_at is not None


class Source(Protocol):
    """What another app knows of a meeting: rows to be asked together with all others, and what they say."""

    @staticmethod
    def asks(it: Around) -> Mapping[str, QuerySet[Any]]:
        """Rows by a name of their own, as `core.together` asks them.

        Written out once: days and keys of `it` are stand-ins, to be compared with; its kind is what it is.
        """

    @staticmethod
    def tells(it: Around, found: Mapping[str, list[Any]]) -> Mapping[str, Fraction]:
        """The measures that these rows answer."""

    @staticmethod
    def misses(it: Around, found: Mapping[str, list[Any]], today: date) -> Mapping[str, Fraction]:
        """The measures answered by what should have been there by a day and is not."""


sources: list[type[Source]] = []


Declared = TypeVar("Declared", bound=type[Source])
Also = Callable[[Around], Mapping[str, QuerySet[Any]]]


def source(declared: Declared) -> Declared:
    """Let an app answer measures."""
    sources.append(declared)
    return declared


def around(
    unit: Unit,
    held_on: date,
    kind: str,
    month: date,
    *,
    topic: str = "",
    meeting: Meeting | None = None,
    must: frozenset[int] | None = None,
    also: Also | None = None,
) -> tuple[SheetVersion | None, Known]:
    """By which sheet a meeting of a cell is scored, recorded or to be, and what the records know around it.

    What is asked for `also`, of stand-ins as by a source, is among what is known. One query.
    """
    since = date.fromordinal(max(1, held_on.toordinal() - BACK))
    it = Around(unit, held_on, kind, month, meeting, since)
    of_meeting = {} if meeting is None else {"meeting": meeting.pk}
    days = {"held_on": held_on, "month": month, "since": since}
    found = _QUESTION.ask(kind, must is None, also, SheetVersion.are_known(), unit=unit.pk, **days, **of_meeting)
    rule = nearest(found["rules"], found["line"][0].path) if found["line"] else None
    version = next((each for each in found["versions"] if rule is not None and each.pk == rule.version_id), None)
    others = [each for each in found["meetings"] if meeting is None or each.pk != meeting.pk]
    before = [each for each in others if _is_before(each, held_on, meeting)]
    it = replace(it, before=before)
    rest = _rest(it, topic, found, [each for each in others if each.month == month])
    for each in sources:
        rest |= each.tells(it, found)
    counted = [each.pk for each in before if each.kind in SCORED and each.held_on.year == held_on.year]
    running = _running(counted, found["excused"])
    called = frozenset(each.person_id for each in found["must"]) if must is None else must
    return version, Known(called, running, rest, it, found)


def _asks(
    kind: str, of_must: bool, also: Also | None, are_known: bool,
    *, unit: int, held_on: date, month: date, since: date, meeting: int = 0,
) -> dict[str, QuerySet[Any]]:  # fmt: skip
    """The rows around a meeting, by name; sheets without their definitions where they `are_known`."""
    lately = Meeting.objects.filter(unit=unit, withdrawal=None).filter(
        Q(month=month) | Q(held_on__gt=since, held_on__lte=held_on)
    )
    excused = Attendance.objects.filter(meeting__in=lately.order_by().values("pk"), state=State.EXCUSED)
    rules = holding_for(kind, held_on)
    versions = SheetVersion.objects.filter(pk__in=rules.order_by().values("version")).order_by("pk")
    asked: dict[str, QuerySet[Any]] = {
        "line": Lineage.objects.filter(holding(held_on), unit=unit).order_by("pk"),
        "rules": rules,
        "versions": versions.defer("definition") if are_known else versions,
        "meetings": lately.defer("conclusions").order_by("held_on", "pk"),
        "excused": excused.order_by().values("meeting_id", "person_id"),
        "posts": Post.objects.filter(
            holding(held_on), unit=unit, post__in=BESIDE_SECRETARY, person__isnull=False
        ).order_by("pk"),
        "notices": Notice.objects.filter(
            unit=unit, kind=kind, month=month, status=Status.GIVEN, given_on__lte=held_on
        ).order_by("given_at", "pk"),
    }
    asked["papers"] = NoticePaper.objects.filter(notice__in=asked["notices"].order_by().values("pk")).order_by("pk")
    if of_must:
        asked["must"] = _must(unit, held_on)
    it = Around(Unit(pk=unit), held_on, kind, month, Meeting(pk=meeting) if meeting else None, since)
    for each in sources:
        asked |= each.asks(it)
    asked |= also(it) if also is not None else {}
    return asked


_QUESTION = Question(_asks)


def _rest(it: Around, topic: str, found: Mapping[str, list[Any]], same: list[Meeting]) -> dict[str, Fraction]:
    """What other meetings of the month, posts and notices say."""
    met = any(each.kind == Kind.COMMITTEE and each.held_on <= it.held_on for each in same)
    thematic = it.kind == Kind.THEMATIC or bool(topic) or any(each.kind == Kind.THEMATIC for each in same)
    rest = {"prepared": Fraction(met or not found["posts"]), "thematic": Fraction(thematic)}
    told = told_on(found)
    rest |= {measure: Fraction(max(0, (it.held_on - on).days)) for measure, on in told.items()}
    if not told and it.is_of_here:  # as the objective counts: without a notice none was given before
        rest["notice_days"] = Fraction(0)
    return rest


def told_on(found: Mapping[str, list[Any]]) -> dict[str, date]:
    """By measure the day on which notice of a meeting was given, and that on which the last of its papers was there."""
    if not found["notices"]:
        return {}
    notice = found["notices"][0]
    days = [each.on for each in found["papers"] if each.notice_id == notice.pk]
    told = {"notice_days": notice.given_on}
    return told | {"papers_days": max(notice.given_on, *days)} if days and None not in days else told


def _must(unit: int, day: date) -> QuerySet[Membership]:
    """Who must attend: who belongs to the cell that day or is there for a time, neither exempt nor elsewhere."""
    of = {"membership": OuterRef("pk")}
    for_a_time = TemporaryStay.objects.filter(holding(day), **of)
    at_home = Exists(Stay.objects.filter(holding(day), cell=unit, **of)) & ~Exists(for_a_time.exclude(cell=unit))
    return Membership.objects.filter(
        Q(pk__in=around_in(unit, day)),
        Q(exempt_from=None) | Q(exempt_from__gt=day),
        ~Exists(Exemption.objects.filter(holding(day), **of)),
        Q(at_home) | Exists(for_a_time.filter(cell=unit)),
    ).order_by("pk")


def _is_before(each: Meeting, held_on: date, meeting: Meeting | None) -> bool:
    """Whether a meeting was held before another; of those of one day the one recorded first."""
    at = meeting.pk if meeting is not None else None
    return each.held_on < held_on or (each.held_on == held_on and (at is None or each.pk < at))


def _running(held: list[int], excused: list[dict[str, int]]) -> dict[int, int]:
    """How many times each was excused running until the last of some meetings, the first first."""
    here: dict[int, set[int]] = {}
    for each in excused:
        here.setdefault(each["meeting_id"], set()).add(each["person_id"])
    counted: dict[int, int] = {}
    for pk in held:
        counted = {person: counted.get(person, 0) + 1 for person in here.get(pk, set())}
    return counted
