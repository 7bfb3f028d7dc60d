"""A procedure tried on an invented case: which steps it would go through, who would be asked, what is due when.

Nothing is kept: the whole case is in what its page is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chibo.procedures import limits
from chibo.procedures.checking import MOST as LONGEST
from chibo.procedures.flow import Flow, Step
from chibo.procedures.limits import Special

MOST = 100  # steps of an invented case
LEFT_OUT = "-"  # stands for an outcome where a step is left out
YEARS = 15  # of holidays that are looked up


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The invented case stood at a step."""

    step: str
    entered_on: date
    due_on: date | None = None
    done_on: date | None = None
    outcome: str = ""
    is_skipped: bool = False
    reminded: tuple[tuple[date, str], ...] = ()  # on which days, whom


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An invented case: where it has been; where it stands, or how it ended; the ways that were taken as told."""

    stages: tuple[Stage, ...]
    result: str = ""
    ways: tuple[str, ...] = ()

    @property
    def now(self) -> Stage | None:
        """The stage it stands at; None once it has ended."""
        last = self.stages[-1] if self.stages else None
        return last if last is not None and last.done_on is None else None


def way(code: str, on: date) -> str:
    """An outcome on a day, as an address carries it."""
    return f"{code}@{on}"


def _read(told: str) -> tuple[str, date] | None:
    code, _at, day = told.rpartition("@")
    try:
        return code, date.fromisoformat(day)
    except ValueError:
        return None


def tried(flow: Flow, on: date, ways: Sequence[str], special: Special) -> Tried:
    """The invented case that began on a day and went these ways; it stops before the first that can't be."""
    codes = {step.code for step in flow.steps}
    stages, gone, code = list[Stage](), list[str](), flow.first.code
    entered = on
    for told in [*ways[:MOST], ""]:
        step = flow.step(code)
        stages.append(_entered(step, entered, on, special))
        read = _read(told)
        if read is None or not entered <= read[1] <= date(2199, 12, 31):
            break
        chosen = step.outcome(read[0])
        entered = read[1]
        if read[0] == LEFT_OUT and step.skip is not None:
            to, result = step.skip.to, ""
        elif chosen is not None:
            to, result = chosen.to, chosen.ends
        else:
            break
        if to and to not in codes:
            break
        left = read[0] == LEFT_OUT
        stages[-1] = replace(stages[-1], done_on=entered, outcome="" if left else read[0], is_skipped=left)
        gone.append(told)
        if not to:
            return Tried(stages=tuple(stages), result=result or "-", ways=tuple(gone))
        code = to
    return Tried(stages=tuple(stages), ways=tuple(gone))


def _entered(step: Step, entered: date, begun: date, special: Special) -> Stage:
    """A step on the day it begins, with what is due; limits since a day that is told run from the day it begins.

    ValueError or OverflowError for a limit that can't be.
    """
    if step.limit is None:
        return Stage(step=step.code, entered_on=entered)
    if not 0 <= step.limit.n <= LONGEST:
        raise ValueError(step.limit.n)
    due = limits.last_day(begun if step.limit.since == "case" else entered, step.limit.n, step.limit.unit, special)
    reminded = sorted((due + timedelta(each.days), each.to) for each in step.reminders)
    return Stage(step=step.code, entered_on=entered, due_on=due, reminded=tuple(reminded))


def special_of(on: date, ways: Sequence[str]) -> Mapping[date, bool]:
    """The special days that an invented case may meet. One query."""
    days = [on, *(read[1] for told in ways[:MOST] if (read := _read(told)) is not None)]
    first, last = min(days), max(days)
    return limits.special_days(first, last.replace(year=min(last.year + YEARS, 9999), day=1))
