"""The tree: units, their dated parents and paths; grants of roles at units."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.spans import chain, holding
from chibo.core.text import label_sort_key, search_key
from chibo.organizations.kinds import CELLS, Kind, Setting
from chibo.organizations.roles import FAR, NEVER_LENT, Reach, RoleCode


class UnitQuerySet(models.QuerySet["Unit"]):
    def open_on(self, day: date) -> UnitQuerySet:
        """Units open that day: founded by then, not yet closed."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=day), founded_on__lte=day)

    def under(self, parent: Unit, day: date) -> UnitQuerySet:
        """Units that stand directly under a parent on a day."""
        return self.filter(holding(day, "parent_links__"), parent_links__parent=parent)

    def cells(self) -> UnitQuerySet:
        return self.filter(kind__in=CELLS)


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

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gt=F("founded_on")), name="unit_some_day"
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="unit_kind"),
        ]
        indexes = [models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="unit_path")]

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
