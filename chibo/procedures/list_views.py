"""Lists of cases: what waits for the reader and the cases of their units; of one unit also what is stuck below."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Item, Pager, Table, period_picker
from chibo.core.formats import count, day
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.exchange.exporting import exportable, one_of
from chibo.exchange.writing import Value, write_workbook
from chibo.organizations.frame import common, of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Scope, find_unit, rights_of
from chibo.procedures import queries, saying, stuck, waiting
from chibo.procedures.case_forms import CaseFilter
from chibo.procedures.flow import MEMBER, Flow, which
from chibo.procedures.models import Case, Version
from chibo.procedures.queries import Row
from chibo.procedures.stuck import due_of, unit_of
from chibo.procedures.waiting import Wait

PAGE = 50
OFFERED = 300  # units to choose from
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
        cases = queries.with_now(queries.seen(self.scope, self.unit))
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
    found = _listed(asked) if asked.scope else []
    context = common(asked.rights, "cases") | {
        "waits": items([wait for wait in waits if wait.is_free], asked.today),
        "for_others": items([wait for wait in waits if not wait.is_free], asked.today),
        "has_scope": bool(asked.scope),
        **(_list(asked, found, queries.versions(row.version_id for row in found)) if asked.scope else {}),
    }
    return render(request, "procedures/cases.html", context)


def items(waits: Iterable[Wait], today: date) -> list[Item]:
    """Steps that wait, each with how long it has; of those another person has to act on it says so."""
    found = []
    for wait in waits:
        text = " · ".join(filter(None, (wait.procedure, wait.which, wait.unit)))
        if not wait.is_free:
            text += " · " + _("it is about you, or you had a hand in it before")
        found.append(
            Item(
                title=_("%(step)s: %(about)s") % {"step": wait.step, "about": wait.about},
                url=reverse("case", args=[wait.case]),
                text=text,
                when=saying.left(wait.due_on, today) or saying.waited(wait.since, today),
                late=wait.due_on is not None and wait.due_on < today,
            )
        )
    return found


def _listed(asked: _Asked) -> list[Row]:
    """The page of the list, and one more where there are more. One query."""
    return queries.rows(asked.found(), asked.after, PAGE + 1)


def _list(asked: _Asked, found: list[Row], versions: Mapping[int, Version]) -> dict[str, Any]:
    """The list with its filters."""
    more, shown = found[PAGE:], found[:PAGE]
    kept = asked.filter.kept
    return {
        "form": asked.filter,
        "table": _table(shown, versions, asked),
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
                Cell(
                    text=str(versions[row.version_id]),
                    url=reverse("case", args=[row.pk]),
                    note=which(versions[row.version_id].definition, row.told),
                ),
                Cell(text=day(row.begun_on)),
                _stands(row, versions[row.version_id].flow),
                due_of(row, today),
            ]
            for row in shown
        ],
        stacks=True,
    )


def _stands(row: Row, flow: Flow) -> Cell:
    """How a case stands, and whether it waits for whom it is about."""
    said = saying.standing(flow, row.status, row.result, row.step)
    return Cell(text=said, note=_("waits for you") if _is_theirs(row, flow) else "")


def _is_theirs(row: Row, flow: Flow) -> bool:
    """Whether a case waits for whom it is about."""
    steps = [step for step in flow.steps if step.code == row.step and row.status == Case.Status.OPEN]
    return any(party.at == MEMBER for step in steps for party in step.who)


def _table(rows: Iterable[Row], versions: Mapping[int, Version], asked: _Asked) -> Table:
    scope = asked.rights.scope(P.UNIT_VIEW)
    heads = (
        pgettext("of a case", "About"),
        _("Procedure"),
        _("Unit"),
        _("Begun"),
        _("How it stands"),
        _("Waits for"),
        _("Last day"),
    )
    return Table(
        caption=_("Cases"),
        caption_hidden=True,
        columns=[Column(label=head, nowrap=n in (3, 6), wide=n == 0) for n, head in enumerate(heads)],
        rows=[
            [
                Cell(text=row.about, url=reverse("case", args=[row.pk]), lang="vi"),
                Cell(text=str(versions[row.version_id]), note=which(versions[row.version_id].definition, row.told)),
                unit_of(scope, row.unit_id, row.unit_path, row.unit_name, row.unit_code),
                Cell(text=day(row.begun_on)),
                Cell(text=saying.standing(versions[row.version_id].flow, row.status, row.result, row.step)),
                _waits(scope, row, versions[row.version_id].flow),
                due_of(row, asked.today),
            ]
            for row in rows
        ],
        empty=_("No case is like that.") if asked.filter.kept else _("No case was begun here yet."),
        stacks=True,
    )


def _waits(scope: Scope, row: Row, flow: Flow) -> Cell:
    """On whose desk a case lies: the unit by name, the roles below it; or whom it is about."""

    def by_name(pk: int, path: str, name: str) -> Cell:
        """Who may see a case knows through whose hands it goes; linked as far as they may go."""
        return Cell(text=name, url=unit_cell(scope, Unit(pk=pk, path=path, name=name), None).url, lang="vi")

    found = saying.waiting(row.waits if row.status == Case.Status.OPEN else (), by_name)
    if len(found) == 1:
        return replace(found[0].unit, note=found[0].roles)
    if found:
        return Cell(text="; ".join(f"{each.unit.text} ({each.roles})" for each in found))
    return Cell(text=_("whom it is about") if _is_theirs(row, flow) else "–")


@login_required
@require_safe
def unit_cases(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases of a unit: what is stuck there and below, how many came to which result and how fast, then the list."""
    asked = _Asked(request, pk)
    unit, period, today = asked.unit, asked.period, asked.today
    assert unit is not None
    picker = period_picker(period, lambda p: asked.url(period=p), today)
    late = queries.stuck_by_unit(unit, today, PAGE)
    took, found = queries.took(unit, period.first_day, period.last_day), _listed(asked)
    named = [*(each.version_id for each in late), *(each.version for each in took), *(row.version_id for row in found)]
    versions = queries.versions(named)
    past, longest = stuck.still(asked.rights, unit, today, late, versions)
    context = of_unit(asked.rights, unit, asked.above, "unit_cases", period, picker, is_chosen=asked.is_chosen) | {
        "stuck": past,
        "longest": longest,
        "took": stuck.took(took, versions),
        **_list(asked, found, versions),
    }
    return render(request, "procedures/unit_cases.html", context)


def _is_procedure(text: str) -> bool:
    return any(each.procedure.code == text for each in queries.newest_versions())


@exportable(
    gettext_lazy("Cases"),
    "cases",
    asks={"procedure": _is_procedure, "status": one_of(Case.Status.values), "overdue": one_of(["yes"])},
)
@login_required
@require_safe
def cases_workbook(request: HttpRequest, pk: int | None = None) -> HttpResponse | FileResponse:
    """The cases asked for as an .xlsx workbook."""
    asked = _Asked(request, pk)
    if not asked.scope:
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    heads = [
        *(_("Number"), pgettext("of a case", "About"), _("Procedure"), _("Code of the unit"), _("Unit"), _("Begun")),
        *(_("How it stands"), _("At this step since"), _("Last day"), _("Days late"), _("Ended")),
        pgettext("of a case", "Which"),
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
            which(version.definition, row.told),
        ]
