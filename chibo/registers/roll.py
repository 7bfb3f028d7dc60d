"""Who is, came and went in a unit in a quarter, member by member, in words that are counted: one statement of SQL.

A member's time in a unit is cut into pieces, one a cell and place of it in the tree. A piece begins a time in the unit
unless another ends that day, and ends it unless another begins: so numbers of before and after always add up, also
where cells moved with their members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chibo.core.periods import Period
from chibo.members.models import Reason
from chibo.organizations.models import Unit

TOTAL, BEFORE, IN, OUT = "member", "before", "moved_in", "moved_out"
LABELS: dict[str, str | Promise] = {  # the words counted, in the order they are shown
    BEFORE: _("Members when the quarter began"),
    "admitted": _("Admitted"),
    IN: _("Moved in"),
    OUT: _("Moved out"),
    **{str(value): label for value, label in Reason.choices},
    TOTAL: _("Members when the quarter ended"),
    "official": _("Of these official"),
    "probationary": _("Of these probationary"),
    "exempt": _("Of these exempt from meetings"),
    "away": _("Of these elsewhere for a time"),
    "here": _("Here for a time, counted elsewhere"),
}
GOING = frozenset(Reason.values)
# What a unit beside or above may count otherwise: who moves between two units below has not moved for the one above.
OWN = frozenset({IN, OUT, "away", "here"})

# Where cells stand under a unit, and when. Paths are digits and strokes: all below one lie between it and it with ":".
PLACES = """
places as (
    select l.unit_id as cell_id, greatest(l.from_on, u.from_on) as from_on, least(l.to_on, u.to_on) as to_on
    from organizations_lineage u join organizations_lineage l
      on l.path ~>=~ u.path and l.path ~<~ (u.path || ':')
     and l.from_on < coalesce(u.to_on, 'infinity') and u.from_on < coalesce(l.to_on, 'infinity')
    where u.unit_id = %(unit)s and u.from_on <= %(last)s and coalesce(u.to_on, 'infinity') >= %(first)s
      and l.from_on <= %(last)s and coalesce(l.to_on, 'infinity') >= %(first)s
),
pieces as (
    select s.id as stay_id, s.membership_id, s.cell_id,
           greatest(s.from_on, p.from_on) as from_on, least(s.to_on, p.to_on) as to_on
    from places p join members_stay s on s.cell_id = p.cell_id
     and s.from_on < coalesce(p.to_on, 'infinity') and p.from_on < coalesce(s.to_on, 'infinity')
    where s.from_on <= %(last)s and coalesce(s.to_on, 'infinity') >= %(first)s
      and greatest(s.from_on, p.from_on) <= %(last)s
      and coalesce(least(s.to_on, p.to_on), 'infinity') >= %(first)s
),
spans as (
    select *, lag(to_on) over w is distinct from from_on as begins, lead(from_on) over w is distinct from to_on as ends
    from pieces window w as (partition by membership_id order by from_on)
)
"""
LINES = f"""
with {PLACES},
guests as (
    select t.membership_id, t.cell_id from places p join members_temporarystay t on t.cell_id = p.cell_id
    where p.from_on <= %(last)s and (p.to_on is null or p.to_on > %(last)s)
      and t.from_on <= %(last)s and (t.to_on is null or t.to_on > %(last)s)
),
present as (select membership_id from spans where from_on <= %(last)s and (to_on is null or to_on > %(last)s)),
told as (
    select s.cell_id, s.membership_id, array_remove(array[
        case when s.from_on < %(first)s then 'before' end,
        case when s.begins and s.from_on >= %(first)s then
            case when s.from_on = m.joined_on then 'admitted' else 'moved_in' end end,
        case when s.ends and s.to_on <= %(last)s then
            case when s.to_on = d.on then d.reason else 'moved_out' end end,
        case when here then 'member' end,
        case when here then case when m.official_on <= %(last)s then 'official' else 'probationary' end end,
        case when here and (m.exempt_from <= %(last)s or exists (
            select from members_exemption x
            where x.membership_id = m.id and x.from_on <= %(last)s and x.to_on > %(last)s
        )) then 'exempt' end,
        case when here and exists (
            select from members_temporarystay t where t.membership_id = m.id and t.from_on <= %(last)s
               and (t.to_on is null or t.to_on > %(last)s)
               and not exists (select from guests g where g.membership_id = t.membership_id and g.cell_id = t.cell_id)
        ) then 'away' end
    ], null) as words
    from spans s join members_membership m on m.id = s.membership_id
    left join members_departure d on d.membership_id = m.id,
    lateral (select s.from_on <= %(last)s and (s.to_on is null or s.to_on > %(last)s) as here) h
  union all
    select g.cell_id, g.membership_id, array['here']::text[] from guests g
    where g.membership_id not in (select membership_id from present)
)
select t.cell_id, p.code, t.words from told t
join members_membership m on m.id = t.membership_id join members_person p on p.id = m.person_id
where cardinality(t.words) > 0 order by t.cell_id, p.code, t.membership_id
"""
COUNTS = LINES[: LINES.rindex("select t.cell_id")] + "select word, count(*) from told, unnest(words) word group by word"
MEMBERSHIPS = f"with {PLACES} select membership_id from spans"


@dataclass
class Sheet:
    """What a register says of one cell: the words of each member by code, those that add up over units, and others."""

    roll: dict[str, str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)


def parameters(unit: Unit, quarter: Period) -> dict[str, Any]:
    """What the statements take."""
    return {"unit": unit.pk, "first": quarter.first_day, "last": quarter.last_day}


def sheets_of(unit: Unit, quarter: Period) -> dict[int, Sheet]:
    """Everyone who is, came or went in the cells of a unit in a quarter, by cell. One query, of one moment."""
    found: dict[int, Sheet] = {}
    for cell, code, words in _asked(LINES, unit, quarter):
        sheet = found.setdefault(cell, Sheet())
        for part, said in (
            (sheet.roll, [word for word in words if word not in OWN]),
            (sheet.moves, [word for word in words if word in OWN]),
        ):
            if said:
                part[code] = " ".join(filter(None, [part.get(code, ""), *said]))
    return found


def numbers_in(sheets: dict[int, Sheet]) -> dict[str, int]:
    """How many of each word there are, those of which there are none left out."""
    counted: Counter[str] = Counter()
    for sheet in sheets.values():
        for part in (sheet.roll, sheet.moves):
            for words in part.values():
                counted.update(words.split())
    return dict(counted)


def numbers_of(unit: Unit, quarter: Period) -> dict[str, int]:
    """The same numbers, counted where the records are. One query."""
    return dict(_asked(COUNTS, unit, quarter))


def in_register(unit: Unit, first: Any, last: Any) -> RawSQL:
    """The memberships that were in a unit, came or went, between two days: for `pk__in`."""
    sql = MEMBERSHIPS
    values = {"unit": unit.pk, "first": first, "last": last}
    ordered = []
    for part in sql.split("%(")[1:]:
        ordered.append(values[part.split(")s", 1)[0]])
    for name in values:
        sql = sql.replace(f"%({name})s", "%s")
    return RawSQL(sql, ordered)


def said(words: str) -> str:
    """The words of a member as a person reads them."""
    told = [str(LABELS_OF_ONE[word]) for word in words.split()]
    return "; ".join(text[:1].lower() + text[1:] for text in told) if told else str(_("not on it"))


LABELS_OF_ONE: dict[str, str | Promise] = {
    BEFORE: _("there when the quarter began"),
    "admitted": _("admitted"),
    IN: _("moved in"),
    OUT: _("moved out"),
    **{str(value): label for value, label in Reason.choices},
    TOTAL: _("there when it ended"),
    "official": _("official"),
    "probationary": _("probationary"),
    "exempt": _("exempt"),
    "away": _("elsewhere for a time"),
    "here": _("here for a time"),
}


def _asked(sql: str, unit: Unit, quarter: Period) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters(unit, quarter))
        yield from cursor.fetchall()


def last_over(today: Any) -> Period:
    """The quarter that was over last."""
    first = Period(today.year, "quarter", (today.month + 2) // 3).first_day
    day = first - timedelta(days=1)
    return Period(day.year, "quarter", (day.month + 2) // 3)
