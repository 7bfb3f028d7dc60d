"""Numbers, days and periods as people read them, in the language of the page. Exact in, text out."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from django.utils import formats, numberformat, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from chibo.core.periods import Period

Exact = int | Fraction | Decimal
MINUS, SPACE = "\u2212", "\u00a0"  # a real minus; a space that does not break
DAY = {"en": "j F Y", "vi": "j/n/Y"}
MONTH = {"en": "F Y", "vi": r"\t\há\n\g n/Y"}


def _in_language(table: dict[str, str]) -> str:
    """The pattern of the page's language, or the English one."""
    return table.get((get_language() or "en").split("-")[0], table["en"])


def half_up(value: Exact, places: int = 0) -> Decimal:
    """The value rounded to decimal places, halves away from zero, without ever passing through a float."""
    return Decimal(_units(*value.as_integer_ratio(), places)).scaleb(-places)


def _units(numerator: int, denominator: int, places: int) -> int:
    """How many units of the last decimal place a ratio has, halves away from zero."""
    whole: int = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def number(value: Exact, places: int = 0) -> str:
    """A number with separators of the language: 6,512 or 6.512; halves away from zero.

    >>> number(6512), number(Fraction(-17, 2), 1)
    ('6,512', '−8.5')
    """
    return _number(_units(*value.as_integer_ratio(), places), places, get_language())


@lru_cache(maxsize=10_000)  # a page has hundreds of numbers, and many of them are the same
def _number(units: int, places: int, language: str | None) -> str:
    text = numberformat.format(
        Decimal(abs(units)).scaleb(-places),
        formats.get_format("DECIMAL_SEPARATOR", language),
        places,
        grouping=3,  # Django's Vietnamese has the separator but no grouping
        thousand_sep=formats.get_format("THOUSAND_SEPARATOR", language),
        force_grouping=True,
    )
    return MINUS + text if units < 0 else text


def count(value: Exact) -> str:
    """A whole number, grouped: 6,512."""
    return number(value)


def percent(value: Exact, places: int = 1) -> str:
    """A ratio in percent. It says 100.0 % only of exactly all: 99.96 % stays 99.9 %.

    >>> percent(Fraction(121, 130))
    '93.1\\xa0%'
    """
    return _percent(*value.as_integer_ratio(), places, get_language())


@lru_cache(maxsize=10_000)
def _percent(numerator: int, denominator: int, places: int, language: str | None) -> str:
    return _number(_hundredfold(numerator, denominator, places), places, language) + SPACE + "%"


def _hundredfold(numerator: int, denominator: int, places: int) -> int:
    """The number before the percent sign, in units of its last decimal place."""
    shown = _units(100 * numerator, denominator, places)
    if shown == 100 * 10**places and numerator != denominator:
        shown += 1 if numerator > denominator else -1
    return shown


def ratio_percent(numerator: Exact, denominator: Exact | None) -> str:
    """A numerator of a denominator in percent; of nothing, a dash."""
    if not denominator:
        return "–"
    return percent(Fraction(numerator) / Fraction(denominator))


def points(difference: Exact, places: int = 1) -> str:
    """The difference of two ratios in percentage points, with its sign: +8.5 points.

    >>> points(Fraction(17, 200)), points(Fraction(1, 100))
    ('+8.5 points', '+1.0 points')
    """
    shown = half_up(Fraction(difference) * 100, places)
    return _("%(number)s points") % {"number": signed(shown, places)}


def change_in_points(now: Exact, before: Exact) -> str:
    """How many points a ratio rose or fell; with as many decimals as it takes not to belie the ratios as `percent`.

    >>> change_in_points(Fraction(29, 1000), Fraction(28, 1000))
    '+0.1 points'
    >>> change_in_points(Fraction(2852, 100_000), Fraction(2848, 100_000))  # 2.9 % and 2.8 %
    '+0.004 points'
    """
    difference = Fraction(now) - Fraction(before)
    tenths = [_hundredfold(*ratio.as_integer_ratio(), 1) for ratio in (now, before)]
    if half_up(difference * 1000) == tenths[0] - tenths[1]:
        return points(difference)
    places = 2
    while places < 6 and difference and not half_up(difference * 100, places):
        places += 1
    return points(difference, places)


def signed(value: Exact, places: int = 0) -> str:
    """A number with its sign: +12, −3, and ±0 for no change."""
    shown = half_up(value, places)
    return {1: "+", 0: "±", -1: ""}[(shown > 0) - (shown < 0)] + number(shown, places)


def day(value: date) -> str:
    """A day in full: 10 January 2024; of a moment the day it was in the installation's time zone."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return _day(value.date() if isinstance(value, datetime) else value, get_language())


@lru_cache(maxsize=10_000)
def _day(value: date, _language: str | None) -> str:
    return formats.date_format(value, _in_language(DAY))


def moment(value: datetime) -> str:
    """A day and the time, in the installation's time zone: 10 January 2024, 14:05."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local.date())}, {local:%H:%M}"


def period_name(period: Period) -> str:
    """A period as said in a sentence: 2023, first half of 2023, quarter 3 of 2023, April 2023."""
    return _period_name(period, get_language())


@lru_cache(maxsize=4096)
def _period_name(period: Period, _language: str | None) -> str:
    year = str(period.year)
    if period.grain == "month":
        return formats.date_format(period.first_day, _in_language(MONTH))
    if period.grain == "quarter":
        return _("quarter %(number)s of %(year)s") % {"number": period.number, "year": year}
    if period.grain == "half":
        return (_("first half of %(year)s") if period.number == 1 else _("second half of %(year)s")) % {"year": year}
    return pgettext("a whole year", "%(year)s") % {"year": year}
