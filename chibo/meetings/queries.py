"""Questions around a meeting: who may attend it, which month is still to be recorded, what stands in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.meetings.models import Kind, Meeting, NoMeeting, State
from chibo.members.models import Exemption, Membership, Post, PostKind, Stay, TemporaryStay
from chibo.modes.queries import in_group
from chibo.organizations.models import Unit

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
    group: str = ""  # the Party group they are in
    leads: bool = False  # that group


def roll_on(unit: Unit, day: date, kind: str = Kind.REGULAR) -> list[Attendee]:
    """Everyone who may attend in a cell that day, by given name: by membership or for a time. Two queries.

    Of a cell with Party groups they stand group by group, those in none last.

    At a preparatory meeting those of the committee are expected, and others are marked only if they came.
    """
    of = {"membership": OuterRef("pk")}
    for_a_time = TemporaryStay.objects.filter(holding(day), **of)
    spells = Membership.objects.annotate(
        is_at_home=Exists(Stay.objects.filter(holding(day), cell=unit, **of)),
        is_away=Exists(for_a_time.exclude(cell=unit)),
        was_exempt=Exists(Exemption.objects.filter(holding(day), **of)),
        group=in_group(unit, day, "group__name"),
        leads=in_group(unit, day, "is_leader"),
    )
    here = Stay.objects.filter(holding(day), cell=unit).values("membership")
    guests = TemporaryStay.objects.filter(holding(day), cell=unit).values("membership")
    spells = spells.filter(Q(pk__in=here) | Q(pk__in=guests)).select_related("person")
    posts: dict[int, Post] = {}
    held = Post.objects.filter(holding(day), unit=unit, post__in=COMMITTEE, person__isnull=False).order_by("-pk")
    for post in sorted(held, key=lambda each: COMMITTEE.index(PostKind(each.post)), reverse=True):
        posts[post.person_id or 0] = post
    found = []
    for spell in spells.order_by("person__sort_key", "pk"):
        exempt = spell.was_exempt or (spell.exempt_from is not None and spell.exempt_from <= day)
        gone = spell.is_away and spell.is_at_home
        post_held = posts.get(spell.person_id)
        expected = kind != Kind.COMMITTEE or post_held is not None
        found.append(
            Attendee(
                person=spell.person_id,
                code=spell.person.code,
                name=spell.person.full_name,
                must=expected and not exempt and not gone,
                exempt=exempt,
                away=gone,
                guest=not spell.is_at_home,
                post=str(post_held.get_post_display()) if post_held else "",
                group=spell.group or "",
                leads=bool(spell.leads),
            )
        )
    return sorted(found, key=lambda each: (not each.group, each.group)) if any(each.group for each in found) else found


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
