"""Reports that were made: their numbers and the records behind them as they stood, under a code, for ever."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from chibo.core.history import stands
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
GROUP, GROUPS = 5, 2
SAYS = "A report is made in an action."


def new_code() -> str:
    """A code nobody guesses, short enough to be typed from paper: `7KQ2M-9XARD`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


@stands(SAYS)
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


@stands(SAYS)
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
