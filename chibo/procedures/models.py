"""Procedures with their versions; cases, the stages they went through, who waits, signatures, votes; special days."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cached_property

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.indicators.marks import marks
from chibo.organizations.models import Grant, Unit
from chibo.organizations.roles import RoleCode
from chibo.papers.models import Paper
from chibo.procedures.flow import Flow, read, said


class Procedure(models.Model):
    """A procedure by its code, and what its cases are about; how it goes is told by its versions."""

    code = models.CharField(max_length=60, unique=True)
    subject = models.CharField(max_length=60)  # of `registry.subjects`

    def __str__(self) -> str:
        return self.code


FROZEN = pgtrigger.Trigger(
    name="frozen",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
    IF OLD.valid_from IS NOT NULL AND (TG_OP = 'DELETE' OR OLD.definition <> NEW.definition OR OLD.name <> NEW.name
        OR OLD.basis <> NEW.basis OR OLD.number <> NEW.number OR OLD.procedure_id <> NEW.procedure_id
        OR NEW.valid_from IS NULL) THEN
        RAISE EXCEPTION 'A version of a procedure that is laid down stays as it is: copy it.';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
    """,
)


@pgtrigger.register(FROZEN)
@kept
class Version(models.Model):
    """How a procedure goes, from a day to a day; a draft until that day is said, then never changed."""

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.JSONField()  # by language
    basis = models.CharField(max_length=500)  # the regulation it comes from
    definition = models.JSONField()
    valid_from = models.DateField(null=True, blank=True)  # null: a draft
    valid_to = models.DateField(null=True, blank=True)  # first day on which no case begins under it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["procedure", "number"], name="version_number"),
            models.UniqueConstraint(fields=["procedure", "valid_from"], name="version_one_begin"),
            models.UniqueConstraint(
                fields=["procedure", "valid_to"],
                condition=~Q(valid_from=None),
                nulls_distinct=False,
                name="version_one_end",
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="version_days"),
        ]

    def __str__(self) -> str:
        return said(self.name)

    @cached_property
    def flow(self) -> Flow:
        """The procedure it tells."""
        return read(self.definition)


@marks(
    "procedures",
    ["unit_id", "begun_on", "ended_on", "status"],
    "select unit_id, begun_on, begun_on + 1 from {rows} r"
    " union all select unit_id, ended_on, ended_on + 1 from {rows} r where ended_on is not null",
)
@kept
class Case(models.Model):
    """One matter on its way through a procedure, under the version it began under."""

    class Status(models.TextChoices):
        OPEN = "open", _("Under way")
        SUSPENDED = "suspended", _("Suspended")
        ENDED = "ended", _("Ended")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    TRANSITIONS: Mapping[str, Set[str]] = {
        Status.OPEN: {Status.SUSPENDED, Status.ENDED, Status.WITHDRAWN},
        Status.SUSPENDED: {Status.OPEN, Status.WITHDRAWN},
        Status.ENDED: set(),
        Status.WITHDRAWN: set(),
    }

    version = models.ForeignKey(Version, models.PROTECT, related_name="cases")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cases")  # where it began, or has gone along to
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="cases_received")
    about = models.CharField(max_length=500)  # whom or what it is about, as called when it began
    told = models.JSONField(default=dict, blank=True)  # what its steps were told
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    result = models.CharField(max_length=60, blank=True)  # of the procedure's results, once it has ended
    begun_on = models.DateField()
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    suspended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "suspended"], ended_on=None, result="")
                | Q(status__in=["ended", "withdrawn"], ended_on__isnull=False),
                name="case_ended",
            ),
            models.CheckConstraint(
                condition=Q(status="suspended", suspended_on__isnull=False)
                | ~Q(status="suspended") & Q(suspended_on=None),
                name="case_suspended",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-begun_on", "-id"], name="case_of_unit"),
            models.Index(fields=["-begun_on", "-id"], name="case_newest"),
            models.Index(fields=["version", "ended_on"], name="case_by_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.about}"

    @property
    def is_over(self) -> bool:
        return self.status in (self.Status.ENDED, self.Status.WITHDRAWN)


@marks(
    "procedures",
    ["case_id", "unit_id", "due_on", "done_on"],
    "select coalesce(r.unit_id, c.unit_id), r.done_on, r.done_on + 1 from {rows} r"
    " join procedures_case c on c.id = r.case_id where r.done_on is not null",
)
@kept
class Stage(models.Model):
    """A case stood at a step from a moment to a moment, to be left by a day; the one it stands at has no end."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="stages")
    number = models.PositiveIntegerField()
    step = models.CharField(max_length=60)
    entered_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)  # the last day of its limit; none: no limit
    done_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=60, blank=True)
    is_skipped = models.BooleanField(default=False)
    # where the case was when the stage was done, if it has gone elsewhere since
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="stage_number"),
            models.UniqueConstraint(fields=["case"], condition=Q(done_on=None), name="stage_one_open"),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(done_on=None), name="stage_open_due"),
            models.Index(fields=["case"], condition=Q(due_on__lt=F("done_on")), name="stage_done_late"),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.case_id}"


class Turn(models.Model):
    """A stage waits for someone who holds a role at a unit: one of the parties of its step, not yet heard."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="turns")
    party = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="turns")
    role = models.CharField(max_length=30, choices=RoleCode)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "party", "role"], name="turn_once")]

    def __str__(self) -> str:
        return f"{self.role} at {self.unit_id}"


class Deed(models.TextChoices):
    BEGAN = "began", _("Began")
    SIGNED = "signed", _("Signed")
    SKIPPED = "skipped", _("Left out")
    TIMED_OUT = "timed_out", _("Time over")
    SUSPENDED = "suspended", _("Suspended")
    RESUMED = "resumed", _("Resumed")
    WITHDREW = "withdrew", _("Withdrew")


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class Signature(models.Model):
    """Who did what to a case, when and by which right; never changed, each sealed with the one before."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="signatures")
    deed = models.CharField(max_length=10, choices=Deed)
    outcome = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    party = models.PositiveSmallIntegerField(null=True)  # for which of the step's parties
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # null: the program
    at = models.DateTimeField()
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30, blank=True)
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="+")  # the right it was done by
    lent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    seal = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(deed__in=Deed.values), name="signature_deed")]

    def __str__(self) -> str:
        return f"{self.deed} {self.outcome} by {self.by_id}"


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class Vote(models.Model):
    """A vote as it was counted at a stage, or hand by hand; one recorded later stands in its stead."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="votes")
    held_on = models.DateField()
    summoned = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    votes_for = models.PositiveIntegerField()
    against = models.PositiveIntegerField()
    invalid = models.PositiveIntegerField(default=0)
    hands = models.JSONField(default=list, blank=True)  # [name, "for" | "against" | "none"] where the vote was open
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(present__lte=F("summoned")), name="vote_present"),
            models.CheckConstraint(
                condition=Q(present__gte=F("votes_for") + F("against") + F("invalid")), name="vote_cast"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.votes_for} of {self.summoned}"

    @property
    def counts(self) -> dict[str, int]:
        """What shares are taken of."""
        return {"summoned": self.summoned, "present": self.present, "valid": self.votes_for + self.against}


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class CasePaper(models.Model):
    """A paper kept with the step it is of, in the place the procedure has for it; the newest of a place counts."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="papers")
    slot = models.CharField(max_length=60)
    paper = models.OneToOneField(Paper, models.PROTECT, related_name="case_paper")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.slot} of {self.stage_id}"


class Reminder(models.Model):
    """A stage was told of to whom it waits for, or to the committee above them; once for each rule of its step."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="reminders")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    rule = models.PositiveSmallIntegerField()
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "unit", "rule"], name="case_reminder_once")]

    def __str__(self) -> str:
        return f"{self.stage_id} to {self.unit_id}"


@kept
class SpecialDay(models.Model):
    """A day on which one works or not otherwise than the week says: a public holiday, a Saturday worked instead."""

    day = models.DateField(unique=True)
    is_working = models.BooleanField(default=False)
    name = models.CharField(max_length=500)
    decision = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
