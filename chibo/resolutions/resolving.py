"""Acts on resolutions: issued under a number, registered; their tasks done, confirmed, returned, dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.committees.queries import term_on
from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.documents.models import Document
from chibo.meetings.models import Meeting
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.resolutions import policies, queries, writing
from chibo.resolutions.models import Assignee, Deed, Per, Resolution, Rule, Task, TaskDeed, rule_on

KIND = "nghị quyết"  # of the document in the register


@dataclass(frozen=True, kw_only=True)
class Given:
    """A task as a resolution gives it."""

    what: str
    measure: str
    due_on: date
    people: tuple[Person, ...] = ()
    by_committee: bool = False


@action("resolutions.issued")
def issue(
    *, meeting: Meeting, title: str, html: str, votes_for: int, votes_against: int, tasks: Sequence[Given], after: int,
    by: Any, at: datetime,
) -> Resolution:  # fmt: skip
    """Issue a resolution of a meeting under the next number of the cell's series, and give its tasks.

    `after` is how many the meeting had when the form was opened: the same sent again is the one that stands. Denied:
    to others than who records the meetings; more votes than may vote, fewer for than against; a task for nobody, or
    due before the meeting.
    """
    unit = Unit.objects.select_for_update(no_key=True).get(pk=meeting.unit_id)
    policies.check_resolves(by, meeting, timezone.localdate(at))
    blocks = writing.from_html(html)
    body = writing.as_html(blocks)
    earlier = list(meeting.resolutions.order_by("pk"))
    if len(earlier) > after and (earlier[-1].title, earlier[-1].body) == (title, body):
        return earlier[-1]
    if len(earlier) != after:
        raise Denied(_("Another resolution of this meeting was issued meanwhile. Look at the page again."))
    if not blocks:
        raise Denied(_("The resolution says nothing."), "body")
    policies.check_votes(votes_for, votes_against, queries.voters_at(meeting))
    rule = rule_on(meeting.held_on)
    series, number = _next(unit, meeting.held_on, rule)
    code = f"{number:02d}-{rule.sign}"
    document = Document.objects.filter(issuer=unit, number=code, issued_on=meeting.held_on).first()
    if document is None:
        document = Document.objects.create(
            number=code, kind=KIND, issuer=unit, issued_on=meeting.held_on, title=title
        )  # fmt: skip
    issued = Resolution.objects.create(
        meeting=meeting, unit=unit, series=series, number=number, code=code, title=title, body=body,
        votes_for=votes_for, votes_against=votes_against, document=document, by=by, at=at,
    )  # fmt: skip
    for place, each in enumerate(tasks, 1):
        policies.check_due(each.due_on, meeting)
        if not each.people and not each.by_committee:
            raise Denied(_("Say who has to do it."))
        task = Task.objects.create(
            resolution=issued, place=place, what=each.what, measure=each.measure, due_on=each.due_on,
            by_committee=each.by_committee,
        )  # fmt: skip
        Assignee.objects.bulk_create(Assignee(task=task, person=person) for person in dict.fromkeys(each.people))
    return issued


def _next(unit: Unit, on: date, rule: Rule) -> tuple[str, int]:
    """The series a resolution of a day belongs to, and its next number; the cell's row is held by now."""
    term = term_on(unit, on) if rule.per == Per.TERM else None
    series = term.from_on.isoformat() if term else str(on.year)
    last = Resolution.objects.filter(unit=unit, series=series).aggregate(last=Max("number"))["last"] or 0
    return series, last + 1


@action("resolutions.task_said_done")
def say_done(*, task: Task, note: str, by: Any, at: datetime) -> Task:
    """Say that a task is done that was given to one or to one's committee; who records the meetings confirms it."""
    task = _hold(task)
    policies.check_says(by, task, timezone.localdate(at))
    return _settle(task, Task.State.SAID, timezone.localdate(at), Deed.SAID, note, by, at)


@action("resolutions.task_confirmed")
def confirm(*, task: Task, note: str, by: Any, at: datetime) -> Task:
    """Confirm that a task is done: as of the day on which it was said, or else today."""
    task = _hold(task)
    policies.check_settles(by, task, timezone.localdate(at), Task.State.OPEN, Task.State.SAID)
    return _settle(task, Task.State.DONE, task.done_on or timezone.localdate(at), Deed.CONFIRMED, note, by, at)


@action("resolutions.task_returned")
def give_back(*, task: Task, note: str, by: Any, at: datetime) -> Task:
    """Return a task that was said or confirmed to be done, saying what is missing."""
    task = _hold(task)
    policies.check_settles(by, task, timezone.localdate(at), Task.State.SAID, Task.State.DONE)
    _check_said(note)
    return _settle(task, Task.State.OPEN, None, Deed.RETURNED, note, by, at)


@action("resolutions.task_dropped")
def drop(*, task: Task, note: str, by: Any, at: datetime) -> Task:
    """Let a task count no more, saying why."""
    task = _hold(task)
    policies.check_settles(by, task, timezone.localdate(at), Task.State.OPEN, Task.State.SAID)
    _check_said(note)
    return _settle(task, Task.State.DROPPED, None, Deed.DROPPED, note, by, at)


def _check_said(note: str) -> None:
    if not note:
        raise Denied(_("Say why, please."), "note")


def _hold(task: Task) -> Task:
    held = Task.objects.select_for_update(of=("self",), no_key=True).select_related("resolution__unit")
    return held.get(pk=task.pk)


def _settle(task: Task, state: str, done_on: date | None, deed: str, note: str, by: Any, at: datetime) -> Task:
    task.state, task.done_on = state, done_on
    task.save(update_fields=["state", "done_on"])
    TaskDeed.objects.create(task=task, deed=deed, note=note, by=by, at=at)
    return task


@action("resolutions.rule_set")
def set_rule(
    *, per: str, sign: str, final_days: int, source: str, from_on: date, by: Any, at: datetime
) -> Rule:  # fmt: skip
    """Let minutes and resolutions go by another rule from a day on, until what is known to follow.

    Denied: to others than administrators of the whole tree; a day on which something begins already.
    """
    policies.check_rules(by, timezone.localdate(at))
    list(Unit.objects.select_for_update(of=("self",), no_key=True).filter(parent_links=None).order_by("pk"))
    until = LaidDown(Rule.objects.order_by("from_on")).make_room(from_on)
    return Rule.objects.create(
        per=per, sign=sign, final_days=final_days, source=source, from_on=from_on, to_on=until
    )  # fmt: skip
