"""Indicators of the work with sources, of heads reviewed, of cells that screened their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.admissions.models import HeadReview, Helper, Place, Screening, Source
from chibo.core.late import Late
from chibo.indicators.registry import COUNT, LAST, PERCENT, SUM, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.members.models import Person, Post
from chibo.organizations.models import Unit

if TYPE_CHECKING:
    from ibis.expr.types import Table

ibis = Late("ibis")

LIST = _("Lists of sources")


def _listed(db: Tables) -> Table:
    """Everyone on a list of sources, in the cell whose list it was, on the last day of each month."""
    x, s, p, months = db[Place], db[Source], db[Person], db.months
    rows = x.join(s, x.source_id == s.id).join(p, s.person_id == p.id)
    rows = rows.select(x.source_id, x.cell_id, x.from_on, x.to_on, p.code, p.full_name)
    return rows.join(months, held_on(rows.from_on, rows.to_on, months.last_day)).select(
        rows.source_id, rows.cell_id, rows.code, rows.full_name, months.last_day
    )


@indicator(
    "sources.total",
    label=_("Sources"),
    definition=_("People on a list of sources on the last day of the period, sympathisers and applicants among them."),
    source=LIST,
    over_time=LAST,
    format=COUNT,
)
def total(db: Tables) -> Table:
    rows = _listed(db)
    return facts(rows, unit=rows.cell_id, day=rows.last_day, record=rows.code, label=rows.full_name, numerator=1)


@indicator(
    "sources.with_helper",
    label=_("Sources with a helper"),
    definition=_(
        "People to whom their cell has given a helper, of all on a list of sources on the last day of the period."
    ),
    source=LIST,
    over_time=LAST,
    format=PERCENT,
)
def with_helper(db: Tables) -> Table:
    rows, h = _listed(db), db[Helper].select("source_id", "from_on", "to_on", helper=db[Helper].person_id)
    rows = rows.left_join(h, [rows.source_id == h.source_id, held_on(h.from_on, h.to_on, rows.last_day)]).select(
        rows.cell_id, rows.last_day, rows.code, rows.full_name, h.helper
    )
    return facts(
        rows, unit=rows.cell_id, day=rows.last_day, record=rows.code, label=rows.full_name,
        numerator=rows.helper.notnull(), denominator=1,
    )  # fmt: skip


@indicator(
    "heads.reviewed",
    label=_("Reviews of heads who are not members"),
    definition=_(
        "Reviews within the period of heads of villages and residential groups who were not members: whether they"
        " meet conditions, standards and health."
    ),
    source=_("Reviews of heads"),
    over_time=SUM,
    format=COUNT,
)
def heads_reviewed(db: Tables) -> Table:
    r, o, u, p = db[HeadReview], db[Post], db[Unit], db[Person]
    rows = r.join(o, r.post_id == o.id).join(u, o.unit_id == u.id).left_join(p, o.person_id == p.id)
    rows = rows.select(
        r.on, o.unit_id, o.post, o.place, unit_code=u.code,
        name=ibis.ifelse(o.holder_name == "", p.full_name, o.holder_name),
    )  # fmt: skip
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.on,
        record=rows.unit_code + ibis.literal("/") + rows.post + ibis.literal("/") + rows.place,
        label=rows.name,
        numerator=1,
    )


@indicator(
    "cells.screened",
    label=_("Cells that screened their members"),
    definition=_("Cells that went through all their members within the period, once a year each."),
    source=_("Screenings of members"),
    over_time=SUM,
    format=COUNT,
)
def screened(db: Tables) -> Table:
    s, u = db[Screening], db[Unit]
    rows = s.join(u, s.cell_id == u.id).select(s.cell_id, s.on, u.code, u.name)
    return facts(rows, unit=rows.cell_id, day=rows.on, record=rows.code, label=rows.name, numerator=1)
