"""Targets: what a unit is to reach in a period, by which decision."""

from django.db import models
from django.db.models import Q

from chibo.core.history import kept
from chibo.organizations.models import Unit


class Comparator(models.TextChoices):
    AT_LEAST = ">=", "≥"
    OVER = ">", ">"
    EQUAL = "=", "="
    AT_MOST = "<=", "≤"
    UNDER = "<", "<"


@kept
class Target(models.Model):
    """An indicator of a unit is to stand so to a value in a period. A ratio is a fraction: 0.9."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="targets")
    indicator = models.CharField(max_length=100)
    period = models.CharField(max_length=7)
    comparator = models.CharField(max_length=2, choices=Comparator)
    value = models.DecimalField(max_digits=30, decimal_places=12)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "indicator", "period"], name="target_once"),
            models.CheckConstraint(condition=Q(comparator__in=Comparator.values), name="target_comparator"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.comparator} {self.value} in {self.period}"
