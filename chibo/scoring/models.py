"""Scoring sheets with their versions, and which holds where: under which unit, for what kind of meeting, from when."""

from __future__ import annotations

from functools import cached_property

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Cast

from chibo.core.history import kept
from chibo.organizations.models import Unit
from chibo.procedures.flow import said
from chibo.scoring.sheet import Sheet, read

_read: dict[str, Sheet] = {}  # those laid down, by their digest
FROZEN = pgtrigger.Trigger(
    name="frozen",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
    IF OLD.is_fixed AND (TG_OP = 'DELETE' OR to_jsonb(OLD) - 'digest' IS DISTINCT FROM to_jsonb(NEW) - 'digest') THEN
        RAISE EXCEPTION 'A scoring sheet that is laid down stays as it is: copy it.';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
    """,
)


@pgtrigger.register(FROZEN)
@kept
class SheetVersion(models.Model):
    """A scoring sheet as meetings are scored by it; a draft until it is laid down somewhere, then never changed."""

    code = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    name = models.JSONField()  # by language
    basis = models.CharField(max_length=500)  # the regulation it comes from
    definition = models.JSONField()
    digest = models.GeneratedField(  # of the definition: who knows the sheet of it need not read that again
        expression=MD5(Cast("definition", models.TextField())),
        output_field=models.CharField(max_length=32),
        db_persist=True,
    )
    is_fixed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "number"], name="sheet_number")]

    def __str__(self) -> str:
        return said(self.name) or self.code

    @cached_property
    def sheet(self) -> Sheet:
        """The sheet it tells; read once by a process, where it is laid down and stays as it is."""
        if not self.is_fixed:
            return read(self.definition)
        found = _read.get(self.digest)
        if found is None:
            found = _read[self.digest] = read(self.definition)
        return found

    @classmethod
    def are_known(cls) -> bool:
        """Whether a process has read sheets that are laid down, so that their definitions need not be asked again."""
        return bool(_read)


@kept
class SheetRule(models.Model):
    """Meetings of a kind are scored by a sheet, under a unit or everywhere, from a day to a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")  # none: everywhere
    kind = models.CharField(max_length=20)  # of a meeting
    version = models.ForeignKey(SheetVersion, models.PROTECT, related_name="rules")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)  # first day on which it holds no more

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="sheet_rule_some_day"),
            models.CheckConstraint(condition=Q(kind__in=["regular", "thematic"]), name="sheet_rule_kind"),
            models.UniqueConstraint(
                fields=["unit", "kind", "from_on"], nulls_distinct=False, name="sheet_rule_one_begin"
            ),
            models.UniqueConstraint(fields=["unit", "kind", "to_on"], nulls_distinct=False, name="sheet_rule_one_end"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} for {self.kind} from {self.from_on}"
