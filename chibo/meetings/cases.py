"""Votes on cases, as meetings recorded them: an item of the agenda says by its code of which stage it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.meetings.models import How, Item, Meeting
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures import registry
from chibo.procedures.models import Case


@registry.counts
class OfMeetings:
    """What meetings of its cell dealt with of the stages of a case, the last for each, as counted there."""

    @staticmethod
    def asks(case: Case, codes: Sequence[str]) -> Mapping[str, QuerySet[Any]]:
        """The items, and their meetings."""
        items = Item.objects.filter(
            meeting__unit=case.unit_id, meeting__withdrawal=None, meeting__held_on__gte=case.begun_on,
            code__in=codes, is_done=True,
        ).order_by("pk")  # fmt: skip
        meetings = Meeting.objects.filter(pk__in=items.order_by().values("meeting"))
        return {"items": items, "meetings": meetings.order_by("held_on", "pk")}

    @staticmethod
    def tells(
        case: Case, numbers: Mapping[str, int], found: Mapping[str, Sequence[Any]], rights: Rights
    ) -> Mapping[int, registry.Count]:
        """The last meeting that dealt with each."""
        opens = rights.scope(P.MEETING_VIEW).covers(case.unit) or rights.scope(P.MEETING_OWN).covers(case.unit)
        return {
            numbers[item.code]: _count(item, meeting, opens)
            for meeting in found["meetings"]
            for item in found["items"]
            if item.meeting_id == meeting.pk
        }


def _count(item: Item, meeting: Meeting, opens: bool) -> registry.Count:
    label = _("Meeting of %(day)s") % {"day": day(meeting.held_on)}
    url = reverse("meeting", args=[meeting.unit_id, meeting.pk]) if opens else ""
    if not item.how:
        return registry.Count(label=label, url=url, held_on=meeting.held_on)
    return registry.Count(
        label=label, url=url, held_on=meeting.held_on, present=item.voters, votes_for=item.votes_for,
        against=item.votes_against,
        invalid=item.votes_other if item.how == How.BALLOTS else 0,  # of hands the others abstained
    )  # fmt: skip
