"""Fields of a meeting's form: texts, quantities, months, days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chibo.core.formats import period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.core.text import clean
from chibo.exchange.cells import FORBIDDEN, LONGEST

MINUTES = 20_000  # characters of conclusions
NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,9})?", re.ASCII)


class Words(forms.Field):
    """A text in one line, as the sheets take it; or in several, for the conclusions."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines, self.most = lines, MINUTES if lines else LONGEST

    def clean(self, value: Any) -> str:
        text = clean(str(value or "").replace("\r\n", "\n"))
        self.validate(text)
        rest = re.sub("[\n\t]", " ", text) if self.lines else text
        if FORBIDDEN.search(rest):
            raise forms.ValidationError(_("There are hidden characters in this text. Delete it and type it by hand."))
        if len(text) > self.most:
            raise forms.ValidationError(
                _("This is %(n)s characters long; at most %(most)s are kept.") % {"n": len(text), "most": self.most}
            )
        return text


class Quantity(forms.Field):
    """A number of at least 0, with a point or a comma."""

    def __init__(self, *, most: int | Decimal, places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.places = most, places

    def clean(self, value: Any) -> Decimal | None:
        text = clean(str(value or ""))
        if not text:
            return None
        if not NUMBER.fullmatch(text):
            raise forms.ValidationError(_("Write a number, such as 4 or 4.5."))
        number = Decimal(text.replace(",", "."))
        if number > self.most:
            raise forms.ValidationError(_("At most %(most)s.") % {"most": self.most})
        if -int(number.normalize().as_tuple().exponent) > self.places:
            raise forms.ValidationError(_("At most %(n)s digits after the point.") % {"n": self.places})
        return number


class Shared(dict[str, forms.Field]):
    """The fields that a class of forms declares, of which each form copies only those it changes.

    Copying them all takes longer than reading what was typed into them.
    """

    def __init__(self, fields: Mapping[str, forms.Field], *own: str) -> None:
        super().__init__(fields)
        self.own = own

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        """As forms take what is declared: a dict of their own."""
        return {name: deepcopy(each, memo) if name in self.own else each for name, each in self.items()}


class MonthField(forms.ChoiceField):
    """One of some months; its value is the first day."""

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        month = month_asked(chosen)
        if chosen and month is None:
            raise forms.ValidationError(_("Choose one of the months."))
        return month


def month_choices(months: Iterable[date]) -> list[tuple[str, str]]:
    """Months as they are chosen from, the newest first."""
    return _named(tuple(sorted({month.replace(day=1) for month in months}, reverse=True)), get_language() or "")


@lru_cache(maxsize=500)
def _named(firsts: tuple[date, ...], _language: str) -> list[tuple[str, str]]:
    """The same months are offered all day; in the language now spoken, which is given to be told apart."""
    return [(str(period), period_name(period)) for period in map(Period.month_of, firsts)]


def month_asked(text: str) -> date | None:
    """The month a URL names; None if it names none."""
    try:
        period = Period.parse(text)
    except NotAPeriod:
        return None
    return period.first_day if period.grain == "month" else None


def line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "maxlength": str(LONGEST)} | attrs)


def one_day(**attrs: str) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"} | attrs)


def day_of(text: str) -> date | None:
    """The day a text names as the form takes it; None if it names none, or one of another age."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            found = datetime.strptime(clean(text), form).date()
        except ValueError:
            continue
        return found if 1930 <= found.year <= 2199 else None
    return None
