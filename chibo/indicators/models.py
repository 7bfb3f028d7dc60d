"""What the engine keeps: a calendar, years kept, sums per unit and year, and marks of what changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from chibo.indicators.marks import marks
from chibo.indicators.stored import NAMES
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


class Numbered(models.Model):
    """The number under which the sums of an indicator are kept: given once, and kept if it is no longer declared."""

    number = models.SmallIntegerField(primary_key=True)
    code = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.code


class Path(models.Model):
    """A path on which own sums of a unit went up; `place` tells it from the unit's others."""

    pk = models.CompositePrimaryKey("unit_id", "place")
    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    place = models.SmallIntegerField()
    path = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="own_path")]

    def __str__(self) -> str:
        return self.path


M = TypeVar("M", bound=type[models.Model])


def of_each_month(field: type[models.Field[Any, Any]]) -> Callable[[M], M]:
    """Have a model of sums hold those of the twelve months of a year; null is nothing, and takes no room."""

    def add(model: M) -> M:
        for name in NAMES:
            model.add_to_class(name, field(null=True))
        return model

    return add


class Year(models.Model):
    """What a unit's figure of an indicator has in a year: `n1` to `n12`, `d1` to `d12`, and when they were computed."""

    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    at = models.DateTimeField()
    indicator = models.ForeignKey(Numbered, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    year = models.SmallIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.unit_id} {self.year}"


@of_each_month(models.IntegerField)  # of one unit they are few
class OwnSum(Year):
    """The sums of a unit's own facts of a year on one path, as last folded into the figures above."""

    pk = models.CompositePrimaryKey("unit_id", "year", "indicator_id", "place")
    place = models.SmallIntegerField()


@of_each_month(models.BigIntegerField)
class Sum(Year):
    """The sums of the facts of all that stood under a unit, without its own: none of a cell."""

    pk = models.CompositePrimaryKey("unit_id", "year", "indicator_id")


class Standing(models.Model):
    """Where a unit's own sums are counted on today's tree, as last folded into the shifts."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, db_constraint=False, related_name="+")
    path = models.TextField()

    def __str__(self) -> str:
        return self.path


@of_each_month(models.BigIntegerField)
class Shift(Year):
    """How much more came from below a unit on today's tree than as it stood then. None where nobody moved."""

    pk = models.CompositePrimaryKey("unit_id", "year", "indicator_id")


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
marks(  # the place of its name in order is kept beside sums
    "",
    ["id", "kind", "setting", "founded_on", "closed_on", "sort_key"],
    "select id, date '0001-01-01', null::date from {rows} r",  # meetings may belong to months before the founding
)(Unit)
marks(  # beside the unit's own mark: the span a unit begins with says nothing new
    "",
    ["unit_id", "kind", "from_on", "to_on", "prev_to"],
    "select unit_id, date '0001-01-01', null::date from {rows} r where r.to_on is not null or r.prev_to is not null",
)(UnitKind)
