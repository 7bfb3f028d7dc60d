"""What cases of the member's life are about; members who are abroad."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

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
