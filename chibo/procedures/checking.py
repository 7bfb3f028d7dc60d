"""What is wrong with a procedure that somebody wrote down: every fault named; above all, that it can always end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES
from chibo.procedures import registry
from chibo.procedures.flow import (
    ALL,
    ANY,
    BEGIN,
    CASE,
    MEMBER,
    STEP,
    YEAR,
    Ask,
    Flow,
    Party,
    Share,
    Step,
    Words,
    read,
    said,
)
from chibo.procedures.limits import DAYS, MONTHS, WORKING_DAYS
from chibo.procedures.places import PLACES

ASKS = ("text", "line", "day", "number", "choice")
EARLIEST = ("", STEP, CASE, YEAR)
COUNTED = ("summoned", "present", "valid")
MOST = 3660  # the longest limit


def faults(told: Mapping[str, Any]) -> list[str]:
    """Every fault of a procedure told as JSON; nothing if cases can go by it."""
    try:
        flow = read(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [_("This is not a procedure: %(what)s.") % {"what": error}]
    try:
        return [*_whole(flow), *(fault for step in flow.steps for fault in _of_step(flow, step)), *_ways(flow)]
    except (TypeError, AttributeError, ZeroDivisionError) as error:
        return [_("This is not a procedure: %(what)s.") % {"what": error}]


def untranslated(told: Mapping[str, Any]) -> list[str]:
    """What of a procedure is named in one language only, part by part; nothing of one that can't be read."""
    try:
        return list(_untranslated(read(told)))
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _untranslated(flow: Flow) -> Iterator[str]:
    for code, words in flow.results.items():
        yield from _unnamed(_("Result"), code, words)
    for ask in flow.asks:
        yield from _unnamed(_("Question"), ask.code, ask.name)
        for code, words in ask.choices.items():
            yield from _unnamed(said(ask.name) or ask.code, code, words)
    for step in flow.steps:
        yield from _unnamed(_("Step"), step.code, step.name)
        where = said(step.name) or step.code
        choices = [(code, words) for ask in step.asks for code, words in ask.choices.items()]
        parts = [*((slot.code, slot.name) for slot in step.papers), *((ask.code, ask.name) for ask in step.asks)]
        parts += [(outcome.code, outcome.name) for outcome in step.outcomes]
        for code, words in (*parts, *choices):
            yield from _unnamed(where, code, words)


def _unnamed(where: str, code: str, words: Words) -> Iterator[str]:
    """What is said of a name that is missing in one of the languages."""
    missing = {
        "vi": _("%(where)s: %(what)s has no Vietnamese name."),
        "en": _("%(where)s: %(what)s has no English name."),
    }
    for language, sentence in missing.items():
        if not words.get(language):
            yield sentence % {"where": where, "what": said(words) or code}


def _whole(flow: Flow) -> Iterator[str]:
    if not flow.steps:
        yield _("A procedure needs a step.")
    codes = [step.code for step in flow.steps]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield _("There are two steps %(code)s.") % {"code": code}
    if BEGIN in codes:
        yield _("No step can be called %(code)s.") % {"code": BEGIN}
    if not flow.begins and not flow.by_member:
        yield _("Somebody has to be able to begin it.")
    yield from _asks(flow, flow.asks)
    for code in flow.when:
        if code not in registry.guards:
            yield _("Unknown condition: %(what)s.") % {"what": code}
    for party in (*flow.begins, *flow.withdraws):
        yield from _party(party)


def _party(party: Party) -> Iterator[str]:
    if party.at == MEMBER:
        if party.roles:
            yield _("Whom the case concerns acts without a role.")
        return
    if party.at not in PLACES:
        yield _("Unknown place: %(what)s.") % {"what": party.at}
    if not party.roles:
        yield _("No role is named for %(what)s.") % {"what": PLACES.get(party.at, (party.at,))[0]}
    for role in party.roles:
        if role not in ROLES or P.CASE_ACT not in ROLES[role].permissions:
            yield _("This role does not act on cases: %(what)s.") % {"what": role}


def _of_step(flow: Flow, step: Step) -> Iterator[str]:
    """What is wrong within a step."""
    codes = {each.code for each in flow.steps}
    for fault in _inside(flow, step, codes):
        yield f"{said(step.name) or step.code}: {fault}"


def _inside(flow: Flow, step: Step, codes: set[str]) -> Iterator[str]:
    if not step.who:
        yield _("nobody acts.")
    for party in step.who:
        yield from _party(party)
    if step.need not in (ANY, ALL) and not (isinstance(step.need, int) and 1 <= step.need <= 20):
        yield _("how many have to sign is any, all, or a number.")
    for each in step.apart_from:
        if each not in codes | {BEGIN}:
            yield _("unknown step %(code)s.") % {"code": each}
        if each == step.code:
            yield _("a step can't be kept apart from itself.")
    for named, many in (("papers", step.papers), ("asks", step.asks), ("outcomes", step.outcomes)):
        listed = [each.code for each in many]
        if len(set(listed)) < len(listed):
            yield _("the same code twice among its %(what)s.") % {"what": named}
    for slot in step.papers:
        if slot.made and not slot.form:
            yield _("%(what)s has no form from which it could be made.") % {"what": said(slot.name) or slot.code}
    yield from _asks(flow, step.asks)
    if step.vote is not None:
        if step.vote.electorate not in registry.electorates:
            yield _("unknown voters: %(what)s.") % {"what": step.vote.electorate}
        yield from _share(step.vote.carried)
        yield from _share(step.vote.quorum) if step.vote.quorum else ()
    yield from _limit(flow, step)
    yield from _outcomes(flow, step, codes)
    if step.skip is not None:
        if step.skip.when not in registry.guards:
            yield _("unknown condition: %(what)s.") % {"what": step.skip.when}
        if step.skip.to not in codes:
            yield _("unknown step %(code)s.") % {"code": step.skip.to}


def _asks(flow: Flow, asks: Iterable[Ask]) -> Iterator[str]:
    days = flow.told_days
    for ask in asks:
        if any(span.since not in days or ask.kind != "day" for span in ask.spans):
            yield _("%(what)s is reckoned from a day that nobody tells.") % {"what": said(ask.name) or ask.code}
        if ask.earliest not in EARLIEST or (ask.kind != "day" and (ask.done or ask.earliest)):
            yield _("unknown earliest day: %(what)s.") % {"what": said(ask.name) or ask.code}
        if ask.kind not in ASKS or (ask.kind == "choice") != bool(ask.choices):
            yield _("unknown kind of question: %(what)s.") % {"what": ask.kind}


def _share(share: Share) -> Iterator[str]:
    if share.of not in COUNTED or share.m < 1 or not 0 <= share.n <= share.m or (share.more and share.n == share.m):
        yield _("this share of votes can't be.")


def _limit(flow: Flow, step: Step) -> Iterator[str]:
    limit = step.limit
    if limit is None:
        if step.reminders:
            yield _("it reminds of a limit it does not have.")
        return
    if limit.unit not in (DAYS, MONTHS, WORKING_DAYS) or not 0 <= limit.n <= MOST:
        yield _("this limit can't be.")
    if limit.since not in {"step", "case", *flow.told_days}:
        yield _("unknown beginning of the limit: %(what)s.") % {"what": limit.since}
    then = step.outcome(limit.then)
    if limit.then and then is None:
        yield _("what follows by itself is none of its outcomes.")
    for each in step.reminders:
        if each.to not in ("who", "above") or abs(each.days) > MOST:
            yield _("this reminder can't be.")


def _outcomes(flow: Flow, step: Step, codes: set[str]) -> Iterator[str]:
    for each in step.outcomes:
        if bool(each.to) == bool(each.ends):
            yield _("%(what)s has to lead to a step or to an end.") % {"what": said(each.name)}
        if each.to and each.to not in codes:
            yield _("unknown step %(code)s.") % {"code": each.to}
        if each.ends and each.ends not in flow.results:
            yield _("unknown result %(code)s.") % {"code": each.ends}
        if each.effect and each.effect not in registry.effects:
            yield _("unknown effect %(code)s.") % {"code": each.effect}
        if set(each.needs) - {ask.code for ask in step.asks}:
            yield _("%(what)s needs an answer that the step does not ask for.") % {"what": said(each.name)}
        for code in each.guards:
            if code not in registry.guards:
                yield _("unknown condition: %(what)s.") % {"what": code}
            if code in ("carried", "not_carried") and step.vote is None:
                yield _("%(what)s asks for a vote that is not there.") % {"what": said(each.name)}


def always_open(step: Step) -> bool:
    """Whether a step can be left whatever holds: an outcome without conditions, or two that complement each other."""
    left = [{code for code in each.guards if not _comes(code)} for each in step.outcomes]
    alone = {next(iter(codes)) for codes in left if len(codes) == 1}
    return set() in left or any(_complement(code) in alone for code in alone)


def _comes(code: str) -> bool:
    return code in registry.guards and registry.guards[code].comes


def _complement(code: str) -> str:
    return registry.guards[code].complement if code in registry.guards else ""


def _ways(flow: Flow) -> Iterator[str]:
    """Steps and results never reached, steps from which no end is reached or that may hold a case for ever."""
    steps = {step.code: step for step in flow.steps}
    if not steps:
        return
    reached, todo = set[str](), [flow.first.code]
    while todo:
        code = todo.pop()
        if code in steps and code not in reached:
            reached.add(code)
            todo += [to for to in steps[code].ways() if to]
    ends = {code for code, step in steps.items() if any(each.ends for each in step.outcomes)}
    grown = True
    while grown:
        more = {code for code, step in steps.items() if code not in ends and ends & set(step.ways())}
        ends, grown = ends | more, bool(more)
    for code, step in steps.items():
        name = said(step.name) or code
        if code not in reached:
            yield _("%(step)s is never reached.") % {"step": name}
        if code not in ends:
            yield _("From %(step)s no end is reached.") % {"step": name}
        if not always_open(step):
            yield _("%(step)s may hold a case for ever: give it an outcome without conditions.") % {"step": name}
    given = {each.ends for code in reached for each in steps[code].outcomes if each.ends}
    for code in flow.results:
        if code not in given:
            yield _("No case can come to this result: %(result)s.") % {"result": said(flow.results[code]) or code}
    yield from _rings(steps)


def _rings(steps: Mapping[str, Step]) -> Iterator[str]:
    """Steps left out one after the other that lead back to where they began."""
    for code in steps:
        seen, at = [code], steps[code].skip
        while at is not None and at.to in steps and at.to not in seen:
            seen.append(at.to)
            at = steps[at.to].skip
        if at is not None and at.to == code:
            yield _("%(step)s may be left out in a ring.") % {"step": said(steps[code].name) or code}
