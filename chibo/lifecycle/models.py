"""What cases of the member's life are about; members who are abroad."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.members.models import Membership, Person
from chibo.procedures.models import Case


@kept
class MemberCase(models.Model):
    """A case is about a person: one who is to join, or a membership of theirs."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="member_case")
    person = models.ForeignKey(Person, models.PROTECT, related_name="cases")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="cases")

    def __str__(self) -> str:
        return f"{self.case_id} about {self.person_id}"


@kept
class Abroad(models.Model):
    """A member is abroad from a day to a day, counted at home all the while."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="abroad")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)  # the day from which they meet again
    until = models.DateField(null=True, blank=True)  # when they are expected
    country = models.CharField(max_length=500)
    case = models.OneToOneField(Case, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="abroad_some_day"),
            models.UniqueConstraint(fields=["membership"], condition=Q(to_on=None), name="abroad_once"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} from {self.from_on}"


class Ground(models.TextChoices):
    """On what a member's name may be removed, by the codes of the procedure's own choice."""

    ABSENT = "absent", _("Absent from meetings, or no dues, without a reason")
    CARD = "card", _("Card returned or destroyed")
    WILL = "will", _("Lost the will; no progress after help")
    UNQUALIFIED = "unqualified", _("Two years running not qualified")
    STANDARDS = "standards", _("Political standards not met")


NOTED = (Ground.CARD, Ground.UNQUALIFIED, Ground.STANDARDS)  # what no other record of the program tells


@kept
class Note(models.Model):
    """A cell notes that a member came under a ground that the other records don't tell."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="ground_notes")
    ground = models.CharField(max_length=20, choices=Ground)
    on = models.DateField()
    text = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    struck_because = models.CharField(max_length=500, blank=True)  # noted by mistake: it counts no more, kept here

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ground__in=list(map(str, NOTED))), name="ground_note_ground"),
            models.CheckConstraint(condition=~Q(text=""), name="ground_note_text"),
        ]
        indexes = [models.Index(fields=["person", "-on"], name="ground_note_of")]

    def __str__(self) -> str:
        return f"{self.ground} of {self.person_id} on {self.on}"
