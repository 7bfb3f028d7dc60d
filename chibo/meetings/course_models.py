"""The course of a meeting: items of its agenda with votes counted, guests, tasks that were noted."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.agendas.kinds import ItemKind
from chibo.core.history import kept
from chibo.indicators.marks import marks
from chibo.members.models import Person

# Whether who is in charge came, and all items were dealt with, falls on the last day of the month of the meeting.
OF_MEETING = (
    "select m.unit_id, (m.month + interval '1 month')::date - 1, (m.month + interval '1 month')::date"
    " from (select distinct meeting_id from {rows} r) r join meetings_meeting m on m.id = r.meeting_id"
)
COUNTS = ("voters", "votes_for", "votes_against", "votes_other")


class How(models.TextChoices):
    HANDS = "hands", _("By a show of hands")
    BALLOTS = "ballots", _("By secret ballot")


def _counted(is_null: bool) -> Q:
    return Q(**{f"{name}__isnull": is_null for name in COUNTS})


@marks("meetings", ["meeting_id", "is_done"], OF_MEETING)
@kept
class Item(models.Model):
    """An item of the agenda of a meeting: done or left out, what came of it, how it was voted."""

    meeting = models.ForeignKey("meetings.Meeting", models.PROTECT, related_name="items", db_index=False)
    place = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    kind = models.CharField(max_length=20, choices=ItemKind)
    code = models.CharField(max_length=40, blank=True)  # of the item in the notice or the agenda laid down
    is_done = models.BooleanField()
    outcome = models.CharField(max_length=500, blank=True)
    how = models.CharField(max_length=10, choices=How, blank=True)  # none: no vote was recorded
    voters = models.PositiveSmallIntegerField(null=True, blank=True)  # official members there, as it was recorded
    votes_for = models.PositiveSmallIntegerField(null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField(null=True, blank=True)
    votes_other = models.PositiveSmallIntegerField(null=True, blank=True)  # abstained; of ballots: blank or invalid

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "place"], name="meeting_item_place"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="meeting_item_kind"),
            models.CheckConstraint(
                condition=(Q(how="") & _counted(True)) | (Q(how__in=How.values, is_done=True) & _counted(False)),
                name="meeting_item_votes",
            ),
            models.CheckConstraint(
                condition=Q(how="") | Q(voters__gte=F("votes_for") + F("votes_against") + F("votes_other")),
                name="meeting_item_voters",
            ),
        ]

    def __str__(self) -> str:
        return self.text


@marks("meetings", ["meeting_id", "person_id"], OF_MEETING)
@kept
class Guest(models.Model):
    """Someone who came to a meeting without being of the cell: who is in charge of it, or somebody named."""

    meeting = models.ForeignKey("meetings.Meeting", models.PROTECT, related_name="guests", db_index=False)
    place = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="guest_at")
    name = models.CharField(max_length=500, blank=True)
    what = models.CharField(max_length=500, blank=True)  # what they are

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "place"], name="guest_place"),
            models.UniqueConstraint(fields=["meeting", "person"], name="guest_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, name="", what="") | (Q(person=None) & ~Q(name="")), name="guest_named"
            ),
        ]

    def __str__(self) -> str:
        return f"guest {self.place} at {self.meeting_id}"


@kept
class Noted(models.Model):
    """A task as it was noted at a meeting, for a member or for the committee of the cell, before it is resolved."""

    meeting = models.ForeignKey("meetings.Meeting", models.PROTECT, related_name="noted", db_index=False)
    place = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=500)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # none: the committee
    due_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "place"], name="noted_place")]

    def __str__(self) -> str:
        return self.what
