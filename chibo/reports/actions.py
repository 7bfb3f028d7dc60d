"""What is done with reports: making one that stands."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.indicators import folding, queries
from chibo.organizations.models import Unit
from chibo.reports import content, proof
from chibo.reports.models import Snapshot, SnapshotEvidence
from chibo.reports.report import make


@action("reports.made")
def make_snapshot(*, kind: str, unit: Unit, period: Period, by: User | None, at: datetime) -> Snapshot:
    """Compute a report and keep it with the records behind each figure of its unit. WrongPeriod as `make`.

    Denied where records change just then, so that they would not add up to the figures.
    """
    if queries.is_updating(unit.path):
        folding.fold_all(by=None, at=at)
    report = make(kind=kind, unit=unit, period=period, at=at)
    snapshot = Snapshot.objects.create(
        kind=kind, unit=unit, period_text=str(period), made_at=at, by=by, content=content.of_report(report)
    )
    kept = []
    for code, figure in report.figures.items():
        rows = proof.rows_now(unit, code, period)
        if sum(row.numerator for row in rows) != figure.numerator:
            raise Denied(_("Records of this unit are changing just now. Please try again in a moment."))
        kept.append(SnapshotEvidence(snapshot=snapshot, indicator=code, count=len(rows), rows=proof.packed(rows)))
    SnapshotEvidence.objects.bulk_create(kept)
    return snapshot
