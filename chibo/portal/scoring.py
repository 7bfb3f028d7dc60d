"""Where formalism lives: how far cells' own scores are from the records, by cell and as a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import connection

from chibo.core.periods import Period
from chibo.indicators.queries import PLACES
from chibo.indicators.tables import sql_of
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree

BEYOND = "meetings.claimed_beyond"
SHARE = 1_000_000  # what a difference is ordered by: parts of so many
STEPS_OF = 7  # steps of the distribution: by 10, 5 and 10 points of a hundred, and exactly none

FROM = """
from ({facts}) f {places}
join organizations_unit u on u.id = f.unit
where f.day between %(first)s and %(last)s and l.path like any(%(paths)s)
"""
CELLS = """
select * from (
  select u.id, u.code, u.name, u.path, count(*), sum(f.numerator)::bigint, sum(f.denominator)::bigint,
    round(sum(f.numerator) * %(share)s / sum(f.denominator))::bigint as share
  {source} group by u.id
) c {after} order by share desc, id limit %(size)s
"""
AFTER = "where (-share, id) > (-%(a0)s, %(a1)s)"
STEPS = """
select case
    when f.numerator * 100 < -10 * f.denominator then 0 when f.numerator < 0 then 1 when f.numerator = 0 then 2
    when f.numerator * 100 <= 5 * f.denominator then 3 when f.numerator * 100 <= 10 * f.denominator then 4
    when f.numerator * 100 <= 20 * f.denominator then 5 else 6 end as step, count(*)
{source} group by 1
"""


@dataclass(frozen=True)
class CellClaims:
    """A cell with its meetings of a period: points claimed beyond the records, of all that these answer for."""

    unit: Unit
    meetings: int
    beyond: int
    most: int
    share: int

    @property
    def exact(self) -> Fraction:
        return Fraction(self.beyond, self.most)

    @property
    def key(self) -> list[Any]:
        """Where it stands in the order."""
        return [self.share, self.unit.pk]


def _given(unit: Unit, period: Period, tree: Tree) -> tuple[str, dict[str, Any]]:
    paths = [unit.path] if tree is Tree.NOW else list(unit.lineages.values_list("path", flat=True))
    source = FROM.replace("{facts}", sql_of(BEYOND)).replace("{places}", PLACES[tree])
    return source, {"first": period.first_day, "last": period.last_day, "paths": [path + "%" for path in paths]}


def cells_by_claim(unit: Unit, period: Period, tree: Tree, after: list[Any] | None, size: int) -> list[CellClaims]:
    """The cells under a unit, those that claim most beyond the records first. Two queries."""
    source, given = _given(unit, period, tree)
    given |= {"share": SHARE, "size": size}
    if after is not None:
        given |= {"a0": after[0], "a1": after[1]}
    statement = CELLS.replace("{source}", source).replace("{after}", AFTER if after is not None else "")
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [
            CellClaims(Unit(pk=pk, code=code, name=name, path=path), meetings, beyond, most, share)
            for pk, code, name, path, meetings, beyond, most, share in cursor.fetchall()
        ]


def distribution(unit: Unit, period: Period, tree: Tree) -> list[int]:
    """How many meetings lie in each step of the difference, the least first. Two queries."""
    source, given = _given(unit, period, tree)
    with connection.cursor() as cursor:
        cursor.execute(STEPS.replace("{source}", source), given)
        found = dict(cursor.fetchall())
    return [found.get(step, 0) for step in range(STEPS_OF)]
