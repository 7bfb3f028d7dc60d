"""What tasks and minutes answer about a meeting, for scoring sheets: tasks done, minutes signed, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet

from chibo.core.spans import holding
from chibo.meetings.evidence import Around, source
from chibo.meetings.models import Kind
from chibo.resolutions.models import Minutes, Rule, Signature, Task
from chibo.resolutions.queries import stands


@source
class OfResolutions:
    """The tasks that a meeting hears about; once it is recorded, its minutes."""

    @staticmethod
    def asks(it: Around) -> Mapping[str, QuerySet[Any]]:
        """Tasks of earlier resolutions that may still be heard about; the minutes, and when two had signed a text."""
        recent = Q(done_on=None) | Q(done_on__gt=it.since) | Q(due_on__gt=it.since)
        of_cell = stands().filter(resolution__unit=it.unit, resolution__meeting__held_on__lt=it.held_on)
        asked: dict[str, QuerySet[Any]] = {
            "tasks": of_cell.filter(recent, due_on__lte=it.held_on).exclude(state=Task.State.DROPPED).order_by("pk"),
            "minutes_rules": Rule.objects.filter(holding(it.held_on)).order_by("from_on"),
        }
        if it.meeting is not None:
            locked = Signature.objects.filter(revision__minutes__meeting=it.meeting, locks=True)
            asked["minutes"] = Minutes.objects.filter(meeting=it.meeting).order_by("pk")
            asked["signatures"] = locked.order_by("on", "pk")
            asked["whole_texts"] = locked.filter(revision__holes=0).order_by("on", "pk")
        return asked

    @staticmethod
    def tells(it: Around, found: Mapping[str, list[Any]]) -> Mapping[str, Fraction]:
        """The share of tasks done; whether both signed minutes that leave no place open, and how many days after."""
        measures: dict[str, Fraction] = {}
        held = [each.held_on for each in it.before if each.kind != Kind.COMMITTEE and each.held_on < it.held_on]
        last = max(held, default=None)
        due = [
            each
            for each in found["tasks"]
            if last is None or each.done_on is None or each.done_on > last or each.due_on > last
        ]
        if due:
            done = sum(each.done_on is not None and each.done_on <= it.held_on for each in due)
            measures["tasks_done"] = Fraction(done, len(due))
        if found.get("minutes"):
            first = next(iter(found["signatures"]), None)  # a correction later takes nothing away
            measures["minutes_complete"] = Fraction(bool(found["whole_texts"]))  # one with places left open is none
            if first is not None:
                measures["final_days"] = Fraction(max((first.on - it.held_on).days, 0))
        return measures

    @staticmethod
    def misses(it: Around, found: Mapping[str, list[Any]], today: date) -> Mapping[str, Fraction]:
        """Minutes that are not signed by both once the days laid down for it are over, and how many have gone by."""
        days, rules = (today - it.held_on).days, found["minutes_rules"]
        if found.get("signatures") or not rules or days <= rules[-1].final_days:
            return {}
        return {"minutes_complete": Fraction(0), "final_days": Fraction(days)}
