"""Checks of figures: whether what is kept is what the records say; of some units each day, others every day."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from chibo.indicators import registry
from chibo.indicators.stored import OWN, by_month
from chibo.indicators.tables import sql_of
from chibo.integrity.registry import Record, Subject, Way, check, found

SAMPLED = 25  # units of which the figures are added up again
REBUILD = _("Tell who runs the program: the figures have to be rebuilt.")
# The last whole month of those kept.
MONTH = "(date_trunc('month', %(today)s::date) - interval '1 month')::date"
MONTH_END = f"(({MONTH} + interval '1 month')::date - 1)"


@check(
    "figures.waiting",
    subject=Subject.FIGURES,
    label=_("Units whose figures have still to follow their records"),
    why=_("What was recorded last does not show in the figures yet."),
    mend=_("Wait a moment. If it stays, tell who runs the program: its worker stands still."),
    way=Way.NONE,
    shown=_("changes: %(n)s"),
    is_doubt=True,
)
def waiting() -> str:
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name", n="count(*)")}
    from indicators_mark k join organizations_unit u on u.id = k.unit_id group by u.id
    """


@check(
    "figures.differ",
    subject=Subject.FIGURES,
    label=_("Figures of last month that differ from the records"),
    why=_("A figure that its records do not add up to can't be trusted."),
    mend=REBUILD,
    way=Way.NONE,
    record=Record.UNIT,
    shown="%(said)s",
)
def differ() -> tuple[str, dict[str, Any]]:
    """The own facts of some units and of last month, beside what is kept of them."""
    codes = [i.code for i in registry.every()]
    facts = " union all ".join(
        f"select '{code}' as indicator, f.unit as unit_id, f.numerator, f.denominator from ({sql_of(code)}) f"
        f" where f.unit = any(array(select id from sampled)) and f.day between {MONTH} and {MONTH_END}"
        for code in codes
    )
    columns = found("u.id", "u.id", "u.code", "u.name", said="string_agg(d.indicator, ', ' order by d.indicator)")
    sql = f"""
    with sampled as materialized (
      select u.id from organizations_unit u where not exists (select from indicators_mark k where k.unit_id = u.id)
        and exists (select from indicators_keptyear y where y.year = extract(year from {MONTH}))
      order by hashint8(u.id # %(day_number)s), u.id limit {SAMPLED}
    ), differing as (
      select unit_id, indicator from (
        select indicator, unit_id, numerator, coalesce(denominator, 0) as denominator from ({facts}) f
        union all
        select o.indicator, o.unit_id, -o.numerator, -o.denominator
        from {by_month("indicators_ownsum", MONTH, MONTH)} o
        where o.unit_id = any(array(select id from sampled)) and o.indicator = any(%(codes)s)
      ) d group by 1, 2 having sum(numerator) <> 0 or sum(denominator) <> 0
    )
    select {columns} from differing d join organizations_unit u on u.id = d.unit_id group by u.id
    """
    return sql, {"codes": codes}


@check(
    "figures.not_added_up",
    subject=Subject.FIGURES,
    label=_("Figures that the units below do not add up to"),
    why=_("The total of a committee has to be the sum of its cells."),
    mend=REBUILD,
    way=Way.NONE,
    shown="%(said)s",
)
def not_added_up() -> str:
    """What came from below some units last month, beside the own sums of all that stood under them."""
    columns = found("u.id", "u.id", "u.code", "u.name", said="string_agg(d.indicator, ', ' order by d.indicator)")
    return f"""
    with sampled as materialized (
      select id from organizations_unit order by hashint8(id # %(day_number)s), id limit {SAMPLED}
    ), differing as (
      select unit_id, indicator from (
        select s.unit_id, s.indicator, s.numerator, s.denominator from {by_month("indicators_sum", MONTH, MONTH)} s
        where s.unit_id = any(array(select id from sampled))
        union all
        select p.id, o.indicator, -o.numerator, -o.denominator
        from {by_month(OWN, MONTH, MONTH, ", s.path")} o,
             unnest(string_to_array(rtrim(o.path, '/'), '/')::bigint[]) p(id)
        where p.id = any(array(select id from sampled)) and p.id <> o.unit_id
      ) d group by 1, 2 having sum(numerator) <> 0 or sum(denominator) <> 0
    )
    select {columns} from differing d join organizations_unit u on u.id = d.unit_id group by u.id
    """


@check(
    "figures.compared",
    subject=Subject.FIGURES,
    label=_("Figures drawn last night that their records did not come to"),
    why=_("Every night figures are drawn by chance and added up again; each has to be the number that is kept."),
    mend=REBUILD,
    way=Way.NONE,
    shown="%(said)s",
)
def compared() -> str:
    """The units of which the last comparison found a figure to be another number."""
    columns = found("u.id", "u.id", "u.code", "u.name", said="string_agg(distinct d.indicator, ', ')")
    return f"""
    select {columns} from indicators_difference d join organizations_unit u on u.id = d.unit_id
    where d.comparison_id = (select id from indicators_comparison order by at desc, id desc limit 1) group by u.id
    """
