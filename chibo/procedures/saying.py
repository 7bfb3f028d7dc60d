"""Cases in words: where one stands, how long it has, for whom it waits, the way it went so far."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day, moment
from chibo.organizations.roles import RoleCode
from chibo.procedures.flow import BEGIN, Ask, Flow, day_told, said
from chibo.procedures.models import Case, CasePaper, Deed, Signature, Stage, Vote


def left(due_on: date | None, today: date) -> str:
    """How long a step has: days late, the last day, days left; nothing where there is no limit."""
    if due_on is None:
        return ""
    days = (due_on - today).days
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": count(-days)}
    if days == 0:
        return _("today is its last day")
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": count(days)}


def waited(since: date | None, today: date) -> str:
    """How long a case has waited at its step; nothing where that is not known."""
    if since is None:
        return ""
    days = (today - since).days
    if days <= 0:
        return _("waits since today")
    return ngettext("waits %(n)s day", "waits %(n)s days", days) % {"n": count(days)}


def result_of(flow: Flow, code: str) -> str:
    """A result in words; by its code if its procedure does not tell it."""
    return said(flow.results.get(code, {})) or code


def step_of(flow: Flow, code: str) -> str:
    """A step in words; the beginning has a name of its own."""
    return next(
        (said(step.name) for step in flow.steps if step.code == code), _("Beginning") if code == BEGIN else code
    )


def standing(flow: Flow, status: str, result: str, step: str | None) -> str:
    """How a case stands: at which step, suspended there, or how it ended."""
    if status == Case.Status.ENDED:
        return result_of(flow, result)
    if status == Case.Status.WITHDRAWN or step is None:
        return str(Case.Status(status).label)
    at = step_of(flow, step)
    return _("%(step)s (suspended)") % {"step": at} if status == Case.Status.SUSPENDED else at


@dataclass(frozen=True)
class Waiting:
    """A unit a step waits for, with the roles of which one acts there."""

    unit: Cell
    roles: str


def waiting(waits: Iterable[Mapping[str, Any]], cell: Any) -> list[Waiting]:
    """For whom a stage waits, as `queries.stages_of` told, unit by unit; `cell` shows one as the reader may see it."""
    found: dict[int, list[str]] = {}
    units = {each["unit"]: cell(each["unit"], each["path"], each["name"]) for each in waits}
    for each in waits:
        label = str(RoleCode(each["role"]).label)
        if label not in found.setdefault(each["unit"], []):
            found[each["unit"]].append(label)
    return [Waiting(units[pk], _(" or ").join(roles)) for pk, roles in found.items()]


@dataclass(frozen=True)
class Signed:
    """What somebody did to a case, by which right."""

    what: str
    who: str
    right: str
    unit: str
    when: str
    reason: str


@dataclass(frozen=True)
class Passed:
    """A step a case went through, or stands at: when, how it was left, what was told, voted and signed there."""

    title: str
    on: date
    until: date | None
    kind: str
    notes: Sequence[str]
    told: Sequence[tuple[str, str]]
    votes: Sequence[str]
    is_draft: bool  # what was told and voted there is not signed
    signed: Sequence[Signed]


def drafts(stages: Iterable[Stage], signatures: Iterable[Signature]) -> set[int]:
    """The stages at which nobody has signed: what was told, voted and handed in there is a draft."""
    signed = {each.stage_id for each in signatures if each.deed == Deed.SIGNED}
    return {stage.pk for stage in stages if stage.pk not in signed}


def way(
    case: Case, stages: Sequence[Stage], signatures: Sequence[Signature], votes: Iterable[Vote], *, acts: bool
) -> list[Passed]:  # fmt: skip
    """The way a case went so far, the newest first; drafts only for who acts. Asks nothing of the database."""
    flow = case.version.flow
    of: dict[int, list[Signature]] = {}
    for each in signatures:
        of.setdefault(each.stage_id, []).append(each)
    counted: dict[int, list[Vote]] = {}
    for vote in votes:
        counted.setdefault(vote.stage_id, []).append(vote)
    last = {stage.step: stage.pk for stage in stages}
    unsigned = drafts(stages, signatures)
    hidden = {stage.pk for stage in stages if stage.pk in unsigned and (stage.done_on or not acts)}
    return [
        Passed(
            step_of(flow, stage.step),
            stage.entered_on,
            stage.done_on,
            "sum" if stage.is_skipped else "post" if stage.done_on is None else "stage",
            _notes(stage),
            _answers(case, stage) if last[stage.step] == stage.pk and stage.pk not in hidden else [],
            [_counted(vote, vote is not own[-1]) for vote in own]
            if (own := counted.get(stage.pk)) and stage.pk not in hidden
            else [],
            stage.pk in unsigned,
            [signed(flow, stage, each) for each in of.get(stage.pk, ())],
        )
        for stage in reversed(stages)
    ]


def _notes(stage: Stage) -> list[str]:
    if stage.is_skipped:
        return [_("Left out: it does not apply here.")]
    if stage.done_on is not None and stage.due_on is not None and stage.done_on > stage.due_on:
        days = (stage.done_on - stage.due_on).days
        return [ngettext("%(n)s day late", "%(n)s days late", days) % {"n": count(days)}]
    return []


def _answers(case: Case, stage: Stage) -> list[tuple[str, str]]:
    """What the last visit to a step was told."""
    step = next((each for each in case.version.flow.steps if each.code == stage.step), None)
    asks = step.asks if step else ()
    return [
        (said(ask.name), answer(ask, case.told[ask.code])) for ask in asks if case.told.get(ask.code) not in (None, "")
    ]


def answer(ask: Ask, value: Any) -> str:
    """What was told, as people read it."""
    if ask.kind == "choice":
        return said(ask.choices.get(str(value), {})) or str(value)
    if ask.kind == "day":
        found = day_told({ask.code: value}, ask.code)
        return day(found) if found else str(value)
    return str(value)


def _counted(vote: Vote, is_replaced: bool) -> str:
    """A vote in a sentence; of an open one also who held up their hand for what."""
    words = {
        "day": day(vote.held_on), "summoned": count(vote.summoned), "present": count(vote.present),
        "for": count(vote.votes_for), "against": count(vote.against), "invalid": count(vote.invalid),
    }  # fmt: skip
    told = _(
        "Vote of %(day)s: %(summoned)s summoned, %(present)s present; %(for)s for, %(against)s against,"
        " %(invalid)s invalid."
    )
    ways = {"for": _("For: %(names)s."), "against": _("Against: %(names)s."), "none": _("Neither: %(names)s.")}
    for way, sentence in ways.items():
        names = [name for name, hand in vote.hands if hand == way]
        if names:
            told += " " + sentence.replace("%(names)s", ", ".join(names).replace("%", "%%"))
    told = told % words
    return _("%(vote)s A later record stands in its stead.") % {"vote": told} if is_replaced else told


def signed_as(flow: Flow, code: str, outcome: str, deed: str) -> str:
    """What a signature says: the outcome of its step in words, or what else was done."""
    step = next((one for one in flow.steps if one.code == code), None)
    chosen = step.outcome(outcome) if step else None
    return said(chosen.name) if chosen else str(Deed(deed).label)


def signed(flow: Flow, stage: Stage, each: Signature) -> Signed:
    """A signature in words: what, by whom and for whom, by which right, when, why."""
    what = signed_as(flow, stage.step, each.outcome, each.deed)
    if each.deed == Deed.TIMED_OUT:
        what = _("%(outcome)s, by itself: the time was over") % {"outcome": what}
    who = str(each.by) if each.by else _("the system")
    if each.lent_by is not None:
        who = _("%(name)s, acting for %(other)s") % {"name": who, "other": each.lent_by}
    role = str(RoleCode(each.role).label) if each.role else ""
    return Signed(what, who, role, each.unit.name if each.unit else "", moment(each.at), each.reason)


def papers(
    case: Case, flow: Flow, stages: Iterable[Stage], kept: Iterable[CasePaper], unsigned: Container[int] = ()
) -> Table:  # fmt: skip
    """The papers of a case, the newest first: what each is, of which step, by whom.

    Earlier versions are marked, and those of stages at which nobody has signed.
    """
    steps = {stage.pk: stage.step for stage in stages}
    slots = {(step.code, slot.code): slot for step in flow.steps for slot in step.papers}
    rows, seen = list[list[Cell]](), set[tuple[str, str]]()
    for each in reversed(list(kept)):
        key = (steps[each.stage_id], each.slot)
        slot, paper = slots.get(key), each.paper
        url = reverse("case_paper", args=[case.pk, each.pk]) if paper.has_file else ""
        lies = ", ".join(filter(None, [paper.number, paper.kept_at]))
        draft = _("not signed yet") if each.stage_id in unsigned else ""
        note = _("earlier version") if key in seen else ", ".join(filter(None, ["" if paper.has_file else lies, draft]))
        seen.add(key)
        by = each.by.full_name if each.by else _("the program")
        rows.append(
            [
                Cell(text=said(slot.name) if slot else paper.title, url=url, note=note),
                Cell(text=slot.form if slot else ""),
                Cell(text=step_of(flow, key[0])),
                Cell(text=day(timezone.localdate(each.at))),
                Cell(text=by, lang="vi"),
            ]
        )
    heads = (_("Paper"), _("Form"), _("Step"), _("Day"), _("By"))
    return Table(
        caption=_("Papers of this case"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=rows,
        stacks=True,
    )
