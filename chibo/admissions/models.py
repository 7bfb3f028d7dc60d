"""People who may become members: where they are listed, who helps them, their class; heads reviewed; screening."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.indicators.marks import marks
from chibo.members.models import Membership, Person, Post
from chibo.organizations.models import Unit

OLDEST, NEWEST = 1930, 2199  # years a screening may be of


class State(models.TextChoices):
    """How far someone on the list has come."""

    SOURCE = "source", _("Source")
    SYMPATHISER = "sympathiser", _("Sympathiser")
    APPLICANT = "applicant", _("Applicant")
    ADMITTED = "admitted", _("Admitted")
    TAKEN_OFF = "taken_off", _("Taken off the list")


LISTED = (State.SOURCE, State.SYMPATHISER, State.APPLICANT)


class GroupCode(models.TextChoices):
    """Whom the directives ask to win first."""

    WORKERS = "workers", _("Workers")
    MANAGERS = "managers", _("Managers of private firms")
    STUDENTS = "students", _("Students")
    RELIGIOUS = "religious", _("Religious people")
    REMOTE = "remote", _("People of remote and ethnic areas")
    HEADS = "heads", _("Heads of villages and residential groups")
    YOUTH_SECRETARIES = "youth_secretaries", _("Secretaries of the youth union")
    ASSOCIATION_HEADS = "association_heads", _("Heads of associations")
    SOLDIERS = "soldiers", _("Demobilised soldiers")
    GRADUATES = "graduates", _("Graduates")
    STAFF = "staff", _("Staff of education and health")
    PUPILS = "pupils", _("Pupils of upper secondary schools")


def _after(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name=f"{name}_some_day")


def _one_at_a_time(name: str, of: str) -> ExclusionConstraint:
    """No two rows of one at once; asked at the end, so that acts and corrections may pass through what can't stay."""
    return ExclusionConstraint(
        name=f"{name}_one_at_a_time",
        expressions=[
            (Func(of, of, Value("[]"), function="int8range"), "&&"),
            (Func("from_on", "to_on", function="daterange"), "&&"),
        ],
        deferrable=models.Deferrable.DEFERRED,
    )


@kept
class Group(models.Model):
    """A priority group that the directives name, from a day to a day."""

    code = models.CharField(max_length=30, choices=GroupCode)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [_after("group"), models.UniqueConstraint(fields=["code", "from_on"], name="group_once")]

    def __str__(self) -> str:
        return str(self.get_code_display())


@kept
class Source(models.Model):
    """Someone on the list of sources, from the day a cell listed them until they joined or were taken off."""

    TRANSITIONS: ClassVar = {
        State.SOURCE: {State.SYMPATHISER, State.TAKEN_OFF},
        State.SYMPATHISER: {State.APPLICANT, State.TAKEN_OFF},
        State.APPLICANT: {State.SYMPATHISER, State.ADMITTED, State.TAKEN_OFF},  # back: the application came to nothing
        State.ADMITTED: set(),
        State.TAKEN_OFF: set(),
    }
    person = models.ForeignKey(Person, models.PROTECT, related_name="sources")
    state = models.CharField(max_length=20, choices=State, default=State.SOURCE)
    introduced_by = models.CharField(_("Introduced by"), max_length=500, blank=True)
    from_on = models.DateField(_("Listed on"))
    sympathiser_on = models.DateField(null=True, blank=True)
    applied_on = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=500, blank=True)  # of the province, for those above the age
    to_on = models.DateField(null=True, blank=True)  # first day no longer on the list
    reason = models.CharField(max_length=500, blank=True)  # why taken off
    membership = models.OneToOneField(Membership, models.PROTECT, null=True, blank=True, related_name="source")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="source_state"),
            models.CheckConstraint(
                condition=Q(to_on=None, state__in=LISTED) | (Q(to_on__isnull=False) & ~Q(state__in=LISTED)),
                name="source_ended_or_listed",
            ),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="source_in_order"),
            models.CheckConstraint(condition=~Q(state=State.TAKEN_OFF) | ~Q(reason=""), name="source_taken_off_why"),
            models.UniqueConstraint(fields=["person"], condition=Q(to_on=None), name="source_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} since {self.from_on}"

    @property
    def is_listed(self) -> bool:
        """Whether they are still on the list."""
        return self.state in LISTED


@marks("admissions", ["source_id", "cell_id", "from_on", "to_on"], "select cell_id, from_on, to_on from {rows} r")
@kept
class Place(models.Model):
    """Someone on the list is a source of a cell from a day to a day."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="places")
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="source_places")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [_after("place"), _one_at_a_time("place", "source_id")]

    def __str__(self) -> str:
        return f"{self.source_id} at {self.cell_id} from {self.from_on}"


@kept
class SourceGroup(models.Model):
    """Someone on the list belongs to a priority group."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="groups")
    group = models.ForeignKey(Group, models.PROTECT, related_name="sources")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "group"], name="source_group_once")]

    def __str__(self) -> str:
        return f"{self.source_id} of {self.group_id}"


@marks(
    "admissions",
    ["source_id", "from_on", "to_on"],
    "select p.cell_id, r.from_on, r.to_on from {rows} r join admissions_place p on p.source_id = r.source_id",
)
@kept
class Helper(models.Model):
    """An official member helps someone on the list, from a day to a day: the task their cell gave them."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="helpers")
    person = models.ForeignKey(Person, models.PROTECT, related_name="helped")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [_after("helper"), _one_at_a_time("helper", "source_id")]

    def __str__(self) -> str:
        return f"{self.person_id} helps {self.source_id} from {self.from_on}"


@kept
class Certificate(models.Model):
    """Someone completed the class that makes aware of the Party."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="awareness_certificates")
    number = models.CharField(_("Number of the certificate"), max_length=500)
    issued_on = models.DateField(_("Issued on"))
    class_at = models.CharField(_("Class at"), max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "issued_on"], name="certificate_one_a_day")]

    def __str__(self) -> str:
        return f"{self.number} of {self.person_id}"


@kept
class Remark(models.Model):
    """What the helper says of someone, on a day."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="remarks")
    on = models.DateField()
    text = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "on"], name="remark_one_a_day")]

    def __str__(self) -> str:
        return f"of {self.source_id} on {self.on}"


@kept
class Review(models.Model):
    """A cell went through its list in a month."""

    cell = models.ForeignKey(Unit, models.PROTECT, related_name="source_reviews")
    month = models.DateField()  # its first day
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cell", "month"], name="source_review_one_a_month")]

    def __str__(self) -> str:
        return f"{self.cell_id} in {self.month}"


@kept
class Reviewed(models.Model):
    """What a cell found of someone on its list: they stay, or not."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="lines")
    source = models.ForeignKey(Source, models.PROTECT, related_name="reviewed")
    stays = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "source"], name="source_reviewed_once")]

    def __str__(self) -> str:
        return f"{self.source_id} in {self.review_id}"


@marks(
    "admissions",
    ["post_id", '"on"'],
    'select p.unit_id, r."on", r."on" + 1 from {rows} r join members_post p on p.id = r.post_id',
)
@kept
class HeadReview(models.Model):
    """The head of a village or residential group who is no member was reviewed: fit to be won for the Party, or not."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="head_reviews")
    on = models.DateField()
    conditions = models.BooleanField(_("Conditions"))
    standards = models.BooleanField(_("Standards"))
    health = models.BooleanField(_("Health"))
    reviewed_by = models.CharField(max_length=500, blank=True)
    work = models.CharField(max_length=500, blank=True)  # other suitable work, of who is not qualified
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="head_reviews")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "on"], name="head_review_one_a_day")]

    def __str__(self) -> str:
        return f"{self.post_id} on {self.on}"

    @property
    def is_qualified(self) -> bool:
        """Whether they meet all three."""
        return self.conditions and self.standards and self.health


class Standing(models.TextChoices):
    """How a member stands to what is asked of members, as the cell found, and what came of it."""

    FIT = "fit", _("Fit")
    HELP = "help", _("Needs help")
    REMOVAL = "removal", _("Proposed for removal")
    IMPROVED = "improved", _("Improved")
    REMOVED = "removed", _("No longer a member")


@marks("admissions", ["cell_id", "year", '"on"'], 'select cell_id, "on", "on" + 1 from {rows} r')
@kept
class Screening(models.Model):
    """A cell went through all its members for a year."""

    cell = models.ForeignKey(Unit, models.PROTECT, related_name="screenings")
    year = models.PositiveSmallIntegerField()
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cell", "year"], name="screening_one_a_year"),
            models.CheckConstraint(condition=Q(year__gte=OLDEST, year__lte=NEWEST), name="screening_year"),
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} in {self.year}"


@kept
class Screened(models.Model):
    """What a cell found of a member; of who needs help: who helps until when, and what came of it."""

    TRANSITIONS: ClassVar = {
        Standing.FIT: set(),
        Standing.HELP: {Standing.IMPROVED, Standing.REMOVAL, Standing.REMOVED},
        Standing.REMOVAL: {Standing.IMPROVED, Standing.REMOVED},
        Standing.IMPROVED: set(),
        Standing.REMOVED: set(),
    }
    screening = models.ForeignKey(Screening, models.PROTECT, related_name="lines")
    person = models.ForeignKey(Person, models.PROTECT, related_name="screened")
    state = models.CharField(max_length=20, choices=Standing, default=Standing.FIT)
    reason = models.CharField(max_length=500, blank=True)
    helper = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="helps_screened")
    until_on = models.DateField(null=True, blank=True)
    outcome_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)  # in words

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["screening", "person"], name="screened_once"),
            models.CheckConstraint(condition=Q(state__in=Standing.values), name="screened_state"),
            models.CheckConstraint(
                condition=~Q(state=Standing.HELP) | Q(helper__isnull=False, until_on__isnull=False),
                name="screened_help_by_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} in {self.screening_id}"

    def is_overdue(self, today: date) -> bool:
        """Whether help should have come to an end."""
        return self.state == Standing.HELP and self.until_on is not None and self.until_on < today


def expiry(issued_on: date, years: Any) -> date:
    """The first day on which a certificate is no longer valid."""
    year = issued_on.year + int(years)
    try:
        return issued_on.replace(year=year)
    except ValueError:  # 29 February, in a year that has none
        return date(year, 3, 1)
