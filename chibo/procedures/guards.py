"""The guards every procedure may name: what the vote said, whether a day has come."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.formats import day
from chibo.organizations.kinds import Kind
from chibo.procedures.flow import VoteRule
from chibo.procedures.models import Vote
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
    return None if moment.case.unit.kind == Kind.GRASSROOTS_CELL else _("The cell stands under a grassroots committee.")
