"""Cases counted a second time: from what was signed, one signature after the other, and the JSON they went by.

Nothing here asks a case how it stands or a step when it was done: that follows from who signed what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import Figures, first_day, last_day

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
CASES = ("procedures.begun", "procedures.ended", "procedures.in_time")
Line = Callable[[str, date], Iterable[str]]  # a unit and all above it on a day


@dataclass
class Gone:
    """How a case went, as its signatures tell it."""

    unit: str
    procedure: str
    begun_on: date | None = None
    ended_on: date | None = None
    result: str = ""
    began_at: str = ""  # the unit; it may have gone along to another one since
    done: list[tuple[date, date, str]] = field(default_factory=list)  # of steps with a limit: last day, day, unit


def rows() -> list[dict[str, Any]]:
    """Every signature of every case in the database, the first first."""
    from chibo.procedures.models import Signature

    return list(
        Signature.objects.order_by("pk").values(
            "deed", "outcome", "at", "stage__number", "stage__step", "stage__due_on", "stage__case", "by",
            "stage__case__unit__code", "stage__unit__code", "stage__case__version__definition",
            "stage__case__version__procedure__code",
        )
    )  # fmt: skip


def gone(signatures: Iterable[dict[str, Any]]) -> list[Gone]:
    """How each case went."""
    found: dict[int, Gone] = {}
    at_step: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in signatures:
        told, of = row["stage__case__version__definition"], row["stage__case"]
        case = found.setdefault(of, Gone(row["stage__case__unit__code"], row["stage__case__version__procedure__code"]))
        moment: datetime = row["at"]
        day, unit = moment.astimezone(HERE).date(), row["stage__unit__code"] or case.unit
        if row["deed"] == "began":
            case.begun_on, case.began_at = day, unit
        if row["deed"] not in ("signed", "timed_out"):
            continue
        (step,) = (each for each in told["steps"] if each["code"] == row["stage__step"])
        (outcome,) = (each for each in step["outcomes"] if each["code"] == row["outcome"])
        signed = at_step[of, row["stage__number"]]
        signed.add(row["by"])
        need = step.get("need", "any")
        assert need != "all", "parties are not told apart here"
        if need == "any" or len(signed) == need or outcome.get("reason") or row["deed"] == "timed_out":
            if row["stage__due_on"]:
                case.done.append((row["stage__due_on"], day, unit))
            if outcome.get("ends"):
                case.ended_on, case.result = day, outcome["ends"]
    return list(found.values())


def figures(cases: Iterable[Gone], line: Line, period: str, on: date | None = None) -> Figures:
    """`{unit: {indicator: [numerator, denominator]}}` of a period, on the tree of each day or on that of one day."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def add(indicator: str, unit: str, day: date | None, numerator: int) -> None:
        if day is None or not first_day(period) <= day <= last_day(period):
            return
        for each in line(unit, on or day):
            sums[each, indicator][0] += numerator
            sums[each, indicator][1] += 1

    for case in cases:
        add("procedures.begun", case.began_at, case.begun_on, 1)
        add("procedures.ended", case.unit, case.ended_on, 1)
        for last, day, unit in case.done:
            add("procedures.in_time", unit, day, int(day <= last))
    found: Figures = {}
    for (unit, indicator), (numerator, denominator) in sums.items():
        value = [numerator, denominator if indicator == "procedures.in_time" else None]
        found.setdefault(unit, {})[indicator] = value
    return found


def took(
    cases: Iterable[Gone], line: Line, unit: str, first: date, last: date, on: date
) -> dict[tuple[str, str], tuple[int, int, float]]:
    """By procedure and result: how many ended at a unit and below, with no step late, and the median days."""
    spans: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    for case in cases:
        if case.ended_on and case.begun_on and first <= case.ended_on <= last and unit in line(case.unit, on):
            in_time = all(day <= due for due, day, _unit in case.done)
            spans[case.procedure, case.result].append(((case.ended_on - case.begun_on).days, in_time))
    return {
        key: (len(each), sum(in_time for _days, in_time in each), float(median(days for days, _in_time in each)))
        for key, each in spans.items()
    }
