"""What the engine keeps: a calendar, years kept, sums per unit and month, and marks of what changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chibo.indicators.marks import marks
from chibo.organizations.models import Lineage, Unit, UnitKind


class Month(models.Model):
    """A month of the calendar, with the quarter and year it ends, if it ends one. Rows from 1900 to 2199, fixed."""

    first_day = models.DateField(primary_key=True)
    last_day = models.DateField(unique=True)
    name = models.CharField(max_length=7)  # "2023-04"
    quarter = models.CharField(max_length=7)  # "2023-Q2"
    quarter_first_day = models.DateField()
    ends_quarter = models.BooleanField()
    year = models.IntegerField()
    year_first_day = models.DateField()
    ends_year = models.BooleanField()

    def __str__(self) -> str:
        return self.name


class KeptYear(models.Model):
    """A year whose sums are kept; figures of other years are computed from the records when asked for."""

    year = models.IntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.year)


class OwnSum(models.Model):
    """The sum of a unit's own facts of one month on one path, as last folded into the figures above."""

    indicator = models.CharField(max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    month = models.DateField()
    path = models.TextField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()

    class Meta:
        constraints = [  # as that of the sums
            models.UniqueConstraint(
                fields=["unit", "indicator", "month", "path"],
                include=["numerator", "denominator"],
                name="own_sum_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_id} {self.month}"


class OwnYear(models.Model):
    """The sum of a unit's own sums of a year, of what adds up over months; so a year of many units is read at once."""

    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    year = models.IntegerField()
    indicator = models.CharField(max_length=60)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()

    class Meta:
        constraints = [  # in this order a year of few units and one of all are both one short range
            models.UniqueConstraint(
                fields=["indicator", "year", "unit"], include=["numerator", "denominator"], name="own_year_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_id} {self.year}"


class Sum(models.Model):
    """The sum of the facts of a unit and of all under it, of one month."""

    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    month = models.DateField()
    indicator = models.CharField(max_length=60)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [  # with the sums in it the index alone answers for a year of many units
            models.UniqueConstraint(
                fields=["unit", "indicator", "month"], include=["numerator", "denominator"], name="sum_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_id} {self.month}"


class Standing(models.Model):
    """Where a unit's own sums are counted on today's tree, as last folded into the shifts."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, db_constraint=False, related_name="+")
    path = models.TextField()

    def __str__(self) -> str:
        return self.path


class Shift(models.Model):
    """How much more the sum of a unit and month is on today's tree than as it stood then. None where nobody moved."""

    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    month = models.DateField()
    indicator = models.CharField(max_length=60)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "month", "indicator"], name="shift_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_id} {self.month}"


class Mark(models.Model):
    """Facts of a unit may have changed on days `[from_on, to_on)`: its sums are to be folded again.

    Written by triggers in the writer's own transaction; no key to wait for, so writers never wait for each other.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    subject = models.CharField(max_length=20)  # the app whose indicators it concerns; empty: all

    def __str__(self) -> str:
        return f"{self.unit_id} {self.from_on}..{self.to_on} {self.subject}"


class Fold(models.Model):
    """A moment at which figures were computed, by what, and from how many changes: sums computed `at` it name it.

    All records entered until then are in them.
    """

    class Way(models.TextChoices):
        WORKER = "worker", _("the worker, as records change")
        POSTGRES = "postgres", _("a rebuild in PostgreSQL")
        DUCKDB = "duckdb", _("a rebuild by DuckDB")
        SPARK = "spark", _("a rebuild on Spark")

    at = models.DateTimeField(db_index=True)
    way = models.CharField(max_length=10, choices=Way)
    marks = models.BigIntegerField()  # of changes taken; a rebuild takes all records, marked or not

    def __str__(self) -> str:
        return f"{self.at} {self.way}"


class Comparison(models.Model):
    """A night's look: of figures drawn by chance, how many were added up again, and how many were another number."""

    at = models.DateTimeField()
    drawn = models.PositiveIntegerField()
    compared = models.PositiveIntegerField()  # the others were just being folded
    differing = models.PositiveIntegerField()
    seconds = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="comparison_newest")]

    def __str__(self) -> str:
        return f"{self.at}: {self.differing} of {self.compared}"


class Difference(models.Model):
    """A figure kept that its records did not come to when they were added up again."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="differences")
    unit = models.ForeignKey(Unit, models.PROTECT, db_constraint=False, related_name="+")
    month = models.DateField()
    indicator = models.CharField(max_length=60)
    numerator = models.BigIntegerField()  # as kept
    denominator = models.BigIntegerField()
    new_numerator = models.BigIntegerField()  # as the records say
    new_denominator = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit_id} {self.month}"


# The tree is below the engine, so the engine marks what changes of it.
marks("", ["unit_id", "path", "from_on", "to_on"], "select unit_id, from_on, to_on from {rows} r")(Lineage)
marks(
    "",
    ["id", "kind", "setting", "founded_on", "closed_on"],
    "select id, date '0001-01-01', null::date from {rows} r",  # meetings may belong to months before the founding
)(Unit)
marks(  # beside the unit's own mark: the span a unit begins with says nothing new
    "",
    ["unit_id", "kind", "from_on", "to_on", "prev_to"],
    "select unit_id, date '0001-01-01', null::date from {rows} r where r.to_on is not null or r.prev_to is not null",
)(UnitKind)
