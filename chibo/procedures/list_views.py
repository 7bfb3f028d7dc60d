"""Lists of cases: what waits for the reader and the cases of their units; of one unit also what is stuck below."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Item, Mark, Pager, Table, period_picker
from chibo.core.formats import count, day, number, ratio_percent
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.exchange.writing import Value, write_workbook
from chibo.organizations.frame import common, of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of
from chibo.procedures import queries, saying, waiting
from chibo.procedures.case_forms import CaseFilter
from chibo.procedures.flow import MEMBER, Flow
from chibo.procedures.models import Case, Stage, Version
from chibo.procedures.queries import Row
from chibo.procedures.waiting import Wait

PAGE = 50
OFFERED = 300  # units to choose from
NAMED = 20  # cases stuck below that are named one by one; more are counted by step and unit
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Asked:
    """What a URL of the list asks for: the unit, the filters, after which case."""

    def __init__(self, request: HttpRequest, pk: int | None) -> None:
        self.today = clock.today()
        self.rights = rights_of(request.user, self.today)
        self.scope = self.rights.scope(P.CASE_VIEW)
        self.unit: Unit | None = None
        self.above: list[Unit] = []
        if pk is not None:
            self.unit, self.above = find_unit(self.rights, pk, P.CASE_VIEW)
        self.is_chosen = is_period_chosen(request)
        running = Period(self.today.year, "year", 1)  # what just ended is told of, not the year before alone
        self.period = period_asked(request, self.today) if self.is_chosen else running
        self.versions = queries.newest_versions() if self.scope else []
        self.filter = CaseFilter(request.GET, self.versions, self._units(request.GET.get("unit", "")))
        after = after_asked(request, date, int)
        self.after: tuple[date, int] | None = (after[0], after[1]) if after else None

    def _units(self, chosen: str) -> list[Unit]:
        """The units directly below, in order of name, and the one chosen. One query, two if it lies further down."""
        tops = [int(path.rstrip("/").split("/")[-1]) for path in self.scope.subtrees]
        if self.unit is not None:
            tops = [] if self.unit.is_cell else [self.unit.pk]
        if not tops:
            return []
        mine = Unit.objects.filter(self.scope.q(""))
        below = Q(parent_links__parent__in=tops) & holding(self.today, "parent_links__")
        offered = list(mine.filter(below).order_by("sort_key", "pk")[:OFFERED])
        if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 and int(chosen) not in {u.pk for u in offered}:
            offered += mine.filter(pk=int(chosen))
        return offered

    def found(self) -> QuerySet[Case]:
        """The cases asked for, of the reader's units."""
        cases = queries.with_now(queries.seen(self.scope))
        if self.unit is not None:
            path = self.unit.path
            cases = cases.filter(Q(unit__path__startswith=path) | Q(to_unit__path__startswith=path))
        return self.filter.found(cases, self.today)

    def url(self, name: str = "", **changes: Any) -> str:
        """The URL of the list, or of its workbook, with what was asked and these changes."""
        base = reverse(("unit_cases" if self.unit else "cases") + name, args=[self.unit.pk] if self.unit else [])
        kept = {**self.filter.kept, "period": self.period if self.unit and self.is_chosen else ""}
        return address(base, **(kept | changes))


@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first, and for another in their role; then the cases of their units, newest first."""
    asked = _Asked(request, None)
    waits = waiting.waits(waiting.waiting(asked.rights, request.user), waiting.MINE)
    context = common(asked.rights, "cases") | {
        "waits": items([wait for wait in waits if wait.is_free], asked.today),
        "for_others": items([wait for wait in waits if not wait.is_free], asked.today),
        "has_scope": bool(asked.scope),
        **(_list(asked) if asked.scope else {}),
    }
    return render(request, "procedures/cases.html", context)


def items(waits: Iterable[Wait], today: date) -> list[Item]:
    """Steps that wait, each with how long it has; of those another person has to act on it says so."""
    found = []
    for wait in waits:
        text = f"{wait.procedure} · {wait.unit}"
        if not wait.is_free:
            text += " · " + _("it is about you, or you had a hand in it before")
        found.append(
            Item(
                title=_("%(step)s: %(about)s") % {"step": wait.step, "about": wait.about},
                url=reverse("case", args=[wait.case]),
                text=text,
                when=saying.left(wait.due_on, today),
                late=wait.due_on is not None and wait.due_on < today,
            )
        )
    return found


def _list(asked: _Asked) -> dict[str, Any]:
    """The list with its filters. Two queries, and one for a procedure chosen."""
    found = queries.rows(asked.found(), asked.after, PAGE + 1)
    more, shown = found[PAGE:], found[:PAGE]
    kept = asked.filter.kept
    return {
        "form": asked.filter,
        "table": _table(shown, queries.versions(row.version_id for row in shown), asked),
        "is_filtered": bool(kept),
        "clear_url": asked.url().split("?")[0],
        "export_url": asked.url("_workbook"),
        "period_kept": str(asked.period) if asked.unit and asked.is_chosen else "",
        "pager": Pager(
            first_url=asked.url() if asked.after else "",
            next_url=asked.url(after=after_key([str(shown[-1].begun_on), shown[-1].pk])) if more else "",
            note=_("%(n)s cases on this page") % {"n": count(len(shown))},
        ),
    }


def about_me(user: Any, today: date) -> Table | None:
    """The cases about a user, the newest first, each with the way to it; None if there is none. Two queries."""
    shown = queries.rows(queries.about(user), None, PAGE)
    if not shown:
        return None
    versions = queries.versions(row.version_id for row in shown)
    heads = (_("Procedure"), _("Begun"), _("How it stands"), _("Last day"))
    return Table(
        caption=_("My cases"),
        caption_hidden=True,
        columns=[Column(label=head, nowrap=n in (1, 3)) for n, head in enumerate(heads)],
        rows=[
            [
                Cell(text=str(versions[row.version_id]), url=reverse("case", args=[row.pk])),
                Cell(text=day(row.begun_on)),
                _stands(row, versions[row.version_id].flow),
                due(row.due_on if row.status == Case.Status.OPEN else None, today),
            ]
            for row in shown
        ],
        stacks=True,
    )


def _stands(row: Row, flow: Flow) -> Cell:
    """How a case stands, and whether it waits for whom it is about."""
    steps = [step for step in flow.steps if step.code == row.step and row.status == Case.Status.OPEN]
    is_mine = any(party.at == MEMBER for step in steps for party in step.who)
    said = saying.standing(flow, row.status, row.result, row.step)
    return Cell(text=said, note=_("waits for you") if is_mine else "")


def _table(rows: Iterable[Row], versions: Mapping[int, Version], asked: _Asked) -> Table:
    scope = asked.rights.scope(P.UNIT_VIEW)
    heads = (_("About"), _("Procedure"), _("Unit"), _("Begun"), _("How it stands"), _("Last day"))
    return Table(
        caption=_("Cases"),
        caption_hidden=True,
        columns=[Column(label=head, nowrap=n in (3, 5), wide=n == 0) for n, head in enumerate(heads)],
        rows=[
            [
                Cell(text=row.about, url=reverse("case", args=[row.pk]), lang="vi"),
                Cell(text=str(versions[row.version_id])),
                _unit(scope, row.unit_id, row.unit_path, row.unit_name, row.unit_code),
                Cell(text=day(row.begun_on)),
                Cell(text=saying.standing(versions[row.version_id].flow, row.status, row.result, row.step)),
                due(row.due_on if row.status == Case.Status.OPEN else None, asked.today),
            ]
            for row in rows
        ],
        empty=_("No case is like that.") if asked.filter.kept else _("No case was begun here yet."),
        stacks=True,
    )


def due(due_on: date | None, today: date) -> Cell:
    """The last day of a step, marked where it is past."""
    if due_on is None:
        return Cell(text="–")
    late = due_on < today
    return Cell(
        text=day(due_on), note=saying.left(due_on, today), mark=Mark.MISSED if late else "", mark_word=_("late")
    )


def _unit(scope: Scope, pk: int, path: str, name: str, code: str) -> Cell:
    return unit_cell(scope, Unit(pk=pk, path=path, name=name, code=code), None)


@login_required
@require_safe
def unit_cases(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases of a unit: what is stuck there and below, how many came to which result and how fast, then the list."""
    asked = _Asked(request, pk)
    unit, period, today = asked.unit, asked.period, asked.today
    assert unit is not None
    picker = period_picker(period, lambda p: asked.url(period=p), today)
    context = of_unit(asked.rights, unit, asked.above, "unit_cases", period, picker, is_chosen=asked.is_chosen) | {
        "stuck": _stuck(asked, unit),
        "took": _took(queries.took(unit, period.first_day, period.last_day), period),
        **_list(asked),
    }
    return render(request, "procedures/unit_cases.html", context)


def _stuck(asked: _Asked, unit: Unit) -> Table | None:
    """Where cases are past their last day at a unit and below: one by one, or counted where they are many."""
    found = list(queries.stuck(unit, asked.today).prefetch_related("turns__unit")[: NAMED + 1])
    if not found:
        return None
    if len(found) > NAMED:
        return _stuck_counted(asked, unit)
    return Table(
        caption=_("Past their last day"),
        caption_hidden=True,
        columns=[Column(label=head, wide=n == 0) for n, head in enumerate((_("About"), _("Step"), _("Waits for")))]
        + [Column(label=_("Last day"), nowrap=True)],
        rows=[
            [
                Cell(
                    text=stage.case.about, url=reverse("case", args=[stage.case_id]), note=str(stage.case.version),
                    lang="vi",
                ),
                Cell(text=saying.step_of(stage.case.version.flow, stage.step)),
                _waits_for(asked.rights, stage),
                due(stage.due_on, asked.today),
            ]
            for stage in found
        ],
        stacks=True,
    )  # fmt: skip


def _waits_for(rights: Rights, stage: Stage) -> Cell:
    """The units a stage waits for; with one the way to it."""
    units = list({turn.unit_id: turn.unit for turn in stage.turns.all()}.values())
    cells = [unit_cell(rights.scope(P.UNIT_VIEW), unit, None) for unit in units]
    if len(cells) == 1:
        return cells[0]
    return Cell(text="; ".join(str(cell.text) for cell in cells), lang="vi")


def _stuck_counted(asked: _Asked, unit: Unit) -> Table:
    found = queries.stuck_by_unit(unit, asked.today, PAGE)
    versions = queries.versions(each.version_id for each in found)
    scope = asked.rights.scope(P.UNIT_VIEW)
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
                _unit(scope, each.unit_id, each.unit_path, each.unit_name, each.unit_code),
                Cell(text=str(versions[each.version_id])),
                Cell(text=saying.step_of(versions[each.version_id].flow, each.step)),
                Cell(text=count(each.n)),
                Cell(text=saying.left(each.since, asked.today)),
            ]
            for each in found
        ],
        stacks=True,
    )


def _took(found: list[queries.Took], period: Period) -> Table:
    """How many cases came to which result in a period, how many in time, and how long half of them took at most."""
    versions = queries.versions(each.version for each in found) if found else {}
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


@login_required
@require_safe
def cases_workbook(request: HttpRequest, pk: int | None = None) -> HttpResponse | FileResponse:
    """The cases asked for as an .xlsx workbook."""
    asked = _Asked(request, pk)
    if not asked.scope:
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    heads = [
        *(_("Number"), _("About"), _("Procedure"), _("Code of the unit"), _("Unit"), _("Begun"), _("How it stands")),
        *(_("At this step since"), _("Last day"), _("Days late"), _("Ended")),
    ]
    write_workbook(file, {_("Cases"): (heads, _lines(asked))})
    file.seek(0)
    name = f"cases_{asked.unit.pk if asked.unit else 'all'}_{asked.today}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _lines(asked: _Asked) -> Iterator[list[Value]]:
    versions: dict[int, Version] = {}
    for row in queries.all_rows(asked.found()):
        if row.version_id not in versions:
            versions |= queries.versions([row.version_id])
        version = versions[row.version_id]
        is_late = row.status == Case.Status.OPEN and row.due_on is not None and row.due_on < asked.today
        named = row.unit_name if asked.scope.covers(Unit(path=row.unit_path)) else None
        yield [
            *(row.pk, row.about, str(version), row.unit_code, named, row.begun_on),
            *(saying.standing(version.flow, row.status, row.result, row.step), row.since, row.due_on),
            (asked.today - row.due_on).days if is_late and row.due_on else None,
            row.ended_on,
        ]
