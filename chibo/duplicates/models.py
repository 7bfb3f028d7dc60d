"""Records alike, what was decided of them, merges with every row they touched. Keys are kept by triggers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from chibo.core.history import kept
from chibo.organizations.rows import ENCODER


class Keyed(models.Model):
    """What a person is looked for by: fingerprints of name and day of birth. Written by triggers on people."""

    person_id = models.BigIntegerField(primary_key=True)
    keys = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["keys"], name="keyed_keys")]

    def __str__(self) -> str:
        return f"keys of {self.person_id}"


class Stale(models.Model):
    """A person is new or changed, and nobody has looked yet who is like them. Written by triggers on people."""

    person_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"{self.person_id} to be looked at"


class Pair(models.Model):
    """Two records that may be of one person, and why; found by the program, derived anew whenever one changes."""

    first_id = models.BigIntegerField()  # no foreign keys: a pair goes when one of its people does
    second_id = models.BigIntegerField()
    strength = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=30))
    first_cell_id = models.BigIntegerField(null=True)  # where they were when it was found
    second_cell_id = models.BigIntegerField(null=True)
    is_apart = models.BooleanField(default=False, db_default=False)  # somebody said: two people

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="pair_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="pair_in_order"),
        ]
        indexes = [
            models.Index(fields=["second_id"], name="pair_second"),
            models.Index(fields=["-strength", "id"], condition=Q(is_apart=False), name="pair_strongest"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


@kept
class Apart(models.Model):
    """Somebody looked at two records and said: two people. It holds as long as both say what they said then."""

    first_id = models.BigIntegerField()  # no foreign keys: a record may go into another, and come back
    second_id = models.BigIntegerField()
    said = models.CharField(max_length=70)  # fingerprints of the names, days of birth and sexes that were compared
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="apart_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="apart_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id} are two people"


@kept
class Request(models.Model):
    """Somebody who sees one of two records asks those who see both to decide."""

    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first_id", "second_id"], condition=Q(closed_at=None), name="request_one_open"
            ),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="request_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}, please"


@kept
class Merge(models.Model):
    """One record went into another; it can be taken apart again. No foreign keys: records come and go."""

    kept_id = models.BigIntegerField(db_index=True)
    gone_id = models.BigIntegerField()
    kept_code = models.CharField(max_length=500)  # as they were
    gone_code = models.CharField(max_length=500)
    gone_name = models.CharField(max_length=500)
    reason = models.CharField(max_length=500, blank=True)
    choices = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    apart_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    apart_at = models.DateTimeField(null=True, blank=True)
    apart_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone_id"], condition=Q(apart_at=None), name="merge_gone_once"),
            models.UniqueConstraint(fields=["gone_code"], condition=Q(apart_at=None), name="merge_gone_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_code} into {self.kept_code}"


@kept
class MergeRow(models.Model):
    """A row that a merge wrote: which, what it said before and what it says after. Taking apart needs no more."""

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="rows")
    table = models.CharField(max_length=63)
    row = models.BigIntegerField()
    before = models.JSONField(null=True, encoder=type(ENCODER))
    after = models.JSONField(null=True, encoder=type(ENCODER))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merge", "table", "row"], name="merge_row_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.row}"
