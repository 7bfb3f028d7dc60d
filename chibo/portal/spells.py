"""What a unit was called, of what kind it was, under which unit it stood: each from a day to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import day
from chibo.core.spans import EVER
from chibo.organizations.frame import unit_cell
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

SPELLS = """
select s.sort, s.what, s.pk, s.path, s.code, s.from_on, s.to_on, s.decision from (
  select 1 as sort, n.name as what, null::bigint as pk, '' as path, '' as code, n.from_on, n.to_on, n.decision
  from organizations_unitname n where n.unit_id = %(unit)s
  union all
  select 2, k.kind, null, '', '', k.from_on, k.to_on, k.decision
  from organizations_unitkind k where k.unit_id = %(unit)s
  union all
  select 3, p.name, p.id, p.path, p.code, l.from_on, l.to_on, l.decision
  from organizations_parentlink l join organizations_unit p on p.id = l.parent_id where l.unit_id = %(unit)s
) s order by s.sort, s.from_on desc limit 300
"""


@dataclass(frozen=True)
class Spell:
    """A name, a kind or a parent of a unit, and how long."""

    sort: int  # 1: a name; 2: a kind; 3: a unit above
    what: str
    pk: int | None
    path: str
    code: str
    from_on: date
    to_on: date | None
    decision: str


def spells_of(unit: Unit) -> list[Spell]:
    """Names, kinds and parents of a unit, of each the newest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SPELLS, {"unit": unit.pk})
        return [Spell(*row) for row in cursor.fetchall()]


def spells_table(spells: list[Spell], unit: Unit, scope: Scope, above: set[int]) -> Table:
    """Names, kinds and parents with their days and decisions; parents outside the scope by code."""
    labels = {1: pgettext("unit", "Name"), 2: _("Kind"), 3: _("Stood under")}
    rows = []
    for each in spells:
        begun = day(unit.founded_on if each.from_on == EVER else each.from_on)
        ends, into = each.to_on, unit.closed_on if each.sort == 3 else None
        if ends is None and unit.closed_on is not None and each.sort != 3:
            ends = unit.closed_on
        rows.append(
            [
                Cell(text=_("Went into") if into and each.from_on >= into else labels[each.sort]),
                _said(each, scope, above),
                Cell(text=begun),
                Cell(text=day(ends) if ends else _("still")),
                Cell(text=each.decision or "–"),
            ]
        )
    heads = [_("What"), _("As it was"), _("From"), _("To"), _("Decision")]
    return Table(
        caption=_("Names, kinds and units above"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head, nowrap=head in heads[2:4]) for head in heads],
        rows=rows,
    )


def _said(spell: Spell, scope: Scope, above: set[int]) -> Cell:
    if spell.sort == 1:
        return Cell(text=spell.what, lang="vi")
    if spell.sort == 2:
        return Cell(text=str(Kind(spell.what).label) if spell.what else _("closed for a time"))
    parent = Unit(pk=spell.pk, path=spell.path, name=spell.what, code=spell.code)
    if spell.pk in above and not scope.covers(parent):
        return Cell(text=spell.what, lang="vi")
    return unit_cell(scope, parent, None)
