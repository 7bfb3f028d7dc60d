"""What other apps keep beside the sums, made of them: rows of units and years, made anew where a fold changed these.

A page that looks for the first ones among all cells of a country cannot add up the sums of each to find them. What it
looks by is kept ready in a table of its own, in the transaction of the fold, so that it is never behind the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OF_BATCH = """
select distinct b.unit_id, extract(year from b.month)::smallint as year from batch b
join indicators_numbered i on i.number = b.indicator_id and i.code = any(%(codes)s)
"""
OF_ALL = "select u.id as unit_id, y.year::smallint as year from organizations_unit u cross join indicators_keptyear y"
KEEP = """
with pairs as materialized ({pairs}),
made as materialized ({made}),
gone as (
  delete from {table} t where {of_these} and not exists (
    select from made m where m.unit_id = t.unit_id and m.year = t.year)
)
insert into {table} as t (unit_id, year, {listed}) select unit_id, year, {listed} from made order by {order}
on conflict (unit_id, year) do update set ({listed}) = row({excluded})
where ({own}) is distinct from ({excluded})
"""


@dataclass(frozen=True)
class Beside:
    """A table of rows by unit and year, its other columns, and the question that makes the rows of `pairs`.

    The question knows `pairs` (unit_id, year); `{only}` in it is filled with a condition on a `unit_id` that leaves no
    more units than these, where they are few.
    """

    table: str
    columns: tuple[str, ...]
    made: str
    order: str  # in which rows are written when all are
    indicators: tuple[str, ...]  # whose sums they are made of


_every: list[Beside] = []


def beside(kept: Beside) -> None:
    """Have rows of a table made anew in each fold, of units and years whose sums of its indicators are folded."""
    _every.append(kept)


def keep_batch(cursor: Any) -> None:
    """Make anew what is kept beside the sums of the units and years in the table `batch` of a fold."""
    for kept in _every:
        only = "unit_id = any(array(select unit_id from pairs))"
        of_these = "(t.unit_id, t.year) in (select unit_id, year from pairs)"
        cursor.execute(_statement(kept, OF_BATCH, only, of_these), {"codes": list(kept.indicators)})


def keep_all(cursor: Any) -> None:
    """Make anew all that is kept beside the sums, of every unit and year kept."""
    for kept in _every:
        cursor.execute(_statement(kept, OF_ALL, "unit_id is not null", "true"), {"codes": []})
        cursor.execute(f"analyze {kept.table}")


def _statement(kept: Beside, pairs: str, only: str, of_these: str) -> str:
    return KEEP.format(
        pairs=pairs,
        made=kept.made.format(only=only),
        table=kept.table,
        of_these=of_these,
        listed=", ".join(kept.columns),
        order=kept.order,
        excluded=", ".join(f"excluded.{name}" for name in kept.columns),
        own=", ".join(f"t.{name}" for name in kept.columns),
    )
