"""Where cases stand still at a unit and below: past their last day, or waiting without one; how long others took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.formats import count, day, number, ratio_percent
from chibo.organizations.frame import unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.procedures import queries, saying
from chibo.procedures.flow import which
from chibo.procedures.models import Case, Stage, Turn, Version
from chibo.procedures.queries import Row, Stuck

NAMED = 20  # cases stuck below that are named one by one; more are counted by step and unit
LONGEST = 5  # that wait without a last day


def due(due_on: date | None, today: date) -> Cell:
    """The last day of a step, marked where it is past."""
    if due_on is None:
        return Cell(text="–")
    late = due_on < today
    return Cell(
        text=day(due_on), note=saying.left(due_on, today), mark=Mark.MISSED if late else "", mark_word=_("late")
    )


def due_of(row: Row, today: date) -> Cell:
    """The last day of the step a case stands at; where it has none, how long it has waited there."""
    if row.status != Case.Status.OPEN:
        return due(None, today)
    return due(row.due_on, today) if row.due_on else Cell(text="–", note=saying.waited(row.since, today))


def unit_of(scope: Scope, pk: int, path: str, name: str, code: str) -> Cell:
    return unit_cell(scope, Unit(pk=pk, path=path, name=name, code=code), None)


def still(
    rights: Rights, unit: Unit, today: date, counted: list[Stuck], versions: Mapping[int, Version]
) -> tuple[Table | None, Table | None]:
    """Where cases are past their last day at a unit and below, and those that have waited longest without one.

    The late one by one, or counted where they are many; None for none. Two queries.
    """
    many = sum(each.n for each in counted) > NAMED
    found = queries.stuck(unit, today, LONGEST, late=bool(counted) and not many)
    stages = list(found.prefetch_related(Prefetch("turns", Turn.objects.select_related("unit"))))
    late = [(stage, due(stage.due_on, today)) for stage in stages if stage.due_on]
    waits = [(stage, Cell(text=saying.waited(stage.entered_on, today))) for stage in stages if not stage.due_on]
    if many:
        first: Table | None = _counted(rights, today, counted, versions)
    else:
        first = _named(rights, _("Past their last day"), _("Last day"), late)
    return first, _named(rights, _("Waiting longest without a last day"), _("Waits"), waits)


def _named(rights: Rights, caption: str, last: str, rows: list[tuple[Stage, Cell]]) -> Table | None:
    """Stages one by one: whom the case is about, the step, for whom it waits, and since when or until when."""
    if not rows:
        return None
    heads = (pgettext("of a case", "About"), _("Step"), _("Waits for"))
    return Table(
        caption=caption,
        caption_hidden=True,
        columns=[*(Column(label=head, wide=n == 0) for n, head in enumerate(heads)), Column(label=last, nowrap=True)],
        rows=[
            [
                Cell(text=stage.case.about, url=reverse("case", args=[stage.case_id]), note=_what(stage), lang="vi"),
                Cell(text=saying.step_of(stage.case.version.flow, stage.step)),
                _waits_for(rights, stage),
                cell,
            ]
            for stage, cell in rows
        ],
        stacks=True,
    )


def _what(stage: Stage) -> str:
    """The procedure of a case, and which of several at once it is."""
    case = stage.case
    return " · ".join(filter(None, (str(case.version), which(case.version.definition, case.told))))


def _waits_for(rights: Rights, stage: Stage) -> Cell:
    """The units a stage waits for; with one the way to it."""
    units = list({turn.unit_id: turn.unit for turn in stage.turns.all()}.values())
    cells = [unit_cell(rights.scope(P.UNIT_VIEW), unit, None) for unit in units]
    if len(cells) == 1:
        return cells[0]
    return Cell(text="; ".join(str(cell.text) for cell in cells), lang="vi")


def _counted(rights: Rights, today: date, found: list[Stuck], versions: Mapping[int, Version]) -> Table:
    """Stages past their last day, counted by the unit they wait for and the step."""
    scope = rights.scope(P.UNIT_VIEW)
    heads = (_("Waits for"), _("Procedure"), _("Step"))
    return Table(
        caption=_("Past their last day"),
        caption_hidden=True,
        columns=[
            *(Column(label=head) for head in heads),
            Column(label=_("Cases"), number=True),
            Column(label=_("Longest"), nowrap=True),
        ],
        rows=[
            [
                unit_of(scope, each.unit_id, each.unit_path, each.unit_name, each.unit_code),
                Cell(text=str(versions[each.version_id])),
                Cell(text=saying.step_of(versions[each.version_id].flow, each.step)),
                Cell(text=count(each.n)),
                Cell(text=saying.left(each.since, today)),
            ]
            for each in found
        ],
        stacks=True,
    )


def took(found: list[queries.Took], versions: Mapping[int, Version]) -> Table:
    """How many cases came to which result in a period, how many in time, and how long half of them took at most."""
    return Table(
        caption=_("Ended in this period"),
        caption_hidden=True,
        columns=[
            Column(label=_("Procedure")),
            Column(label=pgettext("of a case", "Result")),
            Column(label=_("Cases"), number=True),
            Column(label=_("In time"), number=True, hint=_("No step of the case was past its last day.")),
            Column(label=_("Median days"), number=True, hint=_("Half of the cases took so long at most.")),
        ],
        rows=[
            [
                Cell(text=str(versions[each.version])),
                Cell(text=saying.result_of(versions[each.version].flow, each.result)),
                Cell(text=count(each.n)),
                Cell(
                    text=ratio_percent(each.in_time, each.n),
                    note=_("%(n)s of %(d)s") % {"n": count(each.in_time), "d": count(each.n)},
                ),
                Cell(text=_median(each.median)),
            ]
            for each in found
        ],
        empty=_("No case came to a result in this time."),
        stacks=True,
    )


def _median(days: float) -> str:
    """A median of whole days: whole, or half a day more."""
    halves = Fraction(round(days * 2), 2)
    return number(halves, 0 if halves.denominator == 1 else 1)
