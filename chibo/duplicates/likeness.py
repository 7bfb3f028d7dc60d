"""What makes two records alike, in reasons that have names; how strong they are together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db import models
from django.utils.translation import gettext_lazy as _

SURE, LIKELY, POSSIBLE = 3, 2, 1
STRENGTHS = {
    SURE: _("almost certainly one person"),
    LIKELY: _("probably one person"),
    POSSIBLE: _("perhaps one person"),
}


class Reason(models.TextChoices):
    """Why two records may be of one person, or what speaks against it."""

    NAME = "name", _("same name")
    ACCENTS = "accents", _("same name but for accents")
    ORDER = "order", _("same name in another order")
    SOUND = "sound", _("names that sound alike")
    LETTER = "letter", _("names that differ by one letter")
    SHORTER = "shorter", _("one name leaves out a part of the other")
    BORN = "born", _("same day of birth")
    SWAPPED = "swapped", _("day and month of birth changed about")
    YEAR = "year", _("born on the same day of another year, easily mistaken")
    DAY = "day", _("days of birth that differ by one digit")
    OTHER_SEX = "other_sex", _("but another sex is recorded")


BY_NAME = {
    Reason.NAME: 3, Reason.ACCENTS: 3, Reason.ORDER: 3, Reason.SOUND: 2, Reason.LETTER: 1, Reason.SHORTER: 1
}  # fmt: skip
BY_BIRTH = {Reason.BORN: 0, Reason.SWAPPED: -1, Reason.YEAR: -2, Reason.DAY: -2}
KEPT = ("ng", "nh", "kh", "th", "ch")
BEGINNINGS = (("tr", "ch"), ("ph", "f"), ("gh", "g"), ("r", "d"), ("x", "s"), ("n", "l"), ("c", "k"), ("q", "k"))


@dataclass(frozen=True, slots=True)
class Said:
    """What is compared of a record: name, the name without accents, day of birth, sex."""

    full_name: str
    plain: str
    born_on: date
    sex: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two records are alike, and how strong that is; strength 0: they are not."""

    strength: int
    reasons: tuple[str, ...]


@lru_cache(maxsize=50_000)
def sound(syllable: str) -> str:
    """A syllable without accents as the ear takes it, in whatever part of the country; as SQL's `chibo_sound`."""
    found = syllable
    if syllable.startswith("ngh"):
        found = "ng" + syllable[3:]
    elif syllable[:2] in KEPT:
        pass
    elif syllable[:3] in ("gia", "gie", "gio", "giu"):
        found = "d" + syllable[2:]
    else:
        for begins, heard in BEGINNINGS:
            if syllable.startswith(begins):
                found = heard + syllable[len(begins) :]
                break
    return found.replace("y", "i")


def compare(one: Said, other: Said) -> Likeness:
    """Why two records are alike, weighed: the name, then the day of birth, then the sex."""
    name, birth = of_names(one, other), of_births(one.born_on, other.born_on)
    if name is None or birth is None:
        return Likeness(0, ())
    strength, reasons = BY_NAME[name] + BY_BIRTH[birth], [name, birth]
    if one.sex != other.sex:
        strength, reasons = strength - 1, [*reasons, Reason.OTHER_SEX]
    return Likeness(max(strength, 0), tuple(str(reason) for reason in reasons))


def of_names(one: Said, other: Said) -> Reason | None:
    """What two names have in common; None if it is too little."""
    if one.plain.split() == other.plain.split():
        same = " ".join(one.full_name.lower().split()) == " ".join(other.full_name.lower().split())
        return Reason.NAME if same else Reason.ACCENTS
    mine, theirs = sorted(one.plain.split()), sorted(other.plain.split())
    if mine == theirs:
        return Reason.ORDER
    if sorted(map(sound, mine)) == sorted(map(sound, theirs)):
        return Reason.SOUND
    left, right = _without(mine, theirs), _without(theirs, mine)
    if len(left) == len(right) == 1 and one_letter_apart(left[0], right[0]):
        return Reason.LETTER
    if len(left) + len(right) == 1 and min(len(mine), len(theirs)) >= 2:
        return Reason.SHORTER
    return None


def _without(some: list[str], others: list[str]) -> list[str]:
    left = list(some)
    for each in others:
        if each in left:
            left.remove(each)
    return left


@lru_cache(maxsize=200_000)
def one_letter_apart(one: str, other: str) -> bool:
    """Whether a letter more, less or another, or two changed about, makes one syllable the other."""
    if min(len(one), len(other)) < 2 or max(len(one), len(other)) < 3 or abs(len(one) - len(other)) > 1:
        return False
    begin = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[begin:], other[begin:]
    if len(one) == len(other):
        return a[1:] == b[1:] or (a[2:] == b[2:] and a[:2] == b[1::-1])
    return a[1:] == b or a == b[1:]


def of_births(one: date, other: date) -> Reason | None:
    """What two days of birth have in common; None if it is too little."""
    if one == other:
        return Reason.BORN
    if one.year == other.year:
        if (one.month, one.day) == (other.day, other.month):
            return Reason.SWAPPED
        if (one.month == other.month and _one_digit(one.day, other.day)) or (
            one.day == other.day and _one_digit(one.month, other.month)
        ):
            return Reason.DAY
        return None
    if (one.month, one.day) == (other.month, other.day) and _near_years(one.year, other.year):
        return Reason.YEAR
    return None


def _one_digit(one: int, other: int) -> bool:
    return sum(a != b for a, b in zip(f"{one:02d}", f"{other:02d}", strict=True)) == 1


def _near_years(one: int, other: int) -> bool:
    """One year apart, or two digits changed about: 1969 and 1996."""
    return abs(one - other) == 1 or (one != other and sorted(str(one)) == sorted(str(other)))
