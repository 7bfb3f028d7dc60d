"""Which days a step may be told: none to come where a limit runs from it, each as far after others as it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.procedures import describing
from chibo.procedures.flow import CASE, STEP, YEAR, Ask, Flow, Span, Step, day_told
from chibo.procedures.limits import months_after
from chibo.procedures.models import Case, Stage

YEAR_MONTHS = 12


def came_on(flow: Flow, step: Step, stages: Iterable[Stage]) -> date | None:
    """The day on which an earlier step last sent a case on to one; None of the first, to which nobody sends."""
    order = {each.code: number for number, each in enumerate(flow.steps)}
    walked = sorted(stages, key=lambda each: each.number)
    found = [
        after.entered_on
        for before, after in pairwise(walked)
        if after.step == step.code and before.number and order.get(before.step, 0) < order[step.code]
    ]
    return found[-1] if found else None


def earliest_vote(case: Case, step: Step) -> date:
    """The first day of a vote: that on which its case began; where it begins with the vote, a year before that."""
    return months_after(case.begun_on, -YEAR_MONTHS) if step.code == case.version.flow.first.code else case.begun_on


def wrong(flow: Flow, ask: Ask, told: Mapping[str, Any], today: date, came: date | None, begun: date) -> str:
    """Why a day among answers can't be, in a sentence; empty if it can, or none was told."""
    given = day_told(told, ask.code) if ask.kind == "day" else None
    if given is None:
        return ""
    is_limited = ask.code in flow.limited
    if given > today and (is_limited or ask.done):
        return _("This day is still to come.")
    if came is not None and given < came and (is_limited or ask.earliest == STEP):
        return _("It came to this step on %(day)s: it can't have been before that.") % {"day": day(came)}
    if given < begun and ask.earliest in (STEP, CASE):
        return _("The case began on %(day)s: it can't have been before that.") % {"day": day(begun)}
    if ask.earliest == YEAR and given < (first := months_after(begun, -YEAR_MONTHS)):
        return _("Not before %(first)s: that is a year before the case began.") % {"first": day(first)}
    for span in ask.spans:
        since = day_told(told, span.since)
        if since is not None and (not span.ask or told.get(span.ask) == span.choice):
            first, last = bounds(span, since)
            if given < first or (last is not None and given > last):
                return _outside(flow, span, first, last)
    return ""


def bounds(span: Span, since: date) -> tuple[date, date | None]:
    """The first and the last day that is as far after another one as it has to be."""
    last = months_after(since, span.most) - timedelta(span.less) if span.most else None
    return months_after(since, span.least), last


def _outside(flow: Flow, span: Span, first: date, last: date | None) -> str:
    told = {"how_far": describing.how_far(flow, span), "first": day(first)}
    if last is None:
        return _("%(how_far)s: from %(first)s on.") % told
    return _("%(how_far)s: from %(first)s to %(last)s.") % {**told, "last": day(last)}


def all_wrong(
    step: Step, case: Case, told: Mapping[str, Any], today: date, stages: Iterable[Stage] | None = None
) -> dict[str, str]:
    """What is wrong with the days that a step of a case was told, question by question. At most one query."""
    flow, came = case.version.flow, None
    if any((ask.code in flow.limited or ask.earliest == STEP) and told.get(ask.code) for ask in step.asks):
        came = came_on(flow, step, Stage.objects.filter(case=case) if stages is None else stages)
    return _found(flow, step.asks, told, today, came, case.begun_on)


def wrong_at_first(flow: Flow, told: Mapping[str, Any], today: date) -> dict[str, str]:
    """The same of what a procedure asks to begin."""
    return _found(flow, flow.asks, told, today, None, today)


def _found(
    flow: Flow, asks: Iterable[Ask], told: Mapping[str, Any], today: date, came: date | None, begun: date
) -> dict[str, str]:
    found = {ask.code: wrong(flow, ask, told, today, came, begun) for ask in asks}
    return {code: why for code, why in found.items() if why}
