"""What was loaded, by whom, when, and the verdicts."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Func, IntegerField
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import count, moment
from chibo.exchange import actions, sheets, undoing, uploads
from chibo.exchange.models import Load
from chibo.exchange.verdicts import write_verdicts
from chibo.exchange.writing import write_workbook
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.portal.forms import UndoForm, UploadForm

LISTED = 50
FAULTS = 500  # faults shown on the page of a load; the command prints them all
FAULT = ("sheet", "row", "column", "value", "reason")
VERDICTS = ("new", "changed", "unchanged")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHAT: dict[str, Any] = {  # what is in a table, as one says it of several
    "organizations_unit": gettext_lazy("units"),
    "organizations_parentlink": gettext_lazy("places in the tree"),
    "organizations_grant": gettext_lazy("roles"),
    "members_person": gettext_lazy("people"),
    "members_membership": gettext_lazy("memberships"),
    "members_transfer": gettext_lazy("transfers"),
    "members_departure": gettext_lazy("departures"),
    "members_exemption": gettext_lazy("exemptions from meetings"),
    "members_suspension": gettext_lazy("suspensions"),
    "members_badge": gettext_lazy("badges"),
    "members_post": gettext_lazy("posts"),
    "meetings_meeting": gettext_lazy("meetings"),
    "meetings_attendance": gettext_lazy("entries of attendance"),
    "meetings_score": gettext_lazy("scores"),
    "meetings_scoredeed": gettext_lazy("scores confirmed or returned"),
    "meetings_withdrawal": gettext_lazy("withdrawals of meetings"),
    "meetings_correction": gettext_lazy("corrections of meetings"),
    "meetings_nomeeting": gettext_lazy("months said to have no meeting"),
    "meetings_reminder": gettext_lazy("reminders"),
    "meetings_draft": gettext_lazy("drafts of meetings"),
    "targets_target": gettext_lazy("targets"),
    "classifications_classified": gettext_lazy("classifications"),
    "documents_document": gettext_lazy("documents"),
}


def _rights(request: HttpRequest) -> Rights:
    """The user's rights, if they may see loads: a load concerns the whole tree, so elsewhere it is not found."""
    rights = rights_of(request.user, clock.today())
    if not rights.over_all(P.ROLL_LOAD):
        raise Http404
    return rights


def _outcome(load: Load) -> Cell:
    mark, word = {
        Load.Outcome.WAITING: (Mark.NONE, _("waiting")),
        Load.Outcome.RUNNING: (Mark.NONE, _("being read")),
        Load.Outcome.DONE: (Mark.MET, _("done")),
        Load.Outcome.REFUSED: (Mark.MISSED, _("refused")),
        Load.Outcome.REHEARSED: (Mark.NONE, _("only rehearsed")),
        Load.Outcome.FAILED: (Mark.MISSED, _("broken off")),
    }[Load.Outcome(load.outcome)]
    if load.undone_at is not None:
        mark, word = Mark.NEAR, _("undone")
    return Cell(text=word, mark=mark, mark_word=None)


def _rows(load: Load, verdict: str) -> int:
    """How many rows got a verdict, from the runs of row numbers."""
    runs = [run for sheet in load.verdicts.values() for run in sheet.get(verdict, [])]
    return sum(last - first + 1 for first, last in runs)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def loads(request: HttpRequest) -> HttpResponse:
    """Every workbook that was read, the newest first; and a form to send another one."""
    rights = _rights(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            taken = actions.take(
                chunks=file.chunks(),
                file_name=file.name,
                only_check=form.cleaned_data["only_check"],
                language=get_language() or "",
                by=request.user,
                at=clock.now(),
            )
        except Denied as error:
            form.add_error("file", str(error))
        else:
            return redirect("load", pk=taken.pk)
    after = after_asked(request, int)
    told = Func(F("faults"), function="jsonb_array_length", output_field=IntegerField())
    found = Load.objects.select_related("by").defer("faults", "warnings").annotate(told=told).order_by("-pk")
    if after is not None:
        found = found.filter(pk__lt=after[0])
    listed = list(found[: LISTED + 1])
    more, listed = listed[LISTED:], listed[:LISTED]
    heads = [_("Workbook"), _("When"), _("By"), _("Outcome")]
    numbers = [_("New"), _("Changed"), _("Unchanged"), _("Faults")]
    table = Table(
        caption=_("Loads"),
        caption_hidden=True,
        columns=[*(Column(label=head) for head in heads), *(Column(label=head, number=True) for head in numbers)],
        rows=[
            [
                Cell(text=load.file_name, url=reverse("load", args=[load.pk])),
                Cell(text=moment(load.at)),
                Cell(text=str(load.by) if load.by else _("command line")),
                _outcome(load),
                *(Cell(text=count(_rows(load, verdict))) for verdict in VERDICTS),
                Cell(text=count(load.told)),
            ]
            for load in listed
        ],
        empty=_("No workbook was loaded yet."),
    )
    url = reverse("loads")
    pager = Pager(
        first_url=url if after else "", next_url=address(url, after=after_key([listed[-1].pk])) if more else ""
    )
    context = common(rights, "loads") | {"table": table, "pager": pager, "form": form, "described": _described()}
    return render(request, "portal/loads.html", context)


def _described() -> list[Table]:
    """Each sheet a workbook may hold, with its columns: which must be there, what each holds."""
    return [
        Table(
            caption=sheet.name,
            columns=[Column(label=_("Column")), Column(label=_("Required")), Column(label=_("What it holds"))],
            rows=[
                [
                    Cell(text=column.name),
                    Cell(text=_("required") if column.required else "–"),
                    Cell(text=column.describe()),
                ]
                for column in sheet.columns
            ],
        )
        for sheet in sheets.every()
    ]


@login_required
@require_safe
def load_template(request: HttpRequest) -> FileResponse:
    """An empty workbook with every sheet and its columns, to be filled in."""
    _rights(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(file, {sheet.name: ([column.name for column in sheet.columns], []) for sheet in sheets.every()})
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="template.xlsx", content_type=WORKBOOK)


def _find(pk: int) -> Load:
    if pk >= 2**63:
        raise Http404
    return get_object_or_404(Load.objects.select_related("by", "undone_by"), pk=pk)


@login_required
@require_safe
def load(request: HttpRequest, pk: int) -> HttpResponse:
    """One load: how far it is, then its verdicts by sheet, and every fault."""
    rights = _rights(request)
    found = _find(pk)
    if not found.is_finished:
        progress = uploads.told(found.kept_as)
        running = {"load": found, "outcome": _outcome(found), "what": _what(progress.what), "progress": progress}
        return render(request, "portal/load_running.html", common(rights, "loads") | running)
    if request.headers.get("HX-Request"):  # asked while it ran: now there is another page to show
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = common(rights, "loads") | {
        "load": found,
        "outcome": _outcome(found),
        "facts": [
            (_("When"), moment(found.at)),
            (_("By"), str(found.by) if found.by else _("command line")),
            (_("Size"), _("%(n)s bytes") % {"n": count(found.size)}),
            (_("SHA-256 of the file"), found.sha256 or "–"),
            *_undone(found),
        ],
        "waiting": _rows(found, "waiting"),
        "failed": found.outcome == Load.Outcome.FAILED,
        "refused": found.outcome == Load.Outcome.REFUSED,
        "can_undo": found.outcome == Load.Outcome.DONE and found.undone_at is None,
        "has_cells": any(fault["row"] for fault in found.faults),
        "written": _written(found),
        "kept": found.kept_file is not None,
        "sheets": _sheets(found),
        "faults": _faults(found),
        "warnings": _warnings(found),
        "doubles": any(each["column"] == "full_name" for each in found.warnings),
        "kept_since": any(each["column"] != "full_name" for each in found.warnings),
        "alike_url": reverse("alike") if found.warnings and rights.scope(P.MEMBER_MERGE) else "",
        "left_out": max(0, len(found.faults) - FAULTS),
        "unwarned": max(0, len(found.warnings) - FAULTS),
    }
    return render(request, "portal/load.html", context)


def _what(what: str) -> str:
    """What the worker said it does, in the reader's language; it speaks that of who sent the file."""
    return translation.gettext(what) if what else _("The worker will take it up in a moment.")


def _undone(load: Load) -> list[tuple[str, str]]:
    """By whom a load was undone, when and why."""
    if load.undone_at is None:
        return []
    by = str(load.undone_by) if load.undone_by else _("command line")
    return [
        (_("Undone"), _("%(when)s, by %(who)s") % {"when": moment(load.undone_at), "who": by}),
        (_("Why"), load.undone_reason),
    ]


@login_required
@require_safe
def load_verdicts(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook with its faults marked, or the list of its faults where the file is no longer kept."""
    _rights(request)
    found = _find(pk)
    if not found.is_finished:
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_verdicts(found, file, warnings=found.warnings)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"verdict_{found.pk}.xlsx", content_type=WORKBOOK)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo_load(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a whole load with a reason, or see what was built on it."""
    rights = _rights(request)
    found = _find(pk)
    form = UndoForm(request.POST or None)
    refused, built = "", []
    try:
        undoing.check_can_be_undone(found)
        built = undoing.Undoing(found).built()
        if request.method == "POST" and not built and form.is_valid():
            reason = form.cleaned_data["reason"]
            undoing.undo(load=found, reason=reason, by=request.user, at=clock.now())
            messages.success(request, _("The load is undone. The figures follow within seconds."))
            return redirect("load", pk=found.pk)
    except Denied as error:
        refused = str(error)
    context = common(rights, "loads") | {
        "load": found,
        "form": form,
        "refused": refused,
        "built": [_said(each) for each in built],
        "new": _rows(found, "new"),
        "changed": _rows(found, "changed"),
    }
    return render(request, "portal/undo.html", context)


def _said(built: undoing.Built) -> str:
    """What was built on a load, in words."""
    words = {
        "n": count(built.rows),
        "what": WHAT.get(built.table, _("other records")),
    }
    if built.load is not None:
        words |= {"file": built.load.file_name, "when": moment(built.load.at)}
        return _("A later load, %(file)s of %(when)s, changed what it wrote: %(n)s of %(what)s.") % words
    if built.refer:
        return _("Recorded since, and hanging on it: %(n)s of %(what)s.") % words
    return _("Changed since: %(n)s of %(what)s.") % words


def _written(load: Load) -> str:
    """What a good load brought, sheet by sheet; what it would have, if it was only a rehearsal; else nothing."""
    if load.outcome not in (Load.Outcome.DONE, Load.Outcome.REHEARSED) or load.undone_at is not None:
        return ""
    parts = []
    for sheet, runs in load.verdicts.items():
        new, changed = (sum(last - first + 1 for first, last in runs.get(each, [])) for each in ("new", "changed"))
        if new or changed:
            parts.append(_("%(sheet)s: %(new)s new, %(changed)s changed") % {
                "sheet": sheet, "new": count(new), "changed": count(changed)
            })  # fmt: skip
    if not parts:
        return _("Nothing had to be written: all of it was known already.")
    said = _("Written. %(parts)s.") if load.outcome == Load.Outcome.DONE else _("It would be written. %(parts)s.")
    return said % {"parts": "; ".join(parts)}


def _sheets(load: Load) -> Table:
    """How many rows of each sheet got which verdict."""
    numbers = [_("New"), _("Changed"), _("Unchanged"), _("Waiting"), _("Rows with faults")]
    faults: dict[str, set[Any]] = {}
    for fault in load.faults:
        faults.setdefault(fault["sheet"] or "", set()).add(fault["row"])
    rows = []
    order = {sheet.name: sheet.order for sheet in sheets.every()}
    for sheet in sorted({*load.verdicts, *faults} - {""}, key=lambda name: (order.get(name, 1000), name)):
        runs = load.verdicts.get(sheet, {})
        counts = [sum(last - first + 1 for first, last in runs.get(verdict, [])) for verdict in (*VERDICTS, "waiting")]
        rows.append([Cell(text=sheet), *(Cell(text=count(n)) for n in [*counts, len(faults.get(sheet, ()))])])
    return Table(
        caption=_("Rows by verdict"),
        columns=[Column(label=_("Sheet")), *(Column(label=head, number=True) for head in numbers)],
        rows=rows,
    )


def _warnings(load: Load) -> Table:
    """The rows that somebody should look at, as far as a page can show them."""
    n = len(load.warnings)
    return Table(
        caption=ngettext("%(n)s row to look at", "%(n)s rows to look at", n) % {"n": count(n)},
        stacks=True,
        columns=[Column(label=head) for head in (_("Sheet"), _("Row"), _("Value"), _("Why"))],
        rows=[
            [Cell(text=str(each[name])) for name in ("sheet", "row", "value", "reason")]
            for each in load.warnings[:FAULTS]
        ],
    )


def _faults(load: Load) -> Table:
    """The faults, as far as a page can show them."""
    heads = [_("Sheet"), _("Row"), _("Column"), _("Value"), _("What is wrong")]
    rows = len({(fault["sheet"], fault["row"]) for fault in load.faults if fault["row"]})
    said = ngettext("%(n)s fault", "%(n)s faults", len(load.faults)) % {"n": count(len(load.faults))}
    in_rows = ngettext("in %(n)s row", "in %(n)s rows", rows) % {"n": count(rows)}
    return Table(
        caption=f"{said} {in_rows}" if rows else said,
        stacks=True,
        columns=[Column(label=head) for head in heads],
        rows=[
            [Cell(text="–" if fault[name] in (None, "") else str(fault[name])) for name in FAULT]
            for fault in load.faults[:FAULTS]
        ],
    )
