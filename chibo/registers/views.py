"""The register of a unit, Form 7-HSĐV: as a page, to print, as a workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import after_asked, after_key
from chibo.core.components import Cell, Column, Pager, Table
from chibo.core.formats import day
from chibo.exchange.exporting import a_day, a_period, exportable
from chibo.exchange.writing import Value, write_workbook
from chibo.organizations.permissions import P
from chibo.organizations.trees import named_on
from chibo.registers.queries import Line, Span, by_code, by_name, every_line, lines, members_of, short
from chibo.registers.sections import Section, quarter_in, quarter_picker

PAGE, PRINTED = 50, 1000
NAME, AWAY = "name", "away"  # mark the key of a row: by name, or by code alone, which come after
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "7-HSĐV"
JOINED = 6  # the column of two days


def _heads() -> list[str]:
    """The fourteen columns of the form."""
    return [
        *(_("Name"), _("Sex, ethnicity, religion"), _("Home"), _("Education, political theory"), _("Work, posts")),
        *(_("Joined; official"), _("Numbers of card, CV, badge"), _("Army, police, retired"), _("Moved out")),
        *(_("Moved in"), _("Died"), _("Reason"), _("Left, and how"), _("Note")),
    ]


def _span(section: Section) -> tuple[Span, Any]:
    """The days asked for: a quarter, or the running one until a day; and the quarter they are of."""
    on = section.today
    try:
        on = min(date.fromisoformat(section.request.GET.get("on", "")), section.today)
        is_day = on.year >= 1900
    except ValueError:
        is_day = False
    if not is_day and section.chosen is not None and section.chosen.first_day <= section.today:
        return Span(section.chosen.first_day, min(section.chosen.last_day, section.today)), section.chosen
    span = Span.until(on if is_day else section.today)
    quarter = quarter_in(f"{span.last:%Y-%m}")
    return span, quarter


def _same(section: Section, span: Span, quarter: Any) -> dict[str, Any]:
    """What of a URL asks for these days again."""
    if span.last == section.today:
        return {}
    return {"period": quarter} if span.last == quarter.last_day else {"on": span.last}


@login_required
@require_safe
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is in a unit that day, and who came or went since the quarter began; fifty a page, a thousand to print."""
    section = Section(request, pk)
    span, quarter = _span(section)
    is_print = request.GET.get("print") == "1"
    size = PRINTED if is_print else PAGE
    shown, key, is_first = _page(section, span, size)
    asked = _same(section, span, quarter)
    context = section.context("unit_register", quarter, quarter_picker(section, "unit_register", quarter)) | {
        "table": _table(section, shown, span),
        "span": span,
        "form": FORM,
        "on": span.last.isoformat(),
        "latest": section.today.isoformat(),
        "print_url": "" if is_print else section.url("unit_register", **asked, print="1"),
        "workbook_url": section.url("register_workbook", **asked),
        "pager": Pager(
            first_url="" if is_first else section.url("unit_register", **asked, print="1" if is_print else None),
            next_url=section.url("unit_register", **asked, print="1" if is_print else None, after=key) if key else "",
            note=_("%(n)s on this page") % {"n": len(shown)},
        ),
    }
    return render(request, "registers/register.html", context)


def _page(section: Section, span: Span, size: int) -> tuple[list[Line], str, bool]:
    """The rows of a page, the key after it if there are more, whether it is the first."""
    key = after_asked(section.request, str, str, int)
    scope = section.rights.scope(P.MEMBER_VIEW)

    def found(is_near: bool) -> Any:
        return members_of(section.unit, span, scope, section.today, is_near=is_near)

    rows: list[Any] = []
    if key is None or key[0] == NAME:
        rows = list(by_name(found(True), key[1:] if key else None)[: size + 1])
    near, left = rows[:size], size + 1 - len(rows)
    others: list[Any] = []
    if left:
        others = list(by_code(found(False), key[1:] if key and key[0] == AWAY else None)[:left])
    away = others[: size - len(near)]
    more = ""
    if len(rows) + len(others) > size:
        last = away[-1] if away else near[-1]
        more = after_key([AWAY, last.person.code, last.pk] if away else [NAME, last.person.sort_key, last.pk])
    units = section.rights.scope(P.UNIT_VIEW)
    shown = lines(section.unit, span, near, units) + lines(section.unit, span, away, units, is_near=False)
    return shown, more, key is None


def _table(section: Section, shown: list[Line], span: Span) -> Table:
    members = section.rights.scope(P.MEMBER_VIEW)
    rows = []
    for line in shown:
        first, *rest = texts_of(line)
        url = reverse("member", args=[line.person]) if line.is_near and members else ""
        cells = "; ".join(name for _pk, name in line.cells)
        note = cells if not section.unit.is_cell else ""
        if line.is_near:
            note = "; ".join(filter(None, [line.code, note]))
        rows.append([Cell(text=first, url=url, note=note, lang="vi"), *(Cell(text=text or "–") for text in rest)])
    return Table(
        caption=_("Register of members, %(day)s") % {"day": day(span.last)},
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=f"{n}. {head}", nowrap=n == JOINED) for n, head in enumerate(_heads(), 1)],
        rows=rows,
        empty=_("Nobody is in the register of these days."),
    )


def texts_of(line: Line) -> list[str]:
    """What stands in the fourteen columns."""
    if not line.is_near:
        return [line.name, *[""] * 12, _("outside your units")]
    said, days = line.said, line.days

    def shown(name: str) -> str:
        found = days[name]
        return short(found) if found else ""

    left = "; ".join(filter(None, [shown("left"), said["left"]]))
    note = [
        _("exempt from meetings since %(day)s") % {"day": shown("exempt")} if days["exempt"] else "",
        _("for a time in %(cell)s") % {"cell": said["away"]} if said["away"] else "",
        said["note"],
    ]
    joined = "; ".join([shown("joined"), shown("official") or _("probationary")])
    return [
        line.name, said["sex"], said["home"], said["education"], said["jobs"], joined, said["cards"], said["service"],
        said["out"], said["in"], shown("died"), said["reason"], left, "; ".join(filter(None, note)),
    ]  # fmt: skip


@exportable(gettext_lazy("Register of members"), "register", asks={"period": a_period, "on": a_day})
@login_required
@require_safe
def register_workbook(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The whole register as an .xlsx workbook, in the columns of the form."""
    section = Section(request, pk)
    span, _quarter = _span(section)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_register(file, section, span, clock.now())
    file.seek(0)
    name = f"register_{section.unit.pk}_{span.last}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def write_register(file: Any, section: Section, span: Span, at: datetime) -> None:
    """Write the form's heading on one sheet and the register on another, members as they come."""
    unit, above = named_on(section.unit, span.last), section.above
    heading: list[list[Value]] = [
        [_("Form"), FORM],
        [_("Register of members"), unit.name],
        [_("Superior"), named_on(above[-1], span.last).name if above else None],
        [_("Members on"), span.last],
        [_("Came or went since"), span.first],
        [_("Made on"), day(at)],
    ]
    found = every_line(
        section.unit, span, section.rights.scope(P.MEMBER_VIEW), section.rights.scope(P.UNIT_VIEW), section.today
    )  # fmt: skip
    write_workbook(
        file,
        {
            FORM: ([f"{n}. {head}" for n, head in enumerate(_heads(), 1)], _written(found, section.unit.is_cell)),
            _("Heading"): ([_("What"), _("Is")], heading),
        },
    )


def _written(found: Iterable[Line], is_cell: bool) -> Iterator[list[Value]]:
    for line in found:
        row: list[Value] = [text or None for text in texts_of(line)]
        if not is_cell:
            cells = "; ".join(name for _pk, name in line.cells)
            row[-1] = "; ".join(filter(None, [str(row[-1] or ""), cells]))
        yield row
