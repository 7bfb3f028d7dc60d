"""How sums are kept, and read: of a unit, indicator and year one row, with its twelve months beside each other.

Null is nothing: a month without facts takes no room. What a unit's own facts come to is in `OwnSum`, what came
from below in `Sum`; its figure is both together, and on today's tree with what is shifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MONTHS = range(1, 13)
SIDES = {"n": "numerator", "d": "denominator"}
NAMES = [f"{side}{month}" for side in SIDES for month in MONTHS]  # n1 to n12, d1 to d12
LISTED = ", ".join(NAMES)


def each(form: str, between: str = ", ", months: Sequence[int] = MONTHS) -> str:
    """A piece of SQL for every sum of a row, or of some months of it: each is a `{name}`, of a `{month}`."""
    return between.join(form.format(name=f"{side}{month}", month=month) for side in SIDES for month in months)


def listed(months: Sequence[int]) -> str:
    """The sums of some months of a row."""
    return each("{name}", months=months)


def together(months: Sequence[int]) -> str:
    """Rows of a month `m` each, made rows of a year."""
    return ", ".join(
        f"nullif(sum({column}) filter (where m = {month}), 0)::bigint as {side}{month}"
        for side, column in SIDES.items()
        for month in months
    )


# And back.
APART = "(values " + ", ".join(f"({month}, s.n{month}, s.d{month})" for month in MONTHS) + ")"

WIDE = f"unit_id, indicator_id, year, at, {each('{name}::bigint')}"
# What figures are: a unit's own sums, and those from below; as now with what today's tree makes of them.
THEN = f"(select {WIDE} from indicators_ownsum union all select {WIDE} from indicators_sum)"
NOW = f"{THEN[:-1]} union all select {WIDE} from indicators_shift)"
OWN = "(select o.*, p.path from indicators_ownsum o join indicators_path p using (unit_id, place))"


def by_month(source: str, first: str, last: str, columns: str = "", codes: str = "") -> str:
    """The sums of a source from one month to another, a row each: unit_id, indicator, month, numerator, denominator.

    `first` and `last` are days as SQL has them, `columns` others of the source, after a comma. Where few indicators of
    many units are asked, their `codes` (an array) find them by the index.
    """
    only = f"and s.indicator_id = {numbers_of(codes)}" if codes else ""
    return f"""(
  select s.unit_id, i.code as indicator, make_date(s.year, v.m, 1) as month,
         coalesce(v.numerator, 0) as numerator, coalesce(v.denominator, 0) as denominator{columns}
  from {source} s join indicators_numbered i on i.number = s.indicator_id
  cross join lateral {APART} v(m, numerator, denominator)
  where s.year between extract(year from {first}::date)::int and extract(year from {last}::date)::int
    and (v.numerator is not null or v.denominator is not null)
    and make_date(s.year, v.m, 1) between {first} and {last} {only}
)"""


def numbers_of(codes: str) -> str:
    """The numbers of indicators whose codes are in an array, as an array to search an index by."""
    return f"any(array(select number from indicators_numbered where code = any({codes})))"


def added(side: str, months: Iterable[int] = MONTHS) -> str:
    """The sums of some months of a row `s` added up: of "n" or of "d"."""
    return "(" + " + ".join(["0", *(f"coalesce(s.{side}{month}, 0)" for month in months)]) + ")"
