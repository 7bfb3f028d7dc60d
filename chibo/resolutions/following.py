"""Whether the text of minutes still says what is recorded: lines as they were composed, and as they would be now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from chibo.core.formats import count, day, number, period_name
from chibo.core.periods import Period
from chibo.meetings.models import Kind, Mode, State
from chibo.resolutions.holes import is_open
from chibo.resolutions.models import Revision
from chibo.resolutions.words import CHAIR, LANGUAGE, SECRETARY, begins, translated
from chibo.resolutions.writing import Block, Run

NUMBER = re.compile(r"\d[\d.,]*")
NOTHING = "–"
Pair = tuple[str, str]  # what a line says, and what it would say by the record: empty where it would not be there


def pairs(then: Sequence[str], now: Sequence[str]) -> list[Pair]:
    """Lines that the record made once and makes no more, each with the one that came in its place."""
    stays, known = set(now), set(then)
    come = [each for each in now if each not in known]
    found = []
    for was in then:
        if was in stays:
            continue
        new = next((each for each in come if _label(each) == _label(was)), "")
        if new:
            come.remove(new)
        found.append((was, new))
    return found


def _label(line: str) -> str:
    """What a line is about: its words before the colon, whatever numbers stand there."""
    return NUMBER.sub("0", line.partition(":")[0])


def against(blocks: Sequence[Block], composed: Iterable[Sequence[str]], now: Sequence[str]) -> list[Pair]:
    """Lines that still stand as they were composed from what was recorded once, and which the record contradicts."""
    stand = {each.text for each in blocks}
    found = {pair: None for then in composed for pair in pairs(then, now) if pair[0] in stand and not is_open(pair[0])}
    return list(found)


def renewed(blocks: Sequence[Block], composed: Iterable[Sequence[str]], now: Sequence[str]) -> list[Block]:
    """The text with those lines as the record makes them now that nobody has touched; all else as it is."""
    instead = {was: new for then in composed for was, new in pairs(then, now) if new}
    return [replace(each, runs=[Run(instead[each.text])]) if each.text in instead else each for each in blocks]


def with_names(blocks: Sequence[Block], before: Pair, after: Pair) -> list[Block]:
    """The text with the lines of chair and secretary that stand as they were composed naming those who are it now."""
    with override(LANGUAGE):
        instead = {
            translated(line) % {"name": was}: translated(line) % {"name": now}
            for line, was, now in zip((CHAIR, SECRETARY), before, after, strict=True)
        }
    return [replace(each, runs=[Run(instead[each.text])]) if each.text in instead else each for each in blocks]


def names_another(blocks: Sequence[Block], chair: str, secretary: str) -> str:
    """The line of chair or secretary in a text that names somebody else; empty if there is none."""
    for line, name in ((CHAIR, chair), (SECRETARY, secretary)):
        start = begins(line)
        for each in blocks:
            if each.text.startswith(start) and name.casefold() not in each.text.casefold():
                return each.text
    return ""


@dataclass(frozen=True)
class Since:
    """What was corrected of the record after the newest text of minutes was saved, and what that contradicted then."""

    at: datetime | None  # of the last correction since; none: there was none
    facts: list[tuple[str, str, str]]  # what, as it was when the text was saved, as it is
    against: list[Pair]

    def said(self) -> str:
        """The same in a sentence or two; empty where nothing differs."""
        parts = [
            _("%(what)s: the minutes say %(was)s, the record %(now)s") % {"what": what, "was": was, "now": now}
            for what, was, now in self.facts
        ]
        parts += [
            _("the minutes say “%(was)s”, the record “%(now)s”") % {"was": was, "now": now or NOTHING}
            for was, now in self.against
        ]
        if self.at is not None:
            told = _("The record was corrected on %(day)s since these minutes were composed") % {"day": _day(self.at)}
        elif parts:
            told = _("These minutes say something else than the record")
        else:
            return ""
        return f"{told}: {'; '.join(parts)}." if parts else f"{told}."


def since_of(at: datetime | None, now: dict[str, Any] | None, recorded: dict[str, Any], lines: Sequence[Any]) -> Since:
    """What differs between what was recorded when a text was saved and what the last correction since wrote."""
    if at is not None and now is not None and now == recorded:
        at = None  # corrected, and corrected back
    facts = differing(recorded, now) if at is not None and now is not None else []
    return Since(at, facts, [(was, new) for was, new in lines])


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What stands at the head of minutes and differs between two contents: the thing, from, to; nobody is named."""
    was, now = _shown(before), _shown(after)
    return [(what, text, now[what]) for what, text in was.items() if text != now[what]]


def _shown(said: dict[str, Any]) -> dict[str, str]:
    states = [mark[0] for mark in said.get("attendance", {}).values()]
    took, month = said.get("duration_min"), said.get("month")
    return {
        _("Held on"): day(date.fromisoformat(said["held_on"])) if said.get("held_on") else NOTHING,
        _("Kind"): str(Kind(said["kind"]).label) if said.get("kind") else NOTHING,
        _("For the month"): period_name(Period.month_of(date.fromisoformat(month))) if month else NOTHING,
        _("How"): str(Mode(said["mode"]).label) if said.get("mode") else NOTHING,
        _("Duration"): _("%(n)s minutes") % {"n": number(Decimal(took))} if took else NOTHING,
        _("Topic"): said.get("topic") or NOTHING,
        _("Present"): count(states.count(State.PRESENT)),
        _("Excused"): count(states.count(State.EXCUSED)),
        _("Absent"): count(states.count(State.ABSENT)),
    }  # fmt: skip


def _day(at: datetime) -> str:
    return day(timezone.localdate(at))


def told_against(revision: Revision) -> list[Pair]:
    """Lines of a text that contradicted the record when it was saved."""
    return [(was, new) for was, new in revision.against]
