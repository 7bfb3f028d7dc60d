"""What a leader looks at in two minutes: off target, changed most, best and worst; each a click from its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Link, Table, Text
from chibo.core.formats import period_name
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.frame import evidence_url, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.organizations.trees import Tree
from chibo.targets.models import Target
from chibo.targets.queries import Judgement, judge
from chibo.targets.tiles import cell_of, difference_of, goal_of, is_known, mark_of, status_of, value_of

RANKED = ["meetings.attendance", "meetings.regular_held", "meetings.good", "village_heads.members"]
COMPARED = [*RANKED, "meetings.thematic_held", "meetings.prepared", "meetings.scored_promptly", "cells.good"]
SHOWN = 5  # rows of each table: what two minutes are enough for
EACH_WAY = 3  # rises, and falls
ENDS = 3  # best, and worst
EACH = 2  # changes of one figure before those of others are told


@dataclass(frozen=True)
class Below:
    """A unit, the units under it, and the figures of all of them in a period and the one before."""

    unit: Unit
    children: list[Unit]
    period: Period
    figures: dict[int, queries.Figures]
    before: dict[int, queries.Figures]
    targets: dict[tuple[int, str], Target]
    today: date
    tree: Tree = Tree.THEN


def off_target(below: Below, rights: Rights) -> tuple[Table, int]:
    """The figures that miss their target, one's own first, then those furthest from it; and how many there are."""
    missed: list[tuple[bool, Fraction, str, Unit, Judgement]] = []
    units, codes = {unit.pk: unit for unit in (below.unit, *below.children)}, set(registry.codes())
    for (pk, code), target in below.targets.items():
        if code not in codes:
            continue
        judgement = judge(target, below.figures[pk].get(code), below.period, below.today)
        if judgement.is_met is False:
            missed.append((pk != below.unit.pk, judgement.share or Fraction(0), code, units[pk], judgement))
    missed.sort(key=lambda one: (one[0], one[1], one[3].sort_key, one[2]))
    scope, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)
    rows = []
    for _below, _share, code, unit, judgement in missed[:SHOWN]:
        indicator, figure = registry.get(code), below.figures[unit.pk].get(code)
        rows.append(
            [
                _named(scope, unit, below, indicator.label),
                Cell(text=value_of(indicator, figure), url=evidence_url(opens, unit, code, below.period, below.tree)),
                Cell(
                    text=goal_of(indicator, judgement.target),
                    mark=mark_of(judgement),
                    mark_word=status_of(indicator, judgement),
                ),
            ]
        )
    heads = [Column(label=_("Unit")), Column(label=_("Value"), number=True)]
    return Table(
        caption=_("Off target"),
        caption_hidden=True,
        columns=[*heads, Column(label=_("Target"), number=True)],
        rows=rows,
        empty=_("Every target of this period is met, here and below.")
        if below.targets
        else _("No target was set for this period."),
    ), len(missed)


def changed_most(below: Below, rights: Rights) -> Table:
    """The shares that rose most since the period before, here and below, and then those that fell most."""
    changes, is_whole = [], below.period.is_over(below.today)
    for unit in (below.unit, *below.children):
        figures, figures_before = below.figures[unit.pk], below.before[unit.pk]
        for code in COMPARED:
            now, before = figures.get(code), figures_before.get(code)
            if now is None or before is None or now.exact is None or before.exact is None or not is_known(before):
                continue
            if not is_whole and now.indicator.over_time is not registry.LAST:
                continue  # part of a period says nothing beside a whole one
            if change := now.exact - before.exact:
                changes.append((change, unit, code))
    changes.sort(key=lambda one: (-abs(one[0]), one[1].sort_key, one[2]))
    rises, falls = ([one for one in changes if (one[0] > 0) is up] for up in (True, False))
    scope, opens = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW)
    rows = []
    for _size, unit, code in [*_varied(rises)[:EACH_WAY], *_varied(falls)[:EACH_WAY]]:
        indicator = registry.get(code)
        now, before = below.figures[unit.pk][code], below.before[unit.pk][code]
        rows.append(
            [
                _named(scope, unit, below, indicator.label),
                Cell(
                    text=value_of(indicator, now),
                    url=evidence_url(opens, unit, code, below.period, below.tree),
                    note=_("%(value)s in %(period)s")
                    % {"value": value_of(indicator, before), "period": period_name(below.period.before)},
                ),
                Cell(text=difference_of(now, before)),
            ]
        )
    numbers = [str(period_name(below.period)), _("Change")]
    return Table(
        caption=_("Changed most"),
        caption_hidden=True,
        columns=[
            Column(label=_("Unit")),
            *(Column(label=head, number=True) for head in numbers),
        ],
        rows=rows,
        empty=_("Nothing to compare with: no records of the period before."),
    )


def _varied(changes: list[tuple[Fraction, Unit, str]]) -> list[tuple[Fraction, Unit, str]]:
    """The changes, those of a figure that has two already after those of others."""
    told: Counter[str] = Counter()
    order = []
    for change in changes:
        told[change[2]] += 1
        order.append((told[change[2]] > EACH, change))
    return [change for _later, change in sorted(order, key=lambda one: one[0])]


def _named(scope: Scope, unit: Unit, below: Below, figure: Text) -> Cell:
    """A unit with a figure's name under its own."""
    cell = unit_cell(scope, unit, below.period, below.tree)
    return replace(cell, note=f"{cell.note}, {figure}" if cell.note else figure)


def ranks(below: Below, rights: Rights, asked: str, url: Callable[..., str]) -> tuple[list[Link], list[Table]]:
    """The best and the worst of the units below by one figure, and the ways to the other figures.

    Who stands at the same figure has the same place; nobody at the first place is among the worst. One unit alone has
    no place.
    """
    if len(below.children) < 2:
        return [], []
    code = asked if asked in RANKED else RANKED[0]
    indicator = registry.get(code)
    known = [
        (figure.exact, child)
        for child in below.children
        if (figure := below.figures[child.pk].get(code)) and figure.exact is not None
    ]
    known.sort(key=lambda one: (-one[0], one[1].sort_key))
    said = [value_of(indicator, below.figures[child.pk].get(code)) for _value, child in known]
    places = [(said.index(each) + 1, one) for each, one in zip(said, known, strict=True)]
    best, worst = places[:ENDS], [each for each in places[ENDS:] if each[0] > 1][-ENDS:][::-1]
    tabs = [Link(label=registry.get(each).label, url=f"{url(by=each)}#ranks", current=each == code) for each in RANKED]
    tables = [
        Table(
            caption=caption,
            columns=[
                Column(label=_("Unit")),
                Column(label=_("Place of %(n)s") % {"n": len(known)}, number=True),
                Column(label=indicator.label, number=True),
            ],
            rows=[_ranked(below, rights, code, place, child) for place, (_value, child) in ends],
            empty=_("Nothing was recorded below that counts in this period."),
        )
        for caption, ends in ((_("Best"), best), (_("Worst"), worst))
        if ends or caption == _("Best")
    ]
    return tabs, tables


def _ranked(below: Below, rights: Rights, code: str, place: int, child: Unit) -> tuple[Cell, Cell, Cell]:
    figure, target = below.figures[child.pk].get(code), below.targets.get((child.pk, code))
    judgement = judge(target, figure, below.period, below.today) if target else None
    way = evidence_url(rights.scope(P.EVIDENCE_VIEW), child, code, below.period, below.tree)
    return (
        unit_cell(rights.scope(P.UNIT_VIEW), child, below.period, below.tree),
        Cell(text=str(place)),
        cell_of(registry.get(code), figure, judgement, way),
    )
