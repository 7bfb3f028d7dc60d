"""The meetings of a unit: the matrix of a committee's cells, the list of a cell; what is late and weak below."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chibo.agendas.views import coming
from chibo.classifications import queries as classified
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Mark, Pager, Table, period_picker
from chibo.core.formats import count, day, percent, period_name, ratio_percent
from chibo.core.periods import Period
from chibo.exchange.exporting import a_period, exportable, one_of
from chibo.exchange.writing import write_workbook
from chibo.meetings.models import Kind
from chibo.meetings.yearly import year_of
from chibo.organizations.frame import of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, as_then, kept, line_then, picker_of, said, tree_asked
from chibo.portal import cell_months, queries
from chibo.portal.begun import period_and_standing
from chibo.portal.classifying import chosen_of, filtered
from chibo.portal.matrix import (
    BANDS,
    SHOWN,
    Asked,
    Line,
    band_of,
    columns_of,
    lines_of,
    meeting_url,
    parents_of,
    said_points,
    sheet_rows,
)
from chibo.portal.monthly import held_in
from chibo.portal.queries import CellYear, Limit

ROWS = 50  # cells on a page
AT_ONCE = 500  # cells fetched at a time for a workbook
WHICH = ("", "missed", "weak", "unscored")
KINDS = (Kind.REGULAR, Kind.THEMATIC)
SORTS = ("", "attendance", "-attendance", "missed", "-missed")


def _asked(request: HttpRequest) -> dict[str, str]:
    """Which cells, of what classification, in what order, and what of their meetings; else all, by name, points."""
    which, sort = request.GET.get("which", ""), request.GET.get("sort", "")
    value = request.GET.get("value", "")
    value = value if value.isascii() and value.isdecimal() and len(value) < 19 else ""
    kind, show = request.GET.get("kind", ""), request.GET.get("show", "")
    return {
        "which": which if which in WHICH else "",
        "sort": sort if sort in SORTS else "",
        "value": value,
        "kind": kind if kind == Kind.THEMATIC else "",
        "show": show if show in SHOWN else "",
    }


def _of_squares(asked: dict[str, str]) -> Asked:
    return Asked(asked["kind"] or str(Kind.REGULAR), asked["show"])


def _reminds(rights: Rights, unit: Unit, asked: dict[str, str]) -> bool:
    """Whether the cells shown can be reminded here: of regular meetings alone is a month missed."""
    return asked["which"] == "missed" and not asked["kind"] and rights.scope(P.MEETING_REMIND).covers(unit)


@login_required
@require_safe
def unit_meetings(request: HttpRequest, pk: int) -> HttpResponse:
    """The meetings below a committee as cells by months; those of a cell as a list."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    (period, updating), asked = _period(request, unit, today), _asked(request)
    tree, base = tree_asked(request, period, today), reverse("unit_meetings", args=[pk])
    unit, above = line_then(unit, above, period, tree, today)

    def url(**changes: Any) -> str:
        return address(base, **({"period": period, "tree": kept(tree)} | asked | changes))

    is_chosen = is_period_chosen(request)
    if unit.is_cell:  # its meetings are its own, wherever it stands
        picker = period_picker(period, lambda p: url(period=p), today)
        context = of_unit(rights, unit, above, "unit_meetings", period, picker, tree, is_chosen=is_chosen)
        context |= {"ways": ways_of(rights, unit, "unit_meetings", period, tree)}
        return render(request, "portal/cell_meetings.html", context | _of_cell(rights, unit, period, today))
    picker = picker_of(period, tree, url, today)
    context = of_unit(rights, unit, above, "unit_meetings", period, picker, tree, is_chosen=is_chosen)
    limit = queries.limit_of(unit, period)
    known = classified.values()
    value, squares = filtered(known, asked["value"]), _of_squares(asked)
    after = queries.key_in(after_asked(request, str, str, int))
    cells = queries.cell_years(
        unit,
        period,
        today,
        limit,
        which=asked["which"],
        order=asked["sort"],
        after=after,
        size=ROWS + 1,
        value=value,
        tree=tree,
        kind=squares.kind,
    )
    more, cells = cells[ROWS:], cells[:ROWS]
    context |= {
        "asked": asked,
        "ways": ways_of(rights, unit, "unit_meetings", period, tree),
        "which": _which(asked["which"], limit),
        "kinds": [(str(kind) if kind != Kind.REGULAR else "", kind.label, kind == squares.kind) for kind in KINDS],
        "shown": _shown(asked["show"]),
        "may_remind": bool(cells) and _reminds(rights, unit, asked),
        "remind_url": reverse("remind", args=[pk]),
        "value": value.pk if value else "",
        "schemes": chosen_of(known, value),
        "columns": columns_of(period, asked["sort"], url),
        "lines": _lines(rights, unit, cells, period, tree, limit, today, squares),
        "bands": BANDS,
        "is_updating": updating,
        "export_url": address(reverse("matrix_workbook", args=[pk]), period=period, tree=kept(tree), **asked),
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(cells[-1].key)) if more else "",
            note=_("%(n)s cells on this page") % {"n": count(len(cells))},
        ),
    }
    return render(request, "portal/matrix.html", context)


def _period(request: HttpRequest, unit: Unit, today: date) -> tuple[Period, bool]:
    """The period asked for; if none is, the running year, or the newest in which it met or had to meet.

    Beside it, whether figures of a unit with cells below are still updating.
    """
    running = Period(today.year, "year", 1)
    if unit.is_cell and is_period_chosen(request):
        return period_asked(request, today), False  # a cell's own page shows records alone
    if unit.is_cell:
        begun = [month for month in running.months if month.first_day <= today]
        if any(cell_months.is_due(unit, month) for month in begun):
            return running, False
    return period_and_standing(request, unit, today)


def _which(asked: str, limit: Limit) -> list[tuple[str, str, bool]]:
    labels = [
        ("", _("All cells")),
        ("missed", _("Cells that missed a month")),
        ("weak", _("Attendance under %(limit)s") % {"limit": percent(limit.value, 0)}),
        ("unscored", _("Cells with a meeting not scored")),
    ]
    return [(which, label, which == asked) for which, label in labels]


def _shown(asked: str) -> list[tuple[str, str, bool]]:
    labels = {"": _("Points"), "attendance": _("Attendance"), "day": _("Day held"), "settled": _("Points confirmed")}
    return [(show, labels[show], show == asked) for show in SHOWN]


def _lines(
    rights: Rights, unit: Unit, cells: list[CellYear], period: Period, tree: Tree, limit: Limit, today: date,
    asked: Asked,
) -> list[Line]:  # fmt: skip
    """The rows of these cells. Three queries."""
    ids = [cell.unit_id for cell in cells]
    held = held_in(ids, period, asked.kind)
    said = {(no.unit_id, no.month): no for no in cell_months.no_meetings(ids, [m.first_day for m in period.months])}
    parents = parents_of(cells, period, tree, today)
    return lines_of(cells, period, tree, held, said, parents, rights, unit, limit, today, asked)


@exportable(
    gettext_lazy("Meetings"),
    "matrix",
    asks={
        "period": a_period,
        "tree": one_of(Tree),
        "which": one_of(WHICH),
        "value": classified.is_value,
        "kind": one_of([Kind.THEMATIC]),
        "show": one_of(SHOWN),
    },
)
@login_required
@require_safe
def matrix_workbook(request: HttpRequest, pk: int) -> FileResponse:
    """The matrix as filtered and sorted, every cell of it, as an .xlsx workbook."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, _above = find_unit(rights, pk, P.MEETING_VIEW)
    period, asked = period_asked(request, today), _asked(request)
    tree, limit = tree_asked(request, period, today), queries.limit_of(unit, period)
    unit = as_then(unit, period, tree, today)
    value, squares = classified.value_asked(asked["value"]), _of_squares(asked)

    def every() -> Iterator[tuple[CellYear, Line]]:
        after: list[Any] | None = None
        while True:
            cells = queries.cell_years(
                unit, period, today, limit, which=asked["which"], order=asked["sort"], after=after, size=AT_ONCE,
                value=value, tree=tree, kind=squares.kind,
            )  # fmt: skip
            yield from zip(cells, _lines(rights, unit, cells, period, tree, limit, today, squares), strict=True)
            if len(cells) < AT_ONCE:
                return
            after = cells[-1].key

    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    months = [str(month) for month in period.months]
    columns = ["unit", "unit_name", "above", "members", *months, "present", "marked", "attendance", "missed"]
    about = [
        [str(_("Unit")), f"{unit.code} {unit.name}"],
        [str(_("Period")), str(period)],
        [str(_("Tree of units")), said(tree, today)],
        [
            str(_("Only")),
            " ".join(str(p) for p in (asked["which"], value, asked["kind"], asked["show"]) if p) or str(_("all cells")),
        ],
        [str(_("Made on")), clock.now().strftime("%Y-%m-%d %H:%M")],
    ]
    write_workbook(file, {"meetings": (columns, sheet_rows(every())), "about": (["what", "is"], about)})
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, as_attachment=True, filename=f"meetings_{pk}_{period}.xlsx", content_type=kind)


def _of_cell(rights: Rights, cell: Unit, period: Period, today: date) -> dict[str, Any]:
    """The meetings of a cell in a period, the newest first, and the months missed among them; the band of a year.

    Six queries.
    """
    held = queries.meetings_in(cell, period)
    firsts = [month.first_day for month in period.months]
    said = {no.month: no for no in cell_months.no_meetings([cell.pk], firsts)}
    reminders = cell_months.newest_reminders([cell.pk], firsts)
    counted = {m.month for m in held if m.kind == Kind.REGULAR and not m.is_withdrawn}
    counted.update(cell_months.no_cell_months(cell.pk, period.first_day, period.last_day))
    records = rights.scope(P.MEETING_RECORD).covers(cell) and (cell.closed_on is None or cell.closed_on > today)
    rows = [(m.held_on, m.pk, _meeting_row(cell, m)) for m in held]
    for month in period.months:
        if month.first_day in counted or month.first_day > today or not cell_months.is_due(cell, month):
            continue
        row = _missed(cell, month, said.get(month.first_day), today, records)
        if reminder := reminders.get((cell.pk, month.first_day)):
            note = _("%(who)s reminded the cell on %(day)s.") % {"who": reminder.by, "day": day(reminder.at)}
            row[-1] = replace(row[-1], note=note)
        rows.append((month.last_day, 0, row))
    rows.sort(key=lambda row: row[:2], reverse=True)
    return {
        "record_url": reverse("meeting_record", args=[cell.pk]) if records else "",
        "prepare_url": reverse("notice_new", args=[cell.pk]) if records else "",
        "year_url": reverse("unit_year", args=[cell.pk]),
        "coming": coming(cell, today),
        "year": year_of(cell, period, today) if period.grain == "year" else None,
        "is_running": not period.is_over(today),
        "none_url": reverse("no_meeting", args=[cell.pk]),
        "sheet_url": reverse("attendance_sheet", args=[cell.pk]),
        "table": Table(
            caption=_("Meetings"),
            caption_hidden=True,
            columns=[
                Column(label=_("Date"), nowrap=True),
                Column(label=_("Attendance"), number=True),
                Column(label=_("Points"), number=True),
                Column(label=_("Topic"), wide=True),
            ],
            rows=[row for _day, _pk, row in rows],
            empty=_("No meeting was recorded in this period, and none was due."),
        ),
    }


def _meeting_row(cell: Unit, m: queries.Held) -> list[Cell]:
    attendance = Cell(text="–")
    if m.marked:
        of = _("%(n)s of %(d)s") % {"n": count(m.present), "d": count(m.marked)}
        attendance = Cell(text=ratio_percent(m.present, m.marked), note=of)
    points = Cell(text="–")
    if m.points is not None:
        points = Cell(text=said_points(m.points), note=BANDS[band_of(m.points)])
    state = _("corrected") if m.is_corrected else _("recorded")
    if m.is_withdrawn:
        state = _("withdrawn: it counts no more")
    return [
        Cell(text=day(m.held_on), url=meeting_url(cell.pk, m.pk), note=_of_kind(m.kind, state)),
        attendance,
        points,
        Cell(text=m.topic or "–", lang="vi" if m.topic else ""),
    ]


def _missed(cell: Unit, month: Period, said: Any, today: date, records: bool) -> list[Cell]:
    """A month of which no regular meeting is recorded: its name, the way to record it, what was said of it."""
    why = Cell(text=said.reason, lang="vi") if said else Cell(text="–")
    if not month.is_over(today):
        act = Cell(text=_("due"), mark=Mark.NONE, mark_word=None)
        state = _("due by %(day)s") % {"day": day(month.last_day)}
    else:
        act = Cell(text=_("missed"), mark=Mark.MISSED, mark_word=None)
        state = _("no meeting recorded")
    if records and said is None:
        way = address(reverse("meeting_record", args=[cell.pk]), month=month)
        act = replace(act, text=_("Record it"), url=way, mark_word="")
    return [Cell(text=period_name(month), note=_of_kind(Kind.REGULAR, state)), act, Cell(text="–"), why]


def _of_kind(kind: str, state: str) -> str:
    """Kind and state of a meeting under its day, where a phone shows them too."""
    return _("%(kind)s, %(state)s") % {"kind": Kind(kind).label, "state": state}
