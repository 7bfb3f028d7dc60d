"""What befalls a membership for a time, or once: exemptions that are over, suspensions, badges, and their rules."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept


def _no_two_at_once(name: str) -> list[models.BaseConstraint]:
    """Constraints of spans of memberships of which no two of one may hold at once."""
    return [
        models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name=f"{name}_some_day"),
        ExclusionConstraint(
            name=f"{name}_one_at_a_time",
            expressions=[
                (Func("membership_id", "membership_id", Value("[]"), function="int8range"), "&&"),
                (Func("from_on", "to_on", function="daterange"), "&&"),
            ],
        ),
    ]


@kept
class Exemption(models.Model):
    """A member was exempt from meetings from a day to a day; the running exemption is told by the membership."""

    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="exemptions")
    from_on = models.DateField()
    to_on = models.DateField()  # first day no longer exempt
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")
    end_decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = _no_two_at_once("exemption")

    def __str__(self) -> str:
        return f"{self.membership_id} exempt from {self.from_on}"


@kept
class Suspension(models.Model):
    """A member's activities in the Party are suspended from a day to a day, by one decision and until another."""

    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="suspensions")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    is_taken_off = models.BooleanField(default=True, db_default=True)  # of the Party age
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")
    end_decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = _no_two_at_once("suspension")

    def __str__(self) -> str:
        return f"{self.membership_id} suspended from {self.from_on}"


class Way(models.TextChoices):
    """How a badge came before its years were full, or that it did not."""

    IN_TIME = "in_time", _("In time")
    EARLY = "early", _("Early")
    POSTHUMOUS = "posthumous", _("Posthumous")


def valid(day: date) -> Q:
    """Rules that are valid on a day."""
    return Q(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


@kept
class BadgeGrade(models.Model):
    """For so many years of Party age there is a badge, given earlier by some months in cases of hardship."""

    years = models.PositiveSmallIntegerField()
    early_months = models.PositiveSmallIntegerField()  # to who is gravely ill
    posthumous_months = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["years", "valid_from"], name="badgegrade_one_begin"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="badgegrade_some_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.years} years from {self.valid_from}"


@kept
class AwardDay(models.Model):
    """On this day of every year badges are awarded."""

    month = models.PositiveSmallIntegerField()
    day = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "day", "valid_from"], name="awardday_one_begin"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="awardday_some_day"
            ),
            models.CheckConstraint(
                condition=Q(month__range=(1, 12), day__range=(1, 28)) | Q(month__range=(1, 12), day__range=(29, 30))
                & ~Q(month=2) | Q(month__in=(1, 3, 5, 7, 8, 10, 12), day=31),
                name="awardday_is_a_day",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.day}/{self.month}"


@kept
class Badge(models.Model):
    """A person was awarded the badge of so many years of Party age."""

    person = models.ForeignKey("members.Person", models.PROTECT, related_name="badges")
    years = models.PositiveSmallIntegerField()
    awarded_on = models.DateField()
    decided_on = models.DateField(null=True, blank=True)
    number = models.CharField(max_length=100, blank=True, default="", db_default="")  # of the badge
    way = models.CharField(max_length=10, choices=Way, default=Way.IN_TIME)
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "years"], name="badge_once"),
            models.CheckConstraint(condition=Q(years__gte=1), name="badge_years"),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="badge_way"),
            models.CheckConstraint(
                condition=Q(decided_on=None) | Q(decided_on__lte=F("awarded_on")), name="badge_decided_before"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.years} years of {self.person_id}"
