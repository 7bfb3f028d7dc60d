"""Texts as they may be sent: in their one writing, as the sheets take them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from chibo.core.periods import NotAPeriod, Period
from chibo.core.text import clean
from chibo.exchange.cells import FORBIDDEN, LONGEST

LINES = 20_000  # characters of a text in several lines
PERIOD = r"^\d{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


def _line(text: str) -> str:
    text = clean(text)
    if FORBIDDEN.search(text):
        raise ValueError("There are hidden characters in this text.")
    return text


def _lines(text: str) -> str:
    text = clean(text.replace("\r\n", "\n"))
    if FORBIDDEN.search(re.sub("[\n\t]", " ", text)):
        raise ValueError("There are hidden characters in this text.")
    return text


def _some(text: str) -> str:
    if not (said := _line(text)):
        raise ValueError("Nothing is said here.")
    return said


def period_in(text: str) -> Period:
    """The period a text names; ValueError in words that say which there are."""
    try:
        return Period.parse(text)
    except NotAPeriod:
        raise ValueError("Write 2023, 2023-H1, 2023-Q3 or 2023-04, of 1900 to 2199.") from None


def _period(text: str) -> str:
    return str(period_in(text))


def _our_day(day: date) -> date:
    if not 1930 <= day.year <= 2199:
        raise ValueError("This year can't be meant.")
    return day


OurDay = Annotated[date, AfterValidator(_our_day)]
Line = Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(_line)]
Lines = Annotated[str, StringConstraints(max_length=LINES), AfterValidator(_lines)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_some)]
PeriodText = Annotated[str, StringConstraints(pattern=PERIOD), AfterValidator(_period)]
MonthText = Annotated[str, StringConstraints(pattern=MONTH), AfterValidator(_period)]
