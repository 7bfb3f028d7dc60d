"""What a report says as plain exact values, to be kept, and the report made of them again."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from decimal import Decimal
from typing import Any

from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.organizations.models import Unit
from chibo.reports.models import Snapshot
from chibo.reports.report import Report
from chibo.targets.models import Target

Plain = dict[str, Any]


def of_report(report: Report) -> Plain:
    """The report as values JSON keeps exactly: numerators and denominators, targets as decimal text."""
    return {
        "unit": _unit(report.unit),
        "figures": _figures(report.figures),
        "before": _figures(report.before),
        "months": {str(month): _figures(figures) for month, figures in report.months.items()},
        "targets": [_target(target) for target in report.targets.values()],
        "below": [_unit(child) | {"figures": _figures(report.below[child.pk])} for child in report.children],
    }


def report_of(snapshot: Snapshot, unnamed: Set[int] = frozenset()) -> Report:
    """The report a snapshot keeps; units below that are among `unnamed` have their code as name."""
    content, at, period = snapshot.content, snapshot.made_at, snapshot.period
    children = [_unit_of(plain) for plain in content["below"]]
    for child in children:
        if child.pk in unnamed:
            child.name = child.code
    targets = [_target_of(plain, snapshot.period_text) for plain in content["targets"]]
    return Report(
        snapshot.kind,
        _unit_of(content["unit"]),
        period,
        at,
        _figures_of(content["figures"], at),
        _figures_of(content["before"], at),
        {(target.unit_id, target.indicator): target for target in targets},
        children,
        {plain["id"]: _figures_of(plain["figures"], at) for plain in content["below"]},
        {Period.parse(month): _figures_of(figures, at) for month, figures in content["months"].items()},
        snapshot.tree,
        snapshot.code,
    )


def below_ids(snapshot: Snapshot) -> list[int]:
    """The units below that a snapshot tells of."""
    return [plain["id"] for plain in snapshot.content["below"]]


def _unit(unit: Unit) -> Plain:
    return {"id": unit.pk, "code": unit.code, "name": unit.name, "kind": unit.kind, "setting": unit.setting}


def _unit_of(plain: Plain) -> Unit:
    return Unit(pk=plain["id"], code=plain["code"], name=plain["name"], kind=plain["kind"], setting=plain["setting"])


def _figures(figures: queries.Figures) -> dict[str, list[int | None]]:
    return {code: [figure.numerator, figure.denominator] for code, figure in figures.items()}


def _figures_of(plain: dict[str, list[Any]], at: datetime) -> queries.Figures:
    known = registry.codes()
    return {code: Figure(registry.get(code), n, d, at) for code, (n, d) in plain.items() if code in known}


def _target(target: Target) -> Plain:
    return {
        "unit": target.unit_id,
        "indicator": target.indicator,
        "comparator": target.comparator,
        "value": format(Decimal(target.value).normalize(), "f"),
        "decision": target.decision,
    }


def _target_of(plain: Plain, period: str) -> Target:
    return Target(
        unit_id=plain["unit"],
        indicator=plain["indicator"],
        period=period,
        comparator=plain["comparator"],
        value=Decimal(plain["value"]),
        decision=plain["decision"],
    )
