"""A cell goes through all its members: who is fit, who needs help by when, who is proposed for removal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.admissions import policies
from chibo.admissions.models import Screened, Screening, Standing
from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.core.states import move
from chibo.members.models import Person, Stay
from chibo.organizations.models import Unit


@dataclass(frozen=True)
class Found:
    """What a cell found of a member who is not simply fit."""

    state: str
    reason: str
    helper: Person | None = None
    until_on: date | None = None


class NotThese(Denied):
    """What was found of one member can't be; `person` is whose it is."""

    def __init__(self, person: int, text: str) -> None:
        super().__init__(text)
        self.person = person


@action("admissions.screened")
def screen(
    *, cell: Unit, year: int, on: date, found: Mapping[int, Found], by: Any, at: datetime
) -> Screening:  # fmt: skip
    """Record that a cell screened its members for a year; `found` is by person, all others are fit.

    Denied: a cell that is not `by`'s or not open, a day to come or of another time, a year that was screened, nobody
    to screen, who is not a member of the cell; what is found without a reason, a helper, a day.
    """
    today = timezone.localdate(at)
    cell = Unit.objects.select_for_update(no_key=True).get(pk=cell.pk)
    policies.check_manages(by, cell, today)
    policies.check_past(on, today)
    policies.check_cell(cell, on)
    if on.year != year:
        raise Denied(_("The day has to lie in the year that is screened."))
    if Screening.objects.filter(cell=cell, year=year).exists():
        raise Denied(_("This year was screened already."))
    members = list(
        Stay.objects.filter(holding(on), cell=cell).order_by("membership__person_id")
        .values_list("membership__person_id", flat=True)
    )  # fmt: skip
    if not members:
        raise Denied(_("The cell has no members on that day."))
    if set(found) - set(members):
        raise Denied(_("One of these is not a member of this cell on that day."))
    made = Screening.objects.create(cell=cell, year=year, on=on)
    lines = []
    for pk in members:
        each = found.get(pk, Found(Standing.FIT, ""))
        _check(pk, each, cell, on)
        helped = each.state == Standing.HELP
        lines.append(
            Screened(
                screening=made, person_id=pk, state=each.state, reason=each.reason,
                helper=each.helper if helped else None, until_on=each.until_on if helped else None,
            )
        )  # fmt: skip
    Screened.objects.bulk_create(lines)
    return made


def _check(pk: int, each: Found, cell: Unit, on: date) -> None:
    try:
        policies.check_screened(each.state, each.reason, each.helper, each.until_on, on)
    except Denied as error:
        raise NotThese(pk, str(error)) from None
    if each.state == Standing.HELP and each.helper is not None:
        if each.helper.pk == pk:
            raise NotThese(pk, _("Nobody helps themselves: choose another member."))
        if not policies.is_official_in(each.helper, cell, on):
            raise NotThese(pk, _("The helper has to be an official member of this cell on that day."))


@action("admissions.screening_closed")
def conclude(*, line: Screened, to: str, on: date, outcome: str, by: Any, at: datetime) -> Screened:
    """Record what came of someone who was not fit: improved, proposed for removal, no longer a member.

    Denied: a cell that is not `by`'s, a day to come or before the screening, what does not follow, a member as gone.
    """
    today = timezone.localdate(at)
    line = (
        Screened.objects.select_for_update(of=("self",)).select_related("screening__cell", "person").get(pk=line.pk)
    )  # fmt: skip
    policies.check_manages(by, line.screening.cell, today)
    policies.check_outcome(line, to, on, today)
    line.outcome_on, line.outcome = on, outcome
    line.save(update_fields=["outcome_on", "outcome"])
    move(line, to, "state")
    return line


@action("admissions.help_extended")
def extend(*, line: Screened, helper: Person, until_on: date, by: Any, at: datetime) -> Screened:
    """Let help go on: by whom, until when.

    Denied: a cell that is not `by`'s, who is not under help, who is no official member of the cell, a day gone by.
    """
    today = timezone.localdate(at)
    line = (
        Screened.objects.select_for_update(of=("self",)).select_related("screening__cell", "person").get(pk=line.pk)
    )  # fmt: skip
    policies.check_manages(by, line.screening.cell, today)
    if line.state != Standing.HELP:
        raise Denied(_("They are not under help."))
    if helper.pk == line.person_id:
        raise Denied(_("Nobody helps themselves: choose another member."))
    if not policies.is_official_in(helper, line.screening.cell, today):
        raise Denied(_("The helper has to be an official member of this cell on that day."))
    if until_on <= today:
        raise Denied(_("Choose a day that is still to come."))
    line.helper, line.until_on = helper, until_on
    line.save(update_fields=["helper", "until_on"])
    return line
