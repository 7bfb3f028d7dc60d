"""A report: the figures of a unit and period by field, against the period before and the targets, and those below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import period_name
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.indicators.figures import Figure
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree, as_then, in_order, is_past, said, units_under
from chibo.targets.models import Target
from chibo.targets.queries import judge, targets_of
from chibo.targets.tiles import cell_of, difference_of, goal_of, is_known, mark_of, status_of, value_of

KINDS: dict[str, tuple[str, str | Promise]] = {  # kind: the grain of its periods, its name
    "annual": ("year", gettext_lazy("Annual report")),
    "half-year": ("half", gettext_lazy("Half-year report")),
}
FIELDS: list[tuple[str | Promise, list[str]]] = [
    (gettext_lazy("Organizations"), ["units.grassroots", "units.founded_private"]),
    (
        gettext_lazy("Committees"),
        [
            "committees.seats",
            "committees.women",
            "committees.young",
            "committees.minority",
            "committees.first_time",
            "committees.regulation",
            "committees.village_heads",
            "committees.agency_heads",
        ],
    ),
    (
        gettext_lazy("Members"),
        [
            "members.total",
            "members.women",
            "members.minority",
            "members.young",
            "members.admitted",
            "members.departed",
            "registers.confirmed",
            "village_heads.members",
            "sources.total",
            "sources.with_helper",
            "heads.reviewed",
            "cells.screened",
        ],
    ),
    (
        gettext_lazy("Life of the cells"),
        [
            "meetings.regular_held",
            "meetings.thematic_held",
            "meetings.attendance",
            "meetings.prepared",
            "meetings.scored_promptly",
            "meetings.good",
            "cells.good",
            "meetings.confirmed",
            "meetings.confirmed_in_time",
            "meetings.returned",
            "meetings.waiting",
            "meetings.claimed_beyond",
        ],
    ),
    (
        gettext_lazy("What is asked of the cells"),
        [
            "meetings.on_time",
            "meetings.noticed",
            "meetings.papers",
            "meetings.papers_in_time",
            "meetings.papers_read",
            "meetings.prepared_minuted",
            "meetings.in_charge",
            "committees.visits",
            "meetings.duration",
            "meetings.well_attended",
            "cells.well_attended",
            "meetings.absent",
            "members.absent_running",
            "members.absent_months",
            "meetings.scored",
            "meetings.procedure",
            "meetings.minutes",
            "meetings.final_papers",
            "tasks.in_time",
            "topics.planned",
            "topics.done",
            "cells.guide_regular",
            "cells.guide_thematic",
            "cells.cross_visits",
            "cells.supported",
            "cells.mended",
            "committees.trained",
        ],
    ),
    (gettext_lazy("Procedures"), ["procedures.begun", "procedures.ended", "procedures.in_time"]),
]
BELOW = [
    "members.total",
    "members.admitted",
    "meetings.regular_held",
    "meetings.attendance",
    "meetings.good",
    "cells.good",
]


class WrongPeriod(ValueError):
    """The report is not made for periods of that length; the message says for which."""


@dataclass(frozen=True)
class Report:
    """Figures of a unit in a period, of the period before, and of the units below, with the targets. Immutable."""

    kind: str
    unit: Unit
    period: Period
    at: datetime
    figures: queries.Figures
    before: queries.Figures
    targets: dict[tuple[int, str], Target]
    children: list[Unit]
    below: dict[int, queries.Figures]
    months: dict[Period, queries.Figures] = field(default_factory=dict)
    tree: Tree = Tree.THEN
    code: str = ""  # under which it is kept; empty: computed for this answer

    @property
    def day(self) -> date:
        """The day it was made, in the installation's time zone."""
        return timezone.localtime(self.at).date()

    @property
    def tree_said(self) -> str:
        """The tree its figures are on, as every print says it."""
        return said(self.tree, self.day)

    @property
    def title(self) -> str:
        return f"{KINDS[self.kind][1]} {period_name(self.period)}"


def make(*, kind: str, unit: Unit, period: Period, at: datetime, tree: Tree = Tree.THEN) -> Report:
    """The report of a unit, computed now; six queries. WrongPeriod if the kind has no such periods.

    A period without a past is on the one tree there is.
    """
    if period.grain != KINDS[kind][0]:
        forms = {"year": "2023", "half": "2023-H1"}
        raise WrongPeriod(
            _("%(report)s: the period has to be like %(form)s, not %(period)s.")
            % {"report": KINDS[kind][1], "form": forms[KINDS[kind][0]], "period": period}
        )
    today = timezone.localtime(at).date()
    tree = tree if is_past(period, today) else Tree.THEN
    found = queries.figures_in([unit.pk], [period, period.before, *period.months], tree=tree)
    children = in_order(units_under(unit, period, tree, today))
    ids = [child.pk for child in children]
    below = queries.figures(ids, period, BELOW, tree) if ids else {}
    targets = targets_of([unit.pk, *ids], period)
    figures, before = found[period][unit.pk], found[period.before][unit.pk]
    months = {month: found[month][unit.pk] for month in period.months}
    unit = as_then(unit, period, tree, today)
    return Report(kind, unit, period, at, figures, before, targets, children, below, months, tree)


Way = Callable[[Unit, str], str]  # where a figure of a unit opens to its records; empty where it may not
Named = Callable[[Unit], Cell]


def nowhere(unit: Unit, code: str) -> str:
    """No way to the records, as in a file."""
    return ""


def by_name(unit: Unit) -> Cell:
    return Cell(text=unit.name, lang="vi")


def sections(report: Report, today: date, way: Way = nowhere) -> list[Table]:
    """A table for each field: figure, what it is of, before, change, target."""
    heads = [_("Figure"), _("Value"), _("Of"), str(period_name(report.period.before)), _("Change"), _("Target")]
    tables, is_whole = [], report.period.is_over(today)
    for name, codes in FIELDS:
        rows = []
        for code in codes:
            indicator, figure, before = registry.get(code), report.figures.get(code), report.before.get(code)
            target = report.targets.get((report.unit.pk, code))
            if not indicator.said_of(report.period) or not (figure or target):
                continue
            judgement = judge(target, figure, report.period, today) if target else None
            goal = Cell(text="–")
            if target is not None:
                goal = Cell(
                    text=goal_of(indicator, target),
                    mark=mark_of(judgement),
                    mark_word=status_of(indicator, judgement),
                )
            rows.append(
                [
                    Cell(text=indicator.label),
                    Cell(text=value_of(indicator, figure), url=way(report.unit, code) if figure else ""),
                    Cell(text=of_what(figure)),
                    Cell(text=value_of(indicator, before) if before and is_known(before) else "–"),
                    Cell(text=(difference_of(figure, before) if is_whole or _stands(indicator) else "") or "–"),
                    goal,
                ]
            )
        columns = [Column(label=heads[0]), *(Column(label=head, number=True) for head in heads[1:])]
        if rows:
            tables.append(Table(caption=name, columns=columns, rows=rows))
    return tables


def of_what(figure: Figure | None) -> str:
    """What a ratio is of: `121 of 130`; empty for a count."""
    if figure is None or figure.denominator is None:
        return ""
    told = figure.indicator.told
    return _("%(n)s of %(d)s") % {"n": told(figure.numerator), "d": told(figure.denominator)}


def _stands(indicator: registry.Indicator) -> bool:
    """Whether it says how things stand on a day, so that also part of a period compares."""
    return indicator.over_time is registry.LAST


def below_table(report: Report, today: date, way: Way = nowhere, named: Named = by_name) -> Table:
    """The units below side by side."""
    codes = [code for code in BELOW if registry.get(code).said_of(report.period)]
    rows = []
    for child in report.children:
        row = [named(child)]
        for code in codes:
            target = report.targets.get((child.pk, code))
            figure = report.below[child.pk].get(code)
            judgement = judge(target, figure, report.period, today) if target else None
            row.append(cell_of(registry.get(code), figure, judgement, way(child, code)))
        rows.append(row)
    labels = [Column(label=registry.get(code).label, number=True) for code in codes]
    return Table(caption=_("Units below"), columns=[Column(label=_("Unit")), *labels], rows=rows)


def as_json(report: Report, today: date) -> dict[str, Any]:
    """The report as plain values for other programs: codes, numerators, denominators, unrounded values."""

    def said(figure: Figure | None) -> dict[str, Any] | None:
        if figure is None:
            return None
        whole = figure.indicator.whole
        return {
            "numerator": whole(figure.numerator), "denominator": whole(figure.denominator), "value": figure.value
        }  # fmt: skip

    def aimed(target: Target | None, figure: Figure | None) -> dict[str, Any] | None:
        if target is None:
            return None
        met = judge(target, figure, report.period, today).is_met
        return {
            "comparator": target.comparator,
            "value": float(target.value),
            "decision": target.decision or None,
            "met": met,
        }

    def of_unit(unit: Unit, figures: queries.Figures) -> dict[str, Any]:
        codes = [c for c in registry.codes() if c in figures or (unit.pk, c) in report.targets]
        return {
            code: (said(figures.get(code)) or {"numerator": 0, "denominator": None, "value": None})
            | {"target": aimed(report.targets.get((unit.pk, code)), figures.get(code))}
            for code in codes
        }

    figures = of_unit(report.unit, report.figures)
    for code, figure in figures.items():
        figure["before"] = said(report.before.get(code))
    return {
        "report": report.kind,
        "unit": report.unit.code,
        "name": report.unit.name,
        "period": str(report.period),
        "before": str(report.period.before),
        "tree": report.tree.value,
        "code": report.code or None,
        "made_at": report.at.isoformat(),
        "figures": figures,
        "below": [
            {"unit": child.code, "name": child.name, "figures": of_unit(child, report.below[child.pk])}
            for child in report.children
        ],
    }
