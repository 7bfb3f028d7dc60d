"""Who of the committees of cells was trained in a year: the only figure that counts entries of members' files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.core.late import Late
from chibo.files.groups import Group
from chibo.files.models import Entry
from chibo.guidance.indicators import objective, recorded
from chibo.indicators.registry import Records
from chibo.indicators.tables import Tables, facts, held_on
from chibo.meetings.models import SCORED
from chibo.members.models import ON_COMMITTEE, Person, Post
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import UnitKind

if TYPE_CHECKING:
    from ibis.expr.types import Table

ibis = Late("ibis")


def _seated(db: Tables) -> Table:
    """Members on the committees of cells on the last day of each year."""
    o, k, months = db[Post], db[UnitKind], db.months
    o = o.filter(o.post.isin([post.value for post in ON_COMMITTEE]), o.person_id.notnull())
    ends = months.filter(months.ends_year).select(ended=months.year, year_end=months.last_day)
    rows = o.join(ends, held_on(o.from_on, o.to_on, ends.year_end)).select(
        o.unit_id, o.person_id, ends.ended, ends.year_end
    )
    k = k.filter(k.kind.isin(CELLS)).select(k.from_on, k.to_on, cell_id=k.unit_id)
    rows = rows.join(k, [rows.unit_id == k.cell_id, held_on(k.from_on, k.to_on, rows.year_end)])
    return rows.select("unit_id", "person_id", "ended", "year_end").distinct()


def _years(db: Tables) -> Table:
    """Who was trained in which year, once for each training: from its first day to its last, as far as known."""
    e, months = db[Entry], db.months
    e = e.filter(e.group == Group.TRAINING.value, e.struck_because == "", e.from_on.notnull() | e.to_on.notnull())
    until = (e.to_on - ibis.interval(days=1)).cast("date")
    e = e.select(who=e.person_id, first=ibis.coalesce(e.from_on, until), last=ibis.coalesce(until, e.from_on))
    ends = months.filter(months.ends_year).select(of=months.year)
    found = e.join(ends, [e["first"].year() <= ends.of, e["last"].year() >= ends.of])
    return found.select("who", "of")


@objective(
    "committees.trained",
    label=_("Trained in the year"),
    definition=_(
        "Members on the committee of a cell on the last day of the year in whose file a training lies in that year, "
        "by its days, of all in cells whose regular or thematic meetings of that year are recorded here. A training "
        "without days, or recorded by mistake, does not count; what is not in the file is not known."
    ),
    source=_("Posts in the committees of cells; training in members' files"),
    follows=("files", "meetings"),
    grain="year",
    records=Records.MEMBER,
)
def _trained(db: Tables) -> Table:
    rows, years, p = _seated(db), _years(db), db[Person]
    here = recorded(db, *SCORED).select(cell="unit_id", in_year="year")
    rows = rows.semi_join(here, [rows.unit_id == here.cell, rows.ended == here.in_year])
    told = rows.left_join(years, [rows.person_id == years.who, rows.ended == years.of]).select(rows, years.who)
    rows = told.group_by(*rows.columns).agg(times=told.who.count())
    rows = rows.join(p, rows.person_id == p.id).select(rows, p.code, p.full_name)
    return facts(
        rows, unit=rows.unit_id, day=rows.year_end, record=rows.code, label=rows.full_name,
        numerator=rows.times > 0, denominator=1,
    )  # fmt: skip
