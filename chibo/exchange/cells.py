"""Kinds of columns: each takes a cell as it stands in the file and gives the value, or says what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.core.periods import NotAPeriod, Period
from chibo.core.text import clean
from chibo.exchange.reading import Cell

Value = str | date | Decimal | None
LONGEST = 500
NONE = object()
EXACT = Context(prec=100)  # no number that is kept has as many digits
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SEPARATORS = re.compile("[\x1c-\x1f\x85\u2028\u2029]")  # trimmed as if they were blanks, but never meant as such
ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?")


class Wrong(Exception):
    """The cell's value is of the wrong kind; the message says what is wanted."""


def shown(cell: Cell) -> str:
    """A cell's value as text, as a person would know it again."""
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return cell.decode()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = cell if isinstance(cell, str) else str(cell)
    text = text.replace("\0", "\\0")
    return text if len(text) <= 200 else text[:199] + "…"


@dataclass(frozen=True)
class Column:
    """A named column of a sheet; `take` gives a value, empty where nothing is known."""

    name: str
    required: bool = False
    stand_in: Any = NONE  # what may stand for a bad cell while the rest is judged; NONE: nothing may, others rest on it
    sql: ClassVar[str] = "text"
    nothing: ClassVar[Value] = ""

    def take(self, cell: Cell) -> Value:
        """The value of a cell; Wrong if it is of another kind."""
        raise NotImplementedError

    def describe(self) -> str:
        """What the column holds, in a few words."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Column):
    """A text of at most 500 characters; a whole number stands for its digits."""

    def take(self, cell: Cell) -> str:
        if isinstance(cell, str):
            text = clean(cell)
            if len(text) > LONGEST:
                raise Wrong(_("longer than %(most)s characters") % {"most": LONGEST})
            if FORBIDDEN.search(text) or SEPARATORS.search(cell):
                raise Wrong(_("holds control characters or characters that turn the direction of writing"))
            return text
        if isinstance(cell, float) and not isinstance(cell, bool) and math.isfinite(cell) and abs(cell) < 1e15:
            return shown(cell)
        if cell is None:
            return ""
        raise Wrong(_("not a text: format the cell as text"))

    def describe(self) -> str:
        return _("text")


@dataclass(frozen=True)
class Choice(Text):
    """One of some words."""

    words: tuple[str, ...] | Callable[[], Iterable[str]] = ()

    def take(self, cell: Cell) -> str:
        text = super().take(cell)
        words = self._allowed()
        if text and text not in words:
            listed = ", ".join(words)
            raise Wrong(_("not one of the words allowed here: %(words)s") % {"words": listed})
        return text

    def describe(self) -> str:
        return _("one of: %(words)s") % {"words": ", ".join(self._allowed())}

    def _allowed(self) -> tuple[str, ...]:
        return tuple(self.words()) if callable(self.words) else self.words


@dataclass(frozen=True)
class Reference(Text):
    """The key of a row of another sheet, in the file or already loaded; `unfit` says what is wrong with that one."""

    to: str = ""
    unfit: Callable[[dict[str, Any]], str] | None = None

    def describe(self) -> str:
        return _("key of a row of %(sheet)s") % {"sheet": self.to}


@dataclass(frozen=True)
class Day(Column):
    """A whole day: an Excel date, or text like 2023-01-31."""

    sql: ClassVar[str] = "date"
    nothing: ClassVar[Value] = None

    def take(self, cell: Cell) -> date | None:
        if isinstance(cell, datetime):
            if cell.time() != time():
                raise Wrong(_("not a whole day: it has a time of day"))
            return cell.date()
        if isinstance(cell, date):
            return cell
        text = clean(cell) if isinstance(cell, str) else cell
        if text is None or text == "":
            return None
        if isinstance(text, str) and (match := ISO_DAY.fullmatch(text)):
            try:
                return date.fromisoformat(match[1])
            except ValueError:
                raise Wrong(_("there is no such day")) from None
        raise Wrong(_("not a day: write a date, or text like 2023-01-31"))

    def describe(self) -> str:
        return _("day")


@dataclass(frozen=True)
class Month(Column):
    """A month, written like 2023-01; its value is its first day."""

    sql: ClassVar[str] = "date"
    nothing: ClassVar[Value] = None

    def take(self, cell: Cell) -> date | None:
        period = parse_period(cell)
        if period is None:
            return None
        if period.grain != "month":
            raise Wrong(_("not a month: write text like 2023-01"))
        return period.first_day

    def describe(self) -> str:
        return _("month, written YYYY-MM")


@dataclass(frozen=True)
class PeriodName(Column):
    """A year, half-year, quarter or month, written like 2023, 2023-H1, 2023-Q3, 2023-04."""

    def take(self, cell: Cell) -> str:
        period = parse_period(cell)
        return "" if period is None else str(period)

    def describe(self) -> str:
        return _("period")


def parse_period(cell: Cell) -> Period | None:
    """The period a cell names, None if it is empty; a number stands for its digits."""
    text = Text("period").take(cell)
    try:
        return Period.parse(text) if text else None
    except NotAPeriod:
        raise Wrong(_("not a period: write text like 2023, 2023-H1, 2023-Q3 or 2023-04")) from None


@dataclass(frozen=True)
class Number(Column):
    """A number, within bounds if there are any, kept to some places."""

    least: int | None = None
    most: int | None = None
    digits: int = 20
    places: int = 6
    sql: ClassVar[str] = "numeric"
    nothing: ClassVar[Value] = None

    def take(self, cell: Cell) -> Decimal | None:
        if cell is None or (isinstance(cell, str) and not clean(cell)):
            return None
        if isinstance(cell, bool) or not isinstance(cell, float) or not math.isfinite(cell):
            raise Wrong(_("not a number"))
        if self.least is not None and cell < self.least:
            raise Wrong(_("below %(least)s") % {"least": self.least})
        if self.most is not None and cell > self.most:
            raise Wrong(_("over %(most)s, the most there is") % {"most": self.most})
        if abs(cell) >= 10 ** (self.digits - self.places):
            raise Wrong(_("a number too large to be kept"))
        return Decimal(repr(cell)).quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_EVEN, EXACT)

    def describe(self) -> str:
        if self.most is None:
            return _("number")
        return _("number from %(least)s to %(most)s") % {"least": self.least, "most": self.most}
