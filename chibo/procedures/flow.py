"""A procedure as data: steps, who acts, papers, votes, limits, outcomes; read from JSON into plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils import translation

from chibo.core.text import label_sort_key

ANY, ALL = "any", "all"
MEMBER = "member"  # a place that is none: whom the case concerns acts for themself
STEP, CASE, YEAR = "step", "case", "year"  # before none of which a day asked may be
BEGIN = "begin"  # stands for the beginning where a step is kept apart from those who acted before
Words = Mapping[str, str]  # a text by the code of its language


def said(words: Words) -> str:
    """A text in the language of now; in English, or any there is, where it is not told in that one."""
    language = (translation.get_language() or "en").split("-")[0]
    return words.get(language) or words.get("en") or next(iter(words.values()), "")


def which(definition: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Which of several cases about the same person it is: the first choice made at its beginning; empty without one.

    The definition may hold no more than `asks`.
    """
    choices = [each for each in definition.get("asks") or () if each.get("kind") == "choice"]
    chosen = choices[0].get("choices", {}).get(told.get(choices[0]["code"])) if choices else None
    return said(chosen) if chosen else ""


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who acts: whoever holds one of these roles at a place that is named from where the case stands.

    At `member` it is whom the case concerns, without a role.
    """

    at: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A paper that a step needs; with a form the program can make it, `made` has it made when the step is left."""

    code: str
    name: Words
    form: str = ""
    required: bool = True
    made: bool = False


@dataclass(frozen=True, kw_only=True)
class Span:
    """How far a day that is asked lies after another one that was told: so many months at least and at most.

    With `less` fewer than `most`. Only where another answer is one choice, if one is named.
    """

    since: str  # the code of the day it is reckoned from
    least: int = 0
    most: int = 0  # 0: however many
    less: bool = False
    ask: str = ""
    choice: str = ""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Something a step asks to be told: a text, a day, a number, a cell, one of some choices.

    Of a day on which something was done, none is to come; the earliest is that on which the case came to the step, on
    which it began, or a year before that.
    """

    code: str
    kind: str
    name: Words
    required: bool = True
    choices: Mapping[str, Words] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()  # of a day: how far after others it may lie
    done: bool = False  # of a day: none to come
    earliest: str = ""  # of a day: STEP, CASE, YEAR

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The choices in words, in order of their letters or numbers; what is none of the others is last."""
        told = [(code, said(name)) for code, name in self.choices.items()]  # kept as a set: in no order of its own
        return sorted(told, key=lambda each: (each[0] == "other", label_sort_key(each[1]), each[0]))


@dataclass(frozen=True, kw_only=True)
class Share:
    """So much of something counted: at least `n/m` of it, or with `more` more than that."""

    n: int
    m: int
    of: str  # summoned, present, valid
    more: bool = False

    def is_reached(self, number: int, counts: Mapping[str, int]) -> bool:
        """Whether a number is as much of what is counted as it has to be."""
        part, whole = Fraction(number), Fraction(self.n * counts[self.of], self.m)
        return part > whole if self.more else part >= whole


@dataclass(frozen=True, kw_only=True)
class VoteRule:
    """A vote that a step asks for: of whom, how many have to be there, how many for it."""

    electorate: str
    carried: Share
    quorum: Share | None = None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How long a step may take: `n` days, months or working days since it or the case began, or since a day told."""

    n: int
    unit: str
    since: str = "step"  # step, case, or the code of what was asked
    then: str = ""  # the outcome that follows by itself once the time is over


@dataclass(frozen=True, kw_only=True)
class Remind:
    """A reminder so many days after the last day of a step, before it where that is below zero: to whom."""

    days: int
    to: str = "who"  # who, above


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a step is left, and where that leads: to a step, or to the end of the case with a result.

    Guards are names of predicates that all have to hold; the effect is the name of what follows in the records.
    One that needs a reason is given by one person alone and asks for no papers. What it `needs` are answers that it
    can't be without, though the step can be left otherwise without them.
    """

    code: str
    name: Words
    to: str = ""
    ends: str = ""
    guards: tuple[str, ...] = ()
    effect: str = ""
    reason: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Skip:
    """When a step is left out, and where the case goes instead."""

    when: str
    to: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: who acts, how many of them, who of them may not, what they need, how long, and how it can end."""

    code: str
    name: Words
    who: tuple[Party, ...]
    outcomes: tuple[Outcome, ...]
    help: Words = field(default_factory=dict)
    need: int | str = ANY
    apart_from: tuple[str, ...] = ()  # steps: whoever signed there signs not here
    papers: tuple[Slot, ...] = ()
    asks: tuple[Ask, ...] = ()
    vote: VoteRule | None = None
    limit: Limit | None = None
    reminders: tuple[Remind, ...] = ()
    skip: Skip | None = None

    def outcome(self, code: str) -> Outcome | None:
        return next((each for each in self.outcomes if each.code == code), None)

    def ways(self) -> Iterator[str]:
        """Where it can lead: steps, and the empty text for an end."""
        yield from (each.to for each in self.outcomes)
        if self.skip:
            yield self.skip.to


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A whole procedure: who begins it and who may withdraw it, its steps, the first first; what its results mean."""

    begins: tuple[Party, ...]
    steps: tuple[Step, ...]
    results: Mapping[str, Words]
    withdraws: tuple[Party, ...] = ()
    by_member: bool = False  # whom it concerns begins and withdraws it too
    when: tuple[str, ...] = ()  # guards that have to hold for one to begin
    asks: tuple[Ask, ...] = ()  # what it has to be told to begin
    days: tuple[str, ...] = ()  # what its subject tells at the beginning, and limits may run from

    def ask(self, code: str) -> Ask | None:
        """What is asked under a code, at the beginning or at a step; None if nothing is."""
        asks = [*self.asks, *(each for step in self.steps for each in step.asks)]
        return next((each for each in asks if each.code == code), None)

    def step(self, code: str) -> Step:
        return next(each for each in self.steps if each.code == code)

    @property
    def first(self) -> Step:
        return self.steps[0]

    @property
    def told_days(self) -> set[str]:
        """The days that somebody tells, at the beginning or at a step."""
        asks = (*self.asks, *(ask for step in self.steps for ask in step.asks))
        return {*self.days, *(ask.code for ask in asks if ask.kind == "day")}

    @property
    def limited(self) -> set[str]:
        """The days told from which a limit runs: nobody tells one that is still to come."""
        return {step.limit.since for step in self.steps if step.limit}


def day_told(told: Mapping[str, Any], code: str) -> date | None:
    """A day among answers; None where none was told, or what was told is no day: its question may ask for a text."""
    try:
        return date.fromisoformat(str(told.get(code, "")))
    except ValueError:
        return None


def read(told: Mapping[str, Any]) -> Flow:
    """The procedure that JSON tells; KeyError, TypeError or ValueError where it is none (`checking` says why)."""
    return Flow(
        begins=_parties(told["begins"]),
        withdraws=_parties(told.get("withdraws", [])),
        by_member=bool(told.get("by_member", False)),
        when=tuple(told.get("when", ())),
        asks=_asks(told),
        days=tuple(told.get("days", ())),
        results=dict(told["results"]),
        steps=tuple(_step(each) for each in told["steps"]),
    )


def _step(told: Mapping[str, Any]) -> Step:
    plain = {name: told[name] for name in ("code", "name", "help", "need") if name in told}
    vote, limit, skip = told.get("vote"), told.get("limit"), told.get("skip")
    return Step(
        **plain,
        who=_parties(told["who"]),
        apart_from=tuple(told.get("apart_from", ())),
        papers=tuple(Slot(**each) for each in told.get("papers", ())),
        asks=_asks(told),
        vote=_vote(vote) if vote else None,
        limit=Limit(**limit) if limit else None,
        reminders=tuple(Remind(**each) for each in told.get("reminders", ())),
        skip=Skip(**skip) if skip else None,
        outcomes=tuple(Outcome(**{**each, **_lists(each, "guards", "needs")}) for each in told["outcomes"]),
    )


def _lists(told: Mapping[str, Any], *names: str) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(told.get(name, ())) for name in names}


def _asks(told: Mapping[str, Any]) -> tuple[Ask, ...]:
    return tuple(
        Ask(**{**each, "spans": tuple(Span(**span) for span in each.get("spans", ()))}) for each in told.get("asks", ())
    )


def _parties(told: Any) -> tuple[Party, ...]:
    return tuple(Party(at=each["at"], roles=tuple(each.get("roles", ()))) for each in told)


def _vote(told: Mapping[str, Any]) -> VoteRule:
    quorum = told.get("quorum")
    return VoteRule(
        electorate=told["electorate"], carried=Share(**told["carried"]), quorum=Share(**quorum) if quorum else None
    )
