"""Questions on what came of meetings: minutes and who signed, tasks due, the result of the last resolution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, JSONObject

from chibo.core.spans import EVER, holding
from chibo.meetings.course import MINUTES
from chibo.meetings.course_models import How
from chibo.meetings.models import Attendance, Correction, Item, Meeting, State
from chibo.meetings.policies import as_member
from chibo.meetings.queries import roll_on, voters_in
from chibo.members.models import ON_COMMITTEE, Person, Post
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.resolutions.following import Since, since_of
from chibo.resolutions.models import Adoption, Assignee, Minutes, Resolution, Revision, Signature, Task

SHOWN = 6  # tasks on a desk


@dataclass
class Standing:
    """Minutes with their revisions, the newest first, and how far they are."""

    minutes: Minutes
    revisions: list[Revision]

    @property
    def newest(self) -> Revision:
        return self.revisions[0]

    @property
    def locked(self) -> Revision | None:
        """The last text that two have signed."""
        return next((each for each in self.revisions if len(each.signatures.all()) == 2), None)

    @property
    def is_locked(self) -> bool:
        """Whether the newest text is one that two have signed."""
        return self.locked is self.newest

    def come(self) -> Come:
        """The same for those who pass by."""
        signed = [each.on for each in self.newest.signatures.all()]
        users = (self.minutes.chair.user_id, self.minutes.secretary.user_id)
        return Come(
            True, users, hasattr(self.newest, "adoption"), bool(self.newest.reason), len(signed),
            max(signed, default=None), self.locked is not None, [],
        )  # fmt: skip

    def has_adopted(self) -> bool:
        """Whether the meeting adopted the newest text; a correction rests on what was adopted before."""
        return bool(self.newest.reason) or hasattr(self.newest, "adoption")

    def signature(self, part: str) -> Signature | None:
        """Who signed the newest text as chair or secretary."""
        return next((each for each in self.newest.signatures.all() if each.part == part), None)


@dataclass(frozen=True)
class Come:
    """What has come of a meeting, for those who pass by."""

    is_begun: bool
    users: tuple[int | None, int | None]  # chair and secretary, as they sign in
    is_adopted: bool
    is_corrected: bool
    signatures: int  # under the newest text
    last_signed: date | None
    is_signed: bool  # some text was
    resolutions: list[tuple[int, str, str]]  # key, number, title
    since: Since | None = None  # how the record differs from the newest text


def come_of(meeting: Meeting) -> Come:
    """What has come of a meeting. One query."""
    newest = Revision.objects.filter(minutes__meeting=OuterRef("pk")).order_by("-number")
    signed = Signature.objects.filter(revision=OuterRef("newest")).order_by()
    corrected = Correction.objects.filter(meeting=OuterRef("pk"), at__gte=OuterRef("saved_at")).order_by("-version")
    issued = Resolution.objects.filter(meeting=OuterRef("pk")).order_by("series", "number")
    told = Meeting.objects.annotate(
        newest=Subquery(newest.values("pk")[:1]),
        saved_at=Subquery(newest.values("at")[:1]),
        recorded=Subquery(newest.values("recorded")[:1]),
        against=Subquery(newest.values("against")[:1]),
        corrected_at=Subquery(corrected.values("at")[:1]),
        corrected_to=Subquery(corrected.values("after")[:1]),
        reason=Subquery(newest.values("reason")[:1]),
        adopted=Exists(Adoption.objects.filter(revision=OuterRef("newest"))),
        signed=ArraySubquery(signed.values("on")),
        locked=Exists(Signature.objects.filter(revision__minutes__meeting=OuterRef("pk"), locks=True)),
        issued=ArraySubquery(issued.values(said=JSONObject(pk="pk", code="code", title="title"))),
    ).values_list(
        "minutes", "minutes__chair__user", "minutes__secretary__user", "reason", "adopted", "signed", "locked",
        "issued", "corrected_at", "corrected_to", "recorded", "against",
    )  # fmt: skip
    begun, chair, secretary, reason, adopted, days, locked, resolutions, *later = told.get(pk=meeting.pk)
    return Come(
        begun is not None, (chair, secretary), adopted, bool(reason), len(days), max(days, default=None), locked,
        [(each["pk"], each["code"], each["title"]) for each in resolutions],
        since_of(later[0], later[1], later[2], later[3] or []) if begun is not None else None,
    )  # fmt: skip


def since(standing: Standing, meeting: Meeting) -> Since:
    """How the record of a meeting differs from the newest text of its minutes. One query."""
    newest = standing.newest
    last = Correction.objects.filter(meeting=meeting, at__gte=newest.at).order_by("-version").first()
    at, after = (last.at, last.after) if last else (None, None)
    return since_of(at, after, newest.recorded, newest.against)


def minutes_of(meeting: Meeting) -> Standing | None:
    """The minutes of a meeting with all their revisions; None where nobody has begun them. Three queries."""
    found = Minutes.objects.select_related("chair", "secretary").filter(meeting=meeting).first()
    return standing_of(found) if found else None


def standing_of(minutes: Minutes) -> Standing:
    """How far minutes are. Two queries."""
    told = minutes.revisions.select_related("by", "adoption__by").prefetch_related("signatures__by")
    return Standing(minutes, list(told.order_by("-number")))


def readable(rights: Rights, user: Any, today: date) -> QuerySet[Minutes]:
    """The minutes a reader may look through: where they see all; of meetings they may open those that are signed."""
    whole, own = rights.scope(P.MEETING_VIEW).q("meeting__unit"), as_member(rights, user, today, "meeting__")
    newest = Revision.objects.filter(minutes=OuterRef("pk")).order_by("-number").values("pk")[:1]
    signed = Exists(Signature.objects.filter(revision=OuterRef("newest"), locks=True))
    found = Minutes.objects.alias(newest=Subquery(newest))
    return found.filter(whole | (own & Q(signed)))


def present_at(meeting: Meeting) -> list[Person]:
    """Who was there, by given name: of these chair and secretary are chosen. One query."""
    there = Attendance.objects.filter(meeting=meeting, state=State.PRESENT).select_related("person")
    return [each.person for each in there.order_by("person__sort_key", "person_id")]


def voters_at(meeting: Meeting) -> int:
    """How many of those who were there may vote: official members, or the committee's at its own. Two queries."""
    there = meeting.attendance.filter(state=State.PRESENT).values_list("person_id", flat=True)
    marks = dict.fromkeys(there, (State.PRESENT.value, ""))
    return voters_in(roll_on(meeting.unit, meeting.held_on, meeting.kind), marks)


def adopted_by(meeting: Meeting) -> dict[str, Any]:
    """The votes with which a meeting adopts its minutes, to begin with: as recorded of that item, or all who may vote.

    Three queries at most.
    """
    item = Item.objects.filter(meeting=meeting, code=MINUTES).exclude(how="").order_by("-place").first()
    if item is None:
        return {"votes_for": voters_at(meeting), "votes_against": 0}
    by_hands = "1" if item.how == How.HANDS else "0"
    return {"votes_for": item.votes_for, "votes_against": item.votes_against, "by_hands": by_hands}


def last_two(unit: Unit, meeting: Meeting) -> dict[str, int]:
    """Who chaired and who wrote at the last meeting of that kind of a cell before one. One query."""
    before = Minutes.objects.filter(
        meeting__unit=unit, meeting__kind=meeting.kind, meeting__held_on__lt=meeting.held_on
    )
    last = before.order_by("-meeting__held_on", "-pk").first()
    return {"chair": last.chair_id, "secretary": last.secretary_id} if last else {}


# Tasks


def tasks_reported(unit: Unit, on: date) -> list[tuple[Task, bool]]:
    """The tasks a meeting of a cell hears about, each with whether it was done by then; the oldest first. One query.

    Those due by that day which were not done before the meeting that came last before it: what stays undone is carried
    over from meeting to meeting. What was dropped counts no more, nor what a meeting gave that was withdrawn.
    """
    held = Meeting.objects.filter(unit=unit, withdrawal=None, held_on__lt=on).exclude(kind="committee")
    last = Coalesce(Subquery(held.order_by("-held_on").values("held_on")[:1]), Value(EVER))
    due = stands().filter(resolution__unit=unit, resolution__meeting__held_on__lt=on, due_on__lte=on)
    due = due.exclude(state=Task.State.DROPPED).select_related("resolution")
    due = due.filter(Q(done_on=None) | Q(done_on__gt=last) | Q(due_on__gt=last))
    return [
        (task, task.done_on is not None and task.done_on <= on)
        for task in due.order_by("due_on", "resolution_id", "place")
    ]


def result_of_last(unit: Unit, on: date) -> tuple[int, int]:
    """How many of the tasks due by a meeting of a cell were done, and how many were due. One query."""
    tasks = tasks_reported(unit, on)
    return sum(is_done for _task, is_done in tasks), len(tasks)


def stands() -> QuerySet[Task]:
    """The tasks that count: not those of resolutions whose meeting was withdrawn."""
    return Task.objects.filter(resolution__meeting__withdrawal=None)


def tasks_of(person: Person, on: date | None = None) -> QuerySet[Task]:
    """What someone was given to do, with what to tell of it.

    On a day also what their committee was given, and only what counts.
    """
    found = Task.objects.filter(assignees__person=person) if on is None else stands().filter(_given_to(person.pk, on))
    return found.select_related("resolution__unit").order_by("due_on", "pk")


def _given_to(person: Any, on: date) -> Q:
    """Tasks of somebody: given to them, or to the committee of a cell to which they belong on a day."""
    units = _seats(on).filter(person=person).values("unit")
    committee = Task.objects.filter(by_committee=True, resolution__unit__in=units).order_by()
    own = Assignee.objects.filter(person=person).order_by()
    return Q(pk__in=own.values("task").union(committee.values("pk")))  # found by the few first: tasks are many


def _seats(on: date) -> QuerySet[Post]:
    return Post.objects.filter(holding(on), post__in=ON_COMMITTEE).order_by()


def has(user: Any, task: Task, on: date) -> bool:
    """Whether a task is a user's to do on a day: given to them, or to the committee of which they are. Two queries."""
    if any(each.person.user_id == user.pk for each in task.assignees.all()):
        return True
    return task.by_committee and sits(user, task.resolution.unit, on)


def sits(user: Any, unit: Unit, on: date) -> bool:
    """Whether a user is of the committee of a unit on a day. One query."""
    return _seats(on).filter(unit=unit, person__user=user.pk).exists()


TASK, SAID = "task", "task_said"  # the tags of what waits on a desk


def open_of(user: Any, today: date) -> QuerySet[Task, Any]:
    """What a user has still to do, as (tag, key, JSON) to be asked together with what else waits."""
    person = Subquery(Person.objects.filter(user=user.pk).values("pk")[:1])
    found = stands().filter(_given_to(person, today), state=Task.State.OPEN).order_by("due_on", "pk")
    two = JSONObject(what=F("what"), due_on=F("due_on"), code=F("resolution__code"))
    told = found.annotate(tag=Value(TASK, CharField()), one=Cast("pk", CharField()), two=Cast(two, CharField()))
    return told.values_list("tag", "one", "two")[:SHOWN]


def said_done(unit: Unit) -> QuerySet[Task, Any]:
    """How many tasks of a cell were said to be done and nobody has confirmed, as (tag, number, the first of them)."""
    found = Task.objects.filter(resolution__unit=unit, state=Task.State.SAID).order_by()
    counted = found.values(tag=Value(SAID, CharField())).annotate(n=Count("pk")).filter(n__gt=0)
    told = counted.annotate(one=Cast("n", CharField()), two=Cast(Min("pk"), CharField()))
    return told.values_list("tag", "one", "two")
