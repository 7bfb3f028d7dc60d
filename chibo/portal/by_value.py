"""Figures of a unit by a classification: for each value the sums over the units that count as it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from chibo.classifications.models import Scheme
from chibo.core.periods import Period
from chibo.indicators import registry
from chibo.indicators.figures import Figure
from chibo.indicators.models import KeptYear
from chibo.indicators.registry import LAST, Indicator
from chibo.indicators.stored import OWN, by_month
from chibo.indicators.tables import sql_of
from chibo.organizations.models import Unit

# Each unit's own sums of a month go to the value that counts for it on that month's last day, on the path of then.
BY_VALUE = """
with own as ({own}),
places as materialized (
  select distinct o.path, o.month from own o
), valued as materialized (
  select distinct on (p.path, p.month) p.path, p.month, c.value_id
  from places p cross join unnest(string_to_array(rtrim(p.path, '/'), '/')::bigint[]) with ordinality step(id, place)
  join classifications_classified c on c.unit_id = step.id and c.scheme_id = %(scheme)s and c.value_id is not null
    and c.from_on < p.month + interval '1 month' and (c.to_on is null or c.to_on >= p.month + interval '1 month')
  order by p.path, p.month, step.place desc
)
select v.value_id, o.indicator, sum(o.numerator), sum(o.denominator)
from own o left join valued v on v.path = o.path and v.month = o.month
group by 1, 2
"""
KEPT = f"""
select s.indicator, s.month, s.path, s.numerator, s.denominator
from {by_month(OWN, "%(first)s", "%(last_month)s", ", s.path", "%(codes)s")} s
where s.indicator = any(%(codes)s)
  and (s.month = %(last_month)s or not s.indicator = any(%(stocks)s))
  and s.path like any(%(below)s)
  and s.unit_id = any(array(select l.unit_id from organizations_lineage l where l.path like any(%(below)s)))
"""
RECKONED = """
select '{code}' as indicator, date_trunc('month', f.day)::date as month, l.path, sum(f.numerator) as numerator,
  coalesce(sum(f.denominator), 0) as denominator
from ({facts}) f
join organizations_lineage l on l.unit_id = f.unit and l.from_on <= f.day and (l.to_on is null or l.to_on > f.day)
where f.day between {first} and %(last)s and l.path like any(%(below)s)
group by 2, 3
"""


@dataclass(frozen=True)
class ByValue:
    """The figures of a unit by the values of a scheme; None stands for what has none of them."""

    figures: dict[int | None, dict[str, Figure]]
    is_kept: bool


def figures_by(unit: Unit, scheme: Scheme, period: Period, codes: list[str]) -> ByValue:
    """Figures of a period by value, of everything that stood under a unit then. Three queries."""
    said = [registry.get(code) for code in codes if registry.get(code).said_of(period)]
    paths = [path + "%" for path in unit.lineages.order_by("from_on").values_list("path", flat=True)]
    is_kept = KeptYear.objects.filter(year=period.year).exists()
    own = KEPT if is_kept else " union all ".join(_reckoned(i) for i in said)
    parameters: dict[str, Any] = {
        "scheme": scheme.pk, "below": paths, "codes": [i.code for i in said],
        "stocks": [i.code for i in said if i.over_time is LAST],
        "first": period.first_day, "last": period.last_day, "last_month": period.last_month,
    }  # fmt: skip
    found: dict[int | None, dict[str, Figure]] = {}
    if said:
        with connection.cursor() as cursor:
            cursor.execute(BY_VALUE.format(own=own), parameters)
            for value, code, numerator, denominator in cursor.fetchall():
                if numerator or denominator:
                    found.setdefault(value, {})[code] = _figure(code, numerator, denominator)
    return ByValue(found, is_kept)


def _figure(code: str, numerator: Any, denominator: Any) -> Figure:
    indicator = registry.get(code)
    return Figure(indicator, int(numerator), int(denominator) if indicator.has_denominator else None)


def _reckoned(indicator: Indicator) -> str:
    """The own sums of one indicator from its facts, where the year is not kept."""
    first = "%(last)s" if indicator.over_time is LAST else "%(first)s"
    return RECKONED.format(code=indicator.code, facts=sql_of(indicator.code), first=first)
