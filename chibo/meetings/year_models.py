"""What is kept of each cell's year to find the first of a country by: months missed, attendance, where it stood."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from chibo.indicators.beside import Beside, beside
from chibo.indicators.models import of_each_month
from chibo.indicators.stored import MONTHS, NAMES, added, each
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit

HELD, ATTENDANCE = "meetings.regular_held", "meetings.attendance"


@of_each_month(models.IntegerField)  # present and marked, as the sums kept of its attendance
class KeptCellYear(models.Model):
    """A unit that was a cell at some time in a year kept: its months missed, who attended, and where it stood.

    Derived from its own sums in the fold that keeps them, and from its paths and kinds.
    """

    pk = models.CompositePrimaryKey("unit_id", "year")
    unit = models.ForeignKey(Unit, models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    year = models.SmallIntegerField()
    missed = (
        models.SmallIntegerField()
    )  # months due without a regular meeting: 2 to the power of each, also those to come
    present = models.IntegerField()
    marked = models.IntegerField()
    is_steady = models.BooleanField()  # it was a cell all year, founded before, not closed in it, always in the tree
    stays = models.BooleanField()  # its last path of the year is the one it has today
    was = models.TextField()  # what all its paths of the year begin with
    path = models.TextField()  # the last of them
    sort_key = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["year", "was"], opclasses=["int2_ops", "text_pattern_ops"], name="cell_year_under"),
            models.Index(
                fields=["year"],
                condition=~Q(is_steady=True, stays=True, was=F("path")),
                name="cell_year_doubtful",
            ),
            models.Index(fields=["year", "sort_key", "unit_id"], name="cell_year_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year}"


_KINDS = ", ".join(f"'{kind.value}'" for kind in CELLS)
_MISSED = " + ".join(f"case when coalesce(s.d{m}, 0) > coalesce(s.n{m}, 0) then {1 << m} else 0 end" for m in MONTHS)
_PREFIX = """(
    select coalesce(max(b.begins collate "C"), '') from (
      select string_agg(step || '/', '') over (order by n) as begins
      from unnest(string_to_array(rtrim(p.least, '/'), '/')) with ordinality a(step, n)
    ) b where starts_with(p.most, b.begins)
  )"""  # of the first and the last in order: then of all between
MADE = f"""
  with years as (
    select year, make_date(year, 1, 1) as first, make_date(year, 12, 31) as last
    from (select distinct year from pairs) y
  ), placed as (
    select l.unit_id, y.year, min(l.path collate "C") as least, max(l.path collate "C") as most,
      (array_agg(l.path order by l.from_on desc))[1] as path, bool_or(l.to_on is null) as stays,
      sum(least(coalesce(l.to_on, 'infinity'), y.last + 1) - greatest(l.from_on, y.first))
        = y.last + 1 - y.first as always
    from organizations_lineage l join years y on l.from_on <= y.last and (l.to_on is null or l.to_on > y.first)
    where l.{{only}} group by l.unit_id, y.year, y.first, y.last
  ), kinds as (
    select k.unit_id, y.year, bool_and(k.kind in ({_KINDS})) as always, bool_or(k.kind in ({_KINDS})) as ever
    from organizations_unitkind k join years y on k.from_on <= y.last and (k.to_on is null or k.to_on > y.first)
    where k.{{only}} group by k.unit_id, y.year
  ), sums as (
    select s.unit_id, s.year, bit_or({_MISSED}) filter (where i.code = '{HELD}') as missed,
      {each("sum(s.{name}) filter (where i.code = '" + ATTENDANCE + "') as {name}")}
    from indicators_ownsum s join indicators_numbered i on i.number = s.indicator_id
    where i.code in ('{HELD}', '{ATTENDANCE}') and s.{{only}} group by s.unit_id, s.year
  )
  select u.id as unit_id, p.year, coalesce(s.missed, 0)::smallint as missed,
    {added("n")}::int as present,
    {added("d")}::int as marked,
    p.always and k.always and u.founded_on <= y.first and (u.closed_on is null or u.closed_on > y.last) as is_steady,
    p.stays and p.path = u.path as stays, case when p.least = p.most then p.least else {_PREFIX} end as was,
    p.path, u.sort_key,
    {each("nullif(s.{name}, 0)::int as {name}")}
  from pairs q join years y on y.year = q.year join organizations_unit u on u.id = q.unit_id
  join placed p on p.unit_id = q.unit_id and p.year = q.year
  join kinds k on k.unit_id = q.unit_id and k.year = q.year and k.ever
  left join sums s on s.unit_id = q.unit_id and s.year = q.year
"""
beside(
    Beside(
        KeptCellYear._meta.db_table,
        ("missed", "present", "marked", "is_steady", "stays", "was", "path", "sort_key", *NAMES),
        MADE,
        order="year, was, unit_id",
        indicators=(HELD, ATTENDANCE),
    )
)
