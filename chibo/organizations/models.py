"""The tree: units, their dated parents and paths; grants of roles at units; limits that rules name."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.spans import chain, holding
from chibo.core.text import label_sort_key, search_key
from chibo.organizations.kinds import CELLS, ActKind, Kind, Limit, Part, Setting
from chibo.organizations.roles import FAR, NEVER_LENT, Reach, RoleCode


class UnitQuerySet(models.QuerySet["Unit"]):
    def open_on(self, day: date) -> UnitQuerySet:
        """Units open that day: founded by then, not yet closed, nor closed for a time."""
        away = UnitKind.objects.filter(holding(day), unit=OuterRef("pk"), kind=NO_KIND)
        return self.filter(~Exists(away), Q(closed_on=None) | Q(closed_on__gt=day), founded_on__lte=day)

    def under(self, parent: Unit, day: date) -> UnitQuerySet:
        """Units that stand directly under a parent on a day."""
        return self.filter(holding(day, "parent_links__"), parent_links__parent=parent)

    def known_between(self, first: date, last: date) -> UnitQuerySet:
        """Units founded by the last day, and not closed before the first."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gte=first), founded_on__lte=last)

    def cells(self) -> UnitQuerySet:
        return self.filter(kind__in=CELLS)


NO_KIND = ""  # of a unit while it is closed for a time
EVER_SQL = "date '0001-01-01'"
# A unit's first name and kind hold since ever; whoever corrects those of the unit corrects the ones that hold still.
FIRST_SPANS = " ".join(
    f"INSERT INTO organizations_unit{what} (unit_id, {what}, from_on, decision)"
    f" SELECT n.id, n.{what}, {EVER_SQL}, '' FROM new_rows n"
    f" WHERE NOT EXISTS (SELECT FROM organizations_unit{what} s WHERE s.unit_id = n.id);"
    for what in ("name", "kind")
)
LAST_SPANS = " ".join(
    f"UPDATE organizations_unit{what} s SET {what} = n.{what} FROM new_rows n JOIN old_rows o ON o.id = n.id"
    f" WHERE s.unit_id = n.id AND s.to_on IS NULL AND n.{what} <> o.{what} AND s.{what} <> n.{what};"
    for what in ("name", "kind")
)


def _after(name: str, operation: Any, sql: str, **rows: str) -> pgtrigger.Trigger:
    """What the database does after each such statement; `rows` names those of before and after."""
    told: Any = pgtrigger.Referencing  # the library leaves it untyped
    given = {"when": pgtrigger.After, "operation": operation, "referencing": told(**rows)}
    return pgtrigger.Trigger(name=name, level=pgtrigger.Statement, func=f"{sql} RETURN NULL;", **given)


@pgtrigger.register(
    _after("first_spans", pgtrigger.Insert, FIRST_SPANS, new="new_rows"),
    _after("last_spans", pgtrigger.Update, LAST_SPANS, old="old_rows", new="new_rows"),
)
@kept
class Unit(models.Model):
    """An organization of the Party, from the Central Committee to a cell. Never deleted: it closes."""

    code = models.CharField(max_length=500, unique=True)
    name = models.CharField(max_length=500)
    kind = models.CharField(max_length=30, choices=Kind)
    setting = models.CharField(max_length=30, choices=Setting, blank=True)
    founded_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)  # first day no longer open
    decision = models.CharField(max_length=500, blank=True)
    path = models.TextField(default="", editable=False)  # ids from the root to itself as of today: "1/14/203/"
    sort_key = models.TextField(editable=False)
    search_key = models.TextField(editable=False)

    objects = UnitQuerySet.as_manager()
    name_today = ""  # where a page calls a unit by another name: that of a past day

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="unit_some_day", condition=Q(closed_on=None) | Q(closed_on__gt=F("founded_on"))
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="unit_kind"),
        ]
        indexes = [
            models.Index(name="unit_path", fields=["path"], opclasses=["text_pattern_ops"]),
            models.Index(name="unit_path_of", fields=["id"], include=["path"]),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        self.sort_key, self.search_key = label_sort_key(self.name), search_key(self.name)
        super().save(*args, **kwargs)

    @property
    def is_cell(self) -> bool:
        return self.kind in CELLS

    @property
    def ancestor_ids(self) -> list[int]:
        """Ids from the root to its parent, as of today."""
        return [int(part) for part in self.path.split("/")[:-2]]


@kept
class ParentLink(models.Model):
    """A unit stood under a parent from a day to a day; never under two at once. The first link holds since ever."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="parent_links")
    parent = models.ForeignKey(Unit, models.PROTECT, related_name="child_links")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            *chain("parent_link", "unit"),
            models.CheckConstraint(condition=~Q(unit=F("parent")), name="parent_link_other"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} under {self.parent_id} from {self.from_on}"


@kept
class UnitName(models.Model):
    """A unit bore a name from a day to a day; the first since ever. `Unit.name` is the one it bears today."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="names")
    name = models.CharField(max_length=500)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = chain("unit_name", "unit")

    def __str__(self) -> str:
        return f"{self.name} from {self.from_on}"


@kept
class UnitKind(models.Model):
    """A unit was of a kind from a day to a day; the first since ever. While it is closed for a time it is of none."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="kinds")
    kind = models.CharField(max_length=30, choices=Kind, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            *chain("unit_kind_span", "unit"),
            models.CheckConstraint(condition=Q(kind__in=[NO_KIND, *Kind.values]), name="unit_kind_span_kind"),
        ]
        indexes = [models.Index(fields=["unit"], condition=Q(kind=NO_KIND), name="unit_kind_closed")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.from_on}"


class Lineage(models.Model):
    """The path of a unit from a day to a day, derived from the parent links of itself and all above it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="lineages")
    path = models.TextField()
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)

    class Meta:
        constraints = chain("lineage", "unit")
        indexes = [models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="lineage_path")]

    def __str__(self) -> str:
        return f"{self.path} from {self.from_on}"


class Source(models.TextChoices):
    GIVEN = "given", _("Given")
    ACTING = "acting", _("Acting for someone")
    POST = "post", _("By a post")


@kept
class Grant(models.Model):
    """A user holds a role at a unit from a day to a day; one taken back before its first day ends on that day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=RoleCode)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="grants")
    reach = models.CharField(max_length=10, choices=Reach)  # at most the role's own
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.GIVEN)
    acting_for = models.ForeignKey(  # the grant that is lent: this one holds no longer and no further than that one
        "self", models.PROTECT, null=True, blank=True, related_name="lent"
    )
    reason = models.CharField(max_length=500, blank=True)
    withheld_on = models.DateField(null=True, blank=True)  # of one by a post: from here on not held, whatever the post

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="grant_in_order"),
            models.CheckConstraint(condition=Q(role__in=RoleCode.values), name="grant_role"),
            models.CheckConstraint(
                condition=Q(reach=Reach.UNIT) | Q(reach=Reach.SUBTREE, role__in=FAR), name="grant_reach"
            ),
            models.CheckConstraint(
                condition=Q(acting_for=None, source__in=[Source.GIVEN, Source.POST])
                | Q(source=Source.ACTING, acting_for__isnull=False, to_on__isnull=False)
                & ~Q(reason="")
                & ~Q(role__in=NEVER_LENT),
                name="grant_acting",
            ),
            models.CheckConstraint(condition=Q(withheld_on=None) | Q(source=Source.POST), name="grant_withheld"),
        ]
        indexes = [models.Index(fields=["user"], condition=Q(acting_for__isnull=False), name="grant_who_acts")]

    def __str__(self) -> str:
        return f"{self.role} at {self.unit_id}"

    def is_held(self, day: date) -> bool:
        """Whether its own days hold that day; one that is lent holds nothing beyond what it was lent from."""
        return self.from_on <= day and (self.to_on is None or self.to_on > day)

    def may_be_held(self, day: date) -> bool:
        """Whether it is held that day or will be."""
        return (self.to_on is None or self.to_on > day) and self.to_on != self.from_on


@kept
class Act(models.Model):
    """A dated act on units, by a decision: to come, done, reversed, or not possible on its day."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("To come")
        DONE = "done", _("Done")
        REVERSED = "reversed", _("Reversed")
        FAILED = "failed", _("Could not be done")

    TRANSITIONS: Mapping[str, Set[str]] = {
        Status.PLANNED: {Status.DONE, Status.FAILED, Status.REVERSED},
        Status.FAILED: {Status.DONE, Status.FAILED, Status.REVERSED},
        Status.DONE: {Status.REVERSED},
        Status.REVERSED: set(),
    }

    kind = models.CharField(max_length=20, choices=ActKind)
    on = models.DateField()
    decision = models.CharField(max_length=500, blank=True)
    given = models.JSONField()  # what was asked, units and members by their codes
    status = models.CharField(max_length=10, choices=Status)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    context = models.UUIDField(null=True, blank=True)  # of what it changed, in the history
    done_at = models.DateTimeField(null=True, blank=True)
    known = models.JSONField(default=dict, blank=True)  # the highest keys of tables then: what came later is above
    reasons = models.JSONField(default=list, blank=True)  # why not on its day; done: what is left to settle
    reversed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_context = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ActKind.values), name="act_kind"),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "done", "reversed", "failed"]), name="act_status"
            ),
        ]
        indexes = [models.Index(fields=["status", "on", "id"], name="act_by_status")]

    def __str__(self) -> str:
        return f"{self.kind} on {self.on}"


class ActUnit(models.Model):
    """A unit took part in an act: what it came from, what became of it; also one whose founding is reversed."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="parts")
    unit = models.ForeignKey(Unit, models.DO_NOTHING, null=True, db_constraint=False, related_name="act_parts")
    part = models.CharField(max_length=10, choices=Part)
    code = models.CharField(max_length=500)
    name = models.CharField(max_length=500)  # as it was called then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["act", "part", "code"], name="act_unit_once")]

    def __str__(self) -> str:
        return f"{self.part} of {self.act_id}: {self.code}"


class ActRow(models.Model):
    """A row that an act made (nothing before), changed, or took away (nothing after): what reversing it gives back."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="rows")
    table = models.CharField(max_length=60)
    row = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["act", "table", "row"], name="act_row_once")]
        indexes = [models.Index(fields=["table", "row"], name="act_row_of")]

    def __str__(self) -> str:
        return f"{self.table} {self.row} by {self.act_id}"


class Verdict(models.TextChoices):
    KEEP = "keep", _("Keep")
    END = "end", _("End")


@pgtrigger.register(pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete))
class GrantReview(models.Model):
    """An administrator looked at a role that someone holds and said that it stays or ends; never changed."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=10, choices=Verdict)
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="grant_review_verdict")]
        indexes = [models.Index(fields=["grant", "-on"], name="grant_review_newest")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.grant_id} on {self.on}"


@kept
class GrantTerms(models.Model):
    """From a day on: how often roles are reviewed, and for how many days at most someone acts for another."""

    from_on = models.DateField(unique=True)
    review_months = models.PositiveSmallIntegerField(default=12)
    acting_days = models.PositiveSmallIntegerField(default=366)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(review_months__range=(1, 60)), name="grant_terms_review"),
            models.CheckConstraint(condition=Q(acting_days__range=(1, 1100)), name="grant_terms_acting"),
        ]

    def __str__(self) -> str:
        return f"every {self.review_months} months from {self.from_on}"


class ThresholdQuerySet(models.QuerySet["Threshold"]):
    def on(self, day: date) -> dict[str, Decimal]:
        """Every limit as it is valid on a day, by its code. One query."""
        valid = self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day).order_by()
        return dict(valid.values_list("code", "value"))


@kept
class Threshold(models.Model):
    """A limit that rules name, valid from a day to a day: seeded from the rules, changed by administrators."""

    code = models.CharField(max_length=60, choices=Limit)
    value = models.DecimalField(max_digits=12, decimal_places=4)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=500, blank=True)

    objects = ThresholdQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="threshold_one_begin"),
            models.UniqueConstraint(fields=["code", "valid_to"], nulls_distinct=False, name="threshold_one_end"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="threshold_some_day"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="threshold_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value} from {self.valid_from}"
