"""What was loaded, by whom, when, and the verdicts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Func, IntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import count, moment
from chibo.exchange import sheets
from chibo.exchange.models import Load
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of

LISTED = 50
FAULTS = 500  # faults shown on the page of a load; the command prints them all
FAULT = ("sheet", "row", "column", "value", "reason")
VERDICTS = ("new", "changed", "unchanged")


def _rights(request: HttpRequest) -> Rights:
    """The user's rights, if they may see loads: a load concerns the whole tree, so elsewhere it is not found."""
    rights = rights_of(request.user, clock.today())
    if not rights.over_all(P.ROLL_LOAD):
        raise Http404
    return rights


def _outcome(load: Load) -> Cell:
    mark, word = {
        Load.Outcome.DONE: (Mark.MET, _("done")),
        Load.Outcome.REFUSED: (Mark.MISSED, _("refused")),
        Load.Outcome.REHEARSED: (Mark.NONE, _("only rehearsed")),
    }[Load.Outcome(load.outcome)]
    return Cell(text=word, mark=mark, mark_word=None)


def _rows(load: Load, verdict: str) -> int:
    """How many rows got a verdict, from the runs of row numbers."""
    runs = [run for sheet in load.verdicts.values() for run in sheet.get(verdict, [])]
    return sum(last - first + 1 for first, last in runs)


@login_required
@require_safe
def loads(request: HttpRequest) -> HttpResponse:
    """Every workbook that was read, the newest first."""
    rights = _rights(request)
    after = after_asked(request, 1)
    told = Func(F("faults"), function="jsonb_array_length", output_field=IntegerField())
    found = Load.objects.select_related("by").defer("faults").annotate(told=told).order_by("-pk")
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
    return render(request, "portal/loads.html", common(rights, "loads") | {"table": table, "pager": pager})


@login_required
@require_safe
def load(request: HttpRequest, pk: int) -> HttpResponse:
    """One load: its file, its verdicts by sheet, and every fault."""
    rights = _rights(request)
    if pk >= 2**63:
        raise Http404
    found = get_object_or_404(Load.objects.select_related("by"), pk=pk)
    context = common(rights, "loads") | {
        "load": found,
        "outcome": _outcome(found),
        "facts": [
            (_("When"), moment(found.at)),
            (_("By"), str(found.by) if found.by else _("command line")),
            (_("Size"), _("%(n)s bytes") % {"n": count(found.size)}),
            (_("SHA-256 of the file"), found.sha256),
        ],
        "sheets": _sheets(found),
        "faults": _faults(found),
        "left_out": max(0, len(found.faults) - FAULTS),
    }
    return render(request, "portal/load.html", context)


def _sheets(load: Load) -> Table:
    """How many rows of each sheet got which verdict."""
    numbers = [_("New"), _("Changed"), _("Unchanged"), _("Faults")]
    faults: dict[str, set[Any]] = {}
    for fault in load.faults:
        faults.setdefault(fault["sheet"] or "", set()).add(fault["row"])
    rows = []
    order = {sheet.name: sheet.order for sheet in sheets.every()}
    for sheet in sorted({*load.verdicts, *faults} - {""}, key=lambda name: (order.get(name, 1000), name)):
        runs = load.verdicts.get(sheet, {})
        counts = [sum(last - first + 1 for first, last in runs.get(verdict, [])) for verdict in VERDICTS]
        rows.append([Cell(text=sheet), *(Cell(text=count(n)) for n in [*counts, len(faults.get(sheet, ()))])])
    return Table(
        caption=_("Rows by verdict"),
        columns=[Column(label=_("Sheet")), *(Column(label=head, number=True) for head in numbers)],
        rows=rows,
    )


def _faults(load: Load) -> Table:
    """The faults, as far as a page can show them."""
    heads = [_("Sheet"), _("Row"), _("Column"), _("Value"), _("What is wrong")]
    return Table(
        caption=_("Faults"),
        columns=[Column(label=head) for head in heads],
        rows=[
            [Cell(text="–" if fault[name] in (None, "") else str(fault[name])) for name in FAULT]
            for fault in load.faults[:FAULTS]
        ],
    )
