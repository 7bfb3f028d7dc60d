"""What follows in the records from the outcomes of cases, each in the transaction of the signature that ends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from chibo.admissions import actions as admissions
from chibo.admissions.models import State
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.files import actions as files
from chibo.files.groups import FACTS, LONGEST_LINE
from chibo.files.models import Source
from chibo.files.queries import rests_said
from chibo.lifecycle import actions, following
from chibo.lifecycle.actions import JOINED
from chibo.lifecycle.models import MemberCase
from chibo.lifecycle.policies import CORRECTS, fact_said
from chibo.lifecycle.queries import membership_on
from chibo.members import lives
from chibo.members.models import Membership, Reason, TemporaryStay, TransferKind, Way
from chibo.organizations.models import Unit
from chibo.papers.making import LANGUAGE
from chibo.procedures import limits, papering
from chibo.procedures.flow import day_told
from chibo.procedures.places import Lines
from chibo.procedures.registry import Moment, effect

WAYS = {"early": Way.EARLY, "posthumous": Way.POSTHUMOUS}


def _about(moment: Moment) -> MemberCase:
    return moment.case.member_case


def _membership(moment: Moment) -> Membership:
    found = membership_on(_about(moment).person, moment.today)
    if found is None:
        raise Denied(_("This is no member today."))
    return found


def _day(moment: Moment, code: str) -> date:
    told = day_told(moment.case.told, code)
    if told is None:
        raise Denied(_("A day is still to be told."))
    return told


@contextmanager
def _told(code: str) -> Iterator[None]:
    """What is refused in this is refused because of the answer to a question, unless it says another."""
    try:
        yield
    except Denied as denied:
        raise Denied(str(denied), denied.field or code, denied.by) from denied


def _decision(moment: Moment) -> str:
    """The decision as it is quoted: its number and day."""
    number, on = moment.case.told.get("decision", ""), day_told(moment.case.told, "decided_on")
    return f"{number}, {day(on)}"[:500] if number and on else str(number)[:500]


@effect("members.admit", label=gettext_lazy("they become a member on probation, and the probation begins"))
def admit(moment: Moment, by: Any, at: datetime) -> None:
    about, joined_on = _about(moment), _day(moment, "joined_on")
    cell = Lines(moment.case, moment.today).began
    decided_on = _day(moment, "decided_on")
    with _told("joined_on"):
        membership = lives.admit(
            person=about.person, cell=cell, joined_on=joined_on, decided_on=decided_on, decision=_decision(moment),
            by=None, at=at,
        )  # fmt: skip
    about.membership = membership
    about.save(update_fields=["membership"])
    actions.joined(about=about, membership=membership, by=None, at=at)


@effect("admissions.apply", label=gettext_lazy("they have applied: helper, certificate and age are looked at"))
def apply(moment: Moment, by: Any, at: datetime) -> None:
    source = actions.listed(_about(moment).person)
    if source is None:
        raise Denied(_("They are on no list of sources: list them first."))
    if source.state != State.APPLICANT:
        admissions.apply(source=source, on=moment.today, by=None, at=at)


@effect("admissions.set_aside", label=gettext_lazy("the application has come to nothing"))
def set_aside(moment: Moment, by: Any, at: datetime) -> None:
    following.set_aside(moment.case, at)


@effect("members.recognise", label=gettext_lazy("they become an official member"))
def recognise(moment: Moment, by: Any, at: datetime) -> None:
    """From the day on which the probation was over, however long the case rested or took."""
    membership = _membership(moment)
    probation = next((step.limit for step in moment.flow.steps if step.limit and step.limit.since == JOINED), None)
    official_on = limits.due_on(membership.joined_on, probation.n, probation.unit) if probation else moment.today
    lives.recognise(membership=membership, official_on=official_on, decision=_decision(moment), by=None, at=at)


def _receiving(moment: Moment) -> Unit:
    """The receiving cell, or what came of it."""
    found = Lines(moment.case, moment.today).receiving
    if found is None:
        raise Denied(_("The receiving cell is not said."))
    return found


def _transfer(moment: Moment, kind: str, until: date | None, at: datetime) -> None:
    membership, to_cell, on = _membership(moment), _receiving(moment), _day(moment, "on")
    with _told("on"):
        lives.transfer(membership=membership, to_cell=to_cell, on=on, kind=kind, until=until, by=None, at=at)


@effect("members.transfer_official", label=gettext_lazy("they belong to the receiving cell"))
def transfer_official(moment: Moment, by: Any, at: datetime) -> None:
    _transfer(moment, TransferKind.OFFICIAL, None, at)
    following.go_along(_about(moment).person, _receiving(moment), moment.case, at)


@effect("members.transfer_temporary", label=gettext_lazy("they attend the receiving cell for a time"))
def transfer_temporary(moment: Moment, by: Any, at: datetime) -> None:
    """For a time; who attends that cell already stays there longer."""
    membership, until = _membership(moment), _day(moment, "until")
    there = TemporaryStay.objects.filter(membership=membership, cell=_receiving(moment), to_on=None)
    if there.exists():
        with _told("until"):
            lives.extend_temporary(membership=membership, until=until, decision=_decision(moment), by=None, at=at)
        return
    _transfer(moment, TransferKind.TEMPORARY, until, at)


@effect("members.exempt", label=gettext_lazy("they are exempt from work and meetings"), lasts=True)
def exempt(moment: Moment, by: Any, at: datetime) -> None:
    membership, from_on = _membership(moment), _day(moment, "from_on")
    with _told("from_on"):
        lives.exempt(membership=membership, from_on=from_on, decision=_decision(moment), by=None, at=at)


@effect("members.return_from_exemption", label=gettext_lazy("they are exempt no longer"), lasts=True)
def return_from_exemption(moment: Moment, by: Any, at: datetime) -> None:
    membership, on = _membership(moment), _day(moment, "on")
    with _told("on"):
        lives.return_from_exemption(membership=membership, on=on, by=None, at=at)


@effect("members.go_abroad", label=gettext_lazy("they are abroad, counted at home"))
def go_abroad(moment: Moment, by: Any, at: datetime) -> None:
    membership, from_on, told = _membership(moment), _day(moment, "from_on"), moment.case.told
    with _told("from_on"):
        actions.go_abroad(
            membership=membership, from_on=from_on, country=str(told.get("country", "")),
            until=day_told(told, "until"), case=moment.case, by=None, at=at,
        )  # fmt: skip


@effect("members.come_back", label=gettext_lazy("they are back from abroad"))
def come_back(moment: Moment, by: Any, at: datetime) -> None:
    membership, on = _membership(moment), _day(moment, "on")
    with _told("on"):
        actions.come_back(membership=membership, on=on, by=None, at=at)


def _depart(moment: Moment, reason: str, code: str, at: datetime) -> None:
    """Someone leaves on the day told under a code; without one today."""
    membership, on = _membership(moment), _day(moment, code) if code else moment.today
    with _told(code):
        gone = lives.depart(membership=membership, on=on, reason=reason, decision=_decision(moment), by=None, at=at)
    following.left(gone, moment.case, at)


@effect("members.leave", label=gettext_lazy("they are no longer a member: left on request"))
def leave(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.RESIGNED, "decided_on", at)


@effect("members.remove_name", label=gettext_lazy("they are no longer a member: name removed"))
def remove_name(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.NAME_REMOVED, "", at)


@effect(
    "members.strike_probationer",
    label=gettext_lazy("they are no longer a member: struck from the list of probationary members"),
)
def strike_probationer(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.NAME_REMOVED, "decided_on", at)


@effect("members.expel", label=gettext_lazy("they are no longer a member: expelled"))
def expel(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.EXPELLED, "decided_on", at)


@effect("members.die", label=gettext_lazy("they are no longer a member: deceased"))
def die(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.DECEASED, "on", at)


@effect("members.award_badge", label=gettext_lazy("the badge is recorded as awarded"))
def award_badge(moment: Moment, by: Any, at: datetime) -> None:
    told = moment.case.told
    awarded_on, decided_on = _day(moment, "awarded_on"), day_told(told, "decided_on")
    with _told("awarded_on"):
        lives.award_badge(
            person=_about(moment).person, years=int(told.get("years") or 0), awarded_on=awarded_on,
            decided_on=decided_on, number=str(told.get("number", ""))[:100],
            way=WAYS.get(str(told.get("why")), Way.IN_TIME), decision=_decision(moment), by=None, at=at,
        )  # fmt: skip


@effect(CORRECTS, label=gettext_lazy("the record says what was asked for, where it is one of its fields"))
def correct(moment: Moment, by: Any, at: datetime) -> None:
    fact, value = str(moment.case.told.get("what")), str(moment.case.told.get("value", ""))
    if fact not in FACTS:
        return  # it is put right in the file itself, by who keeps it
    rests_on = _rests_on(moment)
    with override(LANGUAGE):
        paper = rests_said(rests_on)[:LONGEST_LINE]  # as documents quote it
    files.correct_fact(
        person=_about(moment).person, fact=fact, value=fact_said(fact, value), source=Source.DOCUMENT,
        paper=paper, paper_on=papering.decided_on(moment.case, moment.step) or moment.today, rests_on=rests_on,
        by=None, at=at,
    )  # fmt: skip


def _rests_on(moment: Moment) -> dict[str, Any]:
    """The case, the decision and the papers in it: by their numbers, and by their names in every language."""
    case = moment.case
    slots = {(step.code, slot.code): slot for step in moment.flow.steps for slot in step.papers}
    papers = [
        {
            "name": dict(slots[key].name) if key in slots else {"vi": each.paper.title},
            "number": each.paper.number,
            "on": each.paper.dated_on.isoformat() if each.paper.dated_on else "",
        }
        for key, each in papering.papers_of(case).items()
    ]
    decision = str(case.told.get(papering.NUMBERED) or "")
    return {"case": case.pk, "procedure": dict(case.version.name), "decision": decision, "papers": papers}
