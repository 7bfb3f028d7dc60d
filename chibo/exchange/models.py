"""Loads: which workbook was read when by whom, and the verdict on each of its rows."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models


class Load(models.Model):
    """A workbook that is to be read, is being read, or was: done, refused whole, or only rehearsed, with its verdicts.

    One loaded in the browser waits first for the worker, and fails if its work was broken off again and again.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"
        REHEARSED = "rehearsed"
        FAILED = "failed"

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
    warnings = models.JSONField(default=list)  # doubts of rows that could be written all the same, told like faults
    only_check = models.BooleanField(default=False)
    language = models.CharField(max_length=10, blank=True)  # in which the faults are told
    kept_as = models.CharField(max_length=100, blank=True)  # the file's name among the uploads, while it is kept
    tries = models.PositiveSmallIntegerField(default=0)  # how often work on it began
    context = models.UUIDField(null=True)  # of the history: what was written by it
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_reason = models.CharField(max_length=500, blank=True)
    undone_context = models.UUIDField(null=True)  # of the history: what undid it

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="load_newest")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.outcome}"

    @property
    def is_finished(self) -> bool:
        return self.outcome not in (self.Outcome.WAITING, self.Outcome.RUNNING)

    @property
    def kept_file(self) -> Path | None:
        """The workbook itself, while it is kept."""
        path = settings.DATA / "uploads" / self.kept_as if self.kept_as else None
        return path if path is not None and path.is_file() else None
