"""Loads: which workbook was read when by whom, and the verdict on each of its rows."""

from django.conf import settings
from django.db import models


class Load(models.Model):
    """A workbook that was read: done, refused whole, or only rehearsed, with its verdicts."""

    class Outcome(models.TextChoices):
        DONE = "done"
        REFUSED = "refused"
        REHEARSED = "rehearsed"

    file_name = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="loads")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    # {sheet: {"new": [[first, last], ...], "changed": [...], "unchanged": [...]}}: runs of row numbers
    verdicts = models.JSONField(default=dict)
    # [{"sheet", "row", "column", "value", "reason"}]
    faults = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="load_newest")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.outcome}"
