"""When a meeting can be recorded, corrected, withdrawn; each refusal with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.meetings.claims import Claim
from chibo.meetings.content import Content, padded
from chibo.meetings.course import GUESTS, ITEMS, TASKS, Course, Line
from chibo.meetings.models import (
    MAXIMA,
    SCORED,
    Attendance,
    Confirmation,
    Kind,
    Meeting,
    NoMeeting,
    Score,
    ScoreDeed,
    Scorer,
    Settled,
    State,
)
from chibo.meetings.queries import Attendee, in_charge_on, voters_in
from chibo.members.models import ON_COMMITTEE, Post
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit, UnitKind
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures.flow import said
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import Answers, Points


def reads(rights: Rights, user: Any, unit: Unit, meeting: Meeting, today: date) -> bool:
    """Whether someone opens a meeting of a unit, all that is in it or what concerns a member. One query at most.

    By the right of a member alone a preparatory meeting is opened by the committee, and by who is marked at it.
    """
    if rights.scope(P.MEETING_VIEW).covers(unit):
        return True
    if not rights.scope(P.MEETING_OWN).covers(unit):
        return False
    return meeting.kind != Kind.COMMITTEE or Meeting.objects.filter(_of_them(user, today), pk=meeting.pk).exists()


def as_member(rights: Rights, user: Any, today: date, of: str = "") -> Q:
    """The meetings that someone opens by the right of a member alone, by the same rule: a condition on rows.

    `of` leads to the meeting, as `meeting__`; empty: the rows are meetings.
    """
    own = rights.scope(P.MEETING_OWN).q(f"{of}unit")
    return own & (~Q(**{f"{of}kind": Kind.COMMITTEE}) | _of_them(user, today, of))


def _of_them(user: Any, today: date, of: str = "") -> Q:
    """Meetings at which a user is marked, and those of a unit of whose committee they were that day or are today."""
    that_day: Any = OuterRef(f"{of}held_on")
    seats = Post.objects.filter(
        holding(that_day) | holding(today), unit=OuterRef(f"{of}unit"), person__user=user.pk, post__in=ON_COMMITTEE
    )  # fmt: skip
    marks = Attendance.objects.filter(meeting=OuterRef(f"{of}pk"), person__user=user.pk)
    return Q(Exists(marks)) | Q(Exists(seats))


def check_cell(unit: Unit) -> None:
    """Only a cell records its meetings here."""
    if not unit.is_cell:
        raise Denied(_("Only cells record their meetings here."))


def as_cell(unit: int) -> QuerySet[UnitKind]:
    """When a unit was a cell."""
    return UnitKind.objects.filter(unit=unit, kind__in=CELLS).order_by("pk")


def check_was_cell(spans: Iterable[UnitKind], on: date) -> None:
    """A meeting is of a unit that was a cell on its day; `spans` are `as_cell`, asked once its row is held."""
    if not any(each.from_on <= on and (each.to_on is None or on < each.to_on) for each in spans):
        raise Denied(_("Only cells record their meetings here."))


def check_day(unit: Unit, held_on: date, today: date) -> None:
    """A meeting was held already, and while its cell was open."""
    if held_on > today:
        raise Denied(_("This day is still to come. Record the meeting once it was held."))
    if held_on < unit.founded_on:
        raise Denied(_("The cell was founded only on %(day)s.") % {"day": day(unit.founded_on)})
    if unit.closed_on is not None and held_on >= unit.closed_on:
        raise Denied(_("The cell is closed since %(day)s.") % {"day": day(unit.closed_on)})


def check_month(month: date, today: date) -> None:
    """A meeting belongs to a month that was, is, or comes next."""
    running = Period.month_of(today)
    if Period.month_of(month).before > running:
        raise Denied(_("This month is too far ahead."))


def check_score(kind: str, held_on: date, scored_on: date, today: date) -> None:
    """Points are given to a regular or thematic meeting, on its day or after."""
    if kind not in SCORED:
        raise Denied(_("Only regular and thematic meetings get points. Empty the points, or change the kind."))
    if scored_on < held_on:
        raise Denied(_("The points can't be older than the meeting."))
    if scored_on > today:
        raise Denied(_("This day is still to come."))


def points_by(sheet: SheetVersion | int | None, answers: Answers) -> Points:
    """The points of answers by a sheet, or by the one of a key. Denied where a criterion has none."""
    version = sheet if isinstance(sheet, SheetVersion) else SheetVersion.objects.get(pk=sheet or 0)
    try:
        return version.sheet.points(answers)
    except ValueError as wrong:
        criterion = version.sheet.criterion(str(wrong))
        named = said(criterion.name) if criterion else str(wrong)
        raise Denied(_("%(criterion)s: choose an answer.") % {"criterion": named}) from None


def check_points(content: Content, sheet: SheetVersion | None) -> Points | None:
    """Points follow from answers by the sheet of that day; by group alone none is more than its group has.

    The answer is what the answers give, if there are any.
    """
    points, answers = content.points or (), content.answers
    if answers is None:
        check_groups(points)
        return None
    if sheet is None:
        raise Denied(_("No scoring sheet is laid down for this meeting. Leave the points empty."))
    if content.sheet != sheet.pk:
        raise Denied(_("Meetings of that day are scored by another sheet. Look the points over once more."))
    given = points_by(sheet, answers)
    if points != padded(given.groups):
        raise Denied(_("The points don't follow from the answers."))
    return given


def check_groups(points: tuple[Decimal, ...]) -> None:
    """Points by the eight groups of the 100-point sheet: none is more than its group has."""
    if len(points) != len(MAXIMA) or any(not 0 <= each <= most for each, most in zip(points, MAXIMA, strict=True)):
        raise Denied(_("There are more points than a group has."))


def check_course(unit: Unit, content: Content, roll: Sequence[Attendee], known: Course) -> int:
    """Who spoke was there, who was given a task is of the cell, who came as in charge was that. One query, if any came.

    Guests that were `known` before stay. The answer is how many of those present may vote; no more votes than that.
    """
    course, day_held = content.course, content.held_on
    if len(course.items) > ITEMS or len(course.guests) > GUESTS or len(course.tasks) > TASKS:
        raise Denied(_("There are more lines than a meeting has room for."))
    if any(content.attendance.get(person, ("",))[0] != State.PRESENT for person in course.speakers):
        raise Denied(_("Someone is ticked as having spoken who was not present."))
    if {each.person for each in course.tasks} - {None} - {each.person for each in roll if not each.guest}:
        raise Denied(_("A task was given to someone who did not belong to the cell on the day of the meeting."))
    for task in course.tasks:
        check_due(task.due_on, day_held)
    came = {each.person for each in course.guests if each.person} - {each.person for each in known.guests}
    if came and came - set(in_charge_on(unit, day_held)):
        raise Denied(_("Someone is ticked as a guest who was not in charge of the cell on that day."))
    voters = voters_in(roll, content.attendance)
    for item in course.items:
        check_vote(item, voters)
    return voters


def check_due(due_on: date, held_on: date) -> None:
    """A task is due on the day of its meeting or later, and within five years."""
    if due_on < held_on:
        raise Denied(_("The meeting was on %(day)s: the task can't be due before.") % {"day": day(held_on)})
    if due_on.year > held_on.year + 5:
        raise Denied(_("This year can't be meant."))


def check_vote(item: Line, voters: int) -> None:
    """Only what was dealt with is voted on, and with no more votes than official members there."""
    if item.how and not item.is_done:
        raise Denied(_("This was left out: then there was no vote on it."))
    if item.how and item.votes > voters:
        raise Denied(_("More votes than the %(n)s present who may vote.") % {"n": voters})


def check_superior(meeting: Meeting, kind: str, held_on: date) -> None:
    """What the superior has scored stays a meeting with points, held before those were given."""
    score = meeting.scores.filter(scored_by=Scorer.SUPERIOR).order_by("pk").first()
    if score is None:
        return
    if kind not in SCORED:
        raise Denied(_("The superior has given points to this meeting: it stays regular or thematic."))
    if held_on > score.scored_on:
        raise Denied(
            _("The superior gave points on %(day)s: the meeting was held by then.") % {"day": day(score.scored_on)}
        )


def check_stands(meeting: Meeting) -> None:
    """A withdrawn meeting stays as it is."""
    withdrawal = getattr(meeting, "withdrawal", None)
    if withdrawal is not None:
        raise Denied(
            _("This meeting was withdrawn by %(name)s on %(day)s. It stays as it is; record it anew if it was held.")
            % {"name": withdrawal.by, "day": day(withdrawal.at)}
        )


def check_no_meeting(unit: Unit, month: date, standing: list[Meeting], today: date, seen: str = "") -> None:
    """That none was held can be said of a month that has begun and has no regular meeting.

    It is said once; again only by who has `seen` what was said before.
    """
    named = period_name(Period.month_of(month))
    if month > today:
        raise Denied(_("%(month)s has not begun.") % {"month": named})
    if standing:
        raise Denied(
            _("A regular meeting of %(month)s is recorded, held on %(day)s. If it was not held, withdraw it first.")
            % {"month": named, "day": day(standing[0].held_on)}
        )
    said = NoMeeting.objects.filter(unit=unit, month=month).select_related("by").first()
    if said is not None and said.reason != seen:
        raise Denied(
            _("This was said of %(month)s already, by %(name)s on %(day)s: %(reason)s")
            % {"month": named, "name": said.by, "day": day(said.at), "reason": said.reason}
        )


def check_claimed(score: Score | None) -> Score:
    """Only points that the cell gave itself are confirmed or returned."""
    if score is None:
        raise Denied(_("The cell has given this meeting no points: there is nothing to confirm."))
    return score


def check_waits(confirmation: Confirmation | None, last: ScoreDeed | None) -> None:
    """A score is judged while it waits; who was faster is named."""
    if confirmation is None or confirmation.state == Settled.WAITING or last is None:
        return
    named = {"name": last.by or "–", "day": day(last.at)}
    if confirmation.state == Settled.CONFIRMED:
        raise Denied(_("%(name)s confirmed this score on %(day)s.") % named)
    raise Denied(_("%(name)s returned this score on %(day)s: it waits for the cell.") % named)


def check_agrees(claim: Claim) -> None:
    """Scores are confirmed together only where the records say the same of all they could; the others one by one."""
    if claim.unanswered:
        raise Denied(_("There is no record of some points it claims. Open it by itself."))
    if not claim.agrees:
        raise Denied(_("The records say something else by now. Open it by itself."))


def check_answers(confirmation: Confirmation | None) -> Confirmation:
    """A cell answers what was returned to it."""
    if confirmation is None or confirmation.state != Settled.RETURNED:
        raise Denied(_("This score was not returned, or it is answered already."))
    return confirmation


def check_no_superior(meeting: Meeting) -> None:
    """Points of a superior that came with a workbook stay as they are."""
    if meeting.scores.filter(scored_by=Scorer.SUPERIOR).exists():
        raise Denied(_("The superior's points came with a workbook: confirm or return the score as it is."))
