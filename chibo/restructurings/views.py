"""Restructurings: the list with a form for the next, one with its verdict and its buttons, its workbooks."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import count, day, moment
from chibo.exchange import uploads
from chibo.exchange.verdicts import write_verdicts
from chibo.exchange.writing import write_workbook
from chibo.organizations.frame import common
from chibo.organizations.kinds import ActKind
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.organizations.standing import label_of
from chibo.restructurings import actions, drafting, policies, queries
from chibo.restructurings.forms import RestructuringForm, WorkbookForm
from chibo.restructurings.models import Restructuring
from chibo.restructurings.workbook import GUIDE, LABELS, NAME, SHOWN, guide, sheet_of

LISTED = 50
FAULTS = 50  # shown on the page itself; the rest stand beside their rows and in the workbook
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Status, Job = Restructuring.Status, Restructuring.Job
MENDED = (Status.DRAFT, Status.REHEARSED, Status.FAILED)


def rights_here(request: HttpRequest) -> Rights:
    """The user's rights, if they restructure anything; elsewhere there is no such page."""
    rights = rights_of(request.user, clock.today())
    if not rights.scope(P.RESTRUCTURE):
        raise Http404
    return rights


def state_of(found: Restructuring) -> Cell:
    """How a restructuring stands, with its mark."""
    if found.job:
        return Cell(text=Job(found.job).label, mark=Mark.NONE, mark_word=None)
    if found.status == Status.REHEARSED and not found.is_sound:
        return Cell(text=_("Rehearsed: faults found"), mark=Mark.MISSED, mark_word=None)
    mark = {Status.DONE: Mark.MET, Status.FAILED: Mark.MISSED, Status.REVERSED: Mark.NEAR}
    return Cell(text=Status(found.status).label, mark=mark.get(Status(found.status), Mark.NONE), mark_word=None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def restructurings(request: HttpRequest) -> HttpResponse:
    """Restructurings of the reader's units, the newest first; and a form to begin another."""
    rights = rights_here(request)
    scope = rights.scope(P.RESTRUCTURE)
    sent = request.method == "POST"
    here = request.POST.get("how") == "here"
    form = RestructuringForm(request.POST if sent else None, request.FILES if sent else None, scope=scope, here=here)
    if sent and form.is_valid():
        try:
            return _begun(request, form.cleaned_data)
        except Denied as error:
            form.add_error(None, str(error))
    after = after_asked(request, int)
    found = queries.seen_by(rights).select_related("unit").defer("faults", "verdicts").order_by("-pk")
    if after is not None:
        found = found.filter(pk__lt=after[0])
    listed = list(found[: LISTED + 1])
    more, listed = listed[LISTED:], listed[:LISTED]
    table = Table(
        caption=_("Restructurings"),
        caption_hidden=True,
        columns=[
            Column(label=_("Restructuring"), wide=True),
            Column(label=_("Takes effect"), nowrap=True),
            Column(label=_("Under")),
            Column(label=_("How it stands")),
            Column(label=_("Acts"), number=True),
        ],
        rows=[
            [
                Cell(text=each.name, url=reverse("restructuring", args=[each.pk]), note=each.decision, lang="vi"),
                Cell(text=day(each.on)),
                Cell(text=each.unit.name, lang="vi"),
                state_of(each),
                Cell(text=count(each.counts["acts"]) if "acts" in each.counts else "–"),
            ]
            for each in listed
        ],
        empty=_("No restructuring was begun yet."),
    )
    url = reverse("restructurings")
    next_url = address(url, after=after_key([listed[-1].pk])) if more else ""
    pager = Pager(first_url=url if after else "", next_url=next_url)
    context = common(rights, "restructurings") | {"table": table, "pager": pager, "form": form, "guide": _guide()}
    return render(request, "restructurings/restructurings.html", context)


def _begun(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    """Begin a restructuring, from a workbook if one was sent, else on the page; lead on to it."""
    about = {name: given[name] for name in RestructuringForm.about}
    language, at = get_language() or "", clock.now()
    file = given["file"]
    if not file:
        begun = drafting.begin_here(**about, language=language, by=request.user, at=at)
        return redirect("restructuring_rows", pk=begun.pk)
    taken = actions.take(**about, chunks=file.chunks(), file_name=file.name, language=language, by=request.user, at=at)
    return redirect("restructuring", pk=taken.pk)


def _guide() -> Table:
    return Table(
        caption=_("What the workbook says"),
        caption_hidden=True,
        columns=[Column(label=_("Act or column"), nowrap=True), Column(label=_("What it means"), wide=True)],
        rows=[[Cell(text=word), Cell(text=text)] for word, text in guide()],
    )


@login_required
@require_safe
def template(request: HttpRequest) -> FileResponse:
    """An empty workbook to fill in, with a sheet that says how."""
    rights_here(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(file, {NAME: (SHOWN, []), GUIDE: ([_("act or column"), _("what it means")], guide())})
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="restructuring.xlsx", content_type=WORKBOOK)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def restructuring(request: HttpRequest, pk: int) -> HttpResponse:
    """One restructuring: how far the work is, or its verdict, what it comes to, and what can be done with it."""
    rights = rights_of(request.user, clock.today())
    found = queries.find(rights, pk)
    form, refused = WorkbookForm(), ""
    if request.method == "POST":
        try:
            form = _post(request, found)
        except Denied as error:
            refused = str(error)
        else:
            if not form.errors:
                return redirect("restructuring", pk=found.pk)
    context = common(rights, "restructurings") | {"found": found, "state": state_of(found), "refused": refused}
    if found.job and not refused:
        progress = uploads.told(found.told_as)
        what = translation.gettext(progress.what) if progress.what else _("The worker will take it up in a moment.")
        running = {"what": what, "progress": progress}
        return render(request, "restructurings/running.html", context | running)
    if request.headers.get("HX-Request"):  # asked while it ran: now there is another page to show
        return HttpResponse(headers={"HX-Refresh": "true"})
    names = rights.scope(P.MEMBER_VIEW).covers(found.unit)
    return render(request, "restructurings/restructuring.html", context | _shown(found, form, names=names))


def _post(request: HttpRequest, found: Restructuring) -> WorkbookForm:
    """Do what a button of the page asks for; Denied if it is not the moment."""
    asked = request.POST.get("job", "")
    if asked in (Job.REHEARSE, Job.DO, Job.REVERSE):
        seen = request.POST.get("seal", "")
        told = get_language() or ""
        actions.ask(restructuring=found, job=asked, seen=seen, language=told, by=request.user, at=clock.now())
        return WorkbookForm()
    form = WorkbookForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        actions.mend(
            restructuring=found, chunks=file.chunks(), file_name=file.name, language=get_language() or "",
            by=request.user, at=clock.now(),
        )  # fmt: skip
    return form


def _shown(found: Restructuring, form: WorkbookForm, *, names: bool) -> dict[str, Any]:
    """What the page of a restructuring shows."""
    sound = found.verdicts.get(NAME, {})
    numbers = {name: sum(last - first + 1 for first, last in runs) for name, runs in sound.items()}
    mendable = policies.has_mendable_rows(found)
    has_rows = found.lines.exists()
    return {
        "form": form,
        "facts": [
            (_("Takes effect"), day(found.on)),
            (_("Decision"), found.decision or "–"),
            (_("Under"), found.unit.name),
            *_rows_from(found),
            *([(_("Done"), _who(found.done_at, found.done_by))] if found.done_at else []),
            *([(_("Taken back"), _who(found.reversed_at, found.reversed_by))] if found.reversed_at else []),
        ],
        "numbers": [
            (_("Rows"), count(found.counts.get("rows", 0))),
            (_("Can be done"), count(numbers.get("sound", 0))),
            (_("With a fault"), count(numbers.get("fault", 0))),
            (_("Waiting for another row"), count(numbers.get("waiting", 0))),
        ],
        "comes_to": comes_to(found),
        "touches": touches(found),
        "faults": _faults(found, mendable=mendable),
        "left_out": max(0, len(found.faults) - FAULTS),
        "has_verdict": found.status != Status.DRAFT,
        "can_mend": found.status in MENDED,
        "can_rehearse": found.status in MENDED and (found.kept_file is not None or (found.is_whole and has_rows)),
        "has_rows": has_rows,
        "rows_mendable": mendable,
        "can_reverse": found.status in (Status.DONE, Status.PLANNED, Status.FAILED),
        "to_come": found.on > clock.today(),
        "matters": _matters(found),
        "kept": found.kept_file is not None,
        "names": names,
    }


def comes_to(found: Restructuring) -> list[tuple[Any, str]]:
    """How many acts of each kind it is."""
    return [(ActKind(kind).label, count(number)) for kind, number in found.counts.get("kinds", {}).items()]


def touches(found: Restructuring) -> list[tuple[str, str]]:
    """How many records of each sort it touches."""
    records = found.counts.get("records", {})
    return [(label_of(table), count(number)) for table, number in sorted(records.items())]


def _who(at: Any, by: Any) -> str:
    return _("%(when)s, by %(who)s") % {"when": moment(at), "who": by} if by else moment(at)


def _rows_from(found: Restructuring) -> list[tuple[str, str]]:
    """Where the rows come from, and who changed them last on the page."""
    told = [(_("Workbook"), f"{found.file_name}, {moment(found.at)}")] if found.file_name else []
    if found.rows_at:
        told.append((_("Rows last changed here"), _who(found.rows_at, found.rows_by)))
    return told


def _faults(found: Restructuring, *, mendable: bool) -> Table:
    """The first faults, each with its cell."""
    return Table(
        caption=_("Faults"),
        columns=[Column(label=_("Where")), Column(label=_("What is wrong"), wide=True)],
        rows=[[_place(found, fault, mendable=mendable), Cell(text=fault["reason"])] for fault in found.faults[:FAULTS]],
    )


def _place(found: Restructuring, fault: Any, *, mendable: bool) -> Cell:
    """Where a fault lies, and what stands there; the way to mend it."""
    if not fault["row"]:
        return Cell(text=fault["sheet"] or _("the file"))
    column = fault["column"] if found.file_name else LABELS.get(fault["column"], fault["column"])
    url = reverse("restructuring_row", args=[found.pk, fault["row"]]) if mendable else ""
    words = {"row": fault["row"], "column": column}
    return Cell(text=_("row %(row)s, %(column)s") % words, note=fault["value"] or _("empty"), url=url)


def _matters(found: Restructuring) -> Table:
    """What is left for a person to settle, by sort."""
    return Table(
        caption=_("Left for a person to settle"),
        caption_hidden=True,
        columns=[
            Column(label=_("What"), wide=True), Column(label=_("At units"), number=True),
            Column(label=_("Records"), number=True), Column(label=_("What to do"), wide=True),
        ],
        rows=[
            [
                Cell(text=each["text"], url=reverse("restructuring_settle", args=[found.pk, each["code"]])),
                Cell(text=count(each["units"])), Cell(text=count(each["records"])), Cell(text=each["todo"] or "–"),
            ]
            for each in queries.matters(found)
        ],
        empty=_("Nothing is left for a person to settle."),
    )  # fmt: skip


@login_required
@require_safe
def verdicts(request: HttpRequest, pk: int) -> FileResponse:
    """The rows as a workbook with a verdict at the end of each, faulty cells marked."""
    found = queries.find(rights_of(request.user, clock.today()), pk)
    rows = [] if found.job or found.kept_file else queries.kept_rows(found)
    if found.job or (found.status == Status.DRAFT and not rows):
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_verdicts(found, file, sheet_of(rows) if rows else None)
    file.seek(0)
    name = f"restructuring_{found.pk}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=WORKBOOK)
