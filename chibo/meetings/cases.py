"""Votes on cases, as meetings recorded them: an item of the agenda says by its code of which stage it is."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.meetings.models import How, Item
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures import registry
from chibo.procedures.models import Case


@registry.counts
def counted(case: Case, numbers: Iterable[int], rights: Rights) -> dict[int, registry.Count]:
    """What meetings of its cell dealt with of the stages of a case, the last for each, as counted there. One query."""
    codes = {registry.item_code(case.pk, number): number for number in numbers}
    items = Item.objects.filter(
        meeting__unit=case.unit_id, meeting__withdrawal=None, meeting__held_on__gte=case.begun_on, code__in=codes,
        is_done=True,
    ).select_related("meeting").order_by("meeting__held_on", "pk")  # fmt: skip
    opens = rights.scope(P.MEETING_VIEW).covers(case.unit) or rights.scope(P.MEETING_OWN).covers(case.unit)
    return {codes[each.code]: _count(each, opens) for each in items}


def _count(item: Item, opens: bool) -> registry.Count:
    meeting = item.meeting
    label = _("Meeting of %(day)s") % {"day": day(meeting.held_on)}
    url = reverse("meeting", args=[meeting.unit_id, meeting.pk]) if opens else ""
    if not item.how:
        return registry.Count(label=label, url=url, held_on=meeting.held_on)
    return registry.Count(
        label=label, url=url, held_on=meeting.held_on, present=item.voters, votes_for=item.votes_for,
        against=item.votes_against,
        invalid=item.votes_other if item.how == How.BALLOTS else 0,  # of hands the others abstained
    )  # fmt: skip
