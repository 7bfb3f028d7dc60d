"""What time does to cases: limits that end a step by themselves, reminders, units that have changed meanwhile.

What goes wrong with one case is undone and logged by its number; all others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import localdate

from chibo.core.actions import Denied, action
from chibo.procedures import actions, going, registry
from chibo.procedures.models import Case, Reminder, Stage, Turn

log = logging.getLogger(__name__)
LOT = 500


def look_after(*, at: datetime) -> None:
    """Everything the night does, in order; one look that fails leaves the others to be done."""
    looks: tuple[Callable[..., Any], ...] = (lapse, rewait, time_out, remind)
    for look in looks:
        try:
            look(by=None, at=at)
        except Exception as error:  # an error's own words may tell what is confidential
            log.error("The look at cases %s came to nothing: %s.", look.__name__, type(error).__name__)


@contextmanager
def _alone(case: int) -> Iterator[None]:
    """What goes wrong with one case is logged by its number, and left to people."""
    try:
        yield
    except Denied:
        log.warning("Case %s could not go on by itself.", case)
    except Exception as error:  # the same: no words of the error
        log.error("Case %s could not be looked after: %s.", case, type(error).__name__)


def lapse(*, by: None = None, at: datetime) -> None:
    """End the cases that have lost what they are about."""
    for subject in registry.subjects.values():
        for case, because in subject.lapsed(localdate(at)) if subject.lapsed else ():
            with _alone(case.pk):
                actions.lapse(case=case, because=because, by=None, at=at)


def time_out(*, by: None = None, at: datetime) -> None:
    """Give every step whose time is over the outcome that follows by itself."""
    late = Stage.objects.filter(done_on=None, due_on__lt=localdate(at), case__status=Case.Status.OPEN)
    last = 0
    while lot := list(late.filter(pk__gt=last).order_by("pk").select_related("case__version")[:LOT]):
        for stage in lot:
            with _alone(stage.case_id):
                limit = stage.case.version.flow.step(stage.step).limit
                if limit is not None and limit.then:
                    actions.time_out(stage=stage, by=None, at=at)
        last = lot[-1].pk


@action("procedures.reminded")
def remind(*, by: Any, at: datetime) -> list[Reminder]:
    """Remind of steps whose limit comes or is over, as their procedures say; of each rule once."""
    today = localdate(at)
    far = today + timedelta(366)
    open_ones = Stage.objects.filter(done_on=None, due_on__lte=far, case__status=Case.Status.OPEN).order_by("pk")
    made, last = list[Reminder](), 0
    while lot := list(
        open_ones.filter(pk__gt=last).select_related("case__version").prefetch_related("turns__unit")[:LOT]
    ):
        for stage in lot:
            with _alone(stage.case_id):
                made += _reminders(stage, today)
        last = lot[-1].pk
    return Reminder.objects.bulk_create(made, ignore_conflicts=True)


def _reminders(stage: Stage, today: Any) -> list[Reminder]:
    """What is to be told of a stage today: to the units it waits for, or to those above them."""
    found = []
    for rule, each in enumerate(stage.case.version.flow.step(stage.step).reminders):
        if stage.due_on is None or stage.due_on + timedelta(each.days) > today:
            continue
        for turn in stage.turns.all():
            above = turn.unit.ancestor_ids
            unit = above[-1] if each.to == "above" and above else turn.unit_id
            found.append(Reminder(stage=stage, unit_id=unit, rule=rule, on=today))
    return list({(each.stage_id, each.unit_id, each.rule): each for each in found}.values())


def rewait(*, by: None = None, at: datetime) -> int:
    """Find for whom stages wait where units have closed or moved, or whom cases are about is elsewhere or has a role.

    How many wait for others than before.
    """
    today, moved = localdate(at), 0
    elsewhere = ~Q(stage__case__unit__path__startswith=F("unit__path"))
    elsewhere &= ~Q(stage__case__to_unit__path__startswith=F("unit__path"))
    waiting = Turn.objects.filter(stage__done_on=None).order_by()
    gone = waiting.filter(Q(unit__closed_on__lte=today) | Q(stage__case__unit__closed_on__lte=today) | elsewhere)
    perhaps = Q(pk__in=gone.values("stage__case"))
    for subject in registry.subjects.values():
        if subject.strays is not None:
            perhaps |= Q(pk__in=subject.strays(today).order_by().values("pk"))
    for pk in list(Case.objects.filter(perhaps).order_by("pk").values_list("pk", flat=True)):
        with _alone(pk):
            moved += look_again(case=Case(pk=pk), by=None, at=at)
    return moved


@action("procedures.waited_anew")
def look_again(*, case: Case, by: None, at: datetime) -> bool:
    """Whether a case waits for others than before; where whom it is about is elsewhere, it goes there."""
    today = localdate(at)
    case, stage = going.current(case)
    place = registry.subjects[case.version.procedure.subject].place
    found = place(case, today) if place and case.unit.closed_on is None else None
    if found is not None and found.closed_on is None and actions.move(case=case, unit=found, by=None, at=at):
        return True
    return going.look_again(case, stage, today, at)
