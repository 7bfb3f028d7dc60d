"""Comparing by night: figures drawn by chance are added up again from the records, and laid beside those kept."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from chibo.core.actions import action
from chibo.indicators import registry
from chibo.indicators.models import Comparison, Difference, KeptYear, Month
from chibo.indicators.stored import THEN, by_month
from chibo.indicators.tables import sql_of
from chibo.organizations.models import Unit

DRAWN = 200  # figures a night: of one unit and month, of one indicator
KEPT = timedelta(days=400)  # nights that can be looked at
MANY_FOLDS = 100_000  # of which those no figure names any more go
log = logging.getLogger(__name__)

# One statement sees one moment: what is kept, what is marked, and what the records say. Left out is what is just being
# folded: a unit that is marked, or one that it stands or stood under.
COMPARE = """
with asked as materialized (
  select a.unit_id, a.month from unnest(%(units)s::bigint[], %(months)s::date[]) a(unit_id, month)
  where not exists (
    select from indicators_mark m join organizations_lineage l on l.unit_id = m.unit_id,
    unnest(string_to_array(rtrim(l.path, '/'), '/')::bigint[]) above(id) where above.id = a.unit_id
  )
), below as materialized (
  select distinct l.unit_id from organizations_lineage l
  join organizations_unit u on l.path like any(
    select old.path || '%%' from organizations_lineage old where old.unit_id = u.id
  )
  where u.id in (select unit_id from asked)
), counted as (
  select above.id as unit_id, date_trunc('month', f.day)::date as month,
         sum(f.numerator) as numerator, coalesce(sum(f.denominator), 0) as denominator
  from ({facts}) f
  join organizations_lineage l on l.unit_id = f.unit and l.from_on <= f.day and (l.to_on is null or l.to_on > f.day),
  unnest(string_to_array(rtrim(l.path, '/'), '/')::bigint[]) above(id)
  where f.unit = any(array(select unit_id from below)) and f.day between %(first)s and %(last)s
    and above.id = any(%(units)s)
  group by 1, 2
)
select a.unit_id, a.month, coalesce(s.numerator, 0)::bigint, coalesce(s.denominator, 0)::bigint,
       coalesce(c.numerator, 0)::bigint, coalesce(c.denominator, 0)::bigint
from asked a
left join (
  select unit_id, month, sum(numerator) as numerator, sum(denominator) as denominator from {sums} f
  where f.unit_id = any(%(units)s) and f.indicator = %(code)s group by 1, 2
) s on s.unit_id = a.unit_id and s.month = a.month
left join counted c on c.unit_id = a.unit_id and c.month = a.month
"""
CLEAN = """
delete from indicators_fold f where f.at < %(before)s and (select count(*) from indicators_fold) > %(many)s
  and not exists (select from indicators_ownsum s where s.at = f.at)
  and not exists (select from indicators_sum s where s.at = f.at)
  and not exists (select from indicators_shift s where s.at = f.at)
"""
Figure = tuple[int, date]  # a unit and a month


@action("indicators.compared")
def compare(*, seed: int, by: Any, at: datetime) -> Comparison:
    """Add figures drawn by chance up again, and keep how many were compared and every one that was another number."""
    begun = monotonic()
    drawn = draw(seed, at.date())
    compared, differing = 0, list[Difference]()
    for code, figures in sorted(drawn.items()):
        for unit, month, n, d, new_n, new_d in _compared(code, figures):
            compared += 1
            if (n, d) != (new_n, new_d):
                differing.append(
                    Difference(unit_id=unit, month=month, indicator=code, numerator=n, denominator=d,
                               new_numerator=new_n, new_denominator=new_d)
                )  # fmt: skip
    night = Comparison.objects.create(
        at=at, drawn=sum(map(len, drawn.values())), compared=compared, differing=len(differing),
        seconds=monotonic() - begun,
    )  # fmt: skip
    for each in differing:
        each.comparison = night
        log.error(
            "A figure kept is not what its records say: %s of unit %s, %s.", each.indicator, each.unit_id, each.month
        )
    Difference.objects.bulk_create(differing)
    Comparison.objects.filter(at__lt=at - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(CLEAN, {"before": at - KEPT, "many": MANY_FOLDS})
    return night


def draw(seed: int, today: date) -> dict[str, set[Figure]]:
    """Units, months of years kept and indicators, by chance; the root is always among the units."""
    years = list(KeptYear.objects.order_by("year").values_list("year", flat=True))
    known = Month.objects.filter(year__in=years, first_day__lte=today).order_by("first_day")
    months = list(known.values_list("first_day", flat=True))
    ends = Unit.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if not months or ends["first"] is None:
        return {}
    chance, first, span = _chance(seed), ends["first"], ends["last"] - ends["first"] + 1
    root = Unit.objects.order_by("path").values_list("pk", flat=True)[0]
    codes = registry.codes()
    asked = [first + next(chance) % span for _n in range(DRAWN)]
    units = [root, *Unit.objects.filter(pk__in=asked).order_by("pk").values_list("pk", flat=True)]
    drawn: dict[str, set[Figure]] = defaultdict(set)
    for unit in units:
        drawn[codes[next(chance) % len(codes)]].add((unit, months[next(chance) % len(months)]))
    return drawn


def _chance(seed: int) -> Iterator[int]:
    """Numbers nobody foresees, and that come again with the seed."""
    for n in itertools.count():
        yield int.from_bytes(hashlib.sha256(f"{seed} {n}".encode()).digest()[:8])


def _compared(code: str, figures: set[Figure]) -> list[Any]:
    """What is kept of each figure, and what the records say; without those just being folded."""
    units, months = zip(*sorted(figures), strict=True)
    given = {"code": code, "units": list(units), "months": list(months), "first": min(months)}
    given["last"] = Month.objects.get(first_day=max(months)).last_day
    with connection.cursor() as cursor:
        cursor.execute(
            COMPARE.format(facts=sql_of(code), sums=by_month(THEN, "%(first)s", "%(last)s", codes="array[%(code)s]")),
            given,
        )
        return list(cursor.fetchall())
