"""The rule of online meetings, what cells ask by it and what is answered; Party groups of a cell and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept, stands
from chibo.core.spans import holding
from chibo.members.models import Person
from chibo.organizations.models import Unit


@kept
class OnlineRule(models.Model):
    """Of how many members more than this share can't come for a cell to meet online, from a day to a day."""

    share = models.PositiveSmallIntegerField(_("More than so many of a hundred"), validators=[MaxValueValidator(99)])
    source = models.CharField(_("Taken from"), max_length=500, blank=True)
    from_on = models.DateField(unique=True)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="online_rule_some_day"),
            models.CheckConstraint(condition=Q(share__lt=100), name="online_rule_share"),
        ]

    def __str__(self) -> str:
        return f"more than {self.share} from {self.from_on}"


def rule_on(day: date) -> OnlineRule | None:
    """The rule of a day; None where there is none: then nothing is asked for. One query."""
    return OnlineRule.objects.filter(holding(day)).order_by("-from_on").first()


class Ground(models.TextChoices):
    """Why most members of a cell can't come to one place."""

    DISPERSED = "dispersed", _("Its members live or work far from each other")
    ABROAD = "abroad", _("Its members are abroad")
    MOBILE = "mobile", _("Its members work on the move")
    ON_DUTY = "on_duty", _("Its members are on duty")
    SPECIAL = "special", _("Special circumstances")


class State(models.TextChoices):
    WAITING = "waiting", _("waits for the committee above")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("taken back")


@kept
class OnlineRequest(models.Model):
    """A cell asks its committee above to be let meet online from a day to a day; once approved it may."""

    TRANSITIONS: Mapping[str, Set[str]] = {
        State.WAITING: {State.APPROVED, State.RETURNED, State.WITHDRAWN},
        State.APPROVED: {State.APPROVED, State.WITHDRAWN},
        State.RETURNED: set(),
        State.WITHDRAWN: set(),
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="online_requests")
    ground = models.CharField(max_length=20, choices=Ground)
    why = models.CharField(max_length=500)
    from_on = models.DateField()
    to_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_on = models.DateField()
    makers = models.JSONField(default=list)  # users who asked, and for whom they did

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gt=F("from_on")), name="online_request_some_day"),
            models.CheckConstraint(condition=Q(ground__in=Ground.values), name="online_request_ground"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="online_request_state"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(state=State.WAITING), name="online_request_one_waits"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["unit", "-from_on"], name="online_request_of_cell"),
            models.Index(fields=["state"], condition=Q(state="waiting"), name="online_request_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} online from {self.from_on}: {self.state}"

    @property
    def until(self) -> date:
        """The last day of it."""
        return self.to_on - timedelta(1)


@kept
class Away(models.Model):
    """A member of whom a request says that they can't come to one place."""

    request = models.ForeignKey(OnlineRequest, models.PROTECT, related_name="away", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="away_once")]

    def __str__(self) -> str:
        return f"{self.person_id} away by {self.request_id}"


class Deed(models.TextChoices):
    """What was done about a request."""

    ASKED = "asked", _("Asked the committee above")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    WITHDRAWN = "withdrawn", _("Taken back")
    ENDED = "ended", _("Ended")


@stands("What was done about a request is written in an action.")
class RequestDeed(models.Model):
    """Somebody asked, approved, returned, took back or ended; with the share as the records had it. Never changed."""

    request = models.ForeignKey(OnlineRequest, models.PROTECT, related_name="deeds")
    deed = models.CharField(max_length=10, choices=Deed)
    note = models.CharField(max_length=500, blank=True)
    role = models.CharField(max_length=30, blank=True)  # by which right it was judged, and where that was held
    role_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    away = models.PositiveIntegerField()  # members who can't come, of those counted that day
    counted = models.PositiveIntegerField()  # members without those exempt and suspended
    share = models.PositiveSmallIntegerField()  # the rule as it was then
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(deed__in=Deed.values), name="request_deed")]
        indexes = [models.Index(fields=["request", "at"], name="request_deed_in_order")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.deed}"


@kept
class PartyGroup(models.Model):
    """A Party group of a cell, from a day to a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="party_groups")
    name = models.CharField(max_length=500)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="party_group_some_day"),
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(to_on=None), name="party_group_name_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


@kept
class GroupMember(models.Model):
    """A member is in a Party group, or leads it, from a day to a day."""

    group = models.ForeignKey(PartyGroup, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    is_leader = models.BooleanField(default=False)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="group_member_some_day"),
            models.UniqueConstraint(
                fields=["group", "person"], condition=Q(to_on=None), name="group_member_once"
            ),
            models.UniqueConstraint(
                fields=["group"], condition=Q(to_on=None, is_leader=True), name="group_one_leader"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person_id} in {self.group_id}"
