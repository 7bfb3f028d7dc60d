"""A procedure in words: who acts, what a step needs, how long it may take, how it ends; for pages, diagrams, docs."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.organizations.roles import RoleCode
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
    Limit,
    Outcome,
    Party,
    Remind,
    Share,
    Slot,
    Span,
    Step,
    said,
)
from chibo.procedures.limits import MONTHS, WORKING_DAYS
from chibo.procedures.places import CONCERNED, PLACES

ROLE_WORDS = dict(RoleCode.choices)


def place(code: str) -> str:
    """A place by its name, or whom the case is about; one nobody knows by its code."""
    if code == MEMBER:
        return str(CONCERNED)
    return str(PLACES[code][0]) if code in PLACES else code


def roles(codes: Iterable[str]) -> str:
    """Some roles, one of which is enough."""
    return _(" or ").join(str(ROLE_WORDS.get(code, code)) for code in codes)


def party(each: Party) -> str:
    """Who acts at which place; by a right of the program's roles, or for themself."""
    if not each.roles:
        return place(each.at)
    return _("%(role)s, %(place)s") % {"role": roles(each.roles), "place": place(each.at)}


def parties(many: Iterable[Party]) -> str:
    """Several who act, in one line."""
    return "; ".join(party(each) for each in many)


def name_of(flow: Flow, code: str) -> str:
    """A step by its name; one that is not there by its code."""
    if code == BEGIN:
        return _("the beginning")
    return next((called(step) for step in flow.steps if step.code == code), code)


def called(step: Step) -> str:
    """A step's name, or its code while it has none."""
    return said(step.name) or step.code


def result(flow: Flow, code: str) -> str:
    """A result by its name; one that is not there by its code."""
    return said(flow.results[code]) if flow.results.get(code) else code


def need(step: Step) -> str:
    """How many have to sign."""
    if step.need == ANY:
        return _("one of them signs") if len(step.who) > 1 or any(len(each.roles) > 1 for each in step.who) else ""
    if step.need == ALL:
        return _("each of them signs")
    many = step.need if isinstance(step.need, int) else 0
    return ngettext("%(n)s person signs", "%(n)s different people sign", many) % {"n": step.need}


def share(each: Share) -> str:
    """A share of votes: at least 2/3 of those summoned."""
    of = {
        "summoned": _("of those summoned"),
        "present": _("of those present"),
        "valid": _("of the valid votes"),
    }.get(each.of, each.of)
    part = _("all") if each.n == each.m else f"{each.n}/{each.m}"
    if each.more:
        return _("more than %(share)s %(of)s") % {"share": part, "of": of}
    return _("at least %(share)s %(of)s") % {"share": part, "of": of}


def vote(step: Step) -> list[str]:
    """What is said of the vote of a step: who votes, how many have to be there, how many for it."""
    rule = step.vote
    if rule is None:
        return []
    voters = registry.electorates.get(rule.electorate)
    lines = [_("Votes: %(who)s") % {"who": voters.label if voters else rule.electorate}]
    if rule.quorum:
        lines.append(_("Counts with %(share)s present") % {"share": share(rule.quorum)})
    return [*lines, _("Carried by %(share)s") % {"share": share(rule.carried)}]


def span(n: int, unit: str) -> str:
    """So many days, months or working days."""
    if unit == MONTHS:
        return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}
    if unit == WORKING_DAYS:
        return ngettext("%(n)s working day", "%(n)s working days", n) % {"n": n}
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def how_far(flow: Flow, each: Span) -> str:
    """How far a day may lie after another one."""
    told = {"least": span(each.least, MONTHS), "most": span(each.most, MONTHS), "day": _day_name(flow, each.since)}
    if not each.most and not each.least:
        return _("Not before “%(day)s”") % told
    if not each.most:
        return _("At least %(least)s after “%(day)s”") % told
    if each.less:
        return _("From %(least)s to less than %(most)s after “%(day)s”") % told
    return _("From %(least)s to %(most)s after “%(day)s”") % told


def _asked(flow: Flow, ask: Ask) -> str:
    """What is asked, whether it has to be told, and how far a day may lie after others."""
    text = said(ask.name) + ("" if ask.required else " " + _("(optional)"))
    early = {
        STEP: _("not before the case came to the step"),
        CASE: _("not before the case began"),
        YEAR: _("not more than a year before the case began"),
    }
    far = [_("none to come")] if ask.done else []
    far += [early.get(ask.earliest, ask.earliest)] if ask.earliest else []
    far += [how_far(flow, each) + (f" ({_choice(flow, each)})" if each.ask else "") for each in ask.spans]
    return "; ".join([text, *far])


def _choice(flow: Flow, each: Span) -> str:
    asks = (ask for asks in (flow.asks, *(step.asks for step in flow.steps)) for ask in asks if ask.code == each.ask)
    return next((said(ask.choices.get(each.choice, {})) for ask in asks), "") or each.choice


def limit(flow: Flow, step: Step) -> str:
    """How long a step may take, and since when."""
    if step.limit is None:
        return ""
    since = _since(flow, step.limit)
    text = _("within %(span)s") % {"span": span(step.limit.n, step.limit.unit)}
    text = f"{text} {since}" if since else text
    then = step.outcome(step.limit.then) if step.limit.then else None
    return _("%(limit)s, then by itself: %(outcome)s") % {"limit": text, "outcome": said(then.name)} if then else text


def _since(flow: Flow, rule: Limit) -> str:
    if rule.since == "step":
        return ""
    if rule.since == "case":
        return _("since the case began")
    return _("since the day: %(day)s") % {"day": _day_name(flow, rule.since)}


def _day_name(flow: Flow, code: str) -> str:
    """A day that is asked, or told at the beginning, by its name."""
    asks = (ask for asks in (flow.asks, *(step.asks for step in flow.steps)) for ask in asks if ask.code == code)
    return next((said(ask.name) for ask in asks), day(code))


def reminder(each: Remind) -> str:
    """When it is reminded of a limit, and who is."""
    who = _("the committee above") if each.to == "above" else _("those who act")
    n = abs(each.days)
    if not n:
        return _("reminds %(who)s on the last day") % {"who": who}
    if each.days < 0:
        return _("reminds %(who)s %(span)s before the last day") % {"who": who, "span": span(n, "days")}
    return _("reminds %(who)s %(span)s after the last day") % {"who": who, "span": span(n, "days")}


def paper(slot: Slot) -> str:
    """A paper of a step: its form, whether it is needed, whether the program makes it."""
    notes = [slot.form] if slot.form else []
    if not slot.required:
        notes.append(_("if there is one"))
    if slot.made:
        notes.append(_("made by the program"))
    return f"{said(slot.name) or slot.code} ({', '.join(notes)})" if notes else said(slot.name) or slot.code


def guard(code: str) -> str:
    """A condition by its words; one nobody knows by its code."""
    return str(registry.guards[code].label) if code in registry.guards else code


def effect(code: str) -> str:
    """What follows in the records, by its words; one nobody knows by its code."""
    return str(registry.effects[code].label) if code in registry.effects else code


def subject(code: str) -> str:
    """What a procedure is about, by its words; one nobody knows by its code."""
    return str(registry.subjects[code].label) if code in registry.subjects else code


def day(code: str) -> str:
    """A day that is told at the beginning, by its words; one nobody knows by its code."""
    return str(registry.days.get(code, code))


def leads(flow: Flow, outcome: Outcome) -> str:
    """Where an outcome leads: a step by its name, or the end with its result."""
    if outcome.to:
        return _("to: %(step)s") % {"step": name_of(flow, outcome.to)}
    return _("ends: %(result)s") % {"result": result(flow, outcome.ends) or "–"}


def outcome(flow: Flow, each: Outcome) -> str:
    """An outcome in one line: its name, where it leads, what it takes, what follows."""
    parts = [f"{said(each.name) or each.code} → {leads(flow, each)}"]
    if each.guards:
        parts.append(_("if %(conditions)s") % {"conditions": _(" and ").join(guard(code) for code in each.guards)})
    if each.reason:
        parts.append(_("with a reason"))
    if each.needs:
        names = [said(ask.name) for step in flow.steps for ask in step.asks if ask.code in each.needs]
        parts.append(_("with: %(what)s") % {"what": ", ".join(dict.fromkeys(names))})
    if each.effect:
        parts.append(_("then %(effect)s") % {"effect": effect(each.effect)})
    return "; ".join(parts)


def skipped(flow: Flow, step: Step) -> str:
    """When a step is left out and where the case goes then; nothing if it never is."""
    if step.skip is None:
        return ""
    told = {"condition": guard(step.skip.when), "step": name_of(flow, step.skip.to)}
    return _("Left out if %(condition)s; on to: %(step)s") % told


def facts(flow: Flow, step: Step) -> list[tuple[str, list[str]]]:
    """Everything a step says, by headings; headings of which nothing is said are left out."""
    apart = [name_of(flow, code) for code in step.apart_from]
    asks = [_asked(flow, ask) for ask in step.asks]
    told = [
        (_("Who"), [*(party(each) for each in step.who), *([need(step)] if need(step) else [])]),
        (_("Signs not here who signed at"), [", ".join(apart)] if apart else []),
        (_("Papers"), [paper(each) for each in step.papers]),
        (_("Asks"), asks),
        (_("Vote"), vote(step)),
        (_("Time"), [text for text in [limit(flow, step), *map(reminder, step.reminders)] if text]),
        (_("Left out"), [skipped(flow, step)] if step.skip else []),
        (_("Outcomes"), [outcome(flow, each) for each in step.outcomes]),
    ]
    return [(head, lines) for head, lines in told if lines]


def beginning(flow: Flow) -> list[tuple[str, str]]:
    """Who begins such a case, when and with what, who withdraws it, and how it can end, by headings."""
    member = [_("whom it concerns")] if flow.by_member else []
    begins = [party(each) for each in flow.begins] + member
    withdraws = [party(each) for each in flow.withdraws] + member
    results = [said(words) or code for code, words in flow.results.items()]
    told = [
        (_("Begun by"), begins),
        (_("Begins only if"), [guard(code) for code in flow.when]),
        (_("Asks"), [said(ask.name) for ask in flow.asks]),
        (_("Withdrawn by"), withdraws if flow.withdraws else []),
        (_("Ends as"), results),
    ]
    return [(head, "; ".join(lines)) for head, lines in told if lines]
