"""Numbers asked of cells, guide cells of a year and who visited them, weak cells with their support plans."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept, stands
from chibo.core.spans import holding
from chibo.indicators.marks import marks
from chibo.members.models import Person
from chibo.organizations.models import Unit


class What(models.TextChoices):
    """What a number asked of cells is of."""

    ATTENDANCE = "attendance", _("Present at a meeting, over so many of a hundred")
    DURATION = "duration", _("Minutes a regular meeting lasts, at least")
    RUNNING = "running", _("Meetings running at which a member was absent without excuse, from")
    MONTHS = "months", _("Months of a year in which a member was absent without excuse, from")
    GUIDE_REGULAR_LEAST = "guide_regular_least", _("Guide cells for regular meetings, at least, of a hundred")
    GUIDE_REGULAR_MOST = "guide_regular_most", _("Guide cells for regular meetings, at most, of a hundred")
    GUIDE_THEMATIC_LEAST = "guide_thematic_least", _("Guide cells for thematic meetings, at least, of a hundred")
    GUIDE_THEMATIC_MOST = "guide_thematic_most", _("Guide cells for thematic meetings, at most, of a hundred")
    WEAK_MISSED = "weak_missed", _("Months missed in the last twelve that make a cell weak, from")
    WEAK_ATTENDANCE = "weak_attendance", _("Attendance in the last twelve months that makes a cell weak, under")
    WEAK_POOR = "weak_poor", _("Meetings scored poor in the last twelve months that make a cell weak, from")


@marks(
    "guidance",
    ["what", "number", "from_on", "to_on"],
    "select u.id, date '0001-01-01', null::date from {rows} r, organizations_unit u",
)
@kept
class Norm(models.Model):
    """A number asked of all cells, from a day to a day. Administrators change it."""

    what = models.CharField(max_length=30, choices=What)
    number = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="cell_norm_some_day"),
            models.CheckConstraint(condition=Q(what__in=What.values), name="cell_norm_what"),
            models.UniqueConstraint(fields=["what", "from_on"], name="cell_norm_once"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.number} from {self.from_on}"


def norms_on(day: date) -> dict[str, int]:
    """What is asked of cells on a day. One query."""
    return dict(Norm.objects.filter(holding(day)).order_by("from_on").values_list("what", "number"))


class Of(models.TextChoices):
    """For which meetings a cell is a guide."""

    REGULAR = "regular", _("regular meetings")
    THEMATIC = "thematic", _("thematic meetings")


YEAR = "make_date(y.year, 12, 31), make_date(y.year + 1, 1, 1)"


@marks(
    "guidance",
    ["id", "unit_id", "year", "of"],
    f"select c.unit_id, {YEAR} from {{rows}} y join organizations_lineage a on a.unit_id = y.unit_id"
    " join organizations_lineage c on starts_with(c.path, a.path)",
)
@kept
class GuideYear(models.Model):
    """A committee chooses guide cells for a year: cells the others learn from."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="guide_years")
    year = models.PositiveSmallIntegerField()
    of = models.CharField(max_length=10, choices=Of)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "of"], name="guide_year_once"),
            models.CheckConstraint(condition=Q(of__in=Of.values), name="guide_year_of"),
            models.CheckConstraint(condition=Q(year__range=(1930, 2199)), name="guide_year_year"),
        ]

    def __str__(self) -> str:
        return f"guide cells of {self.unit_id} in {self.year} for {self.of}"


@marks(
    "guidance",
    ["id", "guide_year_id", "cell_id"],
    f"select g.cell_id, {YEAR} from {{rows}} g join guidance_guideyear y on y.id = g.guide_year_id",
)
@kept
class GuideCell(models.Model):
    """A cell that a committee chose as a guide for a year."""

    guide_year = models.ForeignKey(GuideYear, models.PROTECT, related_name="chosen", db_index=False)
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="guides")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guide_year", "cell"], name="guide_cell_once")]

    def __str__(self) -> str:
        return f"{self.cell_id} in {self.guide_year_id}"


@marks("guidance", ["id", "guide_id", "cell_id", '"on"'], "select r.cell_id, r.on, r.on + 1 from {rows} r")
@kept
class CrossVisit(models.Model):
    """A cell went to a meeting of a guide cell to learn from it."""

    guide = models.ForeignKey(GuideCell, models.PROTECT, related_name="cross_visits", db_index=False)
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="cross_visits")  # that went there
    on = models.DateField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guide", "cell", "on"], name="cross_visit_once")]

    def __str__(self) -> str:
        return f"{self.cell_id} at {self.guide_id} on {self.on}"


class Outcome(models.TextChoices):
    """How a support plan ended."""

    MENDED = "mended", _("The cell is weak no more")
    PARTLY = "partly", _("Better, and still weak")
    NOT = "not", _("As weak as before")


@marks(
    "guidance",
    ["id", "cell_id", "named_on", "until", "closed_on", "outcome"],
    "select cell_id, least(named_on, closed_on, until), null::date from {rows} r",
)
@kept
class SupportPlan(models.Model):
    """A committee named a weak cell, and what is done for it, by whom, until when; open until it is closed."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="support_plans")  # the committee
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="supported_by")
    named_on = models.DateField()
    why = models.CharField(max_length=500)
    measures = models.TextField()
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # who supports it
    who = models.CharField(max_length=500)
    until = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    closing = models.CharField(max_length=500, blank=True)  # in words

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("named_on")), name="support_plan_some_day"),
            models.CheckConstraint(
                condition=Q(closed_on=None, outcome="") | Q(closed_on__gte=F("named_on"), outcome__in=Outcome.values),
                name="support_plan_closed",
            ),
            models.UniqueConstraint(fields=["cell"], condition=Q(closed_on=None), name="support_plan_one_open"),
        ]
        indexes = [models.Index(fields=["unit", "until"], condition=Q(closed_on=None), name="support_plan_open")]

    def __str__(self) -> str:
        return f"support of {self.cell_id} from {self.named_on}"


@stands("What is said of a support plan is written in an action.")
class SupportNote(models.Model):
    """What somebody saw of a support plan on a day; written once."""

    plan = models.ForeignKey(SupportPlan, models.PROTECT, related_name="notes")
    text = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"note on {self.plan_id}"
