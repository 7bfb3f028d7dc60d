"""What is done with reports: making one that stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.indicators import folding, queries
from chibo.indicators.evidence import Row
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from chibo.reports import content, proof
from chibo.reports.models import Snapshot, SnapshotEvidence
from chibo.reports.report import make


def make_snapshot(
    *, kind: str, unit: Unit, period: Period, by: User | None, at: datetime, tree: Tree = Tree.THEN
) -> Snapshot:
    """Compute a report and keep it with the records behind each figure of its unit. WrongPeriod as `make`.

    All of it is of one moment. Denied where records changed just before, so that they don't add up to the figures.
    """
    if queries.is_updating(unit.path):
        folding.fold_all(by=None, at=at)  # before: who folds writes what others write too
    return _keep(kind=kind, unit=unit, period=period, tree=tree, by=by, at=at)


@action("reports.made", one_moment=True)
def _keep(*, kind: str, unit: Unit, period: Period, tree: Tree, by: User | None, at: datetime) -> Snapshot:
    report = make(kind=kind, unit=unit, period=period, at=at, tree=tree)
    snapshot = Snapshot.objects.create(
        kind=kind, unit=unit, period_text=str(period), tree_text=report.tree, made_at=at, by=by,
        content=content.of_report(report),
    )  # fmt: skip
    kept = []
    for code, figure in report.figures.items():
        rows = proof.rows_now(unit, code, period, report.tree)
        if _sums(rows) != (figure.numerator, figure.denominator or 0):
            raise Denied(_("Records of this unit are changing just now. Please try again in a moment."))
        kept.append(SnapshotEvidence(snapshot=snapshot, indicator=code, count=len(rows), rows=proof.packed(rows)))
    SnapshotEvidence.objects.bulk_create(kept)
    return snapshot


def _sums(rows: Sequence[Row]) -> tuple[int, int]:
    """What facts add up to: the numerator and the denominator of their figure."""
    return sum(row.numerator for row in rows), sum(row.denominator or 0 for row in rows)
