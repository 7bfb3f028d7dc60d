"""What is kept of checks: how much each found at each unit, and when it was looked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chibo.organizations.models import Unit


class CheckCount(models.Model):
    """How many records a check found at a unit itself and at all under it, when it was last counted. No row: none."""

    unit = models.ForeignKey(Unit, models.CASCADE, db_index=False, db_constraint=False, related_name="+")
    code = models.CharField(max_length=60)
    own = models.PositiveIntegerField()
    total = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="check_count_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.unit_id}: {self.total}"


class CheckRun(models.Model):
    """Every check is, or was, counted for a unit and all under it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    unit = models.ForeignKey(Unit, models.CASCADE, db_constraint=False, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField()  # when it last got on
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    done = models.PositiveSmallIntegerField(default=0)  # checks counted

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="check_run_newest")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.outcome}"
