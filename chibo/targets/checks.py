"""Checks of targets: those that nobody can reach, as what they name is not there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from chibo.core.periods import GRAINS
from chibo.indicators import registry
from chibo.integrity.registry import Check, Record, Subject, Text, Way, check, found

# The first and the last day of a target's period, by its text.
FORM = "^[0-9]{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
FIRST = f"""(case when t.period ~ '{FORM}' then make_date(left(t.period, 4)::int, case
  when t.period like '____-H_' then right(t.period, 1)::int * 6 - 5
  when t.period like '____-Q_' then right(t.period, 1)::int * 3 - 2
  when t.period like '____-__' then right(t.period, 2)::int
  else 1 end, 1) end)"""
LENGTH = """case when t.period like '____-H_' then 6 when t.period like '____-Q_' then 3
  when t.period like '____-__' then 1 else 12 end"""
LAST = f"(({FIRST} + make_interval(months => {LENGTH}))::date - 1)"


def _targets(
    code: str, condition: str, *, label: Text, why: Text, more: dict[str, Any] | None = None, is_doubt: bool = False
) -> Check:
    """A check that finds targets; they have no page of their own but their unit's."""
    columns = found("u.id", "t.id", "u.code", "u.name", said="t.indicator || ', ' || t.period")
    condition = condition.replace("{first}", FIRST).replace("{last}", LAST)
    sql = f"""
    select {columns} from targets_target t join organizations_unit u on u.id = t.unit_id where {condition}
    """
    declare = check(
        code, subject=Subject.TARGETS, label=label, why=why, record=Record.OTHER, way=Way.TARGETS,
        mend=_("Set the target anew in a workbook, at the right unit, figure or period."), shown="%(said)s",
        is_doubt=is_doubt,
    )  # fmt: skip
    return declare(lambda: (sql, more or {}))


def _lengths() -> tuple[list[str], list[int]]:
    """Each indicator and the shortest period, in months, it is said of."""
    every = registry.every()
    return [i.code for i in every], [GRAINS[i.grain] for i in every]


OF_CLOSED = _targets(
    "targets.of_closed",
    "u.closed_on <= {first}",
    label=_("Targets of closed units"),
    why=_("Nobody is left who could reach them, yet the committee above is measured by them."),
)
BEFORE_FOUNDING = _targets(
    "targets.before_founding",
    "u.founded_on > {last}",
    label=_("Targets of a time before the unit was founded"),
    why=_("A unit can't reach what was due before it was there."),
)


@check(
    "targets.unknown_figure",
    subject=Subject.TARGETS,
    label=_("Targets of a figure that is not there"),
    why=_("What nothing counts can be neither reached nor missed."),
    mend=_("Set the target anew in a workbook, at the right unit, figure or period."),
    way=Way.TARGETS,
    record=Record.OTHER,
    shown="%(said)s",
)
def unknown_figure() -> tuple[str, dict[str, Any]]:
    columns = found("u.id", "t.id", "u.code", "u.name", said="t.indicator || ', ' || t.period")
    codes, lengths = _lengths()
    sql = f"""
    select {columns} from targets_target t join organizations_unit u on u.id = t.unit_id
    left join unnest(%(codes)s::text[], %(lengths)s::int[]) i(code, length) on i.code = t.indicator
    where i.code is null or i.length > {LENGTH}
    """
    return sql, {"codes": codes, "lengths": lengths}


@check(
    "targets.share_over_all",
    subject=Subject.TARGETS,
    label=_("Targets of more than all"),
    why=_("A share is at most all: 90 was probably meant as 90 %, which is written 0.9."),
    mend=_("Set the target anew in a workbook, as a fraction."),
    way=Way.TARGETS,
    record=Record.OTHER,
    shown="%(said)s",
)
def share_over_all() -> tuple[str, dict[str, Any]]:
    columns = found("u.id", "t.id", "u.code", "u.name", said="t.indicator || ', ' || t.period")
    sql = f"""
    select {columns} from targets_target t join organizations_unit u on u.id = t.unit_id
    where t.indicator = any(%(shares)s) and (t.value > 1 or t.value < 0)
    """
    return sql, {"shares": [i.code for i in registry.every() if i.has_denominator]}
