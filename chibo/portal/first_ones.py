"""The cells that come first of many, by what is kept of each cell's year: only these are reckoned month by month."""

from __future__ import annotations

from chibo.core.periods import Period
from chibo.indicators.stored import MONTHS, added
from chibo.organizations.trees import Tree

# The paths of the unit itself, and what begins with one: "0" comes after "/".
LINE = {
    Tree.THEN: "select distinct path from organizations_lineage where unit_id = %(unit)s",
    Tree.NOW: "select left(%(path)s::text, -1) as path",
}
OF_LINE = "{path} ~>=~ a.path and {path} ~<~ (left(a.path, -1) || '0')"
# Of cells that were not below all year, or not cells, what is kept says more than belongs here, so these are always
# reckoned; as are those of which something is not folded yet: what is kept of these may be of before.
FIRST_ONES = """
line as materialized ({line}),
unfolded as materialized (select distinct unit_id from indicators_mark),
kept as not materialized (  -- of a row the condition reads no more than its first columns, which are few
  select id, sort_key, bit_count(missed::bit(16)) as misses,
    (present * 2000000000::bigint + marked) / (nullif(marked, 0) * 2::bigint) as share
  from (
    select s.unit_id as id, s.sort_key, s.missed & %(over)s as missed, {present} as present, {marked} as marked,
      {placed} as is_placed
    from {whose} and {which} {apart}
  ) s where is_placed and id not in (select unit_id from unfolded)
),
chosen as (select id, sort_key, ({order})::bigint as rank from kept k),
shown as materialized (select id from chosen where {after} order by {rank}sort_key, id limit %(size)s),
rest as materialized (
  select s.unit_id from meetings_keptcellyear s
  where s.year = %(year)s and not (s.is_steady and s.stays and s.was = s.path) and not ({clear})
    and not ({whole} and exists (select from line a where {of_line}))
  union select unit_id from unfolded
),
first_ones as materialized (
  select unit_id from rest union all select id from shown {others}
),"""
# With most months missed first: those that missed none, by name, where few others are left to be shown.
OTHERS = """union all (
    select id from (
      select s.unit_id as id, s.sort_key, 0 as rank from {whose} and not ({missed}) and {placed}
        and s.unit_id not in (select unit_id from unfolded) {apart}
    ) k where {after} and (select count(*) from shown) < %(size)s order by sort_key, id limit %(size)s
  )"""
# Whose years they are: of who was below, as found by its paths; of nearly all there are, one by one in the order of
# names.
WHOSE = "line a join meetings_keptcellyear s on s.year = %(year)s and {of_line} where {whole}"
WHOSE_IN_ORDER = """meetings_keptcellyear s where s.year = %(year)s and {whole}
    and (select bool_or({of_line}) from line a)"""
# Whether a cell's year is told whole by what is kept of it, of any unit it was below; and is so, or of no use to it.
WHOLE = {Tree.THEN: "s.is_steady", Tree.NOW: "s.is_steady and s.stays"}
CLEAR = {Tree.THEN: "s.is_steady and s.was = s.path", Tree.NOW: "false"}
UNSCORED = (
    "exists (select from meetings_meeting h where h.unit_id = {id}"
    " and h.kind = %(kind)s and h.month between %(first)s and %(last)s"
    " and not exists (select from meetings_score s where s.meeting_id = h.id)"
    " and not exists (select from meetings_withdrawal w where w.meeting_id = h.id) offset 0)"  # looked up by the cell
)
WHICH = {
    "": "true",
    "missed": "{missed}",
    "weak": "{weak}",
    "late": "({missed} or ({weak}))",
    "unscored": UNSCORED,
}
ORDERS = {
    "": "0",
    "attendance": "coalesce(share, 2 * {one})",
    "-attendance": "-coalesce(share, -{one})",
    "missed": "misses * {one}",
    "-missed": "-misses * {one}",
    "worst": "coalesce(share, 2 * {one}) - 10 * misses * {one}",  # most months missed first, then lowest attendance
}
WHOLE_NUMBERS = "1000000000::bigint"  # what is kept is put in order by whole numbers: a share has nine digits
# What a condition names, once all is reckoned.
NAMED = {"id": "k.id", "missed": "misses > 0", "present": "present", "marked": "marked", "sooner": ""}
MISSED = "(s.missed & %(over)s) <> 0"
# What two indexes know, before that, of a whole country: the first month missed, and of a year the share that attended.
MISSED_SOONER = "s.missed <> 0 and s.missed & -s.missed <= %(latest)s and "
SOONER = "s.present::float8 / nullif(s.marked, 0) <= %(nearly)s and "


def first_ones_of(
    period: Period, tree: Tree, seen: str, valued: str, order: str, which: str, after: str, *, is_root: bool
) -> str:
    """The question for the cells a page can show, by what is kept; those that have to be reckoned besides.

    Below the root the first by name are sought along all names: few of them are not below it.
    """
    is_year = len(period.months) == len(MONTHS)
    months = [month.first_day.month for month in period.months]
    of_unit = "exists (select from organizations_unit u where u.id = s.unit_id and {})".format
    present, marked = ("s.present", "s.marked") if is_year else (added("n", months), added("d", months))
    of_line, placed = OF_LINE.format(path="s.was"), ["true"]
    if seen != "true":
        placed.append(f"case when s.stays then {seen.replace('u.path', 's.path')} else {of_unit(seen)} end")
    if valued != "true":
        placed.append(of_unit(valued))
    whole = WHOLE[tree]
    along, gathered = (each.format(of_line=of_line, whole=whole) for each in (WHOSE_IN_ORDER, WHOSE))
    missed, after = MISSED_SOONER * is_root + MISSED, after.replace("%(a0)s::numeric", "%(a0)s::numeric * 1000000000")
    others, is_placed = "", " and ".join(placed)
    is_along = is_root and which == "true" and not order  # else they are gathered before they are put in order
    if which == "true" and order == "-missed":
        which = "{missed}"
        whose, apart = (along, "") if is_root else (gathered, "offset 0")
        others = OTHERS.format(whose=whose, apart=apart, missed=missed, placed=is_placed, after=after)
    return FIRST_ONES.format(
        line=LINE[tree], whole=whole, clear=CLEAR[tree], of_line=of_line, placed=is_placed, others=others,
        whose=along if is_along else gathered, apart="" if is_along else "offset 0",
        which=which.format(
            id="s.unit_id", missed=missed, present=present, marked=marked, sooner=SOONER if is_year and is_root else ""
        ),
        present=present, marked=marked,
        order=ORDERS[order].format(one=WHOLE_NUMBERS), rank="rank, " if order else "", after=after,
    )  # fmt: skip
