"""The guards every procedure may name: what the vote said, whether a day has come."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.formats import day
from chibo.organizations.kinds import Kind
from chibo.procedures.flow import VoteRule
from chibo.procedures.models import Vote
from chibo.procedures.places import Lines
from chibo.procedures.registry import Moment, Text, guard


def is_valid(rule: VoteRule, vote: Vote) -> bool:
    """Whether enough were there."""
    return rule.quorum is None or rule.quorum.is_reached(vote.present, vote.counts)


def is_carried(rule: VoteRule, vote: Vote) -> bool:
    """Whether enough were there, and enough for it."""
    return is_valid(rule, vote) and rule.carried.is_reached(vote.votes_for, vote.counts)


@guard("carried", label=gettext_lazy("the vote was carried"), complement="not_carried")
def carried(moment: Moment) -> Text | None:
    if moment.vote is None or moment.step.vote is None:
        return _("The vote is still to be recorded.")
    if not is_valid(moment.step.vote, moment.vote):
        return _("Too few were present for the vote to count.")
    return None if is_carried(moment.step.vote, moment.vote) else _("The vote was not carried.")


@guard("not_carried", label=gettext_lazy("the vote was not carried"), complement="carried")
def not_carried(moment: Moment) -> Text | None:
    if moment.vote is None or moment.step.vote is None:
        return _("The vote is still to be recorded.")
    return _("The vote was carried.") if is_carried(moment.step.vote, moment.vote) else None


@guard("day_reached", label=gettext_lazy("the last day of the limit has come"), comes=True)
def day_reached(moment: Moment) -> Text | None:
    due = moment.stage.due_on
    return None if due is None or moment.today >= due else _("Not before %(day)s.") % {"day": day(due)}


@guard(
    "under_grassroots",
    label=gettext_lazy("the cell stands under a grassroots committee"),
    complement="is_grassroots",
)
def under_grassroots(moment: Moment) -> Text | None:
    return _("The cell is itself at the grassroots.") if is_grassroots(moment) is None else None


@guard("is_grassroots", label=gettext_lazy("the cell is itself at the grassroots"), complement="under_grassroots")
def is_grassroots(moment: Moment) -> Text | None:
    is_one = Lines(moment.case, moment.today).began.kind == Kind.GRASSROOTS_CELL
    return None if is_one else _("The cell stands under a grassroots committee.")


def _same(moment: Moment, place: str) -> bool:
    """Whether a case and where it goes to have the same unit at a place."""
    lines = Lines(moment.case, moment.today)
    here, there = lines.find(place), lines.find(f"receiving_{place}")
    return here is not None and there is not None and here.pk == there.pk


@guard("same_grassroots", label=gettext_lazy("both cells stand under one grassroots committee"))
def same_grassroots(moment: Moment) -> Text | None:
    return None if _same(moment, "grassroots") else _("The cells stand under two grassroots committees.")


@guard("same_committee", label=gettext_lazy("both grassroots organizations stand under one committee"))
def same_committee(moment: Moment) -> Text | None:
    return None if _same(moment, "above_grassroots") else _("The grassroots organizations stand under two committees.")


@guard("receiving_is_grassroots", label=gettext_lazy("the receiving cell is itself at the grassroots"))
def receiving_is_grassroots(moment: Moment) -> Text | None:
    to = Lines(moment.case, moment.today).receiving
    if to is not None and to.kind == Kind.GRASSROOTS_CELL:
        return None
    return _("The receiving cell stands under a grassroots committee.")
