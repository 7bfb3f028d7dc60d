"""What time does to cases: limits that end a step by themselves, reminders, units that have changed meanwhile."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import localdate

from chibo.core.actions import Denied, action
from chibo.procedures import actions, going
from chibo.procedures.models import Case, Reminder, Stage, Turn
from chibo.procedures.places import Lines

log = logging.getLogger(__name__)
LOT = 500


def look_after(*, at: datetime) -> None:
    """Everything the night does, in order; a case that can't go on is logged by its number and left to people."""
    rewait(by=None, at=at)
    _time_out(at)
    remind(by=None, at=at)


def _time_out(at: datetime) -> None:
    late = Stage.objects.filter(done_on=None, due_on__lt=localdate(at), case__status=Case.Status.OPEN)
    last = 0
    while lot := list(late.filter(pk__gt=last).order_by("pk").select_related("case__version")[:LOT]):
        for stage in lot:
            limit = stage.case.version.flow.step(stage.step).limit
            if limit is not None and limit.then:
                try:
                    actions.time_out(stage=stage, by=None, at=at)
                except Denied:
                    log.warning("Case %s could not go on by itself.", stage.case_id)
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


@action("procedures.waited_anew")
def rewait(*, by: Any, at: datetime) -> int:
    """Find for whom stages wait where units have closed or moved; how many wait for others than before."""
    today, moved = localdate(at), 0
    elsewhere = ~Q(stage__case__unit__path__startswith=F("unit__path"))
    elsewhere &= ~Q(stage__case__to_unit__path__startswith=F("unit__path"))
    waiting = Turn.objects.filter(stage__done_on=None).order_by()
    gone = waiting.filter(Q(unit__closed_on__lte=today) | Q(stage__case__unit__closed_on__lte=today) | elsewhere)
    for case in Case.objects.filter(pk__in=gone.values("stage__case")).order_by("pk"):
        case, stage = going.current(case)
        if stage.done_on is not None:
            continue
        step = case.version.flow.step(stage.step)
        try:
            moved += going.wait_anew(stage, step, Lines(case, today))
        except Denied:
            log.warning("Case %s waits for a unit that is no more.", case.pk)
    return moved
