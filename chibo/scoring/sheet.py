"""A scoring sheet as data: groups, criteria, options, bands; read from JSON into plain values, and points by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

FULL = Decimal(100)  # points of every sheet together
GROUPS = 8  # at most so many groups
STAY, SCALE = "stay", "scale"
NOT_HELD = "none"  # the answer to a criterion of content that there was none of
Words = Mapping[str, str]  # a text by the code of its language
Measures = Mapping[str, Fraction]  # what the records answer, by the name of the measure; what they don't is left out
Answers = Mapping[str, str]  # by criterion: the code of an option, or the points told


@lru_cache(maxsize=1000)
def _number(text: str) -> Fraction:
    return Fraction(text)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A measure lies so: at least, more than, less than, at most a number; all as texts such as 3, 0.75 or 1/2."""

    of: str
    least: str = ""
    above: str = ""
    below: str = ""
    most: str = ""

    def holds(self, value: Fraction) -> bool:
        """Whether a value lies within."""
        return (
            (not self.least or value >= _number(self.least))
            and (not self.above or value > _number(self.above))
            and (not self.below or value < _number(self.below))
            and (not self.most or value <= _number(self.most))
        )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An answer that records propose where all bounds hold: an option, or that there was no such content."""

    option: str
    when: tuple[Bound, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer to a criterion, and the points it gives."""

    code: str
    name: Words
    points: str

    @cached_property
    def worth(self) -> Decimal:
        return Decimal(self.points)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What is judged: by choosing an option or, without options, by telling points up to `most`.

    `evidence` is read in order: the first whose bounds hold is proposed; where a measure that it asks for is not
    known, nothing is. `shows` are measures told beside it without a proposal. With `only`, the kind of content that it
    is about, it can be answered that there was none (`NOT_HELD`): then nobody can reach its points.
    """

    code: str
    name: Words
    options: tuple[Option, ...] = ()
    most: str = ""
    evidence: tuple[Evidence, ...] = ()
    shows: tuple[str, ...] = ()
    only: str = ""

    @cached_property
    def full(self) -> Decimal:
        """The most points there are for it."""
        return max(option.worth for option in self.options) if self.options else Decimal(self.most)

    @property
    def least(self) -> Decimal:
        """The fewest points that can be claimed for it."""
        return Decimal(0) if self.only or not self.options else min(option.worth for option in self.options)

    @property
    def best(self) -> Option | None:
        """The option that gives most; None where points are told."""
        return max(self.options, key=lambda option: option.worth) if self.options else None

    @cached_property
    def measures(self) -> list[str]:
        """The measures it asks for or shows, each once."""
        asked = [bound.of for each in self.evidence for bound in each.when]
        return list(dict.fromkeys([*asked, *self.shows]))

    def worth(self, answer: str) -> Decimal:
        """The points an answer gives. ValueError if it is none."""
        if self.only and answer == NOT_HELD:
            return Decimal(0)
        if self.options:
            found = next((option for option in self.options if option.code == answer), None)
            if found is None:
                raise ValueError(answer)
            return found.worth
        points = told_points(answer)
        if not 0 <= points <= self.full:
            raise ValueError(answer)
        return points

    def proposed(self, measures: Measures) -> str:
        """The answer that records propose; empty where they can't say."""
        for each in self.evidence:
            if any(bound.of not in measures for bound in each.when):
                return ""
            if all(bound.holds(measures[bound.of]) for bound in each.when):
                return each.option
        return ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Criteria that belong together."""

    code: str
    name: Words
    criteria: tuple[Criterion, ...]

    @property
    def full(self) -> Decimal:
        return sum((each.full for each in self.criteria), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Band:
    """A rating from so many points on; only with full marks for what it `needs`, otherwise the band named `instead`."""

    code: str
    name: Words
    least: str
    needs: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """A rule of a band of the year: every regular meeting at least `all`, and `many` of them at least `best`."""

    band: str
    all: str
    many: int = 0
    best: str = ""


@dataclass(frozen=True)
class Points:
    """What answers give: points by group, what could be reached, the total out of 100, and the band."""

    groups: tuple[Decimal, ...]
    reachable: Decimal
    total: Decimal
    band: str
    lacks: tuple[str, ...] = ()  # criteria without which the band is not the one of the total


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A whole sheet. `without`: what is done with points nobody can reach in a month without the content they need."""

    groups: tuple[Group, ...]
    bands: tuple[Band, ...]  # the best first
    year: tuple[Share, ...] = ()  # the best first; a cell that reaches none has the last band
    without: str = STAY
    kinds: tuple[str, ...] = field(default=("regular", "thematic"))

    @property
    def criteria(self) -> Iterator[Criterion]:
        for group in self.groups:
            yield from group.criteria

    def criterion(self, code: str) -> Criterion | None:
        return next((each for each in self.criteria if each.code == code), None)

    def band(self, code: str) -> Band:
        return next(each for each in self.bands if each.code == code)

    def band_of(self, total: Decimal) -> Band:
        """The band of a total by points alone."""
        return next((each for each in self.bands if total >= Decimal(each.least)), self.bands[-1])

    def points(self, answers: Answers) -> Points:
        """The points of answers to all criteria. ValueError names the first that has none."""
        worth: dict[str, Decimal] = {}
        for each in self.criteria:
            try:
                worth[each.code] = each.worth(answers.get(each.code, ""))
            except ValueError:
                raise ValueError(each.code) from None
        groups = tuple(sum((worth[each.code] for each in group.criteria), Decimal(0)) for group in self.groups)
        missed = [each for each in self.criteria if each.only and answers[each.code] == NOT_HELD]
        out = sum((each.full for each in missed), Decimal(0)) if self.without == SCALE else Decimal(0)
        total = total_of(groups, FULL - out)
        lacking = {each.code for each in self.criteria if worth[each.code] < each.full}
        band, lacks = self._met(self.band_of(total), lacking)
        return Points(groups, FULL - out, total, band.code, lacks)

    def _met(self, band: Band, lacking: set[str]) -> tuple[Band, tuple[str, ...]]:
        """The band that is reached where criteria lack full marks, and which of those it failed for."""
        lacks: tuple[str, ...] = ()
        while missed := tuple(code for code in band.needs if code in lacking):
            lacks = lacks or missed
            band = self.band(band.instead)
        return band, lacks

    def proposed(self, measures: Measures) -> dict[str, str]:
        """By criterion the answer that records propose, where they can say."""
        found = {each.code: each.proposed(measures) for each in self.criteria}
        return {code: option for code, option in found.items() if option}

    def year_of(self, bands: list[str]) -> tuple[str, Share | None]:
        """The band of a year from those of its regular meetings ("" where one has none), and the rule that gave it."""
        rank = {band.code: n for n, band in enumerate(self.bands)}
        worst = len(self.bands)
        ranks = [rank.get(band, worst) for band in bands]
        for rule in self.year:
            at_best = sum(each <= rank[rule.best] for each in ranks) if rule.best else 0
            if ranks and max(ranks) <= rank[rule.all] and at_best >= rule.many:
                return rule.band, rule
        return self.bands[-1].code, None


def total_of(groups: tuple[Decimal, ...], reachable: Decimal) -> Decimal:
    """Points out of 100, to nine decimals, where so many could be reached."""
    return (sum(groups, Decimal(0)) * FULL / reachable).quantize(Decimal("1e-9")).normalize() + 0


def told_points(text: str) -> Decimal:
    """Points told as a text with a point or comma. ValueError if it is no number."""
    try:
        points = Decimal(text.strip().replace(",", "."))
    except ArithmeticError:
        raise ValueError(text) from None
    if not points.is_finite():
        raise ValueError(text)
    return points


def read(told: Mapping[str, Any]) -> Sheet:
    """The sheet that JSON tells; KeyError, TypeError or ValueError where it is none (`checking` says why)."""
    return Sheet(
        groups=tuple(_group(each) for each in told["groups"]),
        bands=tuple(Band(**{**each, "needs": tuple(each.get("needs", ()))}) for each in told["bands"]),
        year=tuple(Share(**each) for each in told.get("year", ())),
        without=told.get("without", STAY),
        kinds=tuple(told.get("kinds", ("regular", "thematic"))),
    )


def _group(told: Mapping[str, Any]) -> Group:
    return Group(code=told["code"], name=told["name"], criteria=tuple(_criterion(each) for each in told["criteria"]))


def _criterion(told: Mapping[str, Any]) -> Criterion:
    return Criterion(
        **{
            **told,
            "options": tuple(Option(**each) for each in told.get("options", ())),
            "evidence": tuple(
                Evidence(option=each["option"], when=tuple(Bound(**bound) for bound in each.get("when", ())))
                for each in told.get("evidence", ())
            ),
            "shows": tuple(told.get("shows", ())),
        }
    )
