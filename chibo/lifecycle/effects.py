"""What follows in the records from the outcomes of cases, each in the transaction of the signature that ends them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.admissions import actions as admissions
from chibo.admissions.models import State
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.files import actions as files
from chibo.files.groups import FACTS
from chibo.files.models import Source
from chibo.lifecycle import actions, following
from chibo.lifecycle.actions import JOINED
from chibo.lifecycle.models import MemberCase
from chibo.lifecycle.policies import CORRECTS, fact_said
from chibo.lifecycle.queries import membership_on
from chibo.members import lives
from chibo.members.models import Membership, Reason, TemporaryStay, TransferKind, Way
from chibo.procedures import limits
from chibo.procedures.flow import day_told
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


def _decision(moment: Moment) -> str:
    """The decision as it is quoted: its number and day."""
    number, on = moment.case.told.get("decision", ""), day_told(moment.case.told, "decided_on")
    return f"{number}, {day(on)}"[:500] if number and on else str(number)[:500]


@effect("members.admit", label=gettext_lazy("they become a member on probation, and the probation begins"))
def admit(moment: Moment, by: Any, at: datetime) -> None:
    about, case = _about(moment), moment.case
    joined_on = _day(moment, "joined_on")
    membership = lives.admit(
        person=about.person, cell=case.unit, joined_on=joined_on, decided_on=_day(moment, "decided_on"),
        decision=_decision(moment), by=None, at=at,
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


def _transfer(moment: Moment, kind: str, until: date | None, at: datetime) -> None:
    if moment.case.to_unit is None:
        raise Denied(_("The receiving cell is not said."))
    lives.transfer(
        membership=_membership(moment), to_cell=moment.case.to_unit, on=_day(moment, "on"), kind=kind, until=until,
        by=None, at=at,
    )  # fmt: skip


@effect("members.transfer_official", label=gettext_lazy("they belong to the receiving cell"))
def transfer_official(moment: Moment, by: Any, at: datetime) -> None:
    _transfer(moment, TransferKind.OFFICIAL, None, at)
    if moment.case.to_unit is not None:
        following.go_along(_about(moment).person, moment.case.to_unit, moment.case, at)


@effect("members.transfer_temporary", label=gettext_lazy("they attend the receiving cell for a time"))
def transfer_temporary(moment: Moment, by: Any, at: datetime) -> None:
    """For a time; who attends that cell already stays there longer."""
    membership, until = _membership(moment), _day(moment, "until")
    there = TemporaryStay.objects.filter(membership=membership, cell=moment.case.to_unit, to_on=None)
    if moment.case.to_unit is not None and there.exists():
        lives.extend_temporary(membership=membership, until=until, decision=_decision(moment), by=None, at=at)
        return
    _transfer(moment, TransferKind.TEMPORARY, until, at)


@effect("members.exempt", label=gettext_lazy("they are exempt from work and meetings"), lasts=True)
def exempt(moment: Moment, by: Any, at: datetime) -> None:
    lives.exempt(
        membership=_membership(moment), from_on=_day(moment, "from_on"), decision=_decision(moment), by=None, at=at
    )  # fmt: skip


@effect("members.return_from_exemption", label=gettext_lazy("they are exempt no longer"), lasts=True)
def return_from_exemption(moment: Moment, by: Any, at: datetime) -> None:
    lives.return_from_exemption(membership=_membership(moment), on=_day(moment, "on"), by=None, at=at)


@effect("members.go_abroad", label=gettext_lazy("they are abroad, counted at home"))
def go_abroad(moment: Moment, by: Any, at: datetime) -> None:
    actions.go_abroad(
        membership=_membership(moment), from_on=_day(moment, "from_on"), country=str(moment.case.told["country"]),
        until=day_told(moment.case.told, "until"), case=moment.case, by=None, at=at,
    )  # fmt: skip


@effect("members.come_back", label=gettext_lazy("they are back from abroad"))
def come_back(moment: Moment, by: Any, at: datetime) -> None:
    actions.come_back(membership=_membership(moment), on=_day(moment, "on"), by=None, at=at)


def _depart(moment: Moment, reason: str, on: date, at: datetime) -> None:
    gone = lives.depart(
        membership=_membership(moment), on=on, reason=reason, decision=_decision(moment), by=None, at=at
    )  # fmt: skip
    following.left(gone, moment.case, at)


@effect("members.leave", label=gettext_lazy("they are no longer a member: left on request"))
def leave(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.RESIGNED, _day(moment, "decided_on"), at)


@effect("members.remove_name", label=gettext_lazy("they are no longer a member: name removed"))
def remove_name(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.NAME_REMOVED, moment.today, at)


@effect(
    "members.strike_probationer",
    label=gettext_lazy("they are no longer a member: struck from the list of probationary members"),
)
def strike_probationer(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.NAME_REMOVED, _day(moment, "decided_on"), at)


@effect("members.expel", label=gettext_lazy("they are no longer a member: expelled"))
def expel(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.EXPELLED, _day(moment, "decided_on"), at)


@effect("members.die", label=gettext_lazy("they are no longer a member: deceased"))
def die(moment: Moment, by: Any, at: datetime) -> None:
    _depart(moment, Reason.DECEASED, _day(moment, "on"), at)


@effect("members.award_badge", label=gettext_lazy("the badge is recorded as awarded"))
def award_badge(moment: Moment, by: Any, at: datetime) -> None:
    told = moment.case.told
    lives.award_badge(
        person=_about(moment).person, years=int(told["years"]), awarded_on=_day(moment, "awarded_on"),
        decided_on=_day(moment, "decided_on"), number=str(told.get("number", ""))[:100],
        way=WAYS.get(str(told.get("why")), Way.IN_TIME), decision=_decision(moment), by=None, at=at,
    )  # fmt: skip


@effect(CORRECTS, label=gettext_lazy("the record says what was asked for, where it is one of its fields"))
def correct(moment: Moment, by: Any, at: datetime) -> None:
    fact, value = str(moment.case.told.get("what")), str(moment.case.told.get("value", ""))
    if fact not in FACTS:
        return  # it is put right in the file itself, by who keeps it
    files.correct_fact(
        person=_about(moment).person, fact=fact, value=fact_said(fact, value), source=Source.DECLARED, by=None, at=at
    )  # fmt: skip
