"""Loads: which workbook was read when by whom, the verdict on each of its rows. Exports: who asked for which list."""

from __future__ import annotations

from pathlib import Path

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import NO_TRUNCATE

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


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


class Export(models.Model):
    """A list that someone asked for as a file: the worker makes it, who asked fetches it until it is deleted."""

    class Form(models.TextChoices):
        XLSX = "xlsx", _("Excel (.xlsx)")
        CSV = "csv", _("Text with commas (.csv)")
        PARQUET = "parquet", _("For statistics programs (.parquet)")

    class Outcome(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"  # who asked may not see it, or no longer
        FAILED = "failed"

    of = models.CharField(max_length=2000)  # address of the list as a workbook, with its filters
    title = models.CharField(max_length=1000)
    form = models.CharField(max_length=10, choices=Form)
    language = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reason = models.CharField(max_length=500, blank=True)  # why it was refused
    tries = models.PositiveSmallIntegerField(default=0)
    roles = models.JSONField(default=list)  # held by who asked when it was made
    limits = models.JSONField(null=True, blank=True)  # with what of them a program asked; empty: with all, on a page
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)  # when its file is deleted
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    file_name = models.CharField(max_length=500, blank=True)
    kept_as = models.CharField(max_length=100, blank=True)  # the file's name among the exports, while it is kept

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(form__in=["xlsx", "csv", "parquet"]), name="export_form")]
        indexes = [models.Index(fields=["by", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.title} {self.form} {self.outcome}"

    @property
    def is_finished(self) -> bool:
        return self.outcome not in (self.Outcome.WAITING, self.Outcome.RUNNING)

    @property
    def kept_file(self) -> Path | None:
        """The file itself, while it is kept."""
        path = settings.DATA / "exports" / self.kept_as if self.kept_as else None
        return path if path is not None and path.is_file() else None


@pgtrigger.register(APPEND_ONLY, NO_TRUNCATE)
class Fetching(models.Model):
    """The file of an export was fetched: by whom, when. Never changed."""

    is_log = True
    export = models.ForeignKey(Export, models.PROTECT, related_name="fetchings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.export_id} by {self.by_id}"
