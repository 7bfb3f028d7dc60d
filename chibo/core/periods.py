"""Periods of the calendar: a year, half-year, quarter or month, written as in the workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

GRAINS = {"year": 12, "half": 6, "quarter": 3, "month": 1}  # months in each
FIRST_YEAR, LAST_YEAR = 1900, 2199  # the calendar the indicators keep
FORM = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)


class NotAPeriod(ValueError):
    """The text names no period; the message says what would."""


@total_ordering
@dataclass(frozen=True)
class Period:
    """A run of whole months: `2023`, `2023-H1`, `2023-Q3`, `2023-04`."""

    year: int
    grain: str
    number: int  # 1-based among its grain in the year

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period a text names; NotAPeriod with the forms allowed otherwise."""
        match = FORM.fullmatch(text.strip())
        if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise NotAPeriod(
                f"{text!r} is no period: write 2023, 2023-H1, 2023-Q3 or 2023-04, of {FIRST_YEAR} to {LAST_YEAR}."
            )
        year, half, quarter, month = match.groups()
        for grain, number in (("half", half), ("quarter", quarter), ("month", month)):
            if number:
                return cls(int(year), grain, int(number))
        return cls(int(year), "year", 1)

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The month a day lies in."""
        return cls(day.year, "month", day.month)

    def __str__(self) -> str:
        form = {"year": "{0:04}", "half": "{0:04}-H{1}", "quarter": "{0:04}-Q{1}", "month": "{0:04}-{1:02}"}
        return form[self.grain].format(self.year, self.number)

    def __lt__(self, other: Period) -> bool:
        return (self.first_day, self.last_day) < (other.first_day, other.last_day)

    @property
    def length(self) -> int:
        """Months in it."""
        return GRAINS[self.grain]

    @property
    def first_day(self) -> date:
        return date(self.year, (self.number - 1) * self.length + 1, 1)

    @property
    def last_month(self) -> date:
        """First day of its last month."""
        return date(self.year, self.number * self.length, 1)

    @property
    def last_day(self) -> date:
        years, months = divmod(self.number * self.length, 12)
        return date(self.year + years, months + 1, 1) - timedelta(days=1)

    @property
    def months(self) -> list[Period]:
        last = self.number * self.length
        return [Period(self.year, "month", n) for n in range(last - self.length + 1, last + 1)]

    @property
    def before(self) -> Period:
        """The period of the same grain just before."""
        if self.number > 1:
            return Period(self.year, self.grain, self.number - 1)
        return Period(self.year - 1, self.grain, 12 // self.length)

    def holds(self, grain: str) -> bool:
        """Whether at least one whole period of that grain lies in this one."""
        return self.length >= GRAINS[grain]

    def is_over(self, today: date) -> bool:
        return self.last_day < today


def year_of(year: int) -> list[Period]:
    """The nineteen periods of a year, longest first."""
    return [Period(year, grain, n) for grain, size in GRAINS.items() for n in range(1, 12 // size + 1)]
