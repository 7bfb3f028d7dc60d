"""A restructuring: its rows, the verdict on each, the tree before and after, and the acts it came to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.wording import shown
from chibo.organizations.models import Act, Unit


@kept
class Restructuring(models.Model):
    """Many acts under one unit, on one day, by one decision: drafted, rehearsed, done whole, reversed whole."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Not rehearsed yet")
        REHEARSED = "rehearsed", _("Rehearsed")
        PLANNED = "planned", _("To come")
        DONE = "done", _("Done")
        REVERSED = "reversed", _("Taken back")
        FAILED = "failed", _("Could not be done on its day")

    class Job(models.TextChoices):
        NONE = "", _("Nothing")
        REHEARSE = "rehearse", _("Being rehearsed")
        DO = "do", _("Being done")
        REVERSE = "reverse", _("Being taken back")

    TRANSITIONS: Mapping[str, Set[str]] = {
        Status.DRAFT: {Status.REHEARSED},
        Status.REHEARSED: {Status.DRAFT, Status.PLANNED, Status.DONE},
        Status.PLANNED: {Status.DONE, Status.FAILED, Status.REVERSED},
        Status.FAILED: {Status.DRAFT, Status.REVERSED},
        Status.DONE: {Status.REVERSED},
        Status.REVERSED: set(),
    }

    name = models.CharField(max_length=500)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # above all that take part
    on = models.DateField()
    decision = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=10, choices=Status)
    job = models.CharField(max_length=10, choices=Job, blank=True)  # what the worker is to do, or does
    tries = models.PositiveSmallIntegerField(default=0)  # how often work on the job began
    reasons = models.JSONField(default=list, blank=True)  # why the last job came to nothing
    language = models.CharField(max_length=10, blank=True)  # in which the verdicts are told
    file_name = models.CharField(max_length=500, blank=True)  # of the workbook, if there was one
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    # the file's name among the uploads, while it is kept and its rows are as it says them
    kept_as = models.CharField(max_length=100, blank=True)
    rows_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rows_at = models.DateTimeField(null=True)  # when a row was last changed on the page
    seal = models.CharField(max_length=64, blank=True)  # of what was rehearsed
    # [{"sheet", "row", "column", "value", "reason"}] of the cells; {sheet: {verdict: [[first, last], ...]}}
    faults = models.JSONField(default=list, blank=True)
    verdicts = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)  # {"rows", "acts", ...: how many}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "rehearsed", "planned", "done", "reversed", "failed"]),
                name="restructuring_status",
            ),
            models.CheckConstraint(condition=Q(job__in=["", "rehearse", "do", "reverse"]), name="restructuring_job"),
        ]
        indexes = [models.Index(fields=["status", "on", "id"], name="restructuring_by_status")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_sound(self) -> bool:
        """Whether its rehearsal found nothing wrong."""
        return self.status == self.Status.REHEARSED and not self.faults and bool(self.counts.get("acts"))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong with its workbook as a whole: every fault lies in a row."""
        return all(fault["row"] not in (None, 1) for fault in self.faults)

    @property
    def kept_file(self) -> Path | None:
        """The workbook itself, while it is kept."""
        path = settings.DATA / "uploads" / self.kept_as if self.kept_as else None
        return path if path is not None and path.is_file() else None

    @property
    def told_as(self) -> str:
        """Under what the worker tells how far it is."""
        return f"restructuring-{self.pk}"


class Line(models.Model):
    """A row: what it says, read from the workbook or entered on the page, and the verdict on it."""

    class Verdict(models.TextChoices):
        NEW = "new", _("not rehearsed yet")
        SOUND = "sound", _("can be done")
        FAULT = "fault", _("fault")
        WAITING = "waiting", _("waiting for another row")

    restructuring = models.ForeignKey(Restructuring, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()  # as Excel shows it
    values = models.JSONField()  # by column
    verdict = models.CharField(max_length=10, choices=Verdict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["restructuring", "number"], name="line_once")]
        indexes = [models.Index(fields=["restructuring", "verdict", "number"], name="line_by_verdict")]

    def __str__(self) -> str:
        return f"{self.number}: {self.verdict}"

    @property
    def seal(self) -> str:
        """What it says, in short: the same while nobody has changed it."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:32]


class Place(models.Model):
    """Where a unit that changes, or has changes below it, stands before or after, and what becomes of it."""

    class Side(models.TextChoices):
        BEFORE = "before", _("Before")
        AFTER = "after", _("After")

    restructuring = models.ForeignKey(Restructuring, models.CASCADE, related_name="places")
    side = models.CharField(max_length=6, choices=Side)
    code = models.CharField(max_length=500)
    parent_code = models.CharField(max_length=500)
    name = models.CharField(max_length=500)
    kind = models.CharField(max_length=30)
    fates = models.JSONField()  # [[what, code and name of another unit, or nothing]]
    has_below = models.BooleanField()
    sort_key = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["restructuring", "side", "parent_code", "sort_key", "id"], name="place_below"),
            models.Index(fields=["restructuring", "side", "code"], name="place_of"),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.code}"


class Unsettled(models.Model):
    """Something an act of the restructuring leaves for a person to settle."""

    restructuring = models.ForeignKey(Restructuring, models.CASCADE, related_name="unsettled")
    code = models.CharField(max_length=60)
    text = models.TextField()
    todo = models.TextField(blank=True)
    line = models.PositiveIntegerField()
    unit = models.CharField(max_length=500)  # the name of the unit the row is about
    count = models.PositiveIntegerField()
    records = models.JSONField()  # the first of them by name, as `core.wording` keeps texts
    said = models.JSONField(default=dict, blank=True)  # text and todo so; nothing in rows of before

    class Meta:
        indexes = [models.Index(fields=["restructuring", "code", "id"], name="unsettled_of")]

    def __str__(self) -> str:
        return f"{self.code}: {self.count}"

    @property
    def text_now(self) -> str:
        """What it is, in the language of the page."""
        return shown(self.said.get("text", self.text))

    @property
    def todo_now(self) -> str:
        """What to do, in the language of the page."""
        return shown(self.said.get("todo", self.todo))


class Part(models.Model):
    """An act that was done as part of a restructuring."""

    restructuring = models.ForeignKey(Restructuring, models.PROTECT, related_name="parts")
    act = models.OneToOneField(Act, models.PROTECT, related_name="restructured")

    def __str__(self) -> str:
        return f"{self.act_id} of {self.restructuring_id}"
