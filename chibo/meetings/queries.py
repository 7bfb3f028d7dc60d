"""Questions around a meeting: who may attend it, which month is still to be recorded, what stands in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from chibo.agendas.models import Agenda as LaidDown
from chibo.agendas.models import Item as AgendaItem
from chibo.agendas.models import Notice, Status
from chibo.agendas.prefilling import best_of
from chibo.committees.models import Charge
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.core.together import Question
from chibo.core.written import Written, as_sql
from chibo.meetings.course import Line
from chibo.meetings.models import Kind, Meeting, NoMeeting, State
from chibo.members.models import Exemption, Membership, Person, Post, PostKind, Stay, Suspension, TemporaryStay
from chibo.modes.queries import in_group
from chibo.organizations.models import Unit
from chibo.procedures.flow import said

RECENT = 3  # months before the running one that are looked back upon
COMMITTEE = (
    PostKind.SECRETARY,
    PostKind.DEPUTY_SECRETARY,
    PostKind.STANDING_MEMBER,
    PostKind.COMMITTEE_MEMBER,
)


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """Someone who may attend a meeting: one of those who must, or one who is marked only if they came."""

    person: int
    code: str
    name: str
    must: bool
    exempt: bool = False
    away: bool = False  # for a time in another cell too
    guest: bool = False  # for a time here, a member elsewhere
    post: str = ""
    votes: bool = False  # an official member, or at a preparatory meeting one of the committee
    group: str = ""  # the Party group they are in
    leads: bool = False  # that group


class Alike(NamedTuple):
    """What is recorded of a meeting that a device still has typed: itself; when one of that month and kind was last."""

    is_it: bool
    last: datetime | None


def recorded_like(unit: Unit, uid: UUID, month: date | None, kind: str | None) -> Alike:
    """Whether a meeting of that id, and when one of the same month and kind, was recorded in a unit. One query."""
    found = Meeting.objects.filter(unit=unit).aggregate(
        it=Count("pk", filter=Q(uid=uid)),
        last=Max("recorded_at", filter=Q(month=month, kind=kind or "", withdrawal=None) if month else Q(pk=None)),
    )
    return Alike(bool(found["it"]), found["last"])


def around_in(unit: int, day: date) -> QuerySet[Any, Any]:
    """The keys of the memberships that are in a cell that day, or there for a time: a few of millions, by the cell."""
    here, for_a_time = (
        model._default_manager.filter(holding(day), cell=unit).order_by().values("membership")
        for model in (Stay, TemporaryStay)
    )
    return here.union(for_a_time)


def roll_on(unit: Unit, day: date, kind: str = Kind.REGULAR) -> list[Attendee]:
    """Everyone who may attend in a cell that day, by given name: by membership or for a time. One query.

    Of a cell with Party groups they stand group by group, those in none last.

    At a preparatory meeting those of the committee are expected, and others are marked only if they came.
    """
    found = []
    for row in map(_Spell._make, _ROLL.rows(unit=unit.pk, day=day)):
        exempt = row.was_exempt or (row.exempt_from is not None and row.exempt_from <= day)
        gone = row.is_away and row.is_at_home
        post = min(row.posts, key=COMMITTEE.index, default="")
        expected = kind != Kind.COMMITTEE or post != ""
        found.append(
            Attendee(
                person=row.person,
                code=row.code,
                name=row.name,
                must=expected and not exempt and not gone,
                exempt=exempt,
                away=gone,
                guest=not row.is_at_home,
                post=str(PostKind(post).label) if post else "",
                votes=_votes(row, day) and expected,
                group=row.group or "",
                leads=bool(row.leads),
            )
        )
    return sorted(found, key=lambda each: (not each.group, each.group)) if any(each.group for each in found) else found


class _Spell(NamedTuple):
    """A spell of membership as the roll asks for it."""

    person: int
    code: str
    name: str
    exempt_from: date | None
    official_on: date | None
    is_at_home: bool
    is_away: bool
    was_exempt: bool
    is_suspended: bool
    posts: list[str]
    group: str | None
    leads: bool | None


def _roll(*, unit: int, day: date) -> tuple[str, tuple[Any, ...]]:
    """The spells of the roll, by given name."""
    of = {"membership": OuterRef("pk")}
    for_a_time = TemporaryStay.objects.filter(holding(day), **of)
    held = Post.objects.filter(holding(day), unit=unit, post__in=COMMITTEE, person=OuterRef("person"))
    spells = Membership.objects.filter(pk__in=around_in(unit, day)).annotate(
        is_at_home=Exists(Stay.objects.filter(holding(day), cell=unit, **of)),
        is_away=Exists(for_a_time.exclude(cell=unit)),
        was_exempt=Exists(Exemption.objects.filter(holding(day), **of)),
        is_suspended=Exists(Suspension.objects.filter(holding(day), **of)),
        held=ArraySubquery(held.order_by().values("post")),
        group=in_group(unit, day, "group__name"),
        leads=in_group(unit, day, "is_leader"),
    )
    asked = spells.order_by("person__sort_key", "pk").values_list(
        "person_id", "person__code", "person__full_name", "exempt_from", "official_on", "is_at_home", "is_away",
        "was_exempt", "is_suspended", "held", "group", "leads",
    )  # fmt: skip
    return as_sql(asked)


_ROLL = Written(_roll)


def _votes(spell: _Spell, day: date) -> bool:
    """Whether someone of the roll votes in the cell that day: official, at home, not suspended."""
    return spell.is_at_home and not spell.is_suspended and spell.official_on is not None and spell.official_on <= day


def voters_in(roll: Iterable[Attendee], marks: Mapping[int, tuple[str, str]]) -> int:
    """How many of those marked as present may vote."""
    return sum(each.votes and marks.get(each.person, ("",))[0] == State.PRESENT for each in roll)


@dataclass(frozen=True)
class Agenda:
    """The items a meeting is expected to have, and where they come from: a notice, or the agenda laid down."""

    key: str
    items: tuple[Line, ...]


@dataclass(frozen=True)
class Beginning:
    """What the form of a meeting begins with: its notice, the agendas laid down, who looks after the cell."""

    unit: Unit
    notice: Notice | None
    items: tuple[AgendaItem, ...]
    agendas: Sequence[LaidDown]
    charges: Sequence[Charge]
    people: Mapping[int, Person]

    def agenda(self, on: date) -> Agenda:
        """The agenda of the meeting: as its notice told it, otherwise as laid down for such meetings on a day."""
        if self.notice is not None:
            told = (Line(text=each.text, kind=each.kind, code=each.code) for each in self.items)
            return Agenda(f"n{self.notice.pk}", tuple(told))
        laid_down = best_of(self.agendas, self.unit, on)
        if laid_down is None:
            return Agenda("-", ())
        items = (Line(text=said(each["text"]), kind=each["kind"], code=each["code"]) for each in laid_down.items)
        return Agenda(f"a{laid_down.pk}", tuple(items))

    def in_charge(self, on: date) -> dict[int, Person]:
        """Who looks after the cell on a day, by key."""
        return {each.person_id: self.people[each.person_id] for each in self.charges if each.holds_on(on)}


def _beginning(unit: int, kind: str, month: date, setting: str) -> dict[str, QuerySet[Any]]:
    given = Notice.objects.filter(unit=unit, month=month, kind=kind, status=Status.GIVEN)
    charges = Charge.objects.filter(over_unit=unit)
    return {
        "notices": given.order_by("on", "pk"),
        "items": AgendaItem.objects.filter(notice__in=given.order_by().values("pk")).order_by("place"),
        "agendas": LaidDown.objects.filter(kind=kind, setting__in=["", setting]).order_by("pk"),
        "charges": charges.order_by("pk"),
        "people": Person.objects.filter(pk__in=charges.order_by().values("person")).order_by("sort_key", "pk"),
    }


_BEGINNING = Question(_beginning)


def beginning(unit: Unit, kind: str, month: date) -> Beginning:
    """What the form of a meeting of a kind and month begins with. One query."""
    found = _BEGINNING.ask(unit=unit.pk, kind=str(kind), month=month, setting=str(unit.setting))
    notice = found["notices"][-1] if found["notices"] else None
    items = tuple(each for each in found["items"] if notice is not None and each.notice_id == notice.pk)
    people = {each.pk: each for each in found["people"]}
    return Beginning(unit, notice, items, found["agendas"], found["charges"], people)


def in_charge_on(unit: Unit, day: date) -> dict[int, Person]:
    """Who looks after a cell on a day, by key. One query."""
    charged = Charge.objects.filter(holding(day), over_unit=unit)
    return {each.pk: each for each in Person.objects.filter(pk__in=charged.values("person")).order_by("sort_key", "pk")}


def standing(unit: Unit, month: date, kind: str = Kind.REGULAR) -> list[Meeting]:
    """The meetings of a kind recorded for a month and not withdrawn, the first first. One query."""
    return standing_in(unit, [month], kind)


def standing_in(unit: Unit, months: Sequence[date], kind: str = Kind.REGULAR) -> list[Meeting]:
    """The meetings of a kind recorded for some months and not withdrawn, the first first. One query."""
    found = Meeting.objects.filter(unit=unit, month__in=months, kind=kind, withdrawal=None)
    return list(with_marks(found).select_related("recorded_by").order_by("held_on", "pk"))


def others_standing(unit: Unit, month: date, meeting: Meeting | None) -> list[Meeting]:
    """The regular meetings beside which one would come to a month; none where it is there already."""
    if meeting is not None and meeting.kind == Kind.REGULAR and meeting.month == month:
        return []
    return [each for each in standing(unit, month) if meeting is None or each.pk != meeting.pk]


def with_marks(found: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """Meetings with how many were present, excused, absent."""
    return found.annotate(
        **{state: Count("attendance", filter=Q(attendance__state=state)) for state in State.values}
    )  # fmt: skip


def months_until(last: date, count: int) -> list[date]:
    """The first days of some months, the last one last."""
    months = [Period.month_of(last)]
    while len(months) < count:
        months.insert(0, months[0].before)
    return [month.first_day for month in months]


def month_waiting(unit: Unit, today: date) -> date:
    """The oldest recent month without a regular meeting or a word why; the running one if there is none. One query."""
    months = months_until(today, RECENT + 1)
    live = Q(unit=unit, month__in=months)
    held = Meeting.objects.filter(live, kind=Kind.REGULAR, withdrawal=None).values_list("month", flat=True)
    told = set(held.union(NoMeeting.objects.filter(live).values_list("month", flat=True)))
    for month in months:
        ends = Period.month_of(month).last_day
        due = unit.founded_on <= month and (unit.closed_on is None or unit.closed_on > ends)
        if due and month not in told:
            return month
    return months[-1]
