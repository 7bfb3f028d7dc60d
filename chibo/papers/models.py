"""Forms and the templates laid down for them; papers, their versions, and the bytes of those that are kept here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept, stands
from chibo.core.spans import holding

SAYS = "A paper is kept in an action."


class Group(models.TextChoices):
    """What the forms of a kind are for, in the order of a member's life."""

    ADMISSION = "admission", _("Admission")
    RECOGNITION = "recognition", _("Recognition as an official member")
    TRANSFER = "transfer", _("Transfer to another unit")
    LEAVING = "leaving", _("Exemption, leaving, removal")
    HONOUR = "honour", _("Badges")
    FILE = "file", _("The member's file")
    MEETING = "meeting", _("Meetings of the cell")


class Sort(models.TextChoices):
    """How a value of a form is written."""

    LINE = "line", _("text in a line")
    LINES = "lines", _("text of several lines")
    NUMBER = "number", _("number")
    DAY = "day", _("day, as 05/01/2024")
    WRITTEN_DAY = "written_day", _("day in words")


@dataclass(frozen=True)
class Allowed:
    """A value that a form may use: its name in templates, its label in each language, an invented example."""

    name: str
    sort: str
    labels: dict[str, str]
    sample: str

    @property
    def label(self) -> str:
        return in_language(self.labels)


def in_language(names: dict[str, str]) -> str:
    """A name as the reader's language has it, else the English one."""
    return names.get((get_language() or "en").split("-")[0]) or names.get("en", "")


@kept
class Form(models.Model):
    """A form that a rule lays down, as 9-KNĐ, from a day to a day: its name, and the values it may use."""

    code = models.CharField(max_length=40)
    group = models.CharField(max_length=20, choices=Group)
    place = models.PositiveSmallIntegerField()  # among all forms
    name = models.JSONField()  # {"en": ..., "vi": ...}
    values = models.JSONField()  # [{"name", "sort", "labels", "sample"}]
    source = models.CharField(max_length=500, blank=True)  # the rule that lays it down
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "from_on"], name="form_once"),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="form_some_day"),
            models.CheckConstraint(condition=Q(group__in=Group.values), name="form_group"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {in_language(self.name)}"

    @property
    def label(self) -> str:
        return in_language(self.name)

    @cached_property
    def allowed(self) -> list[Allowed]:
        return [Allowed(**each) for each in self.values]

    def holds_on(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or day < self.to_on)


@stands(SAYS)
class Blob(models.Model):
    """The bytes of a file; the database takes them only with the hash and the size that are theirs."""

    bytes = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    sha256=Func(
                        F("bytes"),
                        template="encode(sha256(%(expressions)s), 'hex')",
                        output_field=models.CharField(),
                    )
                ),
                name="blob_hash",
            ),
            models.CheckConstraint(
                condition=Q(size=Func(F("bytes"), function="length", output_field=models.IntegerField())),
                name="blob_size",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


@kept
class FormTemplate(models.Model):
    """A Word template laid down for a form from a day to a day; on other days the shipped one holds.

    One that was ended before it began has its first day as its last: it never held.
    """

    form = models.ForeignKey(Form, models.PROTECT, related_name="templates")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="template_order"),
            ExclusionConstraint(  # ranges of one key: no extension is needed
                name="template_one_a_day",
                expressions=[
                    (
                        Func(
                            F("form"),
                            F("form"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    (Func(F("from_on"), F("to_on"), function="daterange", output_field=DateRangeField()), "&&"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} from {self.from_on}"

    def holds_on(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or day < self.to_on)


def template_on(form: Form, day: date) -> FormTemplate | None:
    """The template laid down for a form that holds on a day; None: the shipped one. One query."""
    return FormTemplate.objects.filter(holding(day), form=form).order_by("-from_on", "-pk").first()


class How(models.TextChoices):
    """How a paper came to be kept."""

    MADE = "made", _("made from a form")
    KEPT = "kept", _("a file that was handed in")
    REGISTERED = "registered", _("registered; the paper itself lies elsewhere")


@stands(SAYS)
class Paper(models.Model):
    """One version of a paper, as it was made, handed in, or only registered; a later version leaves it as it is."""

    line = models.UUIDField(default=uuid.uuid4, editable=False)  # what the versions of one paper share
    version = models.PositiveSmallIntegerField(default=1)
    how = models.CharField(max_length=10, choices=How)
    title = models.CharField(max_length=500)
    blob = models.OneToOneField(Blob, models.PROTECT, null=True, related_name="paper")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    media_type = models.CharField(max_length=100, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    form = models.ForeignKey(Form, models.PROTECT, null=True, related_name="papers")
    template = models.ForeignKey(FormTemplate, models.PROTECT, null=True, related_name="papers")  # null: the shipped
    template_sha256 = models.CharField(max_length=64, blank=True)
    values = models.JSONField(default=dict)  # {name: text}, as they stand in it
    number = models.CharField(max_length=500, blank=True)  # in the register of whoever keeps it
    dated_on = models.DateField(null=True)
    kept_at = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="paper_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="paper_version"),
            models.CheckConstraint(
                condition=(
                    Q(how=How.MADE, form__isnull=False, blob__isnull=False)
                    & ~Q(template_sha256="")
                    & ~Q(sha256="")
                    & Q(number="", kept_at="")
                )
                | (
                    Q(how=How.KEPT, form=None, template=None, blob__isnull=False)
                    & ~Q(sha256="")
                    & Q(number="", kept_at="", values={})
                )
                | (
                    Q(how=How.REGISTERED, form=None, template=None, blob=None, sha256="", size=0, media_type="")
                    & Q(file_name="", values={}, dated_on__isnull=False)
                    & ~Q(number="")
                    & ~Q(kept_at="")
                ),
                name="paper_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"

    @property
    def has_file(self) -> bool:
        return self.blob_id is not None
