"""Lists as files that the worker makes: asked for, told how far they are, fetched again until they are deleted.

And the sheets of a workbook for a unit and all under it, as far as one may see each: they load again unchanged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Mark
from chibo.core.formats import count, moment
from chibo.exchange import export_actions, exporting, sheets, uploads
from chibo.exchange.exporting import exportable
from chibo.exchange.models import Export
from chibo.exchange.writing import Value, is_elsewhere, write_workbook
from chibo.organizations.frame import common
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of

LISTED = 50
WHOLE = "roll"  # all sheets
AT_ONCE = 200  # units of which a sheet is given while one waits; one of more is made by the worker
CALLED = {
    "units": gettext_lazy("Units"),
    "members": gettext_lazy("Members"),
    "transfers": gettext_lazy("Transfers"),
    "departures": gettext_lazy("Departures"),
    "posts": gettext_lazy("Posts"),
    "meetings": gettext_lazy("Meetings"),
    "attendance": gettext_lazy("Attendance"),
    "scores": gettext_lazy("Points of meetings"),
    "targets": gettext_lazy("Targets"),
}
CONTENT = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """My files: those that are made, those that can be fetched; and the list one comes from, to be asked for."""
    today = clock.today()
    rights = rights_of(request.user, today)
    sent = request.POST if request.method == "POST" else request.GET
    of, form, refused, title = sent.get("of", ""), sent.get("form", ""), "", ""
    if of:
        try:
            title = _title(of, request.user)
            if request.method == "POST" and form in Export.Form.values:
                export_actions.ask(
                    of=of, title=title, form=form, language=get_language() or "", by=request.user, at=clock.now()
                )
                return redirect("exports")
        except Denied as error:
            refused = str(error)
    found = list(Export.objects.filter(by=request.user.pk).order_by("-pk")[:LISTED])
    context = common(rights, "exports") | {
        "of": "" if refused else of,
        "title": title,
        "refused": refused,
        "forms": Export.Form.choices,
        "lines": [_line(each) for each in found],
        "running": any(not each.is_finished for each in found),
        "sheets": [] if of else _offered(rights),
    }
    return render(request, "portal/exports.html", context, status=400 if refused and request.method == "POST" else 200)


def _title(of: str, user: Any) -> str:
    """What a list is called, with the unit it is of; Denied unless it may be asked for. One query of its own."""
    match = exporting.check(of=of, user=user)
    told = match.func.listing.called(match.kwargs)  # type: ignore[attr-defined]
    unit = Unit.objects.filter(pk=match.kwargs["pk"]).first() if "pk" in match.kwargs else None
    return f"{told}, {unit.name}" if unit else told


def sheet_title(sheet: str, **more: Any) -> str:
    """What the sheets of a unit are called, as its address names them."""
    if sheet == WHOLE:
        return _("All sheets of the roll")
    return _("%(what)s (sheet %(name)s)") % {"what": CALLED.get(sheet, sheet), "name": sheet}


def is_sheet(text: str) -> bool:
    """Whether a sheet is called so that goes out, or all of them."""
    return text == WHOLE or any(each.out and each.name == text for each in sheets.every())


def _offered(rights: Rights) -> list[dict[str, Any]]:
    """The sheets one may have of one's own unit: to be loaded again, here or elsewhere."""
    home = rights.home
    if home is None:
        return []
    return [
        {"title": sheet_title(name), "of": reverse("unit_sheet", args=[home, name]), "unit": rights.homes[home]}
        for name in [WHOLE, *(sheet.name for sheet in sheets.every() if sheet.out and rights.scope(P(sheet.right)))]
    ]


def _line(export: Export) -> dict[str, Any]:
    mark, word = {
        Export.Outcome.WAITING: (Mark.NONE, _("waiting")),
        Export.Outcome.RUNNING: (Mark.NONE, _("being made")),
        Export.Outcome.DONE: (Mark.MET, _("ready")),
        Export.Outcome.REFUSED: (Mark.MISSED, _("refused")),
        Export.Outcome.FAILED: (Mark.MISSED, _("broken off")),
    }[Export.Outcome(export.outcome)]
    is_kept = export.outcome == Export.Outcome.DONE and export.kept_file is not None
    if export.outcome == Export.Outcome.DONE and not is_kept:
        mark, word = Mark.NONE, _("deleted")
    rows = uploads.told(export.kept_as).what if export.outcome == Export.Outcome.RUNNING else ""
    return {
        "export": export,
        "mark": mark,
        "word": word,
        "form": Export.Form(export.form).label,
        "at": moment(export.at),
        "rows": count(int(rows)) if rows.isdecimal() else count(export.rows) if export.made_at else "",
        "size": _("%(n)s bytes") % {"n": count(export.size)} if export.size else "",
        "until": moment(export.until) if is_kept and export.until else "",
        "again": address(reverse("exports"), of=export.of),
    }


@login_required
@require_POST
def fetch_export(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file of one of my exports; that it was fetched is kept."""
    if pk >= 2**63:
        raise Http404
    export = get_object_or_404(Export, pk=pk, by=request.user.pk)
    try:
        path = export_actions.fetch(export=export, by=request.user, at=clock.now())
    except Denied as error:
        messages.error(request, str(error))
        return redirect("exports")
    kind = CONTENT[export.file_name.rpartition(".")[2]]
    return FileResponse(path.open("rb"), as_attachment=True, filename=export.file_name, content_type=kind)


@exportable(sheet_title, "sheet", needs={"sheet": is_sheet})
@login_required
@require_safe
def unit_sheet(request: HttpRequest, pk: int, sheet: str) -> HttpResponse | FileResponse:
    """A sheet, or all of them, of a unit and those under it, as it loads again; codes for what is elsewhere.

    Of many units it is not given at once: the page where it can be asked for as a file comes instead.
    """
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, _above = find_unit(rights, pk, P.UNIT_VIEW)
    chosen = [
        each for each in sheets.every() if each.out and sheet in (each.name, WHOLE) and rights.scope(P(each.right))
    ]
    if not chosen:
        raise Http404
    below = Unit.objects.filter(path__startswith=unit.path).order_by()
    if not is_elsewhere() and below[: AT_ONCE + 1].count() > AT_ONCE:
        return redirect(address(reverse("exports"), of=request.path))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with transaction.atomic():
        write_workbook(
            file,
            {
                each.name: ([column.name for column in each.columns], _rows(each, unit, rights.scope(P(each.right))))
                for each in chosen
            },
        )
    file.seek(0)
    name = f"{sheet}_{unit.pk}_{today}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT["xlsx"])


def _rows(sheet: sheets.Sheet, unit: Unit, scope: Scope) -> Iterator[list[Value]]:
    """The rows of a sheet, as they come from the database; nothing where nothing is known."""
    within, given = scope.sql("u.path")
    query = sheet.out.replace("{within}", f"u.path like %(unit)s and {within}")
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, given | {"unit": unit.path + "%"})
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                yield [None if value == "" else value for value in row]
