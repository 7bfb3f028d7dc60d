"""The indicators there are: each a function from tables to facts, declared by the app it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from chibo.core.formats import number
from chibo.core.periods import Period

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from chibo.indicators.tables import Tables


class OverTime(Enum):
    """How months make a longer period: added up, or the last one standing for it."""

    SUM = "sum"
    LAST = "last"


SUM, LAST = OverTime.SUM, OverTime.LAST


class Format(Enum):
    COUNT = "count"  # no denominator
    PERCENT = "percent"  # numerator of denominator


COUNT, PERCENT = Format.COUNT, Format.PERCENT


class Records(Enum):
    """What the records behind a figure are, so that a page can open them."""

    OF_SUBJECT = ""  # as the app that declares it has them
    MEETING = "meeting"  # by the code of the meeting
    MEMBER = "member"  # by the code of the member
    UNIT = "unit"  # by the code of the unit
    TASK = "task"  # UNIT/RESOLUTION/PLACE
    TOPIC = "topic"  # UNIT@QUARTER/TOPIC
    PLAN = "plan"  # UNIT@DAY: a support plan
    VISIT = "visit"  # UNIT@DAY/CHARGE
    CROSS_VISIT = "cross_visit"  # UNIT@DAY/GUIDE


@dataclass(frozen=True)
class Indicator:
    """A figure that can be asked of any unit and period: its facts, how they add up, what it means."""

    code: str
    facts: Callable[[Tables], Table]
    subject: str  # the app that declares it; marks name it
    label: str | Promise
    definition: str | Promise
    source: str | Promise
    grain: str  # the shortest period it is said of
    over_time: OverTime
    format: Format
    parts: int = 1  # of one, in which its facts count: sums are whole numbers
    follows: tuple[str, ...] = ()  # other apps whose records it counts: it hears their marks too
    records: Records = Records.OF_SUBJECT

    @property
    def has_denominator(self) -> bool:
        return self.format is PERCENT

    def told(self, n: int) -> str:
        """A sum of its facts as people read it."""
        exact = Fraction(int(n), self.parts)
        return number(exact, 0 if exact.denominator == 1 else 1 if (exact * 10).denominator == 1 else 2)

    def whole(self, n: int | None) -> float | int | None:
        """How many wholes a sum of its facts makes, for other programs."""
        return n if n is None or self.parts == 1 else n / self.parts

    def said_of(self, period: Period) -> bool:
        """Whether it is said of a period of that length."""
        return period.holds(self.grain)


_indicators: dict[str, Indicator] = {}


def indicator(
    code: str,
    *,
    label: str | Promise,
    definition: str | Promise,
    source: str | Promise,
    over_time: OverTime,
    format: Format,
    grain: str = "month",
    parts: int = 1,
    follows: tuple[str, ...] = (),
    records: Records = Records.OF_SUBJECT,
) -> Callable[[Callable[[Tables], Table]], Indicator]:
    """Declare an indicator: the function decorated yields its facts, one row per record that counts."""

    def declare(function: Callable[[Tables], Table]) -> Indicator:
        if code in _indicators:
            raise ValueError(f"Two indicators are called {code}.")
        subject = function.__module__.split(".")[1]
        declared = Indicator(
            code, function, subject, label, definition, source, grain, over_time, format, parts, follows, records
        )
        _indicators[code] = declared
        return declared

    return declare


def codes() -> list[str]:
    """The codes of all indicators, in order of declaration."""
    return list(_indicators)


def get(code: str) -> Indicator:
    """The indicator of a code; KeyError if there is none."""
    return _indicators[code]


def every() -> list[Indicator]:
    return list(_indicators.values())
