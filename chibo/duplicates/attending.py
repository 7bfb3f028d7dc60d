"""Attendance at meetings where someone was not, by where they were: what two records together can't both have right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chibo.exchange.sheets import ask
from chibo.organizations.rows import Row, read

# Of attendance that fits where its own record was, what does not fit these places: unit by unit, on the day's tree.
STRANGERS = """
with places as (
  select * from unnest(%(cells)s::bigint[], %(begins)s::date[], %(ends)s::date[]) p(cell_id, from_on, to_on)
),
held as (
  select a.id, a.person_id, m.unit_id, m.held_on
  from meetings_attendance a join meetings_meeting m on m.id = a.meeting_id
  where a.person_id = any(%(people)s)
),
own as (
  select m.person_id, s.cell_id, s.from_on, s.to_on from members_membership m
  join (select membership_id, cell_id, from_on, to_on from members_stay
        union all select membership_id, cell_id, from_on, to_on from members_temporarystay) s on s.membership_id = m.id
  where m.person_id = any(%(people)s)
)
select h.id from held h
where not exists (
  select from places p join organizations_lineage l on l.unit_id = p.cell_id
    and l.from_on <= h.held_on and (l.to_on is null or l.to_on > h.held_on)
  where p.from_on <= h.held_on and p.to_on > h.held_on
    and ('/' || l.path) like '%%/' || h.unit_id || '/%%')
and exists (
  select from own o join organizations_lineage l on l.unit_id = o.cell_id
    and l.from_on <= h.held_on and (l.to_on is null or l.to_on > h.held_on)
  where o.person_id = h.person_id and o.from_on <= h.held_on and (o.to_on is null or o.to_on > h.held_on)
    and ('/' || l.path) like '%%/' || h.unit_id || '/%%')
order by h.id
"""


def strangers(people: Sequence[int], places: Sequence[tuple[int, date, date]], *, hold: bool) -> list[Row]:
    """The attendance of these people where they were by their own record, and are not by these places. Two queries."""
    cells, begins, ends = ([each[n] for each in places] for n in range(3))
    found = ask(STRANGERS, people=list(people), cells=cells, begins=begins, ends=ends)
    return read("meetings_attendance", "id", [pk for (pk,) in found], hold=hold) if found else []
