"""Reports that were made: their numbers and the records behind them as they stood, under a code, for ever."""

from __future__ import annotations

import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from chibo.core.history import NO_TRUNCATE
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
GROUP, GROUPS = 5, 2


def new_code() -> str:
    """A code nobody guesses, short enough to be typed from paper: `7KQ2M-9XARD`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def stands(model: type[models.Model]) -> type[models.Model]:
    """Rows are written once, in an action, and never changed nor deleted: the database refuses it."""
    return pgtrigger.register(  # type: ignore[no-any-return]
        pgtrigger.Protect(name="stands", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="in_an_action",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            func=(
                "IF coalesce(current_setting('pghistory.context_id', true), '') = '' THEN"
                " RAISE EXCEPTION 'A report is made in an action.'; END IF; RETURN NEW;"
            ),
        ),
        NO_TRUNCATE,
    )(model)


class Snapshot(models.Model):
    """A report as it was made: what it says of a unit and period, whatever is corrected later."""

    code = models.CharField(max_length=20, unique=True, default=new_code, editable=False)
    kind = models.CharField(max_length=20)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="snapshots")
    period_text = models.CharField(max_length=7)
    tree_text = models.CharField(max_length=4, default=Tree.THEN.value)
    made_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # null: command line
    content = models.JSONField()  # as `content.of_report` writes it

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tree_text__in=[tree.value for tree in Tree]), name="snapshot_tree")
        ]
        indexes = [models.Index(fields=["unit", "-made_at", "-id"], name="snapshot_of_unit")]

    def __str__(self) -> str:
        return self.code

    @property
    def period(self) -> Period:
        return Period.parse(self.period_text)

    @property
    def tree(self) -> Tree:
        return Tree(self.tree_text)


class SnapshotEvidence(models.Model):
    """The records behind one figure of a report as they stood, compressed as `proof.packed` does."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="evidence")
    indicator = models.CharField(max_length=100)
    count = models.IntegerField()
    rows = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "indicator"], name="snapshot_evidence_once")]

    def __str__(self) -> str:
        return f"{self.indicator} of {self.snapshot_id}"


stands(Snapshot)
stands(SnapshotEvidence)
